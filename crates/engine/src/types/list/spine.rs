//! The pages of a list in order, in runs that snapshots share.
//!
//! ```text
//!  runs    [ 23 440 ][ 23 610 ][ 23 512 ][ 8 010 ]     elements of each run
//!              │         │
//!          [370|372|…]  [371|…]                        up to 64 pages
//! ```
//! Two levels keep both costs small: finding an element adds up the counts of runs, then of pages;
//! and a clone, which a snapshot needs when the list changes, counts runs only. A run is copied,
//! which counts its pages, when one of them changes.
//!
//! Always true: no run is empty; `count`, `pages` and `bytes` are the sums over all pages.
//! Not here: what elements are — `pages.rs`

use std::collections::VecDeque;

use super::page::Page;
use crate::part::Part;

/// How many pages are in a run at most.
const RUN_LEN_MAX: usize = 64;

/// Bytes that a run occupies besides its pages.
const RUN_OVERHEAD: usize = size_of::<Run>() + size_of::<VecDeque<Page>>() + 32;

/// Pages in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Spine {
    runs: VecDeque<Run>,
    pages: usize,
    count: usize,
    bytes: usize,
}

#[derive(Debug, Clone, Default)]
struct Run {
    pages: Part<VecDeque<Page>>,
    /// Elements of all its pages.
    count: usize,
}

/// The place of a page; good until a page comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    run: usize,
    page: usize,
}

impl At {
    /// The place behind this page.
    pub(super) fn behind(self) -> Self {
        Self {
            page: self.page + 1,
            ..self
        }
    }
}

impl Spine {
    /// How many pages there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.pages
    }

    /// How many elements they hold.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes that pages and runs occupy.
    #[inline]
    pub(super) fn weight(&self) -> usize {
        self.bytes + self.runs.len() * RUN_OVERHEAD
    }

    /// The place of the first page.
    #[inline]
    pub(super) fn first(&self) -> Option<At> {
        (!self.runs.is_empty()).then_some(At { run: 0, page: 0 })
    }

    /// The place of the last page.
    #[inline]
    pub(super) fn last(&self) -> Option<At> {
        let run = self.runs.len().checked_sub(1)?;
        let page = self.runs[run].pages.len() - 1;
        Some(At { run, page })
    }

    /// The place of the next page.
    pub(super) fn next(&self, at: At) -> Option<At> {
        if at.page + 1 < self.runs[at.run].pages.len() {
            return Some(at.behind());
        }
        let run = at.run + 1;
        (run < self.runs.len()).then_some(At { run, page: 0 })
    }

    /// The place of the page before.
    pub(super) fn previous(&self, at: At) -> Option<At> {
        if let Some(page) = at.page.checked_sub(1) {
            return Some(At { page, ..at });
        }
        let run = at.run.checked_sub(1)?;
        let page = self.runs[run].pages.len() - 1;
        Some(At { run, page })
    }

    /// The page at a place.
    #[inline]
    pub(super) fn page(&self, at: At) -> &Page {
        &self.runs[at.run].pages[at.page]
    }

    /// The pages from a place on.
    pub(super) fn from(&self, at: At) -> impl Iterator<Item = &Page> {
        let first = self.runs[at.run].pages.range(at.page..);
        let others = self.runs.range(at.run + 1..);
        first.chain(others.flat_map(|run| run.pages.iter()))
    }

    /// The pages from a place on, backwards.
    pub(super) fn back_from(&self, at: At) -> impl Iterator<Item = &Page> {
        let first = self.runs[at.run].pages.range(..=at.page).rev();
        let others = self.runs.range(..at.run).rev();
        first.chain(others.flat_map(|run| run.pages.iter().rev()))
    }

    /// The page that holds the element with an index, and how many of its elements stand before.
    pub(super) fn seek(&self, index: usize) -> Option<(At, usize)> {
        let back = self.count.checked_sub(index.checked_add(1)?)?;
        if index <= back {
            let (run, rest) = skip(self.runs.iter().map(|run| run.count), index)?;
            let pages = self.runs[run].pages.iter();
            let (page, skip) = skip(pages.map(Page::count), rest)?;
            return Some((At { run, page }, skip));
        }
        let (behind, rest) = skip(self.runs.iter().rev().map(|run| run.count), back)?;
        let run = self.runs.len() - 1 - behind;
        let pages = &self.runs[run].pages;
        let (behind, rest) = skip(pages.iter().rev().map(Page::count), rest)?;
        let page = pages.len() - 1 - behind;
        Some((At { run, page }, pages[page].count() - 1 - rest))
    }

    /// Changes a page and keeps the sums.
    #[inline]
    pub(super) fn change<T>(&mut self, at: At, change: impl FnOnce(&mut Page) -> T) -> T {
        let run = &mut self.runs[at.run];
        let page = &mut run.pages.make_mut()[at.page];
        let (count, weight) = (page.count(), page.weight());
        let result = change(page);
        let (count_now, weight_now) = (page.count(), page.weight());
        run.count = run.count - count + count_now;
        self.count = self.count - count + count_now;
        self.bytes = self.bytes - weight + weight_now;
        result
    }

    /// Puts a page in front of the first one.
    pub(super) fn push_front(&mut self, page: Page) {
        self.insert(At { run: 0, page: 0 }, page);
    }

    /// Puts a page behind the last one.
    pub(super) fn push_back(&mut self, page: Page) {
        let at = self.last().map_or(At { run: 0, page: 0 }, At::behind);
        self.insert(at, page);
    }

    /// Puts a page in front of the one at a place, or behind the last one of a run; returns where
    /// it is.
    pub(super) fn insert(&mut self, at: At, page: Page) -> At {
        let at = self.with_room(at);
        self.pages += 1;
        self.count += page.count();
        self.bytes += page.weight();
        let run = &mut self.runs[at.run];
        run.count += page.count();
        run.pages.make_mut().insert(at.page, page);
        at
    }

    /// The same place, in a run that takes another page.
    fn with_room(&mut self, at: At) -> At {
        let runs = self.runs.len();
        let Some(run) = self.runs.get_mut(at.run) else {
            self.runs.push_back(Run::default());
            return At { run: 0, page: 0 };
        };
        if run.pages.len() < RUN_LEN_MAX {
            return at;
        }
        if at == (At { run: 0, page: 0 }) {
            self.runs.push_front(Run::default());
            return at;
        }
        let next = at.run + 1;
        if next == runs && at.page == RUN_LEN_MAX {
            self.runs.push_back(Run::default());
            return At { run: next, page: 0 };
        }
        let half = RUN_LEN_MAX / 2;
        let pages = run.pages.make_mut().split_off(half);
        let behind = Run {
            count: pages.iter().map(Page::count).sum(),
            pages: Part::new(pages),
        };
        run.count -= behind.count;
        self.runs.insert(next, behind);
        match at.page.checked_sub(half) {
            Some(page) if page > 0 => At { run: next, page },
            _ => at,
        }
    }

    /// Takes a page away; returns where the next one is.
    pub(super) fn remove(&mut self, at: At) -> Option<At> {
        let run = &mut self.runs[at.run];
        let page = run.pages.make_mut().remove(at.page)?;
        self.pages -= 1;
        self.count -= page.count();
        self.bytes -= page.weight();
        run.count -= page.count();
        if run.pages.is_empty() {
            self.runs.remove(at.run);
            return (at.run < self.runs.len()).then_some(At { page: 0, ..at });
        }
        match at.page < run.pages.len() {
            true => Some(at),
            false => (at.run + 1 < self.runs.len()).then_some(At {
                run: at.run + 1,
                page: 0,
            }),
        }
    }

    /// Removes whole runs from one on that hold no more than `count` elements together; returns how
    /// many they held.
    pub(super) fn remove_runs(&mut self, at: At, count: usize) -> usize {
        let (mut held, mut to) = (0, at.run);
        for run in self.runs.range(at.run..) {
            if at.page > 0 || held + run.count > count {
                break;
            }
            held += run.count;
            self.pages -= run.pages.len();
            self.bytes -= run.pages.iter().map(Page::weight).sum::<usize>();
            to += 1;
        }
        self.runs.drain(at.run..to);
        self.count -= held;
        held
    }
}

/// The first of some counts whose sum passes an index, and what is left of the index there.
#[inline]
fn skip(counts: impl Iterator<Item = usize>, index: usize) -> Option<(usize, usize)> {
    let mut rest = index;
    for (place, count) in counts.enumerate() {
        match rest.checked_sub(count) {
            Some(behind) => rest = behind,
            None => return Some((place, rest)),
        }
    }
    None
}
