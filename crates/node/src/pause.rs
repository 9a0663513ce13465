//! A pause of all requests or of writes (CLIENT PAUSE).
//!
//! ```text
//!  CLIENT PAUSE 1000 WRITE ─► a request that may write is postponed, with all behind it
//!  the time is over, or UNPAUSE ─► all go on, in the order they came
//! ```
//! | state | pause | time passes | UNPAUSE |
//! |---|---|---|---|
//! | off | → on | – | – |
//! | on, for writes | later of both ends; for all if asked | → off at its end | → off |
//! | on, for all | later of both ends | → off at its end | → off |
//!
//! Always true: a pause lasts at least as long as it was asked for.
//! Not here: which requests it postpones — `gate.rs`; who was postponed — `postponed.rs`.

/// Whether requests are paused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pause {
    /// They run.
    #[default]
    Off,
    /// Some do not.
    On {
        /// When it ends, in monotonic microseconds.
        ends_us: u64,
        /// Whether all requests are postponed, not only those that may write.
        is_for_all: bool,
    },
}

impl Pause {
    /// Begins a pause, or makes the one that is on longer and stricter.
    #[must_use]
    pub(crate) fn begin(self, until_us: u64, for_all: bool) -> Self {
        match self {
            Self::Off => Self::On {
                ends_us: until_us,
                is_for_all: for_all,
            },
            Self::On {
                ends_us,
                is_for_all,
            } => Self::On {
                ends_us: ends_us.max(until_us),
                is_for_all: is_for_all || for_all,
            },
        }
    }

    /// Whether its time is over.
    pub(crate) fn is_over(self, now_us: u64) -> bool {
        matches!(self, Self::On { ends_us, .. } if ends_us <= now_us)
    }

    /// Whether requests are paused.
    pub(crate) fn is_on(self) -> bool {
        self != Self::Off
    }

    /// Whether a request is postponed that may write, or may not.
    pub(crate) fn postpones(self, may_write: bool) -> bool {
        matches!(self, Self::On { is_for_all, .. } if is_for_all || may_write)
    }

    /// When it ends, in monotonic microseconds.
    pub(crate) fn ends_us(self) -> Option<u64> {
        match self {
            Self::Off => None,
            Self::On { ends_us, .. } => Some(ends_us),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(ends_us: u64, is_for_all: bool) -> Pause {
        Pause::On {
            ends_us,
            is_for_all,
        }
    }

    #[test]
    fn a_pause_gets_longer_and_stricter_and_never_less() {
        for (before, asked, after) in [
            (Pause::Off, (10, false), on(10, false)),
            (Pause::Off, (10, true), on(10, true)),
            (on(10, false), (5, false), on(10, false)),
            (on(10, false), (20, true), on(20, true)),
            (on(10, true), (20, false), on(20, true)),
            (on(10, true), (5, true), on(10, true)),
        ] {
            assert_eq!(before.begin(asked.0, asked.1), after);
        }
    }

    #[test]
    fn it_postpones_until_its_end_and_not_longer() {
        assert!(!Pause::Off.is_over(u64::MAX) && !Pause::Off.is_on());
        assert!(!on(10, true).is_over(9) && on(10, true).is_over(10));
        assert!(on(10, true).postpones(false) && on(10, true).postpones(true));
        assert!(!on(10, false).postpones(false) && on(10, false).postpones(true));
        assert!(!Pause::Off.postpones(true));
    }
}
