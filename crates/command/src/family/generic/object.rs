//! TYPE and OBJECT: what a value is and how it is kept.
//!
//! Always true: looking does not count as using.

use russet_engine::{Access, Encoding, Touch};
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::help;

pub(super) fn kind(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let kind = cx
        .db()
        .read(key, Touch::No)
        .map(|value| value.kind().name());
    if kind.is_none() {
        cx.notify(NotifyClass::KEY_MISS, "keymiss", key);
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

/// COMPAT: Redis shares small integers and then answers 2147483647; Valkey and we share none.
pub(super) fn refcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match look(cx, args) {
        Some(_) => cx.reply.integer(1),
        None => cx.reply.null(),
    }
    Ok(Flow::Done)
}

pub(super) fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    help::write(&mut cx.reply, "OBJECT", HELP);
    Ok(Flow::Done)
}

/// What the subcommands show of a value.
struct Seen {
    encoding: Encoding,
    access: Access,
}

fn look(cx: &mut Ctx<'_>, args: Args<'_>) -> Option<Seen> {
    let mut db = cx.db();
    let value = db.read(&args[2], Touch::No)?;
    Some(Seen {
        encoding: value.encoding(),
        access: value.access(),
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
    "    How many keys share the value; always 1.",
];
