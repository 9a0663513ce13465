//! The outbox: log lines, jobs and other wishes that leave at the end of the turn.
//!
//! ```text
//!  start_for(conn, job, machine) ─► job … completed ─► finish ─► next_finished: the machine steps
//! ```
//! Always true: a completion finds the machine that awaits it once, or nobody.
//! Not here: bytes for connections — `outgoing.rs`; what machines do — `complete.rs`.

use std::collections::{BTreeMap, VecDeque};

use russet_io::{Append, ConnId, Exit, FileId, Job, JobId, LogLevel, LogLine, Outcome};

use crate::machines::Machine;

/// Work and words for the outside, collected during a turn.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Lines for the log.
    pub log: Vec<LogLine>,
    /// Bytes for files.
    pub append: Vec<Append>,
    /// Files to sync behind those bytes.
    pub sync: Vec<(JobId, FileId)>,
    /// Jobs to start.
    pub jobs: Vec<(JobId, Job)>,
    /// Sleep before anything else, in microseconds.
    pub stall_us: u64,
    /// End the process.
    pub exit: Option<Exit>,
    numbered: u64,
    files: u64,
    awaiting: BTreeMap<JobId, (ConnId, Machine)>,
    finished: VecDeque<(JobId, Outcome)>,
}

/// The connection of machines that no session waits for.
const NOBODY: ConnId = ConnId {
    index: u32::MAX,
    generation: 0,
};

impl Outbox {
    /// Writes a line to the log.
    pub(crate) fn log(&mut self, level: LogLevel, text: impl Into<String>) {
        self.log.push(LogLine {
            level,
            text: text.into(),
        });
    }

    /// Starts a job that nobody waits for.
    pub(crate) fn start(&mut self, job: Job) -> JobId {
        self.numbered += 1;
        let id = JobId(self.numbered);
        self.jobs.push((id, job));
        id
    }

    /// Starts a job; when it completes, the machine steps, for the session of this connection.
    pub(crate) fn start_for(&mut self, conn: ConnId, job: Job, machine: Machine) -> JobId {
        let id = self.start(job);
        self.awaiting.insert(id, (conn, machine));
        id
    }

    /// Starts a job that no session waits for; when it completes, the machine steps.
    pub(crate) fn start_apart(&mut self, job: Job, machine: Machine) -> JobId {
        self.start_for(NOBODY, job, machine)
    }

    /// Has a file synced behind all that was appended so far; then the machine steps.
    pub(crate) fn sync(&mut self, file: FileId, machine: Machine) -> JobId {
        self.numbered += 1;
        let id = JobId(self.numbered);
        self.sync.push((id, file));
        self.awaiting.insert(id, (NOBODY, machine));
        id
    }

    /// Nobody awaits this job any more.
    pub(crate) fn forget(&mut self, job: JobId) {
        self.awaiting.remove(&job);
        self.finished.retain(|(finished, _)| *finished != job);
    }

    /// A number for a file, never used before.
    pub(crate) fn file(&mut self) -> FileId {
        self.files(1)
    }

    /// The first of that many numbers for files, none of them used before.
    pub(crate) fn files(&mut self, count: u64) -> FileId {
        let first = self.files + 1;
        self.files += count;
        FileId(first)
    }

    /// Has the process end with this code.
    pub(crate) fn exit(&mut self, code: i32) {
        self.exit = Some(Exit {
            code,
            flush_within_us: 0,
        });
    }

    /// A job has completed.
    pub(crate) fn finish(&mut self, job: JobId, outcome: Outcome) {
        if self.awaiting.contains_key(&job) {
            self.finished.push_back((job, outcome));
        }
    }

    /// Whether a completion waits that a machine awaits.
    #[inline]
    pub(crate) fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    /// The next completion that a machine awaits.
    pub(crate) fn next_finished(&mut self) -> Option<(ConnId, Machine, Outcome)> {
        let (job, outcome) = self.finished.pop_front()?;
        let (conn, machine) = self.awaiting.remove(&job)?;
        Some((conn, machine, outcome))
    }
}
