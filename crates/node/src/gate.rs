//! Whether a command may run now: ordered checks, the first refusal answers.
//!
//! Always true: a refused command has changed nothing.
//! Not here: what commands are — `registry.rs`.

use std::borrow::Cow;

use russet_command::error::as_c_shows;
use russet_command::{CommandError, Flags};
use russet_resp::Args;

use crate::config::EvictionPolicy;
use crate::core::Core;
use crate::registry::{Command, CommandId};
use crate::session::Session;
use crate::txn;

/// One check: `None` lets the command pass.
type Check = fn(&Core, &Session, &Command, Args<'_>) -> Option<CommandError>;

/// The checks, in Redis's order.
const CHECKS: &[Check] = &[arity, authentication, outside_multi, memory];

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

/// Runs every check.
///
/// # Errors
/// The first refusal.
#[inline]
pub(crate) fn admit(
    core: &Core,
    session: &Session,
    command: &Command,
    args: Args<'_>,
) -> Result<(), CommandError> {
    for check in CHECKS {
        if let Some(refusal) = check(core, session, command, args) {
            return Err(refusal);
        }
    }
    Ok(())
}

#[inline]
fn arity(_: &Core, _: &Session, command: &Command, args: Args<'_>) -> Option<CommandError> {
    if command.spec.arity.admits(args.len()) {
        return None;
    }
    Some(wrong_arity(command))
}

/// The error for a request with too few or too many arguments.
#[cold]
pub(crate) fn wrong_arity(command: &Command) -> CommandError {
    CommandError::WrongArity(Cow::Owned(command.full_name.to_string()))
}

#[inline]
fn authentication(
    _: &Core,
    session: &Session,
    command: &Command,
    _: Args<'_>,
) -> Option<CommandError> {
    if session.authenticated || command.spec.flags.has(Flags::NO_AUTH) {
        return None;
    }
    Some(CommandError::text("NOAUTH Authentication required."))
}

#[inline]
fn outside_multi(
    _: &Core,
    session: &Session,
    command: &Command,
    _: Args<'_>,
) -> Option<CommandError> {
    if session.multi.is_none() || !command.spec.flags.has(Flags::NO_MULTI) {
        return None;
    }
    Some(CommandError::text(
        "ERR Command not allowed inside a transaction",
    ))
}

/// Refuses what may need memory when the data takes all it may and nothing is to be evicted. EXEC
/// may need what any of the queued commands may need.
#[inline]
fn memory(core: &Core, session: &Session, command: &Command, _: Args<'_>) -> Option<CommandError> {
    let maxmemory = core.config.maxmemory;
    if maxmemory == 0 || core.config.maxmemory_policy != EvictionPolicy::NoEviction {
        return None;
    }
    let needs = match &session.multi {
        Some(multi) if txn::is_exec(command) => multi.flags,
        _ => command.spec.flags,
    };
    if !needs.has(Flags::DENY_OOM) || core.keyspace.weight() <= maxmemory {
        return None;
    }
    Some(CommandError::text(
        "OOM command not allowed when used memory > 'maxmemory'.",
    ))
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
