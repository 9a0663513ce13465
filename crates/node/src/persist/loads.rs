//! Loads: the file that is being read piece by piece, and what is known of the last one.
//!
//! ```text
//!  start, DEBUG RELOAD ─► Open ─► Read ─┬─ bytes ─► the next read is asked for, then these are
//!                                       │           loaded ─► … ─► ended
//!                                       └─ none: the end of the file
//! ```
//! | state | Opened | Bytes | Failed |
//! |---|---|---|---|
//! | opening | → reading | – | no file: ended · other: failed |
//! | reading | – | → reading, or ended | failed |
//!
//! Always true: at most one read is under way, and no piece is loaded twice.
//! Always true: a file that is refused ends the start of the server; nothing of it is served.
//! Not here: who changes it — `loading.rs`; what the bytes mean — `restore.rs`

use russet_base::time::Now;
use russet_io::{ConnId, FileId};
use russet_rdb::Buffer;

use super::restore::Restore;

/// Why data is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server starts.
    Start,
    /// DEBUG RELOAD of this client. Keys that are there may be replaced.
    Reload(ConnId),
}

/// A dump that is being loaded.
pub(crate) struct Loading {
    pub(super) cause: Cause,
    pub(super) path: String,
    pub(super) file: FileId,
    pub(super) since: Now,
    /// The size of the file, and the bytes that were asked for.
    pub(super) size: u64,
    pub(super) asked: u64,
    pub(super) buffer: Buffer,
    pub(super) restore: Restore,
    pub(super) replaces: bool,
}

/// The end of loading.
#[derive(Debug)]
pub(crate) enum Ended {
    /// There was no file.
    Nothing(Cause),
    /// All of it was loaded.
    Loaded(Cause),
    /// It was refused, for this reason.
    Failed(Cause, String),
}

/// How far loading has come, for INFO.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LoadProgress {
    /// The Unix time of the beginning, in seconds.
    pub start_s: i64,
    /// The bytes of all files.
    pub total: u64,
    /// The bytes that were read.
    pub loaded: u64,
    /// How long it has taken, in seconds.
    pub took_s: u64,
}

impl LoadProgress {
    /// How long the rest will take at the speed so far, in seconds.
    pub(crate) fn eta_s(&self) -> u64 {
        match self.loaded {
            0 => 1,
            loaded => {
                (self.total - loaded.min(self.total)).saturating_mul(self.took_s.max(1)) / loaded
            }
        }
    }
}

impl Loading {
    /// How far it has come.
    pub(crate) fn progress(&self, now: Now) -> LoadProgress {
        let took_s = now.mono_us.saturating_sub(self.since.mono_us) / 1_000_000;
        LoadProgress {
            start_s: self.since.wall_s(),
            total: self.size,
            loaded: self.asked.min(self.size),
            took_s,
        }
    }
}

/// Counts of the last load, for INFO.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loads {
    /// Keys that were loaded.
    pub loaded: u64,
    /// Keys that were left out since their deadline had passed.
    pub expired: u64,
}
