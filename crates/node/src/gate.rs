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
            let text = format!(
                "ERR unknown subcommand '{:.128}'. Try {} HELP.",
                as_c_shows(&args[1]),
                String::from_utf8_lossy(&container.call_name)
            );
            return CommandError::Text(Cow::Owned(text));
        }
    }
    let mut shown = String::new();
    for arg in args.skip(1).iter() {
        if shown.len() >= 128 {
            break;
        }
        let room = 128 - shown.len();
        let text = as_c_shows(&arg[..arg.len().min(room)]);
        shown.push_str(&format!("'{text}' "));
    }
    let name = &args[0];
    let name = as_c_shows(&name[..name.len().min(128)]);
    let text = format!("ERR unknown command '{name}', with args beginning with: {shown}");
    CommandError::Text(Cow::Owned(text))
}
