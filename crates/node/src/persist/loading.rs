//! Loading, step by step: a file is opened, read piece by piece, and closed.
//!
//! Always true: a piece is loaded while the next one is read.
//! Not here: the states — `loads.rs`; what the bytes mean — `restore.rs`

use std::io::ErrorKind;

use russet_io::{FileOp, FileReply, Job, LogLevel, OpenHow, Outcome};
use russet_rdb::Buffer;

use super::loads::{Cause, Ended, Loading};
use super::restore::{Fault, Reached, Restore, Rules};
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::machines::Machine;

/// The size of a read, in bytes.
const READ_SIZE: usize = 256 << 10;

impl Core {
    /// Begins to load the dump that the configuration names.
    pub(crate) fn start_loading(&mut self, cause: Cause, replaces: bool) {
        let file = self.outbox.file();
        let path = self.config.dbfilename.clone();
        let open = FileOp::Open {
            file,
            path: path.clone(),
            how: OpenHow::Read,
        };
        self.outbox.start_apart(Job::File(open), Machine::Load);
        self.loading = Some(Box::new(Loading {
            cause,
            path,
            file,
            since: self.now,
            size: 0,
            asked: 0,
            buffer: Buffer::default(),
            restore: Restore::default(),
            replaces,
        }));
        self.hurdles
            .set(Hurdles::LOADING, matches!(cause, Cause::Start));
    }

    /// Takes the next piece; gives the end, once it is reached.
    pub(crate) fn step_loading(&mut self, outcome: Outcome) -> Option<Ended> {
        let mut loading = self.loading.take()?;
        let reached = match outcome {
            Outcome::File(FileReply::Opened { size }) => {
                loading.size = size;
                self.ask_for_more(&mut loading);
                Ok(Reached::More)
            }
            Outcome::File(FileReply::Bytes(bytes)) => self.load(&mut loading, &bytes),
            Outcome::Failed(failure) if failure.kind == ErrorKind::NotFound => {
                return Some(self.end_loading(Ended::Nothing(loading.cause)));
            }
            Outcome::Failed(failure) => {
                let line = format!(
                    "Fatal error loading the DB, check server logs. Can't read {}: {failure}",
                    loading.path
                );
                return Some(self.end_loading(Ended::Failed(loading.cause, line)));
            }
            other => {
                let line = format!("Reading {} ended with {other:?}", loading.path);
                return Some(self.end_loading(Ended::Failed(loading.cause, line)));
            }
        };
        match reached {
            Ok(Reached::More) => {
                self.loading = Some(loading);
                None
            }
            Ok(Reached::End) => {
                self.close_loaded(&loading);
                self.tell_loaded(&loading);
                self.functions = std::mem::take(&mut loading.restore.functions);
                Some(self.end_loading(Ended::Loaded(loading.cause)))
            }
            Err(fault) => {
                self.close_loaded(&loading);
                let line = refusal(&fault, &loading.path);
                Some(self.end_loading(Ended::Failed(loading.cause, line)))
            }
        }
    }

    fn load(&mut self, loading: &mut Loading, bytes: &[u8]) -> Result<Reached, Fault> {
        match bytes.is_empty() {
            true => loading.buffer.end(),
            false => {
                loading.buffer.append(bytes);
                self.ask_for_more(loading);
            }
        }
        let rules = Rules {
            skips_expired: true,
            replaces: loading.replaces,
            databases: self.config.databases as usize,
            now_ms: self.now.wall_ms(),
        };
        let reached = loading
            .restore
            .load(&mut loading.buffer, &mut self.keyspace, rules);
        for (level, line) in loading.restore.lines.drain(..) {
            self.outbox.log(level, line);
        }
        reached
    }

    fn ask_for_more(&mut self, loading: &mut Loading) {
        let read = FileOp::Read {
            file: loading.file,
            offset: loading.asked,
            len: READ_SIZE,
        };
        loading.asked += READ_SIZE as u64;
        self.outbox.start_apart(Job::File(read), Machine::Load);
    }

    fn close_loaded(&mut self, loading: &Loading) {
        self.outbox.start(Job::File(FileOp::Close(loading.file)));
    }

    fn tell_loaded(&mut self, loading: &Loading) {
        let restore = &loading.restore;
        let (loaded, expired, empty) = (restore.loaded, restore.expired, restore.empty);
        (self.loads.loaded, self.loads.expired) = (loaded, expired);
        let line = match empty {
            0 => format!("Done loading RDB, keys loaded: {loaded}, keys expired: {expired}."),
            empty => format!(
                "Done loading RDB, keys loaded: {loaded}, keys expired: {expired}, 'empty keys \
                 skipped: {empty}'."
            ),
        };
        self.outbox.log(LogLevel::Notice, line);
        let took_us = self.now.mono_us.saturating_sub(loading.since.mono_us);
        let line = format!(
            "DB loaded from disk: {}.{:03} seconds",
            took_us / 1_000_000,
            took_us / 1000 % 1000
        );
        self.outbox.log(LogLevel::Notice, line);
    }

    fn end_loading(&mut self, ended: Ended) -> Ended {
        self.hurdles.set(Hurdles::LOADING, false);
        self.loading = None;
        ended
    }
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
                "Wrong RDB checksum expected: ({stored:x}) but got ({computed:x}). Aborting now."
            );
        }
        Bytes::Version(version) => format!("Can't handle RDB format version {}", version.0),
        Bytes::Bytes(Error::Cut) => "Short read or OOM loading DB".to_owned(),
        _ => "Fatal error loading the DB, check server logs".to_owned(),
    };
    format!("{text}. Unrecoverable error, aborting now. {path}: {fault}")
}
