//! Looking at the deadlines of fields: HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME; clearing them:
//! HPERSIST.
//!
//! Always true: seconds are rounded up.
//! Not here: giving deadlines — `expire.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{Millis, Touch};
use russet_resp::Args;
use smallvec::SmallVec;

use super::fields::{self, OnBadCount};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

const ABSENT: i64 = -2;
const NO_DEADLINE: i64 = -1;

/// `HTTL key FIELDS n field …`.
pub(super) fn httl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show(cx, args, |at, now| round_up(at - now))
}

/// `HPTTL key FIELDS n field …`.
pub(super) fn hpttl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show(cx, args, |at, now| at - now)
}

/// `HEXPIRETIME key FIELDS n field …`.
pub(super) fn hexpiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show(cx, args, |at, _| round_up(at))
}

/// `HPEXPIRETIME key FIELDS n field …`.
pub(super) fn hpexpiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    show(cx, args, |at, _| at)
}

fn round_up(ms: Millis) -> i64 {
    ms / 1000 + i64::from(ms % 1000 > 0)
}

fn show(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    figure: impl Fn(Millis, Millis) -> i64,
) -> Result<Flow, CommandError> {
    let (key, now) = (&args[1], cx.now());
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let found = db.hash_ref((hash, key), Touch::Yes)?;
    let wanted = fields::read(args, 2, OnBadCount::Positive)?;
    cx.reply.array(wanted.len());
    for field in wanted.iter() {
        cx.reply
            .integer(match found.and_then(|f| f.deadline(field)) {
                None => ABSENT,
                Some(None) => NO_DEADLINE,
                Some(Some(at)) => figure(at, now),
            });
    }
    if found.is_none() {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

/// `HPERSIST key FIELDS n field …`.
pub(super) fn hpersist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let wanted = fields::read(args, 2, OnBadCount::Positive)?;
    cx.reply.array(wanted.len());
    let mut changed: SmallVec<[&[u8]; 8]> = SmallVec::new();
    for field in wanted.iter() {
        cx.reply.integer(match target.deadline(field) {
            None => ABSENT,
            Some(None) => NO_DEADLINE,
            Some(Some(_)) => {
                target.set_deadline(field, None);
                changed.push(field);
                1
            }
        });
    }
    if changed.is_empty() {
        return Ok(Flow::Done);
    }
    cx.dirty(changed.len() as u64);
    if changed.len() < wanted.len() {
        record_persist(cx, key, &changed);
    }
    cx.notify(NotifyClass::HASH, "hpersist", key);
    Ok(Flow::Done)
}

/// Records the fields that lost their deadlines, and no others: whoever repeats the request later
/// may still have one that had expired.
fn record_persist(cx: &mut Ctx<'_>, key: &[u8], changed: &[&[u8]]) {
    if !cx.effects.recording {
        return;
    }
    let mut count = I64Buf::new();
    let mut request: SmallVec<[&[u8]; 16]> = SmallVec::new();
    let count = format_i64(changed.len() as i64, &mut count);
    request.extend([&b"HPERSIST"[..], key, b"FIELDS", count]);
    request.extend_from_slice(changed);
    cx.propagate_as(&request);
}
