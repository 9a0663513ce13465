//! Changes in the middle of a large list: pages are split where they are full.
//!
//! ```text
//!  insert   [ a b c d ]  full   ──►  [ a b ][ x c d ]      the page is split where x belongs
//!           [ a b c d ][ e ]    ──►  [ a b c d ][ x e ]    at a seam either side will do
//! ```
//! Always true: a page that becomes empty goes at once.
//! Not here: the two ends — `pages.rs`

use smallvec::SmallVec;

use super::entry;
use super::limit::{FRAME, Limit};
use super::page::{Content, End, Page};
use super::pages::{List, page_of, takes};
use super::spine::At;
use super::target::Target;
use crate::value::StringRef;

impl List {
    /// Puts an element in front of the one with an index, or behind the last one.
    pub(super) fn insert(&mut self, index: usize, element: &[u8], limit: Limit) {
        let Some((at, skip)) = self.spine.seek(index) else {
            return self.push(End::Back, element, limit);
        };
        let before = self.spine.previous(at);
        if before.is_none() && skip == 0 {
            return self.push(End::Front, element, limit);
        }
        if self.offer(at, element.len(), limit) {
            return self.splice_in(at, skip, element);
        }
        if skip > 0 {
            return self.insert_split(at, skip, element, limit);
        }
        match before.filter(|&before| self.offer(before, element.len(), limit)) {
            Some(before) => self
                .spine
                .change(before, |page| page.push(End::Back, element, 0)),
            None => {
                self.spine.insert(at, tight_page_of(element, limit));
            }
        }
    }

    /// Puts an element into a full page, which becomes two.
    fn insert_split(&mut self, at: At, skip: usize, element: &[u8], limit: Limit) {
        let behind = self.spine.change(at, |page| {
            let start = entry::start_of(page.entries(), page.count(), skip);
            let behind = page.split_off(start, skip);
            page.tighten();
            behind
        });
        let behind = self.spine.insert(at.behind(), behind);
        if takes(self.spine.page(behind), element.len(), limit) {
            return self
                .spine
                .change(behind, |page| page.push(End::Front, element, 0));
        }
        let before = self.spine.previous(behind);
        match before.filter(|&at| takes(self.spine.page(at), element.len(), limit)) {
            Some(before) => self
                .spine
                .change(before, |page| page.push(End::Back, element, 0)),
            None => {
                self.spine.insert(behind, tight_page_of(element, limit));
            }
        }
    }

    /// Makes a page ready for an element of that length; says whether it has room.
    fn offer(&mut self, at: At, len: usize, limit: Limit) -> bool {
        if self.spine.page(at).is_squeezed() {
            self.spine.change(at, Page::expand_in_place);
        }
        takes(self.spine.page(at), len, limit)
    }

    /// Puts an element into a page that has room for it.
    fn splice_in(&mut self, at: At, skip: usize, element: &[u8]) {
        self.spine.change(at, |page| {
            let start = entry::start_of(page.entries(), page.count(), skip);
            let count = page.count() + 1;
            page.splice(start..start, &encoded(element), count);
        });
    }

    /// Replaces the element with an index, which exists.
    pub(super) fn set(&mut self, index: usize, element: &[u8], limit: Limit) {
        let Some((at, skip)) = self.spine.seek(index) else {
            return;
        };
        if self.spine.page(at).is_plain() {
            let page = tight_page_of(element, limit);
            return self.spine.change(at, |old| *old = page);
        }
        let fits = self.spine.change(at, |page| {
            page.expand_in_place();
            let start = entry::start_of(page.entries(), page.count(), skip);
            let len = entry::first(&page.entries()[start..]).1;
            let size = FRAME + page.size() - len + entry::entry_len(element);
            let fits = !limit.is_large(element.len()) && (size <= limit.bytes || page.count() == 1);
            if fits {
                let count = page.count();
                page.splice(start..start + len, &encoded(element), count);
            }
            fits
        });
        if !fits {
            self.remove(index, 1);
            self.insert(index, element, limit);
        }
    }

    /// Removes `count` elements from an index on.
    pub(super) fn remove(&mut self, index: usize, count: usize) {
        let mut left = count.min(self.len().saturating_sub(index));
        while left > 0 {
            let Some((at, skip)) = self.spine.seek(index) else {
                return;
            };
            if skip == 0 {
                let whole = self.spine.remove_runs(at, left);
                left -= whole;
                if whole > 0 {
                    continue;
                }
            }
            let held = self.spine.page(at).count();
            let gone = left.min(held - skip);
            left -= gone;
            if gone == held {
                self.spine.remove(at);
                continue;
            }
            self.spine.change(at, |page| {
                page.expand_in_place();
                let entries = page.entries();
                let from = entry::start_of(entries, held, skip);
                let to = from + entry::start_of(&entries[from..], held - skip, gone);
                page.splice(from..to, &[], held - gone);
            });
        }
    }

    /// Removes elements that are equal to one, at most `count_max`, from an end on; returns their
    /// number.
    pub(super) fn remove_equal(&mut self, from: End, element: &[u8], count_max: usize) -> usize {
        let target = Target::new(element);
        let mut removed = 0;
        let mut next = match from {
            End::Front => self.spine.first(),
            End::Back => self.spine.last(),
        };
        while let Some(at) = next.filter(|_| removed < count_max) {
            let before = self.spine.previous(at);
            removed += self.remove_equal_in(at, from, &target, count_max - removed);
            let behind = match self.spine.page(at).count() {
                0 => self.spine.remove(at),
                _ => self.spine.next(at),
            };
            next = match from {
                End::Front => behind,
                End::Back => before,
            };
        }
        removed
    }

    /// Takes them away from one page, which may be empty then.
    fn remove_equal_in(&mut self, at: At, from: End, target: &Target<'_>, most: usize) -> usize {
        let page = self.spine.page(at);
        let mut scratch = Vec::new();
        let entries = match page.content(&mut scratch) {
            Content::Element(bytes) if target.is(StringRef::Bytes(bytes)) => {
                self.spine.change(at, |page| *page = Page::empty(0));
                return 1;
            }
            Content::Element(_) => return 0,
            Content::Entries(entries) => entries,
        };
        let found = equal_entries(entries, from, target, most);
        if found.is_empty() {
            return 0;
        }
        let count = page.count() - found.len();
        self.spine.change(at, |page| {
            page.expand_in_place();
            if let [(from, to)] = found[..] {
                return page.splice(from..to, &[], count);
            }
            let entries = page.entries();
            let mut kept = Vec::with_capacity(entries.len());
            let mut from = 0;
            for (start, end) in &found {
                kept.extend_from_slice(&entries[from..*start]);
                from = *end;
            }
            kept.extend_from_slice(&entries[from..]);
            *page = Page::of_entries(&kept, count);
        });
        found.len()
    }
}

/// Where the entries of equal elements begin and end: at most `count_max`, from an end on.
fn equal_entries(
    entries: &[u8],
    from: End,
    target: &Target<'_>,
    most: usize,
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < entries.len() && (from == End::Back || found.len() < most) {
        let (element, len) = entry::first(&entries[start..]);
        if target.is(element) {
            found.push((start, start + len));
        }
        start += len;
    }
    let unwanted = found.len().saturating_sub(most);
    found.split_off(unwanted)
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
