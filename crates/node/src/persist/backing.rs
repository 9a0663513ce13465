//! The beginning of a backup, step by step: prepared, its base written and linked.
//!
//! ```text
//!  START ─► the directory is empty ─► a rewrite is begun, or joined ─► its base is linked
//! ```
//! Always true: the base that is linked and the increment behind it are the last ones until the
//! backup ends.
//! Not here: its end — `sealing.rs`; the states — `backup.rs`; rewriting — `rewriting.rs`

use russet_aof::{FileName, plan};
use russet_command::CommandError;
use russet_io::{ConnId, Job, LogLevel, Outcome, Task};

use super::aof::Grows;
use super::backup::{BackupJob, Phase, Reply, SealStage, Stream, Swept};
use super::pinning::{NotPinned, Pin, Prepare, Prepared};
use super::steps::{Place, Steps};
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;

const IN_PROGRESS: CommandError =
    CommandError::text("ERR A backup is already in progress, ABORT it first");
const SEALED: CommandError = CommandError::text("ERR A sealed backup exists, CLEANUP it first");
const NO_REWRITE: CommandError =
    CommandError::text("ERR Can't start the AOF rewrite for the backup");
const SAME_DIRECTORY: CommandError =
    CommandError::text("ERR backupdirname and appenddirname are the same directory");

impl Core {
    /// BACKUP START of this client, which waits then.
    pub(crate) fn start_backup(&mut self, conn: ConnId) -> Result<(), CommandError> {
        if self.backup.is_in_progress() || self.backup.is_preparing {
            return Err(IN_PROGRESS);
        }
        if matches!(self.backup.phase, Phase::Sealed { .. }) {
            return Err(SEALED);
        }
        self.check_backup_dir()?;
        self.backup.is_preparing = true;
        self.backup.dir = self.backup_dir();
        let task = Prepare {
            dir: self.backup.dir.clone(),
            aof_dir: self.config.appenddirname.clone(),
            mark: self.layout().backup_mark(),
        };
        self.queue_backup_task(Box::new(task), BackupJob::Prepare(conn));
        Ok(())
    }

    /// The directory of backups, from the root.
    pub(super) fn backup_dir(&self) -> String {
        self.below_dir(&self.config.backupdirname)
    }

    /// The path of a name below the working directory, from the root.
    pub(super) fn below_dir(&self, name: &str) -> String {
        let dir = &self.config.dir;
        match dir.strip_suffix('/').unwrap_or(dir) {
            "" if dir.is_empty() => name.to_owned(),
            dir => format!("{dir}/{name}"),
        }
    }

    /// CLEANUP removes all files of the directory, which must not be the append-only ones.
    pub(super) fn check_backup_dir(&self) -> Result<(), CommandError> {
        match self.config.backupdirname == self.config.appenddirname {
            true => Err(SAME_DIRECTORY),
            false => Ok(()),
        }
    }

    pub(super) fn queue_backup_task(&mut self, task: Box<dyn Task>, job: BackupJob) {
        self.backup.tasks.push_back((task, job));
        self.start_backup_task();
    }

    fn start_backup_task(&mut self) {
        if self.backup.is_busy {
            return;
        }
        if let Some((task, job)) = self.backup.tasks.pop_front() {
            self.backup.is_busy = true;
            self.outbox
                .start_apart(Job::Task(task), Machine::Backup(job));
        }
    }

    /// A task of a backup has ended: gives the replies to clients.
    pub(crate) fn follow_backup_task(&mut self, job: BackupJob, outcome: Outcome) -> Vec<Reply> {
        if let BackupJob::Discard = job {
            self.follow_discard(&outcome);
            return Vec::new();
        }
        self.backup.is_busy = false;
        let replies = match job {
            BackupJob::Prepare(conn) => vec![(conn, self.follow_prepared(outcome))],
            BackupJob::Pin { base, incr } => {
                self.follow_pin(base, incr, &outcome);
                Vec::new()
            }
            BackupJob::Seal => self.follow_seal(&outcome),
            BackupJob::Sweep(replies, swept) => self.follow_sweep(replies, swept, &outcome),
            BackupJob::Discard => Vec::new(),
        };
        self.start_backup_task();
        self.step_backup();
        self.exit_behind_backup();
        replies
    }

    /// The directory is there, or not: gives the error for the client.
    fn follow_prepared(&mut self, outcome: Outcome) -> Option<CommandError> {
        self.backup.is_preparing = false;
        let name = &self.config.backupdirname;
        let prepared = match outcome {
            Outcome::Finished(value) => value.downcast::<Prepared>().ok().map(|value| *value),
            _ => None,
        };
        let text = match prepared {
            Some(Prepared::Ready { has_no_aof }) => {
                self.backup.phase = Phase::Pending { has_no_aof };
                self.step_backup();
                let has_failed = matches!(self.backup.phase, Phase::Failed { .. });
                return has_failed.then_some(NO_REWRITE);
            }
            Some(Prepared::NotEmpty) => {
                format!("ERR Backup directory {name} is not empty, CLEANUP it first")
            }
            Some(Prepared::NoDirectory(failure)) => {
                format!("ERR Can't create backup directory {name}: {failure}")
            }
            None => return Some(NO_REWRITE),
        };
        Some(CommandError::Text(text.into()))
    }

    /// Does what can be done now: the base is begun, the increment closed, a stream discarded, or a
    /// sealed backup removed whose time is over.
    pub(crate) fn step_backup(&mut self) {
        if self.backup.stream == Stream::Leaving && self.aof.running == 0 {
            self.discard_stream();
        }
        match &self.backup.phase {
            Phase::Pending { .. } => self.begin_snapshot(),
            Phase::Incrementing {
                seal: Some(seal), ..
            } if seal.stage == SealStage::Asked => self.begin_seal(),
            Phase::Sealed { counts_from_s, .. } => {
                let age_s = self.now.wall_s().saturating_sub(*counts_from_s);
                let ttl_s = self.config.backup_sealed_ttl;
                if ttl_s > 0 && age_s >= ttl_s && !self.backup.is_busy {
                    let line = format!("BACKUP: auto cleaning sealed backup after {age_s} seconds");
                    self.outbox.log(LogLevel::Notice, line);
                    self.sweep_backup(Vec::new(), Swept::Cleanup);
                }
            }
            _ => {}
        }
    }

    fn begin_snapshot(&mut self) {
        let is_starting = self.hurdles.has(Hurdles::LOADING) || self.loading.is_some();
        let is_ending = self.backup.is_exiting;
        if is_starting || is_ending || self.open.is_some() || self.saves.is_busy() {
            return;
        }
        let since_s = self.now.wall_s();
        if let Some(rewrite) = &self.aof.rewrite {
            // The base of another rewrite will do if changes after it are appended.
            let is_grown = !matches!(rewrite.grows, Grows::Nothing);
            if self.config.appendonly && rewrite.has_base && is_grown {
                self.backup.phase = Phase::Snapshotting {
                    since_s,
                    is_written: false,
                };
            }
            return;
        }
        if self.aof.running > 0 || self.aof.stops_at.is_some() {
            return;
        }
        let Phase::Pending { has_no_aof } = self.backup.phase else {
            return;
        };
        if !self.config.appendonly {
            let is_alone = has_no_aof && !self.aof.is_scheduled;
            self.backup.stream = Stream::Own { is_alone };
        }
        self.backup.phase = Phase::Snapshotting {
            since_s,
            is_written: false,
        };
        self.start_rewrite();
        if self.aof.rewrite.is_none() {
            self.fail_backup("failed to start AOF rewrite for backup");
        }
    }

    /// A base was listed: the one of the backup is linked.
    pub(crate) fn follow_base(&mut self) {
        let manifest = &self.aof.manifest;
        match &mut self.backup.phase {
            Phase::Pending { has_no_aof } => *has_no_aof = false,
            Phase::Snapshotting { is_written, .. } => {
                *is_written = true;
                let (Some(base), Some(incr)) = (manifest.base(), manifest.last_incr()) else {
                    return self.fail_backup("failed to pin snapshot file");
                };
                let (base, incr) = (base.name.clone(), incr.name.clone());
                let task = self.pin(&base, vec![plan::Step::SyncDir]);
                self.queue_backup_task(Box::new(task), BackupJob::Pin { base, incr });
            }
            _ => {}
        }
    }

    /// A task that pins an append-only file, then carries out steps in the directory of backups.
    pub(super) fn pin(&mut self, name: &FileName, steps: Vec<plan::Step>) -> Pin {
        let source = self.place();
        let place = Place {
            dir: self.backup.dir.clone(),
            ..self.place()
        };
        let paths = (source.path(name), place.path(name));
        Pin::new(paths, source.files, Steps::new(place, steps, None))
    }

    fn follow_pin(&mut self, base: FileName, incr: FileName, outcome: &Outcome) {
        let Phase::Snapshotting { since_s, .. } = self.backup.phase else {
            return;
        };
        if let Some(why) = not_pinned(outcome) {
            let line = format!("BACKUP: can't link or copy {base}: {why}");
            self.outbox.log(LogLevel::Warning, line);
            return self.fail_backup("failed to pin snapshot file");
        }
        let line = format!("BACKUP: snapshot pinned ({base}), now accumulating writes");
        self.outbox.log(LogLevel::Notice, line);
        self.backup.phase = Phase::Incrementing {
            since_s,
            base,
            incr,
            seal: None,
        };
    }
}

/// Why a file was not pinned, or the steps behind it not carried out.
pub(super) fn not_pinned(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed(failure) => Some(failure.to_string()),
        Outcome::Finished(value) => {
            let NotPinned(failure) = value.downcast_ref::<NotPinned>()?;
            Some(failure.to_string())
        }
        other => Some(format!("{other:?}")),
    }
}
