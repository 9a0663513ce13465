//! The directory: which segment holds the hashes with a given beginning.
//!
//! Extendible hashing on two levels. The root is indexed by the first `root_bits` bits of the hash
//! and names a page; a page covers all hashes with its first `base` bits and is indexed by the next
//! `bits`. A segment of depth `d` covers all hashes with its first `d` bits, so it fills
//! 2^(base + bits − d) adjoining slots. Pages double on their own up to 256 slots and then part in
//! two; only the root, a plain list of numbers, ever doubles as a whole.
//!
//! ```text
//! hash  ┌ root_bits ┐
//!       ┌─ base ─┬── bits ──┐
//! root ─► page ──────► slot { segment, stamp, buckets, depth }
//! ```
//!
//! A snapshot clones the root and the references to the pages; whoever changes a page that a
//! snapshot still holds gets a copy of it (`Arc::make_mut`).
//!
//! Always true: base ≤ depth ≤ base + bits for every slot, and base ≤ `root_bits` for every page.
//! Always true: slots follow each other in the order of hashes.
//! Not here: what is inside a segment — `table/segment.rs`

use std::sync::Arc;

use crate::handle::Handle;

/// Pages have at most 2^this slots.
// PERF: the first write to each page after a snapshot copies it. With 1024 slots, the 64 writes of
// a turn copied 580 KB into memory that was not resident, and the turn took 0.8 ms; with 256 it
// takes 0.45 ms. A snapshot has four times as many references to clone: 0.05 ms at 10 M keys.
const PAGE_BITS_MAX: u8 = 8;
/// Pages have at most 2^this slots where the root would have to double for them to part.
const PAGE_BITS_LARGE: u8 = 12;
/// Two pages become one when each has at most 2^this slots.
const PAGE_BITS_MERGE: u8 = 5;
/// Bytes of an `Arc` before its contents.
const ARC_SIZE: usize = 16;
/// No segment is deeper, so that its buckets have some bits left of the 48 that order entries.
pub(crate) const DEPTH_MAX: u8 = 44;

/// Facts about a segment that the directory keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its first line; 0 when no hash with this beginning is present.
    pub(crate) segment: Handle,
    /// The epoch in which it was made or copied.
    pub(crate) stamp: u32,
    /// How many lines it has.
    pub(crate) buckets: u16,
    /// How many bits of the hash are the same for all its entries.
    pub(crate) depth: u8,
}

impl Slot {
    /// A segment without entries or memory.
    pub(crate) const fn empty(depth: u8) -> Self {
        Self {
            segment: 0,
            stamp: 0,
            buckets: 0,
            depth,
        }
    }
}

/// The slots for all hashes, cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    root: Vec<u32>,
    pages: Vec<Page>,
    vacant: Vec<u32>,
    root_bits: u8,
    /// How many pages resolve that many bits (base + bits).
    reach: [u32; DEPTH_MAX as usize + 1],
    /// How many pages have `base == root_bits`.
    deepest: u32,
    /// How many slots all pages have.
    slots: usize,
}

#[derive(Debug, Clone)]
struct Page {
    slots: Arc<[Slot]>,
    base: u8,
    bits: u8,
}

impl Page {
    #[inline]
    fn index(&self, hash: u64) -> usize {
        bits_at(hash, self.base, self.bits)
    }

    fn reach(&self) -> u8 {
        self.base + self.bits
    }
}

/// `count` bits of a hash after the first `skip`.
#[inline]
fn bits_at(hash: u64, skip: u8, count: u8) -> usize {
    // Two shifts, because one by 64 is not defined.
    // PERF: wrapping, since `skip` and `count` are at most 44 together and every look-up asks.
    let rest = hash.wrapping_shl(u32::from(skip)) >> 1;
    rest.wrapping_shr(63_u32.wrapping_sub(u32::from(count))) as usize
}

impl Default for Directory {
    fn default() -> Self {
        let page = Page {
            slots: Arc::new([Slot::empty(0)]),
            base: 0,
            bits: 0,
        };
        let mut reach = [0; DEPTH_MAX as usize + 1];
        reach[0] = 1;
        Self {
            root: vec![0],
            pages: vec![page],
            vacant: vec![],
            root_bits: 0,
            reach,
            deepest: 1,
            slots: 1,
        }
    }
}

impl Directory {
    /// The slot for a hash.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64) -> Slot {
        let page = &self.pages[self.root[bits_at(hash, 0, self.root_bits)] as usize];
        page.slots[page.index(hash)]
    }

    /// Where the slot for a hash stands, for a hint.
    #[inline]
    pub(crate) fn address(&self, hash: u64) -> *const Slot {
        let page = &self.pages[self.root[bits_at(hash, 0, self.root_bits)] as usize];
        &raw const page.slots[page.index(hash)]
    }

    /// The largest depth that any segment may have now.
    pub(crate) fn depth_bound(&self) -> u8 {
        self.reach
            .iter()
            .rposition(|&n| n > 0)
            .map_or(0, |depth| depth as u8)
    }

    /// The largest depth that any segment may have whose first hash shares `bits` with this one.
    pub(crate) fn depth_bound_from(&self, start: u64, bits: u8) -> u8 {
        let end = after(start, bits);
        let (mut next, mut bound) = (Some(start), 0);
        while let Some(hash) = next.filter(|&hash| end.is_none_or(|end| hash < end)) {
            let page = &self.pages[self.page_number(hash) as usize];
            bound = bound.max(page.reach());
            next = after(hash, page.base);
        }
        bound
    }

    /// Bytes that the directory takes.
    pub(crate) fn weight(&self) -> u64 {
        let pages = self.pages.len() * (size_of::<Page>() + ARC_SIZE);
        (self.slots * size_of::<Slot>() + pages + self.root.len() * 4) as u64
    }

    /// Replaces the segment for a hash by one of the same depth.
    pub(crate) fn set(&mut self, hash: u64, slot: Slot) {
        let number = self.page_number(hash);
        debug_assert_eq!(self.find(hash).depth, slot.depth);
        self.cover(number, hash, slot);
    }

    /// Replaces the segment for a hash by two that are one bit deeper.
    pub(crate) fn split(&mut self, hash: u64, parts: [Slot; 2]) {
        let depth = self.find(hash).depth + 1;
        debug_assert!(depth <= DEPTH_MAX && parts.iter().all(|p| p.depth == depth));
        self.deepen(hash, depth);
        let number = self.page_number(hash);
        for (part, upper) in parts.into_iter().zip([false, true]) {
            self.cover(number, with_bit(hash, depth, upper), part);
        }
    }

    /// The slot of the other half of the hashes that share all bits but the last of the depth.
    pub(crate) fn buddy(&self, hash: u64, depth: u8) -> Option<(u64, Slot)> {
        let other = hash ^ (1 << (64 - u32::from(depth.max(1))));
        (depth > 0).then(|| (other, self.find(other)))
    }

    /// Replaces the segment for a hash and its buddy by one that is one bit less deep.
    pub(crate) fn merge(&mut self, hash: u64, slot: Slot) {
        let number = self.page_number(hash);
        if slot.depth < self.pages[number as usize].base {
            self.merge_single_pages(hash, slot);
        } else {
            self.cover(number, hash, slot);
        }
        self.flatten(hash);
    }

    /// Every segment with its first hash, in the order of hashes.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let mut next = Some(0_u64);
        std::iter::from_fn(move || {
            let hash = next?;
            let slot = self.find(hash);
            next = after(hash, slot.depth);
            Some((hash, slot))
        })
    }

    #[inline]
    fn page_number(&self, hash: u64) -> u32 {
        self.root[bits_at(hash, 0, self.root_bits)]
    }

    /// Writes a slot wherever its hashes lead to in the page.
    fn cover(&mut self, number: u32, hash: u64, slot: Slot) {
        let page = &mut self.pages[number as usize];
        let count = 1 << (page.reach() - slot.depth);
        let start = page.index(hash) & !(count - 1);
        Arc::make_mut(&mut page.slots)[start..start + count].fill(slot);
    }

    /// Makes the page for a hash resolve `depth` bits.
    fn deepen(&mut self, hash: u64, depth: u8) {
        let number = self.page_number(hash) as usize;
        if self.pages[number].reach() >= depth {
            return;
        }
        if self.is_full(&self.pages[number]) {
            self.part_page(hash);
        }
        let number = self.page_number(hash) as usize;
        let page = &mut self.pages[number];
        self.reach[usize::from(page.reach())] -= 1;
        self.slots += page.slots.len();
        page.slots = page.slots.iter().flat_map(|&s| [s, s]).collect();
        page.bits += 1;
        self.reach[usize::from(page.reach())] += 1;
        debug_assert!(page.reach() >= depth);
    }

    /// Whether a page parts in two before it resolves one more bit. Where most hashes begin with
    /// the same bits, pages grow larger instead of the root, which has a number for every
    /// beginning.
    fn is_full(&self, page: &Page) -> bool {
        let doubles_root = page.base == self.root_bits && self.root.len() * 2 > self.slots;
        let bits_max = match doubles_root {
            true => PAGE_BITS_LARGE,
            false => PAGE_BITS_MAX,
        };
        page.bits >= bits_max
    }

    /// Makes two pages of the one for a hash.
    fn part_page(&mut self, hash: u64) {
        let number = self.page_number(hash);
        if self.pages[number as usize].base == self.root_bits {
            self.root = self.root.iter().flat_map(|&n| [n, n]).collect();
            self.root_bits += 1;
            self.deepest = 0;
        }
        let page = &mut self.pages[number as usize];
        let (lower, upper) = page.slots.split_at(page.slots.len() / 2);
        let (lower, upper): (Arc<[Slot]>, Arc<[Slot]>) = (lower.into(), upper.into());
        (page.base, page.bits) = (page.base + 1, page.bits - 1);
        page.slots = lower;
        let page = Page {
            slots: upper,
            ..*page
        };
        let base = page.base;
        self.reach[usize::from(page.reach())] += 1;
        let added = match self.vacant.pop() {
            Some(added) => {
                self.pages[added as usize] = page;
                added
            }
            None => {
                self.pages.push(page);
                self.pages.len() as u32 - 1
            }
        };
        self.deepest += if base == self.root_bits { 2 } else { 0 };
        self.point(with_bit(hash, base, true), base, added);
        for number in [number, added] {
            self.narrow(number);
        }
    }

    /// Halves a page while nothing needs its last bit.
    fn narrow(&mut self, number: u32) {
        let page = &mut self.pages[number as usize];
        while page.bits > 0 && page.slots.iter().all(|s| s.depth < page.reach()) {
            self.reach[usize::from(page.reach())] -= 1;
            self.slots -= page.slots.len() / 2;
            page.slots = page.slots.iter().copied().step_by(2).collect();
            page.bits -= 1;
            self.reach[usize::from(page.reach())] += 1;
        }
    }

    /// Lets all root entries for the first `base` bits of a hash name a page.
    fn point(&mut self, hash: u64, base: u8, number: u32) {
        let count = 1 << (self.root_bits - base);
        let start = bits_at(hash, 0, self.root_bits) & !(count - 1);
        self.root[start..start + count].fill(number);
    }

    /// Two pages of one slot each become one of one slot.
    fn merge_single_pages(&mut self, hash: u64, slot: Slot) {
        let base = slot.depth + 1;
        let (keep, gone) = (
            self.page_number(with_bit(hash, base, false)),
            self.page_number(with_bit(hash, base, true)),
        );
        debug_assert!(self.pages[keep as usize].bits == 0 && self.pages[gone as usize].bits == 0);
        self.unite(keep, gone, hash, vec![slot].into());
    }

    /// Puts one page of these slots, one bit less deep, in the place of two.
    fn unite(&mut self, keep: u32, gone: u32, hash: u64, slots: Arc<[Slot]>) {
        for number in [keep, gone] {
            let page = &self.pages[number as usize];
            self.reach[usize::from(page.reach())] -= 1;
            self.deepest -= u32::from(page.base == self.root_bits);
            self.slots -= page.slots.len();
        }
        let base = self.pages[keep as usize].base - 1;
        self.slots += slots.len();
        let page = Page {
            bits: slots.len().trailing_zeros() as u8,
            slots,
            base,
        };
        self.reach[usize::from(page.reach())] += 1;
        self.pages[keep as usize] = page;
        self.pages[gone as usize].slots = Arc::new([]);
        self.vacant.push(gone);
        self.point(hash, base, keep);
        while self.deepest == 0 && self.root_bits > 0 {
            self.root = self.root.iter().copied().step_by(2).collect();
            self.root_bits -= 1;
            let is_deepest = |page: &&Page| page.base == self.root_bits && !page.slots.is_empty();
            self.deepest = self.pages.iter().filter(is_deepest).count() as u32;
        }
        if self.root_bits == 0 {
            self.pages.truncate(1.max(self.root[0] as usize + 1));
            self.vacant.retain(|&n| (n as usize) < self.pages.len());
        }
    }

    /// Halves the page for a hash while nothing needs its last bit, and joins it with its buddy
    /// while both are small.
    fn flatten(&mut self, hash: u64) {
        loop {
            let number = self.page_number(hash);
            self.narrow(number);
            let page = &self.pages[number as usize];
            let base = page.base;
            if page.bits > PAGE_BITS_MERGE || base == 0 {
                return;
            }
            let halves = [with_bit(hash, base, false), with_bit(hash, base, true)];
            let [lower, upper] = halves.map(|h| self.page_number(h));
            let [first, second] = [lower, upper].map(|n| self.pages[n as usize].clone());
            if first.base != second.base || first.bits.max(second.bits) > PAGE_BITS_MERGE {
                return;
            }
            let bits = first.bits.max(second.bits);
            let widened = |page: Page| {
                let times = 1 << (bits - page.bits);
                page.slots
                    .iter()
                    .flat_map(|&s| std::iter::repeat_n(s, times))
                    .collect::<Vec<_>>()
            };
            let slots: Vec<_> = widened(first).into_iter().chain(widened(second)).collect();
            self.unite(lower, upper, hash, slots.into());
        }
    }
}

/// The first hash after all that share `depth` bits with this one.
#[inline]
pub(crate) fn after(hash: u64, depth: u8) -> Option<u64> {
    let step = 1_u64.checked_shl(64 - u32::from(depth))?;
    (hash & !(step - 1)).checked_add(step)
}

/// The hash with its bit number `depth` (counted from 1 at the top) set or cleared.
fn with_bit(hash: u64, depth: u8, upper: bool) -> u64 {
    let bit = 1 << (64 - u32::from(depth));
    if upper { hash | bit } else { hash & !bit }
}

#[cfg(test)]
mod tests;
