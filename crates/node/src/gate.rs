//! The gate: whether a command may run now. Only the gate gives the permit that running takes.
//!
//! ```text
//!  request ─► hurdles of core and session == 0, arity fits ─────────────────────► Runs(permit)
//!             else ─► each check whose hurdle is up and that is made for this source, in order
//!                      ─► Refused(error) · Denied(why) · Postpones · Queues · none: Runs(permit)
//! ```
//! | check | Client | Queued (EXEC) | Woken | Replayed | Script |
//! |---|---|---|---|---|---|
//! | arity | refuses | – | – | – | – |
//! | authentication | refuses | – | – | – | – |
//! | outside_multi | refuses | – | – | – | – |
//! | permission | denies | denies | denies | – | denies |
//! | held | postpones | – | – | – | – |
//! | exiting | postpones | – | – | – | – |
//! | memory | refuses | – | – | – | – |
//! | disk | refuses | – | – | – | refuses (1) |
//! | subscribed | refuses | – | – | – | – |
//! | loading | refuses | – | – | – | – |
//! | monitor | refuses | – | – | – | – |
//! | paused | postpones | – | – | – | – |
//! | queued | queues | – | – | – | – |
//!
//! (1) Until it has written: then it is let finish. Its rules say whether it may run a command at
//! all: `scripts/rules.rs`.
//!
//! A command that was queued or began to wait passes only the check again whose answer may have
//! changed since in a way that matters: that of the rights of its user.
//!
//! Always true: a refused command has changed nothing.
//! Always true: a check stands in one row, here.
//! Not here: running — `invoke.rs`; what is done with a verdict — `unit.rs`.

use std::borrow::Cow;

use russet_command::error::as_c_shows;
use russet_command::registry::CommandId;
use russet_command::{CommandError, Flags};
use russet_resp::Args;

use crate::acl::permission::{Asked, Denial};
use crate::core::{Command, Core, Handler};
use crate::hurdles::Hurdles;
use crate::session::Session;

/// The refusal of what needs data while it is loaded.
pub(crate) const LOADING: CommandError =
    CommandError::text("LOADING Redis is loading the dataset in memory");

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A client sent it.
    Client,
    /// It was queued, and EXEC runs it.
    Queued,
    /// Its client waited for a key that has changed.
    Woken,
    /// It comes from an append-only file.
    Replayed,
    /// A script runs it that has written nothing.
    Script,
    /// A script runs it that has written, and must be let finish.
    WritingScript,
}

impl Source {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Leave to run one command once.
#[derive(Debug)]
pub(crate) struct Permit {
    id: CommandId,
    run: Handler,
    source: Source,
    reads_all_keys: bool,
}

impl Permit {
    /// Which command.
    #[inline]
    pub(crate) fn id(&self) -> CommandId {
        self.id
    }

    /// The handler that runs.
    #[inline]
    pub(crate) fn handler(&self) -> Handler {
        self.run
    }

    /// Whether it may wait for keys: not as a part of a transaction.
    #[inline]
    pub(crate) fn may_block(&self) -> bool {
        matches!(self.source, Source::Client | Source::Woken)
    }

    /// Whether it is repeated from a file, whose next command comes behind all of it.
    pub(crate) fn is_replayed(&self) -> bool {
        self.source == Source::Replayed
    }

    /// Whether a script runs it.
    #[inline]
    pub(crate) fn is_of_script(&self) -> bool {
        self.source.bit() & SCRIPTS != 0
    }

    /// Whether it may read keys that the request does not name.
    #[inline]
    pub(crate) fn reads_all_keys(&self) -> bool {
        self.reads_all_keys
    }
}

/// The answer of the gate.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It may run.
    Runs(Permit),
    /// It is put into the transaction.
    Queues,
    /// It waits until a hurdle is gone, with all behind it.
    Postpones,
    /// It is asked about again once keys were evicted, or could not be.
    NeedsRoom,
    /// It does not run.
    Refused(CommandError),
    /// It does not run, since its user may not.
    Denied(Denial),
}

/// Verdict of a check on a command that it does not let pass.
enum Stop {
    Queues,
    Postpones,
    NeedsRoom,
    Refused(CommandError),
    Denied(Denial),
}

/// A check: `None` lets the command pass.
type Ask = fn(&Core, &Session, &Command, &Args<'_>) -> Option<Stop>;

/// One check.
struct Check {
    /// Its name, for the table above and the tests.
    #[cfg_attr(not(test), expect(dead_code, reason = "shown by tests"))]
    name: &'static str,
    /// The hurdle without which it lets everything pass.
    hurdle: Hurdles,
    /// The sources whose commands it is made for.
    sources: u8,
    ask: Ask,
}

const fn check(name: &'static str, hurdle: Hurdles, sources: u8, ask: Ask) -> Check {
    Check {
        name,
        hurdle,
        sources,
        ask,
    }
}

const CLIENT: u8 = Source::Client.bit();
const SCRIPT: u8 = Source::Script.bit();
const SCRIPTS: u8 = SCRIPT | Source::WritingScript.bit();
const FOR_USERS: u8 = CLIENT | Source::Queued.bit() | Source::Woken.bit() | SCRIPTS;

/// The checks, in Redis's order. That of arity is made of every request of a client.
const CHECKS: &[Check] = &[
    check("authentication", Hurdles::STRANGER, CLIENT, authentication),
    check("outside_multi", Hurdles::IN_MULTI, CLIENT, outside_multi),
    check("permission", Hurdles::RESTRICTED, FOR_USERS, permission),
    check("held", Hurdles::HELD, CLIENT, held),
    check("exiting", Hurdles::EXITING, CLIENT, exiting),
    check("memory", Hurdles::MEMORY, CLIENT, memory),
    check("disk", Hurdles::DISK, CLIENT | SCRIPT, disk),
    check("subscribed", Hurdles::SUBSCRIBED, CLIENT, subscribed),
    check("loading", Hurdles::LOADING, CLIENT, loading),
    check("monitor", Hurdles::MONITORS, CLIENT, monitor),
    check("paused", Hurdles::PAUSED, CLIENT, paused),
    check("queued", Hurdles::IN_MULTI, CLIENT, queued),
];

/// Finds the command that a request names, its subcommand included.
///
/// # Errors
/// The error reply when there is none.
#[inline]
pub(crate) fn resolve(core: &Core, args: Args<'_>) -> Result<CommandId, CommandError> {
    match core.commands.resolve(args) {
        Some(id) => Ok(id),
        None => Err(unknown(core, args)),
    }
}

/// Whether a request that names no command is a line of HTTP: somebody makes a browser talk to us.
#[cold]
pub(crate) fn is_http(args: Args<'_>) -> bool {
    args[0].eq_ignore_ascii_case(b"POST") || args[0].eq_ignore_ascii_case(b"Host:")
}

/// Asks whether a command may run now.
#[inline(always)]
pub(crate) fn admit(
    core: &Core,
    session: &Session,
    id: CommandId,
    args: &Args<'_>,
    source: Source,
) -> Verdict {
    let command = core.commands.get(id);
    let hurdles = (core.hurdles | session.hurdles()).without(unconcerned(command));
    if hurdles == Hurdles::NONE
        && (source != Source::Client || command.spec.arity.admits(args.len()))
        && let Some(run) = command.run
    {
        return Verdict::Runs(Permit {
            id,
            run,
            source,
            reads_all_keys: true,
        });
    }
    if hurdles == Hurdles::RESTRICTED
        && is_surely_permitted(session, command, args)
        && let Some(run) = command.run
    {
        return Verdict::Runs(Permit {
            id,
            run,
            source,
            reads_all_keys: true,
        });
    }
    admit_slowly(core, session, command, args, source)
}

/// Whether the only check that is asked, that of rights, lets a request of a client pass.
#[inline(never)]
fn is_surely_permitted(session: &Session, command: &Command, args: &Args<'_>) -> bool {
    let user = session.user();
    command.spec.arity.admits(args.len())
        && user.is_some_and(|user| user.may_surely_run(command, args))
}

/// The hurdles that cannot concern a command outside of transactions, whatever they say.
#[inline(always)]
fn unconcerned(command: &Command) -> Hurdles {
    match command
        .spec
        .flags
        .has_any(Flags::DENY_OOM.with(Flags::RUNS_SCRIPT))
    {
        true => Hurdles::NONE,
        false => Hurdles::MEMORY,
    }
}

/// Makes the checks whose hurdles are up, one by one.
#[inline(never)]
fn admit_slowly(
    core: &Core,
    session: &Session,
    command: &Command,
    args: &Args<'_>,
    source: Source,
) -> Verdict {
    if source == Source::Client && !command.spec.arity.admits(args.len()) {
        return Verdict::Refused(wrong_arity(command));
    }
    let Some(run) = command.run else {
        return Verdict::Refused(wrong_arity(command));
    };
    let hurdles = core.hurdles | session.hurdles();
    for check in CHECKS {
        if check.sources & source.bit() == 0 || !hurdles.has(check.hurdle) {
            continue;
        }
        match (check.ask)(core, session, command, args) {
            None => {}
            Some(Stop::Queues) => return Verdict::Queues,
            Some(Stop::Postpones) => return Verdict::Postpones,
            Some(Stop::NeedsRoom) => return Verdict::NeedsRoom,
            Some(Stop::Refused(error)) => return Verdict::Refused(error),
            Some(Stop::Denied(denial)) => return Verdict::Denied(denial),
        }
    }
    let reads_others = command.spec.flags.has(Flags::READS_OTHERS);
    let is_limited = reads_others && hurdles.has(Hurdles::RESTRICTED);
    Verdict::Runs(Permit {
        id: command.id,
        run,
        source,
        reads_all_keys: !is_limited || reads_all_keys(session, command, args),
    })
}

/// The error for a request with too few or too many arguments.
#[cold]
fn wrong_arity(command: &Command) -> CommandError {
    CommandError::WrongArity(Cow::Owned(command.full_name.to_string()))
}

fn authentication(_: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    let is_open = command.spec.flags.has(Flags::NO_AUTH);
    let refusal = CommandError::text("NOAUTH Authentication required.");
    (!is_open).then_some(Stop::Refused(refusal))
}

fn outside_multi(_: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    let refusal = CommandError::text("ERR Command not allowed inside a transaction");
    let is_refused = command.spec.flags.has(Flags::NO_MULTI);
    is_refused.then_some(Stop::Refused(refusal))
}

/// Refuses what the user may not do.
fn permission(_: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Option<Stop> {
    let result = session.user()?.may_run(asked(session, command, args));
    result.err().map(Stop::Denied)
}

/// Whether the user may read keys that the request does not name.
#[cold]
fn reads_all_keys(session: &Session, command: &Command, args: &Args<'_>) -> bool {
    let user = session.user();
    user.is_none_or(|user| user.may_run_and_read_all_keys(asked(session, command, args)))
}

fn asked<'a>(session: &Session, command: &'a Command, args: &Args<'a>) -> Asked<'a, Handler> {
    Asked {
        command,
        args: *args,
        db: session.db,
    }
}

/// While a unit is open, only what may run beside a busy script does.
/// Beside a script that takes long, everything else is refused.
fn held(core: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    if command.spec.flags.has(Flags::ALLOW_BUSY) {
        return None;
    }
    let run = core.scripts.run.as_ref();
    Some(match run.filter(|run| run.is_busy) {
        Some(run) => Stop::Refused(run.what.busy()),
        None => Stop::Postpones,
    })
}

/// While the last dump is written before the end, nothing runs: it would be lost.
fn exiting(_: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    let passes = command.spec.flags.has(Flags::ALLOW_BUSY);
    (!passes).then_some(Stop::Postpones)
}

/// Refuses writes, and PING, while what they change could not be saved.
fn disk(core: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Option<Stop> {
    let is_ping = command.spec.name == "PING";
    let is_refused = flags(core, session, command, args).has(Flags::WRITE) || is_ping;
    if !is_refused {
        return None;
    }
    Some(Stop::Refused(disk_fault(core)))
}

/// The refusal of what could not be saved.
#[cold]
pub(crate) fn disk_fault(core: &Core) -> CommandError {
    if let Some(fault) = &core.aof.fault {
        let text = format!("MISCONF Errors writing to the AOF file: {fault}");
        return CommandError::Text(text.into());
    }
    CommandError::text(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist \
         to disk. Commands that may modify the data set are disabled, because this instance is \
         configured to report errors during writes if RDB snapshotting fails \
         (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the \
         RDB error.",
    )
}

/// In RESP2 a message could be taken for a reply: only what belongs to subscriptions passes.
fn subscribed(_: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    if PASSES_SUBSCRIBED.contains(&command.spec.name) {
        return None;
    }
    let text = format!(
        "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are \
         allowed in this context",
        command.full_name
    );
    Some(Stop::Refused(CommandError::Text(text.into())))
}

/// Commands for clients that have subscriptions and speak RESP2.
const PASSES_SUBSCRIBED: &[&str] = &[
    "PING",
    "PSUBSCRIBE",
    "PUNSUBSCRIBE",
    "QUIT",
    "RESET",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "SUNSUBSCRIBE",
    "UNSUBSCRIBE",
];

/// Refuses what needs data while it is loaded; before it is known whether there is any, that waits.
fn loading(core: &Core, session: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    let passes = match session.multi() {
        Some(multi) if command.spec.flags.has(Flags::RUNS_QUEUED) => !multi.needs_data,
        _ => command.spec.flags.has(Flags::LOADING),
    };
    let stop = match core.awaits_files() {
        true => Stop::Postpones,
        false => Stop::Refused(LOADING),
    };
    (!passes).then_some(stop)
}

/// The flags of a command; of EXEC those of all that was queued, of EVAL those of its script.
fn flags(core: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Flags {
    match session.multi() {
        Some(multi) if command.spec.flags.has(Flags::RUNS_QUEUED) => multi.flags,
        _ => core.flags_of(command, args),
    }
}

/// When the data takes more memory than it may, has keys evicted for a command that may need some;
/// refuses the command if nothing may be evicted.
fn memory(core: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Option<Stop> {
    let needs = flags(core, session, command, args).has(Flags::DENY_OOM);
    // Room is made for a script before it begins, whatever it runs.
    let may_need = needs || command.spec.flags.has(Flags::RUNS_SCRIPT);
    if !may_need || core.keyspace.live_weight() <= core.limit.target {
        return None;
    }
    if !core.limit.has_tried {
        return Some(Stop::NeedsRoom);
    }
    if !core.limit.is_full {
        return None;
    }
    needs.then_some(Stop::Refused(OUT_OF_MEMORY))
}

/// The refusal of what may need memory, when there is none.
pub(crate) const OUT_OF_MEMORY: CommandError =
    CommandError::text("OOM command not allowed when used memory > 'maxmemory'.");

/// A monitor sees what others do with keys, and does nothing with them itself.
fn monitor(core: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Option<Stop> {
    let flags = flags(core, session, command, args);
    let refused = [Flags::WRITE, Flags::READONLY, Flags::MAY_REPLICATE];
    let refusal = CommandError::text("ERR Replica can't interact with the keyspace");
    let is_refused = refused.into_iter().any(|flag| flags.has(flag));
    is_refused.then_some(Stop::Refused(refusal))
}

/// During a pause, what may write waits, or everything. A command that is about to be queued for a
/// transaction waits as well. Monitors are never paused.
fn paused(core: &Core, session: &Session, command: &Command, args: &Args<'_>) -> Option<Stop> {
    let flags = flags(core, session, command, args);
    let may_write = flags.has(Flags::WRITE) || flags.has(Flags::MAY_REPLICATE);
    let waits = core.pause.postpones(may_write) && !session.is_monitor();
    waits.then_some(Stop::Postpones)
}

/// In a transaction commands are queued, but for those that end it or belong to the connection.
fn queued(_: &Core, _: &Session, command: &Command, _: &Args<'_>) -> Option<Stop> {
    let runs_at_once = command.spec.flags.has(Flags::UNQUEUED);
    (!runs_at_once).then_some(Stop::Queues)
}

/// The error for a request that names no command, with its first arguments.
#[cold]
fn unknown(core: &Core, args: Args<'_>) -> CommandError {
    if let Some(container) = core.commands.find(&args[0]).filter(|_| args.len() > 1) {
        let container = core.commands.get(container);
        if !container.subcommands.is_empty() {
            return CommandError::quoting(&[
                b"ERR unknown subcommand '",
                cut(&args[1], QUOTED_LEN_MAX),
                b"'. Try ",
                &container.call_name,
                b" HELP.",
            ]);
        }
    }
    let mut shown = Vec::new();
    for arg in args.skip(1).iter() {
        if shown.len() >= QUOTED_LEN_MAX {
            break;
        }
        let room = QUOTED_LEN_MAX - shown.len();
        shown.push(b'\'');
        shown.extend_from_slice(as_c_shows(cut(arg, room)));
        shown.extend_from_slice(b"' ");
    }
    CommandError::quoting(&[
        b"ERR unknown command '",
        cut(&args[0], QUOTED_LEN_MAX),
        b"', with args beginning with: ",
        &shown,
    ])
}

/// The beginning of an argument, as errors quote it.
fn cut(arg: &[u8], len_max: usize) -> &[u8] {
    &arg[..arg.len().min(len_max)]
}

/// How much of names and arguments errors quote.
const QUOTED_LEN_MAX: usize = 128;

#[cfg(test)]
mod tests;
