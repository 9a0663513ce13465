//! TYPE and OBJECT: what a value is and how it is kept.
//!
//! Always true: looking is a hit or a miss, but no use of the key.

use russet_engine::{Access, Encoding, StringRef, Touch};
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::help;

pub(super) fn kind(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let kind = cx
        .db()
        .read(key, Touch::Counted)
        .map(|value| value.kind().name());
    if kind.is_none() {
        cx.miss(key);
    }
    cx.reply.simple(kind.unwrap_or("none"));
    Ok(Flow::Done)
}

pub(super) fn encoding(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match look(cx, args) {
        Some(seen) => cx.reply.bulk(seen.encoding.name().as_bytes()),
        None => cx.reply.null(),
    }
    Ok(Flow::Done)
}

pub(super) fn freq(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(seen) = look(cx, args) else {
        cx.reply.null();
        return Ok(Flow::Done);
    };
    if !cx.settings.lfu {
        return Err(CommandError::FrequencyUntracked);
    }
    cx.reply.integer(i64::from(seen.access.frequency));
    Ok(Flow::Done)
}

pub(super) fn idletime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(seen) = look(cx, args) else {
        cx.reply.null();
        return Ok(Flow::Done);
    };
    if cx.settings.lfu {
        return Err(CommandError::IdleTimeUntracked);
    }
    cx.reply
        .integer(i64::try_from(seen.access.idle_s).unwrap_or(i64::MAX));
    Ok(Flow::Done)
}

/// COMPAT: integers below 10,000 answer what Redis's shared objects do; nothing is shared here.
pub(super) fn refcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match look(cx, args) {
        Some(seen) if seen.is_small_integer && cx.settings.shares_integers => {
            cx.reply.integer(i64::from(i32::MAX))
        }
        Some(_) => cx.reply.integer(1),
        None => cx.reply.null(),
    }
    Ok(Flow::Done)
}

pub(super) fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    help::write(&mut cx.reply, "OBJECT", HELP);
    Ok(Flow::Done)
}

/// The properties of a value that the subcommands show.
struct Seen {
    encoding: Encoding,
    access: Access,
    is_small_integer: bool,
}

/// Integers that Redis keeps one shared object of.
const SHARED_INTEGERS: std::ops::Range<i64> = 0..10_000;

fn look(cx: &mut Ctx<'_>, args: Args<'_>) -> Option<Seen> {
    let mut db = cx.db();
    let value = db.read(&args[2], Touch::Counted)?;
    Some(Seen {
        encoding: value.encoding(),
        access: value.access(),
        is_small_integer: matches!(
            value.string(),
            Ok(StringRef::Int(n)) if SHARED_INTEGERS.contains(&n)
        ),
    })
}

const HELP: &[&str] = &[
    "ENCODING <key>",
    "    How the value is encoded in memory.",
    "FREQ <key>",
    "    How often the key is used: a logarithmic counter, kept under an LFU policy.",
    "IDLETIME <key>",
    "    For how many seconds the key has not been used.",
    "REFCOUNT <key>",
    "    How many references there are to the value, as Redis would count.",
];
