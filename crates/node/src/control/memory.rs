//! MEMORY: what a key with its value occupies, and how the memory of the server is used.
//!
//! Always true: looking is no use of the key, and neither a hit nor a miss.
//! Not here: the figures — `info/memory.rs`

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::{integer, is_word};
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec, help};
use russet_resp::Args;

use super::info::look_from;
use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::info::memory::{self, Figure};

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

const NODES: &[&str] = &[
    "nondeterministic_output",
    "request_policy:all_shards",
    "response_policy:special",
];

const SUBCOMMANDS: &[Row] = &[
    Row::control("DOCTOR", Exactly(2), doctor)
        .since("4.0.0")
        .cost("O(1)")
        .does("Reports what is wrong with the use of memory.")
        .tips(NODES),
    Row::control("HELP", Exactly(2), help_text)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("4.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("MALLOC-STATS", Exactly(2), malloc_stats)
        .since("4.0.0")
        .cost("Depends on how much memory is allocated, could be slow")
        .does("Shows the statistics of the allocator.")
        .tips(NODES),
    Row::control("PURGE", Exactly(2), purge)
        .since("4.0.0")
        .cost("Depends on how much memory is allocated, could be slow")
        .does("Gives free memory of the allocator back to the system.")
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"]),
    Row::control("STATS", Exactly(2), stats)
        .since("4.0.0")
        .cost("O(1)")
        .does("Tells how memory is used.")
        .tips(NODES),
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

fn stats(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (figures, databases) = look_from(cx, |view| {
        let databases: Vec<usize> = view.databases.iter().map(|db| db.index).collect();
        (memory::figures(view), databases)
    });
    let tables = databases.iter().map(|&index| {
        let db = cx.core.keyspace.db(index);
        (index, db.index_weight())
    });
    let tables: Vec<(usize, u64)> = tables.collect();
    let mut reply = cx.reply();
    reply.map(figures.len() + tables.len());
    for (name, figure) in figures {
        // COMPAT: the databases stand before the sum of all overhead.
        if name == "overhead.total" {
            for &(index, bytes) in &tables {
                reply.bulk(format!("db.{index}").as_bytes());
                reply.map(2);
                reply.bulk(b"overhead.hashtable.main");
                reply.integer(i64::try_from(bytes).unwrap_or(i64::MAX));
                reply.bulk(b"overhead.hashtable.expires");
                reply.integer(0);
            }
        }
        reply.bulk(name.as_bytes());
        match figure {
            Figure::Count(n) => reply.integer(n),
            Figure::Ratio(n) => reply.double(n),
        }
    }
    Ok(ControlFlow::Done)
}

fn doctor(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let text = look_from(cx, memory::report);
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

fn malloc_stats(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.reply()
        .bulk(b"Stats not supported for the current allocator");
    Ok(ControlFlow::Done)
}

fn purge(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if let Some(purge) = cx.core.environment.purge {
        purge();
    }
    cx.ok()
}

fn help_text(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "MEMORY", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    What is wrong with the use of memory, in words.",
    "MALLOC-STATS",
    "    The statistics of the allocator, if it has any.",
    "PURGE",
    "    Gives free memory of the allocator back to the system.",
    "STATS",
    "    How much memory is used for what.",
    "USAGE <key> [SAMPLES <count>]",
    "    How many bytes the key and its value occupy. Values are weighed, not sampled.",
];
