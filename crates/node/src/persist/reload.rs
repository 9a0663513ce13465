//! The end of the server and DEBUG RELOAD: what connects saving and loading.
//!
//! Always true: the server ends only when what was to be saved is on the disk, or was given up on
//! purpose.
//! Not here: saving — `saves.rs`; loading — `loading.rs`

use russet_io::{ConnId, LogLevel};

use super::loads::Cause;
use super::saves::{Flush, Purpose};
use crate::config::ShutdownFlags;
use crate::core::Core;
use crate::hurdles::Hurdles;

/// Whether the data is saved before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// If there are save points.
    AsConfigured,
    /// In any case.
    Save,
    /// In no case.
    Drop,
}

impl Core {
    /// Loads the file again in place of the data.
    pub(crate) fn reload(&mut self, conn: ConnId, flush: Flush) {
        if flush == Flush::Yes {
            self.clear();
        }
        self.start_loading(Cause::Reload(conn), flush != Flush::No);
    }

    /// Removes all keys and functions, for those of files.
    pub(super) fn clear(&mut self) {
        self.keyspace.flush_all();
        self.scripts.flush_libraries();
    }

    /// Ends the server if a signal has asked for that, and nothing is in the way.
    pub(crate) fn end_if_asked(&mut self) {
        // What a script has done so far must not be saved without the rest.
        if self.pauses_signals || self.scripts.run.is_some() {
            return;
        }
        if let Some(signal) = self.end_asked_by.take() {
            self.shut_down_by(signal);
        }
    }

    /// Ends the server as the setting for this signal says.
    fn shut_down_by(&mut self, signal: &'static str) {
        let flags = match signal {
            "SIGINT" => self.config.shutdown_on_sigint,
            _ => self.config.shutdown_on_sigterm,
        };
        let last = match flags {
            flags if flags.has(ShutdownFlags::SAVE) => Last::Save,
            flags if flags.has(ShutdownFlags::NOSAVE) => Last::Drop,
            _ => Last::AsConfigured,
        };
        self.shut_down(last, None, flags.has(ShutdownFlags::FORCE));
    }

    /// Ends the server, after a last dump if there is to be one. Says whether one was begun; a
    /// client that waits for its failure is answered then; by force the server ends all the same.
    pub(crate) fn shut_down(&mut self, last: Last, client: Option<ConnId>, force: bool) -> bool {
        self.outbox
            .log(LogLevel::Warning, "User requested shutdown...");
        if self.saves.is_busy() {
            let line = "There is a child saving an .rdb. Killing it!";
            self.outbox.log(LogLevel::Warning, line);
            self.cancel_dump();
        }
        if self.aof.rewrite.is_some() && !self.aof_is_starting {
            let line = "There is a child rewriting the AOF. Killing it!";
            self.outbox.log(LogLevel::Warning, line);
        }
        let saves = match last {
            Last::AsConfigured => self.is_persistent && !self.config.save.is_empty(),
            Last::Save => true,
            Last::Drop => false,
        };
        // What is being loaded is on the disk already.
        if !saves || self.loading.is_some() {
            // What FLUSHALL removed does not come back.
            if self.saves.end_then(Purpose::Exit {
                client,
                force: true,
            }) {
                self.hurdles.set(Hurdles::EXITING, true);
                return true;
            }
            self.exit_now();
            return false;
        }
        let line = "Saving the final RDB snapshot before exiting.";
        self.outbox.log(LogLevel::Notice, line);
        self.hurdles.set(Hurdles::EXITING, true);
        self.start_dump(Purpose::Exit { client, force });
        true
    }
}
