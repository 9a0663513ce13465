//! CONFIG: settings as they are, changed, and written back to the file.
//!
//! ```text
//!  CONFIG SET ─► values change ─► jobs that may fail, one after the other ─► other acts, +OK
//!                                └─ one failed ─► values and finished jobs taken back, -ERR
//! ```
//! Always true: a change whose job fails leaves settings, addresses and directory as they were,
//! even when the client has gone.
//! Not here: values and their texts — `config/`.

use std::borrow::Cow;

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_io::{ConnId, Job, ListenPlan, LogLevel, Origin, Outcome};
use russet_resp::{Args, Reply};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::config::change::{self, Asker, Change};
use crate::config::rewrite::Extent;
use crate::config::setting::Act;
use crate::core::Core;
use crate::session::{Session, State};

const ANYWHERE: Flags = Flags::LOADING.with(Flags::STALE);
const ADMIN: Flags = ANYWHERE.with(Flags::ADMIN).with(Flags::NOSCRIPT);
const EVERY_NODE: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container(
        "CONFIG",
        &[
            Row::control("GET", AtLeast(3), get)
                .takes("parameter [parameter ...]")
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(N) where N is the number of settings named")
                .does("Shows settings.")
                .history(&[("7.0.0", "Several patterns may be given.")]),
            Row::control("HELP", Exactly(2), print_help)
                .flags(ANYWHERE)
                .since("5.0.0")
                .cost("O(1)")
                .does("Lists the subcommands."),
            Row::control("RESETSTAT", Exactly(2), resetstat)
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(1)")
                .does("Sets the counters that INFO shows to zero.")
                .tips(EVERY_NODE),
            Row::control("REWRITE", Exactly(2), rewrite)
                .flags(ADMIN)
                .since("2.8.0")
                .cost("O(1)")
                .does("Writes the settings back to the configuration file.")
                .tips(EVERY_NODE),
            Row::control("SET", AtLeast(4), set)
                .takes("<parameter value>:data [<parameter value>:data ...]")
                .flags(ADMIN)
                .since("2.0.0")
                .cost("O(N) where N is the number of settings given")
                .does("Changes settings.")
                .history(&[("7.0.0", "Several settings may be given.")])
                .tips(EVERY_NODE),
        ],
    )
    .since("2.0.0")
    .cost("Depends on subcommand.")
    .does("Holds the commands about settings.")],
};
const _: () = FAMILY.check();

const HELP: &[&str] = &[
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
];

fn get(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let patterns: Vec<&[u8]> = args.skip(2).iter().collect();
    let found = cx.core.config.find(&patterns);
    let mut reply = cx.reply();
    reply.map(found.len());
    for (name, value) in found {
        reply.bulk(&name);
        reply.bulk(&value);
    }
    Ok(ControlFlow::Done)
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "CONFIG", HELP);
    Ok(ControlFlow::Done)
}

fn resetstat(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.stats.reset();
    cx.core.keyspace.reset_stats();
    cx.ok()
}

fn rewrite(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    write_file(cx, Extent::Needed, "ERR Rewriting config file")
}

/// Writes the configuration file; the reply follows when it is on disk.
///
/// # Errors
/// When the server has no configuration file.
pub(super) fn write_file(
    cx: &mut ControlCtx<'_>,
    extent: Extent,
    failure: &'static str,
) -> Result<ControlFlow, CommandError> {
    let Some((path, text)) = cx.core.config.rewritten(extent) else {
        return Err(CommandError::text(
            "ERR The server is running without a config file",
        ));
    };
    let job = Job::ReplaceFile {
        path: path.clone(),
        contents: text.clone(),
    };
    let then = move |core: &mut Core, session: Option<&mut Session>, outcome: Outcome| {
        let result = match outcome {
            Outcome::Failed(reason) => {
                core.outbox.log(
                    LogLevel::Warning,
                    format!("CONFIG REWRITE failed: {reason}"),
                );
                Err(format!("{failure}: {reason}"))
            }
            _ => {
                core.config.set_file(path, text);
                core.outbox
                    .log(LogLevel::Notice, "CONFIG REWRITE executed with success.");
                Ok(())
            }
        };
        answer(core, session, result);
    };
    cx.core
        .outbox
        .start_for(cx.session.conn, job, Box::new(then));
    Ok(ControlFlow::Waiting)
}

fn set(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let words: Vec<&[u8]> = args.skip(2).iter().collect();
    if !words.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = words
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    let asker = Asker {
        is_local: is_local(&cx.session.origin),
        is_loading: false,
    };
    let directory = cx.core.config.dir.clone();
    let plan = cx.core.config.listen_plan();
    let change = change::set(&mut cx.core.config, &pairs, asker)
        .map_err(|text| CommandError::Text(Cow::Owned(text)))?;
    let pending = Pending {
        change,
        directory,
        plan,
        finished: 0,
    };
    let conn = cx.session.conn;
    match pending.advance(cx.core, conn) {
        Progress::Finished => cx.ok(),
        Progress::Waiting => Ok(ControlFlow::Waiting),
    }
}

/// Whether a client is on this machine.
pub(crate) fn is_local(origin: &Origin) -> bool {
    match origin {
        Origin::Tcp { peer, .. } => peer.ip().to_canonical().is_loopback(),
        Origin::Unix { .. } => true,
    }
}

/// A change on its way: the jobs of its acts run in order, then the other acts are done.
struct Pending {
    change: Change,
    /// The directory before the change.
    directory: String,
    /// The addresses before the change.
    plan: ListenPlan,
    /// How many acts were seen to.
    finished: usize,
}

/// How far a change has come.
enum Progress {
    /// It is done.
    Finished,
    /// A job is on its way.
    Waiting,
}

impl Pending {
    /// Starts the next job that may fail, or does what is left when there is none.
    fn advance(mut self, core: &mut Core, conn: ConnId) -> Progress {
        while let Some(&(act, _)) = self.change.acts.get(self.finished) {
            self.finished += 1;
            let job = match act {
                Act::Listen => Job::Listen(core.config.listen_plan()),
                Act::Directory => Job::ChangeDir(core.config.dir.clone()),
                _ => continue,
            };
            let then = move |core: &mut Core, session: Option<&mut Session>, outcome: Outcome| {
                self.completed(core, conn, session, outcome);
            };
            core.outbox.start_for(conn, job, Box::new(then));
            return Progress::Waiting;
        }
        for (act, _) in self.change.acts {
            core.carry_out(act);
        }
        for setting in self.change.ineffective {
            core.outbox.log(setting.level, setting.text);
        }
        Progress::Finished
    }

    fn completed(
        self,
        core: &mut Core,
        conn: ConnId,
        session: Option<&mut Session>,
        outcome: Outcome,
    ) {
        if let Outcome::Failed(reason) = outcome {
            let text = self.take_back(core, &reason);
            return answer(core, session, Err(text));
        }
        match self.advance(core, conn) {
            Progress::Finished => answer(core, session, Ok(())),
            Progress::Waiting => {
                if let Some(session) = session {
                    session.state = State::Waiting;
                }
            }
        }
    }

    /// Takes back values and finished jobs, and says what the client is told.
    fn take_back(self, core: &mut Core, reason: &str) -> String {
        let failed = self.finished.saturating_sub(1);
        for (act, _) in &self.change.acts[..failed] {
            match act {
                Act::Listen => core.outbox.start(Job::Listen(self.plan.clone())),
                Act::Directory => core.outbox.start(Job::ChangeDir(self.directory.clone())),
                _ => {}
            }
        }
        let (act, name) = self.change.acts[failed];
        let told = match (act, name) {
            (Act::Listen, "bind") => "Failed to bind to specified addresses.",
            (Act::Listen, _) => "Unable to listen on this port. Check server logs.",
            _ => reason,
        };
        let text = format!(
            "Failed applying new configuration. Possibly related to new {name} setting. \
             Restoring previous settings: {reason}"
        );
        core.outbox.log(LogLevel::Warning, text);
        self.change.undo(&mut core.config);
        change::failed(name, told)
    }
}

impl Core {
    /// Does what a changed setting entails and cannot fail.
    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Data => self.derive_settings(),
            Act::Keepalive => self.outbox.start(Job::Keepalive(self.config.tcp_keepalive)),
            Act::Log => {
                let file = self.config.logfile.clone();
                self.outbox.start(Job::Log {
                    file,
                    level: self.config.loglevel,
                });
            }
            Act::Nothing | Act::Listen | Act::Directory => {}
        }
    }
}

/// Writes the reply of a command that had to wait.
fn answer(core: &mut Core, session: Option<&mut Session>, result: Result<(), String>) {
    let id = session.as_ref().and_then(|session| session.last_command);
    if let Err(text) = &result {
        core.stats.error(text);
        id.into_iter().for_each(|id| core.stats.failed(id));
    }
    let Some(session) = session else { return };
    let mut reply = Reply::new(&mut session.output, session.protocol);
    match result {
        Ok(()) => reply.ok(),
        Err(text) => reply.error(&text),
    }
}
