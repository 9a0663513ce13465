//! The end of a backup, step by step: sealed, given up, removed.
//!
//! ```text
//!  SEAL ─► another increment takes changes, the one before is synced ─► linked ─► manifest
//!  ABORT, a failure ─► the own stream stops ─► the directory is emptied
//!  CLEANUP, backup-sealed-ttl ─► the directory is emptied
//! ```
//! Always true: a reply about a backup is true of its files when it leaves.
//! Always true: a disk that fails ends the backup, and nothing else.
//! Not here: its beginning — `backing.rs`; the states — `backup.rs`

use russet_aof::{Manifest, plan};
use russet_command::CommandError;
use russet_io::{ConnId, Job, LogLevel, Outcome};

use super::backing::not_pinned;
use super::backup::{BackupJob, Phase, Reply, Seal, SealStage, Stream, Swept};
use super::sweep::Sweep;
use crate::core::Core;
use crate::machines::Machine;

const NOT_READY: CommandError =
    CommandError::text("ERR No backup ready to seal (must be in the incrementing state)");
const NOTHING_TO_ABORT: CommandError = CommandError::text("ERR No backup in progress");
const STILL_OPEN: CommandError = CommandError::text("ERR Backup is in progress");

/// The reason of a failure when the append-only file is turned off.
pub(crate) const STOPPED: &str = "appendonly is stopped";

impl Core {
    /// BACKUP SEAL of this client, which waits then.
    pub(crate) fn seal_backup(&mut self, conn: ConnId) -> Result<(), CommandError> {
        let Phase::Incrementing {
            seal: seal @ None, ..
        } = &mut self.backup.phase
        else {
            return Err(NOT_READY);
        };
        *seal = Some(Seal {
            client: Some(conn),
            stage: SealStage::Asked,
        });
        self.step_backup();
        Ok(())
    }

    /// BACKUP ABORT of this client, which waits then.
    pub(crate) fn abort_backup(&mut self, conn: ConnId) -> Result<(), CommandError> {
        if !self.backup.is_in_progress() {
            return Err(NOTHING_TO_ABORT);
        }
        self.give_backup_up("aborted by user".to_owned(), vec![(conn, None)]);
        Ok(())
    }

    /// BACKUP CLEANUP of this client, which waits then.
    pub(crate) fn clean_backup(&mut self, conn: ConnId) -> Result<(), CommandError> {
        if self.backup.is_in_progress() || self.backup.is_preparing {
            return Err(STILL_OPEN);
        }
        self.check_backup_dir()?;
        if matches!(self.backup.phase, Phase::Idle) {
            self.backup.dir = self.backup_dir();
        }
        self.sweep_backup(vec![(conn, None)], Swept::Cleanup);
        Ok(())
    }

    pub(super) fn begin_seal(&mut self) {
        if self.aof.rewrite.is_some() || self.aof.running > 0 {
            return;
        }
        self.set_seal_stage(SealStage::Rotating);
        self.start_rotation();
    }

    fn set_seal_stage(&mut self, to: SealStage) {
        if let Phase::Incrementing {
            seal: Some(seal), ..
        } = &mut self.backup.phase
        {
            seal.stage = to;
        }
    }

    /// Another increment takes changes, or none: the one of the backup is closed, and on the disk.
    pub(crate) fn follow_rotation(&mut self) {
        let Phase::Incrementing {
            incr,
            seal: Some(seal),
            ..
        } = &self.backup.phase
        else {
            return;
        };
        if seal.stage != SealStage::Rotating {
            return;
        }
        let incr = incr.clone();
        let Some(manifest) = self.backup.manifest(&self.aof.manifest) else {
            return self.fail_backup("failed to write backup manifest");
        };
        self.set_seal_stage(SealStage::Linking);
        let mut steps = vec![plan::Step::SyncDir];
        steps.extend(plan::save(&self.layout(), &manifest));
        let task = self.pin(&incr, steps);
        self.queue_backup_task(Box::new(task), BackupJob::Seal);
    }

    /// The files of the backup are complete, or cannot be completed.
    pub(super) fn follow_seal(&mut self, outcome: &Outcome) -> Vec<Reply> {
        let name = self.layout().manifest();
        let until_s = self.now.wall_s();
        let phase = &mut self.backup.phase;
        let (since_s, files, client) = match std::mem::take(phase) {
            Phase::Incrementing {
                since_s,
                base,
                incr,
                seal: Some(seal),
            } if not_pinned(outcome).is_none() => (since_s, [base, incr, name], seal.client),
            other => {
                *phase = other;
                self.fail_seal(outcome);
                return Vec::new();
            }
        };
        *phase = Phase::Sealed {
            since_s,
            until_s,
            counts_from_s: until_s,
            files,
        };
        self.end_stream();
        let line = format!("BACKUP: sealed backup in {}", self.config.backupdirname);
        self.outbox.log(LogLevel::Notice, line);
        client.map(|conn| (conn, None)).into_iter().collect()
    }

    fn fail_seal(&mut self, outcome: &Outcome) {
        let Some(why) = not_pinned(outcome) else {
            return;
        };
        let line = format!("BACKUP: can't seal the backup: {why}");
        self.outbox.log(LogLevel::Warning, line);
        self.fail_backup(match outcome {
            Outcome::Finished(_) => "failed to pin INCR AOF",
            _ => "failed to write backup manifest",
        });
    }

    /// Aborts the backup that is open.
    pub(crate) fn fail_backup(&mut self, why: &str) {
        if self.backup.is_in_progress() {
            self.give_backup_up(why.to_owned(), Vec::new());
        }
    }

    fn give_backup_up(&mut self, error: String, mut replies: Vec<Reply>) {
        if let Some(conn) = self.backup.take_sealer() {
            let text = format!("ERR The backup failed before it was sealed: {error}");
            replies.push((conn, Some(CommandError::Text(text.into()))));
        }
        let line = format!("BACKUP: failed: {error}");
        self.outbox.log(LogLevel::Warning, line);
        let (since_s, _) = self.backup.times_s();
        self.backup.phase = Phase::Failed { since_s, error };
        self.end_stream();
        self.sweep_backup(replies, Swept::Failure);
    }

    pub(super) fn sweep_backup(&mut self, replies: Vec<Reply>, swept: Swept) {
        let task = Sweep::all(self.backup.dir.clone(), self.layout().manifest());
        self.queue_backup_task(Box::new(task), BackupJob::Sweep(replies, swept));
    }

    pub(super) fn follow_sweep(
        &mut self,
        replies: Vec<Reply>,
        swept: Swept,
        outcome: &Outcome,
    ) -> Vec<Reply> {
        let failure = outcome.failure().map(|failure| failure.text.as_str());
        if let Some(why) = failure {
            let line = format!("BACKUP: can't remove the files of the backup: {why}");
            self.outbox.log(LogLevel::Warning, line);
        }
        match (swept, failure) {
            (Swept::Failure, _) => replies,
            (Swept::Cleanup, None) => {
                if !self.backup.is_in_progress() {
                    self.backup.phase = Phase::Idle;
                }
                replies
            }
            (Swept::Cleanup, Some(why)) => {
                if let Phase::Sealed { counts_from_s, .. } = &mut self.backup.phase {
                    *counts_from_s = self.now.wall_s();
                }
                let text = format!("ERR Can't remove the files of the backup: {why}");
                let error = CommandError::Text(text.into());
                let conns = replies.into_iter().map(|(conn, _)| conn);
                conns.map(|conn| (conn, Some(error.clone()))).collect()
            }
        }
    }

    /// Appending goes on for good: `appendonly` is `yes` now.
    pub(crate) fn keep_stream(&mut self) {
        if self.backup.owns_stream() {
            self.backup.stream = Stream::OfServer;
            // What a rewrite under way has to list comes first.
            if self.backup.is_marked && self.aof.rewrite.is_none() {
                self.start_unmarking();
            }
        }
    }

    /// Gives the backup up that is open: the server ends. Whether its files are still to be
    /// removed, so that the end waits.
    pub(super) fn leave_backup(&mut self) -> bool {
        self.fail_backup("the server is shutting down");
        self.backup.is_exiting = self.backup.has_work();
        self.backup.is_exiting
    }

    /// Ends the server, if it waits for this.
    pub(super) fn exit_behind_backup(&mut self) {
        if self.backup.is_exiting && !self.backup.has_work() {
            self.exit_now();
        }
    }

    /// Stops the stream of the backup, if it has its own.
    fn end_stream(&mut self) {
        let Stream::Own { is_alone } = self.backup.stream else {
            return;
        };
        // Nobody was promised that any of it is kept.
        self.cancel_rewrite();
        self.close_writer();
        self.derive_fence();
        self.backup.stream = match is_alone {
            true => Stream::Leaving,
            false => Stream::OfServer,
        };
        self.step_backup();
    }

    /// Removes the files of a stream that has stopped.
    pub(super) fn discard_stream(&mut self) {
        self.aof.manifest = Manifest::default();
        self.aof.running += 1;
        let sweep = Sweep::aof(self.config.appenddirname.clone(), &self.layout());
        let task = Job::Task(Box::new(sweep));
        self.outbox
            .start_apart(task, Machine::Backup(BackupJob::Discard));
    }

    pub(super) fn follow_discard(&mut self, outcome: &Outcome) {
        self.aof.running -= 1;
        self.backup.stream = Stream::OfServer;
        match outcome.failure() {
            None => self.backup.is_marked = false,
            Some(failure) => {
                // The files that are left have numbers that others must not get.
                self.aof.manifest.skip_numbers();
                let line = format!("BACKUP: can't remove the temporary AOF: {failure}");
                self.outbox.log(LogLevel::Warning, line);
            }
        }
        self.step_backup();
        self.exit_behind_backup();
    }
}
