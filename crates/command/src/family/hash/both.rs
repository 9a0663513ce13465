//! Reading or setting fields together with their deadlines: HGETDEL, HGETEX, HSETEX.
//!
//! Always true: what is recorded has absolute moments, and removals where a moment was past.
//! Not here: deadlines alone — `expire.rs`, `ttl.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{FieldTtl, HashMut, Millis};
use russet_resp::{Args, Reply};
use smallvec::SmallVec;

use super::expire::{Form, record_removals};
use super::fields::{self, OnBadCount};
use super::write::{store, tell_removed};
use crate::args::{is_word, parse_integer};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::family::string::value::reply_value;

/// `HGETDEL key FIELDS n field …`.
pub(super) fn hgetdel(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let wanted = fields::read(args, 2, OnBadCount::Positive)?;
    cx.reply.array(wanted.len());
    let mut removed = 0;
    target.expire_among(wanted.iter());
    for field in wanted.iter() {
        show(&mut cx.reply, &target, field);
        removed += u64::from(target.remove(field));
    }
    if removed == 0 {
        return Ok(Flow::Done);
    }
    let is_gone = target.is_empty();
    if cx.effects.recording {
        let mut request: SmallVec<[&[u8]; 8]> = SmallVec::new();
        request.extend([&b"HDEL"[..], key]);
        request.extend(wanted.iter());
        cx.propagate_as(&request);
    }
    cx.dirty(removed);
    tell_removed(cx, key, is_gone);
    Ok(Flow::Done)
}

fn show(reply: &mut Reply<'_>, target: &HashMut<'_>, field: &[u8]) {
    match target.get(field) {
        Some(value) => reply_value(reply, value),
        None => reply.null(),
    }
}

/// The option at an argument that gives a moment with the next one.
fn form_of(word: &[u8], name: &'static str) -> Option<Form> {
    let form = |unit, from_now| Form {
        name,
        unit,
        from_now,
    };
    [
        ("EX", form(1000, true)),
        ("PX", form(1, true)),
        ("EXAT", form(1000, false)),
        ("PXAT", form(1, false)),
    ]
    .into_iter()
    .find_map(|(known, form)| is_word(word, known).then_some(form))
}

/// The change that HGETEX makes to deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Clear,
    At(Millis),
}

/// `HGETEX key [EX … | PX … | EXAT … | PXAT … | PERSIST] FIELDS n field …`.
pub(super) fn hgetex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, now) = (&args[1], cx.now());
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let (change, at) = match form_of(&args[2], "hgetex") {
        Some(form) => (Change::At(form.moment(&args[3], now)?), 4),
        None if is_word(&args[2], "PERSIST") => (Change::Clear, 3),
        None => (Change::None, 2),
    };
    let wanted = fields::read(args, at, OnBadCount::Positive)?;
    cx.reply.array(wanted.len());
    let mut changed: SmallVec<[&[u8]; 8]> = SmallVec::new();
    target.expire_among(wanted.iter());
    if matches!(change, Change::At(_) | Change::Clear) {
        target.admit_deadlines();
    }
    for field in wanted.iter() {
        show(&mut cx.reply, &target, field);
        if redate(&mut target, field, change, now) {
            changed.push(field);
        }
    }
    if changed.is_empty() {
        return Ok(Flow::Done);
    }
    let is_gone = target.is_empty();
    cx.dirty(changed.len() as u64);
    match change {
        Change::At(moment) if moment <= now => {
            record_removals(cx, key, changed.iter().copied());
            tell_removed(cx, key, is_gone);
        }
        Change::At(moment) => {
            let mut digits = I64Buf::new();
            let digits = format_i64(moment, &mut digits);
            record_redating(cx, &[b"HPEXPIREAT", key, digits], args.skip(at));
            cx.notify(NotifyClass::HASH, "hexpire", key);
        }
        Change::Clear | Change::None => {
            record_redating(cx, &[b"HPERSIST", key], args.skip(at));
            cx.notify(NotifyClass::HASH, "hpersist", key);
        }
    }
    Ok(Flow::Done)
}

/// Changes the deadline of a field; says whether that changed anything.
fn redate(target: &mut HashMut<'_>, field: &[u8], change: Change, now: Millis) -> bool {
    match (change, target.deadline(field)) {
        (Change::None, _) | (_, None) | (Change::Clear, Some(None)) => false,
        (Change::Clear, _) => target.set_deadline(field, None),
        (Change::At(moment), _) if moment <= now => target.remove(field),
        (Change::At(moment), _) => target.set_deadline(field, Some(moment)),
    }
}

/// Records a request that ends in the same fields.
fn record_redating(cx: &mut Ctx<'_>, head: &[&[u8]], fields: Args<'_>) {
    if cx.effects.recording {
        let mut request: SmallVec<[&[u8]; 16]> = SmallVec::from_slice(head);
        request.extend(fields.iter());
        cx.propagate_as(&request);
    }
}

/// Which fields must exist for HSETEX to set any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Any,
    NoneOfThem,
    AllOfThem,
}

/// Whether the key must exist for HSETEX to set any field.
///
/// COMPAT: Valkey 9.1 takes `NX` and `XX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyPresence {
    Absent,
    Present,
}

/// The options of HSETEX.
struct SetEx<'a> {
    presence: Presence,
    key: Option<KeyPresence>,
    ttl: FieldTtl,
    /// Where the option with a moment stands, if it has to be recorded as another.
    relative_at: Option<usize>,
    pairs: Args<'a>,
}

impl<'a> SetEx<'a> {
    fn read(args: Args<'a>, now: Millis) -> Result<Self, CommandError> {
        let (mut presence, mut ttl, mut relative_at) = (None, None, None);
        let mut key = None;
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let condition = match word {
                word if is_word(word, "FNX") => Some(Presence::NoneOfThem),
                word if is_word(word, "FXX") => Some(Presence::AllOfThem),
                _ => None,
            };
            if condition.is_some() && presence.replace(condition).is_some() {
                return Err(CommandError::FieldConditionTwice);
            }
            if condition.is_some() {
                at += 1;
                continue;
            }
            let wanted = match word {
                word if is_word(word, "NX") => Some(KeyPresence::Absent),
                word if is_word(word, "XX") => Some(KeyPresence::Present),
                _ => None,
            };
            if wanted.is_some() {
                if key.is_some() && key != wanted {
                    return Err(CommandError::Syntax);
                }
                key = wanted;
                at += 1;
                continue;
            }
            if is_word(word, "FIELDS") {
                let pairs = read_pairs(args, at)?;
                return Ok(Self {
                    presence: presence.flatten().unwrap_or(Presence::Any),
                    key,
                    ttl: ttl.unwrap_or(FieldTtl::Clear),
                    relative_at,
                    pairs,
                });
            }
            let form = form_of(word, "hsetex");
            if form.is_none() && !is_word(word, "KEEPTTL") {
                return Err(CommandError::unknown_argument(word));
            }
            if ttl.is_some() {
                return Err(CommandError::FieldTtlTwice);
            }
            ttl = Some(match form {
                None => FieldTtl::Keep,
                Some(form) => {
                    let arg = args.get(at + 1).ok_or_else(wrong_arity)?;
                    if form.unit != 1 || form.from_now {
                        relative_at = Some(at);
                    }
                    at += 1;
                    FieldTtl::At(form.moment(arg, now)?)
                }
            });
            at += 1;
        }
        Err(wrong_arity())
    }
}

fn wrong_arity() -> CommandError {
    CommandError::WrongArity("hsetex".into())
}

/// Reads `FIELDS n field value …`.
fn read_pairs(args: Args<'_>, at: usize) -> Result<Args<'_>, CommandError> {
    let count = args.get(at + 1).ok_or_else(wrong_arity)?;
    let count = parse_integer(count)
        .filter(|n| (1..=i64::from(i32::MAX)).contains(n))
        .ok_or(CommandError::FieldsInvalid)?;
    let pairs = args.skip(at + 2);
    if usize::try_from(count * 2) != Ok(pairs.len()) {
        return Err(wrong_arity());
    }
    Ok(pairs)
}

/// `HSETEX key [NX | XX] [FNX | FXX] [EX … | … | KEEPTTL] FIELDS n field value …`.
pub(super) fn hsetex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, now, past) = (&args[1], cx.now(), cx.horizon());
    let wish = SetEx::read(args, now)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let names = || wish.pairs.iter().step_by(2);
    if wish.presence != Presence::Any || wish.ttl == FieldTtl::Keep {
        target.expire_among(names());
    }
    if wish.key.is_some() {
        target.expire();
    }
    let is_key_admitted = match wish.key {
        None => true,
        Some(KeyPresence::Absent) => target.is_empty(),
        Some(KeyPresence::Present) => !target.is_empty(),
    };
    let are_fields_admitted = match wish.presence {
        Presence::Any => true,
        Presence::NoneOfThem => names().all(|field| target.get(field).is_none()),
        Presence::AllOfThem => names().all(|field| target.get(field).is_some()),
    };
    if !is_key_admitted || !are_fields_admitted {
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let is_new = target.is_empty();
    let past = matches!(wish.ttl, FieldTtl::At(moment) if moment <= past);
    if past {
        if !is_new {
            target.admit_deadlines();
        }
        let removed = names().filter(|field| target.remove(field)).count();
        // COMPAT: as Valkey; Redis tells of a change although there is none.
        if removed == 0 {
            cx.reply.integer(1);
            return Ok(Flow::Done);
        }
    } else {
        store(&mut target, wish.pairs, wish.ttl);
    }
    let is_gone = target.is_empty();
    cx.dirty(wish.pairs.len() as u64 / 2);
    if is_new {
        cx.notify(NotifyClass::NEW, "new", key);
    }
    cx.notify(NotifyClass::HASH, "hset", key);
    if past {
        record_removals(cx, key, names());
        tell_removed(cx, key, is_gone);
    } else if let FieldTtl::At(moment) = wish.ttl {
        if let Some(at) = wish.relative_at {
            record_set(cx, args, at, moment);
        }
        cx.notify(NotifyClass::HASH, "hexpire", key);
    }
    cx.reply.integer(1);
    Ok(Flow::Done)
}

/// Records the request with its moment as an absolute one.
fn record_set(cx: &mut Ctx<'_>, args: Args<'_>, at: usize, moment: Millis) {
    if !cx.effects.recording {
        return;
    }
    let mut digits = I64Buf::new();
    let mut request: SmallVec<[&[u8]; 16]> = args.iter().collect();
    request[at] = b"PXAT";
    request[at + 1] = format_i64(moment, &mut digits);
    cx.propagate_as(&request);
}
