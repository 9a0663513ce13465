//! Chunks of raw memory addressed by 32-bit handles: the only place that follows a handle.
//!
//! A handle counts 8-byte granules over all chunks: the high bits choose a chunk of 2 MiB, the low
//! 18 bits a place in it. [`Memory`] is cheap to clone; a clone keeps the same chunks alive, which
//! is how a snapshot walks them on another thread while the owner goes on writing elsewhere.
//!
//! Duties of this file, which the rest of the crate keeps by construction:
//! 1. A handle that is followed was handed out by the arena and not given back since (debug builds
//!    check it in `arena/mod.rs`), so its chunk exists and its bytes up to the size asked for were
//!    written before they are read.
//! 2. `at + len` stays inside the cell, and cells never cross a chunk.
//! 3. Only the owner has `&mut Memory`. Bytes that a live snapshot can reach are not written, but
//!    for the access word, which is atomic.
//!
//! Not here: which cells are free — `arena/mod.rs`; what the bytes mean — `cell.rs`

#![expect(
    unsafe_code,
    reason = "cells live in raw chunks that a snapshot shares with the owner"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use crate::handle::Handle;
use crate::table::Line;

/// The unit of a handle.
pub(crate) const GRANULE: usize = 8;
/// Size of the step in which one size class grows.
pub(crate) const PAGE_SIZE: usize = 64 << 10;
/// Pages in a chunk.
pub(crate) const CHUNK_PAGES: usize = 32;
/// Size of one allocation from the allocator. Aligned to its size, so that huge pages are possible.
pub(crate) const CHUNK_SIZE: usize = PAGE_SIZE * CHUNK_PAGES;
/// Granules in a chunk, as a power of two.
pub(crate) const CHUNK_SHIFT: u32 = (CHUNK_SIZE / GRANULE).trailing_zeros();
/// Granules in a page, as a power of two.
pub(crate) const PAGE_SHIFT: u32 = (PAGE_SIZE / GRANULE).trailing_zeros();
/// As many chunks as handles reach: 32 GiB.
pub(crate) const CHUNKS_MAX: usize = 1 << (32 - CHUNK_SHIFT);

const LAYOUT: Layout = match Layout::from_size_align(CHUNK_SIZE, CHUNK_SIZE) {
    Ok(layout) => layout,
    Err(_) => panic!("the size of a chunk is a power of two"),
};

/// One piece of memory from the allocator. Its pages are not resident before they are used.
pub(crate) struct Chunk {
    base: NonNull<u8>,
}

// SAFETY: a chunk is plain memory; duty 3 orders the accesses of its owner and of walkers.
unsafe impl Send for Chunk {}
// SAFETY: as above; a shared chunk gives out nothing by itself.
unsafe impl Sync for Chunk {}

impl Chunk {
    fn new() -> Self {
        // SAFETY: the layout has a size above zero.
        let base = unsafe { alloc(LAYOUT) };
        match NonNull::new(base) {
            Some(base) => Self { base },
            None => handle_alloc_error(LAYOUT),
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: `base` came from `alloc` with this layout, and is given back once.
        unsafe { dealloc(self.base.as_ptr(), LAYOUT) }
    }
}

/// The chunks of one database, by number.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    chunks: Vec<Option<Arc<Chunk>>>,
    // PERF: beside the owning list, so that a look-up loads one pointer instead of two.
    bases: Vec<Base>,
}

#[derive(Clone, Copy)]
struct Base(*mut u8);

// SAFETY: a base is the address of a chunk that the `Arc` beside it keeps alive.
unsafe impl Send for Base {}
// SAFETY: as above.
unsafe impl Sync for Base {}

impl Memory {
    /// Takes a chunk from the allocator and returns its number.
    pub(crate) fn add_chunk(&mut self) -> usize {
        let chunk = Arc::new(Chunk::new());
        let base = Base(chunk.base.as_ptr());
        match self.chunks.iter().position(Option::is_none) {
            Some(number) => {
                (self.chunks[number], self.bases[number]) = (Some(chunk), base);
                number
            }
            None => {
                assert!(
                    self.chunks.len() < CHUNKS_MAX,
                    "a database holds 32 GiB of small entries"
                );
                self.chunks.push(Some(chunk));
                self.bases.push(base);
                self.chunks.len() - 1
            }
        }
    }

    /// Lets a chunk go; a snapshot may keep it alive for a while.
    pub(crate) fn drop_chunk(&mut self, number: usize) {
        (self.chunks[number], self.bases[number]) = (None, Base(ptr::null_mut()));
    }

    /// How many chunks are held.
    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.iter().flatten().count()
    }

    #[inline]
    fn at(&self, handle: Handle, at: usize) -> *mut u8 {
        let base = self.bases[(handle >> CHUNK_SHIFT) as usize].0;
        debug_assert!(!base.is_null(), "a handle into a chunk that is gone");
        let offset = (handle as usize & ((1 << CHUNK_SHIFT) - 1)) * GRANULE + at;
        debug_assert!(offset <= CHUNK_SIZE);
        // Duty 1 and 2 keep the sum inside the chunk; wrapping, so that it needs no promise here.
        base.wrapping_add(offset)
    }

    /// For hints only: the address may be stale.
    #[inline]
    pub(crate) fn address(&self, handle: Handle) -> *const u8 {
        self.at(handle, 0)
    }

    /// The first four bytes of a cell.
    #[inline]
    pub(crate) fn word(&self, handle: Handle) -> u32 {
        // SAFETY: duty 1: a live cell of at least 16 bytes, aligned to 8 and written.
        unsafe { self.at(handle, 0).cast::<u32>().read() }
    }

    /// Writes the first four bytes of a cell.
    #[inline]
    pub(crate) fn set_word(&mut self, handle: Handle, word: u32) {
        // SAFETY: duty 1 for place and alignment, duty 3 for the right to write.
        unsafe { self.at(handle, 0).cast::<u32>().write(word) }
    }

    /// The second four bytes of a cell, which owner and walkers share.
    #[inline]
    pub(crate) fn atomic(&self, handle: Handle) -> &AtomicU32 {
        // SAFETY: duty 1 for place and alignment; this word is only ever used through here.
        unsafe { AtomicU32::from_ptr(self.at(handle, 4).cast()) }
    }

    /// Bytes of a cell, of which the first eight are not among them.
    #[inline]
    pub(crate) fn bytes(&self, handle: Handle, at: usize, len: usize) -> &[u8] {
        debug_assert!(at >= 8);
        // SAFETY: duties 1 and 2: live, written and inside; duty 3: nobody writes them meanwhile.
        unsafe { std::slice::from_raw_parts(self.at(handle, at), len) }
    }

    /// Bytes of a cell for writing, of which the first eight are not among them.
    ///
    /// They must have been written before: a new cell is filled with [`Self::fill`] first.
    #[inline]
    pub(crate) fn bytes_mut(&mut self, handle: Handle, at: usize, len: usize) -> &mut [u8] {
        debug_assert!(at >= 8);
        // SAFETY: duties 1 and 2: live, written and inside; `&mut self` and duty 3: exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.at(handle, at), len) }
    }

    /// Writes bytes into a cell.
    #[inline]
    pub(crate) fn fill(&mut self, handle: Handle, at: usize, bytes: &[u8]) {
        debug_assert!(at >= 8);
        // SAFETY: duties 1 to 3 for the target; `bytes` cannot overlap it, as it is borrowed from
        // elsewhere while `self` is borrowed exclusively.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.at(handle, at), bytes.len()) }
    }

    /// Writes zero bytes into a cell.
    pub(crate) fn fill_zero(&mut self, handle: Handle, at: usize, len: usize) {
        // SAFETY: duties 1 to 3.
        unsafe { ptr::write_bytes(self.at(handle, at), 0, len) }
    }

    /// Moves bytes inside a cell.
    pub(crate) fn shift(&mut self, handle: Handle, from: usize, to: usize, len: usize) {
        let (source, target) = (self.at(handle, from), self.at(handle, to));
        // SAFETY: duties 1 to 3; the two may overlap. Pointers among the bytes stay pointers.
        unsafe { ptr::copy(source, target, len) }
    }

    /// Copies bytes between two different cells.
    pub(crate) fn copy(&mut self, from: (Handle, usize), to: (Handle, usize), len: usize) {
        let (source, target) = (self.at(from.0, from.1), self.at(to.0, to.1));
        // SAFETY: duties 1 to 3; different cells do not overlap. Pointers stay pointers.
        unsafe { ptr::copy_nonoverlapping(source.cast_const(), target, len) }
    }

    /// A pointer kept in a cell.
    #[inline]
    pub(crate) fn pointer<T>(&self, handle: Handle, at: usize) -> *const T {
        // SAFETY: duties 1 to 3; a pointer was written there by `set_pointer`.
        unsafe { self.at(handle, at).cast::<*const T>().read_unaligned() }
    }

    /// Keeps a pointer in a cell.
    #[inline]
    pub(crate) fn set_pointer<T>(&mut self, handle: Handle, at: usize, pointer: *const T) {
        // SAFETY: duties 1 to 3.
        unsafe {
            self.at(handle, at)
                .cast::<*const T>()
                .write_unaligned(pointer)
        }
    }

    /// The lines of a segment.
    #[inline]
    pub(crate) fn lines(&self, handle: Handle, count: usize) -> &[Line] {
        debug_assert!(handle.is_multiple_of(8));
        // SAFETY: duty 1: the handle is that of so many written lines, and lines sit on multiples
        // of 64 bytes of a chunk that is aligned to more; every bit pattern is a `Line`.
        unsafe { std::slice::from_raw_parts(self.at(handle, 0).cast::<Line>(), count) }
    }

    /// The lines of a segment, for writing.
    #[inline]
    pub(crate) fn lines_mut(&mut self, handle: Handle, count: usize) -> &mut [Line] {
        debug_assert!(handle.is_multiple_of(8));
        // SAFETY: as in `lines`; exclusive by `&mut self` and duty 3.
        unsafe { std::slice::from_raw_parts_mut(self.at(handle, 0).cast::<Line>(), count) }
    }

    /// Writes a whole line, which need not have been written before.
    #[inline]
    pub(crate) fn set_line(&mut self, handle: Handle, line: &Line) {
        debug_assert!(handle.is_multiple_of(8));
        // SAFETY: as in `line_mut`, and nothing is read.
        unsafe { self.at(handle, 0).cast::<Line>().write(*line) }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("chunks", &self.chunk_count())
            .finish_non_exhaustive()
    }
}
