//! SET and its older forms: GETSET, PSETEX, SETEX, SETNX.
//!
//! ```text
//!  request                      recorded
//!  SET k v                      as received
//!  SET k v … EX 10 …            SET k v PXAT <deadline>
//!  SET k v … GET …              SET k v …            without GET
//!  SETEX, PSETEX                SET k v PXAT <deadline>
//!  GETSET k v                   SET k v
//! ```
//!
//! Always true: SET without options looks its key up once and reads no option.
//! Not here: several keys at once — `multi.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{Entry, NewValue, Touch};
use russet_resp::{ArgBuf, Args};

use super::condition::Condition;
use super::expiry::Expiry;
use super::value::{Ttl, new_value, propagate_set, reply_value, store};
use crate::args::{Keyword, is_word, options};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// An option of SET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SetOption {
    Expires(Expiry),
    If(Condition),
    Get,
}

const EXPIRY: usize = 0;
const CONDITION: usize = 1;
const GET: usize = 2;

// PERF: the most frequent options first, since the table is searched.
const SET_OPTIONS: &[Keyword<SetOption>] = &[
    Expiry::Ex.keyword(SetOption::Expires(Expiry::Ex), EXPIRY),
    Expiry::Px.keyword(SetOption::Expires(Expiry::Px), EXPIRY),
    Keyword::flag("NX", SetOption::If(Condition::Absent), CONDITION),
    Keyword::flag("XX", SetOption::If(Condition::Present), CONDITION),
    Keyword::flag("GET", SetOption::Get, GET),
    Expiry::KeepTtl.keyword(SetOption::Expires(Expiry::KeepTtl), EXPIRY),
    Expiry::ExAt.keyword(SetOption::Expires(Expiry::ExAt), EXPIRY),
    Expiry::PxAt.keyword(SetOption::Expires(Expiry::PxAt), EXPIRY),
    Keyword::valued("IFEQ", SetOption::If(Condition::Equal), CONDITION).once(),
    Keyword::valued("IFNE", SetOption::If(Condition::NotEqual), CONDITION).once(),
    Keyword::valued("IFDEQ", SetOption::If(Condition::DigestEqual), CONDITION).once(),
    Keyword::valued("IFDNE", SetOption::If(Condition::DigestNotEqual), CONDITION).once(),
];

/// `SET key value [condition] [GET] [expiration]`.
pub(super) fn set(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return set_with_options(cx, args);
    }
    let key = &args[1];
    store(cx, key, new_value(args, 2), Ttl::Clear);
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "set", key);
    cx.reply.ok();
    Ok(Flow::Done)
}

fn set_with_options(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let [expiry, condition, get] = options::<_, 3>(args, 3, SET_OPTIONS)?;
    let ttl = match expiry {
        Some((SetOption::Expires(expiry), value)) => expiry.ttl(cx, value, "set")?,
        _ => Ttl::Clear,
    };
    let condition = match condition {
        Some((SetOption::If(condition), operand)) => Some((condition, operand)),
        _ => None,
    };
    let key = &args[1];
    if get.is_some() {
        reply_old(cx, key)?;
    }
    let is_stored = store_if(cx, key, new_value(args, 2), ttl, condition)?;
    match (get, is_stored) {
        (Some(_), _) => {}
        (None, true) => cx.reply.ok(),
        (None, false) => cx.reply.null(),
    }
    if is_stored {
        settle_set(cx, key, (args, 2), ttl);
        if get.is_some() && !matches!(ttl, Ttl::At(_)) {
            propagate_without_get(cx, args);
        }
    }
    Ok(Flow::Done)
}

/// `SETNX key value`.
pub(super) fn setnx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let condition = Some((Condition::Absent, &[][..]));
    let is_stored = store_if(cx, key, new_value(args, 2), Ttl::Clear, condition)?;
    if is_stored {
        settle_set(cx, key, (args, 2), Ttl::Clear);
    }
    cx.reply.integer(i64::from(is_stored));
    Ok(Flow::Done)
}

/// `SETEX key seconds value`.
pub(super) fn setex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_until(cx, args, Expiry::Ex, "setex")
}

/// `PSETEX key milliseconds value`.
pub(super) fn psetex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_until(cx, args, Expiry::Px, "psetex")
}

fn set_until(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    expiry: Expiry,
    command: &'static str,
) -> Result<Flow, CommandError> {
    let (key, ttl) = (&args[1], expiry.ttl(cx, &args[2], command)?);
    store(cx, key, new_value(args, 3), ttl);
    settle_set(cx, key, (args, 3), ttl);
    cx.reply.ok();
    Ok(Flow::Done)
}

/// `GETSET key value`.
pub(super) fn getset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    reply_old(cx, key)?;
    store(cx, key, new_value(args, 2), Ttl::Clear);
    settle_set(cx, key, (args, 2), Ttl::Clear);
    propagate_set(cx, key, (args, 2), &[]);
    Ok(Flow::Done)
}

/// Replies with the value that is about to be replaced.
fn reply_old(cx: &mut Ctx<'_>, key: &[u8]) -> Result<(), CommandError> {
    match cx.keyspace.db(cx.db).read(key, Touch::Yes) {
        Some(value) => reply_value(&mut cx.reply, value.string()?),
        None => {
            cx.reply.null();
            cx.miss(key);
        }
    }
    Ok(())
}

/// Sets a key if its value allows; says whether it did.
fn store_if(
    cx: &mut Ctx<'_>,
    key: &[u8],
    value: NewValue<'_>,
    ttl: Ttl,
    condition: Option<(Condition, &[u8])>,
) -> Result<bool, CommandError> {
    let Some((condition, operand)) = condition else {
        store(cx, key, value, ttl);
        return Ok(true);
    };
    match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(mut entry) => {
            if !condition.holds(entry.value(), operand)? {
                return Ok(false);
            }
            match ttl {
                Ttl::Keep => entry.set(value),
                Ttl::Clear | Ttl::At(_) => entry.replace(value, ttl.of_new()),
            }
        }
        Entry::Vacant(entry) => {
            if !condition.holds_absent() {
                return Ok(false);
            }
            entry.insert(value, ttl.of_new());
            cx.notify(NotifyClass::NEW, "new", key);
        }
    }
    Ok(true)
}

/// Counts a SET, tells of it, and records its deadline as a moment.
fn settle_set(cx: &mut Ctx<'_>, key: &[u8], value: (Args<'_>, usize), ttl: Ttl) {
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "set", key);
    if let Ttl::At(deadline) = ttl {
        propagate_set(
            cx,
            key,
            value,
            &[b"PXAT", format_i64(deadline, &mut I64Buf::new())],
        );
        cx.notify(NotifyClass::GENERIC, "expire", key);
    }
}

/// Records the request without its GET options; values of other options are passed over.
fn propagate_without_get(cx: &mut Ctx<'_>, args: Args<'_>) {
    if !cx.effects.recording {
        return;
    }
    let mut request = ArgBuf::from(args.slice(0..3));
    let mut rest = args.skip(3).iter();
    while let Some(arg) = rest.next() {
        let option = SET_OPTIONS.iter().find(|option| is_word(arg, option.word));
        if option.is_some_and(|option| option.means == SetOption::Get) {
            continue;
        }
        request.push(arg);
        if option.is_some_and(|option| option.has_value) {
            request.push(rest.next().unwrap_or_default());
        }
    }
    cx.propagate_as(request.args());
}
