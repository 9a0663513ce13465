//! Machines that await the completion of a job: each step takes one and gives the next, or the end.
//!
//! ```text
//!  ConfigChange ─► job of an act ─┬─ done ─► the next act's job … ─► Finished
//!                                 └─ failed ─► Failed: values and finished jobs are taken back
//!  Rewrite ─► Replace ─┬─ done ─► the file is what was written
//!                      └─ failed ─► an error
//!  Dial ─► a failure reaches the migration that awaits it    (success comes as a connection)
//! ```
//! | machine | Done, File | Failed, less Granted | other outcomes |
//! |---|---|---|---|
//! | ConfigChange | next act, or Finished | Failed | as Done |
//! | Rewrite | Ok | Err | as Done |
//! | Dial | – | to the migration | – |
//! | Dump | to `persist/saves.rs` | the same | the same |
//! | Load | to `persist/loading.rs` | the same | the same |
//! | Aof | to `persist/aof.rs` | the same | the same |
//! | Backup | to `persist/backup.rs` | the same | the same |
//! | Tls | · | a log line | · |
//! | Acl | Ok | Err | Ok, or all errors of the file |
//!
//! Always true: a change whose job fails leaves settings, addresses and directory as they were.
//! Not here: who steps them — `complete.rs`.

use russet_io::{FileId, FileOp, Job, ListenPlan, Outcome};

use crate::config::Config;
use crate::config::change::{self, Change};
use crate::config::setting::Act;
use crate::persist::aof::AofJob;
use crate::persist::backup::BackupJob;

/// A machine that awaits a completion.
#[derive(Debug)]
pub(crate) enum Machine {
    /// CONFIG SET.
    ConfigChange(ConfigChange),
    /// CONFIG REWRITE.
    Rewrite(Rewrite),
    /// A connection to another server, for a migration.
    Dial,
    /// A dump of all data.
    Dump,
    /// A piece of a file that is loaded.
    Load(FileId),
    /// A job of the append-only file.
    Aof(AofJob),
    /// A task of a backup.
    Backup(BackupJob),
    /// A file of users.
    Acl(AclJob),
    /// Certificates that are read again now and then.
    Tls,
}

/// A job on the file of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AclJob {
    /// ACL LOAD.
    Load,
    /// ACL SAVE.
    Save,
}

/// The configuration file on its way to the disk.
#[derive(Debug)]
pub(crate) struct Rewrite {
    /// Its path.
    pub path: String,
    /// Its future content.
    pub text: Vec<u8>,
    /// How the error begins when that fails.
    pub failure: &'static str,
}

/// A change of settings on its way: the jobs of its acts run in order, then the other acts are
/// done.
#[derive(Debug)]
pub(crate) struct ConfigChange {
    change: Change,
    /// The directory before the change.
    directory: String,
    /// The addresses before the change.
    plan: Box<ListenPlan>,
    /// The number of acts that were seen to.
    finished: usize,
}

/// How far a change has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// A job is to be done next.
    Waiting(ConfigChange, Job),
    /// All jobs are done; the acts of this change are left that cannot fail.
    Finished(Change),
    /// A job failed; the settings are as they were.
    Failed {
        /// The error for the client.
        told: String,
        /// The line for the log.
        log: String,
        /// Jobs that take back what was done.
        undo: Vec<Job>,
    },
}

impl ConfigChange {
    /// Begins with a change that was made to the settings; directory and addresses are those from
    /// before.
    pub(crate) fn begin(
        change: Change,
        (directory, plan): (String, ListenPlan),
        config: &Config,
    ) -> Progress {
        let begun = Self {
            change,
            directory,
            plan: Box::new(plan),
            finished: 0,
        };
        begun.advance(config)
    }

    /// Takes how the last job ended.
    pub(crate) fn step(self, outcome: &Outcome, config: &mut Config) -> Progress {
        match outcome {
            Outcome::Failed(failure) => self.take_back(&failure.text, config),
            Outcome::Granted(clients) if *clients < config.maxclients => {
                let reason = format!(
                    "The operating system is not able to handle the specified number of clients, \
                     try with {clients}"
                );
                self.take_back(&reason, config)
            }
            _ => self.advance(config),
        }
    }

    fn advance(mut self, config: &Config) -> Progress {
        while let Some(&(act, _)) = self.change.acts.get(self.finished) {
            self.finished += 1;
            match act {
                Act::Listen => return Progress::Waiting(self, Job::Listen(config.listen_plan())),
                Act::Tls => {
                    if let Some(settings) = config.tls_settings() {
                        return Progress::Waiting(self, Job::Tls(Box::new(settings)));
                    }
                }
                Act::Directory => {
                    let job = Job::File(FileOp::ChangeDir(config.dir.clone()));
                    return Progress::Waiting(self, job);
                }
                Act::OomScore => {
                    return Progress::Waiting(self, Job::OomScore(config.oom_score()));
                }
                Act::OpenFiles => {
                    return Progress::Waiting(self, Job::OpenFiles(config.maxclients));
                }
                _ => {}
            }
        }
        Progress::Finished(self.change)
    }

    fn take_back(mut self, reason: &str, config: &mut Config) -> Progress {
        let failed = self.finished.saturating_sub(1);
        let acts = std::mem::take(&mut self.change.acts);
        self.change.undo(config);
        let undo = acts[..failed].iter();
        let undo = undo.filter_map(|(act, _)| match act {
            Act::Listen => Some(Job::Listen((*self.plan).clone())),
            Act::Directory => Some(Job::File(FileOp::ChangeDir(self.directory.clone()))),
            Act::OomScore => Some(Job::OomScore(config.oom_score())),
            _ => None,
        });
        let undo = undo.collect();
        let (act, name) = acts[failed];
        let told = match (act, name) {
            (Act::Listen, "bind") => "Failed to bind to specified addresses.",
            (Act::Tls, _) => "Unable to update TLS configuration. Check server logs.",
            (Act::OomScore, _) => {
                "Failed to apply new oom_score_adj configuration, check server logs."
            }
            (Act::Listen, _) => "Unable to listen on this port. Check server logs.",
            _ => reason,
        };
        let log = format!(
            "Failed applying new configuration. Possibly related to new {name} setting. \
             Restoring previous settings: {reason}"
        );
        Progress::Failed {
            told: change::failed(name, told),
            log,
            undo,
        }
    }
}
