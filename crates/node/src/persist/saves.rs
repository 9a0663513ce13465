//! Saving: who asks for an RDB file, what runs, and what is known of the last one.
//!
//! ```text
//!  BGSAVE, save points ─┐
//!  SAVE ────────────────┼─► snapshot ─► task ─┬─ done ─► reply, counters, log
//!  FLUSHALL, SHUTDOWN, DEBUG RELOAD           └─ failed ─► MISCONF for writes, log
//! ```
//! | state | BGSAVE | SCHEDULE | SAVE | SHUTDOWN | task done | task failed |
//! |---|---|---|---|---|---|---|
//! | idle | → running | → running | → running | → running | – | – |
//! | running | refused | refused | refused | → canceled, then running | → idle | → idle |
//!
//! Always true: at most one dump runs.
//! Always true: changes that were made after the snapshot still count as unsaved.
//! Not here: who changes it — `saving.rs`; commands — `control/save.rs`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use russet_base::time::Now;
use russet_io::{ConnId, JobId};

/// Whether all data is dropped before a file is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// It is.
    Yes,
    /// It stays, and a key of the file that is there already is an error.
    No,
    /// It stays, and keys of the file replace it.
    Merge,
}

/// The origin of a dump, which decides what follows its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// BGSAVE or a save point: nobody waits.
    Background,
    /// SAVE: this client waits.
    Command(ConnId),
    /// DEBUG RELOAD: this client waits, and the file is loaded then.
    Reload(ConnId, Flush),
    /// FLUSHALL while there are save points: nobody waits, and other dumps replace it.
    Flush,
    /// The server ends then.
    Exit {
        /// The client that waits for the failure.
        client: Option<ConnId>,
        /// Whether the server ends after a failure, too.
        force: bool,
    },
}

/// A dump that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub job: JobId,
    pub purpose: Purpose,
    pub since: Now,
    /// The changes that it holds.
    pub dirty: u64,
    pub keys: u64,
    pub progress: Arc<AtomicU64>,
}

/// Everything known of dumps.
#[derive(Debug)]
pub(crate) struct Saves {
    pub(super) running: Option<Running>,
    /// Whether one is to begin as soon as nothing else runs.
    pub is_scheduled: bool,
    /// How many were canceled: each may still be at its temporary file.
    pub(super) canceled: u64,
    /// Whether FLUSHALL ran in this turn, so that the file is to be emptied.
    pub is_flushed: bool,
    /// The Unix time of the last one that succeeded, in seconds.
    pub last_save_s: i64,
    /// The monotonic time at which the last one began.
    pub(super) tried_us: Option<u64>,
    /// Whether the last one in the background succeeded.
    pub is_last_ok: bool,
    /// How long the last one took, in seconds.
    pub last_took_s: Option<i64>,
    /// How many succeeded.
    pub count: u64,
}

impl Saves {
    pub(crate) fn new(now: Now) -> Self {
        Self {
            running: None,
            is_scheduled: false,
            canceled: 0,
            is_flushed: false,
            last_save_s: now.wall_s(),
            tried_us: None,
            is_last_ok: true,
            last_took_s: None,
            count: 0,
        }
    }

    /// Whether a dump runs.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether a dump runs that is not one after FLUSHALL, which gives way.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_running() && !self.is_after_flush()
    }

    /// Whether a dump after FLUSHALL runs.
    pub(crate) fn is_after_flush(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.purpose == Purpose::Flush)
    }

    /// Gives a dump after FLUSHALL that runs another purpose; false if there is none.
    pub(crate) fn end_then(&mut self, purpose: Purpose) -> bool {
        if !self.is_after_flush() {
            return false;
        }
        if let Some(running) = &mut self.running {
            running.purpose = purpose;
            running.dirty = 0;
        }
        true
    }

    /// Whether a dump runs for which nobody waits.
    pub(crate) fn is_in_background(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.purpose == Purpose::Background)
    }

    /// How long the dump that runs has taken, in seconds.
    pub(crate) fn current_took_s(&self, now: Now) -> Option<i64> {
        let running = self.running.as_ref()?;
        Some(now.wall_s() - running.since.wall_s())
    }

    /// The keys that the dump that runs has written, and has in all.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let running = self.running.as_ref();
        running.map_or((0, 0), |running| {
            (running.progress.load(Ordering::Relaxed), running.keys)
        })
    }
}
