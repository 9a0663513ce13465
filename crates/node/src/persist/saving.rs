//! Saving, step by step: a dump begins, ends, or is due.
//!
//! Always true: changes that were made after the snapshot still count as unsaved.
//! Not here: what is known of dumps — `saves.rs`; writing the file — `dump.rs`

use std::sync::Arc;

use russet_engine::AccessPolicy;
use russet_io::{Job, JobId, LogLevel, Outcome};

use super::dump::{Dump, DumpPlan, Dumped};
use super::saves::{Purpose, Running};
use crate::config::EvictionPolicy;
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;

/// How long a save point waits after a failure, in microseconds.
const RETRY_US: u64 = 5_000_000;

impl Core {
    /// Begins a dump of what is there now, into the file that the configuration names.
    pub(crate) fn start_dump(&mut self, purpose: Purpose) -> JobId {
        self.give_way();
        let process = self.environment.process_id;
        let temp = match self.saves.canceled {
            0 => format!("temp-{process}.rdb"),
            canceled => format!("temp-{process}.{canceled}.rdb"),
        };
        let plan = self.dump_plan(temp, Some(self.config.dbfilename.clone()));
        let progress = Arc::clone(&plan.progress);
        let snapshot = self.keyspace.snapshot();
        let keys = snapshot.databases().map(|(_, keys, _)| keys as u64).sum();
        let task = Job::Task(Box::new(Dump::new(
            snapshot,
            plan,
            self.scripts.libraries.texts(),
        )));
        let job = self.outbox.start_apart(task, Machine::Dump);
        self.saves.tried_us = Some(self.now.mono_us);
        // COMPAT: SAVE leaves one that was scheduled due.
        self.saves.is_scheduled &= !matches!(purpose, Purpose::Background);
        self.saves.running = Some(Running {
            job,
            purpose,
            since: self.now,
            dirty: self.dirty,
            keys,
            progress,
        });
        job
    }

    /// Stops a dump after FLUSHALL: what it would have saved, another one saves.
    fn give_way(&mut self) {
        if self.saves.is_after_flush()
            && let Some(running) = &self.saves.running
        {
            self.dirty += running.dirty;
            self.cancel_dump();
        }
    }

    /// FLUSHALL ran: a dump of what is gone is given up, and the file is emptied if there are save
    /// points.
    #[cold]
    pub(crate) fn follow_flush(&mut self) {
        self.saves.is_flushed = false;
        if self.saves.is_in_background() {
            self.cancel_dump();
        }
        if self.config.save.is_empty() || self.saves.is_busy() {
            return;
        }
        self.start_dump(Purpose::Flush);
        // COMPAT: nothing counts as unsaved from now on, not when the file is there.
        self.dirty = 0;
    }

    /// How a dump is written now.
    pub(crate) fn dump_plan(&mut self, temp: String, target: Option<String>) -> DumpPlan {
        let policy = self.config.maxmemory_policy;
        DumpPlan {
            file: self.outbox.file(),
            temp,
            target,
            compresses: self.config.rdbcompression,
            has_checksum: self.config.rdbchecksum,
            is_aof_base: false,
            access: access_of(policy),
            written_at: self.now.wall_s(),
            memory: self.environment.usage.allocated,
            delay_us: i64::from(self.config.rdb_key_save_delay),
            progress: Arc::default(),
        }
    }

    /// Stops the dump that runs; its file is removed. Its end is not heard of.
    pub(crate) fn cancel_dump(&mut self) {
        if let Some(running) = self.saves.running.take() {
            self.saves.canceled += 1;
            self.outbox.start(Job::Cancel(running.job));
            self.outbox.forget(running.job);
        }
    }

    /// A dump has ended: gives its purpose, and the error if it failed.
    pub(crate) fn end_dump(&mut self, outcome: Outcome) -> Option<(Purpose, Result<(), String>)> {
        let running = self.saves.running.take()?;
        let result = match outcome {
            Outcome::Finished(value) => match value.downcast::<Dumped>() {
                Ok(dumped) => Ok(*dumped),
                Err(_) => Err("the task gave no result".to_owned()),
            },
            Outcome::Failed(failure) => Err(failure.text),
            other => Err(format!("{other:?}")),
        };
        let is_background = running.purpose == Purpose::Background;
        if is_background {
            self.saves.last_took_s = Some(self.now.wall_s() - running.since.wall_s());
        }
        // COMPAT: only a save in the background that fails has writes refused.
        self.saves.is_last_ok = result.is_ok() || (self.saves.is_last_ok && !is_background);
        let is_after_flush = running.purpose == Purpose::Flush;
        match &result {
            Ok(dumped) => {
                if !is_after_flush {
                    self.dirty -= running.dirty.min(self.dirty);
                }
                self.saves.last_save_s = self.now.wall_s();
                self.saves.count += 1;
                self.outbox.log(LogLevel::Notice, "DB saved on disk");
                let size = dumped.size;
                let line = format!("RDB file of {size} bytes, keys saved: {}.", dumped.keys);
                self.outbox.log(LogLevel::Verbose, line);
                if is_background {
                    let line = "Background saving terminated with success";
                    self.outbox.log(LogLevel::Notice, line);
                }
            }
            Err(error) => {
                if is_after_flush {
                    self.dirty += running.dirty;
                }
                let line = format!("Write error while saving DB to the disk: {error}");
                self.outbox.log(LogLevel::Warning, line);
                if is_background {
                    self.outbox
                        .log(LogLevel::Warning, "Background saving error");
                }
            }
        }
        self.derive_disk_health();
        Some((running.purpose, result.map(drop)))
    }

    /// Begins a dump that a save point or BGSAVE SCHEDULE made due.
    pub(crate) fn save_if_due(&mut self) {
        if !self.is_persistent
            || self.saves.is_busy()
            || self.open.is_some()
            || self.hurdles.has(Hurdles::LOADING)
        {
            return;
        }
        let is_retry_due = self
            .saves
            .tried_us
            .is_none_or(|at_us| self.now.mono_us >= at_us.saturating_add(RETRY_US));
        if !self.saves.is_last_ok && !is_retry_due {
            return;
        }
        let since_s = self.now.wall_s() - self.saves.last_save_s;
        let dirty = self.dirty;
        let due = self.config.save.iter().find(|point| {
            i64::try_from(dirty).unwrap_or(i64::MAX) >= point.changes && since_s > point.seconds
        });
        if let Some(point) = due {
            let line = format!(
                "{} changes in {} seconds. Saving...",
                point.changes, point.seconds
            );
            self.outbox.log(LogLevel::Notice, line);
        } else if !self.saves.is_scheduled {
            return;
        }
        self.save_in_background();
    }

    /// Begins a dump for which nobody waits.
    pub(crate) fn save_in_background(&mut self) {
        self.start_dump(Purpose::Background);
        let line = format!(
            "Background saving started by pid {}",
            self.environment.process_id
        );
        self.outbox.log(LogLevel::Notice, line);
    }

    /// Takes over whether the disk failed: writes are refused then, and only they wait.
    pub(crate) fn derive_disk_health(&mut self) {
        let is_refused = self.config.stop_writes_on_bgsave_error
            && !self.config.save.is_empty()
            && !self.saves.is_last_ok;
        let is_refused = is_refused || self.aof.fault.is_some();
        self.hurdles.set(Hurdles::DISK, is_refused);
        // What an open unit has changed is not known to be in order, and its reply must wait.
        let is_lenient = self.aof.fault.is_some() && self.open.is_none();
        self.outgoing.set_lenient(is_lenient);
    }
}

/// The access clocks that a file holds under a policy.
fn access_of(policy: EvictionPolicy) -> Option<AccessPolicy> {
    if policy.is_lfu() {
        return Some(AccessPolicy::Lfu {
            log_factor: 0,
            decay_minutes: 0,
        });
    }
    (policy.is_lru() || policy.is_lrm()).then_some(AccessPolicy::Lru)
}
