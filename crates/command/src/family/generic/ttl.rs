//! TTL, PTTL, EXPIRETIME, PEXPIRETIME: telling a deadline.
//!
//! Always true: -2 says that there is no key, -1 that it has no deadline.

use russet_engine::{Millis, Touch};
use russet_resp::Args;

use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

const NO_KEY: i64 = -2;
const NO_DEADLINE: i64 = -1;

pub(super) fn ttl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    tell(cx, args, |deadline, now| seconds(left(deadline, now)))
}

pub(super) fn pttl(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    tell(cx, args, left)
}

pub(super) fn expiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    tell(cx, args, |deadline, _| seconds(deadline))
}

pub(super) fn pexpiretime(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    tell(cx, args, |deadline, _| deadline)
}

fn left(deadline: Millis, now: Millis) -> Millis {
    deadline.saturating_sub(now).max(0)
}

/// Whole seconds, halves rounded up.
fn seconds(ms: Millis) -> i64 {
    ms.saturating_add(500) / 1000
}

fn tell(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    answer: fn(Millis, Millis) -> i64,
) -> Result<Flow, CommandError> {
    let (key, now) = (&args[1], cx.now());
    let found = cx
        .db()
        .read(key, Touch::Counted)
        .map(|value| value.deadline());
    let number = match found {
        Some(Some(deadline)) => answer(deadline, now),
        Some(None) => NO_DEADLINE,
        None => {
            cx.miss(key);
            NO_KEY
        }
    };
    cx.reply.integer(number);
    Ok(Flow::Done)
}
