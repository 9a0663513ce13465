//! INCREX: a counter with bounds and a deadline in one step.
//!
//! ```text
//!  sum within [LBOUND, UBOUND]     stored, deadline applied        [sum, sum − old]
//!  beyond it, or not representable
//!    without SATURATE              nothing changes                 [old, 0]
//!    with SATURATE                 the nearer bound is stored      [bound, bound − old]
//! ```
//! A key that is absent counts as 0. The result is recorded as a SET with what it means for the
//! deadline: `KEEPTTL`, `PXAT`, or nothing after PERSIST; a moment that has passed as DEL.
//!
//! Always true: a refused increment changes neither value nor deadline and records nothing.
//! Not here: counters without bounds — `counter.rs`.

use russet_base::num::{I64Buf, LongDouble, format_i64, parse_i64};
use russet_engine::{Entry, Millis, NewValue, StringRef};
use russet_resp::{Args, Reply};

use super::condition::Condition;
use super::counter::float_of;
use super::expiry::Expiry;
use super::get::settle_removal;
use super::value::{Ttl, integer_of};
use crate::args::{Chosen, Keyword, options};
use crate::ctx::{Ctx, Flow};
use crate::effects::{NotifyClass, removal};
use crate::error::CommandError;

/// An option of INCREX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IncrexOption {
    Expires(Expiry),
    If(Condition),
    ByInt,
    ByFloat,
    LowerBound,
    UpperBound,
    Saturate,
    IfNoTtl,
}

const EXPIRY: usize = 0;
const CONDITION: usize = 1;
const INCREMENT: usize = 2;
const LOWER: usize = 3;
const UPPER: usize = 4;
const SATURATE: usize = 5;
const ENX: usize = 6;
const GROUPS: usize = 7;

const INCREX_OPTIONS: &[Keyword<IncrexOption>] = &[
    Keyword::valued("BYINT", IncrexOption::ByInt, INCREMENT).once(),
    Keyword::valued("BYFLOAT", IncrexOption::ByFloat, INCREMENT).once(),
    Expiry::Ex
        .keyword(IncrexOption::Expires(Expiry::Ex), EXPIRY)
        .once(),
    Expiry::Px
        .keyword(IncrexOption::Expires(Expiry::Px), EXPIRY)
        .once(),
    Expiry::ExAt
        .keyword(IncrexOption::Expires(Expiry::ExAt), EXPIRY)
        .once(),
    Expiry::PxAt
        .keyword(IncrexOption::Expires(Expiry::PxAt), EXPIRY)
        .once(),
    Expiry::Persist
        .keyword(IncrexOption::Expires(Expiry::Persist), EXPIRY)
        .once(),
    Keyword::flag("ENX", IncrexOption::IfNoTtl, ENX).once(),
    Keyword::valued("LBOUND", IncrexOption::LowerBound, LOWER).once(),
    Keyword::valued("UBOUND", IncrexOption::UpperBound, UPPER).once(),
    Keyword::flag("SATURATE", IncrexOption::Saturate, SATURATE).once(),
    Keyword::flag("NX", IncrexOption::If(Condition::Absent), CONDITION),
    Keyword::flag("XX", IncrexOption::If(Condition::Present), CONDITION),
];

/// The kinds of numbers that INCREX counts in.
trait Number: Copy + PartialOrd {
    const EVENT: &'static str;
    /// The error for an invalid delta.
    const DELTA_ERROR: CommandError;

    fn zero() -> Self;
    fn read(text: &[u8], name: &'static str) -> Result<Self, CommandError>;
    fn of_value(value: StringRef<'_>) -> Result<Self, CommandError>;
    fn limit(lower: bool) -> Self;
    fn is_negative(self) -> bool;
    fn checked_add(self, other: Self) -> Option<Self>;
    fn checked_sub(self, other: Self) -> Option<Self>;
    fn reply(self, reply: &mut Reply<'_>);
    fn with_text(self, use_text: impl FnOnce(&[u8]));
    fn with_value(self, use_value: impl FnOnce(NewValue<'_>));
}

/// The change to make, once the arguments are read.
struct Plan<'a, N> {
    key: &'a [u8],
    increment: N,
    lower: N,
    upper: N,
    saturate: bool,
    condition: Option<Condition>,
    /// `None`: no option about the deadline.
    ttl: Option<Ttl>,
    only_without_ttl: bool,
}

/// `INCREX key [increment] [bounds] [expiration]`.
pub(super) fn increx(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let chosen: Chosen<'_, _, GROUPS> = options(args, 2, INCREX_OPTIONS)?;
    match (chosen[ENX], chosen[EXPIRY]) {
        (Some(_), None) => return Err(CommandError::EnxAlone),
        (Some(_), Some((IncrexOption::Expires(Expiry::Persist), _))) => {
            return Err(CommandError::Syntax);
        }
        _ => {}
    }
    match chosen[INCREMENT] {
        Some((IncrexOption::ByFloat, by)) => {
            let increment = LongDouble::read(by, "Increment")?;
            if increment.is_infinite() {
                return Err(CommandError::IncrementInfinite);
            }
            run(cx, &args[1], increment, &chosen)
        }
        Some((_, by)) => run(cx, &args[1], i64::read(by, "Increment")?, &chosen),
        None => run(cx, &args[1], 1i64, &chosen),
    }
}

fn run<N: Number>(
    cx: &mut Ctx<'_>,
    key: &[u8],
    increment: N,
    chosen: &Chosen<'_, IncrexOption, GROUPS>,
) -> Result<Flow, CommandError> {
    let bound = |group: usize, name| match chosen[group] {
        Some((_, text)) => N::read(text, name),
        None => Ok(N::limit(group == LOWER)),
    };
    let (lower, upper) = (bound(LOWER, "LBOUND")?, bound(UPPER, "UBOUND")?);
    if lower > upper {
        return Err(CommandError::BoundsCrossed);
    }
    let ttl = match chosen[EXPIRY] {
        Some((IncrexOption::Expires(expiry), text)) => Some(expiry.ttl(cx, text, "increx")?),
        _ => None,
    };
    let condition = match chosen[CONDITION] {
        Some((IncrexOption::If(condition), _)) => Some(condition),
        _ => None,
    };
    let plan = Plan {
        key,
        increment,
        lower,
        upper,
        saturate: chosen[SATURATE].is_some(),
        condition,
        ttl,
        only_without_ttl: chosen[ENX].is_some(),
    };
    let (value, applied) = count(cx, &plan)?;
    cx.reply.array(2);
    value.reply(&mut cx.reply);
    applied.reply(&mut cx.reply);
    Ok(Flow::Done)
}

/// Does what is planned; returns the value and the applied increment.
fn count<N: Number>(cx: &mut Ctx<'_>, plan: &Plan<'_, N>) -> Result<(N, N), CommandError> {
    let past = cx.horizon();
    let mut db = cx.keyspace.db(cx.db);
    let entry = db.entry(plan.key);
    let (old, deadline) = match &entry {
        Entry::Occupied(entry) => (Some(N::of_value(entry.string()?)?), entry.deadline()),
        Entry::Vacant(_) => (None, None),
    };
    let number = old.unwrap_or(N::zero());
    if plan
        .condition
        .is_some_and(|condition| (condition == Condition::Present) != old.is_some())
    {
        return Ok((number, N::zero()));
    }
    let Some(sum) = plan.sum(number) else {
        return Ok((number, N::zero()));
    };
    let applied = sum.checked_sub(number).ok_or(N::DELTA_ERROR)?;
    let ttl = plan.ttl_over(deadline);
    if matches!(ttl, Ttl::At(moment) if moment <= past) {
        if let Entry::Occupied(entry) = entry {
            entry.remove();
            settle_removal(cx, plan.key, removal(cx.settings.lazy_expire));
        }
        return Ok((sum, applied));
    }
    sum.with_value(|value| match (entry, ttl) {
        (Entry::Occupied(mut entry), Ttl::Keep) => entry.set(value),
        (entry, _) => entry.set(value, ttl.of_new()),
    });
    if old.is_none() {
        cx.notify(NotifyClass::NEW, "new", plan.key);
    }
    settle(cx, plan.key, sum, ttl, deadline);
    Ok((sum, applied))
}

/// Counts the change, tells of it, and records it as a SET.
fn settle<N: Number>(cx: &mut Ctx<'_>, key: &[u8], sum: N, ttl: Ttl, deadline: Option<Millis>) {
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, N::EVENT, key);
    match ttl {
        Ttl::At(_) => cx.notify(NotifyClass::GENERIC, "expire", key),
        Ttl::Clear if deadline.is_some() => cx.notify(NotifyClass::GENERIC, "persist", key),
        Ttl::Clear | Ttl::Keep => {}
    }
    if !cx.effects.recording {
        return;
    }
    sum.with_text(|text| match ttl {
        Ttl::Keep => cx.propagate_as(&[b"SET", key, text, b"KEEPTTL"]),
        Ttl::Clear => cx.propagate_as(&[b"SET", key, text]),
        Ttl::At(moment) => {
            let mut digits = I64Buf::new();
            cx.propagate_as(&[b"SET", key, text, b"PXAT", format_i64(moment, &mut digits)]);
        }
    });
}

impl<N: Number> Plan<'_, N> {
    /// The sum to store, or nothing when it is refused.
    fn sum(&self, number: N) -> Option<N> {
        let bound = match number.checked_add(self.increment) {
            Some(sum) if sum > self.upper => self.upper,
            Some(sum) if sum < self.lower => self.lower,
            Some(sum) => return Some(sum),
            None if self.increment.is_negative() => self.lower,
            None => self.upper,
        };
        self.saturate.then_some(bound)
    }

    /// The new deadline in place of this one.
    fn ttl_over(&self, deadline: Option<Millis>) -> Ttl {
        match self.ttl {
            Some(_) if self.only_without_ttl && deadline.is_some() => Ttl::Keep,
            Some(ttl) => ttl,
            None => Ttl::Keep,
        }
    }
}

impl Number for i64 {
    const EVENT: &'static str = "incrby";
    const DELTA_ERROR: CommandError = CommandError::AppliedOverflow;

    fn zero() -> Self {
        0
    }

    fn read(text: &[u8], name: &'static str) -> Result<Self, CommandError> {
        parse_i64(text).ok_or(CommandError::NamedNotInteger(name))
    }

    fn of_value(value: StringRef<'_>) -> Result<Self, CommandError> {
        integer_of(value)
    }

    fn limit(lower: bool) -> Self {
        if lower { Self::MIN } else { Self::MAX }
    }

    fn is_negative(self) -> bool {
        self < 0
    }

    fn checked_add(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_sub(other)
    }

    fn reply(self, reply: &mut Reply<'_>) {
        reply.integer(self);
    }

    fn with_text(self, use_text: impl FnOnce(&[u8])) {
        use_text(format_i64(self, &mut I64Buf::new()));
    }

    fn with_value(self, use_value: impl FnOnce(NewValue<'_>)) {
        use_value(NewValue::Int(self));
    }
}

impl Number for LongDouble {
    const EVENT: &'static str = "incrbyfloat";
    const DELTA_ERROR: CommandError = CommandError::AppliedInfinite;

    fn zero() -> Self {
        Self::from_i64(0)
    }

    fn read(text: &[u8], name: &'static str) -> Result<Self, CommandError> {
        Self::parse(text).ok_or(CommandError::NamedNotFloat(name))
    }

    fn of_value(value: StringRef<'_>) -> Result<Self, CommandError> {
        match float_of(value) {
            Some(number) if number.is_infinite() => Err(CommandError::ValueInfinite),
            Some(number) => Ok(number),
            None => Err(CommandError::NotFloat),
        }
    }

    fn limit(lower: bool) -> Self {
        Self::largest(lower)
    }

    fn is_negative(self) -> bool {
        self < Self::zero()
    }

    fn checked_add(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_sub(other)
    }

    fn reply(self, reply: &mut Reply<'_>) {
        reply.double_text(&String::from_utf8_lossy(&self.to_text()));
    }

    fn with_text(self, use_text: impl FnOnce(&[u8])) {
        use_text(&self.to_text());
    }

    fn with_value(self, use_value: impl FnOnce(NewValue<'_>)) {
        use_value(NewValue::Plain(&self.to_text()));
    }
}
