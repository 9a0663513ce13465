//! A node: up to 256 pages of a table, found by the next eight bits of the hash.
//!
//! ```text
//!  hash  63 ────────────────────────────────── 16 15 ──── 8 7 ── 0
//!        table's index │ node's index │ …          unused    tag
//!        └ node.depth ┘└ page.depth ┘
//! ```
//! A page that is full splits in two; its index grows to the bits that this needs. Where it would
//! need more than eight, the node itself splits. Sparse pages and nodes merge.
//!
//! Always true: the page at an index has the records whose hashes begin with that index, as far as
//! the page's depth goes.
//! Not here: which node a hash belongs to — `table.rs`

use smallvec::{SmallVec, smallvec};

use super::page::{Full, Page};
use super::record::Record;
use crate::value::{Millis, is_past};

/// How many bits the index of a node has at most.
pub(super) const INDEX_BITS: u8 = 8;
/// Two pages that need no more than this together become one.
const MERGED_SIZE_MAX: usize = 1280;
/// Pages that need more are not looked at for merging.
const SPARSE_SIZE_MAX: usize = 640;
/// Two nodes of no more pages than this together become one.
const MERGED_PAGES_MAX: usize = 96;

/// Up to 256 pages.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// How many bits all hashes in it share.
    pub(super) depth: u8,
    bits: u8,
    index: SmallVec<[u8; 16]>,
    pages: Vec<Page>,
    len: usize,
    /// Bytes of the pages, outside the node.
    bytes: u64,
    /// No deadline in it is earlier.
    due: Millis,
}

/// Whether a page could split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// It did.
    Done,
    /// The node has to split first.
    NodeFirst,
}

/// How large the page of a hash becomes before it splits.
///
/// PERF: it depends on the page, so that at any number of records as many pages are about to split
/// as at any other, and memory per record is the same at all sizes.
fn limit(hash: u64, depth: u8) -> usize {
    let prefix = (hash >> 1 >> (63 - depth)) | 1 << depth;
    let choice = (prefix.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
    2560 + choice * 6
}

impl Node {
    /// A node without records.
    pub(super) fn new() -> Self {
        let page = Page::new(0);
        Self {
            depth: 0,
            bits: 0,
            index: smallvec![0],
            bytes: page.weight(),
            pages: vec![page],
            len: 0,
            due: Millis::MAX,
        }
    }

    /// Where the page of a hash stands.
    #[inline]
    pub(super) fn page_of(&self, hash: u64) -> usize {
        usize::from(self.index[self.index_of(hash)])
    }

    #[inline]
    fn index_of(&self, hash: u64) -> usize {
        // Two shifts, as a shift by all 64 bits is none.
        ((hash << self.depth) >> 1 >> (63 - self.bits)) as usize
    }

    /// A page.
    #[inline]
    pub(super) fn page(&self, at: usize) -> &Page {
        &self.pages[at]
    }

    /// Adds a record that is not there yet.
    ///
    /// # Errors
    /// [`Full`] when its page has to split first.
    #[inline]
    pub(super) fn add<const PAIRS: bool>(
        &mut self,
        hash: u64,
        record: Record<'_>,
        may_split: bool,
    ) -> Result<(), Full> {
        let depth = self.depth;
        let at = self.page_of(hash);
        let page = &mut self.pages[at];
        let limit = if may_split {
            limit(hash, depth + page.depth)
        } else {
            usize::MAX
        };
        let before = page.weight();
        page.add::<PAIRS>(hash as u8, record, limit)?;
        self.bytes += page.weight();
        self.bytes -= before;
        self.len += 1;
        self.note_due(record.deadline);
        Ok(())
    }

    /// Replaces the record in a slot of a page by another of the same field if it takes no more
    /// room; says whether it did.
    #[inline]
    pub(super) fn replace<const PAIRS: bool>(
        &mut self,
        (page, slot): (usize, usize),
        record: Record<'_>,
    ) -> bool {
        let page = &mut self.pages[page];
        let before = page.weight();
        let is_replaced = page.replace::<PAIRS>(slot, record);
        self.bytes += page.weight();
        self.bytes -= before;
        if is_replaced {
            self.note_due(record.deadline);
        }
        is_replaced
    }

    #[inline]
    fn note_due(&mut self, deadline: Option<Millis>) {
        if let Some(deadline) = deadline {
            self.due = self.due.min(deadline);
        }
    }

    /// Removes a record; the page may merge with its neighbour.
    pub(super) fn remove<const PAIRS: bool>(&mut self, hash: u64, slot: usize) {
        let at = self.page_of(hash);
        let before = self.pages[at].weight();
        self.pages[at].remove::<PAIRS>(slot);
        self.bytes += self.pages[at].weight();
        self.bytes -= before;
        self.len -= 1;
        self.settle::<PAIRS>(hash);
    }

    /// Splits the page of a hash in two.
    pub(super) fn split<const PAIRS: bool>(
        &mut self,
        hash: u64,
        hash_of: impl Fn(&[u8]) -> u64,
    ) -> Split {
        let at = self.page_of(hash);
        let depth = self.pages[at].depth;
        if depth == self.bits {
            if self.bits == INDEX_BITS {
                return Split::NodeFirst;
            }
            self.index = self.index.iter().flat_map(|&page| [page, page]).collect();
            self.bits += 1;
        }
        let shift = 63 - (self.depth + depth);
        let [zero, one] = self.pages[at].split::<PAIRS>(|field| hash_of(field) >> shift & 1 == 1);
        self.bytes += zero.weight() + one.weight();
        self.bytes -= self.pages[at].weight();
        self.pages[at] = zero;
        reserve(&mut self.pages);
        self.pages.push(one);
        let new = (self.pages.len() - 1) as u8;
        let (first, count) = self.span(self.index_of(hash), depth);
        self.index[first + count / 2..first + count].fill(new);
        Split::Done
    }

    /// The entries of the index that lead to the same page as this one.
    fn span(&self, at: usize, depth: u8) -> (usize, usize) {
        let count = 1 << (self.bits - depth);
        (at & !(count - 1), count)
    }

    /// Merges the page of a hash with its neighbour while both are sparse.
    fn settle<const PAIRS: bool>(&mut self, hash: u64) {
        loop {
            let at = self.page_of(hash);
            let depth = self.pages[at].depth;
            if depth == 0 || self.pages[at].needs() > SPARSE_SIZE_MAX {
                return;
            }
            let (first, count) = self.span(self.index_of(hash), depth);
            let other = usize::from(self.index[first ^ count]);
            let both = self.pages[at].needs() + self.pages[other].needs();
            if self.pages[other].depth != depth || both > MERGED_SIZE_MAX {
                return;
            }
            let merged = self.pages[at].merged::<PAIRS>(&self.pages[other]);
            self.bytes -= self.pages[at].weight() + self.pages[other].weight();
            self.bytes += merged.weight();
            self.pages[at] = merged;
            self.index[first ^ count..][..count].fill(at as u8);
            self.drop_page(other);
        }
    }

    /// Drops a page that no entry of the index leads to.
    fn drop_page(&mut self, at: usize) {
        let last = self.pages.len() - 1;
        self.pages.swap_remove(at);
        for entry in &mut self.index {
            if usize::from(*entry) == last {
                *entry = at as u8;
            }
        }
        if self.pages.len() * 2 < self.pages.capacity() {
            self.pages.shrink_to_fit();
        }
        while self.bits > 0 && self.pages.iter().all(|page| page.depth < self.bits) {
            self.index = self.index.iter().copied().step_by(2).collect();
            self.bits -= 1;
        }
    }

    /// The two halves of a node, one bit deeper.
    pub(super) fn halves(&self) -> [Self; 2] {
        [0, 1].map(|side| {
            let half = self.index.len() / 2;
            let mut node = Self {
                depth: self.depth + 1,
                bits: self.bits - 1,
                index: self.index[side * half..][..half].into(),
                pages: Vec::new(),
                len: 0,
                bytes: 0,
                due: self.due,
            };
            node.adopt(|entry| {
                let mut page = self.pages[usize::from(entry)].clone();
                page.depth -= 1;
                page
            });
            node
        })
    }

    /// The node of which these are the halves, if it would not be crowded.
    pub(super) fn whole(&self, one: &Self) -> Option<Self> {
        let bits = self.bits.max(one.bits);
        if self.pages.len() + one.pages.len() > MERGED_PAGES_MAX || bits == INDEX_BITS {
            return None;
        }
        // The index of a half may have fewer bits than that of the other.
        let stretched = |half: &Self, first: u8| {
            let times = 1 << (bits - half.bits);
            let entries = half.index.iter().map(move |&entry| entry + first);
            entries
                .flat_map(|entry| std::iter::repeat_n(entry, times))
                .collect::<SmallVec<[u8; 16]>>()
        };
        let mut index = stretched(self, 0);
        index.extend(stretched(one, self.pages.len() as u8));
        let pages = self.pages.iter().chain(&one.pages).map(|page| {
            let mut page = page.clone();
            page.depth += 1;
            page
        });
        Some(Self {
            depth: self.depth - 1,
            bits: bits + 1,
            index,
            pages: pages.collect(),
            len: self.len + one.len,
            bytes: self.bytes + one.bytes,
            due: self.due.min(one.due),
        })
    }

    /// Gives each entry of the index its page anew, in the order of the index.
    fn adopt(&mut self, page_of: impl Fn(u8) -> Page) {
        let mut at = 0;
        while at < self.index.len() {
            let page = page_of(self.index[at]);
            let count = 1 << (self.bits - page.depth);
            self.index[at..at + count].fill(self.pages.len() as u8);
            self.len += page.len();
            self.bytes += page.weight();
            self.pages.push(page);
            at += count;
        }
        self.pages.shrink_to_fit();
    }

    /// The pages in the order of hashes.
    pub(super) fn pages(&self) -> impl Iterator<Item = &Page> + Clone {
        let mut at = 0;
        std::iter::from_fn(move || {
            let page = &self.pages[usize::from(*self.index.get(at)?)];
            at += 1 << (self.bits - page.depth);
            Some(page)
        })
    }

    /// How many records there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A moment that no deadline in it precedes; `Millis::MAX` if there is none.
    #[inline]
    pub(super) fn due(&self) -> Millis {
        self.due
    }

    /// [`Self::weight`], by a walk.
    #[cfg(test)]
    pub(super) fn weighed_anew(&self) -> u64 {
        let bytes: u64 = self.pages.iter().map(Page::weight).sum();
        self.weight() - self.bytes + bytes
    }

    /// Whether it may merge with its neighbour.
    #[inline]
    pub(super) fn is_sparse(&self) -> bool {
        self.pages.len() <= MERGED_PAGES_MAX / 2
    }

    /// Bytes that it and its pages occupy.
    #[inline]
    pub(super) fn weight(&self) -> u64 {
        let index = if self.index.spilled() {
            self.index.len()
        } else {
            0
        };
        let own = size_of::<Self>() + 24 + index + self.pages.len() * size_of::<Page>();
        own as u64 + self.bytes
    }

    /// Removes records that are due, up to `budget`, showing each before; returns how many. Sparse
    /// pages are merged.
    pub(super) fn expire<const PAIRS: bool>(
        &mut self,
        horizon: Millis,
        budget: usize,
        visit: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let mut removed = 0;
        for page in &mut self.pages {
            if is_past(page.due(), horizon) && removed < budget {
                self.bytes -= page.weight();
                removed += page.expire::<PAIRS>(horizon, budget - removed, visit);
                self.bytes += page.weight();
            }
        }
        self.len -= removed;
        let mut position = 0;
        while removed > 0 && position < self.index.len() {
            let hash = self.hash_at(position);
            self.settle::<PAIRS>(hash);
            let depth = self.pages[self.page_of(hash)].depth;
            let (first, count) = self.span(position, depth);
            position = first + count;
        }
        let due = self.pages.iter().map(Page::due).min();
        self.due = due.unwrap_or(Millis::MAX);
        removed
    }

    /// A hash that leads to an entry of the index, but for the bits of the node.
    fn hash_at(&self, position: usize) -> u64 {
        ((position as u64) << 1 << (63 - self.bits)) >> self.depth
    }
}

/// Makes room for one more page, by an eighth rather than twice as many.
fn reserve(pages: &mut Vec<Page>) {
    if pages.len() == pages.capacity() {
        pages.reserve_exact(pages.len() / 8 + 1);
    }
}
