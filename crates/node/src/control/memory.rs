//! MEMORY: what a key with its value occupies.
//!
//! Always true: looking is no use of the key, and neither a hit nor a miss.
//! Not here: the memory of the whole server — `info/`

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::{integer, is_word};
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec, help};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// Bytes of the table that a key takes: its share of lines that are not quite full.
const TABLE_SHARE: u64 = 7;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("MEMORY", SUBCOMMANDS)
        .since("4.0.0")
        .cost("Depends on subcommand.")
        .does("Tells what occupies memory.")],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("HELP", Exactly(2), help_text)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("4.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::read("USAGE", AtLeast(3), usage)
        .takes("key [SAMPLES count]")
        .keys(&[KeySpec::one(2, KeyFlags::RO)])
        .since("4.0.0")
        .cost("O(1)")
        .does("Tells how many bytes a key and its value occupy."),
];

fn usage(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut at = 3;
    while at < args.len() {
        if !is_word(&args[at], "SAMPLES") || at + 1 == args.len() {
            return Err(CommandError::Syntax);
        }
        // The engine keeps the weight of every value, so nothing is sampled.
        if integer(&args[at + 1])? < 0 {
            return Err(CommandError::Syntax);
        }
        at += 2;
    }
    let weight = cx.core.keyspace.db(cx.session.db).key_weight(&args[2]);
    match weight {
        Some(weight) => cx
            .reply()
            .integer(i64::try_from(weight + TABLE_SHARE).unwrap_or(i64::MAX)),
        None => cx.reply().null(),
    }
    Ok(ControlFlow::Done)
}

fn help_text(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "MEMORY", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "USAGE <key> [SAMPLES <count>]",
    "    How many bytes the key and its value occupy. Values are weighed, not sampled.",
];
