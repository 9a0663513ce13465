//! Mappings of whole chunks, and how large their pages are.
//!
//! Chunks are on huge pages, which hold as much from their first byte on as from the last. While
//! there are few, small pages keep what is resident near what is used: the first chunks stay so,
//! later ones until the next is asked for, when they are full for the first time. When there are
//! many, another thread keeps one in reserve whose huge page is cleared already.
//!
//! | bytes of chunks | pages of the next |
//! |---|---|
//! | below 8 MiB | small |
//! | below 64 MiB | small, huge when it is full |
//! | more | huge and resident; if there is no spare at the moment, as below 64 MiB |
//!
//! Promises of this file:
//! 1. A mapping is as large and as aligned as was asked for, and zero.
//! 2. Nothing here allocates or panics.
//!
//! Not here: when the spare is made — `alloc/spare.rs`.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::spare;

/// The size and alignment of a huge page.
pub(super) const HUGE: usize = 2 << 20;

/// The size of a small page.
const SMALL: usize = 4 << 10;

/// Bytes of chunks below which pages are small.
const SMALL_PAGES_BELOW: usize = 8 << 20;

/// Bytes of chunks from which one is kept in reserve: it is then 3 % of all. Where no thread makes
/// it, pages are huge at once from here on.
pub(super) const SPARE_FROM: usize = 64 << 20;

/// Bytes of mapped chunks, the spare one not among them.
static MAPPED: AtomicUsize = AtomicUsize::new(0);

/// The chunk that is to be on huge pages once the next one is mapped, or null.
static YOUNGEST: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Bytes of the chunks that are in use.
pub(super) fn mapped() -> usize {
    MAPPED.load(Ordering::Relaxed)
}

/// Maps fresh memory, a whole number of huge pages, aligned to them. Null when there is none.
#[cold]
pub(super) fn map(size: usize) -> *mut u8 {
    let spare = if size == HUGE { spare::take() } else { None };
    let is_resident = spare.is_some();
    let Some(start) = spare.or_else(|| map_aligned(size)) else {
        return ptr::null_mut();
    };
    let (start, before) = (start.as_ptr(), MAPPED.fetch_add(size, Ordering::Relaxed));
    // The thread that asks for it is not to clear two megabytes, if another can.
    let is_gradual = before < SPARE_FROM || spare::is_kept();
    let youngest = match before {
        _ if is_resident => ptr::null_mut(),
        ..SMALL_PAGES_BELOW => ptr::null_mut(),
        _ if is_gradual && size == HUGE => start,
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

/// Maps a chunk on a huge page and makes it resident. The caller counts it when it is used.
pub(super) fn map_resident() -> Option<NonNull<u8>> {
    let start = map_aligned(HUGE)?;
    prefer_huge_pages(start.as_ptr(), HUGE);
    for at in (0..HUGE).step_by(SMALL) {
        // SAFETY: (1) it is within a mapping that nobody else has.
        unsafe { start.as_ptr().add(at).write_volatile(0) };
    }
    Some(start)
}

/// Asks for huge pages; a system without them says no, and small ones do as well.
fn prefer_huge_pages(start: *mut u8, size: usize) {
    // SAFETY: (1) it is a mapping of ours, or was one a moment ago; advice changes no byte.
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
    // SAFETY: (1) `before` is less than `HUGE`, so the part lies within the mapping.
    let start = unsafe { wide.add(before) };
    release(wide, before);
    // SAFETY: (1) the part ends `HUGE - before` bytes before the mapping does.
    release(unsafe { start.add(size) }, HUGE - before);
    Some(start)
}

fn map_anywhere(size: usize) -> Option<NonNull<u8>> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: (1) a new anonymous mapping touches no memory that is in use.
    let start = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    NonNull::new(start.cast())
}

/// Gives back a part of a mapping that nothing refers to.
pub(super) fn release(start: NonNull<u8>, size: usize) {
    if size > 0 {
        // SAFETY: (1) callers name a range of a mapping that they made and handed to nobody.
        unsafe { libc::munmap(start.as_ptr().cast(), size) };
    }
}

#[cold]
pub(super) fn unmap(block: *mut u8, size: usize) {
    if let Some(start) = NonNull::new(block) {
        let before = MAPPED.fetch_sub(size, Ordering::Relaxed);
        let none = ptr::null_mut();
        // Another chunk is the youngest: nothing to forget.
        let _ = YOUNGEST.compare_exchange(block, none, Ordering::Relaxed, Ordering::Relaxed);
        release(start, size);
        if before.saturating_sub(size) < SPARE_FROM {
            spare::give_up();
        }
    }
}
