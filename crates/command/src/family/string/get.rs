//! GET and the commands that read a value and do something to its key: GETDEL, GETEX; STRLEN.
//!
//! Always true: GET looks its key up once and copies a value at most once.
//! Not here: several keys at once — `multi.rs`; parts of values — `range.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{Entry, Touch};
use russet_resp::Args;

use super::expiry::Expiry;
use super::value::{Ttl, reply_value};
use crate::args::{Keyword, options};
use crate::ctx::{Ctx, Flow};
use crate::effects::{NotifyClass, removal};
use crate::error::CommandError;

/// `GET key`.
pub(super) fn get(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    match cx.keyspace.db(cx.db).string((hash, key))? {
        Some(value) => reply_value(&mut cx.reply, value),
        None => {
            cx.reply.null();
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `STRLEN key`.
pub(super) fn strlen(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    match cx.keyspace.db(cx.db).read(key, Touch::Yes) {
        Some(value) => cx.reply.count(value.string()?.len()),
        None => {
            cx.reply.integer(0);
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `GETDEL key`.
pub(super) fn getdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    match cx.keyspace.db(cx.db).read(key, Touch::Yes) {
        Some(value) => reply_value(&mut cx.reply, value.string()?),
        None => {
            cx.reply.null();
            cx.miss(key);
            return Ok(Flow::Done);
        }
    }
    cx.db().remove(key);
    settle_removal(cx, key, b"DEL");
    Ok(Flow::Done)
}

const GETEX_OPTIONS: &[Keyword<Expiry>] = &[
    Expiry::Ex.keyword(Expiry::Ex, 0),
    Expiry::Px.keyword(Expiry::Px, 0),
    Expiry::ExAt.keyword(Expiry::ExAt, 0),
    Expiry::PxAt.keyword(Expiry::PxAt, 0),
    Expiry::Persist.keyword(Expiry::Persist, 0),
];

/// `GETEX key [expiration]`.
pub(super) fn getex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let [expiry] = options::<_, 1>(args, 2, GETEX_OPTIONS)?;
    let key = &args[1];
    // With an expiration the key is looked up again, and used then.
    let touch = match expiry {
        None => Touch::Yes,
        Some(_) => Touch::Counted,
    };
    let had_deadline = match cx.keyspace.db(cx.db).read(key, touch) {
        Some(value) => {
            reply_value(&mut cx.reply, value.string()?);
            value.deadline().is_some()
        }
        // COMPAT: the moment is not even read when there is no key to give it to.
        None => {
            cx.reply.null();
            cx.miss(key);
            return Ok(Flow::Done);
        }
    };
    let Some((expiry, text)) = expiry else {
        return Ok(Flow::Done);
    };
    match expiry.ttl(cx, text, "getex")? {
        Ttl::At(deadline) if deadline <= cx.horizon() => {
            cx.db().remove(key);
            settle_removal(cx, key, removal(cx.settings.lazy_expire));
        }
        Ttl::At(deadline) => {
            set_deadline(cx, key, Some(deadline));
            if cx.effects.recording {
                let mut digits = I64Buf::new();
                cx.propagate_as(&[b"PEXPIREAT", key, format_i64(deadline, &mut digits)]);
            }
            cx.dirty(1);
            cx.notify(NotifyClass::GENERIC, "expire", key);
        }
        Ttl::Clear if had_deadline => {
            set_deadline(cx, key, None);
            cx.propagate_as(&[b"PERSIST", key]);
            cx.dirty(1);
            cx.notify(NotifyClass::GENERIC, "persist", key);
        }
        Ttl::Clear | Ttl::Keep => {}
    }
    Ok(Flow::Done)
}

fn set_deadline(cx: &mut Ctx<'_>, key: &[u8], deadline: Option<i64>) {
    if let Entry::Occupied(mut entry) = cx.db().entry(key) {
        entry.set_deadline(deadline);
    }
}

/// Counts the removal of a key, tells of it, and records it under this name.
pub(super) fn settle_removal(cx: &mut Ctx<'_>, key: &[u8], name: &[u8]) {
    cx.propagate_as(&[name, key]);
    cx.dirty(1);
    cx.notify(NotifyClass::GENERIC, "del", key);
}
