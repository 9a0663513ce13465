//! Steps behind saving and loading: the start of requests, a reply, the end of the server.
//!
//! ```text
//!  loaded ─┬─ appendonly no ───────────────────────────────► ready
//!          ├─ files are there ─► the last one is opened ───► ready
//!          └─ none is there, or others were preloaded ─► a base is written ─► ready
//! ```
//! Always true: no request for data runs before what it changes can be appended.
//! Not here: saving — `saving.rs`; loading — `loading.rs`; rewriting — `rewriting.rs`

use russet_aof::{Manifest, plan};
use russet_command::CommandError;
use russet_io::{ConnId, Failure, FileId, Job, LogLevel, Outcome};

use super::aof::{AofJob, READER_LIMIT, Rewrite, Then, Writer};
use super::loads::{Cause, Ended, LOAD_AOF_FAILED};
use super::saves::Purpose;
use super::sealing::STOPPED;
use super::steps::{Carried, Steps};
use crate::block::release_postponed;
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;
use crate::node::Node;

/// DEBUG RELOAD that could not read the file back.
const RELOAD_FAILED: CommandError =
    CommandError::text("ERR Error trying to load the RDB dump, check server logs.");

impl Node {
    /// Goes on after a dump: with a reply, a load, or the end.
    pub(crate) fn follow_dump(&mut self, purpose: Purpose, result: Result<(), String>) {
        match (purpose, result) {
            (Purpose::Background | Purpose::Flush, _) => {}
            (Purpose::Command(conn), result) => {
                let error = result.err().map(|_| CommandError::text("ERR"));
                self.end_wait(conn, error);
            }
            (Purpose::Reload(conn, flush), Ok(())) => self.core.reload(conn, flush),
            (Purpose::Reload(conn, _), Err(_)) => {
                let text = "ERR Error trying to save the DB, check server logs.";
                self.end_wait(conn, Some(CommandError::text(text)));
            }
            (Purpose::Exit { force: true, .. }, Err(_)) => {
                let line = "Error trying to save the DB. Exit anyway.";
                self.core.outbox.log(LogLevel::Warning, line);
                self.core.exit_now();
            }
            (Purpose::Exit { .. }, Ok(())) => self.core.exit_now(),
            (Purpose::Exit { client, .. }, Err(_)) => self.stay(client),
        }
    }

    /// Goes on after a load: with requests, a reply, or the end.
    pub(crate) fn follow_load(&mut self, ended: Ended) {
        match ended {
            Ended::Nothing(Cause::Start) | Ended::Loaded(Cause::Start) => {
                self.core.dirty = 0;
                self.core.stats.reset();
                self.core.start_appending();
            }
            Ended::Failed(Cause::Start, line) => {
                self.core.outbox.log(LogLevel::Warning, line);
                let preload = &self.core.config.preload_file;
                if !preload.is_empty() {
                    let line = format!("Can't load the file of preload-file, {preload}. Exiting.");
                    self.core.outbox.log(LogLevel::Warning, line);
                }
                self.core.outbox.exit(1);
            }
            Ended::Loaded(Cause::Reload(conn) | Cause::LoadAof(conn)) => {
                self.core.dirty = 0;
                self.end_wait(conn, None);
            }
            Ended::Nothing(cause) => self.refuse_load(cause),
            Ended::Failed(cause, line) => {
                self.core.outbox.log(LogLevel::Warning, line);
                self.refuse_load(cause);
            }
        }
    }

    /// Answers the client whose DEBUG RELOAD or LOADAOF failed.
    fn refuse_load(&mut self, cause: Cause) {
        match cause {
            Cause::Start => {}
            Cause::Reload(conn) => self.end_wait(conn, Some(RELOAD_FAILED)),
            Cause::LoadAof(conn) => self.end_wait(conn, Some(LOAD_AOF_FAILED)),
        }
    }

    /// Goes on after a job of the append-only file.
    pub(crate) fn step_aof(&mut self, job: AofJob, outcome: Outcome) {
        let core = &mut self.core;
        let ended = match job {
            AofJob::Survey => core.follow_survey(outcome),
            AofJob::Cut(setting) => core.follow_cut(setting, outcome),
            AofJob::Open(manifest, file) => {
                core.follow_open(*manifest, file, &outcome);
                None
            }
            AofJob::Sync(file) => {
                let failure = outcome.failure().map(|failure| failure.text.as_str());
                core.end_sync(file, failure);
                None
            }
            AofJob::SyncThen(then) => core.follow_sync(then, outcome.failure()),
            AofJob::Clean(manifest) => {
                core.end_cleaning(*manifest, &outcome);
                None
            }
            AofJob::Unmark => {
                core.follow_unmarking(&outcome);
                None
            }
            AofJob::Steps | AofJob::Base | AofJob::SyncOld(_) => {
                core.step_rewrite(&job, outcome);
                None
            }
        };
        core.exit_behind_rewrite();
        let loads_for = core.aof.loads_for.take();
        let fails = loads_for.filter(|&conn| !core.load_aof_again(conn));
        core.step_backup();
        if let Some(conn) = fails {
            self.refuse_load(Cause::LoadAof(conn));
        }
        if let Some(ended) = ended {
            self.follow_load(ended);
        }
    }

    /// The server does not end, since the data could not be saved.
    fn stay(&mut self, client: Option<ConnId>) {
        let line = "Error trying to save the DB, can't exit.";
        self.core.outbox.log(LogLevel::Warning, line);
        self.core.hurdles.set(Hurdles::EXITING, false);
        if let Some(conn) = client {
            let text = "ERR Errors trying to SHUTDOWN. Check logs.";
            self.end_wait(conn, Some(CommandError::text(text)));
        }
        release_postponed(&mut self.core, &mut self.sessions);
    }
}

impl Core {
    /// The data is there: what it needs to append changes is opened, or written first.
    fn start_appending(&mut self) {
        if !self.config.appendonly {
            return self.end_start();
        }
        // What was preloaded is in none of the files that the manifest lists.
        if self.aof.manifest.is_empty() || self.preload().is_some() {
            self.aof_is_starting = true;
            return self.start_rewrite();
        }
        let layout = self.layout();
        let size = self.listed_size(self.aof.last_size);
        let change = match plan::open(&layout, &self.aof.manifest, self.units(), size) {
            Ok(change) => change,
            Err(error) => return self.fail_start(&error.to_string()),
        };
        let Some(name) = change.manifest.last_incr().map(|part| part.name.clone()) else {
            return self.fail_start("the manifest lists no increment");
        };
        let file = self.outbox.file();
        let steps = Steps::new(self.place(), change.steps, Some((file, name)));
        let machine = Machine::Aof(AofJob::Open(Box::new(change.manifest), file));
        self.outbox.start_apart(Job::Task(Box::new(steps)), machine);
    }

    /// The increment to go on with is open.
    fn follow_open(&mut self, manifest: Manifest, file: FileId, outcome: &Outcome) {
        let size = match outcome {
            Outcome::Finished(value) => value.downcast_ref::<Carried>().map(|carried| carried.0),
            _ => None,
        };
        let (Some(size), Some(part)) = (size, manifest.last_incr().cloned()) else {
            let why = outcome.failure().map(|failure| failure.text.clone());
            return self.fail_start(&why.unwrap_or_default());
        };
        self.aof.manifest = manifest;
        let reader = self.attach_reader(READER_LIMIT);
        let mut writer = Writer::begin((file, reader), (&part, size), self.journal.end());
        writer.is_listed = true;
        self.aof.writer = Some(writer);
        self.aof.before_size = self.aof.loaded_size.saturating_sub(size);
        self.aof.grown_from = self.aof.size();
        self.derive_fence();
        self.end_start();
    }

    fn fail_start(&mut self, why: &str) {
        let line = format!("Can't open the append-only file: {why}");
        self.outbox.log(LogLevel::Warning, line);
        self.outbox.exit(1);
    }

    /// Requests are served from now on.
    pub(crate) fn end_start(&mut self) {
        self.hurdles.set(Hurdles::LOADING, false);
        self.derive_expiry_mode();
        self.clean_history();
        let mut ready = |kind: &str| {
            let line = format!("Ready to accept connections {kind}");
            self.outbox.log(LogLevel::Notice, line);
        };
        if self.config.port != 0 {
            ready("tcp");
        }
        if !self.config.unixsocket.is_empty() {
            ready("unix");
        }
        if self.config.tls_port != 0 {
            ready("tls");
        }
        if self.config.metrics_port != 0 {
            ready("metrics");
        }
    }

    fn follow_sync(&mut self, then: Then, failure: Option<&Failure>) -> Option<Ended> {
        let line = failure.map(|failure| format!("Fail to fsync the AOF file: {failure}"));
        match (then, line) {
            (Then::Exit, line) => {
                if let Some(line) = line {
                    self.outbox.log(LogLevel::Warning, line);
                }
                self.outbox.exit(0);
            }
            // What memory holds may be in no file.
            (Then::Load(conn), Some(line)) => {
                self.fail_aof(&line);
                return Some(Ended::Nothing(Cause::LoadAof(conn)));
            }
            (Then::Load(conn), None) => {
                self.clear();
                self.start_loading_aof(Cause::LoadAof(conn));
            }
        }
        None
    }

    /// Ends the server, once all changes are on the disk.
    pub(crate) fn exit_now(&mut self) {
        self.append_all();
        if self.leave_backup() || self.leave_rewrite() {
            return self.hurdles.set(Hurdles::EXITING, true);
        }
        match self.aof.writer.as_ref().map(|writer| writer.file) {
            None => self.outbox.exit(0),
            // What it holds would not be found at the next start.
            Some(_) if self.must_be_listed() => {
                let line = "Waiting for the new increment of the AOF to be listed.";
                self.outbox.log(LogLevel::Notice, line);
                self.hurdles.set(Hurdles::EXITING, true);
                self.aof.is_exiting = true;
            }
            Some(file) => {
                self.aof.is_exiting = false;
                let line = "Calling fsync() on the AOF file.";
                self.outbox.log(LogLevel::Notice, line);
                self.hurdles.set(Hurdles::EXITING, true);
                let machine = Machine::Aof(AofJob::SyncThen(Then::Exit));
                self.outbox.sync(file, machine);
            }
        }
    }

    /// Gives up a base that no manifest needs: the server ends. Whether its file is still to be
    /// removed, so that the end waits.
    fn leave_rewrite(&mut self) -> bool {
        if !self.aof.rewriting().is_some_and(Rewrite::is_dispensable) {
            return false;
        }
        self.cancel_rewrite();
        self.aof.is_exiting = self.aof.is_long_busy();
        self.aof.is_exiting
    }

    /// Ends the server, if it waits for a base that was given up.
    fn exit_behind_rewrite(&mut self) {
        let is_free = self.aof.rewrite.is_none() && !self.aof.is_long_busy();
        if self.aof.is_exiting && is_free && !self.must_be_listed() {
            self.exit_now();
        }
    }

    /// Whether changes were appended to an increment that no manifest lists yet.
    fn must_be_listed(&self) -> bool {
        let writer = self.aof.writer.as_ref();
        let is_unlisted = writer.is_some_and(|writer| !writer.is_listed);
        is_unlisted && !self.aof_is_starting && !self.backup.owns_stream()
    }

    /// Has the append-only file written, synced, and loaded in place of the data; false if there is
    /// none.
    pub(crate) fn load_aof_again(&mut self, conn: ConnId) -> bool {
        self.append_all();
        // A base that is being written is not needed, and may take long.
        if self.aof.rewriting().is_some_and(Rewrite::is_dispensable)
            && !self.backup.is_snapshotting()
        {
            self.cancel_rewrite();
            self.aof.is_scheduled = true;
        }
        // What is under way changes which files there are, and may have to list some first.
        if self.aof.running > 0 || self.aof.rewrite.is_some() {
            self.aof.loads_for = Some(conn);
            return true;
        }
        match &self.aof.writer {
            Some(writer) => {
                let machine = Machine::Aof(AofJob::SyncThen(Then::Load(conn)));
                self.outbox.sync(writer.file, machine);
            }
            // COMPAT: files that nothing is appended to are loaded, too.
            None if !self.aof.manifest.is_empty() => {
                self.clear();
                self.start_loading_aof(Cause::LoadAof(conn));
            }
            None => return false,
        }
        true
    }

    /// Takes over the settings of the append-only file.
    pub(crate) fn follow_append_settings(&mut self) {
        // While data is loaded a base would hold a part of it: the settings are read at the end.
        if !self.is_persistent || self.hurdles.has(Hurdles::LOADING) {
            return;
        }
        self.clean_history();
        if self.config.appendonly {
            self.aof.stops_at = None;
        }
        let aof = &self.aof;
        let is_on = aof.writer.is_some() || aof.rewrite.is_some() || aof.fault.is_some();
        match self.config.appendonly {
            true if !is_on => {
                self.keep_stream();
                self.start_rewrite();
            }
            false if is_on && aof.stops_at.is_none() && !self.backup.owns_stream() => {
                self.stop_aof();
                self.fail_backup(STOPPED);
            }
            true => {
                self.keep_stream();
                self.derive_fence();
            }
            false => self.derive_fence(),
        }
    }
}
