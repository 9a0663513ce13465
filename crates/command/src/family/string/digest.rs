//! Values by their content: DIGEST, DELEX, DELIFEQ.
//!
//! Always true: a key goes only if the value it held at that moment met the condition.
//! Not here: SET with the same conditions — `set.rs`.

use russet_base::xxh3::digest_text;
use russet_engine::{Entry, Touch};
use russet_resp::Args;

use super::condition::Condition;
use super::get::settle_removal;
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `DIGEST key`.
pub(super) fn digest(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    match cx.keyspace.db(cx.db).read(key, Touch::Yes) {
        Some(value) => {
            cx.reply.bulk(&digest_text(&value.string()?.as_bytes()));
        }
        None => {
            cx.reply.null();
            cx.miss(key);
        }
    }
    Ok(Flow::Done)
}

/// `DELIFEQ key value`.
pub(super) fn delifeq(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, operand) = (&args[1], &args[2]);
    let is_removed = match cx.keyspace.db(cx.db).entry(key) {
        Entry::Occupied(entry) if Condition::Equal.holds_string(entry.string()?, operand)? => {
            entry.remove();
            true
        }
        Entry::Occupied(_) | Entry::Vacant(_) => false,
    };
    Ok(answer_removal(cx, key, is_removed))
}

/// `DELEX key [condition]`.
pub(super) fn delex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = &args[1];
    let (word, operand) = match args.len() {
        2 => {
            let is_removed = cx.db().remove(key);
            return Ok(answer_removal(cx, key, is_removed));
        }
        4 => (&args[2], &args[3]),
        _ => return Err(CommandError::WrongArity("delex".into())),
    };
    let is_removed = match cx.keyspace.db(cx.db).entry(key) {
        Entry::Vacant(_) => false,
        Entry::Occupied(entry) => {
            let value = entry
                .value()
                .string()
                .map_err(|_| CommandError::DelexType)?;
            let (_, condition) = DELEX_CONDITIONS
                .iter()
                .find(|(name, _)| is_word(word, name))
                .ok_or(CommandError::DelexCondition)?;
            let holds = condition.holds_string(value, operand)?;
            if holds {
                entry.remove();
            }
            holds
        }
    };
    Ok(answer_removal(cx, key, is_removed))
}

const DELEX_CONDITIONS: [(&str, Condition); 4] = [
    ("IFEQ", Condition::Equal),
    ("IFNE", Condition::NotEqual),
    ("IFDEQ", Condition::DigestEqual),
    ("IFDNE", Condition::DigestNotEqual),
];

fn answer_removal(cx: &mut Ctx<'_>, key: &[u8], is_removed: bool) -> Flow {
    if is_removed {
        settle_removal(cx, key, b"DEL");
    }
    cx.reply.integer(i64::from(is_removed));
    Flow::Done
}
