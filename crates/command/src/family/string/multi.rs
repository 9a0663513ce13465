//! Several keys at once: MGET, MSET, MSETNX, MSETEX.
//!
//! Always true: keys are looked up in the order of the request, once each, and once more where all
//! are asked for before any is set; a key may be named twice.
//! Not here: one key — `get.rs`, `set.rs`.

use russet_base::num::{I64Buf, format_i64, parse_i64};
use russet_engine::Touch;
use russet_resp::{ArgBuf, Args};

use super::condition::Condition;
use super::expiry::Expiry;
use super::value::{Ttl, new_value, reply_value, store_key};
use crate::args::{Keyword, options};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;
use crate::lookahead::{self, Lookahead};

/// `MGET key [key ...]`: what is not a string is answered like what is not there.
pub(super) fn mget(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    cx.reply.array(args.len() - 1);
    for first in (1..args.len()).step_by(lookahead::KEYS_MAX) {
        if cx.reply.is_over() {
            break;
        }
        let keys = args.slice(first..first + lookahead::KEYS_MAX);
        let ahead = Lookahead::new(&cx.db(), keys.iter());
        for (number, key) in keys.iter().enumerate() {
            let hash = ahead.hash(number);
            match cx.keyspace.db(cx.db).read((hash, key), Touch::Yes) {
                Some(value) => match value.string() {
                    Ok(value) => reply_value(&mut cx.reply, value),
                    Err(_) => cx.reply.null(),
                },
                None => {
                    cx.reply.null();
                    cx.miss(key);
                }
            }
        }
    }
    Ok(Flow::Done)
}

/// `MSET key value [key value ...]`.
pub(super) fn mset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pairs = pair_count(args, "mset")?;
    set_pairs(cx, (args, 1), pairs, Ttl::Clear);
    cx.reply.ok();
    Ok(Flow::Done)
}

/// `MSETNX key value [key value ...]`.
pub(super) fn msetnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pairs = pair_count(args, "msetnx")?;
    let all_absent = all_keys(cx, (args, 1), pairs, Condition::Absent);
    if all_absent {
        set_pairs(cx, (args, 1), pairs, Ttl::Clear);
    }
    cx.reply.integer(i64::from(all_absent));
    Ok(Flow::Done)
}

/// An option of MSETEX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MsetexOption {
    Expires(Expiry),
    If(Condition),
}

const EXPIRY: usize = 0;
const CONDITION: usize = 1;

const MSETEX_OPTIONS: &[Keyword<MsetexOption>] = &[
    Expiry::Ex.keyword(MsetexOption::Expires(Expiry::Ex), EXPIRY),
    Expiry::Px.keyword(MsetexOption::Expires(Expiry::Px), EXPIRY),
    Expiry::ExAt.keyword(MsetexOption::Expires(Expiry::ExAt), EXPIRY),
    Expiry::PxAt.keyword(MsetexOption::Expires(Expiry::PxAt), EXPIRY),
    Expiry::KeepTtl.keyword(MsetexOption::Expires(Expiry::KeepTtl), EXPIRY),
    Keyword::flag("NX", MsetexOption::If(Condition::Absent), CONDITION),
    Keyword::flag("XX", MsetexOption::If(Condition::Present), CONDITION),
];

/// `MSETEX numkeys key value [key value ...] [condition] [expiration]`.
pub(super) fn msetex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pairs = parse_i64(&args[1])
        .and_then(|count| i32::try_from(count).ok())
        .and_then(|count| usize::try_from(count).ok())
        .filter(|count| *count > 0)
        .ok_or(CommandError::InvalidNumkeys)?;
    if pairs > (args.len() - 2) / 2 {
        return Err(CommandError::PairCount);
    }
    let [expiry, condition] = options::<_, 2>(args, 2 + 2 * pairs, MSETEX_OPTIONS)?;
    let ttl = match expiry {
        Some((MsetexOption::Expires(expiry), value)) => expiry.ttl(cx, value, "msetex")?,
        _ => Ttl::Clear,
    };
    let condition = match condition {
        Some((MsetexOption::If(condition), _)) => Some(condition),
        _ => None,
    };
    let holds = condition.is_none_or(|condition| all_keys(cx, (args, 2), pairs, condition));
    if holds {
        set_pairs(cx, (args, 2), pairs, ttl);
        if let Ttl::At(deadline) = ttl {
            propagate_msetex(cx, args, pairs, condition, deadline);
        }
    }
    cx.reply.integer(i64::from(holds));
    Ok(Flow::Done)
}

/// The number of pairs after the name.
fn pair_count(args: Args<'_>, command: &'static str) -> Result<usize, CommandError> {
    match args.len() % 2 {
        0 => Err(CommandError::WrongArity(command.into())),
        _ => Ok(args.len() / 2),
    }
}

/// Whether all keys are there, or all are not.
fn all_keys(
    cx: &mut Ctx<'_>,
    (args, first): (Args<'_>, usize),
    pairs: usize,
    condition: Condition,
) -> bool {
    let must_exist = condition == Condition::Present;
    let mut db = cx.keyspace.db(cx.db);
    (0..pairs).all(|pair| db.contains(&args[first + 2 * pair]) == must_exist)
}

/// Sets the pairs whose first key is the argument `first`.
fn set_pairs(cx: &mut Ctx<'_>, (args, first): (Args<'_>, usize), pairs: usize, ttl: Ttl) {
    for start in (0..pairs).step_by(lookahead::KEYS_MAX) {
        let end = pairs.min(start + lookahead::KEYS_MAX);
        let ahead = Lookahead::new(&cx.db(), (start..end).map(|pair| &args[first + 2 * pair]));
        for pair in start..end {
            let key_idx = first + 2 * pair;
            let key = (ahead.hash(pair - start), &args[key_idx]).into();
            store_key(cx, key, new_value(args, key_idx + 1), ttl);
            cx.notify(NotifyClass::STRING, "set", key.bytes());
            if matches!(ttl, Ttl::At(_)) {
                cx.notify(NotifyClass::GENERIC, "expire", key.bytes());
            }
        }
    }
    cx.dirty(pairs as u64);
}

/// Records MSETEX with its deadline as a moment.
fn propagate_msetex(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    pairs: usize,
    condition: Option<Condition>,
    deadline: i64,
) {
    if !cx.effects.recording {
        return;
    }
    let mut request = ArgBuf::from(args.slice(0..2 + 2 * pairs));
    match condition {
        Some(Condition::Absent) => request.push(b"NX"),
        Some(_) => request.push(b"XX"),
        None => {}
    }
    request.push(b"PXAT");
    request.push(format_i64(deadline, &mut I64Buf::new()));
    cx.propagate_as(request.args());
}
