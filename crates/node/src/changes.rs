//! Steps of machines that need the core: settings that take effect, a file that was written.
//!
//! Not here: the machines — `machines.rs`; who gets the reply — `complete.rs`.

use russet_command::CommandError;
use russet_io::{ConnId, Job, LogLevel, Outcome};

use crate::config::setting::Act;
use crate::core::Core;
use crate::machines::{ConfigChange, Machine, Progress, Rewrite};
use crate::session::For;

/// The step after a completion.
pub(crate) enum Step {
    /// Something else is awaited.
    Waits(For),
    /// The command has its result.
    End(Result<(), CommandError>),
}

impl Core {
    /// Does what a change of settings needs next.
    pub(crate) fn follow(&mut self, conn: ConnId, progress: Progress) -> Step {
        match progress {
            Progress::Waiting(change, job) => Step::Waits(self.start_change(conn, change, job)),
            Progress::Finished(change) => {
                self.derive_settings();
                self.derive_events();
                for (act, _) in change.acts {
                    self.carry_out(act);
                }
                for setting in change.ineffective {
                    self.outbox.log(setting.level, setting.text);
                }
                Step::End(Ok(()))
            }
            Progress::Failed { told, log, undo } => {
                self.outbox.log(LogLevel::Warning, log);
                for job in undo {
                    self.outbox.start(job);
                }
                Step::End(Err(CommandError::Text(told.into())))
            }
        }
    }

    fn start_change(&mut self, conn: ConnId, change: ConfigChange, job: Job) -> For {
        let machine = Machine::ConfigChange(change);
        For::Job(self.outbox.start_for(conn, job, machine))
    }

    /// Does what a changed setting entails and cannot fail.
    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Keepalive => {
                self.outbox.start(Job::Keepalive(self.config.tcp_keepalive));
            }
            Act::Log => {
                self.outbox.start(Job::Log {
                    file: self.config.logfile.clone(),
                    level: self.config.loglevel,
                });
            }
            Act::Append => self.follow_append_settings(),
            Act::Password => self.change_default_password(),
            Act::Nothing
            | Act::Data
            | Act::Listen
            | Act::ListenTls
            | Act::ListenMetrics
            | Act::Tls
            | Act::Directory
            | Act::OomScore
            | Act::OpenFiles => {}
        }
    }

    /// The configuration file was written, or not.
    pub(crate) fn end_rewrite(
        &mut self,
        rewrite: Rewrite,
        outcome: &Outcome,
    ) -> Result<(), CommandError> {
        let Rewrite {
            path,
            text,
            failure,
        } = rewrite;
        match outcome.failure() {
            Some(reason) => {
                let line = format!("CONFIG REWRITE failed: {reason}");
                self.outbox.log(LogLevel::Warning, line);
                Err(CommandError::Text(format!("{failure}: {reason}").into()))
            }
            None => {
                self.config.set_file(path, text);
                let line = "CONFIG REWRITE executed with success.";
                self.outbox.log(LogLevel::Notice, line);
                Ok(())
            }
        }
    }
}
