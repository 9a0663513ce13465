//! The allocator: the system's, counted, with large pages for the arena's chunks.
//!
//! ```text
//!  a whole number of 2 MiB, aligned so ──► mmap, munmap
//!  anything else                       ──► malloc, free
//! ```
//! Chunks are on huge pages, which hold as much from their first byte on as from the last. While
//! there are few, small pages keep what is resident near what is used: the first chunks stay so,
//! later ones until the next is asked for, when they are full for the first time.
//!
//! Counting costs an addition to a number of the thread; it moves to the sum of the process when
//! it has grown by 64 KiB. A thread that reads the sum adds its own first, so the loop's view lags
//! by what other threads hold back, 64 KiB each at most.
//!
//! Promises of this file as an allocator:
//! 1. Each block is given back by the same means that made it: the choice depends on nothing but
//!    the layout, which is the same then and now.
//! 2. A mapping is as large and as aligned as the layout says, and zero.
//! 3. Nothing here allocates or panics, not even the counters: they need no initialisation and no
//!    destructor.
//!
//! Always true: what is counted is what the heap's blocks occupy, their heads and padding included.
//! Not here: what the engine has in its chunks — `russet-engine`.
#![expect(unsafe_code, reason = "an allocator is made of unsafe operations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering};

/// The size and alignment of a huge page.
const HUGE: usize = 2 << 20;

/// Bytes of chunks below which pages are small.
const SMALL_PAGES_BELOW: usize = 8 << 20;

/// Bytes of chunks from which pages are huge at once: an empty one is then 3 % of all.
const HUGE_PAGES_FROM: usize = 64 << 20;

/// The change of a thread's count at which it is added to the sum.
const FLUSH: i64 = 64 << 10;

/// Bytes that all threads have counted and handed over.
static COUNTED: AtomicI64 = AtomicI64::new(0);

/// Bytes of mapped chunks.
static MAPPED: AtomicUsize = AtomicUsize::new(0);

/// The chunk that is to be on huge pages once the next one is mapped, or null.
static YOUNGEST: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static HELD_BACK: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CountingAllocator;

/// Bytes that are allocated: blocks of the heap and chunks.
pub(crate) fn allocated() -> u64 {
    let own = HELD_BACK.replace(0);
    let before = COUNTED.fetch_add(own, Ordering::Relaxed);
    let heap = u64::try_from(before.saturating_add(own)).unwrap_or(0);
    heap.saturating_add(MAPPED.load(Ordering::Relaxed) as u64)
}

/// Tells the C library that one thread allocates nearly everything: one heap, no second one for
/// the thread that only frees.
pub(crate) fn tune() {
    #[cfg(target_env = "gnu")]
    // SAFETY: (3) it sets a number of the C library.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Bytes that a block of a size occupies: a head of 8 bytes, rounded up to 16, 32 at least.
const fn footprint(size: usize) -> i64 {
    let whole = size.saturating_add(23) & !15;
    (if whole < 32 { 32 } else { whole }) as i64
}

#[inline]
fn count(change: i64) {
    let held = HELD_BACK.get().wrapping_add(change);
    if (-FLUSH..=FLUSH).contains(&held) {
        HELD_BACK.set(held);
    } else {
        HELD_BACK.set(0);
        COUNTED.fetch_add(held, Ordering::Relaxed);
    }
}

#[inline]
const fn is_chunk(layout: &Layout) -> bool {
    layout.align() == HUGE && layout.size().is_multiple_of(HUGE)
}

// SAFETY: (1), (2) and (3), as each method says.
unsafe impl GlobalAlloc for CountingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_chunk(&layout) {
            return map(layout.size());
        }
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is `System`'s.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(footprint(layout.size()));
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
            count(footprint(layout.size()));
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_chunk(&layout) {
            return unmap(block, layout.size());
        }
        count(-footprint(layout.size()));
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
            count(footprint(new_size) - footprint(layout.size()));
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

/// Maps fresh memory, a whole number of huge pages, aligned to them. Null when there is none.
#[cold]
fn map(size: usize) -> *mut u8 {
    let Some(start) = map_aligned(size) else {
        return ptr::null_mut();
    };
    let (start, before) = (start.as_ptr(), MAPPED.fetch_add(size, Ordering::Relaxed));
    let youngest = match before {
        ..SMALL_PAGES_BELOW => ptr::null_mut(),
        ..HUGE_PAGES_FROM if size == HUGE => start,
        _ => {
            prefer_huge_pages(start, size);
            ptr::null_mut()
        }
    };
    let full = YOUNGEST.swap(youngest, Ordering::Relaxed);
    if !full.is_null() {
        prefer_huge_pages(full, HUGE);
    }
    start
}

/// Asks for huge pages; a system without them says no, and small ones do as well.
fn prefer_huge_pages(start: *mut u8, size: usize) {
    // SAFETY: (2) it is a mapping of ours, or was one a moment ago; advice changes no byte.
    unsafe { libc::madvise(start.cast(), size, libc::MADV_HUGEPAGE) };
}

/// Maps more than needed and gives back what is before and after the aligned part.
fn map_aligned(size: usize) -> Option<NonNull<u8>> {
    // Neighbours are mapped downwards, so after the first the plain mapping is aligned as it is.
    let plain = map_anywhere(size)?;
    if plain.addr().get().is_multiple_of(HUGE) {
        return Some(plain);
    }
    release(plain, size);
    let wide_size = size.checked_add(HUGE)?;
    let wide = map_anywhere(wide_size)?;
    let before = wide.addr().get().wrapping_neg() % HUGE;
    // SAFETY: (2) `before` is less than `HUGE`, so the part lies within the mapping.
    let start = unsafe { wide.add(before) };
    release(wide, before);
    // SAFETY: (2) the part ends `HUGE - before` bytes before the mapping does.
    release(unsafe { start.add(size) }, HUGE - before);
    Some(start)
}

fn map_anywhere(size: usize) -> Option<NonNull<u8>> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: (2) a new anonymous mapping touches no memory that is in use.
    let start = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    NonNull::new(start.cast())
}

/// Gives back a part of a mapping that nothing refers to.
fn release(start: NonNull<u8>, size: usize) {
    if size > 0 {
        // SAFETY: (2) callers name a range of a mapping that they made and handed to nobody.
        unsafe { libc::munmap(start.as_ptr().cast(), size) };
    }
}

#[cold]
fn unmap(block: *mut u8, size: usize) {
    if let Some(start) = NonNull::new(block) {
        MAPPED.fetch_sub(size, Ordering::Relaxed);
        let none = ptr::null_mut();
        // Another chunk is the youngest: nothing to forget.
        let _ = YOUNGEST.compare_exchange(block, none, Ordering::Relaxed, Ordering::Relaxed);
        release(start, size);
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
                assert!(MAPPED.load(Ordering::Relaxed) >= layout.size());
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
    fn many_chunks_come_and_go() {
        let layout = Layout::from_size_align(HUGE, HUGE).unwrap();
        let blocks: Vec<*mut u8> = (0..64)
            // SAFETY: the layout has a size.
            .map(|_| unsafe { CountingAllocator.alloc(layout) })
            .inspect(|block| assert_eq!(block.addr() % HUGE, 0))
            .collect();
        for block in blocks {
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
    fn the_sum_includes_what_this_thread_held_back() {
        // Other tests allocate at the same time, but far less.
        let layout = Layout::from_size_align(16 << 20, 8).unwrap();
        with_block(layout, |_| assert!(allocated() >= 15 << 20));
    }
}
