//! Commands on whole databases: counting, emptying and exchanging them.
//!
//! They are data commands of the group `server`; the server's own commands are the node's.
//!
//! Always true: emptying costs the owner nothing per key; the contents are freed elsewhere.

use russet_resp::Args;

use super::database::{database_number, existing_database};
use super::rows::DataRow;
use crate::args::is_word;
use crate::ctx::{Ctx, Flow, Handler};
use crate::error::CommandError;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Flags, Group};

const ALL_SHARDS: &[&str] = &["request_policy:all_shards", "response_policy:all_succeeded"];
const FLUSH_OPTIONS: &str = "[ASYNC{4.0.0} | SYNC{6.2.0}]:flush-type";
const FLUSH_HISTORY: &[(&str, &str)] = &[("4.0.0", "Takes `ASYNC`."), ("6.2.0", "Takes `SYNC`.")];
const RISKY: Flags = Flags::KEYSPACE.with(Flags::DANGEROUS);

/// Data commands of the server group.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Server,
    rows: &[
        DataRow::read("DBSIZE", Exactly(1), dbsize)
            .flags(Flags::KEYSPACE)
            .fast()
            .tips(&["request_policy:all_shards", "response_policy:agg_sum"])
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the number of keys in the selected database."),
        DataRow::write("FLUSHALL", AtLeast(1), flushall)
            .takes(FLUSH_OPTIONS)
            .flags(RISKY)
            .tips(ALL_SHARDS)
            .since("1.0.0")
            .history(FLUSH_HISTORY)
            .cost("O(N) where N is the number of keys in all databases.")
            .does("Empties all databases."),
        DataRow::write("FLUSHDB", AtLeast(1), flushdb)
            .takes(FLUSH_OPTIONS)
            .flags(RISKY)
            .tips(ALL_SHARDS)
            .since("1.0.0")
            .history(FLUSH_HISTORY)
            .cost("O(N) where N is the number of keys in the selected database.")
            .does("Empties the selected database."),
        DataRow::write("SWAPDB", Exactly(3), swapdb)
            .takes("index1 index2")
            .flags(RISKY)
            .fast()
            .since("4.0.0")
            .cost("O(1)")
            .does("Exchanges two databases."),
    ],
};
const _: () = FAMILY.check();

fn dbsize(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    let len = cx.db().len();
    cx.reply.count(len);
    Ok(Flow::Done)
}

fn flushdb(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check_flush_options(args)?;
    let removed = cx.db().len();
    cx.keyspace.flush(cx.db);
    cx.dirty(removed as u64);
    cx.effects.record_anyway();
    cx.reply.ok();
    Ok(Flow::Done)
}

fn flushall(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check_flush_options(args)?;
    let removed: usize = cx
        .keyspace
        .filled()
        .map(|db| cx.keyspace.db(db).len())
        .sum();
    cx.keyspace.flush_all();
    cx.dirty(removed as u64);
    cx.effects.record_anyway();
    cx.reply.ok();
    Ok(Flow::Done)
}

/// Accepts SYNC and ASYNC alike: what a database held is never freed on the owner's time.
fn check_flush_options(args: Args<'_>) -> Result<(), CommandError> {
    match (args.len(), args.get(1)) {
        (1, _) => Ok(()),
        (2, Some(mode)) if is_word(mode, "SYNC") || is_word(mode, "ASYNC") => Ok(()),
        _ => Err(CommandError::Syntax),
    }
}

fn swapdb(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let first = database_number(&args[1]).map_err(|_| CommandError::DbIndexFirst)?;
    let second = database_number(&args[2]).map_err(|_| CommandError::DbIndexSecond)?;
    let (first, second) = (
        existing_database(cx, first)?,
        existing_database(cx, second)?,
    );
    cx.keyspace.swap(first, second);
    cx.dirty(1);
    cx.reply.ok();
    Ok(Flow::Done)
}
