//! Leaves: records in the order of score and member, packed into one block of bytes.
//!
//! ```text
//!  len u16 · slots u16 · used u32 │ tags: slots × u8 │ offsets: slots × u16 │ records, room
//!  record = score · length of the member · member                    (numbers as in `code.rs`)
//! ```
//! A tag is a byte of the member's hash: looking a member up compares tags before members. Offsets
//! count from the first record; with them a place is found by halving.
//!
//! A record of more than [`WIDE`] bytes is alone in its leaf, which is as large as it must be; all
//! other leaves have at most [`SIZE_MAX`] bytes.
//!
//! Always true: a leaf is not empty; its records are in order, tags and offsets likewise.
//! Not here: which leaf a place is in — `tree.rs`; which leaf a member is in — `index.rs`

use std::cmp::Ordering;
use std::ops::Range;

use smallvec::SmallVec;

use super::code::{Packed, read_score, read_uint};
use crate::part::Part;
use crate::prefetch;

/// The most bytes of a leaf with more than one record.
pub(super) const SIZE_MAX: usize = 1240;
/// A record larger than this has a leaf of its own.
const WIDE: usize = SIZE_MAX / 4;
/// A leaf smaller than this looks for a neighbour to merge with.
const SPARSE: usize = SIZE_MAX / 4;
/// Two leaves are merged when this is enough for both.
const MERGED_MAX: usize = SIZE_MAX * 3 / 4;
const HEADER: usize = 8;
/// Bytes of a tag and an offset.
const SLOT: usize = 3;
/// Size of the lines in which memory is fetched.
const CACHE_LINE: usize = 64;
/// Lines in which the tags and offsets are, as a rule.
const HEAD_LINES: usize = 3;
/// Bytes of an allocation of shared bytes beyond them: two counters, and the allocator's word.
const ALLOCATION: usize = 24;

/// A place in the order of records: which records lie before it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Probe<'a> {
    /// Records before this score and member.
    Record(f64, &'a [u8]),
    /// Records before this score and member, and that record itself.
    PastRecord(f64, &'a [u8]),
    /// Records of a lower score, and of this score if the flag is set.
    Score { score: f64, after: bool },
    /// Records of a lower member, and of this member if the flag is set; scores are all equal.
    Member { member: &'a [u8], after: bool },
}

impl Probe<'_> {
    /// Whether a record of that score lies before the place; `None` if its member decides.
    #[inline]
    pub(super) fn is_after_score(&self, score: f64) -> Option<bool> {
        match *self {
            Self::Record(at, _) | Self::PastRecord(at, _) if score == at => None,
            Self::Record(at, _) | Self::PastRecord(at, _) => Some(score < at),
            Self::Score { score: at, after } => Some(score < at || after && score == at),
            Self::Member { .. } => None,
        }
    }

    /// Whether that record lies before the place.
    #[inline]
    pub(super) fn is_after(&self, record: Record<'_>) -> bool {
        if let Some(is_after) = self.is_after_score(record.score) {
            return is_after;
        }
        match *self {
            Self::Record(_, member) => record.member < member,
            Self::PastRecord(_, member) => record.member <= member,
            Self::Member { member, after } => match record.member.cmp(member) {
                Ordering::Less => true,
                Ordering::Equal => after,
                Ordering::Greater => false,
            },
            Self::Score { .. } => false,
        }
    }
}

/// A member with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) score: f64,
    pub(crate) member: &'a [u8],
}

/// A record to be put into a leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    tag: u8,
    score: Packed,
    member_len: Packed,
    member: &'a [u8],
}

impl<'a> Incoming<'a> {
    pub(super) fn new(hash: u64, score: f64, member: &'a [u8]) -> Self {
        Self {
            tag: tag_of(hash),
            score: Packed::score(score),
            member_len: Packed::uint(member.len() as u64),
            member,
        }
    }

    pub(super) fn member(&self) -> &'a [u8] {
        self.member
    }

    fn size(&self) -> usize {
        self.score.bytes().len() + self.member_len.bytes().len() + self.member.len()
    }

    fn write(&self, out: &mut [u8]) {
        let (score, out) = out.split_at_mut(self.score.bytes().len());
        score.copy_from_slice(self.score.bytes());
        let (len, out) = out.split_at_mut(self.member_len.bytes().len());
        len.copy_from_slice(self.member_len.bytes());
        out.copy_from_slice(self.member);
    }
}

/// The byte of a hash that leaves keep; the index uses others.
#[inline]
fn tag_of(hash: u64) -> u8 {
    hash as u8
}

/// A part of a leaf that is split: the leaf, the records that it took over, and whether the new one
/// is in it.
pub(super) struct Piece {
    pub(super) leaf: Leaf,
    pub(super) taken: Range<usize>,
    pub(super) has_new: bool,
}

/// Where a leaf that is full stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// No leaf is before it.
    pub(super) first: bool,
    /// No leaf is behind it.
    pub(super) last: bool,
}

/// A leaf; clones share its bytes until one of them changes.
#[derive(Debug, Clone)]
pub(super) struct Leaf(Part<[u8]>);

impl Leaf {
    /// A leaf of one record.
    pub(super) fn of(new: &Incoming<'_>) -> Self {
        assemble(&[Stretch::One(new)])
    }

    /// Puts a record to its place, if it fits.
    pub(super) fn insert(&mut self, at: usize, new: &Incoming<'_>) -> bool {
        let page = self.page();
        let (len, used, size) = (page.len, page.used, new.size());
        if size > WIDE || page.is_wide() || HEADER + SLOT * (len + 1) + used + size > SIZE_MAX {
            return false;
        }
        if len == page.tags.len() || page.records.len() - used < size {
            let parts = [
                Stretch::Run(page, 0..at),
                Stretch::One(new),
                Stretch::Run(page, at..len),
            ];
            *self = assemble(&parts);
            return true;
        }
        let start = page.start(at);
        let page = self.page_mut();
        page.records.copy_within(start..used, start + size);
        new.write(&mut page.records[start..start + size]);
        page.tags.copy_within(at..len, at + 1);
        page.tags[at] = new.tag;
        page.offsets.copy_within(2 * at..2 * len, 2 * at + 2);
        set_offset(page.offsets, at, start);
        shift(&mut page.offsets[2 * at + 2..2 * len + 2], size);
        write_header(page.header, len + 1, used + size);
        true
    }

    /// Splits the leaf around a record that does not fit. The pieces are in order.
    pub(super) fn split(&self, at: usize, new: &Incoming<'_>, edge: Edge) -> SmallVec<[Piece; 3]> {
        let page = self.page();
        let len = page.len;
        let appends = at == len && edge.last || at == 0 && edge.first;
        if new.size() > WIDE || page.is_wide() || appends {
            let alone = [(0..at, false), (at..at, true), (at..len, false)];
            let pieces = alone.into_iter();
            return pieces
                .filter(|(taken, has_new)| !taken.is_empty() || *has_new)
                .map(|(taken, has_new)| self.piece(taken, has_new.then_some((at, new))))
                .collect();
        }
        // Halves of about as many bytes, wherever the new record is.
        let half = (page.used + SLOT * len + new.size()) / 2;
        let mut cut = page.cut(half);
        let goes_left = at < cut || at == cut && page.start(at) + SLOT * at < half;
        if goes_left {
            cut = page.cut(half.saturating_sub(new.size())).max(at);
        }
        let (left, right) = (0..cut, cut..len);
        let mut pieces = SmallVec::new();
        pieces.push(self.piece(left, goes_left.then_some((at, new))));
        pieces.push(self.piece(right, (!goes_left).then_some((at, new))));
        pieces
    }

    fn piece(&self, taken: Range<usize>, new: Option<(usize, &Incoming<'_>)>) -> Piece {
        let page = self.page();
        let leaf = match new {
            None => assemble(&[Stretch::Run(page, taken.clone())]),
            Some((at, new)) => assemble(&[
                Stretch::Run(page, taken.start..at),
                Stretch::One(new),
                Stretch::Run(page, at..taken.end),
            ]),
        };
        Piece {
            leaf,
            taken,
            has_new: new.is_some(),
        }
    }

    /// Removes records, but not all.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let page = self.page();
        let (len, used) = (page.len, page.used);
        let (start, end) = (page.start(range.start), page.start(range.end));
        debug_assert!(range.len() < len);
        let page = self.page_mut();
        page.records.copy_within(end..used, start);
        page.tags.copy_within(range.end..len, range.start);
        page.offsets
            .copy_within(2 * range.end..2 * len, 2 * range.start);
        let len = len - range.len();
        let moved = &mut page.offsets[2 * range.start..2 * len];
        shift(moved, (end - start).wrapping_neg());
        write_header(page.header, len, used - (end - start));
    }

    /// Gives room back that records left.
    pub(super) fn shrink(&mut self) {
        let page = self.page();
        let size = page.size();
        if size + size / 2 + 64 < self.0.len() {
            *self = assemble(&[Stretch::Run(page, 0..page.len)]);
        }
    }

    /// Gives a record another score that does not change its place. The leaf may become larger
    /// than others, by a few bytes a record.
    pub(super) fn set_score(&mut self, at: usize, score: f64) {
        let page = self.page();
        let start = page.start(at);
        let (_, old) = read_score(&page.records[start..]);
        let packed = Packed::score(score);
        let new = packed.bytes();
        if new.len() == old {
            self.page_mut().records[start..start + old].copy_from_slice(new);
            return;
        }
        let record = page.record(at);
        let member_len = Packed::uint(record.member.len() as u64);
        let new = Incoming {
            tag: page.tags[at],
            score: packed,
            member_len,
            member: record.member,
        };
        let parts = [
            Stretch::Run(page, 0..at),
            Stretch::One(&new),
            Stretch::Run(page, at + 1..page.len),
        ];
        *self = assemble(&parts);
    }

    /// Both leaves in one, if it is worth it.
    pub(super) fn merged(&self, next: &Self) -> Option<Self> {
        let (a, b) = (self.page(), next.page());
        if a.is_wide() || b.is_wide() || a.size() + b.size() > MERGED_MAX {
            return None;
        }
        Some(assemble(&[
            Stretch::Run(a, 0..a.len),
            Stretch::Run(b, 0..b.len),
        ]))
    }

    /// Whether a neighbour should be looked for to merge with.
    pub(super) fn is_sparse(&self) -> bool {
        self.page().size() < SPARSE
    }

    /// How many records there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(u16::from_le_bytes([self.0[0], self.0[1]]))
    }

    /// The record at a place.
    #[inline]
    pub(super) fn record(&self, at: usize) -> Record<'_> {
        self.page().record(at)
    }

    /// Where a member is.
    #[inline]
    pub(super) fn find(&self, hash: u64, member: &[u8]) -> Option<usize> {
        let page = self.page();
        let tag = tag_of(hash);
        let tags = page.tags[..page.len].iter().enumerate();
        tags.filter(|(_, t)| **t == tag)
            .map(|(at, _)| at)
            .find(|at| page.record(*at).member == member)
    }

    /// Hints that a member will be looked for: tags and offsets.
    #[inline]
    pub(super) fn prefetch_head(&self) {
        let head = self.0.len().min(HEAD_LINES * CACHE_LINE);
        for at in (0..head).step_by(CACHE_LINE) {
            prefetch::line(self.0.as_ptr().wrapping_add(at));
        }
    }

    /// The stage after [`Self::prefetch_head`]: the records whose tags are those of the hash.
    #[inline]
    pub(super) fn prefetch_records(&self, hash: u64) {
        let page = self.page();
        let tag = tag_of(hash);
        let tags = page.tags[..page.len].iter().enumerate();
        for (at, _) in tags.filter(|(_, other)| **other == tag) {
            let records = page.records.as_ptr();
            prefetch::line(records.wrapping_add(page.start(at)));
            prefetch::line(records.wrapping_add(page.start(at + 1)));
        }
    }

    /// Hints that all records will be read.
    pub(super) fn prefetch_all(&self) {
        for at in (0..self.0.len().min(SIZE_MAX)).step_by(CACHE_LINE) {
            prefetch::line(self.0.as_ptr().wrapping_add(at));
        }
    }

    /// How many records lie before a place.
    #[inline]
    pub(super) fn seek(&self, probe: &Probe<'_>) -> usize {
        let page = self.page();
        let (mut low, mut high) = (0, page.len);
        while low < high {
            let middle = low.midpoint(high);
            match probe.is_after(page.record(middle)) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// Bytes that it occupies.
    #[inline]
    pub(super) fn weight(&self) -> usize {
        self.0.len() + ALLOCATION
    }

    #[inline]
    fn page(&self) -> Page<'_> {
        let (header, rest) = self.0.split_at(HEADER);
        let slots = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let (tags, rest) = rest.split_at(slots);
        let (offsets, records) = rest.split_at(2 * slots);
        Page {
            len: usize::from(u16::from_le_bytes([header[0], header[1]])),
            used: u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize,
            tags,
            offsets,
            records,
        }
    }

    #[inline]
    fn page_mut(&mut self) -> PageMut<'_> {
        let (header, rest) = self.0.make_mut().split_at_mut(HEADER);
        let slots = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let (tags, rest) = rest.split_at_mut(slots);
        let (offsets, records) = rest.split_at_mut(2 * slots);
        PageMut {
            header,
            tags,
            offsets,
            records,
        }
    }
}

/// The parts of a leaf.
#[derive(Clone, Copy)]
struct Page<'a> {
    len: usize,
    used: usize,
    tags: &'a [u8],
    offsets: &'a [u8],
    records: &'a [u8],
}

struct PageMut<'a> {
    header: &'a mut [u8],
    tags: &'a mut [u8],
    offsets: &'a mut [u8],
    records: &'a mut [u8],
}

impl<'a> Page<'a> {
    /// Where the record at a place begins; the end of all for the place behind the last.
    #[inline]
    fn start(&self, at: usize) -> usize {
        match self.offsets.get(2 * at..2 * at + 2) {
            Some(pair) if at < self.len => usize::from(u16::from_le_bytes([pair[0], pair[1]])),
            _ => self.used,
        }
    }

    #[inline]
    fn record(&self, at: usize) -> Record<'a> {
        let bytes = &self.records[self.start(at)..];
        let (score, size) = read_score(bytes);
        let bytes = &bytes[size..];
        let (len, size) = read_uint(bytes);
        Record {
            score,
            member: &bytes[size..size + len as usize],
        }
    }

    /// How many records, with their slots, are within `bytes` bytes; at least one, never all.
    fn cut(&self, bytes: usize) -> usize {
        let fits = |at: &usize| self.start(*at) + SLOT * at <= bytes;
        let count = (1..self.len).take_while(fits).count();
        count.clamp(1, self.len.max(2) - 1)
    }

    fn is_wide(&self) -> bool {
        self.len == 1 && self.used > WIDE
    }

    /// The bytes that it needs.
    fn size(&self) -> usize {
        HEADER + SLOT * self.len + self.used
    }
}

/// A part that a leaf is assembled from.
enum Stretch<'a> {
    Run(Page<'a>, Range<usize>),
    One(&'a Incoming<'a>),
}

/// Makes a leaf of parts, with a little room to grow.
fn assemble(parts: &[Stretch<'_>]) -> Leaf {
    let (mut len, mut used) = (0, 0);
    for part in parts {
        match part {
            Stretch::Run(page, range) => {
                len += range.len();
                used += page.start(range.end) - page.start(range.start);
            }
            Stretch::One(new) => {
                len += 1;
                used += new.size();
            }
        }
    }
    let need = HEADER + SLOT * len + used;
    let record = SLOT + used / len;
    let spare = match need {
        0..=SIZE_MAX => (need / 8).min(SIZE_MAX - need) / record,
        _ => 0,
    };
    // An allocation is a multiple of 16 bytes with its header.
    let size = (need + spare * record + ALLOCATION).next_multiple_of(16) - ALLOCATION;
    let slots = len + spare;
    let fill = |bytes: &mut [u8]| fill_leaf(bytes, slots, (len, used), parts);
    if size > SCRATCH {
        let mut bytes = vec![0; size];
        fill(&mut bytes);
        return Leaf(bytes.into());
    }
    let mut scratch = [0; SCRATCH];
    fill(&mut scratch[..size]);
    Leaf(Part::from(&scratch[..size]))
}

/// Room for any leaf that is not wide, or a little too large.
const SCRATCH: usize = 1536;

fn fill_leaf(bytes: &mut [u8], slots: usize, (len, used): (usize, usize), parts: &[Stretch<'_>]) {
    let (header, rest) = bytes.split_at_mut(HEADER);
    write_header(header, len, used);
    header[2..4].copy_from_slice(&(slots as u16).to_le_bytes());
    let (tags, rest) = rest.split_at_mut(slots);
    let (offsets, records) = rest.split_at_mut(2 * slots);
    let (mut at, mut end) = (0, 0);
    for part in parts {
        match part {
            Stretch::Run(page, range) => {
                let (from, to) = (page.start(range.start), page.start(range.end));
                tags[at..at + range.len()].copy_from_slice(&page.tags[range.clone()]);
                records[end..end + to - from].copy_from_slice(&page.records[from..to]);
                let moved = &mut offsets[2 * at..2 * (at + range.len())];
                moved.copy_from_slice(&page.offsets[2 * range.start..2 * range.end]);
                shift(moved, end.wrapping_sub(from));
                at += range.len();
                end += to - from;
            }
            Stretch::One(new) => {
                tags[at] = new.tag;
                new.write(&mut records[end..end + new.size()]);
                set_offset(offsets, at, end);
                at += 1;
                end += new.size();
            }
        }
    }
}

fn write_header(header: &mut [u8], len: usize, used: usize) {
    header[..2].copy_from_slice(&(len as u16).to_le_bytes());
    header[4..8].copy_from_slice(&(used as u32).to_le_bytes());
}

fn set_offset(offsets: &mut [u8], at: usize, offset: usize) {
    offsets[2 * at..2 * at + 2].copy_from_slice(&(offset as u16).to_le_bytes());
}

/// Adds to offsets, modulo 2^16.
#[inline]
fn shift(offsets: &mut [u8], by: usize) {
    for pair in offsets.chunks_exact_mut(2) {
        let offset = u16::from_le_bytes([pair[0], pair[1]]).wrapping_add(by as u16);
        pair.copy_from_slice(&offset.to_le_bytes());
    }
}
