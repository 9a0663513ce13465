//! Backups: how far the one of this server has come, and which files it has.
//!
//! ```text
//!  START ─► Pending ─► Snapshotting ─► Incrementing ─ SEAL ─► Sealed ─ CLEANUP ─► Idle
//!           nothing    the base is     the base is linked,    base, increment,
//!           else runs  written         changes are appended   manifest
//! ```
//! | state | START | SEAL | ABORT | CLEANUP | AOF off, a failure |
//! |---|---|---|---|---|---|
//! | Idle | → Pending | refused | refused | files removed | – |
//! | Pending, Snapshotting | refused | refused | → Failed | refused | → Failed |
//! | Incrementing | refused | → Sealed | → Failed | refused | → Failed |
//! | Sealed | refused | refused | refused | → Idle | – |
//! | Failed | → Pending | refused | refused | → Idle | – |
//!
//! A backup of a server without an append-only file has a stream of its own: an append-only file
//! that is there while the backup is open, and that refuses no write when the disk fails.
//!
//! Always true: the directory has a manifest only when all that it names is there and will not
//! change any more.
//! Always true: at most one task works on the directory of backups.
//! Not here: who changes it — `backing.rs`, `sealing.rs`; the tasks — `pinning.rs`; commands —
//! `control/backup.rs`

use std::collections::VecDeque;

use russet_aof::{FileName, Manifest};
use russet_command::CommandError;
use russet_io::{ConnId, Task};

/// Everything known of backups.
#[derive(Default)]
pub(crate) struct Backup {
    pub phase: Phase,
    /// The directory of the last backup, from the root, wherever the server is now.
    pub dir: String,
    /// Whether START has a task under way.
    pub is_preparing: bool,
    /// The append-only file that is there for the backup alone.
    pub stream: Stream,
    /// Tasks on the directory that wait for the one before.
    pub tasks: VecDeque<(Box<dyn Task>, BackupJob)>,
    /// Whether a task on the directory is under way.
    pub is_busy: bool,
    /// Whether the mark is on the disk, or may be, that makes the next start remove the append-only
    /// files.
    pub is_marked: bool,
    /// Whether the server ends once nothing is left to be removed.
    pub is_exiting: bool,
}

/// How far a backup has come.
#[derive(Debug, Default)]
pub(crate) enum Phase {
    /// There is none.
    #[default]
    Idle,
    /// The base waits until nothing else runs.
    Pending {
        /// Whether there is no append-only file, whoever wrote it.
        has_no_aof: bool,
    },
    /// The base is written, or linked.
    Snapshotting {
        /// The Unix time at which it was begun, in seconds.
        since_s: i64,
        /// Whether it is written, and is linked now.
        is_written: bool,
    },
    /// Changes are appended.
    Incrementing {
        /// The Unix time at which the base was begun, in seconds.
        since_s: i64,
        /// The base.
        base: FileName,
        /// The increment that takes changes.
        incr: FileName,
        /// The end that was asked for.
        seal: Option<Seal>,
    },
    /// It is complete.
    Sealed {
        /// The Unix time at which the base was begun, in seconds.
        since_s: i64,
        /// The Unix time at which it was sealed, in seconds.
        until_s: i64,
        /// The Unix time from which `backup-sealed-ttl` counts, in seconds.
        counts_from_s: i64,
        /// Its files: base, increment, manifest.
        files: [FileName; 3],
    },
    /// It was given up.
    Failed {
        /// The Unix time at which the base was begun, in seconds; 0 if it was not.
        since_s: i64,
        /// The reason.
        error: String,
    },
}

/// The end of a backup that was asked for.
#[derive(Debug)]
pub(crate) struct Seal {
    /// The client that waits for it.
    pub client: Option<ConnId>,
    pub stage: SealStage,
}

/// How far the end of a backup has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealStage {
    /// The change to another increment waits until nothing else runs.
    Asked,
    /// Changes go to another increment; the one of the backup is synced.
    Rotating,
    /// The increment is linked and the manifest written.
    Linking,
}

/// The append-only file of a backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stream {
    /// It is that of the server, or there is none.
    #[default]
    OfServer,
    /// It is the backup's own.
    Own {
        /// Whether there was no other file in its directory, so that all are removed at the end.
        is_alone: bool,
    },
    /// Its files are to be removed as soon as nothing writes them, or are being removed.
    Leaving,
}

/// A task of a backup.
#[derive(Debug)]
pub(crate) enum BackupJob {
    /// START of this client: the directory is made, and is empty.
    Prepare(ConnId),
    /// The base is linked; this increment follows it.
    Pin { base: FileName, incr: FileName },
    /// The increment is linked, and the manifest written.
    Seal,
    /// The directory is emptied, then the clients hear this.
    Sweep(Vec<Reply>, Swept),
    /// The files of the backup's own stream are removed.
    Discard,
}

/// A client and its reply: an error, or OK.
pub(crate) type Reply = (ConnId, Option<CommandError>);

/// The reason for which the directory is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// The backup has failed, and stays so.
    Failure,
    /// CLEANUP, or the end of its time.
    Cleanup,
}

impl Backup {
    /// Whether a backup is open.
    pub(crate) fn is_in_progress(&self) -> bool {
        matches!(
            self.phase,
            Phase::Pending { .. } | Phase::Snapshotting { .. } | Phase::Incrementing { .. }
        )
    }

    /// Whether no rewrite may begin: it would replace the increment of the backup.
    pub(crate) fn holds_rewrites(&self) -> bool {
        match self.phase {
            Phase::Snapshotting { is_written, .. } => is_written,
            Phase::Incrementing { .. } => true,
            _ => false,
        }
    }

    /// Whether the base is being written.
    pub(crate) fn is_snapshotting(&self) -> bool {
        matches!(self.phase, Phase::Snapshotting { .. })
    }

    /// Whether files of the backup are still to be removed, or are being changed.
    pub(crate) fn has_work(&self) -> bool {
        self.is_busy || !self.tasks.is_empty() || self.stream == Stream::Leaving
    }

    /// Whether there is an append-only file for the backup alone, where there was none before.
    pub(crate) fn is_stream_alone(&self) -> bool {
        matches!(self.stream, Stream::Own { is_alone: true })
    }

    /// Whether there is an append-only file for the backup alone.
    pub(crate) fn owns_stream(&self) -> bool {
        matches!(self.stream, Stream::Own { .. })
    }

    /// The state's name, as BACKUP STATUS tells it.
    pub(crate) fn state(&self) -> &'static str {
        match self.phase {
            Phase::Idle => "idle",
            Phase::Pending { .. } => "pending",
            Phase::Snapshotting { .. } => "snapshotting",
            Phase::Incrementing { .. } => "incrementing",
            Phase::Sealed { .. } => "sealed",
            Phase::Failed { .. } => "failed",
        }
    }

    /// The reason of a failure; empty without one.
    pub(crate) fn error(&self) -> &str {
        match &self.phase {
            Phase::Failed { error, .. } => error,
            _ => "",
        }
    }

    /// The Unix time in seconds at which the backup began, and at which it was sealed; 0 for
    /// neither.
    pub(crate) fn times_s(&self) -> (i64, i64) {
        match self.phase {
            Phase::Idle | Phase::Pending { .. } => (0, 0),
            Phase::Snapshotting { since_s, .. }
            | Phase::Incrementing { since_s, .. }
            | Phase::Failed { since_s, .. } => (since_s, 0),
            Phase::Sealed {
                since_s, until_s, ..
            } => (since_s, until_s),
        }
    }

    /// The paths of the files that will not change any more.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = match &self.phase {
            Phase::Incrementing { base, .. } => std::slice::from_ref(base),
            Phase::Sealed { files, .. } => files,
            _ => &[],
        };
        let path = |name: &FileName| format!("{}/{}", self.dir, name.as_str());
        names.iter().map(path).collect()
    }

    /// Whether this client waits for the end of the backup.
    pub(crate) fn is_sealed_by(&self, conn: ConnId) -> bool {
        match &self.phase {
            Phase::Incrementing { seal, .. } => {
                let client = seal.as_ref().and_then(|seal| seal.client);
                client == Some(conn)
            }
            _ => false,
        }
    }

    /// Takes the client that waits for the end of the backup.
    pub(crate) fn take_sealer(&mut self) -> Option<ConnId> {
        match &mut self.phase {
            Phase::Incrementing { seal, .. } => seal.as_mut()?.client.take(),
            _ => None,
        }
    }

    /// The manifest of the backup, if its increment is closed and follows the base.
    pub(crate) fn manifest(&self, live: &Manifest) -> Option<Manifest> {
        match &self.phase {
            Phase::Incrementing { base, incr, .. } => live
                .up_to(incr)
                .filter(|manifest| manifest.base().is_some_and(|part| part.name == *base)),
            _ => None,
        }
    }
}
