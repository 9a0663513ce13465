//! EXPIRE and its kin, PERSIST: giving keys a deadline and taking it away.
//!
//! ```text
//!  amount ─ × 1000? ─ + now? ─► moment in milliseconds ─┬─ condition not met ─► 0
//!                                                        ├─ passed ─► removed, recorded as DEL
//!                                                        └─ ahead  ─► set, recorded as PEXPIREAT
//! ```
//! Always true: what is recorded names a moment, never a span.
//! Not here: SET … EX and GETEX — the string family.

use russet_base::num::{I64Buf, format_i64};
use russet_engine::{Entry, Millis};
use russet_resp::Args;
use smallvec::SmallVec;

use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::{NotifyClass, removal};
use crate::error::CommandError;

/// How a command of this family reads its amount.
struct Form {
    /// The command, in lower case.
    name: &'static str,
    /// Milliseconds in one of its units.
    unit: i64,
    /// Whether the amount counts from now.
    from_now: bool,
}

const EXPIRE: Form = Form {
    name: "expire",
    unit: 1000,
    from_now: true,
};
const EXPIREAT: Form = Form {
    name: "expireat",
    unit: 1000,
    from_now: false,
};
const PEXPIRE: Form = Form {
    name: "pexpire",
    unit: 1,
    from_now: true,
};
const PEXPIREAT: Form = Form {
    name: "pexpireat",
    unit: 1,
    from_now: false,
};

pub(super) fn expire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadline(cx, args, &EXPIRE)
}

pub(super) fn expireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadline(cx, args, &EXPIREAT)
}

pub(super) fn pexpire(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadline(cx, args, &PEXPIRE)
}

pub(super) fn pexpireat(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give_deadline(cx, args, &PEXPIREAT)
}

pub(super) fn persist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let persisted = match cx.db().entry(key) {
        Entry::Occupied(mut entry) if entry.deadline().is_some() => {
            entry.set_deadline(None);
            true
        }
        _ => false,
    };
    if persisted {
        cx.dirty(1);
        cx.notify(NotifyClass::GENERIC, "persist", key);
    }
    cx.reply.integer(i64::from(persisted));
    Ok(Flow::Done)
}

/// When a new deadline may replace the old one.
#[derive(Debug, Clone, Copy, Default)]
struct Conditions {
    /// Only where there is none.
    nx: bool,
    /// Only where there is one.
    xx: bool,
    /// Only a later one; none is the latest of all.
    gt: bool,
    /// Only an earlier one.
    lt: bool,
}

impl Conditions {
    fn read(args: Args<'_>) -> Result<Self, CommandError> {
        let mut all = Self::default();
        for arg in args {
            match () {
                () if is_word(arg, "NX") => all.nx = true,
                () if is_word(arg, "XX") => all.xx = true,
                () if is_word(arg, "GT") => all.gt = true,
                () if is_word(arg, "LT") => all.lt = true,
                () => return Err(CommandError::unsupported_option(arg)),
            }
        }
        if all.nx && (all.xx || all.gt || all.lt) {
            return Err(CommandError::ExpireNxConflict);
        }
        if all.gt && all.lt {
            return Err(CommandError::ExpireGtLtConflict);
        }
        Ok(all)
    }

    fn admit(self, old: Option<Millis>, new: Millis) -> bool {
        match old {
            None => !self.xx && !self.gt,
            Some(old) => !self.nx && (!self.gt || new > old) && (!self.lt || new < old),
        }
    }
}

fn give_deadline(cx: &mut Ctx<'_>, args: Args<'_>, form: &Form) -> Result<Flow, CommandError> {
    let conditions = match args.len() {
        3 => Conditions::default(),
        _ => Conditions::read(args.skip(3))?,
    };
    let (now, past) = (cx.now(), cx.horizon());
    let base = if form.from_now { now } else { 0 };
    let moment = integer(&args[2])?
        .checked_mul(form.unit)
        .and_then(|span| span.checked_add(base))
        .ok_or(CommandError::InvalidExpire(form.name))?;
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let mut entry = match db.entry(key) {
        Entry::Occupied(entry) if conditions.admit(entry.deadline(), moment) => entry,
        _ => {
            cx.reply.integer(0);
            return Ok(Flow::Done);
        }
    };
    if moment <= past {
        entry.remove();
        cx.propagate_as(&[removal(cx.settings.lazy_expire), key]);
        cx.notify(NotifyClass::GENERIC, "del", key);
    } else {
        entry.set_deadline(Some(moment));
        if form.unit != 1 || form.from_now {
            record_moment(cx, args, moment);
        }
        cx.notify(NotifyClass::GENERIC, "expire", key);
    }
    cx.dirty(1);
    cx.reply.integer(1);
    Ok(Flow::Done)
}

/// Records the request with its moment, its conditions kept.
fn record_moment(cx: &mut Ctx<'_>, args: Args<'_>, moment: Millis) {
    if !cx.effects.recording {
        return;
    }
    let mut digits = I64Buf::new();
    let mut request: SmallVec<[&[u8]; 4]> = SmallVec::new();
    request.extend([&b"PEXPIREAT"[..], &args[1], format_i64(moment, &mut digits)]);
    request.extend(args.skip(3));
    cx.propagate_as(&request);
}

#[cfg(test)]
mod tests;
