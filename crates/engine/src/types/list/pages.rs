//! A list that is too large to be packed: a ring of pages.
//!
//! ```text
//!  [page 370][page 372][page 371] … [page 370][page  12]      each with its number of elements
//!   ^ pushes and pops                          ^ pushes and pops
//! ```
//! Always true: no page is empty; pages at the two ends are not compressed, however few may stay
//! uncompressed.
//! Not here: where pages are — `spine.rs`; one page — `page.rs`; changes in the middle —
//! `middle.rs`

use std::ops::ControlFlow;

use smallvec::SmallVec;

use super::entry;
use super::limit::{FRAME, Limit};
use super::page::{Content, End, Page};
use super::spine::{At, Spine};
use crate::value::StringRef;

/// Pages of elements.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    pub(super) spine: Spine,
    /// Whether a page was compressed since the list was made.
    has_squeezed: bool,
}

impl List {
    /// A list of the entries of a listpack.
    pub(super) fn of_entries(entries: &[u8], count: usize) -> Self {
        let mut list = Self::default();
        if count > 0 {
            list.spine.push_back(Page::of_entries(entries, count));
        }
        list
    }

    /// Bytes that it occupies.
    #[inline]
    pub(crate) fn weight(&self) -> u64 {
        (size_of::<Self>() + self.spine.weight()) as u64
    }

    /// How many elements there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.spine.count()
    }

    /// Whether there is no more than one page.
    #[inline]
    pub(super) fn is_one_page(&self) -> bool {
        self.spine.len() <= 1
    }

    /// The entries, if they are so few that they are packed again.
    pub(super) fn repacked(&self, limit: Limit) -> Option<(&[u8], usize)> {
        if self.spine.len() != 1 {
            return None;
        }
        let page = self.spine.page(self.spine.first()?);
        let fits = limit.is_packed_again(FRAME + page.size(), page.count());
        (fits && !page.is_plain()).then(|| (page.entries(), page.count()))
    }

    /// All entries, where one page has them; `None` when there are none.
    pub(super) fn only_entries(&self) -> Option<(&[u8], usize)> {
        let page = self.spine.page(self.spine.first()?);
        debug_assert_eq!(self.spine.len(), 1);
        Some((page.entries(), page.count()))
    }

    /// The place of the page at an end.
    #[inline]
    fn at_end(&self, end: End) -> Option<At> {
        match end {
            End::Front => self.spine.first(),
            End::Back => self.spine.last(),
        }
    }

    /// Adds an element at an end.
    #[inline]
    pub(super) fn push(&mut self, end: End, element: &[u8], limit: Limit) {
        match self.at_end(end) {
            Some(at) if takes(self.spine.page(at), element.len(), limit) => {
                self.spine
                    .change(at, |page| page.push(end, element, limit.room()));
            }
            at => self.push_page(at, end, element, limit),
        }
    }

    /// Adds an element at an end that has no room for it.
    #[cold]
    fn push_page(&mut self, at: Option<At>, end: End, element: &[u8], limit: Limit) {
        if let Some(at) = at {
            self.spine.change(at, Page::tighten);
        }
        let page = page_of(element, limit);
        match end {
            End::Front => self.spine.push_front(page),
            End::Back => self.spine.push_back(page),
        }
    }

    /// Shows the element at an end and takes it away; `None` when there is none.
    #[inline]
    pub(super) fn pop<T>(&mut self, end: End, visit: impl FnOnce(StringRef<'_>) -> T) -> Option<T> {
        let at = self.at_end(end)?;
        let (seen, left) = self.spine.change(at, |page| {
            let seen = page.pop(end, visit);
            (seen, page.count())
        });
        if left == 0 {
            self.remove_end(at, end);
        }
        Some(seen)
    }

    /// Removes the empty page at an end; the next one must not be compressed then.
    #[cold]
    fn remove_end(&mut self, at: At, end: End) {
        self.spine.remove(at);
        if let Some(at) = self.at_end(end) {
            self.spine.change(at, Page::expand_in_place);
        }
    }

    /// The element at an index.
    pub(super) fn get<T>(&self, index: usize, visit: impl FnOnce(StringRef<'_>) -> T) -> Option<T> {
        let (at, skip) = self.spine.seek(index)?;
        let page = self.spine.page(at);
        let mut scratch = Vec::new();
        Some(match page.content(&mut scratch) {
            Content::Element(bytes) => visit(StringRef::Bytes(bytes)),
            Content::Entries(entries) => {
                let start = entry::start_of(entries, page.count(), skip);
                visit(entry::first(&entries[start..]).0)
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
        let Some((at, mut skip)) = self.spine.seek(from) else {
            return ControlFlow::Continue(());
        };
        let mut scratch = Vec::new();
        for page in self.spine.from(at) {
            match page.content(&mut scratch) {
                Content::Element(bytes) => visit(StringRef::Bytes(bytes))?,
                Content::Entries(entries) => {
                    let start = entry::start_of(entries, page.count(), skip);
                    walk_entries(&entries[start..], visit)?;
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
        let Some((at, skip)) = self.spine.seek(from) else {
            return ControlFlow::Continue(());
        };
        let mut scratch = Vec::new();
        let mut number = skip + 1;
        for page in self.spine.back_from(at) {
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
        let Some(first) = self.spine.first() else {
            return;
        };
        for page in self.spine.from(first) {
            visit(page.content(&mut scratch), page.count());
        }
    }
}

/// Compression of pages that are far from both ends.
impl List {
    /// Whether pages are compressed, or were.
    #[inline]
    pub(super) fn has_squeezed(&self) -> bool {
        self.has_squeezed
    }

    /// Compresses and decompresses pages so that `depth` at each end are uncompressed; none is
    /// compressed when that is zero.
    ///
    /// Only pages at the border are looked at, and those around an element that was `edited`.
    pub(super) fn settle(&mut self, depth: usize, edited: Option<usize>) {
        for end in [End::Front, End::Back] {
            let mut at = self.at_end(end);
            for _ in 0..depth.max(1) {
                let Some(here) = at else { return };
                if self.spine.page(here).is_squeezed() {
                    self.spine.change(here, Page::expand_in_place);
                }
                at = self.inward(here, end);
            }
            if depth > 0 && self.spine.len() > 2 * depth {
                self.squeeze(at);
            }
        }
        if let Some(index) = edited
            && depth > 0
            && self.spine.len() > 2 * depth
        {
            self.squeeze_around(index, depth);
        }
    }

    /// Compresses the page of an element and those beside it, but for pages near the ends.
    fn squeeze_around(&mut self, index: usize, depth: usize) {
        let Some((at, _)) = self.spine.seek(index) else {
            return;
        };
        let open = [End::Front, End::Back].map(|end| {
            let mut pages = SmallVec::<[At; 4]>::new();
            let mut next = self.at_end(end);
            while let Some(at) = next.filter(|_| pages.len() < depth) {
                pages.push(at);
                next = self.inward(at, end);
            }
            pages
        });
        for near in [self.spine.previous(at), Some(at), self.spine.next(at)] {
            if near.is_some_and(|at| !open.iter().flatten().any(|open| *open == at)) {
                self.squeeze(near);
            }
        }
    }

    fn squeeze(&mut self, at: Option<At>) {
        if let Some(at) = at
            && !self.spine.page(at).is_squeezed()
        {
            self.has_squeezed = true;
            self.spine.change(at, Page::squeeze);
        }
    }

    /// The place of the next page, coming from an end.
    fn inward(&self, at: At, end: End) -> Option<At> {
        match end {
            End::Front => self.spine.next(at),
            End::Back => self.spine.previous(at),
        }
    }
}

/// Whether a page takes another element of that length.
#[inline]
pub(super) fn takes(page: &Page, len: usize, limit: Limit) -> bool {
    page.is_packed() && limit.has_room(page.size(), page.count(), len)
}

/// A page of one element, with room for more where it is likely to be used.
pub(super) fn page_of(element: &[u8], limit: Limit) -> Page {
    if limit.is_large(element.len()) {
        return Page::plain(element);
    }
    let room = match limit.count {
        usize::MAX => limit.room(),
        count => limit
            .room()
            .min(count.saturating_mul(entry::entry_len(element))),
    };
    let mut page = Page::empty(0);
    page.push(End::Back, element, room);
    page
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
