//! Fields without knowing their names: HRANDFIELD, HSCAN.
//!
//! Always true: a random field is never one that is due: those are removed first, or passed over.
//! Not here: what a cursor means — the engine's `HashRef::scan`.

use russet_base::rng::Rng;
use russet_engine::{ExpiryMode, Field, HashRef, Touch};
use russet_resp::{Args, Protocol, Reply};

use crate::args::{check_repeats, is_word, random_count};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::string::value::reply_value;
use crate::family::walk::{self, Wish};

/// The request of a HRANDFIELD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// One field, not in a list.
    One,
    /// That many distinct fields.
    Distinct(usize),
    /// That many draws.
    Draws(u64),
}

/// `HRANDFIELD key [count [WITHVALUES]]`.
pub(super) fn hrandfield(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let (want, with_values) = read_want(args)?;
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let found = db.hash_ref((hash, key), Touch::Yes)?;
    let is_overdue = found.is_some_and(|found| found.is_overdue());
    let is_kept = is_overdue && cx.keyspace.expiry_mode() != ExpiryMode::Remove;
    let mut db = cx.keyspace.db(cx.db);
    if is_overdue && !is_kept {
        db.hash_mut((hash, key))?.expire();
    }
    let Some(found) = db.hash_ref((hash, key), Touch::No)? else {
        match want {
            Want::One => cx.reply.null(),
            Want::Distinct(_) | Want::Draws(_) => cx.reply.empty_array(),
        }
        cx.miss(key);
        return Ok(Flow::Done);
    };
    // RESP3 shows each pair as an array, RESP2 all of them in one.
    let is_flat = cx.reply.protocol() == Protocol::Resp2;
    let show = |reply: &mut Reply<'_>, shown: Field<'_>| {
        if with_values && !is_flat {
            reply.array(2);
        }
        reply_value(reply, shown.field);
        if with_values {
            reply_value(reply, shown.value);
        }
    };
    let width = if with_values && is_flat { 2 } else { 1 };
    if is_kept {
        return Ok(draw_left(cx.rng, &mut cx.reply, (found, want, width), show));
    }
    match want {
        Want::One => match found.random(cx.rng) {
            Some(shown) => reply_value(&mut cx.reply, shown.field),
            None => cx.reply.null(),
        },
        Want::Distinct(count) => {
            cx.reply.array(count.min(found.len()) * width);
            found.draw(cx.rng, count, |shown| show(&mut cx.reply, shown));
        }
        Want::Draws(count) => {
            cx.reply.array((count as usize).saturating_mul(width));
            for _ in 0..count {
                if let Some(shown) = found.random(cx.rng) {
                    show(&mut cx.reply, shown);
                }
                if cx.reply.is_over() {
                    break;
                }
            }
        }
    }
    Ok(Flow::Done)
}

/// Answers from the fields that are not due, where those that are due are kept.
#[cold]
fn draw_left(
    rng: &mut Rng,
    reply: &mut Reply<'_>,
    (found, want, width): (HashRef<'_>, Want, usize),
    show: impl Fn(&mut Reply<'_>, Field<'_>),
) -> Flow {
    let mut left = Vec::new();
    found.each(|field| left.push(field));
    rng.shuffle(&mut left);
    match (want, left.first()) {
        (Want::One, None) => reply.null(),
        (Want::One, Some(first)) => reply_value(reply, first.field),
        (_, None) => reply.empty_array(),
        (Want::Distinct(count), _) => {
            let count = count.min(left.len());
            reply.array(count * width);
            left.drain(..count).for_each(|field| show(reply, field));
        }
        (Want::Draws(count), _) => {
            reply.array((count as usize).saturating_mul(width));
            for _ in 0..count {
                show(reply, left[rng.index(left.len())]);
                if reply.is_over() {
                    break;
                }
            }
        }
    }
    Flow::Done
}

fn read_want(args: Args<'_>) -> Result<(Want, bool), CommandError> {
    let Some(count) = args.get(2) else {
        return Ok((Want::One, false));
    };
    let count = random_count(count)?;
    let with_values = match args.get(3) {
        None => false,
        Some(word) if is_word(word, "WITHVALUES") && args.len() == 4 => true,
        Some(_) => return Err(CommandError::Syntax),
    };
    if with_values && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(CommandError::ValueRange);
    }
    check_repeats(count)?;
    let want = match usize::try_from(count) {
        Ok(count) => Want::Distinct(count),
        Err(_) => Want::Draws(count.unsigned_abs()),
    };
    Ok((want, with_values))
}

/// `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`.
pub(super) fn hscan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = walk::cursor(&args[2])?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(found) = db.hash_ref((hash, key), Touch::Yes)? else {
        walk::write_empty(&mut cx.reply);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let wish = Wish::read(args, true)?;
    walk::write(&mut cx.reply, |reply| {
        let mut len = 0;
        let next = found.scan(cursor, wish.page.count, |shown| {
            if !wish.page.pattern.matches(&shown.field.as_bytes()) {
                return;
            }
            reply_value(reply, shown.field);
            len += 1;
            if !wish.without_values {
                reply_value(reply, shown.value);
                len += 1;
            }
        });
        (next, len)
    });
    Ok(Flow::Done)
}
