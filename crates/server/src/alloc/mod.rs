//! The allocator: the system's, counted, with large pages for the arena's chunks.
//!
//! ```text
//!  a whole number of 2 MiB, aligned so ──► mmap, munmap
//!  anything else                       ──► malloc, free
//! ```
//! Counting costs an addition to a number of the thread: `alloc/count.rs`.
//!
//! Promises of this file as an allocator:
//! 1. Each block is given back by the same means that made it: the choice depends on nothing but
//!    the layout, which is the same then and now.
//! 2. Nothing here allocates or panics, not even the counters: they need no initialisation and no
//!    destructor.
//!
//! Always true: what is counted is what the heap's blocks occupy, their heads and padding included.
//! Not here: mappings and their pages — `alloc/chunk.rs`; what the engine has in its chunks —
//! `russet-engine`.
#![expect(unsafe_code, reason = "an allocator is made of unsafe operations")]

mod chunk;
mod count;
mod spare;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

use chunk::{HUGE, map, unmap};
pub(crate) use spare::start as keep_spare;

/// The system's allocator, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CountingAllocator;

/// Bytes that are allocated: blocks of the heap and chunks.
pub(crate) fn allocated() -> u64 {
    count::sum().saturating_add(chunk::mapped() as u64)
}

/// Tells the C library that one thread allocates nearly everything: one heap, no second one for
/// the thread that only frees.
pub(crate) fn tune() {
    #[cfg(target_env = "gnu")]
    // SAFETY: (2) it sets a number of the C library.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives free memory of the C library's heap back to the system.
pub(crate) fn purge() {
    #[cfg(target_env = "gnu")]
    // SAFETY: (2) it touches free memory of the C library only.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes that a block of a size occupies: a head of 8 bytes, rounded up to 16, 32 at least.
const fn footprint(size: usize) -> i64 {
    let whole = size.saturating_add(23) & !15;
    (if whole < 32 { 32 } else { whole }) as i64
}

#[inline]
const fn is_chunk(layout: &Layout) -> bool {
    layout.align() == HUGE && layout.size().is_multiple_of(HUGE)
}

// SAFETY: (1) and (2), as each method says; `chunk` promises the same of its mappings.
unsafe impl GlobalAlloc for CountingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_chunk(&layout) {
            return map(layout.size());
        }
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is `System`'s.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count::add(footprint(layout.size()));
        }
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_chunk(&layout) {
            return map(layout.size());
        }
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc_zeroed`.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            count::add(footprint(layout.size()));
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_chunk(&layout) {
            return unmap(block, layout.size());
        }
        count::add(-footprint(layout.size()));
        // SAFETY: (1) a layout that is no chunk's was served by `System`.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size fits a layout of the same alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if is_chunk(&layout) || is_chunk(&new_layout) {
            // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
            return unsafe { self.move_block(block, layout, new_layout) };
        }
        // SAFETY: (1) neither layout is a chunk's, so the block is `System`'s before and after.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            count::add(footprint(new_size) - footprint(layout.size()));
        }
        moved
    }
}

impl CountingAllocator {
    /// Copies a block to one of another layout.
    ///
    /// # Safety
    /// As for `GlobalAlloc::realloc`.
    #[cold]
    unsafe fn move_block(&self, block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
        // SAFETY: the new size is not zero, as the caller promises.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            let size = old.size().min(new.size());
            // SAFETY: both blocks have that many bytes, and the new one is not the old one.
            unsafe { ptr::copy_nonoverlapping(block, moved, size) };
            // SAFETY: the block is of that layout, and the caller does not use it again.
            unsafe { self.dealloc(block, old) };
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_block(layout: Layout, check: impl FnOnce(*mut u8)) {
        // SAFETY: the layout has a size.
        let block = unsafe { CountingAllocator.alloc_zeroed(layout) };
        assert!(!block.is_null());
        check(block);
        // SAFETY: the block was made with this layout just now.
        unsafe { CountingAllocator.dealloc(block, layout) };
    }

    #[test]
    fn chunks_are_aligned_zero_and_counted_while_they_live() {
        for pages in [1, 3] {
            let layout = Layout::from_size_align(pages * HUGE, HUGE).unwrap();
            with_block(layout, |block| {
                assert_eq!(block.addr() % HUGE, 0);
                assert!(chunk::mapped() >= layout.size());
                for at in [0, 1, HUGE / 2, layout.size() - 1] {
                    // SAFETY: it is within the block.
                    let byte = unsafe { block.add(at) };
                    // SAFETY: it is within the block.
                    assert_eq!(unsafe { byte.read() }, 0);
                    // SAFETY: it is within the block.
                    unsafe { byte.write(7) };
                }
            });
        }
    }

    #[test]
    fn many_chunks_come_and_go_and_a_spare_is_as_good_as_another() {
        let layout = Layout::from_size_align(HUGE, HUGE).unwrap();
        let blocks: Vec<*mut u8> = (0..128)
            .map(|_| {
                spare::refill();
                // SAFETY: the layout has a size.
                unsafe { CountingAllocator.alloc(layout) }
            })
            .inspect(|block| assert_eq!(block.addr() % HUGE, 0))
            .collect();
        // Another test may take it.
        let has_spare = (0..1000).any(|_| {
            spare::refill();
            spare::take()
                .map(|start| chunk::release(start, HUGE))
                .is_some()
        });
        assert!(has_spare);
        for (n, block) in (0..).zip(&blocks) {
            // SAFETY: it is within the block.
            assert_eq!(unsafe { block.read() }, 0);
            // SAFETY: it is within the block.
            unsafe { block.write(n) };
        }
        for (n, block) in (0..).zip(blocks) {
            // SAFETY: it is within the block.
            assert_eq!(unsafe { block.read() }, n);
            // SAFETY: the block was made with this layout above.
            unsafe { CountingAllocator.dealloc(block, layout) };
        }
    }

    #[test]
    fn a_block_keeps_its_bytes_when_it_becomes_a_chunk_and_back() {
        let small = Layout::from_size_align(HUGE / 2, HUGE).unwrap();
        // SAFETY: the layout has a size.
        let block = unsafe { CountingAllocator.alloc(small) };
        // SAFETY: it is within the block.
        unsafe { block.write(9) };
        // SAFETY: the block has that layout.
        let chunk = unsafe { CountingAllocator.realloc(block, small, HUGE) };
        let large = Layout::from_size_align(HUGE, HUGE).unwrap();
        // SAFETY: the block has that layout.
        let back = unsafe { CountingAllocator.realloc(chunk, large, HUGE / 2) };
        // SAFETY: it is within the block.
        assert_eq!(unsafe { back.read() }, 9);
        // SAFETY: the block has that layout.
        unsafe { CountingAllocator.dealloc(back, small) };
    }

    #[test]
    fn a_footprint_is_what_malloc_takes() {
        for (size, expect) in [
            (1, 32),
            (24, 32),
            (25, 48),
            (40, 48),
            (41, 64),
            (1000, 1008),
        ] {
            assert_eq!(footprint(size), expect, "{size}");
        }
    }

    #[test]
    fn what_a_thread_allocates_is_seen_at_once() {
        // Other tests allocate at the same time, but far less.
        let layout = Layout::from_size_align(16 << 20, 8).unwrap();
        with_block(layout, |_| assert!(allocated() >= 15 << 20));
    }
}
