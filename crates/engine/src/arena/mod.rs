//! The arena of one database: small cells and segments by 32-bit handle, resident memory tight.
//!
//! Chunks of 2 MiB are divided into pages of 64 KiB. A page holds cells of one size class, or the
//! lines of segments. Free cells of a page are chained through the cells themselves; what a page
//! needs to know besides is in a list beside the memory. Empty pages serve any class again, empty
//! chunks go back to the allocator.
//!
//! ```text
//! handle ─► chunk (2 MiB) ─► page (64 KiB) ─┬─ cells of one class: live, free (chained), untouched
//!                                           └─ 1024 lines of 64 bytes, a bit each
//! ```
//!
//! Always true: handle 0 is never given out; a cell starts at a multiple of its class's size.
//! Always true: the first word of a free cell is [`FREE`], which no live cell has.
//! Not here: following a handle — `arena/memory.rs`; what a cell holds — `cell.rs`

pub(crate) mod class;
mod leaving;
mod lines;
mod memory;

use std::sync::atomic::Ordering::Relaxed;

pub(crate) use crate::handle::Handle;
use class::CLASSES;
pub(crate) use class::{CELL_SIZE_MAX, Class};
use leaving::Emptying;
use lines::{Freed, Lines};
pub(crate) use lines::{LINE_GRANULES, LINE_SIZE, PAGE_LINES};
use memory::{CHUNK_PAGES, CHUNK_SHIFT, CHUNKS_MAX, GRANULE, PAGE_SHIFT, PAGE_SIZE};
pub(crate) use memory::{CHUNK_SIZE, Memory};

/// The first word of a free cell.
const FREE: u32 = u32::MAX;
/// No page.
const NONE: u32 = u32::MAX;
/// The class of a page of lines.
const LINES: Class = Class::MAX;
/// Empty chunks are kept back while more than this many chunks are in use.
const SPARE_CHUNK_ABOVE: usize = 8;

/// Numbers of chunks, and by how many bits the largest cell of a value is smaller from there on. A
/// database that has most of the chunks that handles reach keeps the rest for small entries.
const ROOMS: [(usize, u8); 3] = [(0, 0), (CHUNKS_MAX / 2, 4), (CHUNKS_MAX / 4 * 3, 7)];

/// Cells and lines of one database.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// The memory, for those who follow handles.
    pub(crate) memory: Memory,
    pages: Vec<Page>,
    /// Per chunk, a bit for each page that nobody has.
    free_pages: Vec<u32>,
    /// By how many bits the largest cell of a value is smaller.
    crowding: u8,
    /// Per class, the first page with room.
    partial: Partial,
    lines: Lines,
    used: u64,
    /// Per chunk, bytes of the cells and lines in use.
    chunk_used: Vec<u32>,
    emptying: Emptying,
    #[cfg(debug_assertions)]
    live: Vec<[u64; 128]>,
}

#[derive(Debug)]
struct Partial([u32; CLASSES]);

impl Default for Partial {
    fn default() -> Self {
        Self([NONE; CLASSES])
    }
}

#[derive(Debug, Clone, Copy)]
struct Page {
    class: Class,
    /// Cells in use.
    live: u16,
    /// Cells from here on were never used.
    untouched: u16,
    /// The first free cell, plus one.
    free: u16,
    /// Neighbours among the pages of the class with room; `next` is the ordinal of a page of lines.
    prev: u32,
    next: u32,
}

impl Page {
    /// Whether a page of cells has a free one.
    fn has_room(self) -> bool {
        self.free != 0 || usize::from(self.untouched) < PAGE_SIZE / class::size(self.class)
    }
}

impl Arena {
    /// Bytes of the cells and lines in use.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Bytes of the chunks, most of which may not be resident.
    pub(crate) fn reserved(&self) -> u64 {
        (self.memory.chunk_count() * CHUNK_SIZE) as u64
    }

    /// The size of a cell that a value may have now; a larger one goes outside.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        CELL_SIZE_MAX >> self.crowding
    }

    /// Finds the size of cells anew, when there is another number of chunks.
    fn derive_room(&mut self) {
        let chunks = self.memory.chunk_count();
        let passed = ROOMS.iter().rev().find(|(from, _)| chunks >= *from);
        self.crowding = passed.map_or(0, |(_, bits)| *bits);
    }

    /// Bytes of the pages that are in use.
    pub(crate) fn held(&self) -> u64 {
        self.pages.iter().filter(|page| page.class != 0).count() as u64 * PAGE_SIZE as u64
    }

    /// Bytes of the pages that hold lines.
    #[cfg(test)]
    pub(crate) fn line_bytes(&self) -> u64 {
        self.pages.iter().filter(|page| page.class == LINES).count() as u64 * PAGE_SIZE as u64
    }

    /// A cell of a class. Its contents are not defined.
    pub(crate) fn take(&mut self, class: Class) -> Handle {
        let number = match self.partial.0[class as usize] {
            NONE => self.open_page(class),
            number => number,
        };
        let size = class::size(class);
        let page = &mut self.pages[number as usize];
        let start = number << PAGE_SHIFT;
        page.live += 1;
        let handle = if page.free != 0 {
            let handle = start + cell_offset(page.free - 1, size);
            page.free = self.memory.atomic(handle).load(Relaxed) as u16;
            handle
        } else {
            page.untouched += 1;
            start + cell_offset(page.untouched - 1, size)
        };
        if page.free == 0 && usize::from(page.untouched) == PAGE_SIZE / size {
            self.unlist(number);
        }
        self.count(handle, size, true);
        self.mark(handle, true);
        handle
    }

    /// Gives a cell back.
    pub(crate) fn give(&mut self, handle: Handle) {
        let number = handle >> PAGE_SHIFT;
        let page = self.pages[number as usize];
        let size = class::size(page.class);
        self.mark(handle, false);
        self.memory.set_word(handle, FREE);
        self.memory
            .atomic(handle)
            .store(u32::from(page.free), Relaxed);
        let was_full = page.free == 0 && usize::from(page.untouched) == PAGE_SIZE / size;
        let page = &mut self.pages[number as usize];
        page.free = cell_number(handle, size) + 1;
        page.live -= 1;
        let is_empty = page.live == 0;
        self.count(handle, size, false);
        let is_listed = !self.is_leaving(handle);
        if was_full && is_listed {
            self.enlist(number);
        }
        if is_empty {
            if is_listed {
                self.unlist(number);
            }
            self.close_page(number);
        }
    }

    fn count(&mut self, handle: Handle, size: usize, is_taken: bool) {
        let chunk_used = &mut self.chunk_used[(handle >> CHUNK_SHIFT) as usize];
        if is_taken {
            self.used += size as u64;
            *chunk_used += size as u32;
        } else {
            self.used -= size as u64;
            *chunk_used -= size as u32;
        }
    }

    /// `count` adjoining lines. Their contents are not defined.
    pub(crate) fn take_lines(&mut self, count: usize) -> Handle {
        debug_assert!(count <= PAGE_LINES);
        let (page, line) = match self.lines.take(count) {
            Some((_, page, line)) => (page, line),
            None => {
                let page = self.claim_page();
                let ordinal = self.lines.add_page(page);
                self.pages[page as usize] = Page {
                    class: LINES,
                    next: ordinal,
                    ..EMPTY
                };
                self.lines.take_first(ordinal, count);
                (page, 0)
            }
        };
        let handle = (page << PAGE_SHIFT) + line * LINE_GRANULES;
        self.count(handle, count * LINE_SIZE, true);
        handle
    }

    /// Gives lines back.
    pub(crate) fn give_lines(&mut self, handle: Handle, count: usize) {
        let number = handle >> PAGE_SHIFT;
        let line = (handle & ((1 << PAGE_SHIFT) - 1)) / LINE_GRANULES;
        self.count(handle, count * LINE_SIZE, false);
        let ordinal = self.pages[number as usize].next;
        if let Freed::Page(page) = self.lines.give(ordinal, line as usize, count) {
            self.close_page(page);
        }
    }

    /// Whether a handle from anywhere is that of a cell in use.
    pub(crate) fn is_live(&self, handle: Handle) -> bool {
        let Some(page) = self.pages.get((handle >> PAGE_SHIFT) as usize) else {
            return false;
        };
        if page.class == 0 || page.class == LINES {
            return false;
        }
        let size = class::size(page.class);
        let offset = (handle & ((1 << PAGE_SHIFT) - 1)) as usize * GRANULE;
        offset.is_multiple_of(size)
            && offset / size < usize::from(page.untouched)
            && self.memory.word(handle) != FREE
    }

    /// Whether a handle from anywhere is inside a page that is in use.
    pub(crate) fn is_mapped(&self, handle: Handle) -> bool {
        self.pages
            .get((handle >> PAGE_SHIFT) as usize)
            .is_some_and(|page| page.class != 0)
    }

    /// The class of a cell in use.
    pub(crate) fn class_of(&self, handle: Handle) -> Class {
        self.pages[(handle >> PAGE_SHIFT) as usize].class
    }

    fn open_page(&mut self, class: Class) -> u32 {
        let number = self.claim_page();
        self.pages[number as usize] = Page { class, ..EMPTY };
        self.enlist(number);
        number
    }

    fn claim_page(&mut self) -> u32 {
        let leaving = self.leaving_chunk();
        let mut chunks = self.free_pages.iter().enumerate();
        let chunk = match chunks.position(|(n, &free)| free != 0 && Some(n) != leaving) {
            Some(chunk) => chunk,
            None => self.open_chunk(),
        };
        let page = self.free_pages[chunk].trailing_zeros();
        self.free_pages[chunk] &= !(1 << page);
        (chunk * CHUNK_PAGES) as u32 + page
    }

    fn open_chunk(&mut self) -> usize {
        let chunk = self.memory.add_chunk();
        self.derive_room();
        if chunk == self.free_pages.len() {
            self.free_pages.push(0);
            self.chunk_used.push(0);
            self.pages.resize(self.pages.len() + CHUNK_PAGES, EMPTY);
            #[cfg(debug_assertions)]
            self.live.resize_with(self.pages.len(), || [0; 128]);
        }
        self.free_pages[chunk] = all_pages(chunk);
        chunk
    }

    fn close_page(&mut self, number: u32) {
        self.pages[number as usize] = EMPTY;
        let chunk = number as usize / CHUNK_PAGES;
        self.free_pages[chunk] |= 1 << (number as usize % CHUNK_PAGES);
        if self.free_pages[chunk] != all_pages(chunk) {
            return;
        }
        if let Some(leaving) = self.take_leaving(chunk) {
            self.drop_chunk(chunk);
            return self.has_left(leaving);
        }
        let is_spare = |(other, &free): (usize, &u32)| other != chunk && free == all_pages(other);
        let has_spare = self.free_pages.iter().enumerate().any(is_spare);
        let count = self.memory.chunk_count();
        // The only chunk stays too: a key that comes and goes must not cost a chunk each time.
        if has_spare || (count > 1 && count <= SPARE_CHUNK_ABOVE) {
            self.drop_chunk(chunk);
        }
    }

    fn drop_chunk(&mut self, chunk: usize) {
        self.memory.drop_chunk(chunk);
        self.derive_room();
        self.free_pages[chunk] = 0;
    }

    /// Gives every empty chunk back to the allocator.
    pub(crate) fn trim(&mut self) {
        for chunk in 0..self.free_pages.len() {
            if self.free_pages[chunk] == all_pages(chunk) {
                self.drop_chunk(chunk);
            }
        }
    }

    fn enlist(&mut self, number: u32) {
        let class = self.pages[number as usize].class as usize;
        let head = std::mem::replace(&mut self.partial.0[class], number);
        let page = &mut self.pages[number as usize];
        (page.prev, page.next) = (NONE, head);
        if head != NONE {
            self.pages[head as usize].prev = number;
        }
    }

    fn unlist(&mut self, number: u32) {
        let Page {
            class, prev, next, ..
        } = self.pages[number as usize];
        match prev {
            NONE => self.partial.0[class as usize] = next,
            prev => self.pages[prev as usize].next = next,
        }
        if next != NONE {
            self.pages[next as usize].prev = prev;
        }
    }

    #[cfg(debug_assertions)]
    fn mark(&mut self, handle: Handle, is_live: bool) {
        let bits = &mut self.live[(handle >> PAGE_SHIFT) as usize];
        let at = handle as usize & ((1 << PAGE_SHIFT) - 1);
        assert_eq!(
            bits[at / 64] >> (at % 64) & 1 == 1,
            !is_live,
            "a cell is taken and given once"
        );
        bits[at / 64] ^= 1 << (at % 64);
    }

    #[cfg(not(debug_assertions))]
    fn mark(&mut self, _: Handle, _: bool) {}

    /// Debug builds: stops when a cell is used that was given back.
    #[inline]
    pub(crate) fn check(&self, handle: Handle) {
        #[cfg(debug_assertions)]
        {
            let at = handle as usize & ((1 << PAGE_SHIFT) - 1);
            let word = self.live[(handle >> PAGE_SHIFT) as usize][at / 64];
            assert!(
                word >> (at % 64) & 1 == 1,
                "cell {handle} is used after it was given back"
            );
        }
        let _ = handle;
    }
}

const EMPTY: Page = Page {
    class: 0,
    live: 0,
    untouched: 0,
    free: 0,
    prev: NONE,
    next: NONE,
};

const _: () = assert!(PAGE_SIZE / class::CELL_SIZE_MIN < u16::MAX as usize);

#[inline]
fn cell_offset(number: u16, size: usize) -> u32 {
    (usize::from(number) * size / GRANULE) as u32
}

#[inline]
fn cell_number(handle: Handle, size: usize) -> u16 {
    ((handle & ((1 << PAGE_SHIFT) - 1)) as usize * GRANULE / size) as u16
}

/// All pages of a chunk. The very first page stays unused, so that no handle is 0.
fn all_pages(chunk: usize) -> u32 {
    if chunk == 0 { !1 } else { !0 }
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::*;

    #[test]
    fn cells_keep_their_contents_until_they_are_given_back() {
        let (mut arena, mut rng) = (Arena::default(), Rng::new(5));
        let mut held: Vec<(Handle, u32)> = Vec::new();
        let steps = if cfg!(miri) { 500 } else { 60_000 };
        for step in 0..steps {
            if step < steps / 2 || rng.below(2) == 0 {
                let class = 1 + rng.index(CLASSES - 1) as Class;
                let handle = arena.take(class);
                arena.memory.set_word(handle, step);
                arena.memory.atomic(handle).store(step, Relaxed);
                arena.memory.fill_zero(handle, 8, class::size(class) - 8);
                held.push((handle, step));
            } else if !held.is_empty() {
                let (handle, word) = held.swap_remove(rng.index(held.len()));
                assert_eq!(arena.memory.word(handle), word);
                assert!(arena.is_live(handle));
                arena.give(handle);
            }
        }
        for (handle, word) in held.drain(..) {
            assert_eq!(arena.memory.word(handle), word);
            arena.give(handle);
        }
        assert!(arena.used() == 0 && arena.reserved() <= CHUNK_SIZE as u64);
        arena.trim();
        assert_eq!(arena.reserved(), 0);
        assert!(!arena.is_live(1 << PAGE_SHIFT));
    }

    #[test]
    fn lines_are_aligned_and_come_back() {
        let mut arena = Arena::default();
        let held: Vec<_> = (1..=16).map(|n| (arena.take_lines(n), n)).collect();
        assert!(
            held.iter()
                .all(|&(h, _)| h != 0 && h.is_multiple_of(LINE_GRANULES))
        );
        for (handle, count) in held {
            arena.give_lines(handle, count);
        }
        assert!(arena.used() == 0 && arena.reserved() <= CHUNK_SIZE as u64);
        arena.trim();
        assert_eq!(arena.reserved(), 0);
    }
}
