//! One chunk in reserve, mapped and resident before it is needed.
//!
//! ```text
//!  russet-chunks: refill ─► SPARE ─► take: the thread that needs a chunk
//!        ▲                             │
//!        └───────── wakes it ──────────┘
//! ```
//! The first access to a huge page clears two megabytes: 0.2 ms, and 8 ms in a virtual machine
//! whose host has to find that memory. The loop's thread would answer nobody meanwhile.
//!
//! Always true: taking the spare chunk neither waits nor allocates.
//! Not here: which pages a chunk has without it — `alloc/chunk.rs`

use std::io;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::thread::{self, Thread};

use super::chunk::{HUGE, SPARE_FROM, map_resident, mapped, release};

/// The chunk in reserve, or null.
static SPARE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// The thread that makes it.
static MAKER: OnceLock<Thread> = OnceLock::new();

/// Starts the thread that keeps a chunk in reserve while there are many; a process calls it once.
///
/// # Errors
/// When the system starts no thread. The allocator then works without a spare chunk.
pub(crate) fn start() -> io::Result<()> {
    let thread = thread::Builder::new().name("russet-chunks".to_owned());
    let maker = thread.spawn(|| {
        loop {
            thread::park();
            refill();
        }
    })?;
    let _ = MAKER.set(maker.thread().clone());
    Ok(())
}

/// Whether a thread makes spare chunks.
pub(super) fn is_kept() -> bool {
    MAKER.get().is_some()
}

/// Makes a spare chunk if there is none and many chunks are in use.
pub(super) fn refill() {
    if mapped() < SPARE_FROM || !SPARE.load(Ordering::Acquire).is_null() {
        return;
    }
    if let Some(fresh) = map_resident() {
        let before = SPARE.swap(fresh.as_ptr(), Ordering::AcqRel);
        discard(before);
    }
}

/// Takes the spare chunk, and has another made.
pub(super) fn take() -> Option<NonNull<u8>> {
    if mapped() < SPARE_FROM {
        return None;
    }
    let spare = NonNull::new(SPARE.swap(ptr::null_mut(), Ordering::AcqRel));
    if let Some(maker) = MAKER.get() {
        maker.unpark();
    }
    spare
}

/// Gives the spare chunk back to the system.
pub(super) fn give_up() {
    if !SPARE.load(Ordering::Relaxed).is_null() {
        discard(SPARE.swap(ptr::null_mut(), Ordering::AcqRel));
    }
}

fn discard(spare: *mut u8) {
    if let Some(spare) = NonNull::new(spare) {
        release(spare, HUGE);
    }
}
