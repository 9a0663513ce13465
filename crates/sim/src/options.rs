//! Faults and delays that a run may contain.
//!
//! Every run of a swarm has a selection of its own: a fault that is always on hides those that
//! need its absence.
//!
//! Always true: [`Options::calm`] has no fault and no delay; time passes only on request.

use russet_base::Rng;

/// Faults and delays of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Reads and writes end at any byte.
    pub splits: bool,
    /// A direction of a link carries nothing for some turns.
    pub stalls: bool,
    /// Events of a turn come in any order, and some wait for a later turn.
    pub delays: bool,
    /// Output is taken before the socket has room, and held.
    pub holds: bool,
    /// The loop reads ahead while a service has no space.
    pub reads_ahead: bool,
    /// Bytes that a direction of a link carries at most.
    pub window: usize,
    /// One turn in this many resets a link; 0 for never.
    pub reset_one_in: u64,
    /// Jobs take turns to complete, in any order.
    pub late_jobs: bool,
    /// One job in this many fails; 0 for never.
    pub fail_one_in: u64,
    /// `run`, `space` and `output` are called without a cause.
    pub spurious: bool,
    /// The stopwatch leaps, so that turns end before all input ran.
    pub cuts: bool,
    /// Time that one turn takes at most, in microseconds.
    pub tick_us: u64,
    /// The lateness of a wake-up at most, in microseconds.
    pub late_wake_us: u64,
}

impl Options {
    /// No fault and no delay: for tests that only need a loop.
    #[must_use]
    pub fn calm() -> Self {
        Self {
            splits: false,
            stalls: false,
            delays: false,
            holds: false,
            reads_ahead: false,
            window: 1 << 20,
            reset_one_in: 0,
            late_jobs: false,
            fail_one_in: 0,
            spurious: false,
            cuts: false,
            tick_us: 0,
            late_wake_us: 0,
        }
    }

    /// Everything that may change when something arrives, but not what: no reset, no failure, and
    /// time passes only on request. The replies of a service stay the same.
    #[must_use]
    pub fn delays(rng: &mut Rng) -> Self {
        let windows = [16, 256, 4 << 10, 64 << 10, 1 << 20];
        Self {
            splits: flip(rng),
            stalls: flip(rng),
            delays: flip(rng),
            holds: flip(rng),
            reads_ahead: flip(rng),
            window: windows[rng.index(windows.len())],
            late_jobs: flip(rng),
            spurious: flip(rng),
            cuts: flip(rng),
            ..Self::calm()
        }
    }

    /// A selection of everything.
    #[must_use]
    pub fn swarm(rng: &mut Rng) -> Self {
        let mut options = Self::delays(rng);
        if flip(rng) {
            options.reset_one_in = 1 + rng.below(400);
        }
        if flip(rng) {
            options.fail_one_in = 2 + rng.below(30);
        }
        if flip(rng) {
            options.tick_us = 1 + rng.below(2_000);
        }
        if flip(rng) {
            options.late_wake_us = 1 + rng.below(5_000);
        }
        options
    }
}

fn flip(rng: &mut Rng) -> bool {
    rng.below(2) == 0
}
