//! Integers in ascending order: the members of a large set that are integers.
//!
//! ```text
//!  spine ─► chunk (up to 256 pages, shared) ─► page: base │ width │ body (shared)
//!                                                    └── members as distances from the base, all
//!                                                        in as many bytes as the largest needs
//! ```
//! Neighbours in order are near in value, so most distances take two or three bytes.
//!
//! Always true: chunks, pages and members ascend; no chunk and no page is empty; a base is not
//! greater than any member behind it, nor smaller than any before it.
//! Not here: members that are no integers — `mod.rs`; small sets — packed bytes

use std::iter;

use russet_base::Rng;

use super::ints_page::{LEN_MAX, Page};
use crate::part::Part;

/// Integers in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct Ints {
    spine: Vec<Chunk>,
    len: usize,
    /// Bytes of pages and their bodies.
    pages_weight: u64,
}

/// Neighbouring pages.
#[derive(Debug, Clone)]
struct Chunk {
    /// The base of the first page.
    base: i64,
    pages: Part<Vec<Page>>,
}

/// Where a member is, or belongs.
#[derive(Debug, Clone, Copy)]
struct Spot {
    chunk: usize,
    page: usize,
}

const PAGES_MAX: usize = 256;

impl Ints {
    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that they occupy, without the value itself.
    pub(super) fn weight(&self) -> u64 {
        self.pages_weight + (self.spine.len() * size_of::<Chunk>()) as u64
    }

    /// Whether the number is among them.
    pub(super) fn contains(&self, number: i64) -> bool {
        let Some(spot) = self.spot(number) else {
            return false;
        };
        self.page(spot).find(number).is_ok()
    }

    /// Adds a number; says whether it was not there.
    pub(super) fn add(&mut self, number: i64) -> bool {
        let Some(spot) = self.spot(number) else {
            let page = Page::of(&[number]);
            self.pages_weight += page.weight();
            self.spine.push(Chunk {
                base: number,
                pages: Part::new(vec![page]),
            });
            self.len += 1;
            return true;
        };
        let Err(at) = self.page(spot).find(number) else {
            return false;
        };
        let is_full = self.page(spot).len() == LEN_MAX;
        if is_full {
            self.split_and_add(spot, at, number);
        } else {
            self.change(spot, |page| page.insert(at, number));
        }
        self.spine[spot.chunk].base = self.spine[spot.chunk].pages[0].base();
        self.len += 1;
        true
    }

    /// Removes a number; says whether it was there.
    pub(super) fn remove(&mut self, number: i64) -> bool {
        let Some(spot) = self.spot(number) else {
            return false;
        };
        let Ok(at) = self.page(spot).find(number) else {
            return false;
        };
        self.change(spot, |page| page.remove(at));
        self.len -= 1;
        if self.page(spot).len() < LEN_MAX / 4 {
            self.merge_page(spot);
        }
        true
    }

    /// The numbers in ascending order.
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter {
            ints: self,
            spot: Spot { chunk: 0, page: 0 },
            at: 0,
        }
    }

    /// The numbers from this one down.
    pub(super) fn iter_down(&self, number: i64) -> impl Iterator<Item = i64> + '_ {
        let spot = self.spot(number).unwrap_or(Spot { chunk: 0, page: 0 });
        let first = (!self.spine.is_empty()).then(|| {
            let page = self.page(spot);
            let len = page.find(number).map_or_else(|at| at, |at| at + 1);
            (page, len)
        });
        let chunk = self
            .spine
            .get(spot.chunk)
            .map_or(&[][..], |chunk| &chunk.pages);
        let below = chunk[..spot.page.min(chunk.len())].iter().rev();
        let chunks = self.spine[..spot.chunk].iter().rev();
        let lower = chunks.flat_map(|chunk| chunk.pages.iter().rev());
        let rest = below.chain(lower).map(|page| (page, page.len()));
        first
            .into_iter()
            .chain(rest)
            .flat_map(|(page, len)| (0..len).rev().map(|at| page.get(at)))
    }

    /// A number chosen uniformly at random; there must be one.
    ///
    /// Each draw gives every place of a full table the same chance, and places that are not
    /// filled are drawn again.
    pub(super) fn random(&self, rng: &mut Rng) -> i64 {
        loop {
            let chunk = &self.spine[rng.index(self.spine.len())];
            let places = match self.spine.len() {
                1 => chunk.pages.len(),
                _ => PAGES_MAX,
            };
            let Some(page) = chunk.pages.get(rng.index(places)) else {
                continue;
            };
            let places = match (self.spine.len(), chunk.pages.len()) {
                (1, 1) => page.len(),
                _ => LEN_MAX,
            };
            let at = rng.index(places);
            if at < page.len() {
                return page.get(at);
            }
        }
    }

    /// The page that has the number if any has; nothing if there are no pages.
    #[inline]
    fn spot(&self, number: i64) -> Option<Spot> {
        if self.spine.is_empty() {
            return None;
        }
        let chunk = self.spine.partition_point(|chunk| chunk.base <= number);
        let chunk = chunk.saturating_sub(1);
        let pages = &self.spine[chunk].pages;
        let page = pages.partition_point(|page| page.base() <= number);
        let page = page.saturating_sub(1);
        Some(Spot { chunk, page })
    }

    #[inline]
    fn page(&self, spot: Spot) -> &Page {
        &self.spine[spot.chunk].pages[spot.page]
    }

    #[inline]
    fn change(&mut self, spot: Spot, change: impl FnOnce(&mut Page)) {
        let page = &mut self.spine[spot.chunk].pages.make_mut()[spot.page];
        let before = page.weight();
        change(page);
        self.pages_weight = self.pages_weight - before + page.weight();
    }

    /// Adds a number to a full page: the upper half becomes a page of its own, or the number
    /// alone where numbers come in ascending order.
    fn split_and_add(&mut self, spot: Spot, at: usize, number: i64) {
        let pages = self.spine[spot.chunk].pages.make_mut();
        let page = &mut pages[spot.page];
        self.pages_weight -= page.weight();
        let upper = if at == LEN_MAX {
            Page::of(&[number])
        } else {
            let mut upper = page.split_off(LEN_MAX / 2);
            match at <= LEN_MAX / 2 {
                true => page.insert(at, number),
                false => upper.insert(at - LEN_MAX / 2, number),
            }
            upper
        };
        self.pages_weight += page.weight() + upper.weight();
        pages.insert(spot.page + 1, upper);
        if pages.len() > PAGES_MAX {
            // The last page alone where pages come in ascending order, so that chunks fill.
            let cut = match spot.page + 2 == pages.len() {
                true => PAGES_MAX,
                false => PAGES_MAX / 2,
            };
            let upper = pages.split_off(cut);
            let chunk = Chunk {
                base: upper[0].base(),
                pages: Part::new(upper),
            };
            self.spine.insert(spot.chunk + 1, chunk);
        }
    }

    /// Joins a page that is nearly empty with a neighbour, and drops one that is empty.
    fn merge_page(&mut self, spot: Spot) {
        let pages = self.spine[spot.chunk].pages.make_mut();
        let left = match spot.page + 1 == pages.len() {
            true => spot.page.saturating_sub(1),
            false => spot.page,
        };
        if pages[spot.page].len() == 0 {
            self.pages_weight -= pages.remove(spot.page).weight();
        } else if left + 1 < pages.len()
            && pages[left].len() + pages[left + 1].len() <= LEN_MAX * 3 / 4
        {
            let right = pages.remove(left + 1);
            self.pages_weight -= pages[left].weight() + right.weight();
            pages[left].append(&right);
            self.pages_weight += pages[left].weight();
        } else {
            return;
        }
        if let Some(page) = pages.first() {
            self.spine[spot.chunk].base = page.base();
        }
        if self.spine[spot.chunk].pages.len() < PAGES_MAX / 4 {
            self.merge_chunk(spot.chunk);
        }
    }

    fn merge_chunk(&mut self, chunk: usize) {
        if self.spine[chunk].pages.is_empty() {
            self.spine.remove(chunk);
            return;
        }
        let left = match chunk + 1 == self.spine.len() {
            true => chunk.saturating_sub(1),
            false => chunk,
        };
        let Some([lower, upper]) = self.spine.get_mut(left..left + 2) else {
            return;
        };
        if lower.pages.len() + upper.pages.len() <= PAGES_MAX * 3 / 4 {
            lower.pages.make_mut().extend(upper.pages.iter().cloned());
            self.spine.remove(left + 1);
        }
    }
}

/// Numbers in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Iter<'a> {
    ints: &'a Ints,
    spot: Spot,
    at: usize,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    #[inline]
    fn next(&mut self) -> Option<i64> {
        loop {
            let chunk = self.ints.spine.get(self.spot.chunk)?;
            let Some(page) = chunk.pages.get(self.spot.page) else {
                self.spot = Spot {
                    chunk: self.spot.chunk + 1,
                    page: 0,
                };
                continue;
            };
            if self.at < page.len() {
                self.at += 1;
                return Some(page.get(self.at - 1));
            }
            (self.spot.page, self.at) = (self.spot.page + 1, 0);
        }
    }
}

impl iter::FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
