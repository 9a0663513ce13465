//! `string`.
//!
//! Always true: a text is refused before it is made, if it would exceed the script's memory.
//! Not here: patterns — `pattern.rs`; formats — `format.rs`

use super::pattern::{Captured, Matcher};
use super::{Called, Entry, format, prelude};
use crate::value::{StrRef, Value};
use crate::vm::{Flow, Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("byte", byte),
    ("char", char),
    ("dump", dump),
    ("find", find),
    ("format", format::format),
    ("gfind", gmatch),
    ("gmatch", gmatch),
    ("gsub", gsub),
    ("len", len),
    ("lower", |call| mapped(call, u8::to_ascii_lowercase)),
    ("match", match_text),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("upper", |call| mapped(call, u8::to_ascii_uppercase)),
];

/// The functions that the prelude calls.
pub(crate) const HIDDEN: &[Entry] = &[("match_step", match_step), ("check_value", check_value)];

/// The range of bytes from one index to another, which count from one, or from the end if
/// negative.
fn range(first: i64, last: i64, len: usize) -> std::ops::Range<usize> {
    let len = len as i64;
    let absolute = |at: i64| {
        if at < 0 {
            at.saturating_add(len + 1).max(0)
        } else {
            at
        }
    };
    let first = absolute(first).max(1);
    let last = absolute(last).min(len);
    if first > last {
        return 0..0;
    }
    first as usize - 1..last as usize
}

fn byte(call: &mut Invoke<'_>) -> Called {
    let text = call.string(1)?;
    let first = call.integer_or(2, 1)?;
    let last = call.integer_or(3, first)?;
    let bytes = call.vm.heap.bytes(text);
    let range = range(first, last, bytes.len());
    if range.len() > SLICE_MAX {
        return Err(Raise::message("string slice too long"));
    }
    let values = bytes[range].iter().map(|byte| Value::Num(f64::from(*byte)));
    call.vm.out.extend(values);
    Ok(Flow::Done)
}

fn char(call: &mut Invoke<'_>) -> Called {
    let mut text = Vec::with_capacity(call.count());
    for idx in 1..=call.count() {
        let code = call.integer(idx)?;
        let byte = u8::try_from(code).map_err(|_| Raise::argument(idx, "invalid value"))?;
        text.push(byte);
    }
    call.give_text(&text)
}

/// Gives the head of a chunk of Lua 5.1 only: such a chunk is never loaded.
fn dump(call: &mut Invoke<'_>) -> Called {
    match call.function(1)? {
        Value::Func(_) => call.give_text(BINARY_HEAD),
        _ => Err(Raise::message("unable to dump given function")),
    }
}

/// Signature, version 5.1, format, byte order, and the sizes of numbers.
const BINARY_HEAD: &[u8] = b"\x1bLua\x51\0\x01\x04\x08\x04\x08\0";

fn len(call: &mut Invoke<'_>) -> Called {
    let len = call.bytes(1)?.len();
    call.give_number(len as f64)
}

fn mapped(call: &mut Invoke<'_>, of: fn(&u8) -> u8) -> Called {
    let text: Vec<u8> = call.bytes(1)?.iter().map(of).collect();
    call.vm.spend(text.len() / 64);
    call.give_text(&text)
}

fn rep(call: &mut Invoke<'_>) -> Called {
    let text = call.string(1)?;
    let count = usize::try_from(i64::from(call.integer(2)? as i32)).unwrap_or(0);
    let bytes = call.vm.heap.bytes(text);
    let size = bytes.len().saturating_mul(count);
    call.vm.heap.check(size)?;
    let text = bytes.repeat(count);
    call.vm.spend(size / 64);
    call.give_text(&text)
}

fn reverse(call: &mut Invoke<'_>) -> Called {
    let mut text = call.bytes(1)?.into_owned();
    text.reverse();
    call.give_text(&text)
}

fn sub(call: &mut Invoke<'_>) -> Called {
    let text = call.string(1)?;
    let first = call.integer(2)?;
    let last = call.integer_or(3, -1)?;
    let bytes = call.vm.heap.bytes(text);
    let range = range(first, last, bytes.len());
    if range.len() == bytes.len() {
        return call.give(Value::Str(text));
    }
    let part = bytes[range].to_vec();
    call.give_text(&part)
}

/// Where a search begins, from an argument that counts from one.
fn start(call: &Invoke<'_>, idx: usize, len: usize) -> Result<Option<usize>, Raise> {
    let init = call.integer_or(idx, 1)?;
    let init = if init < 0 {
        init.saturating_add(len as i64 + 1).max(0)
    } else {
        init
    };
    let start = init.max(1) as usize - 1;
    Ok((start <= len).then_some(start))
}

fn find(call: &mut Invoke<'_>) -> Called {
    let (text, pattern) = (call.string(1)?, call.string(2)?);
    let (text_bytes, pattern_bytes) = (call.vm.heap.bytes(text), call.vm.heap.bytes(pattern));
    let start = start(call, 3, text_bytes.len())?;
    // In 5.1, a start behind the text is one at its end.
    let start = start.unwrap_or(text_bytes.len());
    let is_plain = call.arg(4).is_truthy()
        || !pattern_bytes
            .iter()
            .any(|byte| b"^$*+?.([%-".contains(byte));
    if !is_plain {
        return search(call, text, pattern, start, true);
    }
    match memchr::memmem::find(&text_bytes[start..], pattern_bytes) {
        Some(at) => {
            let first = (start + at + 1) as f64;
            let last = (start + at + pattern_bytes.len()) as f64;
            call.push(Value::Num(first));
            call.give_number(last)
        }
        None => call.give(Value::Nil),
    }
}

fn match_text(call: &mut Invoke<'_>) -> Called {
    let (text, pattern) = (call.string(1)?, call.string(2)?);
    let len = call.vm.heap.bytes(text).len();
    let start = start(call, 3, len)?.unwrap_or(len);
    search(call, text, pattern, start, false)
}

/// Finds a pattern, and gives its captures, after its place if that is wanted.
fn search(
    call: &mut Invoke<'_>,
    text: StrRef,
    pattern: StrRef,
    start: usize,
    with_place: bool,
) -> Called {
    let found = find_from(call, text, pattern, start)?;
    let Some(found) = found else {
        return call.give(Value::Nil);
    };
    if with_place {
        call.push(Value::Num((found.start + 1) as f64));
        call.push(Value::Num(found.end as f64));
        if found.has_captures {
            push_values(call, found.values)?;
        }
    } else {
        push_values(call, found.values)?;
    }
    Ok(Flow::Done)
}

/// A match, with the values that it gives.
struct Found {
    start: usize,
    end: usize,
    has_captures: bool,
    values: Vec<Part>,
}

enum Part {
    Text(Vec<u8>),
    Position(usize),
}

impl From<Captured<'_>> for Part {
    fn from(captured: Captured<'_>) -> Self {
        match captured {
            Captured::Text(text) => Self::Text(text.to_vec()),
            Captured::Position(at) => Self::Position(at),
        }
    }
}

fn push_values(call: &mut Invoke<'_>, values: Vec<Part>) -> Result<(), Raise> {
    for value in values {
        let value = match value {
            Part::Text(text) => call.vm.string(&text)?,
            Part::Position(at) => Value::Num(at as f64),
        };
        call.push(value);
    }
    Ok(())
}

/// The first match at this place or after it.
fn find_from(
    call: &mut Invoke<'_>,
    text: StrRef,
    pattern: StrRef,
    start: usize,
) -> Result<Option<Found>, Raise> {
    let bytes = call.vm.heap.bytes(text);
    let (is_anchored, pattern) = anchored(call.vm.heap.bytes(pattern));
    let mut matcher = Matcher::new(bytes, pattern);
    let steps = matcher.steps();
    let mut at = start;
    let mut found = None;
    loop {
        if let Some(end) = matcher.at(at)? {
            let count = matcher.count().max(1);
            let values = (0..count).map(|idx| matcher.capture(idx, at, end).map(Part::from));
            found = Some(Found {
                start: at,
                end,
                has_captures: matcher.count() > 0,
                values: values.collect::<Result<_, _>>()?,
            });
            break;
        }
        at += 1;
        if is_anchored || at > bytes.len() {
            break;
        }
    }
    let spent = steps - matcher.steps();
    call.vm.spend(spent / 4);
    Ok(found)
}

fn anchored(pattern: &[u8]) -> (bool, &[u8]) {
    match pattern.split_first() {
        Some((b'^', rest)) => (true, rest),
        _ => (false, pattern),
    }
}

fn gmatch(call: &mut Invoke<'_>) -> Called {
    let args = [Value::Str(call.string(1)?), Value::Str(call.string(2)?)];
    call.call_prelude(prelude::GMATCH, &args)
}

/// The next match of a loop: where the loop goes on, and the values. For `gsub`, where the match
/// is, and its first value.
fn match_step(call: &mut Invoke<'_>) -> Called {
    let (text, pattern) = (call.string(1)?, call.string(2)?);
    let start = call.integer(3)? as usize - 1;
    let for_gsub = call.arg(4).is_truthy();
    let len = call.vm.heap.bytes(text).len();
    let found = match start <= len {
        // In a loop, `^` is no anchor.
        true if !for_gsub => find_unanchored(call, text, pattern, start)?,
        true => find_from(call, text, pattern, start)?,
        false => None,
    };
    let Some(found) = found else {
        let end = if for_gsub {
            Value::Nil
        } else {
            Value::Num((len + 2) as f64)
        };
        call.push(end);
        return call.give(Value::Nil);
    };
    if for_gsub {
        call.push(Value::Num((found.start + 1) as f64));
        call.push(Value::Num((found.end + 1) as f64));
    } else {
        let next = found.end + usize::from(found.end == found.start) + 1;
        call.push(Value::Num(next as f64));
    }
    push_values(call, found.values)?;
    Ok(Flow::Done)
}

fn find_unanchored(
    call: &mut Invoke<'_>,
    text: StrRef,
    pattern: StrRef,
    start: usize,
) -> Result<Option<Found>, Raise> {
    if call.vm.heap.bytes(pattern).first() != Some(&b'^') {
        return find_from(call, text, pattern, start);
    }
    // The caret matches itself there.
    let mut escaped = b"%".to_vec();
    escaped.extend_from_slice(call.vm.heap.bytes(pattern));
    let pattern = call.vm.heap.string(&escaped)?;
    find_from(call, text, pattern, start)
}

fn gsub(call: &mut Invoke<'_>) -> Called {
    let (text, pattern) = (call.string(1)?, call.string(2)?);
    let len = call.vm.heap.bytes(text).len() as i64;
    let replacement = call.arg(3);
    let is_text = matches!(replacement, Value::Str(_) | Value::Num(_));
    let is_table = matches!(replacement, Value::Table(_));
    if !is_text && !is_table && !replacement.is_function() {
        return Err(Raise::argument(3, "string/function/table expected"));
    }
    let max = call.integer_or(4, len + 1)?;
    if is_text {
        let replacement = call.bytes(3)?.into_owned();
        return gsub_text(call, (text, pattern), &replacement, max);
    }
    let is_anchored = call.vm.heap.bytes(pattern).first() == Some(&b'^');
    let args = [
        Value::Str(text),
        Value::Str(pattern),
        replacement,
        Value::Num(max as f64),
        Value::Bool(is_anchored),
        Value::Bool(is_table),
    ];
    call.call_prelude(prelude::GSUB, &args)
}

fn gsub_text(
    call: &mut Invoke<'_>,
    (text, pattern): (StrRef, StrRef),
    replacement: &[u8],
    max: i64,
) -> Called {
    let bytes = call.vm.heap.bytes(text);
    let (is_anchored, pattern) = anchored(call.vm.heap.bytes(pattern));
    let mut matcher = Matcher::new(bytes, pattern);
    let steps = matcher.steps();
    let (mut out, mut at, mut count) = (Vec::new(), 0, 0);
    while count < max {
        let end = matcher.at(at)?;
        if let Some(end) = end {
            count += 1;
            add_replacement(&matcher, replacement, (at, end), &mut out)?;
            call.vm.heap.check(out.len())?;
        }
        match end {
            Some(end) if end > at => at = end,
            _ if at < bytes.len() => {
                out.push(bytes[at]);
                at += 1;
            }
            _ => break,
        }
        if is_anchored {
            break;
        }
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    let spent = steps - matcher.steps();
    call.vm.spend(spent / 4);
    let value = call.vm.string(&out)?;
    call.push(value);
    call.give_number(count as f64)
}

/// Appends a replacement, in which `%1` is the first capture and `%0` the whole match.
fn add_replacement(
    matcher: &Matcher<'_>,
    replacement: &[u8],
    (start, end): (usize, usize),
    out: &mut Vec<u8>,
) -> Result<(), Raise> {
    let mut bytes = replacement.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let captured = match bytes.next() {
            Some(b'0') => matcher.whole(start, end),
            Some(digit @ b'1'..=b'9') => matcher.capture(usize::from(digit - b'1'), start, end)?,
            Some(other) => {
                out.push(*other);
                continue;
            }
            None => {
                out.push(0);
                continue;
            }
        };
        match captured {
            Captured::Text(text) => out.extend_from_slice(text),
            Captured::Position(at) => out.extend_from_slice(at.to_string().as_bytes()),
        }
    }
    Ok(())
}

/// The result of a function or table of `gsub`, as text; the match itself for nil and false.
fn check_value(call: &mut Invoke<'_>) -> Called {
    match call.arg(1) {
        value @ (Value::Str(_) | Value::Num(_)) => call.give(value),
        Value::Nil | Value::Bool(false) => {
            let bytes = call.bytes(2)?;
            let (first, last) = (call.integer(3)?, call.integer(4)?);
            let part = bytes[range(first, last, bytes.len())].to_vec();
            call.give_text(&part)
        }
        other => {
            let kind = other.type_name();
            Err(Raise::message(format!(
                "invalid replacement value (a {kind})"
            )))
        }
    }
}

/// The most bytes that `string.byte` gives.
const SLICE_MAX: usize = 7_990;
