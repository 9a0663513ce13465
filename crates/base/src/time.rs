//! Time as an argument: the value that the driver freezes and hands down.
//!
//! Nothing below the reactor reads a clock. The driver reads both clocks once per turn of its loop
//! and passes a [`Now`]; everything that happens in that turn happens at that moment.
//!
//! Always true: the same `Now` in gives the same decisions out.
//! Always true: the two clocks are never compared with each other.
//! Not here: the clock itself — `crates/reactor/src/clock.rs`

/// A moment, as read from the wall clock and from the monotonic clock.
///
/// Deadlines that clients name (`EXPIREAT`, `PXAT`) live on the wall clock; measured spans
/// (timeouts, latencies) live on the monotonic one.
///
/// # Examples
/// ```
/// let now = russet_base::Now { wall_us: 1_700_000_000_123_456, mono_us: 42_000 };
/// assert_eq!(now.wall_ms(), 1_700_000_000_123);
/// assert_eq!(now.wall_s(), 1_700_000_000);
/// assert_eq!(now.mono_ms(), 42);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Now {
    /// Microseconds since the Unix epoch; may jump when the operator sets the clock.
    pub wall_us: i64,
    /// Microseconds since an arbitrary start; never goes back.
    pub mono_us: u64,
}

impl Now {
    /// Builds a moment whose clocks both stand at `ms` milliseconds; meant for tests and tools.
    #[must_use]
    pub const fn from_ms(ms: u32) -> Self {
        Self {
            wall_us: ms as i64 * 1000,
            mono_us: ms as u64 * 1000,
        }
    }

    /// Wall clock in whole milliseconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn wall_ms(self) -> i64 {
        self.wall_us.div_euclid(1000)
    }

    /// Wall clock in whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn wall_s(self) -> i64 {
        self.wall_us.div_euclid(1_000_000)
    }

    /// Monotonic clock in whole milliseconds, rounded down.
    #[must_use]
    pub const fn mono_ms(self) -> u64 {
        self.mono_us / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::Now;

    #[test]
    fn times_before_the_epoch_round_down_too() {
        let now = Now {
            wall_us: -1,
            mono_us: 999,
        };
        assert_eq!((now.wall_ms(), now.wall_s(), now.mono_ms()), (-1, -1, 0));
    }
}
