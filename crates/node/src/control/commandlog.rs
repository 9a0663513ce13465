//! COMMANDLOG and SLOWLOG: requests that were slow or large.
//!
//! Always true: both show the same entries of slow commands.
//! Not here: what is logged — `commandlog.rs`, `notice.rs`.

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::{at_least, is_word};
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::commandlog::Kind;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const ANYWHERE: Flags = Flags::LOADING.with(Flags::STALE);
const ADMIN: Flags = ANYWHERE.with(Flags::ADMIN);
const OF_GET: &[&str] = &["request_policy:all_nodes", "nondeterministic_output"];
const OF_LEN: &[&str] = &[
    "request_policy:all_nodes",
    "response_policy:agg_sum",
    "nondeterministic_output",
];
const OF_RESET: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[
        Row::container("COMMANDLOG", COMMANDLOG)
            .since("V8.1.0")
            .cost("Depends on subcommand.")
            .does("Shows requests that were slow or large."),
        Row::container("SLOWLOG", SLOWLOG)
            .since("2.2.12")
            .cost("Depends on subcommand.")
            .does("Shows commands that were slow."),
    ],
};
const _: () = FAMILY.check();

const COMMANDLOG: &[Row] = &[
    Row::control("GET", Exactly(4), get_of_kind)
        .takes("count:integer <\"slow\" | \"large-request\" | \"large-reply\">:type")
        .flags(ADMIN)
        .since("V8.1.0")
        .cost("O(N) where N is the number of entries shown")
        .does("Shows the last entries of a kind.")
        .tips(OF_GET),
    Row::control("HELP", Exactly(2), help_of_kinds)
        .flags(ANYWHERE)
        .since("V8.1.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("LEN", Exactly(3), len_of_kind)
        .takes("<\"slow\" | \"large-request\" | \"large-reply\">:type")
        .flags(ADMIN)
        .since("V8.1.0")
        .cost("O(1)")
        .does("Tells the number of entries of a kind.")
        .tips(OF_LEN),
    Row::control("RESET", Exactly(3), reset_kind)
        .takes("<\"slow\" | \"large-request\" | \"large-reply\">:type")
        .flags(ADMIN)
        .since("V8.1.0")
        .cost("O(N) where N is the number of entries")
        .does("Removes the entries of a kind.")
        .tips(OF_RESET),
];

const SLOWLOG: &[Row] = &[
    Row::control("GET", AtLeast(2), get_slow)
        .takes("[count:integer]")
        .flags(ADMIN)
        .since("2.2.12")
        .cost("O(N) where N is the number of entries shown")
        .does("Shows the last slow commands.")
        .history(&[("4.0.0", "Address and name of the client came.")])
        .tips(OF_GET),
    Row::control("HELP", Exactly(2), help_of_slow)
        .flags(ANYWHERE)
        .since("6.2.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("LEN", Exactly(2), len_of_slow)
        .flags(ADMIN)
        .since("2.2.12")
        .cost("O(1)")
        .does("Tells the number of entries.")
        .tips(OF_LEN),
    Row::control("RESET", Exactly(2), reset_slow)
        .flags(ADMIN)
        .since("2.2.12")
        .cost("O(N) where N is the number of entries")
        .does("Removes all entries.")
        .tips(OF_RESET),
];

/// The number of entries that SLOWLOG GET shows without a count.
const COUNT: usize = 10;

const KINDS: &[(&str, Kind)] = &[
    ("slow", Kind::Slow),
    ("large-request", Kind::LargeRequest),
    ("large-reply", Kind::LargeReply),
];

fn kind(word: &[u8]) -> Result<Kind, CommandError> {
    let found = KINDS.iter().find(|(name, _)| is_word(word, name));
    found.map(|(_, kind)| *kind).ok_or(CommandError::text(
        "ERR type should be one of the following: slow, large-request, large-reply",
    ))
}

/// The number of entries asked for; -1 is all.
fn count(word: &[u8]) -> Result<usize, CommandError> {
    if word == b"-1" {
        return Ok(usize::MAX);
    }
    let error = CommandError::text("ERR count should be greater than or equal to -1");
    at_least(0, word, error)
}

fn get_slow(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = match args.len() {
        2 => COUNT,
        3 => count(&args[2])?,
        _ => {
            return Err(CommandError::quoting(&[
                b"ERR unknown subcommand or wrong number of arguments for '",
                &args[1],
                b"'. Try SLOWLOG HELP.",
            ]));
        }
    };
    show(cx, Kind::Slow, count)
}

fn get_of_kind(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = count(&args[2])?;
    show(cx, kind(&args[3])?, count)
}

fn show(cx: &mut ControlCtx<'_>, kind: Kind, count: usize) -> Result<ControlFlow, CommandError> {
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    let entries = cx.core.costs.log.entries(kind).take(count);
    reply.array(entries.len());
    for entry in entries {
        reply.array(6);
        reply.integer(i64::try_from(entry.id).unwrap_or(i64::MAX));
        reply.integer(entry.at_s);
        reply.integer(i64::try_from(entry.cost).unwrap_or(i64::MAX));
        reply.array(entry.args.len());
        for arg in &entry.args {
            reply.bulk(arg);
        }
        reply.bulk(entry.client.as_bytes());
        reply.bulk(&entry.name);
    }
    Ok(ControlFlow::Done)
}

fn len_of_slow(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    len(cx, Kind::Slow)
}

fn len_of_kind(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    len(cx, kind(&args[2])?)
}

fn len(cx: &mut ControlCtx<'_>, kind: Kind) -> Result<ControlFlow, CommandError> {
    let len = cx.core.costs.log.entries(kind).len();
    cx.reply().count(len);
    Ok(ControlFlow::Done)
}

fn reset_slow(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.costs.log.clear(Kind::Slow);
    cx.ok()
}

fn reset_kind(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.costs.log.clear(kind(&args[2])?);
    cx.ok()
}

fn help_of_slow(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "SLOWLOG", HELP_OF_SLOW);
    Ok(ControlFlow::Done)
}

fn help_of_kinds(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "COMMANDLOG", HELP_OF_KINDS);
    Ok(ControlFlow::Done)
}

const HELP_OF_SLOW: &[&str] = &[
    "GET [<count>]",
    "    Show the last entries, the newest first: 10 or <count>, -1 for all. Each has",
    "    its id, the time, its microseconds, the arguments, and the client's address and name.",
    "LEN",
    "    Show the number of entries.",
    "RESET",
    "    Remove all entries.",
];

const HELP_OF_KINDS: &[&str] = &[
    "GET <count> <type>",
    "    Show the last <count> entries of a type, the newest first; -1 shows all. The types are",
    "    slow, large-request and large-reply. Each entry has its id, the time, its microseconds or",
    "    bytes, the arguments, and the client's address and name.",
    "LEN <type>",
    "    Show the number of entries of a type.",
    "RESET <type>",
    "    Remove the entries of a type.",
];
