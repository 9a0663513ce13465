//! The only place that reads clocks or sleeps.
//!
//! A turn of the loop reads the monotonic clock once. The wall clock is that reading plus an
//! offset, which is measured anew when it is older than a millisecond: a busy loop pays for one
//! clock a turn, and a step of the system's clock is seen within a millisecond.
//!
//! Always true: `mono_us` never goes back.

#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use russet_base::time::Now;

/// How old the wall clock's offset may grow.
const OFFSET_AGE_MAX_US: u64 = 1_000;

/// A clock: monotonic microseconds since it was made, and the wall clock beside it.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    measured_at_us: u64,
    /// Wall clock minus monotonic clock.
    offset_us: i64,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// Makes a clock whose monotonic time begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
            measured_at_us: 0,
            offset_us: wall_us(),
        }
    }

    /// The time.
    pub fn now(&mut self) -> Now {
        let mono_us = self.mono_us();
        if mono_us.saturating_sub(self.measured_at_us) >= OFFSET_AGE_MAX_US {
            self.offset_us = wall_us().saturating_sub_unsigned(mono_us);
            self.measured_at_us = mono_us;
        }
        Now {
            wall_us: self.offset_us.saturating_add_unsigned(mono_us),
            mono_us,
        }
    }

    fn mono_us(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Nanoseconds since the first call: for statistics.
#[must_use]
pub fn stopwatch_ns() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let origin = ORIGIN.get_or_init(Instant::now);
    u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A part of a turn that ends when its time is over, whatever is left to do.
///
/// The clock is read once for some items, and for a few not at all.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    items: u32,
    since_ns: Option<u64>,
}

impl Portion {
    /// Items between two looks at the clock.
    const EACH: u32 = 16;
    /// The time of a part, from the first look on.
    const TIME_NS: u64 = 300_000;

    /// Another item was done: whether it was the last one.
    #[inline]
    pub(crate) fn is_over(&mut self) -> bool {
        self.items += 1;
        self.items.is_multiple_of(Self::EACH) && self.is_time_over(stopwatch_ns())
    }

    fn is_time_over(&mut self, now_ns: u64) -> bool {
        let since_ns = *self.since_ns.get_or_insert(now_ns);
        now_ns.saturating_sub(since_ns) >= Self::TIME_NS
    }
}

/// The wall clock: microseconds since 1970.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
pub fn wall_us() -> i64 {
    let micros = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => micros(before.duration()).saturating_neg(),
    }
}

/// Lets this thread sleep for the microseconds that it asks for, where the system would by default
/// add some fifty to let it wake together with others.
pub fn sharpen_sleep() {
    #[cfg(target_os = "linux")]
    {
        // Without it rests are longer than they should be, and nothing else.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1_000));
    }
}

/// Blocks the thread.
#[expect(
    clippy::disallowed_methods,
    reason = "stalls and rests are meant to block the loop"
)]
pub(crate) fn sleep_us(micros: u64) {
    std::thread::sleep(Duration::from_micros(micros));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_advance_together_and_the_wall_clock_is_near_the_system_s() {
        let mut clock = Clock::new();
        let first = clock.now();
        sleep_us(2_000);
        let second = clock.now();
        assert!(second.mono_us >= first.mono_us + 2_000);
        assert!(second.wall_us > first.wall_us);
        assert!((second.wall_us - wall_us()).abs() < 1_000_000);
    }
}
