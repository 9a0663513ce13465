//! A stopwatch that leaps: some readings are a millisecond behind the last one.
//!
//! Always true: the readings of a run follow from its beginning, as everything does.
//! Not here: the time of a world — `air.rs`

use std::cell::Cell;

thread_local! {
    static READINGS: Cell<u64> = const { Cell::new(0) };
}

/// Begins anew, with the run.
pub(crate) fn begin() {
    READINGS.set(0);
}

/// Nanoseconds, a few more than at the last reading or many.
pub(crate) fn leap() -> u64 {
    let readings = READINGS.get() + 1;
    READINGS.set(readings);
    // Every seventh reading leaps, which no pattern of requests follows.
    readings * 100 + readings / 7 * 1_000_000
}
