//! Runs of 64-byte lines inside pages: where segments live.
//!
//! Segments come in many sizes and all change size at about the same time, so giving each size its
//! own pages would leave holes everywhere. Here a page is a bit map of 1024 lines, and any run of
//! free lines serves any size: neighbours that are freed join.
//!
//! Always true: a page is listed under the length of its longest free run, capped at 18, or under a
//! longer one that it had; a search that fails corrects the list.
//! Not here: the pages themselves — `arena/mod.rs`

use super::memory::{GRANULE, PAGE_SIZE};

/// Bytes of a line.
pub(crate) const LINE_SIZE: usize = 64;
/// Granules of a line.
pub(crate) const LINE_GRANULES: u32 = (LINE_SIZE / GRANULE) as u32;
/// Lines of a page.
pub(crate) const PAGE_LINES: usize = PAGE_SIZE / LINE_SIZE;

const WORDS: usize = PAGE_LINES / 64;
/// The list of pages that give out no lines: it is none.
const WITHDRAWN: u8 = u8::MAX;
/// Runs longer than this are not told apart.
const RUN_MAX: usize = 18;

/// All pages that hold lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pages: Vec<LinePage>,
    vacant: Vec<u32>,
    by_run: [Vec<u32>; RUN_MAX + 1],
}

#[derive(Debug)]
struct LinePage {
    /// A set bit is a free line.
    free: [u64; WORDS],
    free_count: u16,
    /// The list this page is on.
    run: u8,
    /// Its place in that list.
    place: u32,
    /// The page of the arena.
    page: u32,
}

/// Result of a free.
pub(crate) enum Freed {
    /// The page is still in use.
    Kept,
    /// The page is empty and forgotten: the arena has it back.
    Page(u32),
}

impl Lines {
    /// Takes `count` adjoining lines: the page's ordinal here, the arena's page and the first line.
    pub(crate) fn take(&mut self, count: usize) -> Option<(u32, u32, u32)> {
        let first = count.min(RUN_MAX);
        for run in first..=RUN_MAX {
            // A page whose entry is out of date moves to a shorter list, so this ends.
            while let Some(&ordinal) = self.by_run[run].last() {
                if let Some(line) = find_run(&self.pages[ordinal as usize].free, count) {
                    self.mark(ordinal, line, count);
                    return Some((ordinal, self.pages[ordinal as usize].page, line as u32));
                }
                if count > RUN_MAX {
                    return None;
                }
                let longest = longest_run(&self.pages[ordinal as usize].free);
                self.list(ordinal, longest);
            }
        }
        None
    }

    /// Adopts an empty page of the arena and returns its ordinal here.
    pub(crate) fn add_page(&mut self, page: u32) -> u32 {
        let fresh = LinePage {
            free: [!0; WORDS],
            free_count: PAGE_LINES as u16,
            run: RUN_MAX as u8,
            place: self.by_run[RUN_MAX].len() as u32,
            page,
        };
        let ordinal = match self.vacant.pop() {
            Some(ordinal) => {
                self.pages[ordinal as usize] = fresh;
                ordinal
            }
            None => {
                self.pages.push(fresh);
                self.pages.len() as u32 - 1
            }
        };
        self.by_run[RUN_MAX].push(ordinal);
        ordinal
    }

    /// Takes lines that are known to be free, of a page that was just added.
    pub(crate) fn take_first(&mut self, ordinal: u32, count: usize) {
        self.mark(ordinal, 0, count);
    }

    /// How many lines of a page are taken.
    pub(crate) fn taken(&self, ordinal: u32) -> usize {
        PAGE_LINES - usize::from(self.pages[ordinal as usize].free_count)
    }

    /// Lets a page give out no more lines.
    pub(crate) fn withdraw(&mut self, ordinal: u32) {
        self.unlist(ordinal);
        self.pages[ordinal as usize].run = WITHDRAWN;
    }

    /// Lets a page that was withdrawn give out lines again.
    pub(crate) fn restore(&mut self, ordinal: u32) {
        let run = longest_run(&self.pages[ordinal as usize].free);
        self.enlist(ordinal, run);
    }

    /// Gives lines back.
    pub(crate) fn give(&mut self, ordinal: u32, line: usize, count: usize) -> Freed {
        let page = &mut self.pages[ordinal as usize];
        for at in line..line + count {
            debug_assert!(
                page.free[at / 64] & (1 << (at % 64)) == 0,
                "lines are given back once"
            );
            page.free[at / 64] |= 1 << (at % 64);
        }
        page.free_count += count as u16;
        if usize::from(page.free_count) == PAGE_LINES {
            let (page, is_listed) = (page.page, page.run != WITHDRAWN);
            if is_listed {
                self.unlist(ordinal);
            }
            self.vacant.push(ordinal);
            return Freed::Page(page);
        }
        let run = run_around(&page.free, line, count);
        // That of a withdrawn page counts as longer than any.
        if run > usize::from(page.run) {
            self.list(ordinal, run);
        }
        Freed::Kept
    }

    fn mark(&mut self, ordinal: u32, line: usize, count: usize) {
        let page = &mut self.pages[ordinal as usize];
        for at in line..line + count {
            page.free[at / 64] &= !(1 << (at % 64));
        }
        page.free_count -= count as u16;
    }

    fn unlist(&mut self, ordinal: u32) {
        let page = &self.pages[ordinal as usize];
        let (run, place) = (usize::from(page.run), page.place);
        self.by_run[run].swap_remove(place as usize);
        if let Some(&moved) = self.by_run[run].get(place as usize) {
            self.pages[moved as usize].place = place;
        }
    }

    fn list(&mut self, ordinal: u32, run: usize) {
        self.unlist(ordinal);
        self.enlist(ordinal, run);
    }

    fn enlist(&mut self, ordinal: u32, run: usize) {
        let place = self.by_run[run].len() as u32;
        self.by_run[run].push(ordinal);
        let page = &mut self.pages[ordinal as usize];
        (page.run, page.place) = (run as u8, place);
    }
}

/// The first of the shortest runs of at least `count` free lines.
fn find_run(free: &[u64; WORDS], count: usize) -> Option<usize> {
    let (mut start, mut best) = (0, None);
    while start < PAGE_LINES {
        start = next(free, start, true);
        let end = next(free, start, false);
        let len = end - start;
        if len == count {
            return Some(start);
        }
        if len > count && best.is_none_or(|(shortest, _)| len < shortest) {
            best = Some((len, start));
        }
        start = end;
    }
    best.map(|(_, start)| start)
}

/// The first line from `from` on that is free, or is taken; the number of lines if none is.
fn next(free: &[u64; WORDS], from: usize, is_free: bool) -> usize {
    let mut at = from;
    while at < PAGE_LINES {
        let word = if is_free {
            free[at / 64]
        } else {
            !free[at / 64]
        };
        let rest = word >> (at % 64);
        if rest != 0 {
            return at + rest.trailing_zeros() as usize;
        }
        at = (at / 64 + 1) * 64;
    }
    PAGE_LINES
}

fn longest_run(free: &[u64; WORDS]) -> usize {
    let (mut at, mut longest) = (0, 0);
    while at < PAGE_LINES && longest < RUN_MAX {
        let start = next(free, at, true);
        at = next(free, start, false);
        longest = longest.max(at - start);
    }
    longest.min(RUN_MAX)
}

/// The length of the free run that holds these lines, capped.
fn run_around(free: &[u64; WORDS], line: usize, count: usize) -> usize {
    let is_free = |at: usize| free[at / 64] & (1 << (at % 64)) != 0;
    let mut start = line;
    while start > 0 && line - start < RUN_MAX && is_free(start - 1) {
        start -= 1;
    }
    (next(free, line + count - 1, false) - start).min(RUN_MAX)
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::*;

    #[test]
    fn runs_never_overlap_and_an_empty_page_goes_back() {
        let (mut lines, mut rng) = (Lines::default(), Rng::new(1));
        let mut held: Vec<(u32, u32, usize)> = Vec::new();
        let (mut pages, mut peak) = (0_u32, 0);
        let steps = if cfg!(miri) { 200 } else { 20_000 };
        for step in 0..steps {
            if step < steps / 4 * 3 && rng.below(5) < 3 {
                let count = 1 + rng.index(16);
                let (ordinal, line) = match lines.take(count) {
                    Some((ordinal, _, line)) => (ordinal, line),
                    None => {
                        pages += 1;
                        let ordinal = lines.add_page(pages);
                        lines.take_first(ordinal, count);
                        (ordinal, 0)
                    }
                };
                let clash = held.iter().any(|&(o, l, c)| {
                    o == ordinal && l < line + count as u32 && line < l + c as u32
                });
                assert!(!clash);
                held.push((ordinal, line, count));
            } else if !held.is_empty() {
                let (ordinal, line, count) = held.swap_remove(rng.index(held.len()));
                if let Freed::Page(_) = lines.give(ordinal, line as usize, count) {
                    assert!(held.iter().all(|h| h.0 != ordinal));
                }
            }
            peak = peak.max(held.iter().map(|h| h.2).sum::<usize>());
        }
        assert!(
            cfg!(miri) || pages as usize * PAGE_LINES < peak * 2,
            "{pages} pages for {peak} lines"
        );
    }

    #[test]
    fn long_runs_are_found_too() {
        let mut lines = Lines::default();
        assert!(lines.take(40).is_none());
        let ordinal = lines.add_page(5);
        lines.take_first(ordinal, 3);
        assert_eq!(lines.take(400).map(|t| t.2), Some(3));
        assert!(lines.take(700).is_none());
        assert_eq!(lines.take(16).map(|t| t.2), Some(403));
    }
}
