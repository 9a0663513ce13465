//! Emptying chunks, so that their memory can be given back.
//!
//! ```text
//!  much more is reserved than used ─► the sparsest chunk leaves: it gives out nothing,
//!                                      its cells and segments move, it is dropped ─► the next
//!  little more is reserved, or pages cannot be spared ─► all stays
//! ```
//! Always true: a chunk that is being emptied gives out nothing.
//! Not here: who moves cells — `store/compact.rs`

use super::class::{self, CLASSES};
use super::memory::{CHUNK_PAGES, CHUNK_SHIFT, PAGE_SHIFT, PAGE_SIZE};
use super::{Arena, CHUNK_SIZE, Class, FREE, Handle, LINES, PAGE_LINES, Page, cell_offset};

/// Bytes of chunks that are not worth emptying one, whatever is in use.
const SPARSE_SLACK: u64 = 2 * CHUNK_SIZE as u64;
/// The share of what is in use that chunks may have besides before they are emptied, and the share
/// at which that ends.
const SPARSE_FROM: u64 = 8;
const SPARSE_TO: u64 = 16;
/// Pages that emptying a chunk must spare if another chunk is needed for that.
const SPARED_MIN: usize = CHUNK_PAGES / 8;
/// How many chunks are compared, those with the least in them.
const COMPARED: usize = 64;
/// The place of lines among the classes.
const OF_LINES: usize = 0;

/// A chunk that is being emptied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    chunk: usize,
    /// Pages of the chunk before this one hold no cells any more.
    page: usize,
    /// Cells of the page before this one have been looked at.
    cell: u16,
    /// How many pages were in use.
    pages: usize,
    /// How many chunks there were.
    chunks: usize,
}

/// How far the emptying of chunks has come.
#[derive(Debug, Default)]
pub(super) struct Emptying {
    /// The chunk that is being emptied, which gives out nothing.
    leaving: Option<Leaving>,
    /// Whether chunks are being emptied until few are left.
    is_on: bool,
    /// How much was in use, and how much was reserved, when emptying a chunk was of no use.
    futile_at: Option<(u64, u64)>,
}

impl Arena {
    /// Whether so little of the chunks is in use that emptying one is worth the work.
    pub(crate) fn is_sparse(&self) -> bool {
        let share = if self.emptying.is_on {
            SPARSE_TO
        } else {
            SPARSE_FROM
        };
        let wanted = self.used + self.used / share + SPARSE_SLACK;
        let reserved = self.reserved();
        let is_futile = self.emptying.futile_at.is_some_and(|(used, had)| {
            used.abs_diff(self.used) < SPARSE_SLACK && reserved < had + SPARSE_SLACK
        });
        reserved > wanted && !is_futile
    }

    /// Whether something is in the chunk that is being emptied.
    #[inline]
    pub(crate) fn is_leaving(&self, handle: Handle) -> bool {
        let chunk = (handle >> CHUNK_SHIFT) as usize;
        self.emptying
            .leaving
            .is_some_and(|leaving| leaving.chunk == chunk)
    }

    /// Whether a chunk is being emptied.
    pub(crate) fn has_leaving(&self) -> bool {
        self.emptying.leaving.is_some()
    }

    /// Starts to empty a chunk, if that is worth it.
    pub(crate) fn start_leaving(&mut self) -> bool {
        self.emptying.is_on = self.is_sparse();
        if !self.emptying.is_on {
            return false;
        }
        let all = self.tally(0..self.pages.len() as u32);
        let Some(chunk) = self.sparsest(&all) else {
            self.give_up();
            return false;
        };
        let pages = all.pages();
        for number in self.chunk_pages(chunk) {
            match self.pages[number as usize] {
                Page { class: 0, .. } => {}
                Page {
                    class: LINES, next, ..
                } => self.lines.withdraw(next),
                page if page.has_room() => self.unlist(number),
                _ => {}
            }
        }
        self.emptying.leaving = Some(Leaving {
            chunk,
            page: 0,
            cell: 0,
            pages,
            chunks: self.memory.chunk_count(),
        });
        true
    }

    /// The chunk whose emptying spares the most, if any does: of pages, and of the chunk itself if
    /// the others have the pages that it needs.
    fn sparsest(&self, all: &Tally) -> Option<usize> {
        let filled = self.chunk_used.iter().enumerate();
        let mut filled: Vec<(u32, usize)> = filled
            .filter(|(_, used)| **used > 0)
            .map(|(chunk, &used)| (used, chunk))
            .collect();
        if filled.len() > COMPARED {
            filled.select_nth_unstable(COMPARED);
            filled.truncate(COMPARED);
        }
        filled.sort_unstable();
        let vacant: u32 = self.free_pages.iter().map(|free| free.count_ones()).sum();
        // Of equal ones the last is taken: the one with the least in it.
        let scores = filled.into_iter().rev().filter_map(|(_, chunk)| {
            let own = self.tally(self.chunk_pages(chunk));
            let needed = all.pages_without(&own);
            let spared = own.pages() - needed;
            let is_spared = needed <= (vacant - self.free_pages[chunk].count_ones()) as usize;
            let is_worth_it = is_spared || spared >= SPARED_MIN;
            is_worth_it.then_some((spared + usize::from(is_spared) * CHUNK_PAGES, chunk))
        });
        let best = scores.max_by_key(|(score, _)| *score);
        best.map(|(_, chunk)| chunk)
    }

    /// Counts what pages hold.
    fn tally(&self, numbers: std::ops::Range<u32>) -> Tally {
        let mut tally = Tally {
            live: [0; CLASSES],
            pages: [0; CLASSES],
        };
        for page in &self.pages[numbers.start as usize..numbers.end as usize] {
            let (kind, live) = match page.class {
                0 => continue,
                LINES => (OF_LINES, self.lines.taken(page.next)),
                class => (usize::from(class), usize::from(page.live)),
            };
            tally.live[kind] += live;
            tally.pages[kind] += 1;
        }
        tally
    }

    /// Emptying chunks is of no use, until something has changed.
    fn give_up(&mut self) {
        self.emptying.futile_at = Some((self.used, self.reserved()));
        self.emptying.is_on = false;
    }

    /// The next cell of the chunk that is being emptied. The caller moves it to a cell that it
    /// takes, and gives it back.
    pub(crate) fn next_leaving(&mut self) -> Option<Handle> {
        let Leaving {
            chunk,
            mut page,
            mut cell,
            ..
        } = self.emptying.leaving?;
        let mut found = None;
        while page < CHUNK_PAGES && found.is_none() {
            let number = (chunk * CHUNK_PAGES + page) as u32;
            let Page {
                class, untouched, ..
            } = self.pages[number as usize];
            if class == 0 || class == LINES || cell == untouched {
                (page, cell) = (page + 1, 0);
                continue;
            }
            let handle = (number << PAGE_SHIFT) + cell_offset(cell, class::size(class));
            cell += 1;
            found = (self.memory.word(handle) != FREE).then_some(handle);
        }
        if let Some(leaving) = &mut self.emptying.leaving {
            (leaving.page, leaving.cell) = (page, cell);
        }
        found
    }

    /// Lets the chunk that was being emptied give out cells and lines again.
    pub(crate) fn stay(&mut self) {
        let Some(leaving) = self.emptying.leaving.take() else {
            return;
        };
        for number in self.chunk_pages(leaving.chunk) {
            match self.pages[number as usize] {
                Page { class: 0, .. } => {}
                Page {
                    class: LINES, next, ..
                } => self.lines.restore(next),
                page if page.has_room() => self.enlist(number),
                _ => {}
            }
        }
    }

    /// The chunk that is being emptied.
    #[inline]
    pub(super) fn leaving_chunk(&self) -> Option<usize> {
        self.emptying.leaving.map(|leaving| leaving.chunk)
    }

    /// Ends the emptying of a chunk, if it is this one.
    pub(super) fn take_leaving(&mut self, chunk: usize) -> Option<Leaving> {
        let leaving = &mut self.emptying.leaving;
        leaving.take_if(|leaving| leaving.chunk == chunk)
    }

    fn chunk_pages(&self, chunk: usize) -> std::ops::Range<u32> {
        let first = (chunk * CHUNK_PAGES) as u32;
        first..first + CHUNK_PAGES as u32
    }

    /// The chunk that was being emptied is empty, and has been dropped.
    pub(super) fn has_left(&mut self, leaving: Leaving) {
        let pages = self.tally(0..self.pages.len() as u32).pages();
        self.emptying.futile_at = None;
        if self.memory.chunk_count() >= leaving.chunks && pages >= leaving.pages {
            self.give_up();
        }
    }
}

/// Cells of each class and lines in some pages.
struct Tally {
    live: [usize; CLASSES],
    pages: [usize; CLASSES],
}

impl Tally {
    fn pages(&self) -> usize {
        self.pages.iter().sum()
    }

    /// Pages that are needed to hold what some of the pages hold, once the others are full.
    fn pages_without(&self, own: &Self) -> usize {
        let needed = (0..CLASSES).map(|kind| {
            let capacity = match kind {
                OF_LINES => PAGE_LINES,
                _ => PAGE_SIZE / class::size(kind as Class),
            };
            let others = (self.pages[kind] - own.pages[kind]) * capacity;
            let mut room = others - (self.live[kind] - own.live[kind]);
            if kind == OF_LINES {
                // Not every run of free lines is long enough.
                room = room / 4 * 3;
            }
            own.live[kind].saturating_sub(room).div_ceil(capacity)
        });
        needed.sum()
    }
}
