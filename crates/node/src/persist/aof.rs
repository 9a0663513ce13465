//! The append-only file: what takes changes, what is durable, and a rewrite under way.
//!
//! ```text
//!  journal ─► Writer ─► increment ── sync ──► durable: fences open
//!                │
//!  Rewrite   Opening ─► Switching ─► Writing ─────────────► Finishing ─► none
//!            create      at the end   dump of the snapshot   new base     history is
//!            an incr     of a turn    old incr synced,       is listed    removed behind it
//!                                     new one listed
//! ```
//! | state | steps done | dump done | sync done | failed |
//! |---|---|---|---|---|
//! | Opening | → Switching | – | – | → none, tried again |
//! | Switching | – | – | – | – |
//! | Writing | the increment is listed | → Finishing | of the old one: steps go on | → none |
//! | Finishing | → none | – | – | → none |
//!
//! Always true: the base is listed after the increment.
//! Always true: at most one rewrite has jobs under way; the next one begins when those of a
//! canceled one, and the removal of history, have ended, and uses other numbers.
//! Always true: appending that is turned off ends once all changes before that are durable.
//! Always true: what was written to an increment counts as durable only once a manifest that lists
//! the increment is on the disk.
//! Not here: who changes it — `appending.rs`, `rewriting.rs`; files and their order —
//! `russet_aof::plan`

use russet_aof::plan::{Change, Further};
use russet_aof::{BaseFormat, GroupWriter, Manifest, Part, Timestamps, Units};
use russet_base::time::Now;
use russet_io::{ConnId, FileId, JobId};

use super::dump::Dumped;
use crate::journal::{Offset, ReaderId};

/// Everything known of the append-only file.
#[derive(Debug)]
pub(crate) struct Aof {
    /// The manifest that is on the disk.
    pub manifest: Manifest,
    /// The increment that takes changes; none while it is off, or after a failure.
    pub writer: Option<Writer>,
    /// The rewrite under way.
    pub rewrite: Option<Rewrite>,
    /// Jobs that change files and have not ended: those of rewrites, of a canceled one too, and
    /// the removal of history.
    pub running: u32,
    /// Whether history is being removed, which takes moments.
    pub is_cleaning: bool,
    /// The offset of the journal at which appending was turned off, until it is durable.
    pub stops_at: Option<Offset>,
    /// The client whose DEBUG LOADAOF begins as soon as no job changes files.
    pub loads_for: Option<ConnId>,
    /// Whether the server ends once the increment is listed, and no unfinished base is left.
    pub is_exiting: bool,
    /// Whether a rewrite is to begin as soon as nothing else runs.
    pub is_scheduled: bool,
    /// Whether the rewrite of a BGREWRITEAOF waits until history is removed: it counts as under
    /// way.
    pub is_due: bool,
    /// Why changes cannot be written.
    pub fault: Option<String>,
    /// When writing is tried again after a failure, in monotonic microseconds.
    pub retry_us: u64,
    /// Whether replies wait until what they depend on is durable.
    pub is_fenced: bool,
    /// The size of the base, and of all files after the last rewrite, in bytes.
    pub base_size: u64,
    /// The size of all files after the last rewrite, or at the start.
    pub grown_from: u64,
    /// The size of all files as they were loaded.
    pub loaded_size: u64,
    /// The size of the last file as it was loaded.
    pub last_size: u64,
    /// The size of the increments before the one that is being written.
    pub before_size: u64,
    /// Whether the last rewrite succeeded.
    pub is_last_ok: bool,
    /// How long the last rewrite took, in seconds.
    pub last_took_s: Option<i64>,
    /// How many rewrites began, but for those that a start needs.
    pub count: u64,
    /// How many failed since the last that succeeded.
    pub failures: u64,
    /// How many syncs took so long that replies waited for them.
    pub delayed: u64,
}

impl Default for Aof {
    fn default() -> Self {
        Self {
            manifest: Manifest::default(),
            writer: None,
            rewrite: None,
            running: 0,
            is_cleaning: false,
            stops_at: None,
            loads_for: None,
            is_exiting: false,
            is_scheduled: false,
            is_due: false,
            fault: None,
            retry_us: 0,
            is_fenced: false,
            base_size: 0,
            grown_from: 0,
            loaded_size: 0,
            last_size: 0,
            before_size: 0,
            is_last_ok: true,
            last_took_s: None,
            count: 0,
            failures: 0,
            delayed: 0,
        }
    }
}

impl Aof {
    /// The size of all files, in bytes.
    pub(crate) fn size(&self) -> u64 {
        let writer = self.writer.as_ref();
        let writing = writer.map_or(0, |writer| writer.size);
        self.base_size + self.before_size + writing
    }

    /// The rewrite under way that writes a base.
    pub(crate) fn rewriting(&self) -> Option<&Rewrite> {
        self.rewrite.as_ref().filter(|rewrite| rewrite.has_base)
    }

    /// Whether a base is written, or will be as soon as files may be changed.
    pub(crate) fn is_rewriting(&self) -> bool {
        self.is_due || self.rewriting().is_some()
    }

    /// Whether jobs change files that may take long, such as a base that nobody wants any more.
    pub(crate) fn is_long_busy(&self) -> bool {
        self.running > u32::from(self.is_cleaning)
    }

    /// Whether a rewrite goes over from one increment to the next.
    pub(crate) fn goes_over(&self) -> bool {
        let rewrite = self.rewrite.as_ref();
        rewrite.is_some_and(|rewrite| rewrite.grows.goes_over())
    }

    /// The offset of the journal up to which all changes survive a crash.
    pub(crate) fn durable(&self) -> Option<Offset> {
        self.writer.as_ref().and_then(Writer::durable)
    }
}

/// An increment that takes changes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The file, open for appending.
    pub file: FileId,
    /// The reader of the journal.
    pub reader: ReaderId,
    /// The check lines, if the file has them.
    pub checks: Option<GroupWriter>,
    /// The size of the file, in bytes.
    pub size: u64,
    pub times: Timestamps,
    /// The journal up to here was handed to the loop.
    pub appended: Offset,
    /// When the oldest byte was handed over that no sync has covered, in monotonic microseconds.
    pub oldest_us: Option<u64>,
    /// The sync under way.
    pub sync: Option<Syncing>,
    /// The clients that waited when the last sync ended.
    pub expected: usize,
    /// Until this time the next sync waits for as many clients, in monotonic microseconds.
    pub gathers_until_us: u64,
    /// The journal up to here was synced in this file.
    pub synced: Offset,
    /// Changes up to here are in files, or in a base, that the manifest will list with this one.
    pub begins: Offset,
    /// The changes that were durable in the file before this one, if there was one.
    pub durable_before: Option<Offset>,
    /// Whether the manifest on the disk lists the file.
    pub is_listed: bool,
}

/// How long after a failure writing is tried again, in microseconds.
pub(crate) const RETRY_US: u64 = 1_000_000;

/// How far an increment may fall behind the journal, in bytes: it bounds itself, for it reads to
/// the end every turn, or under `always` before each sync.
pub(crate) const READER_LIMIT: u64 = u64::MAX;

impl Writer {
    /// A writer of this part, which has that many bytes, for what follows this offset of the
    /// journal. The manifest does not list it yet.
    pub(crate) fn begin(
        (file, reader): (FileId, ReaderId),
        (part, size): (&Part, u64),
        begins: Offset,
    ) -> Self {
        Self {
            file,
            reader,
            checks: checks_of(part, size),
            size,
            times: Timestamps::default(),
            appended: begins,
            oldest_us: None,
            sync: None,
            expected: 0,
            gathers_until_us: 0,
            synced: Offset::default(),
            begins,
            durable_before: None,
            is_listed: false,
        }
    }

    /// Whether a sync waits, with that many clients waiting for it, since more are to be expected.
    pub(crate) fn gathers(&self, waiting: usize, now_us: u64) -> bool {
        waiting < self.expected && now_us < self.gathers_until_us
    }

    /// The offset of the journal up to which all changes survive a crash; none before the first
    /// base is listed, not even the changes that were not recorded.
    pub(crate) fn durable(&self) -> Option<Offset> {
        match self.is_listed {
            true => Some(self.synced.max(self.begins)),
            false => self.durable_before,
        }
    }
}

/// A sync under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syncing {
    /// The journal up to here is in the file then.
    pub upto: Offset,
    /// The size of the file that it covers.
    pub size: u64,
    pub since_us: u64,
    /// Under `everysec`: whether it takes so long that replies wait for it, behind this offset.
    pub stalled: Option<Offset>,
}

/// The place that takes changes while a base is written.
#[derive(Debug, Clone)]
pub(crate) enum Grows {
    /// A further increment, which is being created.
    Further(Further),
    /// It takes changes, and is listed once the file before it was synced.
    Listed(Change),
    /// An increment that is listed together with the base.
    Apart(Part),
    /// Nothing.
    Nothing,
}

impl Grows {
    /// Whether changes go over from one increment to the next.
    pub(crate) const fn goes_over(&self) -> bool {
        matches!(self, Self::Further(_) | Self::Listed(_))
    }
}

/// A rewrite under way.
#[derive(Debug)]
pub(crate) struct Rewrite {
    pub grows: Grows,
    /// Whether a base is written; without it, only the increment is changed.
    pub has_base: bool,
    /// The form of the base.
    pub format: BaseFormat,
    pub stage: Stage,
    pub since: Now,
    /// The file of the new increment.
    pub file: FileId,
    /// The increment before, until it is synced.
    pub old: Option<FileId>,
    /// The job of the dump.
    pub dump: Option<JobId>,
    /// The base, once it is written.
    pub dumped: Option<Dumped>,
    /// Whether what takes changes is in order: listed, apart, or nothing.
    pub is_settled: bool,
}

impl Rewrite {
    /// Whether only the base is missing, which an older one and the listed increments stand for.
    pub(crate) fn is_dispensable(&self) -> bool {
        let is_writing = self.stage == Stage::Writing && self.dump.is_some();
        let is_apart = matches!(self.grows, Grows::Apart(_));
        is_writing && !is_apart && self.is_settled && self.old.is_none()
    }
}

/// How far a rewrite has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The increment is created.
    Opening,
    /// The increment is open; the next turn that ends between units goes over to it.
    Switching,
    /// The base is written.
    Writing,
    /// The base is listed: the manifest to come.
    Finishing(Box<Manifest>),
}

/// A job of the append-only file.
#[derive(Debug, Clone)]
pub(crate) enum AofJob {
    /// The survey of the disk at the start.
    Survey,
    /// The tail of the last file is cut, as this setting allows.
    Cut(&'static str),
    /// The file to go on with is opened, of this manifest.
    Open(Box<Manifest>, FileId),
    /// Steps of the rewrite.
    Steps,
    /// The base of the rewrite.
    Base,
    /// History is removed: the manifest to come.
    Clean(Box<Manifest>),
    /// The mark is removed that makes the next start remove the files.
    Unmark,
    /// A sync of this file.
    Sync(FileId),
    /// A sync of the file before the new increment.
    SyncOld(FileId),
    /// The last sync before this.
    SyncThen(Then),
}

/// The step after a last sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The server ends.
    Exit,
    /// DEBUG LOADAOF of this client.
    Load(ConnId),
}

/// The check lines of a file of this size, if it has them.
pub(crate) fn checks_of(part: &Part, size: u64) -> Option<GroupWriter> {
    (part.units == Units::Checked).then(|| GroupWriter::new(part.seq, size))
}
