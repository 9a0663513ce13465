//! Integers within strings: BITFIELD, BITFIELD_RO.
//!
//! Always true: all arguments are read before the string is; a request that only reads creates
//! nothing.
//! Not here: what a field holds — `integer.rs`.

use russet_base::num::parse_i64;
use russet_engine::Touch;
use russet_resp::{Args, Reply};
use smallvec::SmallVec;

use super::integer::{FieldType, Overflow};
use super::value::{change, checked_offset};
use crate::args::{Cursor, integer};
use crate::ctx::{Ctx, Flow, Settings};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// One operation on one field.
struct Operation {
    field: FieldType,
    at: u64,
    action: Action,
}

enum Action {
    Get,
    Set(i64, Overflow),
    Add(i64, Overflow),
}

/// `BITFIELD key [GET … | [OVERFLOW …] SET … | [OVERFLOW …] INCRBY …]...`.
pub(super) fn bitfield(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operations = read(cx.settings, args)?;
    let len = operations.iter().filter_map(Operation::len_needed).max();
    let Some(len) = len else {
        return get_all(cx, args, &operations);
    };
    let key = &args[1];
    let mut answers: SmallVec<[Option<i128>; 8]> = SmallVec::new();
    let len = usize::try_from(len).map_err(|_| CommandError::BitOffset)?;
    let changed = change(cx, key, len, |row| {
        let mut changes = (0, 0);
        for operation in &operations {
            let (answer, written) = operation.apply(row);
            answers.push(answer);
            changes.0 += u64::from(written.is_some());
            changes.1 += u64::from(written == Some(true));
        }
        (changes, changes.1 > 0)
    })?;
    let (written, different) = changed.answer;
    let changes = if changed.has_grown {
        written
    } else {
        different
    };
    if changes > 0 {
        cx.dirty(changes);
        cx.notify(NotifyClass::STRING, "setbit", key);
    }
    cx.reply.array(answers.len());
    for answer in answers {
        reply_field(&mut cx.reply, answer);
    }
    Ok(Flow::Done)
}

/// `BITFIELD_RO key [GET …]...`.
pub(super) fn bitfield_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let operations = read(cx.settings, args)?;
    if operations
        .iter()
        .any(|operation| operation.len_needed().is_some())
    {
        return Err(CommandError::BitfieldReadOnly);
    }
    get_all(cx, args, &operations)
}

fn get_all(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    operations: &[Operation],
) -> Result<Flow, CommandError> {
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let value = match db.read((hash, key), Touch::Yes) {
        Some(value) => Some(value.string()?.as_bytes()),
        None => None,
    };
    let row = value.as_deref().unwrap_or_default();
    cx.reply.array(operations.len());
    for Operation { field, at, .. } in operations {
        reply_field(&mut cx.reply, Some(field.load(row, *at)));
    }
    if value.is_none() {
        cx.miss(key);
    }
    Ok(Flow::Done)
}

fn reply_field(reply: &mut Reply<'_>, answer: Option<i128>) {
    // No field is wider than 64 bits, and none without a sign wider than 63.
    match answer.and_then(|value| i64::try_from(value).ok()) {
        Some(value) => reply.integer(value),
        None => reply.null(),
    }
}

fn read(settings: &Settings, args: Args<'_>) -> Result<SmallVec<[Operation; 4]>, CommandError> {
    let mut operations = SmallVec::new();
    let mut overflow = Overflow::Wrap;
    let mut rest = Cursor::new(args, 2);
    while rest.has_more() {
        let left = args.len() - rest.position() - 1;
        let kind = if left >= 2 && rest.eat("GET") {
            Kind::Get
        } else if left >= 3 && rest.eat("SET") {
            Kind::Set
        } else if left >= 3 && rest.eat("INCRBY") {
            Kind::Add
        } else if left >= 1 && rest.eat("OVERFLOW") {
            overflow = read_overflow(&mut rest)?;
            continue;
        } else {
            return Err(CommandError::Syntax);
        };
        let field = FieldType::read(rest.bytes())?;
        let at = read_offset(settings, rest.bytes(), field)?;
        let action = match kind {
            Kind::Get => Action::Get,
            Kind::Set => Action::Set(integer(rest.bytes())?, overflow),
            Kind::Add => Action::Add(integer(rest.bytes())?, overflow),
        };
        operations.push(Operation { field, at, action });
    }
    Ok(operations)
}

enum Kind {
    Get,
    Set,
    Add,
}

fn read_overflow(rest: &mut Cursor<'_>) -> Result<Overflow, CommandError> {
    if rest.eat("WRAP") {
        Ok(Overflow::Wrap)
    } else if rest.eat("SAT") {
        Ok(Overflow::Saturate)
    } else if rest.eat("FAIL") {
        Ok(Overflow::Fail)
    } else {
        Err(CommandError::BitfieldOverflow)
    }
}

/// Reads an offset in bits, or after `#` in fields of this width.
fn read_offset(settings: &Settings, arg: &[u8], field: FieldType) -> Result<u64, CommandError> {
    let (digits, scale) = match arg {
        [b'#', digits @ ..] => (digits, i64::from(field.bits())),
        digits => (digits, 1),
    };
    let offset = parse_i64(digits).and_then(|offset| offset.checked_mul(scale));
    checked_offset(settings, offset.ok_or(CommandError::BitOffset)?)
}

impl Operation {
    /// How long the string must be for this to be written; nothing when it only reads.
    fn len_needed(&self) -> Option<u64> {
        match self.action {
            Action::Get => None,
            _ => Some((self.at + u64::from(self.field.bits()) - 1) / 8 + 1),
        }
    }

    /// Performs the operation: returns the answer and, if the field was written, whether its value
    /// changed.
    fn apply(&self, row: &mut [u8]) -> (Option<i128>, Option<bool>) {
        let Self { field, at, .. } = *self;
        let before = field.load(row, at);
        let (fitting, is_set) = match self.action {
            Action::Get => return (Some(before), None),
            Action::Set(value, overflow) => (field.fit(field.given(value), overflow), true),
            Action::Add(step, overflow) => (field.fit(before + i128::from(step), overflow), false),
        };
        let Some(after) = fitting else {
            return (None, None);
        };
        field.store(row, at, after);
        let answer = if is_set { before } else { after };
        (Some(answer), Some(after != before))
    }
}
