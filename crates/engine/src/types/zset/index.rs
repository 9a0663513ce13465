//! The index of members: which leaf a member is in, by its hash.
//!
//! ```text
//!  hash   ┌ depth bits ┐┌ 16 bits ┐ …
//!             │              └─ tag, of which the first `known` bits are kept
//!         directory[prefix] ─► page = tag · leaf id │ tag · leaf id │ … in the order of tags
//! ```
//! A page that is full is cut in two where the first bit of its tags changes: the tags move up by
//! one bit, so one bit less of them is known. When few are, they are made anew from the members.
//! An entry says where its member may be; the leaf says whether it is there.
//!
//! Always true: each member of the set has exactly one entry, with the id of its leaf; pages in the
//! order of the directory, and entries in the order of tags, are in the order of hashes.
//! Not here: the members — `leaf.rs`

use smallvec::SmallVec;

use crate::part::Part;
use crate::prefetch;

/// The most entries of a page.
const PAGE_LEN_MAX: usize = 128;
/// Entries that a page grows by.
const PAGE_STEP: usize = 12;
/// Two pages are merged when they have no more entries than this.
const MERGED_MAX: usize = PAGE_LEN_MAX / 2;
/// When no more bits of the tags are known than these, all are made known again.
const KNOWN_MIN: u32 = 8;
const TAG_BITS: u32 = 16;
/// Words of an entry: the tag and both halves of the id.
const ENTRY: usize = 3;
/// How far off a guess where a tag stands is, as a rule.
const GUESS_OFF: usize = 7;
/// Size of the lines in which memory is fetched.
const CACHE_LINE: usize = 64;
/// Bytes of an allocation of shared bytes beyond them.
const ALLOCATION: usize = 24;

/// Tells the hashes of all members of a leaf.
pub(super) trait Hashes {
    /// Calls `visit` with each.
    fn each(&self, leaf: u32, visit: &mut dyn FnMut(u64));
}

/// The index of members.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// How many bits of a hash choose in the directory.
    depth: u32,
    directory: Vec<u32>,
    pages: Vec<Page>,
    free: Vec<u32>,
    /// Bytes of pages.
    bytes: usize,
}

/// Entries whose hashes agree in the bits that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    /// The first hash of the group.
    pub(super) from: u64,
    /// The bits that are known.
    pub(super) mask: u64,
}

impl Group {
    /// Whether a hash is in the group.
    pub(super) fn has(&self, hash: u64) -> bool {
        hash & self.mask == self.from
    }

    /// The first hash behind the group, or 0 if there is none.
    pub(super) fn end(&self) -> u64 {
        self.from.wrapping_add((!self.mask).wrapping_add(1))
    }
}

impl Index {
    /// An index without entries.
    pub(super) fn new() -> Self {
        let page = Page::with_room(0, TAG_BITS, 0);
        Self {
            depth: 0,
            directory: vec![0],
            bytes: page.weight(),
            pages: vec![page],
            free: Vec::new(),
        }
    }

    /// Makes room for an entry. The entries must be those of the members, no more and no less.
    #[inline]
    pub(super) fn make_room(&mut self, hash: u64, members: &impl Hashes) {
        while self.page_of(hash).1.len() >= PAGE_LEN_MAX {
            self.split(hash, members);
        }
    }

    /// Adds an entry, for which there is room.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, leaf: u32) {
        let (id, _) = self.page_of(hash);
        let page = &mut self.pages[id];
        let before = page.weight();
        let tag = page.tag_of(hash);
        page.insert(tag, leaf);
        self.bytes = self.bytes + page.weight() - before;
    }

    /// Removes the entry of a member.
    pub(super) fn remove(&mut self, hash: u64, leaf: u32) {
        let (id, _) = self.page_of(hash);
        let page = &mut self.pages[id];
        let before = page.weight();
        let at = page.find(hash, leaf).expect("each member has an entry");
        page.remove(at);
        self.bytes = self.bytes + page.weight() - before;
        if self.pages[id].len() <= MERGED_MAX / 4 && self.pages.len() > 1 {
            self.merge(hash);
        }
    }

    /// Says that a member is in another leaf now.
    #[inline]
    pub(super) fn repoint(&mut self, hash: u64, from: u32, to: u32) {
        let (id, _) = self.page_of(hash);
        let page = &mut self.pages[id];
        let at = page.find(hash, from).expect("each member has an entry");
        page.set_leaf(at, to);
    }

    /// The leaves that a member may be in.
    #[inline]
    pub(super) fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let (_, page) = self.page_of(hash);
        page.equal(page.tag_of(hash)).map(|at| page.leaf(at))
    }

    /// Hints that a hash will be looked for.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        let (_, page) = self.page_of(hash);
        page.prefetch(page.tag_of(hash), 2 * GUESS_OFF);
    }

    /// Hints that the entries of hashes will be removed: those behind them move up.
    #[inline]
    pub(super) fn prefetch_removals(&self, hashes: impl Iterator<Item = u64>) {
        let pages = hashes.map(|hash| {
            let (_, page) = self.page_of(hash);
            prefetch::line(page);
            (page, hash)
        });
        let pages: SmallVec<[(&Page, u64); 16]> = pages.collect();
        for (page, hash) in pages {
            // Beside the words it is counted who shares them.
            prefetch::line(page.words.as_ptr().wrapping_sub(1));
            page.prefetch(page.tag_of(hash), PAGE_LEN_MAX);
        }
    }

    /// The first group at or behind a hash, with the leaves of its entries.
    pub(super) fn group_from(&self, hash: u64, leaves: &mut Vec<u32>) -> Option<Group> {
        leaves.clear();
        let mut from = hash;
        loop {
            let (_, page) = self.page_of(from);
            let first = page.lower(page.tag_of(from));
            if first < page.len() {
                let group = page.group(first, from);
                leaves.extend(page.equal(page.tag(first)).map(|at| page.leaf(at)));
                return Some(group);
            }
            from = page.end(from)?;
        }
    }

    /// Bytes that it occupies.
    pub(super) fn weight(&self) -> usize {
        self.bytes
            + self.directory.capacity() * size_of::<u32>()
            + self.pages.capacity() * size_of::<Page>()
            + self.free.capacity() * size_of::<u32>()
    }

    #[inline]
    fn page_of(&self, hash: u64) -> (usize, &Page) {
        let id = self.directory[prefix(hash, self.depth)] as usize;
        (id, &self.pages[id])
    }

    /// Cuts the page of a hash in two.
    #[cold]
    fn split(&mut self, hash: u64, members: &impl Hashes) {
        let (id, page) = self.page_of(hash);
        let page = match page.known() <= KNOWN_MIN {
            true => page.refreshed(prefix_mask(hash, page.depth()), members),
            false => page.clone(),
        };
        let depth = page.depth();
        if depth == self.depth {
            self.directory = self.directory.iter().flat_map(|id| [*id, *id]).collect();
            self.depth += 1;
        }
        let (low, high) = page.halves();
        self.bytes = self.bytes + low.weight() + high.weight() - self.pages[id].weight();
        self.pages[id] = low;
        let other = match self.free.pop() {
            Some(other) => {
                self.pages[other as usize] = high;
                other
            }
            None => {
                self.pages.push(high);
                (self.pages.len() - 1) as u32
            }
        };
        // The entries of the directory that led to the page: the upper half leads to the new one.
        let width = 1usize << (self.depth - depth);
        let first = prefix(hash, depth) * width;
        self.directory[first + width / 2..first + width].fill(other);
    }

    /// Merges the page of a hash with the other half that it was cut from, if both are small.
    #[cold]
    fn merge(&mut self, hash: u64) {
        let (id, page) = self.page_of(hash);
        let depth = page.depth();
        if depth == 0 {
            return;
        }
        let buddy_prefix = prefix(hash, depth) ^ 1;
        let buddy = self.directory[buddy_prefix << (self.depth - depth)] as usize;
        let other = &self.pages[buddy];
        if other.depth() != depth || page.len() + other.len() > MERGED_MAX {
            return;
        }
        let (low, high) = match buddy_prefix & 1 {
            1 => (page, other),
            _ => (other, page),
        };
        let merged = Page::joined(low, high);
        self.bytes = self.bytes + merged.weight() - page.weight() - other.weight();
        self.pages[id] = merged;
        self.pages[buddy] = Page::unused();
        self.free.push(buddy as u32);
        let width = 1usize << (self.depth - depth + 1);
        let first = (buddy_prefix >> 1) * width;
        self.directory[first..first + width].fill(id as u32);
        if self.directory.len() / 8 > self.pages.len() - self.free.len() {
            self.halve();
        }
    }

    /// Makes the directory smaller as long as no page needs its size, and the pages dense.
    fn halve(&mut self) {
        let pages = self.pages.iter().filter(|page| page.known() > 0);
        let depth = pages.map(Page::depth).max().unwrap_or(0);
        let step = 1usize << (self.depth - depth);
        self.directory = self.directory.iter().copied().step_by(step).collect();
        self.depth = depth;
        let mut dense = Vec::new();
        let mut at = 0;
        while at < self.directory.len() {
            let page = self.pages[self.directory[at] as usize].clone();
            let width = 1usize << (depth - page.depth());
            self.directory[at..at + width].fill(dense.len() as u32);
            dense.push(page);
            at += width;
        }
        self.pages = dense;
        self.free = Vec::new();
    }
}

/// The first bits of a hash.
#[inline]
fn prefix(hash: u64, depth: u32) -> usize {
    hash.checked_shr(u64::BITS - depth).unwrap_or(0) as usize
}

/// The first bits of a hash where they are, and which those are.
fn prefix_mask(hash: u64, depth: u32) -> Group {
    let mask = !u64::MAX.checked_shr(depth).unwrap_or(0);
    Group {
        from: hash & mask,
        mask,
    }
}

/// Entries of members whose hashes begin alike.
#[derive(Debug, Clone)]
struct Page {
    /// Entries, and room for more.
    words: Part<[u16]>,
    len: u16,
    /// How many bits of a hash choose the page.
    depth: u8,
    /// How many bits of the tags are known.
    known: u8,
}

impl Page {
    fn with_room(depth: u32, known: u32, room: usize) -> Self {
        Self {
            words: vec![0; ENTRY * room].into(),
            len: 0,
            depth: depth as u8,
            known: known as u8,
        }
    }

    /// A page that nothing leads to: it knows nothing.
    fn unused() -> Self {
        Self::with_room(0, 0, 0)
    }

    /// A page of these entries, which are in order.
    fn of(depth: u32, known: u32, entries: impl ExactSizeIterator<Item = (u16, u32)>) -> Self {
        let len = entries.len();
        let room = (len + PAGE_STEP / 2).next_multiple_of(PAGE_STEP);
        let mut page = Self::with_room(depth, known, room);
        page.len = len as u16;
        let words = page.words.make_mut();
        for (words, (tag, leaf)) in words.chunks_exact_mut(ENTRY).zip(entries) {
            words.copy_from_slice(&entry(tag, leaf));
        }
        page
    }

    #[inline]
    fn len(&self) -> usize {
        usize::from(self.len)
    }

    #[inline]
    fn depth(&self) -> u32 {
        u32::from(self.depth)
    }

    #[inline]
    fn known(&self) -> u32 {
        u32::from(self.known)
    }

    fn room(&self) -> usize {
        self.words.len() / ENTRY
    }

    fn weight(&self) -> usize {
        2 * self.words.len() + ALLOCATION
    }

    /// The tag of a hash that begins as those of the page do.
    #[inline]
    fn tag_of(&self, hash: u64) -> u16 {
        let unknown = TAG_BITS - self.known();
        let tag = (hash << self.depth() >> (u64::BITS - TAG_BITS)) as u16;
        tag >> unknown << unknown
    }

    #[inline]
    fn tag(&self, at: usize) -> u16 {
        self.words[ENTRY * at]
    }

    #[inline]
    fn leaf(&self, at: usize) -> u32 {
        let (low, high) = (self.words[ENTRY * at + 1], self.words[ENTRY * at + 2]);
        u32::from(low) | u32::from(high) << 16
    }

    fn entries(&self) -> impl ExactSizeIterator<Item = (u16, u32)> + '_ {
        (0..self.len()).map(|at| (self.tag(at), self.leaf(at)))
    }

    /// The first entry whose tag is not lower.
    ///
    /// PERF: tags are spread evenly, so a guess is a few entries off; halving would read three
    /// lines of memory more.
    #[inline]
    fn lower(&self, tag: u16) -> usize {
        let mut at = self.guess(tag);
        while at < self.len() && self.tag(at) < tag {
            at += 1;
        }
        while at > 0 && self.tag(at - 1) >= tag {
            at -= 1;
        }
        at
    }

    /// Where a tag would be if tags were spread quite evenly.
    #[inline]
    fn guess(&self, tag: u16) -> usize {
        (usize::from(tag) * self.len()) >> TAG_BITS
    }

    /// Hints that `entries` entries will be read, from a little before where a tag should be.
    #[inline]
    fn prefetch(&self, tag: u16, entries: usize) {
        let first = self.guess(tag).saturating_sub(GUESS_OFF);
        let end = self.len().min(first + entries);
        let words = self.words.as_ptr();
        for at in (ENTRY * first..ENTRY * end).step_by(CACHE_LINE / size_of::<u16>()) {
            prefetch::line(words.wrapping_add(at));
        }
        prefetch::line(words.wrapping_add(ENTRY * end));
    }

    /// The entries with a tag.
    #[inline]
    fn equal(&self, tag: u16) -> impl Iterator<Item = usize> + '_ {
        let first = self.lower(tag);
        (first..self.len()).take_while(move |at| self.tag(*at) == tag)
    }

    #[inline]
    fn find(&self, hash: u64, leaf: u32) -> Option<usize> {
        self.equal(self.tag_of(hash))
            .find(|at| self.leaf(*at) == leaf)
    }

    /// The group that an entry belongs to, in a page that a hash belongs to.
    fn group(&self, at: usize, hash: u64) -> Group {
        let page = prefix_mask(hash, self.depth());
        let bits = self.depth() + self.known();
        let mask = !u64::MAX.checked_shr(bits).unwrap_or(0);
        let tag = u64::from(self.tag(at)) << (u64::BITS - TAG_BITS) >> self.depth();
        Group {
            from: page.from | tag,
            mask,
        }
    }

    /// The first hash behind the page that a hash belongs to.
    fn end(&self, hash: u64) -> Option<u64> {
        Some(prefix_mask(hash, self.depth()).end()).filter(|end| *end > 0)
    }

    fn insert(&mut self, tag: u16, leaf: u32) {
        if self.len() == self.room() {
            *self = Self::of(self.depth(), self.known(), self.entries());
        }
        let (at, end) = (ENTRY * self.lower(tag), ENTRY * self.len());
        let words = self.words.make_mut();
        words.copy_within(at..end, at + ENTRY);
        words[at..at + ENTRY].copy_from_slice(&entry(tag, leaf));
        self.len += 1;
    }

    fn remove(&mut self, at: usize) {
        let (at, end) = (ENTRY * at, ENTRY * self.len());
        self.words.make_mut().copy_within(at + ENTRY..end, at);
        self.len -= 1;
        if self.len() + 3 * PAGE_STEP < self.room() {
            *self = Self::of(self.depth(), self.known(), self.entries());
        }
    }

    #[inline]
    fn set_leaf(&mut self, at: usize, leaf: u32) {
        let entry = entry(self.tag(at), leaf);
        self.words.make_mut()[ENTRY * at..][..ENTRY].copy_from_slice(&entry);
    }

    /// The same entries, with all bits of their tags known.
    fn refreshed(&self, page: Group, members: &impl Hashes) -> Self {
        let mut fresh: Vec<(u16, u32)> = Vec::with_capacity(self.len());
        let mut known: Vec<(u16, u32)> = self.entries().collect();
        known.sort_unstable();
        known.dedup();
        for (tag, leaf) in known {
            members.each(leaf, &mut |hash| {
                if page.has(hash) && self.tag_of(hash) == tag {
                    let tag = hash << self.depth() >> (u64::BITS - TAG_BITS);
                    fresh.push((tag as u16, leaf));
                }
            });
        }
        assert_eq!(fresh.len(), self.len(), "each member has one entry");
        fresh.sort_unstable();
        Self::of(self.depth(), TAG_BITS, fresh.into_iter())
    }

    /// Both halves, by the first bit of the tags.
    fn halves(&self) -> (Self, Self) {
        let (depth, known) = (self.depth() + 1, self.known() - 1);
        let cut = self.lower(1 << (TAG_BITS - 1));
        let half = |from: usize, to: usize| {
            let entries = (from..to).map(|at| (self.tag(at) << 1, self.leaf(at)));
            Self::of(depth, known, entries)
        };
        (half(0, cut), half(cut, self.len()))
    }

    /// The page that was cut into these.
    fn joined(low: &Self, high: &Self) -> Self {
        let known = (low.known().min(high.known()) + 1).min(TAG_BITS);
        let unknown = TAG_BITS - known;
        let place = |page: &Self, bit: u16| -> Vec<(u16, u32)> {
            let entries = page.entries();
            entries
                .map(|(tag, leaf)| ((tag >> 1 | bit) >> unknown << unknown, leaf))
                .collect()
        };
        let mut entries = place(low, 0);
        entries.extend(place(high, 1 << (TAG_BITS - 1)));
        Self::of(low.depth() - 1, known, entries.into_iter())
    }
}

/// The words of an entry.
const fn entry(tag: u16, leaf: u32) -> [u16; ENTRY] {
    [tag, leaf as u16, (leaf >> 16) as u16]
}
