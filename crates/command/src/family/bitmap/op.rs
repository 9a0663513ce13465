//! Strings combined bit by bit: BITOP.
//!
//! Every operation is a fold over the sources in their order, so that one source at a time is
//! borrowed from the key space.
//!
//! Always true: all sources are checked before anything is written; the result is as long as the
//! longest source, and an empty one is no key.

use russet_engine::{Entry, NewValue, Touch};
use russet_resp::{Args, SHARED_LEN_MIN};

use super::kernel::combine;
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The operation on the bits at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    /// Set in all.
    And,
    /// Set in any.
    Or,
    /// Set in an odd number.
    Xor,
    /// Not set in the only one.
    Not,
    /// Set in the first and in no other.
    Diff,
    /// Set in any other and not in the first.
    Diff1,
    /// Set in the first and in any other.
    AndOr,
    /// Set in exactly one.
    One,
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("AND", Operation::And),
    ("OR", Operation::Or),
    ("XOR", Operation::Xor),
    ("NOT", Operation::Not),
    ("DIFF", Operation::Diff),
    ("DIFF1", Operation::Diff1),
    ("ANDOR", Operation::AndOr),
    ("ONE", Operation::One),
];

/// `BITOP operation destkey key [key ...]`.
pub(super) fn bitop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operation = read_operation(args)?;
    let (target, sources) = (&args[2], args.skip(3));
    let len = longest(cx, sources)?;
    if len == 0 {
        if cx.db().remove(target) {
            cx.dirty(1);
            cx.notify(NotifyClass::GENERIC, "del", target);
        }
        cx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let result = combined(cx, operation, sources, len)?;
    store(cx, target, result);
    cx.dirty(1);
    cx.notify(NotifyClass::STRING, "set", target);
    cx.reply.count(len);
    Ok(Flow::Done)
}

fn read_operation(args: Args<'_>) -> Result<Operation, CommandError> {
    let (_, operation) = OPERATIONS
        .iter()
        .find(|(word, _)| is_word(&args[1], word))
        .ok_or(CommandError::Syntax)?;
    let has_one_source = args.len() == 4;
    match operation {
        Operation::Not if !has_one_source => Err(CommandError::BitopOneSource),
        Operation::Diff if has_one_source => Err(CommandError::BitopMoreSources("DIFF")),
        Operation::Diff1 if has_one_source => Err(CommandError::BitopMoreSources("DIFF1")),
        Operation::AndOr if has_one_source => Err(CommandError::BitopMoreSources("ANDOR")),
        _ => Ok(*operation),
    }
}

/// Checks that all sources are strings; the length of the longest.
fn longest(cx: &mut Ctx<'_>, sources: Args<'_>) -> Result<usize, CommandError> {
    let mut len_max = 0;
    for key in sources {
        let len = match cx.db().read(key, Touch::Yes) {
            Some(value) => value.string()?.len(),
            None => {
                cx.miss(key);
                0
            }
        };
        len_max = len_max.max(len);
    }
    Ok(len_max)
}

fn combined(
    cx: &mut Ctx<'_>,
    operation: Operation,
    sources: Args<'_>,
    len: usize,
) -> Result<Vec<u8>, CommandError> {
    let first = sources.get(0).unwrap_or_default();
    let mut result = vec![0; len];
    // DIFF, DIFF1 and ANDOR begin with the others and look at the first last.
    let is_first_last = matches!(
        operation,
        Operation::Diff | Operation::Diff1 | Operation::AndOr
    );
    let mut several = match operation {
        Operation::One => vec![0; len],
        _ => Vec::new(),
    };
    for (number, key) in sources.iter().enumerate() {
        if is_first_last && number == 0 {
            continue;
        }
        with_bytes(cx, key, |bytes| match operation {
            _ if number == 0 => result[..bytes.len()].copy_from_slice(bytes),
            Operation::And => combine(&mut result, bytes, |all, other| all & other),
            Operation::Xor => combine(&mut result, bytes, |odd, other| odd ^ other),
            Operation::One => one_of(&mut result, &mut several, bytes),
            _ => {
                let any = &mut result[..bytes.len()];
                combine(any, bytes, |any, other| any | other);
            }
        })?;
    }
    match operation {
        Operation::Not => combine(&mut result, &[], |only, _| !only),
        Operation::Diff => with_bytes(cx, first, |bytes| {
            combine(&mut result, bytes, |others, first| first & !others);
        })?,
        Operation::Diff1 => with_bytes(cx, first, |bytes| {
            combine(&mut result, bytes, |others, first| others & !first);
        })?,
        Operation::AndOr => with_bytes(cx, first, |bytes| {
            combine(&mut result, bytes, |others, first| others & first);
        })?,
        _ => {}
    }
    Ok(result)
}

/// Adds a source to what is set in exactly one, and to what is set in several.
fn one_of(one: &mut [u8], several: &mut [u8], bytes: &[u8]) {
    let one = &mut one[..bytes.len()];
    let several = &mut several[..bytes.len()];
    // A bit in both, or in several already, is in several; then it is not in one.
    for ((one, several), byte) in one.iter_mut().zip(several).zip(bytes) {
        *several |= *one & byte;
        *one = (*one | byte) & !*several;
    }
}

/// Shows the bytes of a source, none for one that is absent.
fn with_bytes(cx: &mut Ctx<'_>, key: &[u8], show: impl FnOnce(&[u8])) -> Result<(), CommandError> {
    match cx.db().read(key, Touch::No) {
        Some(value) => show(&value.string()?.as_bytes()),
        None => show(&[]),
    }
    Ok(())
}

fn store(cx: &mut Ctx<'_>, target: &[u8], result: Vec<u8>) {
    let value = match result.len() {
        0..SHARED_LEN_MIN => NewValue::Raw(&result),
        _ => NewValue::Shared(result.into()),
    };
    match cx.keyspace.db(cx.db).entry(target) {
        Entry::Occupied(mut entry) => entry.replace(value, None),
        Entry::Vacant(entry) => {
            entry.insert(value, None);
            cx.notify(NotifyClass::NEW, "new", target);
        }
    }
}
