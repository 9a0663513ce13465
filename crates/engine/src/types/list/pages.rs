//! A list that is too large to be packed: a ring of pages.
//!
//! ```text
//!  [page 370][page 372][page 371] … [page 370][page  12]      each with its number of elements
//!   ^ pushes and pops                          ^ pushes and pops
//! ```
//! An element is found by adding up the counts from the nearer end: sixteen pages to a kilobyte of
//! counts, none of whose entries are looked at.
//!
//! Always true: no page is empty; `len` and `bytes` are the sums over the pages; pages at the two
//! ends are not compressed, however few may stay uncompressed.
//! Not here: one page — `page.rs`; lists that are packed — `view.rs`, `edit.rs`

use std::collections::VecDeque;
use std::ops::ControlFlow;

use smallvec::SmallVec;

use super::entry;
use super::limit::{FRAME, Limit};
use super::page::{Content, End, Page};
use crate::value::StringRef;

/// Pages of elements.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    pages: VecDeque<Page>,
    /// Elements of all pages.
    len: usize,
    /// Weights of all pages.
    bytes: usize,
    /// Whether a page was compressed since the list was made.
    has_squeezed: bool,
}

/// Where an element is: the page, and how many elements of it stand before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    page: usize,
    skip: usize,
}

impl List {
    /// A list of the entries of a listpack.
    pub(super) fn of_entries(entries: &[u8], count: usize) -> Self {
        let mut list = Self::default();
        if count > 0 {
            list.insert_page(0, Page::of_entries(entries, count));
        }
        list
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        (size_of::<Self>() + self.bytes) as u64
    }

    /// How many elements there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entries, if they are so few that they are packed again.
    pub(super) fn repacked(&self, limit: Limit) -> Option<(&[u8], usize)> {
        if self.pages.len() != 1 {
            return None;
        }
        let page = self.pages.front()?;
        let fits = limit.is_packed_again(FRAME + page.size(), page.count());
        (fits && !page.is_plain()).then(|| (page.entries(), page.count()))
    }

    /// All entries, where one page has them; `None` when there are none.
    pub(super) fn only_entries(&self) -> Option<(&[u8], usize)> {
        let page = self.pages.front()?;
        debug_assert_eq!(self.pages.len(), 1);
        Some((page.entries(), page.count()))
    }

    /// Adds an element at an end.
    #[inline]
    pub(super) fn push(&mut self, end: End, element: &[u8], limit: Limit) {
        let at = match end {
            End::Front => 0,
            End::Back => self.pages.len().saturating_sub(1),
        };
        let has_room = self
            .pages
            .get(at)
            .is_some_and(|page| takes(page, element.len(), limit));
        if !has_room {
            return self.push_page(end, element, limit);
        }
        let page = &mut self.pages[at];
        let before = page.weight();
        page.push(end, element, limit.bytes);
        self.bytes = self.bytes + page.weight() - before;
        self.len += 1;
    }

    /// Adds an element at an end that has no room for it.
    #[cold]
    fn push_page(&mut self, end: End, element: &[u8], limit: Limit) {
        let at = match end {
            End::Front => 0,
            End::Back => self.pages.len(),
        };
        if !self.pages.is_empty() {
            self.change(at.min(self.pages.len() - 1), Page::tighten);
        }
        self.insert_page(at, page_of(element, limit));
    }

    /// Shows the element at an end and takes it away; `None` when there is none.
    #[inline]
    pub(super) fn pop<T>(&mut self, end: End, visit: impl FnOnce(StringRef<'_>) -> T) -> Option<T> {
        let at = match end {
            End::Front => 0,
            End::Back => self.pages.len().checked_sub(1)?,
        };
        let seen = self.pages.get_mut(at)?.pop(end, visit);
        self.len -= 1;
        if self.pages[at].count() == 0 {
            self.remove_end(at, end);
        }
        Some(seen)
    }

    /// Removes the empty page at an end; the next one must not be compressed then.
    #[cold]
    fn remove_end(&mut self, at: usize, end: End) {
        self.remove_page(at);
        let next = match end {
            End::Front => 0,
            End::Back => self.pages.len().saturating_sub(1),
        };
        if next < self.pages.len() {
            self.change(next, Page::expand_in_place);
        }
    }

    /// The element at an index.
    pub(super) fn get<T>(&self, index: usize, visit: impl FnOnce(StringRef<'_>) -> T) -> Option<T> {
        let spot = self.seek(index)?;
        let page = &self.pages[spot.page];
        let mut scratch = Vec::new();
        Some(match page.content(&mut scratch) {
            Content::Element(bytes) => visit(StringRef::Bytes(bytes)),
            Content::Entries(entries) => {
                let at = entry::start_of(entries, page.count(), spot.skip);
                visit(entry::first(&entries[at..]).0)
            }
        })
    }

    /// Shows elements from an index on, towards the back, until it is told to stop.
    #[inline]
    pub(super) fn walk<B>(
        &self,
        from: usize,
        visit: &mut impl FnMut(StringRef<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Some(spot) = self.seek(from) else {
            return ControlFlow::Continue(());
        };
        let mut scratch = Vec::new();
        let mut skip = spot.skip;
        for page in self.pages.range(spot.page..) {
            match page.content(&mut scratch) {
                Content::Element(bytes) => visit(StringRef::Bytes(bytes))?,
                Content::Entries(entries) => {
                    let at = entry::start_of(entries, page.count(), skip);
                    walk_entries(&entries[at..], visit)?;
                }
            }
            skip = 0;
        }
        ControlFlow::Continue(())
    }

    /// Shows elements from an index on, towards the front, until it is told to stop.
    pub(super) fn walk_back<B>(
        &self,
        from: usize,
        visit: &mut impl FnMut(StringRef<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let Some(spot) = self.seek(from) else {
            return ControlFlow::Continue(());
        };
        let mut scratch = Vec::new();
        let mut number = spot.skip + 1;
        for page in self.pages.range(..=spot.page).rev() {
            match page.content(&mut scratch) {
                Content::Element(bytes) => visit(StringRef::Bytes(bytes))?,
                Content::Entries(entries) => {
                    let end = entry::start_of(entries, page.count(), number.min(page.count()));
                    walk_entries_back(&entries[..end], visit)?;
                }
            }
            number = usize::MAX;
        }
        ControlFlow::Continue(())
    }

    /// Shows the pages: entries and how many, or single elements.
    pub(super) fn pages(&self, mut visit: impl FnMut(Content<'_>, usize)) {
        let mut scratch = Vec::new();
        for page in &self.pages {
            visit(page.content(&mut scratch), page.count());
        }
    }

    /// Where the element with an index is, if there is one.
    fn seek(&self, index: usize) -> Option<Spot> {
        let back = self.len.checked_sub(index + 1)?;
        if index <= back {
            let mut skip = index;
            for (page, held) in self.pages.iter().enumerate() {
                match skip.checked_sub(held.count()) {
                    Some(rest) => skip = rest,
                    None => return Some(Spot { page, skip }),
                }
            }
            return None;
        }
        let mut skip = back;
        for (page, held) in self.pages.iter().enumerate().rev() {
            match skip.checked_sub(held.count()) {
                Some(rest) => skip = rest,
                None => {
                    let skip = held.count() - 1 - skip;
                    return Some(Spot { page, skip });
                }
            }
        }
        None
    }

    /// Changes a page and keeps the sums.
    fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Page) -> T) -> T {
        let page = &mut self.pages[at];
        self.bytes -= page.weight();
        self.len -= page.count();
        let result = change(page);
        self.bytes += page.weight();
        self.len += page.count();
        result
    }

    fn insert_page(&mut self, at: usize, page: Page) {
        self.bytes += page.weight();
        self.len += page.count();
        self.pages.insert(at, page);
    }

    fn remove_page(&mut self, at: usize) {
        if let Some(page) = self.pages.remove(at) {
            self.bytes -= page.weight();
            self.len -= page.count();
        }
    }
}

/// Changes in the middle.
impl List {
    /// Puts an element in front of the one with an index, or behind the last one.
    pub(super) fn insert(&mut self, index: usize, element: &[u8], limit: Limit) {
        let Some(spot) = self.seek(index) else {
            return self.push(End::Back, element, limit);
        };
        if index == 0 {
            return self.push(End::Front, element, limit);
        }
        self.change(spot.page, Page::expand_in_place);
        let len = element.len();
        if takes(&self.pages[spot.page], len, limit) {
            return self.splice_in(spot, element);
        }
        // At the seam of two pages the one before may have room.
        if spot.skip == 0 && spot.page > 0 {
            let before = spot.page - 1;
            self.change(before, Page::expand_in_place);
            if takes(&self.pages[before], len, limit) {
                return self.change(before, |page| page.push(End::Back, element, 0));
            }
            return self.insert_page(spot.page, tight_page_of(element, limit));
        }
        self.split(spot);
        let (before, behind) = (spot.page, spot.page + 1);
        if takes(&self.pages[behind], len, limit) {
            self.change(behind, |page| page.push(End::Front, element, 0));
        } else if takes(&self.pages[before], len, limit) {
            self.change(before, |page| page.push(End::Back, element, 0));
        } else {
            self.insert_page(behind, tight_page_of(element, limit));
        }
    }

    /// Replaces the element with an index, which exists.
    pub(super) fn set(&mut self, index: usize, element: &[u8], limit: Limit) {
        let Some(spot) = self.seek(index) else {
            return;
        };
        let is_large = limit.is_large(element.len());
        if self.pages[spot.page].is_plain() {
            let page = tight_page_of(element, limit);
            return self.change(spot.page, |old| *old = page);
        }
        self.change(spot.page, Page::expand_in_place);
        let page = &self.pages[spot.page];
        let at = entry::start_of(page.entries(), page.count(), spot.skip);
        let old = entry::first(&page.entries()[at..]).1;
        let bytes = encoded(element);
        let size = FRAME + page.size() - old + bytes.len();
        if !is_large && (size <= limit.bytes || page.count() == 1) {
            let count = page.count();
            return self.change(spot.page, |page| page.splice(at..at + old, &bytes, count));
        }
        self.remove(index, 1);
        self.insert(index, element, limit);
    }

    /// Takes away so many elements from an index on.
    pub(super) fn remove(&mut self, index: usize, count: usize) {
        let mut left = count.min(self.len.saturating_sub(index));
        while left > 0 {
            let Some(spot) = self.seek(index) else {
                return;
            };
            let held = self.pages[spot.page].count();
            if spot.skip == 0 && left >= held {
                left -= self.remove_whole(spot.page, left);
                continue;
            }
            let gone = left.min(held - spot.skip);
            self.change(spot.page, |page| {
                page.expand_in_place();
                let entries = page.entries();
                let from = entry::start_of(entries, held, spot.skip);
                let to = match spot.skip + gone == held {
                    true => entries.len(),
                    false => from + entry::start_of(&entries[from..], held - spot.skip, gone),
                };
                page.splice(from..to, &[], held - gone);
            });
            left -= gone;
        }
    }

    /// Takes away whole pages from one on that hold no more than so many elements together, and
    /// says how many they held.
    fn remove_whole(&mut self, from: usize, count: usize) -> usize {
        let (mut held, mut to) = (0, from);
        for page in self.pages.range(from..) {
            if held + page.count() > count {
                break;
            }
            held += page.count();
            self.bytes -= page.weight();
            to += 1;
        }
        self.pages.drain(from..to);
        self.len -= held;
        held
    }

    /// Takes away elements that are equal to one, at most so many, from an end on; says how many.
    pub(super) fn remove_equal(&mut self, from: End, element: &[u8], count_max: usize) -> usize {
        let target = Target::new(element);
        let mut removed = 0;
        let mut at = match from {
            End::Front => 0,
            End::Back => self.pages.len(),
        };
        while removed < count_max {
            match from {
                End::Front if at == self.pages.len() => break,
                End::Front => {}
                End::Back if at == 0 => break,
                End::Back => at -= 1,
            }
            removed += self.remove_equal_in(at, from, &target, count_max - removed);
            if self.pages[at].count() == 0 {
                self.remove_page(at);
            } else if from == End::Front {
                at += 1;
            }
        }
        removed
    }

    fn remove_equal_in(&mut self, at: usize, from: End, target: &Target<'_>, most: usize) -> usize {
        let page = &self.pages[at];
        let mut scratch = Vec::new();
        let mut found: Vec<(usize, usize)> = Vec::new();
        match page.content(&mut scratch) {
            Content::Element(bytes) => {
                if !target.is(StringRef::Bytes(bytes)) {
                    return 0;
                }
                self.change(at, |page| *page = Page::empty(0));
                return 1;
            }
            Content::Entries(entries) => {
                let mut start = 0;
                while start < entries.len() {
                    let (element, len) = entry::first(&entries[start..]);
                    if target.is(element) {
                        found.push((start, start + len));
                        if from == End::Front && found.len() == most {
                            break;
                        }
                    }
                    start += len;
                }
            }
        }
        let unwanted = found.len().saturating_sub(most);
        let found = &found[unwanted..];
        if found.is_empty() {
            return 0;
        }
        let count = page.count() - found.len();
        self.change(at, |page| {
            page.expand_in_place();
            if let [(from, to)] = found {
                return page.splice(*from..*to, &[], count);
            }
            let entries = page.entries();
            let mut kept = Vec::with_capacity(entries.len());
            let mut from = 0;
            for (start, end) in found {
                kept.extend_from_slice(&entries[from..*start]);
                from = *end;
            }
            kept.extend_from_slice(&entries[from..]);
            *page = Page::of_entries(&kept, count);
        });
        found.len()
    }

    /// Puts an element into a page that has room for it.
    fn splice_in(&mut self, spot: Spot, element: &[u8]) {
        let bytes = encoded(element);
        self.change(spot.page, |page| {
            let at = entry::start_of(page.entries(), page.count(), spot.skip);
            let count = page.count() + 1;
            page.splice(at..at, &bytes, count);
        });
    }

    /// Makes two pages of one, unless the spot is at its beginning or the page holds one element.
    fn split(&mut self, spot: Spot) {
        let behind = self.change(spot.page, |page| {
            let at = entry::start_of(page.entries(), page.count(), spot.skip);
            let behind = page.split_off(at, spot.skip);
            page.tighten();
            behind
        });
        self.insert_page(spot.page + 1, behind);
    }
}

/// Compression of pages that are far from both ends.
impl List {
    /// Whether pages are compressed, or were.
    #[inline]
    pub(super) fn has_squeezed(&self) -> bool {
        self.has_squeezed
    }

    /// Compresses and decompresses pages so that so many at each end are as they are; none is
    /// compressed when that is zero.
    ///
    /// Only pages at the border are looked at, and those around `edited`.
    pub(super) fn settle(&mut self, depth: usize, edited: Option<usize>) {
        let pages = self.pages.len();
        if pages == 0 {
            return;
        }
        let open = match depth {
            0 => 1,
            _ => depth,
        };
        for near in 0..open.min(pages) {
            for at in [near, pages - 1 - near] {
                if self.pages[at].is_squeezed() {
                    self.change(at, Page::expand_in_place);
                }
            }
        }
        if depth == 0 || pages <= 2 * depth {
            return;
        }
        self.has_squeezed = true;
        let around = edited.and_then(|index| self.seek(index)).map(|s| s.page);
        let near = around.map_or(0..0, |at| at.saturating_sub(1)..at + 3);
        for at in [depth, pages - 1 - depth].into_iter().chain(near) {
            if (depth..pages - depth).contains(&at) {
                self.change(at, Page::squeeze);
            }
        }
    }
}

/// Whether a page takes another element of that length.
#[inline]
fn takes(page: &Page, len: usize, limit: Limit) -> bool {
    page.is_packed() && limit.has_room(page.size(), page.count(), len)
}

/// A page of one element, with room for more where it is likely to be used.
fn page_of(element: &[u8], limit: Limit) -> Page {
    if limit.is_large(element.len()) {
        return Page::plain(element);
    }
    let room = match limit.count {
        usize::MAX => limit.bytes,
        count => limit
            .bytes
            .min(count.saturating_mul(entry::entry_len(element))),
    };
    let mut page = Page::empty(0);
    page.push(End::Back, element, room);
    page
}

/// A page of one element without room.
fn tight_page_of(element: &[u8], limit: Limit) -> Page {
    let mut page = page_of(element, limit);
    page.tighten();
    page
}

/// An element as the bytes of its entry.
pub(super) fn encoded(element: &[u8]) -> SmallVec<[u8; 128]> {
    let mut bytes = SmallVec::new();
    entry::encode(element, &mut bytes);
    bytes
}

/// Shows entries in order.
#[inline]
pub(super) fn walk_entries<B>(
    mut entries: &[u8],
    visit: &mut impl FnMut(StringRef<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    while !entries.is_empty() {
        let (element, len) = entry::first(entries);
        visit(element)?;
        entries = &entries[len..];
    }
    ControlFlow::Continue(())
}

/// Shows entries from the last to the first.
pub(super) fn walk_entries_back<B>(
    mut entries: &[u8],
    visit: &mut impl FnMut(StringRef<'_>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    while !entries.is_empty() {
        let at = entry::last_start(entries);
        visit(entry::first(&entries[at..]).0)?;
        entries = &entries[..at];
    }
    ControlFlow::Continue(())
}

/// An element that others are compared with.
#[derive(Debug)]
pub struct Target<'a> {
    bytes: &'a [u8],
    integer: Option<i64>,
}

impl<'a> Target<'a> {
    /// To compare with these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        let integer = russet_base::num::parse_i64(bytes);
        Self { bytes, integer }
    }

    /// Whether an element is equal.
    #[inline]
    pub fn is(&self, element: StringRef<'_>) -> bool {
        match element {
            StringRef::Int(n) => self.integer == Some(n),
            StringRef::Bytes(bytes) => bytes == self.bytes,
            StringRef::Shared(bytes) => bytes == self.bytes,
        }
    }
}
