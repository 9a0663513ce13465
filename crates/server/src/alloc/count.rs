//! The number of allocated bytes: each thread counts in a place of its own, and who asks adds up.
//!
//! Always true: nothing here allocates or panics, and what a thread has counted is seen at once.
//! Not here: what is counted — `alloc/mod.rs`

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

/// A number that shares no cache line with another.
#[repr(align(64))]
struct Place(AtomicI64);

/// How many threads have a place of their own; all others share the first.
const PLACES: usize = 16;

static BYTES: [Place; PLACES] = [const { Place(AtomicI64::new(0)) }; PLACES];

/// The next place that no thread has taken.
static NEXT: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The place of this thread; 0 until it has one, and when there is none left.
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// Counts bytes that came, or went if it is negative.
#[inline]
pub(super) fn add(change: i64) {
    let own = OWN.get();
    if own == 0 {
        return add_elsewhere(change);
    }
    // PERF: nobody else writes here, so that no locked instruction is needed.
    let place = &BYTES[own % PLACES].0;
    let before = place.load(Ordering::Relaxed);
    place.store(before.wrapping_add(change), Ordering::Relaxed);
}

/// Counts the first bytes of a thread, or those of one that has no place.
#[cold]
#[inline(never)]
fn add_elsewhere(change: i64) {
    let next = NEXT.load(Ordering::Relaxed);
    if next < PLACES {
        let taken = NEXT.fetch_add(1, Ordering::Relaxed);
        if taken < PLACES {
            OWN.set(taken);
            return add(change);
        }
    }
    BYTES[0].0.fetch_add(change, Ordering::Relaxed);
}

/// The bytes that all threads have counted.
pub(super) fn sum() -> u64 {
    let sum = BYTES.iter().fold(0_i64, |sum, place| {
        sum.wrapping_add(place.0.load(Ordering::Relaxed))
    });
    u64::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_thread_is_seen_however_many_there_are() {
        const LARGE: i64 = 1 << 40;
        let (before, threads) = (super::sum(), 2 * super::PLACES as i64);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| super::add(LARGE));
            }
        });
        let expected = before + threads.unsigned_abs() * LARGE.unsigned_abs();
        // Other tests allocate meanwhile.
        let difference = super::sum().abs_diff(expected);
        assert!(difference < 1 << 30, "{difference}");
        super::add(-threads * LARGE);
    }
}
