//! Costs of commands: the records that are kept, and the bars from which on.
//!
//! Always true: a bar that nobody set is never reached.
//! Not here: who measures — `notice.rs`, `stats/meter.rs`.

use crate::commandlog::CommandLog;
use crate::hotkeys::Tracking;
use crate::latency::Latency;
use crate::stats::Clock;

/// Records of commands and events that cost much.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    /// The bars, derived from the configuration.
    pub bars: Bars,
    /// Requests that were slow or large.
    pub log: CommandLog,
    /// Events that took long.
    pub latency: Latency,
    /// Keys that cost most, since HOTKEYS START.
    pub hot: Option<Box<Tracking>>,
    /// Until then every command has a clock of its own, in monotonic microseconds: one of several
    /// that shared a clock was slow, or its reply large.
    pub exact_until_us: u64,
}

/// The costs from which on a command is noted; the greatest number if none is.
#[derive(Debug)]
pub(crate) struct Bars {
    /// Nanoseconds that it took.
    pub slow_ns: u64,
    /// Bytes of its request.
    pub request_size: usize,
    /// Bytes of its reply.
    pub reply_size: usize,
    /// The clock of brief commands.
    pub brief: Clock,
}

impl Default for Bars {
    fn default() -> Self {
        Self {
            slow_ns: u64::MAX,
            request_size: usize::MAX,
            reply_size: usize::MAX,
            brief: Clock::Shared,
        }
    }
}

impl Bars {
    /// Whether a request among these bytes may be worth a look.
    #[inline(always)]
    pub(crate) fn may_be_large(&self, size: usize) -> bool {
        size >= self.request_size
    }
}
