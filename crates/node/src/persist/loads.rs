//! Loads: the files that are being read piece by piece, and what is known of the last load.
//!
//! ```text
//!  start ─► Survey ─┬─ preload-file ─► a dump, or base and increments, that must be there
//!                   ├─ appendonly yes ─► base, increments
//!                   └─ appendonly no, or none of them ─► dump.rdb
//!  a file ─► Open ─► Read ─┬─ bytes ─► the next read is asked for, then these are loaded
//!                          └─ none: the end of the file ─► the next file
//! ```
//! | state | plan | Opened | Bytes | Failed |
//! |---|---|---|---|---|
//! | surveying | → opening, or ended | – | – | failed |
//! | opening | – | → reading | – | no dump: ended · other: failed |
//! | reading | – | – | → reading, opening the next, or ended | failed |
//!
//! Always true: at most one read is under way, and no piece is loaded twice.
//! Always true: a file that is refused ends the start of the server; nothing of it is served.
//! Not here: who changes it — `loading.rs`, `replay.rs`; what the bytes mean — `restore.rs`

use std::collections::VecDeque;

use russet_aof::{Expect, FileName, Manifest, Reader};
use russet_base::time::Now;
use russet_command::CommandError;
use russet_io::{ConnId, FileId};
use russet_rdb::Buffer;

use super::preload::Preload;
use super::restore::Restore;
use crate::session::Session;

/// DEBUG LOADAOF that could not read the files back.
pub(crate) const LOAD_AOF_FAILED: CommandError =
    CommandError::text("ERR Error trying to load the AOF files, check server logs.");

/// Why data is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server starts.
    Start,
    /// DEBUG RELOAD of this client. Keys that are there may be replaced.
    Reload(ConnId),
    /// DEBUG LOADAOF of this client.
    LoadAof(ConnId),
}

/// A file to load.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub path: String,
    pub kind: SourceKind,
}

/// The kind of a file to load.
#[derive(Debug, Clone)]
pub(crate) enum SourceKind {
    /// A dump that may be absent.
    Dump,
    /// A part of the append-only file.
    Part {
        /// Its name in the directory.
        name: FileName,
        /// How its units are protected.
        expect: Expect,
        /// Whether it is the last, so that it may end early.
        is_last: bool,
        /// Its size in bytes.
        size: u64,
    },
}

/// A file that is being read.
pub(crate) struct Current {
    pub source: Source,
    pub file: FileId,
    /// When it was opened, in monotonic microseconds.
    pub since_us: u64,
    /// The bytes that were asked for.
    pub asked: u64,
    pub content: Content,
}

impl Current {
    /// The keys of dumps that were read.
    pub(crate) fn keys(&self) -> u64 {
        let (Content::Dump(restore, _) | Content::Units(_, restore)) = &self.content;
        restore.loaded + restore.expired
    }
}

/// The contents of a file.
pub(crate) enum Content {
    /// A dump.
    Dump(Box<Restore>, Buffer),
    /// Commands, maybe behind a dump.
    Units(Box<Reader>, Box<Restore>),
}

/// Files that are being loaded.
pub(crate) struct Loading {
    pub cause: Cause,
    pub since: Now,
    pub replaces: bool,
    /// The files to come.
    pub queue: VecDeque<Source>,
    /// The file that is read; none while it is not known yet.
    pub current: Option<Current>,
    /// The size of all files, and of those that were read, in bytes.
    pub total: u64,
    pub done: u64,
    /// The size of the last file, without what was cut off.
    pub last_size: u64,
    /// The manifest of the server's append-only file, if that was read.
    pub manifest: Option<Manifest>,
    /// The file that `preload-file` names, loaded in place of the server's own files.
    pub preload: Option<Preload>,
    /// The directory of the base and the increments, and the name of the base.
    pub dir: String,
    pub base: Option<FileName>,
    /// The session that runs the commands of an append-only file.
    pub session: Option<Box<Session>>,
    pub counts: Loads,
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
    /// Loading of files that are not known yet.
    pub(crate) fn new(cause: Cause, replaces: bool, now: Now) -> Self {
        Self {
            cause,
            since: now,
            replaces,
            queue: VecDeque::new(),
            current: None,
            total: 0,
            done: 0,
            last_size: 0,
            manifest: None,
            preload: None,
            dir: String::new(),
            base: None,
            session: None,
            counts: Loads::default(),
        }
    }

    /// How far it has come.
    pub(crate) fn progress(&self, now: Now) -> LoadProgress {
        let took_s = now.mono_us.saturating_sub(self.since.mono_us) / 1_000_000;
        let asked = self.current.as_ref().map_or(0, |current| current.asked);
        LoadProgress {
            start_s: self.since.wall_s(),
            total: self.total,
            loaded: (self.done + asked).min(self.total),
            took_s,
        }
    }
}

/// Counts of a load, for INFO.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loads {
    /// Keys that were loaded.
    pub loaded: u64,
    /// Keys that were left out since their deadline had passed.
    pub expired: u64,
    /// Keys without a value, which were left out.
    pub empty: u64,
}

impl Loads {
    /// Adds what a dump gave.
    pub(crate) fn add(&mut self, restore: &Restore) {
        self.loaded += restore.loaded;
        self.expired += restore.expired;
        self.empty += restore.empty;
    }
}
