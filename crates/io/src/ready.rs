//! The list of actions that a service wants from its loop, in the order of the fields.
//!
//! ```text
//!  log ─► append ─► sync ─► jobs ─► flush ─► resume
//!                                               └─► close ─► kill ─► stall ─► again, wake ─► exit
//! ```
//! Always true: a loop that acts field by field keeps every promise that the service made. Bytes
//! named in `append` are written before any output of this list leaves.
//! Not here: output itself, with its fences — [`Service::output`](crate::Service::output).

use bytes::Bytes;

use crate::file::FileId;
use crate::job::{Job, JobId};
use crate::log::LogLine;
use crate::service::ConnId;

/// Bytes to be written to an open file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The file.
    pub file: FileId,
    /// The offset of the first byte.
    pub offset: u64,
    /// The bytes.
    pub bytes: Bytes,
}

/// The end of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The exit code; 128 + a signal's number asks for an end by that signal.
    pub code: i32,
    /// How long output that waits may take to leave before the end, in microseconds; 0 writes once.
    pub flush_within_us: u64,
}

/// Actions for the loop. The loop empties the value each turn and keeps its capacity.
///
/// # Examples
/// ```
/// use russet_io::{LogLevel, LogLine, Ready};
///
/// let mut ready = Ready::default();
/// ready.log.push(LogLine { level: LogLevel::Notice, text: "started".into() });
/// ready.wake_at_us = Some(1_000);
/// ready.clear();
/// assert!(ready.log.is_empty() && ready.wake_at_us.is_none());
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Ready {
    /// 1. Lines for the log.
    pub log: Vec<LogLine>,
    /// 2. Bytes for open files, written to the page cache before anything of `flush` leaves. While
    ///    a sync of that file is under way the loop may write on the pool; then nothing may be
    ///    flushed before that write ended. A failure is answered by `Service::append_failed`.
    pub append: Vec<Append>,
    /// 3. Files to sync on the pool, behind the bytes above; each is answered by a completion, as a
    ///    job [`FileOp::Sync`](crate::FileOp::Sync) is, which opens fences. A sync behind an append
    ///    that failed fails too.
    pub sync: Vec<(JobId, FileId)>,
    /// 4. Work on files, peers and other threads.
    pub jobs: Vec<(JobId, Job)>,
    /// 5. Connections whose output may leave: take it and write once to each.
    pub flush: Vec<ConnId>,
    /// 6. Connections whose reading goes on (their `space` was empty).
    pub resume: Vec<ConnId>,
    /// 7. Connections to close as soon as their output has left (now, if it has), without reading
    ///    any more. `hung_up` follows.
    pub close: Vec<ConnId>,
    /// 8. Connections to close at once, whatever output they have. `hung_up` follows before the
    ///    next `run`.
    pub kill: Vec<ConnId>,
    /// 9. Sleep for this many microseconds before anything else (`DEBUG SLEEP`).
    pub stall_us: u64,
    /// 10. Call `run` again at once: work is left.
    pub again: bool,
    /// 11. Read nothing before the next `run`: input was put off to keep the turn short.
    pub is_behind: bool,
    /// 12. Call `run` no later than at this monotonic time, in microseconds.
    pub wake_at_us: Option<u64>,
    /// 13. End the process, once all appends are written and output had its time.
    pub exit: Option<Exit>,
    /// 14. The service is about to end, and has not refused to: whoever asks again may insist.
    pub is_ending: bool,
}

impl Ready {
    /// Empties the list, keeping the capacity of its vectors.
    #[inline]
    pub fn clear(&mut self) {
        self.log.clear();
        self.append.clear();
        self.sync.clear();
        self.jobs.clear();
        self.flush.clear();
        self.resume.clear();
        self.close.clear();
        self.kill.clear();
        self.stall_us = 0;
        self.again = false;
        self.is_behind = false;
        self.wake_at_us = None;
        self.exit = None;
        self.is_ending = false;
    }
}
