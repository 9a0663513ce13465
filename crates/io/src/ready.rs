//! What a service wants done now, in the order of the fields.
//!
//! Always true: a loop that acts field by field keeps every promise the service made; outputs named
//! in `flush` may leave only after the jobs above them were started.

use crate::job::{Job, JobId};
use crate::service::ConnId;

/// How grave a log line is, in the words of `redis.conf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Rarely useful information.
    Debug,
    /// Much information, but not a mess.
    Verbose,
    /// What one wants to see in production.
    Notice,
    /// Very important or critical.
    Warning,
}

/// A line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How grave it is.
    pub level: LogLevel,
    /// The text, without a line end.
    pub text: String,
}

/// What must happen now. The loop empties it each turn and keeps its capacity.
#[derive(Debug, Default)]
pub struct Ready {
    /// 1. Lines for the log.
    pub log: Vec<LogLine>,
    /// 2. Work on files and other threads. Each ends in `Service::completed`, except discards.
    pub jobs: Vec<(JobId, Job)>,
    /// 3. Connections whose output may leave: write once to each.
    pub flush: Vec<ConnId>,
    /// 4. Connections whose reading may go on (their `space` was empty).
    pub resume: Vec<ConnId>,
    /// 5. Connections to close as soon as their output has been written (now, if it was), without
    ///    reading any more. The loop reports `hung_up` for each once it is closed.
    pub close: Vec<ConnId>,
    /// 5b. Connections to close at once, whatever output they have. `hung_up` follows likewise.
    pub kill: Vec<ConnId>,
    /// 6. Sleep for so many microseconds before anything else (`DEBUG SLEEP`).
    pub stall_us: u64,
    /// 7. Call `run` again at once: work is left.
    pub again: bool,
    /// 8. Call `run` no later than at this monotonic time, in microseconds.
    pub wake_at_us: Option<u64>,
    /// 9. End the process with this code, after the outputs were written once.
    pub exit: Option<i32>,
}

impl Ready {
    /// Empties it, keeping the capacity of its vectors.
    pub fn clear(&mut self) {
        self.log.clear();
        self.jobs.clear();
        self.flush.clear();
        self.resume.clear();
        self.close.clear();
        self.kill.clear();
        self.stall_us = 0;
        self.again = false;
        self.wake_at_us = None;
        self.exit = None;
    }
}
