//! Loading, step by step: files are opened, read piece by piece, and closed.
//!
//! Always true: a piece is loaded while the next one is read.
//! Not here: the states — `loads.rs`; what the bytes mean — `restore.rs`, `replay.rs`

use std::io::ErrorKind;

use bytes::Bytes;
use russet_aof::{Expect, FileName, Part, Reader, Units};
use russet_io::{FileId, FileOp, FileReply, Job, LogLevel, OpenHow, Outcome};
use russet_rdb::Buffer;

use super::aof::AofJob;
use super::loads::{Cause, Content, Current, Ended, Loading, Source, SourceKind};
use super::preload::Preload;
use super::replay::{self, Stopped};
use super::restore::{Fault, Reached, Restore, Rules};
use super::steps::{Cut, Place};
use super::survey::{Survey, Surveyed};
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;
use crate::node::Node;
use crate::scripts::libraries::Collision;

/// The settings that allow the tail of the last append-only file to be cut off.
const LOAD_TRUNCATED: &str = "aof-load-truncated";
const LOAD_CORRUPT_TAIL: &str = "aof-load-corrupt-tail-max-size";

/// The size of a read, in bytes.
const READ_SIZE: usize = 256 << 10;

/// A key takes no fewer bytes of a file: its type, its name, its value.
const KEY_SIZE_MIN: u64 = 4;

/// The size of a read with `key-load-delay`, so that requests are served between few keys.
const SLOW_READ_SIZE: usize = 1 << 10;

impl Core {
    /// Begins to load what the configuration names.
    pub(crate) fn start_loading(&mut self, cause: Cause, replaces: bool) {
        let mut loading = Box::new(Loading::new(cause, replaces, self.now));
        self.hurdles
            .set(Hurdles::LOADING, matches!(cause, Cause::Start));
        self.postpones_start = cause == Cause::Start;
        if cause == Cause::Start {
            let own = Preload::parse(&self.config.preload_file);
            loading.preload = self.preload();
            let survey = Survey {
                place: self.place(),
                takes_over: self.config.appendonly && loading.preload.is_none(),
                is_required: own.is_some() && loading.preload.is_none(),
                preload: loading.preload.clone(),
                dump: self.config.dbfilename.clone(),
                process: self.environment.process_id,
                is_alive: self.environment.is_alive,
            };
            let task = Job::Task(Box::new(survey));
            self.outbox.start_apart(task, Machine::Aof(AofJob::Survey));
        } else {
            self.open_dump(&mut loading);
        }
        self.loading = Some(loading);
    }

    /// Whether the server starts, and has found no data so far.
    pub(crate) fn awaits_files(&self) -> bool {
        let reads = self
            .loading
            .as_ref()
            .is_some_and(|loading| loading.total > 0);
        self.hurdles.has(Hurdles::LOADING) && !reads && self.keyspace.is_empty()
    }

    /// The file to load in place of the server's own, as long as that is another one.
    pub(super) fn preload(&self) -> Option<Preload> {
        let preload = Preload::parse(&self.config.preload_file);
        let own = Preload::Manifest {
            dir: self.below_dir(&self.config.appenddirname),
            name: self.layout().manifest(),
        };
        preload.filter(|preload| !self.config.appendonly || *preload != own)
    }

    /// Begins to load the append-only file that is there.
    pub(crate) fn start_loading_aof(&mut self, cause: Cause) {
        let mut loading = Box::new(Loading::new(cause, true, self.now));
        let parts: Vec<_> = self.aof.manifest.files().cloned().collect();
        loading.dir = self.config.appenddirname.clone();
        loading.base = self.aof.manifest.base().map(|part| part.name.clone());
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            let source = source_of(&loading.dir, part, (is_last, 0));
            loading.queue.push_back(source);
        }
        if let Some(first) = loading.queue.pop_front() {
            self.open_source(&mut loading, first);
        }
        self.loading = Some(loading);
    }

    fn open_dump(&mut self, loading: &mut Loading) {
        let path = match &loading.preload {
            Some(Preload::Dump(path)) => path.clone(),
            _ => self.config.dbfilename.clone(),
        };
        let kind = SourceKind::Dump;
        self.open_source(loading, Source { path, kind });
    }

    fn open_source(&mut self, loading: &mut Loading, source: Source) {
        let file = self.outbox.file();
        let open = FileOp::Open {
            file,
            path: source.path.clone(),
            how: OpenHow::Read,
        };
        self.outbox
            .start_apart(Job::File(open), Machine::Load(file));
        // Each file begins in database 0.
        loading.session = None;
        let restore = Box::new(Restore::new(self.config.rdbchecksum));
        let content = match &source.kind {
            SourceKind::Dump => Content::Dump(restore, Buffer::default()),
            SourceKind::Part { expect, .. } => {
                Content::Units(Box::new(Reader::new(*expect)), restore)
            }
        };
        loading.current = Some(Current {
            source,
            file,
            since_us: self.now.mono_us,
            asked: 0,
            content,
        });
    }

    /// Takes what was found at the start; gives the end, if nothing can be loaded.
    pub(crate) fn follow_survey(&mut self, outcome: Outcome) -> Option<Ended> {
        let mut loading = self.loading.take()?;
        let surveyed = match outcome {
            Outcome::Finished(value) => value.downcast::<Surveyed>().map_err(|_| String::new()),
            Outcome::Failed(failure) => Err(failure.text),
            other => Err(format!("{other:?}")),
        };
        let (plan, preload) = match surveyed {
            Ok(surveyed) => {
                self.backup.is_marked = surveyed.is_marked;
                (surveyed.plan, surveyed.preload)
            }
            Err(why) => {
                let line = format!("Fatal error loading the append only files: {why}");
                return Some(self.end_loading(Ended::Failed(loading.cause, line)));
            }
        };
        loading.manifest = Some(plan.manifest.clone());
        let plan = preload.unwrap_or(plan);
        loading.dir = match &loading.preload {
            Some(Preload::Manifest { dir, .. } | Preload::Single { dir, .. }) => dir.clone(),
            Some(Preload::Dump(_)) | None => self.config.appenddirname.clone(),
        };
        if let Some(Preload::Single { dir, name }) = &loading.preload {
            loading.queue.push_back(single_file(dir, name.clone()));
        }
        for file in &plan.files {
            let source = source_of(&loading.dir, &file.part, (file.is_last, file.size));
            loading.queue.push_back(source);
        }
        loading.total = plan.size;
        loading.base = plan.manifest.base().map(|part| part.name.clone());
        match loading.queue.pop_front() {
            Some(first) => self.open_source(&mut loading, first),
            // COMPAT: whoever turns appending on over a dump keeps the data of the dump.
            None => self.open_dump(&mut loading),
        }
        self.loading = Some(loading);
        None
    }

    fn ask_for_more(&mut self, current: &mut Current) {
        let len = match self.config.key_load_delay {
            0 => READ_SIZE,
            _ => SLOW_READ_SIZE,
        };
        let read = FileOp::Read {
            file: current.file,
            offset: current.asked,
            len,
        };
        current.asked += len as u64;
        let machine = Machine::Load(current.file);
        self.outbox.start_apart(Job::File(read), machine);
    }

    /// Stops the loop as `key-load-delay` has it for this number of keys: a positive delay is for
    /// each key, a negative one a microsecond for that number of keys.
    fn delay(&mut self, keys: u64) {
        let (delay, keys) = (i64::from(self.config.key_load_delay), keys.min(1 << 20));
        self.outbox.stall_us += match delay {
            0 => 0,
            1.. => keys * delay.unsigned_abs(),
            _ => keys / delay.unsigned_abs(),
        };
    }

    /// The treatment of special keys of a dump, in files of that many bytes.
    fn rules(&self, replaces: bool, skips_expired: bool, total: u64) -> Rules {
        Rules {
            skips_expired,
            replaces,
            keys_max: total / KEY_SIZE_MIN,
            databases: self.config.databases as usize,
            now_ms: self.now.wall_ms(),
        }
    }

    /// Takes what a dump gave besides keys: lines for the log, and libraries of functions.
    pub(super) fn take_besides(
        &mut self,
        restore: &mut Restore,
        rules: Rules,
    ) -> Result<(), Fault> {
        for (level, line) in restore.lines.drain(..) {
            self.outbox.log(level, line);
        }
        for text in restore.functions.drain(..) {
            let text = Bytes::from(text);
            let collision = match rules.replaces {
                true => Collision::Replaces,
                false => Collision::Fails,
            };
            let loaded = self.scripts.load_library(text, collision);
            loaded.map_err(|error| Fault::Library(error.to_string()))?;
        }
        Ok(())
    }

    /// A file was loaded to its end: the next one is opened, or all were loaded.
    fn end_source(&mut self, mut loading: Box<Loading>, current: Current) -> Option<Ended> {
        self.outbox.start(Job::File(FileOp::Close(current.file)));
        let (Content::Dump(restore, _) | Content::Units(_, restore)) = current.content;
        loading.counts.add(&restore);
        let is_aof = match &current.source.kind {
            SourceKind::Dump if loading.preload.is_some() => false,
            SourceKind::Dump => {
                // A process that died may have left its name in memory only; what was loaded must
                // not be lost afterwards.
                self.outbox
                    .start(Job::File(FileOp::SyncDir(".".to_owned())));
                false
            }
            SourceKind::Part { name, size, .. } => {
                loading.done += size;
                loading.last_size = *size;
                let kind = match loading.base.as_ref() == Some(name) {
                    true => "base",
                    false => "incr",
                };
                let took = seconds(self.now.mono_us.saturating_sub(current.since_us));
                let line = format!("DB loaded from {kind} file {}: {took}", name.as_str());
                self.outbox.log(LogLevel::Notice, line);
                true
            }
        };
        if let Some(next) = loading.queue.pop_front() {
            self.open_source(&mut loading, next);
            self.loading = Some(loading);
            return None;
        }
        Some(self.end_loaded(*loading, is_aof))
    }

    /// All files were loaded.
    fn end_loaded(&mut self, loading: Loading, is_aof: bool) -> Ended {
        let counts = loading.counts;
        self.loads = counts;
        if counts.loaded > 0 || !is_aof {
            let (loaded, expired) = (counts.loaded, counts.expired);
            let skipped = match counts.empty {
                0 => String::new(),
                empty => format!(", empty keys skipped: {empty}"),
            };
            let line = format!(
                "Done loading RDB, keys loaded: {loaded}, keys expired: {expired}{skipped}."
            );
            self.outbox.log(LogLevel::Notice, line);
        }
        let took_us = self.now.mono_us.saturating_sub(loading.since.mono_us);
        let from = match is_aof {
            true => "append only file",
            false => "disk",
        };
        let line = format!("DB loaded from {from}: {}", seconds(took_us));
        self.outbox.log(LogLevel::Notice, line);
        // What was loaded again later may have been replaced since.
        if loading.cause == Cause::Start {
            self.aof.manifest = loading.manifest.unwrap_or_default();
            self.aof.loaded_size = loading.total;
            self.aof.last_size = loading.last_size;
        }
        self.end_loading(Ended::Loaded(loading.cause))
    }

    fn end_loading(&mut self, ended: Ended) -> Ended {
        self.loading = None;
        self.derive_recording();
        ended
    }

    /// A file ends early: it is cut, if it is the last, that is allowed, and a crash can have torn
    /// it.
    fn cut_or_refuse(
        &mut self,
        mut loading: Box<Loading>,
        current: Current,
        (error, whole): (russet_aof::Error, u64),
    ) -> Option<Ended> {
        self.outbox.start(Job::File(FileOp::Close(current.file)));
        let path = &current.source.path;
        let is_short = matches!(error, russet_aof::Error::Truncated { .. });
        if let SourceKind::Part {
            name,
            expect,
            size,
            is_last: true,
        } = &current.source.kind
            && let Some(setting) =
                self.setting_that_cuts(*expect, is_short, size.saturating_sub(whole))
        {
            for line in [
                "!!! Warning: short read while loading the AOF file!!!".to_owned(),
                format!("{path}: {error}"),
                format!("Truncating the AOF {} at offset {whole}", name.as_str()),
            ] {
                self.outbox.log(LogLevel::Warning, line);
            }
            let seq = match expect {
                Expect::Checked { seq } if setting == LOAD_TRUNCATED => Some(*seq),
                _ => None,
            };
            let place = Place {
                dir: loading.dir.clone(),
                ..self.place()
            };
            let task = Cut {
                place,
                name: name.clone(),
                whole,
                unix_secs: self.now.wall_s(),
                seq,
                only_looks: loading.preload.is_some(),
            };
            self.outbox.start_apart(
                Job::Task(Box::new(task)),
                Machine::Aof(AofJob::Cut(setting)),
            );
            let (Content::Dump(restore, _) | Content::Units(_, restore)) = &current.content;
            loading.counts.add(restore);
            loading.last_size = whole;
            self.loading = Some(loading);
            return None;
        }
        let line = match is_short {
            true => format!(
                "Unexpected end of file reading the append only file {path}. You can: 1) Make a \
                 backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. \
                 2) Alternatively you can set the 'aof-load-truncated' configuration option to \
                 yes and restart the server. ({error})"
            ),
            false => format!(
                "Bad file format reading the append only file {path}: make a backup of your AOF \
                 file, then use ./redis-check-aof --fix <filename.manifest> ({error})"
            ),
        };
        Some(self.end_loading(Ended::Failed(loading.cause, line)))
    }

    /// The setting that allows a tail of this size to be cut off the last file, if one does.
    fn setting_that_cuts(&self, expect: Expect, is_short: bool, tail: u64) -> Option<&'static str> {
        let is_checked = matches!(expect, Expect::Checked { .. });
        let size_max = self.config.aof_load_corrupt_tail_max_size;
        if (is_checked || !is_short) && (1..=size_max).contains(&tail) {
            return Some(LOAD_CORRUPT_TAIL);
        }
        let may_be_torn = is_short || is_checked;
        (self.config.aof_load_truncated && may_be_torn).then_some(LOAD_TRUNCATED)
    }

    /// The last file was cut, as this setting allows, or not.
    pub(crate) fn follow_cut(&mut self, setting: &'static str, outcome: Outcome) -> Option<Ended> {
        let loading = self.loading.take()?;
        match outcome {
            Outcome::Finished(value) => {
                if let Ok(aside) = value.downcast::<Option<FileName>>()
                    && let Some(aside) = *aside
                {
                    let line = format!("The bytes behind it were kept in {}", aside.as_str());
                    self.outbox.log(LogLevel::Warning, line);
                }
                let line = format!("AOF loaded anyway because {setting} is enabled");
                self.outbox.log(LogLevel::Warning, line);
                Some(self.end_loaded(*loading, true))
            }
            other => {
                let why = other.failure().map(|failure| failure.text.clone());
                let line = format!(
                    "Bad file format reading the append only file: {}",
                    why.unwrap_or_default()
                );
                Some(self.end_loading(Ended::Failed(loading.cause, line)))
            }
        }
    }

    /// A dump is refused. The start of the server ends with the line that tools wait for.
    fn refuse_dump(&mut self, cause: Cause, current: &Current, fault: &Fault) -> Ended {
        self.outbox.start(Job::File(FileOp::Close(current.file)));
        if let Fault::File(error) = fault {
            self.outbox.log(LogLevel::Warning, error.fault.to_string());
        }
        let mut line = refusal(fault, &current.source.path);
        if cause == Cause::Start {
            if let Fault::Databases(_) = fault {
                let line = format!("FATAL: {fault} Exiting");
                return self.end_loading(Ended::Failed(cause, line));
            }
            self.outbox.log(LogLevel::Warning, line);
            line = "Terminating server after rdb file reading failure.".to_owned();
        }
        self.end_loading(Ended::Failed(cause, line))
    }

    /// A command of an append-only file is refused: what follows may depend on it.
    fn refuse_command(&mut self, cause: Cause, current: &Current, what: &str) -> Ended {
        self.outbox.start(Job::File(FileOp::Close(current.file)));
        let path = &current.source.path;
        let line = format!("{what} reading the append only file {path}");
        self.end_loading(Ended::Failed(cause, line))
    }

    /// A file cannot be read.
    fn unreadable(
        &mut self,
        mut loading: Box<Loading>,
        current: &Current,
        outcome: &Outcome,
    ) -> Ended {
        let failure = outcome.failure();
        let is_absent = failure.is_some_and(|failure| failure.kind == ErrorKind::NotFound);
        let is_own = loading.preload.is_none();
        if is_absent && is_own && matches!(current.source.kind, SourceKind::Dump) {
            if loading.cause == Cause::Start {
                self.aof.manifest = loading.manifest.take().unwrap_or_default();
            }
            return self.end_loading(Ended::Nothing(loading.cause));
        }
        let why = failure.map_or_else(|| format!("{outcome:?}"), ToString::to_string);
        let line = format!(
            "Fatal error: can't open {} for reading: {why}",
            current.source.path
        );
        self.end_loading(Ended::Failed(loading.cause, line))
    }
}

impl Node {
    /// Takes the next piece; gives the end, once it is reached.
    pub(crate) fn step_loading(&mut self, file: FileId, outcome: Outcome) -> Option<Ended> {
        let core = &mut self.core;
        let mut loading = core.loading.take()?;
        // A file whose end was found early, or that was refused, is read once more than was needed.
        let Some(mut current) = loading.current.take_if(|current| current.file == file) else {
            core.loading = Some(loading);
            return None;
        };
        let bytes = match outcome {
            Outcome::File(FileReply::Opened { size }) => {
                if loading.total == 0 {
                    loading.total = size;
                }
                core.ask_for_more(&mut current);
                loading.current = Some(current);
                core.loading = Some(loading);
                return None;
            }
            Outcome::File(FileReply::Bytes(bytes)) => bytes,
            other => return Some(core.unreadable(loading, &current, &other)),
        };
        if !bytes.is_empty() {
            core.ask_for_more(&mut current);
        }
        let before = current.keys();
        let loaded = match &mut current.content {
            Content::Dump(restore, buffer) => {
                match bytes.is_empty() {
                    true => buffer.end(),
                    false => buffer.append(&bytes),
                }
                let rules = core.rules(loading.replaces, true, loading.total);
                let loaded = restore.load(buffer, &mut core.keyspace, rules);
                let taken = core.take_besides(restore, rules);
                loaded
                    .and_then(|reached| taken.map(|()| reached))
                    .map_err(Stopped::Dump)
            }
            Content::Units(reader, restore) => {
                match bytes.is_empty() {
                    true => reader.end(),
                    false => reader.feed(&bytes),
                }
                let runner = (&mut self.sessions, &mut loading.session);
                let rules = core.rules(true, false, loading.total);
                replay::load(core, runner, (reader, restore), rules)
            }
        };
        core.delay(current.keys() - before);
        match loaded {
            Ok(Reached::More) => {
                loading.current = Some(current);
                core.loading = Some(loading);
                None
            }
            Ok(Reached::End) => core.end_source(loading, current),
            Err(Stopped::Units(error, whole)) => {
                core.cut_or_refuse(loading, current, (error, whole))
            }
            Err(Stopped::Dump(fault)) => Some(core.refuse_dump(loading.cause, &current, &fault)),
            Err(Stopped::Unknown(name)) => {
                let what = format!("Unknown command '{name}'");
                Some(core.refuse_command(loading.cause, &current, &what))
            }
            Err(Stopped::Arity(name)) => {
                let what = format!("Wrong number of arguments for '{name}'");
                Some(core.refuse_command(loading.cause, &current, &what))
            }
        }
    }
}

fn source_of(dir: &str, part: &Part, (is_last, size): (bool, u64)) -> Source {
    Source {
        path: format!("{dir}/{}", part.name.as_str()),
        kind: SourceKind::Part {
            name: part.name.clone(),
            expect: match part.units {
                Units::Plain => Expect::Plain,
                Units::Checked => Expect::Checked { seq: part.seq },
            },
            is_last,
            size,
        },
    }
}

/// A file that no manifest describes.
fn single_file(dir: &str, name: FileName) -> Source {
    Source {
        path: format!("{dir}/{}", name.as_str()),
        kind: SourceKind::Part {
            name,
            expect: Expect::Unknown,
            is_last: true,
            size: 0,
        },
    }
}

/// A duration as the log has it.
fn seconds(us: u64) -> String {
    format!("{}.{:03} seconds", us / 1_000_000, us / 1000 % 1000)
}

/// The line of the log for a dump that is refused.
fn refusal(fault: &Fault, path: &str) -> String {
    use russet_rdb::Error;
    use russet_rdb::file::Fault as Bytes;
    let Fault::File(error) = fault else {
        return format!("Fatal error loading the DB from {path}: {fault}");
    };
    let text = match error.fault {
        Bytes::Magic => "Wrong signature trying to load DB from file".to_owned(),
        Bytes::Checksum { stored, computed } => {
            return format!(
                "Wrong RDB checksum expected: ({stored:x}) but got ({computed:x}). Aborting now. \
                 {path}: RDB CRC error at offset {}",
                error.offset
            );
        }
        Bytes::Version(version) => format!("Can't handle RDB format version {}", version.0),
        Bytes::Bytes(Error::Cut) => "Short read or OOM loading DB".to_owned(),
        _ => "Fatal error loading the DB, check server logs".to_owned(),
    };
    format!("{text}. Unrecoverable error, aborting now. {path}: {fault}")
}
