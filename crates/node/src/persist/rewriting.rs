//! Rewriting: a fresh base holds the data, and a fresh increment takes changes from then on.
//!
//! Always true: the increment is changed between units, at the moment of the snapshot.
//! Always true: a rewrite that fails leaves the manifest and the increment that takes changes, or
//! is tried again when there is none.
//! Not here: the states — `aof.rs`; the order of steps on files — `russet_aof::plan`

use std::io::ErrorKind;

use russet_aof::plan::{self, Growing, NewBase};
use russet_aof::{BaseFormat, FileName, Layout, Manifest, NumbersUsedUp, Units};
use russet_io::{FileId, FileOp, Job, LogLevel, Outcome};

use super::aof::{AofJob, Grows, READER_LIMIT, RETRY_US, Rewrite, Stage, Writer, checks_of};
use super::base::CommandBase;
use super::dump::{Dump, Dumped};
use super::steps::{Carried, FILES_PER_TASK, Place, Steps};
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;

/// Steps of the rewrite that is under way.
const OF_REWRITE: Machine = Machine::Aof(AofJob::Steps);

impl Core {
    /// The names of the files; the stem is a plain file name, as its setting demands.
    pub(crate) fn layout(&self) -> Layout {
        let stem = FileName::new(self.config.appendfilename.as_str());
        let layout = stem.and_then(Layout::new);
        layout.unwrap_or_default()
    }

    /// How the units of increments to come are protected.
    pub(crate) fn units(&self) -> Units {
        match self.config.aof_checksum {
            true => Units::Checked,
            false => Units::Plain,
        }
    }

    /// The size that a manifest lists of a file that is complete, if files are to be checked.
    pub(super) fn listed_size(&self, size: u64) -> Option<u64> {
        self.config.aof_checksum.then_some(size)
    }

    /// The form of bases to come. Libraries of functions are kept in RDB only.
    fn base_format(&self) -> BaseFormat {
        match self.config.aof_use_rdb_preamble || self.scripts.libraries.len() > 0 {
            true => BaseFormat::Rdb,
            false => BaseFormat::Aof(self.units()),
        }
    }

    /// The place of the files, for one task.
    pub(crate) fn place(&mut self) -> Place {
        Place {
            layout: self.layout(),
            dir: self.config.appenddirname.clone(),
            files: self.outbox.files(FILES_PER_TASK),
        }
    }

    /// Begins a rewrite.
    pub(crate) fn start_rewrite(&mut self) {
        // The end of appending would cancel it.
        let is_stopping = self.aof.stops_at.is_some();
        if self.aof.running > 0 || is_stopping || self.backup.holds_rewrites() {
            self.aof.is_scheduled = true;
            return;
        }
        let layout = self.layout();
        let file = self.outbox.file();
        let (grows, steps, open) = if self.aof.writer.is_some() {
            match self.next_increment(file) {
                Ok(next) => next,
                Err(error) => return self.fail_rewrite(&error.to_string()),
            }
        } else if self.config.appendonly || self.backup.owns_stream() {
            match plan::begin_apart(&layout, &self.aof.manifest, self.units(), None) {
                Ok(apart) => {
                    let open = Some((file, apart.temp));
                    let mut steps = apart.steps;
                    if self.backup.is_stream_alone() {
                        self.backup.is_marked = true;
                        steps.splice(..0, plan::mark_backup(&layout));
                    }
                    (Grows::Apart(apart.part), steps, open)
                }
                Err(error) => return self.fail_rewrite(&error.to_string()),
            }
        } else {
            (Grows::Nothing, plan::prepare(), None)
        };
        self.aof.is_scheduled = false;
        self.aof.is_due = false;
        self.aof.count += u64::from(!self.aof_is_starting);
        self.aof.rewrite = Some(self.rewrite_of(grows, file));
        self.start_steps(steps, open, OF_REWRITE);
        let line = format!(
            "Background append only file rewriting started by pid {}",
            self.environment.process_id
        );
        self.outbox.log(LogLevel::Notice, line);
    }

    fn rewrite_of(&self, grows: Grows, file: FileId) -> Rewrite {
        Rewrite {
            grows,
            has_base: true,
            format: self.base_format(),
            stage: Stage::Opening,
            since: self.now,
            file,
            old: None,
            dump: None,
            dumped: None,
            is_settled: false,
        }
    }

    /// A further increment beside those that are listed: the steps that create it, and its name.
    #[expect(clippy::type_complexity, reason = "the parts go to two places at once")]
    fn next_increment(
        &self,
        file: FileId,
    ) -> Result<(Grows, Vec<plan::Step>, Option<(FileId, FileName)>), NumbersUsedUp> {
        let further = plan::begin_rewrite(&self.layout(), &self.aof.manifest, self.units(), None)?;
        let name = further.manifest.last_incr().map(|part| part.name.clone());
        let steps = further.steps.clone();
        let open = name.map(|name| (file, name));
        Ok((Grows::Further(further), steps, open))
    }

    /// Closes the increment without a new base: another one takes changes, or none if appending is
    /// off. Nothing else runs.
    pub(crate) fn start_rotation(&mut self) {
        let file = self.outbox.file();
        if !self.config.appendonly {
            self.aof.rewrite = Some(Rewrite {
                has_base: false,
                stage: Stage::Switching,
                ..self.rewrite_of(Grows::Nothing, file)
            });
            return;
        }
        match self.next_increment(file) {
            Ok((grows, steps, open)) => {
                self.aof.rewrite = Some(Rewrite {
                    has_base: false,
                    ..self.rewrite_of(grows, file)
                });
                self.start_steps(steps, open, OF_REWRITE);
            }
            Err(error) => self.fail_rewrite(&error.to_string()),
        }
    }

    fn start_steps(
        &mut self,
        steps: Vec<plan::Step>,
        open: Option<(FileId, FileName)>,
        machine: Machine,
    ) {
        let task = Job::Task(Box::new(Steps::new(self.place(), steps, open)));
        self.outbox.start_apart(task, machine);
        self.aof.running += 1;
    }

    /// Has the increment before the new one synced, behind all that was appended to it.
    fn sync_old(&mut self, file: FileId) {
        self.outbox.sync(file, Machine::Aof(AofJob::SyncOld(file)));
        self.aof.running += 1;
    }

    /// A sync has ended that began before the increment was changed. Only then is the last one
    /// asked for: a failure is reported once, to either of two that run side by side.
    pub(crate) fn end_sync_of_old(&mut self, file: FileId, failure: Option<&str>) {
        let rewrite = self.aof.rewrite.as_ref();
        if rewrite.is_none_or(|rewrite| rewrite.old != Some(file)) {
            return;
        }
        match failure {
            Some(failure) => self.fail_aof(&format!("Fail to fsync the AOF file: {failure}")),
            None => self.sync_old(file),
        }
    }

    /// Goes over to the new increment, and begins the base. The turn ends, and no unit is open.
    pub(crate) fn switch_increment(&mut self) {
        let Some(mut rewrite) = self.aof.rewrite.take() else {
            return;
        };
        let end = self.journal.end();
        let old = self.aof.writer.take();
        if let Grows::Further(further) = &rewrite.grows {
            let size = old.as_ref().and_then(|old| self.listed_size(old.size));
            let change = further.clone().list(&self.layout(), size);
            rewrite.grows = Grows::Listed(change);
        }
        let part = match &rewrite.grows {
            Grows::Listed(change) => change.manifest.last_incr().cloned(),
            Grows::Apart(part) => Some(part.clone()),
            Grows::Further(_) | Grows::Nothing => None,
        };
        rewrite.is_settled = !rewrite.grows.goes_over();
        if let Some(part) = part {
            let reader = self.attach_reader(READER_LIMIT);
            let mut writer = Writer::begin((rewrite.file, reader), (&part, 0), end);
            writer.durable_before = old.as_ref().and_then(Writer::durable);
            self.aof.writer = Some(writer);
        }
        if let Some(old) = old {
            self.aof.before_size += old.size;
            self.detach_reader(old.reader);
            rewrite.old = Some(old.file);
            if old.sync.is_none() {
                self.sync_old(old.file);
            }
        }
        if rewrite.has_base {
            self.start_base(&mut rewrite);
        }
        rewrite.stage = Stage::Writing;
        self.aof.rewrite = Some(rewrite);
        self.derive_fence();
    }

    fn start_base(&mut self, rewrite: &mut Rewrite) {
        let layout = self.layout();
        let temp = format!(
            "{}/{}",
            self.config.appenddirname,
            layout.temp_base().as_str()
        );
        let mut plan = self.dump_plan(temp, None);
        plan.is_aof_base = true;
        let snapshot = self.keyspace.snapshot();
        let task = match rewrite.format {
            BaseFormat::Rdb => Job::Task(Box::new(Dump::new(
                snapshot,
                plan,
                self.scripts.libraries.texts(),
            ))),
            format @ BaseFormat::Aof(_) => {
                let mut next = self.aof.manifest.clone();
                let part = next.add_base(&layout, format);
                let group = part.ok().and_then(|part| checks_of(part, 0));
                let is_stamped = self.config.aof_timestamp_enabled;
                Job::Task(Box::new(CommandBase::new(
                    snapshot, plan, group, is_stamped,
                )))
            }
        };
        rewrite.dump = Some(self.outbox.start_apart(task, Machine::Aof(AofJob::Base)));
        self.aof.running += 1;
    }

    /// A job of the rewrite has ended.
    pub(crate) fn step_rewrite(&mut self, job: &AofJob, outcome: Outcome) {
        self.aof.running -= 1;
        if self.aof.rewrite.is_none() {
            return;
        }
        if let Some(failure) = outcome.failure() {
            let text = failure.text.clone();
            let is_gone = failure.kind == ErrorKind::NotFound;
            return match job {
                AofJob::SyncOld(_) => self.fail_aof(&format!("Fail to fsync the AOF file: {text}")),
                _ => {
                    self.fail_rewrite(&text);
                    // What is appended would be in no directory: a new one gets a base and an
                    // increment of its own.
                    if is_gone && self.aof.writer.is_some() {
                        self.fail_aof(&format!("the AOF files are gone: {text}"));
                        self.aof.retry_us = self.now.mono_us;
                    }
                }
            };
        }
        match job {
            AofJob::Steps => self.follow_steps(&outcome),
            AofJob::SyncOld(file) => {
                self.outbox.start(Job::File(FileOp::Close(*file)));
                if let Some(rewrite) = &mut self.aof.rewrite {
                    rewrite.old = None;
                    if let Grows::Listed(change) = &mut rewrite.grows {
                        let rest = std::mem::take(&mut change.steps);
                        self.start_steps(rest, None, OF_REWRITE);
                    }
                }
                self.finish_if_settled();
            }
            AofJob::Base => {
                if let Outcome::Finished(value) = outcome
                    && let Ok(dumped) = value.downcast::<Dumped>()
                    && let Some(rewrite) = &mut self.aof.rewrite
                {
                    rewrite.dumped = Some(*dumped);
                    rewrite.dump = None;
                }
                self.finish_if_settled();
            }
            _ => {}
        }
    }

    fn follow_steps(&mut self, outcome: &Outcome) {
        debug_assert!(
            matches!(outcome, Outcome::Finished(value) if value.is::<Carried>()),
            "steps give this"
        );
        let Some(rewrite) = &mut self.aof.rewrite else {
            return;
        };
        match &rewrite.stage {
            Stage::Opening => rewrite.stage = Stage::Switching,
            Stage::Writing => {
                if let Grows::Listed(change) = &rewrite.grows {
                    self.aof.manifest = change.manifest.clone();
                }
                rewrite.is_settled = true;
                self.list_writer();
                self.finish_if_settled();
            }
            Stage::Finishing(manifest) => {
                self.aof.manifest = (**manifest).clone();
                self.end_base();
            }
            Stage::Switching => {}
        }
    }

    /// The manifest on the disk lists the increment that takes changes.
    fn list_writer(&mut self) {
        if let Some(writer) = &mut self.aof.writer {
            writer.is_listed = true;
        }
        self.derive_fence();
        self.open_fence();
        self.stop_if_durable();
        if self.aof.is_exiting {
            self.exit_now();
        }
    }

    /// Lists the base, once it is written and what takes changes is in order.
    fn finish_if_settled(&mut self) {
        let layout = self.layout();
        let Some(rewrite) = &mut self.aof.rewrite else {
            return;
        };
        if !rewrite.has_base && rewrite.is_settled && rewrite.old.is_none() {
            self.aof.rewrite = None;
            self.follow_rotation();
            return self.clean_history();
        }
        let Some(dumped) = rewrite.dumped.as_ref().filter(|_| rewrite.is_settled) else {
            return;
        };
        let growing = match &rewrite.grows {
            Grows::Further(_) | Grows::Listed(_) => Growing::Listed,
            Grows::Apart(part) => Growing::Apart(part.clone()),
            Grows::Nothing => Growing::Nothing,
        };
        let (format, size) = (rewrite.format, dumped.size);
        let size = self.listed_size(size);
        let base = NewBase { format, size };
        let change = plan::finish_rewrite(&layout, &self.aof.manifest, base, growing);
        match (change, &mut self.aof.rewrite) {
            (Ok(change), Some(rewrite)) => {
                rewrite.stage = Stage::Finishing(Box::new(change.manifest));
                self.start_steps(change.steps, None, OF_REWRITE);
            }
            (Ok(_), None) => {}
            (Err(error), _) => self.fail_rewrite(&error.to_string()),
        }
    }

    /// Removes the mark that the files are a backup's alone. What was written counts as durable
    /// behind that.
    pub(super) fn start_unmarking(&mut self) {
        if let Some(writer) = &mut self.aof.writer {
            writer.is_listed = false;
        }
        self.derive_fence();
        let steps = plan::unmark_backup(&self.layout());
        self.start_steps(steps, None, Machine::Aof(AofJob::Unmark));
    }

    /// The mark was removed, or not.
    pub(super) fn follow_unmarking(&mut self, outcome: &Outcome) {
        self.aof.running -= 1;
        match outcome.failure() {
            None => {
                self.backup.is_marked = false;
                self.list_writer();
                self.clean_history();
            }
            Some(failure) => self.fail_aof(&format!("Error listing the AOF file: {failure}")),
        }
    }

    /// The base is listed.
    fn end_base(&mut self) {
        let is_marked = self.backup.is_marked && !self.backup.owns_stream();
        match is_marked {
            true => self.start_unmarking(),
            false => self.list_writer(),
        }
        let Some(rewrite) = self.aof.rewrite.take() else {
            return;
        };
        self.aof.base_size = rewrite.dumped.map_or(0, |dumped| dumped.size);
        self.aof.before_size = 0;
        self.aof.fault = None;
        self.aof.is_last_ok = true;
        self.aof.failures = 0;
        self.aof.last_took_s = Some(self.now.wall_s() - rewrite.since.wall_s());
        self.aof.grown_from = self.aof.size();
        for line in [
            "Background AOF rewrite terminated with success",
            "Background AOF rewrite finished successfully",
        ] {
            self.outbox.log(LogLevel::Notice, line);
        }
        self.derive_disk_health();
        self.derive_fence();
        self.follow_base();
        self.clean_history();
        if self.aof_is_starting {
            self.aof_is_starting = false;
            self.end_start();
        }
    }

    /// Has the files removed that nothing needs, unless they are to be kept. While another job
    /// changes files nothing is done: what follows it calls this again.
    pub(crate) fn clean_history(&mut self) {
        let is_busy = self.aof.running > 0 || self.aof.rewrite.is_some();
        if is_busy || self.config.aof_disable_auto_gc {
            return;
        }
        let Some(change) = plan::clean(&self.layout(), &self.aof.manifest) else {
            return;
        };
        self.aof.is_cleaning = true;
        let machine = Machine::Aof(AofJob::Clean(Box::new(change.manifest)));
        self.start_steps(change.steps, None, machine);
    }

    /// History was removed, or not.
    pub(crate) fn end_cleaning(&mut self, manifest: Manifest, outcome: &Outcome) {
        self.aof.running -= 1;
        self.aof.is_cleaning = false;
        match outcome.failure() {
            None => self.aof.manifest = manifest,
            Some(failure) => {
                let line = format!("Error removing history files of the AOF: {failure}");
                self.outbox.log(LogLevel::Warning, line);
            }
        }
    }

    fn fail_rewrite(&mut self, why: &str) {
        let line = format!("Background AOF rewrite terminated with error: {why}");
        self.outbox.log(LogLevel::Warning, line);
        self.aof.is_last_ok = false;
        self.aof.failures += 1;
        self.aof.retry_us = self.now.mono_us + RETRY_US;
        self.cancel_rewrite();
        match self.backup.is_snapshotting() {
            true => self.fail_backup(&format!("snapshot rewrite failed: {why}")),
            false if self.backup.holds_rewrites() => {
                self.fail_backup("failed to rotate live AOF after seal");
            }
            false => {}
        }
        if self.aof_is_starting {
            self.outbox.log(
                LogLevel::Warning,
                "Can't open or create the append-only file.",
            );
            self.outbox.exit(1);
        }
    }

    /// Cancels the rewrite. An increment that no manifest lists is closed.
    pub(crate) fn cancel_rewrite(&mut self) {
        self.aof.is_due = false;
        let Some(rewrite) = self.aof.rewrite.take() else {
            return;
        };
        // Its files may be there, and listed: what was begun is not undone.
        self.aof.manifest.skip_numbers();
        if let Some(job) = rewrite.dump {
            self.outbox.start(Job::Cancel(job));
        }
        if let Some(old) = rewrite.old {
            self.outbox.start(Job::File(FileOp::Close(old)));
        }
        // Its changes are in no file that is listed, or ever will be.
        let writer = self.aof.writer.as_ref();
        if writer.is_some_and(|writer| !writer.is_listed) {
            self.close_writer();
            if self.aof.fault.is_none() && self.config.appendonly {
                self.aof.fault = Some("the increment could not be listed".to_owned());
                self.derive_disk_health();
            }
            if self.aof.is_exiting {
                self.exit_now();
            }
        }
    }

    /// Begins a rewrite that is due: scheduled, after growth, or after a failure.
    pub(crate) fn rewrite_if_due(&mut self) {
        let is_idle = self.aof.rewrite.is_none() && self.aof.running == 0;
        let is_free = is_idle && !self.saves.is_busy();
        // The hurdle stands until the increment of the start is open.
        let is_starting = self.hurdles.has(Hurdles::LOADING) || self.loading.is_some();
        let is_held = self.open.is_some() || self.backup.holds_rewrites();
        if !self.is_persistent || !is_free || is_held || is_starting {
            return;
        }
        let may_retry = self.now.mono_us >= self.aof.retry_us;
        let must_begin = self.config.appendonly && self.aof.writer.is_none() && may_retry;
        if must_begin || self.aof.is_scheduled || self.aof.is_due {
            return self.start_rewrite();
        }
        let percentage = u64::from(self.config.auto_aof_rewrite_percentage.unsigned_abs());
        let size = self.aof.size();
        let is_off = self.aof.writer.is_none() || self.aof.stops_at.is_some();
        if is_off || percentage == 0 || !may_retry {
            return;
        }
        if size <= self.config.auto_aof_rewrite_min_size {
            return;
        }
        let base = self.aof.grown_from.max(1);
        let growth = size.saturating_mul(100) / base;
        if growth >= percentage.saturating_add(100) {
            let line = format!(
                "Starting automatic rewriting of AOF on {}% growth",
                growth - 100
            );
            self.outbox.log(LogLevel::Notice, line);
            self.start_rewrite();
        }
    }
}
