//! Promise of durability: how much of what was acknowledged must be there after a crash.
//!
//! ```text
//!  appendfsync  machine crashes                       process dies
//!  always       all that was acknowledged             all that was acknowledged
//!  everysec     what was acknowledged a second ago    all
//!  no           what was promised before              all
//!  save points  what SAVE has answered                the same
//! ```
//! Always true: what is promised once stays promised.
//! Not here: the data — `state.rs`

use std::collections::VecDeque;

/// Microseconds for which `everysec` may lose changes, unless a sync stalls.
pub(crate) const WINDOW_US: u64 = 1_000_000;

/// How changes become durable, the strongest promise first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Policy {
    Always,
    EverySecond,
    Never,
    /// There is no append-only file.
    Saves,
}

impl Policy {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Always, Self::EverySecond, Self::Never, Self::Saves];

    /// The settings for it.
    pub(crate) const fn settings(self) -> &'static str {
        match self {
            Self::Always => "appendonly yes\nappendfsync always\nsave \"\"\n",
            Self::EverySecond => "appendonly yes\nappendfsync everysec\nsave \"\"\n",
            Self::Never => "appendonly yes\nappendfsync no\nsave \"\"\n",
            Self::Saves => "appendonly no\nsave 1 20\n",
        }
    }

    /// Its name in `CONFIG SET appendfsync`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::Never | Self::Saves => "no",
        }
    }
}

/// What was promised so far. Changes are counted; a number stands for that many from the first on.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) policy: Policy,
    /// Whether changes are appended now.
    pub(crate) appends: bool,
    /// Microseconds for which `everysec` may lose changes.
    pub(crate) window_us: u64,
    after_crash: usize,
    after_kill: usize,
    /// What was acknowledged within the window, and when.
    recent: VecDeque<(u64, usize)>,
}

impl Promise {
    /// The first of the changes was there at the start.
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            appends: policy != Policy::Saves,
            window_us: WINDOW_US,
            after_crash: 0,
            after_kill: 0,
            recent: VecDeque::new(),
        }
    }

    /// This many changes were acknowledged.
    pub(crate) fn acknowledge(&mut self, count: usize, now_us: u64) {
        if !self.appends {
            return;
        }
        self.after_kill = self.after_kill.max(count);
        match self.policy {
            Policy::Always => self.after_crash = self.after_crash.max(count),
            Policy::EverySecond => self.recent.push_back((now_us, count)),
            Policy::Never | Policy::Saves => {}
        }
    }

    /// This many changes are in a file that is on the disk.
    pub(crate) fn save(&mut self, count: usize) {
        self.after_kill = self.after_kill.max(count);
        self.after_crash = self.after_crash.max(count);
    }

    /// The policy changes.
    pub(crate) fn switch(&mut self, policy: Policy) {
        if policy == Policy::Never {
            self.recent.clear();
        }
        self.policy = policy;
    }

    /// How many changes must be there after a crash now.
    pub(crate) fn owed(&mut self, now_us: u64, is_killed: bool) -> usize {
        while let Some((at_us, count)) = self.recent.front()
            && at_us + self.window_us <= now_us
        {
            self.after_crash = self.after_crash.max(*count);
            self.recent.pop_front();
        }
        match is_killed {
            true => self.after_kill,
            false => self.after_crash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, Promise};

    #[test]
    fn everysec_promises_what_is_a_second_old() {
        let mut promise = Promise::new(Policy::EverySecond);
        promise.acknowledge(1, 0);
        promise.acknowledge(2, 500_000);
        assert_eq!(promise.owed(999_999, false), 0);
        assert_eq!(promise.owed(1_000_000, false), 1);
        assert_eq!(promise.owed(1_000_000, true), 2);
    }
}
