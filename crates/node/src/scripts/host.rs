//! The host of a script: its commands pass the gate and run as those of its client do.
//!
//! ```text
//!  redis.call ─► resolve ─► rules of the run ─► gate ─► invoke ─► reply, kept apart ─► the script
//!                   └── every refusal is an error reply to the script ──┘
//! ```
//! Always true: replies to the commands of a script never reach the client.
//! Always true: what a script does is a part of the unit of the command that runs it.
//! Not here: how a run begins and ends — `run.rs`

use russet_command::registry::{CommandId, Recent};
use russet_command::{CommandError, Flags};
use russet_io::LogLevel;
use russet_resp::Args;
use russet_script::{CallContext, LogLevel as Level, ScriptHost};

use super::debugger::Debugger;
use super::run::Rules;
use crate::acl::log::Context;
use crate::acl::permission::Asked;
use crate::block::fail;
use crate::core::{Core, Handler};
use crate::gate::{self, Source, Verdict};
use crate::invoke::{Call, Ran, invoke};
use crate::session::{Session, Sessions};
use crate::stats::Meter;

/// The node, as one slice of a script sees it.
pub(super) struct Host<'h> {
    pub core: &'h mut Core,
    pub sessions: &'h mut Sessions,
    pub session: &'h mut Session,
    pub rules: &'h mut Rules,
    pub meter: Meter,
    /// The command that was called last.
    pub recent: Recent,
    /// Whether the command that was called has run.
    pub has_run: bool,
    /// The debugger, if the script is watched.
    pub debugger: Option<&'h mut Debugger>,
}

/// How many instructions of a budget a command takes, however brief it is.
const COMMAND_COST: u64 = 40;

/// The command that waits for another server, which a script cannot do.
const WAITS_FOR_OTHERS: &str = "MIGRATE";

/// How many nanoseconds of a command count as an instruction.
const INSTRUCTION_NS: u64 = 10;

impl ScriptHost for Host<'_> {
    fn call(&mut self, args: Args<'_>, context: CallContext, reply: &mut Vec<u8>) -> u64 {
        self.session.protocol = context.protocol;
        self.core.scripts.is_silent = !context.to_aof;
        let mut took_ns = 0;
        self.has_run = false;
        if let Err(refusal) = self.run(args, &mut took_ns) {
            fail(self.core, self.session, &refusal);
        }
        let begin = reply.len();
        self.core.outgoing.take_captured(reply);
        if self.debugger.is_some() {
            self.show(args, &reply[begin..]);
        }
        COMMAND_COST + took_ns / INSTRUCTION_NS
    }

    fn may_run(&mut self, args: Args<'_>) -> Option<bool> {
        let id = self.core.commands.resolve(args)?;
        let command = self.core.commands.get(id);
        if !command.spec.arity.admits(args.len()) {
            return None;
        }
        let asked = Asked {
            command,
            args,
            db: self.session.db,
        };
        let user = self.session.user();
        Some(user.is_none_or(|user| user.may_run(asked).is_ok()))
    }

    fn log(&mut self, level: Level, text: &[u8]) {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Verbose => LogLevel::Verbose,
            Level::Notice => LogLevel::Notice,
            Level::Warning => LogLevel::Warning,
        };
        self.core.outbox.log(level, String::from_utf8_lossy(text));
    }

    fn clock(&mut self) -> f64 {
        let watch = self.core.environment.stopwatch;
        watch.map_or(0.0, |watch| watch() as f64 / 1e9)
    }
}

impl Host<'_> {
    /// Shows a command and its reply to the client that debugs.
    #[cold]
    fn show(&mut self, args: Args<'_>, reply: &[u8]) {
        let has_run = self.has_run;
        if let Some(debugger) = self.debugger.as_deref_mut()
            && debugger.steps
        {
            debugger.say_call(args);
            debugger.say_reply(reply, !has_run);
        }
    }

    /// Runs a command; its reply is kept.
    fn run(&mut self, args: Args<'_>, took_ns: &mut u64) -> Result<(), CommandError> {
        let Some(id) = self.core.commands.resolve_like(args, &mut self.recent) else {
            return Err(CommandError::text(
                "ERR Unknown Redis command called from script",
            ));
        };
        let spec = self.core.commands.get(id).spec;
        let (flags, arity) = (spec.flags, spec.arity);
        if flags.has_any(self.rules.refused) || !arity.admits(args.len()) {
            return self.refuse(id, refusal(flags, self.rules));
        }
        let is_first_write = !self.rules.has_written;
        if is_first_write && self.rules.is_out_of_memory && flags.has(Flags::DENY_OOM) {
            return self.refuse(id, gate::OUT_OF_MEMORY);
        }
        let source = match is_first_write {
            true => Source::Script,
            false => Source::WritingScript,
        };
        let permit = match gate::admit(self.core, self.session, id, &args, source) {
            Verdict::Runs(permit) => permit,
            verdict => return self.turn_away(id, verdict, &args),
        };
        if let Handler::Control(_) = permit.handler()
            && spec.name == WAITS_FOR_OTHERS
        {
            return self.refuse(id, NOT_ALLOWED);
        }
        self.rules.has_written |= flags.has(Flags::WRITE);
        let known_ns = self.core.known_time(id);
        if known_ns.is_none() {
            self.core.begin_own(&mut self.meter, id);
        }
        let call = Call {
            permit: &permit,
            hint: None,
            args: &args,
        };
        self.has_run = true;
        let result = invoke(self.core, self.sessions, self.session, call);
        *took_ns = match known_ns {
            Some(took_ns) => self.core.end_known(id, took_ns),
            None => {
                let asked = (id, &args);
                let took_ns = self.core.end_timed(&mut self.meter, self.session, asked);
                self.core.scripts.paces.note(id, took_ns);
                took_ns
            }
        };
        if !self.core.monitors.is_empty() {
            self.core
                .show_to_monitors(self.sessions, self.session, (id, &args));
        }
        match result {
            // Nothing that waits for something outside passes the rules.
            Ok(Ran::Waits(_)) => Err(NOT_ALLOWED),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    #[cold]
    fn refuse(&mut self, id: CommandId, refusal: CommandError) -> Result<(), CommandError> {
        self.core.stats.rejected(id);
        Err(refusal)
    }

    /// The gate did not let a command pass.
    #[cold]
    fn turn_away(
        &mut self,
        id: CommandId,
        verdict: Verdict,
        args: &Args<'_>,
    ) -> Result<(), CommandError> {
        match verdict {
            Verdict::Refused(error) => self.refuse(id, error),
            Verdict::Denied(denial) => {
                let last = self.session.last_command;
                let asked = (id, args);
                let error = self.core.deny(self.session, asked, denial, Context::Script);
                self.session.last_command = last;
                let text = error.to_string();
                let text = text.strip_prefix("NOPERM ").unwrap_or(&text);
                let text = format!("ERR ACL failure in script: {text}");
                self.refuse(id, CommandError::Text(text.into()))
            }
            // A script is neither queued nor postponed, and room was made before it began.
            Verdict::Queues | Verdict::Postpones | Verdict::NeedsRoom | Verdict::Runs(_) => {
                self.refuse(id, NOT_ALLOWED)
            }
        }
    }
}

const NOT_ALLOWED: CommandError =
    CommandError::text("ERR This Redis command is not allowed from script");

/// Why a command does not run by the rules: for what it is, its arguments, or that it writes.
#[cold]
fn refusal(flags: Flags, rules: &Rules) -> CommandError {
    if flags.has(Flags::NOSCRIPT) && rules.refused.has(Flags::NOSCRIPT) {
        return NOT_ALLOWED;
    }
    match flags.has_any(rules.refused) {
        true => CommandError::text("ERR Write commands are not allowed from read-only scripts."),
        false => CommandError::text("ERR Wrong number of args calling Redis command from script"),
    }
}
