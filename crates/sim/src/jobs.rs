//! Jobs of a host that have not completed, and the numbers that it has used.
//!
//! ```text
//!  Ready::jobs, append, sync ─► pending ─► due in some turn, or at some time ─► completed
//!                                 task: a step, a step, … ─► ended ───────────► completed
//! ```
//! Always true: a number is never used twice; each job ends exactly once.
//! Not here: what a job does — `host/complete.rs`.

use std::collections::BTreeSet;

use russet_io::{Append, Dial, FileId, FileOp, JobId, ListenPlan, Outcome, Task};

/// Work under way.
pub(crate) enum Work {
    File(FileOp),
    /// Bytes that wait behind a sync of their file.
    Append(Append),
    /// A sync that begins behind the appends before it.
    SyncWaits(FileId),
    /// A sync that covers the bytes that were there when it began.
    Sync {
        file: FileId,
        size: usize,
    },
    Task {
        task: Box<dyn Task>,
        is_canceled: bool,
    },
    /// A task that made its last step.
    Ended(Outcome),
    Dial(Dial),
    Resolve {
        host: String,
        port: u16,
    },
    Script,
    Listen(ListenPlan),
    /// `Job::Tls`
    Certificates,
    /// `Job::OomScore`
    OomScore,
    /// `Job::OpenFiles`
    OpenFiles(u32),
    Discard(Box<dyn Send>),
}

/// A job and when it may end.
pub(crate) struct Pending {
    /// Its place in the order of starts.
    pub(crate) key: u64,
    pub(crate) id: JobId,
    pub(crate) work: Work,
    /// Not before this turn of the world.
    pub(crate) due_turn: u64,
    /// Not before this time.
    pub(crate) due_us: u64,
}

/// The jobs of one host.
#[derive(Default)]
pub(crate) struct Jobs {
    pending: Vec<Pending>,
    keys: u64,
    used: BTreeSet<JobId>,
    named: BTreeSet<FileId>,
}

impl Jobs {
    /// Notes that a number is used; whether that is the first time.
    pub(crate) fn claim(&mut self, id: JobId) -> bool {
        self.used.insert(id)
    }

    /// Notes that a file is opened under a number; whether that is the first time.
    pub(crate) fn name(&mut self, file: FileId) -> bool {
        self.named.insert(file)
    }

    /// Whether a job of this number was ever asked for.
    pub(crate) fn has_used(&self, id: JobId) -> bool {
        self.used.contains(&id)
    }

    /// Adds work that may end at once.
    pub(crate) fn start(&mut self, id: JobId, work: Work) -> &mut Pending {
        self.keys += 1;
        let key = self.keys;
        self.pending.push(Pending {
            key,
            id,
            work,
            due_turn: 0,
            due_us: 0,
        });
        let last = self.pending.len() - 1;
        &mut self.pending[last]
    }

    /// The work with this key.
    pub(crate) fn find(&mut self, key: u64) -> Option<&mut Pending> {
        self.pending.iter_mut().find(|pending| pending.key == key)
    }

    /// Takes the work with this key out.
    pub(crate) fn remove(&mut self, key: u64) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.key == key)?;
        Some(self.pending.remove(at))
    }

    /// Marks a task, so that it makes no further step.
    pub(crate) fn cancel(&mut self, id: JobId) {
        for pending in self.pending.iter_mut().filter(|pending| pending.id == id) {
            if let Work::Task { is_canceled, .. } = &mut pending.work {
                *is_canceled = true;
            }
        }
    }

    /// Whether appends wait for their turn.
    pub(crate) fn has_appends(&self) -> bool {
        let mut works = self.pending.iter().map(|pending| &pending.work);
        works.any(|work| matches!(work, Work::Append(_)))
    }

    /// Whether an append to this file must wait: behind a sync, or behind another append.
    pub(crate) fn holds_file(&self, file: FileId) -> bool {
        self.pending.iter().any(|pending| match &pending.work {
            Work::Append(append) => append.file == file,
            Work::SyncWaits(synced) | Work::Sync { file: synced, .. } => *synced == file,
            _ => false,
        })
    }

    /// Keys of work that may end or go on now. Appends to one file stay in order.
    pub(crate) fn due(&self, turn: u64, now_us: u64) -> Vec<u64> {
        let mut appended = BTreeSet::new();
        let mut keys = Vec::new();
        for pending in &self.pending {
            let is_next = match &pending.work {
                Work::Append(append) => appended.insert(append.file),
                Work::SyncWaits(file) => !appended.contains(file),
                _ => true,
            };
            if is_next && pending.due_turn <= turn && pending.due_us <= now_us {
                keys.push(pending.key);
            }
        }
        keys
    }

    /// The earliest time at which work that waits for time may end.
    pub(crate) fn next_us(&self, now_us: u64) -> Option<u64> {
        let times = self.pending.iter().map(|pending| pending.due_us);
        times.filter(|due_us| *due_us > now_us).min()
    }

    /// Whether work is under way that waits for turns only.
    pub(crate) fn has_near(&self, now_us: u64) -> bool {
        self.pending.iter().any(|pending| pending.due_us <= now_us)
    }
}
