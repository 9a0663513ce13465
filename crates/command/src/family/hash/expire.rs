//! Giving fields deadlines: HEXPIRE, HEXPIREAT, HPEXPIRE, HPEXPIREAT.
//!
//! Always true: what is recorded has an absolute moment and only the fields that it was given to; a
//! moment that is past is recorded as removals.
//! Not here: looking at deadlines, clearing them — `ttl.rs`.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{HashMut, Millis};
use russet_resp::Args;
use smallvec::SmallVec;

use super::fields::{self, OnBadCount};
use super::write::tell_removed;
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The last moment at which a field may expire.
const DEADLINE_MAX: Millis = (1 << 46) - 1;

/// How a command gives a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// The command, in lower case.
    pub(super) name: &'static str,
    /// Milliseconds of its unit.
    pub(super) unit: Millis,
    /// Whether it counts from now on.
    pub(super) from_now: bool,
}

impl Form {
    const fn new(name: &'static str, unit: i64, from_now: bool) -> Self {
        Self {
            name,
            unit,
            from_now,
        }
    }

    /// The moment that an argument gives.
    pub(super) fn moment(self, arg: &[u8], now: Millis) -> Result<Millis, CommandError> {
        let span = integer(arg)?;
        if span < 0 {
            return Err(CommandError::ExpireNegative);
        }
        let base = if self.from_now { now } else { 0 };
        span.checked_mul(self.unit)
            .and_then(|span| span.checked_add(base))
            .filter(|&moment| moment <= DEADLINE_MAX)
            .ok_or(CommandError::InvalidExpire(self.name))
    }
}

/// `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS n field …`.
pub(super) fn hexpire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadlines(cx, args, Form::new("hexpire", 1000, true))
}

/// `HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS n field …`.
pub(super) fn hpexpire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadlines(cx, args, Form::new("hpexpire", 1, true))
}

/// `HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS n field …`.
pub(super) fn hexpireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadlines(cx, args, Form::new("hexpireat", 1000, false))
}

/// `HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS n field …`.
pub(super) fn hpexpireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadlines(cx, args, Form::new("hpexpireat", 1, false))
}

/// Under which condition a field gets a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    None,
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    fn read(arg: &[u8]) -> Self {
        const WORDS: [(&str, Condition); 4] = [
            ("NX", Condition::Nx),
            ("XX", Condition::Xx),
            ("GT", Condition::Gt),
            ("LT", Condition::Lt),
        ];
        let found = WORDS.iter().find(|(word, _)| is_word(arg, word));
        found.map_or(Self::None, |&(_, condition)| condition)
    }

    /// A field without deadline counts as one that is due later than any other.
    fn admits(self, old: Option<Millis>, new: Millis) -> bool {
        match self {
            Self::None => true,
            Self::Nx => old.is_none(),
            Self::Xx => old.is_some(),
            Self::Gt => old.is_some_and(|old| new > old),
            Self::Lt => old.is_none_or(|old| new < old),
        }
    }
}

const ABSENT: i64 = -2;
const REFUSED: i64 = 0;
const GIVEN: i64 = 1;
const REMOVED: i64 = 2;

fn give_deadlines(cx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Flow, CommandError> {
    let (key, now, past) = (&args[1], cx.now(), cx.horizon());
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.hash_mut((hash, key))?;
    let moment = form.moment(&args[2], now)?;
    let condition = Condition::read(&args[3]);
    let at = if condition == Condition::None { 3 } else { 4 };
    let wanted = fields::read(args, at, OnBadCount::AboveZero)?;
    cx.reply.array(wanted.len());
    target.admit_deadlines();
    let mut changed: SmallVec<[&[u8]; 8]> = SmallVec::new();
    for field in wanted.iter() {
        let outcome = give_deadline(&mut target, field, moment, condition, past);
        if outcome > REFUSED {
            changed.push(field);
        }
        cx.reply.integer(outcome);
    }
    if changed.is_empty() {
        return Ok(Flow::Done);
    }
    let is_gone = target.is_empty();
    cx.dirty(changed.len() as u64);
    if moment <= past {
        record_removals(cx, key, changed.iter().copied());
        tell_removed(cx, key, is_gone);
        return Ok(Flow::Done);
    }
    if form.unit != 1 || form.from_now || changed.len() < wanted.len() {
        record_moment(cx, key, moment, (args.slice(3..at + 1), &changed));
    }
    cx.notify(NotifyClass::HASH, "hexpire", key);
    Ok(Flow::Done)
}

fn give_deadline(
    target: &mut HashMut<'_>,
    field: &[u8],
    moment: Millis,
    condition: Condition,
    past: Millis,
) -> i64 {
    match target.deadline(field) {
        None => ABSENT,
        Some(old) if !condition.admits(old, moment) => REFUSED,
        Some(_) if moment <= past => {
            target.remove(field);
            REMOVED
        }
        Some(_) => {
            target.set_deadline(field, Some(moment));
            GIVEN
        }
    }
}

/// Records the removal of fields, one by one.
pub(super) fn record_removals<'f>(
    cx: &mut Ctx<'_>,
    key: &[u8],
    removed: impl Iterator<Item = &'f [u8]>,
) {
    removed.for_each(|field| cx.propagate_as(&[b"HDEL", key, field]));
}

/// Records a moment for the fields that were given it; `words` are condition and FIELDS as they
/// came.
fn record_moment(
    cx: &mut Ctx<'_>,
    key: &[u8],
    moment: Millis,
    (words, changed): (Args<'_>, &[&[u8]]),
) {
    if !cx.effects.recording {
        return;
    }
    let (mut digits, mut count) = (I64Buf::new(), I64Buf::new());
    let mut request: SmallVec<[&[u8]; 16]> = SmallVec::new();
    request.extend([&b"HPEXPIREAT"[..], key, format_i64(moment, &mut digits)]);
    request.extend(words.iter());
    request.push(format_i64(changed.len() as i64, &mut count));
    request.extend_from_slice(changed);
    cx.propagate_as(&request);
}
