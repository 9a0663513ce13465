//! Functions without a table: types, metatables, protected calls, compiling.
//!
//! Always true: what `load` gets is text, whatever it begins with.
//! Not here: coroutines — `coroutine.rs`

use super::{Called, Entry, prelude};
use crate::compile::{self, Purpose, Unit};
use crate::heap::Closure;
use crate::number;
use crate::thread::Protection;
use crate::value::Value;
use crate::vm::index::READONLY;
use crate::vm::{Flow, Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("assert", assert),
    ("collectgarbage", collectgarbage),
    ("error", error),
    ("gcinfo", gcinfo),
    ("getmetatable", getmetatable),
    ("ipairs", ipairs),
    ("load", load),
    ("loadstring", loadstring),
    ("next", next),
    ("pairs", pairs),
    ("pcall", pcall),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", tostring),
    ("type", type_of),
    ("unpack", unpack),
    ("xpcall", xpcall),
];

/// Functions that scripts reach only as results of others.
pub(crate) const HIDDEN: &[Entry] = &[("ipairs_next", ipairs_next), ("piece", piece)];

fn assert(call: &mut Invoke<'_>) -> Called {
    if call.any(1)?.is_truthy() {
        for idx in 1..=call.count() {
            call.push(call.arg(idx));
        }
        return Ok(Flow::Done);
    }
    match call.arg(2) {
        Value::Nil => Err(Raise::message("assertion failed!")),
        _ => {
            let text = call.bytes(2)?;
            Err(Raise::message(String::from_utf8_lossy(&text)))
        }
    }
}

fn collectgarbage(call: &mut Invoke<'_>) -> Called {
    let option = match call.arg(1) {
        Value::Nil => b"collect".to_vec(),
        _ => call.bytes(1)?.into_owned(),
    };
    let used = call.vm.heap.used() as f64;
    match option.as_slice() {
        b"collect" | b"stop" | b"restart" | b"setpause" | b"setstepmul" => {
            // The machine collects between instructions, when it has to.
            call.give_number(0.0)
        }
        b"count" => call.give_number(used / 1024.0),
        b"step" => call.give(Value::Bool(true)),
        other => {
            let text = format!("invalid option '{}'", String::from_utf8_lossy(other));
            Err(Raise::argument(1, text))
        }
    }
}

fn gcinfo(call: &mut Invoke<'_>) -> Called {
    call.give_number((call.vm.heap.used() / 1024) as f64)
}

fn error(call: &mut Invoke<'_>) -> Called {
    let level = call.integer_or(2, 1)?;
    let value = call.arg(1);
    if let (Ok(level @ 1..), Some(text)) = (usize::try_from(level), call.vm.text_of(value)) {
        let mut message = call.vm.place(level);
        message.extend_from_slice(&text);
        return Err(Raise::Value(call.vm.string(&message)?));
    }
    Err(Raise::Value(value))
}

fn getmetatable(call: &mut Invoke<'_>) -> Called {
    let value = call.any(1)?;
    let Some(meta) = call.vm.metatable(value) else {
        return call.give(Value::Nil);
    };
    let shown = call
        .vm
        .heap
        .get(meta)
        .get(Value::Str(call.vm.names.metatable));
    call.give(if shown.is_nil() {
        Value::Table(meta)
    } else {
        shown
    })
}

fn setmetatable(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let meta = match call.arg(2) {
        Value::Table(meta) => Some(meta),
        Value::Nil if call.count() >= 2 => None,
        _ => return Err(Raise::argument(2, "nil or table expected")),
    };
    let protection = call
        .vm
        .metamethod(Value::Table(table), call.vm.names.metatable);
    if !protection.is_nil() {
        return Err(Raise::message("cannot change a protected metatable"));
    }
    let target = call.vm.heap.get_mut(table);
    if target.is_readonly {
        return Err(Raise::Plain(READONLY.into()));
    }
    target.meta = meta;
    call.give(Value::Table(table))
}

fn ipairs(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let iterator = call.vm.ipairs_next;
    call.vm
        .out
        .extend([iterator, Value::Table(table), Value::Num(0.0)]);
    Ok(Flow::Done)
}

fn ipairs_next(call: &mut Invoke<'_>) -> Called {
    let idx = call.number(2)? + 1.0;
    let table = call.table(1)?;
    let value = call.vm.heap.get(table).get(Value::Num(idx));
    if value.is_nil() {
        return call.give(Value::Nil);
    }
    call.push(Value::Num(idx));
    call.give(value)
}

fn pairs(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let next = call.vm.next;
    call.vm.out.extend([next, Value::Table(table), Value::Nil]);
    Ok(Flow::Done)
}

fn next(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let key = call.arg(2);
    match call.vm.heap.get(table).next(key) {
        Ok(Some((key, value))) => {
            call.push(key);
            call.give(value)
        }
        Ok(None) => call.give(Value::Nil),
        Err(()) => Err(Raise::invalid_key()),
    }
}

fn pcall(call: &mut Invoke<'_>) -> Called {
    if call.count() == 0 {
        // The reference calls its own first result then, and catches that error.
        call.push(Value::Bool(true));
    }
    for idx in 1..=call.count() {
        call.push(call.arg(idx));
    }
    Ok(Flow::Call(Some(Protection::Pcall)))
}

fn xpcall(call: &mut Invoke<'_>) -> Called {
    let handler = call.any(2)?;
    call.push(call.arg(1));
    Ok(Flow::Call(Some(Protection::Xpcall(handler))))
}

fn rawequal(call: &mut Invoke<'_>) -> Called {
    let is_equal = call.any(1)? == call.any(2)?;
    call.give(Value::Bool(is_equal))
}

fn rawget(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let key = call.any(2)?;
    let value = call.vm.heap.get(table).get(key);
    call.give(value)
}

fn rawset(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let (key, value) = (call.any(2)?, call.any(3)?);
    call.put(table, key, value)?;
    call.give(Value::Table(table))
}

fn select(call: &mut Invoke<'_>) -> Called {
    let count = call.count() as i64;
    if let Value::Str(text) = call.arg(1)
        && call.vm.heap.bytes(text).first() == Some(&b'#')
    {
        return call.give_number((count - 1) as f64);
    }
    let mut idx = call.integer(1)?;
    if idx < 0 {
        idx += count;
    } else if idx > count {
        idx = count;
    }
    if idx < 1 {
        return Err(Raise::argument(1, "index out of range"));
    }
    for idx in idx as usize + 1..=call.count() {
        call.push(call.arg(idx));
    }
    Ok(Flow::Done)
}

fn tonumber(call: &mut Invoke<'_>) -> Called {
    let base = call.integer_or(2, 10)?;
    if base == 10 {
        let value = call.any(1)?;
        let number = call.vm.to_number(value);
        return call.give(number.map_or(Value::Nil, Value::Num));
    }
    if !(2..=36).contains(&base) {
        return Err(Raise::argument(2, "base out of range"));
    }
    let number = in_base(&call.bytes(1)?, base as u32);
    call.give(number.map_or(Value::Nil, Value::Num))
}

/// An integer in any base, as C reads it: it may be negative, and then wraps around.
fn in_base(text: &[u8], base: u32) -> Option<f64> {
    let blanks = text
        .iter()
        .take_while(|byte| number::is_space(**byte))
        .count();
    let mut rest = &text[blanks..];
    let mut is_negative = false;
    if let Some((sign @ (b'-' | b'+'), after)) = rest.split_first() {
        is_negative = *sign == b'-';
        rest = after;
    }
    if base == 16 && rest.len() > 2 && rest[..2].eq_ignore_ascii_case(b"0x") {
        rest = &rest[2..];
    }
    let (mut value, mut len) = (0_u64, 0);
    for digit in rest
        .iter()
        .map_while(|byte| char::from(*byte).to_digit(base))
    {
        let next = value.checked_mul(base.into());
        value = next
            .and_then(|next| next.checked_add(digit.into()))
            .unwrap_or(u64::MAX);
        len += 1;
    }
    let is_whole = len > 0 && rest[len..].iter().all(|byte| number::is_space(*byte));
    let value = if is_negative {
        value.wrapping_neg()
    } else {
        value
    };
    is_whole.then_some(value as f64)
}

fn tostring(call: &mut Invoke<'_>) -> Called {
    let value = call.any(1)?;
    let handler = call.vm.metamethod(value, call.vm.names.tostring);
    if !handler.is_nil() {
        call.vm.out.extend([handler, value]);
        return Ok(Flow::Call(None));
    }
    if matches!(value, Value::Str(_)) {
        return call.give(value);
    }
    let text = call.vm.shown(value);
    call.give_text(&text)
}

impl crate::vm::Vm {
    /// A value as text, without metatables.
    pub(crate) fn shown(&self, value: Value) -> Vec<u8> {
        let address = |kind: &str, idx: u32| format!("{kind}: 0x{idx:012x}").into_bytes();
        match value {
            Value::Nil => b"nil".to_vec(),
            Value::Bool(value) => value.to_string().into_bytes(),
            Value::Num(_) | Value::Str(_) => self
                .text_of(value)
                .map_or_else(Vec::new, std::borrow::Cow::into_owned),
            Value::Table(table) => address("table", table.0),
            Value::Func(func) => address("function", func.0),
            Value::Native(id) => address("function", u32::MAX - u32::from(id.0)),
            Value::Thread(thread) => address("thread", thread.0),
            Value::Null | Value::Cell(_) => b"userdata: (nil)".to_vec(),
        }
    }

    /// A function that has no name in any table.
    pub(crate) fn hidden(&self, name: &str) -> Value {
        let idx = self.natives.iter().position(|native| native.name == name);
        let idx = idx.expect("hidden functions are registered");
        Value::Native(crate::value::NativeId(idx as u16))
    }
}

fn type_of(call: &mut Invoke<'_>) -> Called {
    let name = call.any(1)?.type_name();
    call.give_text(name.as_bytes())
}

fn unpack(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let first = i64::from(call.integer_or(2, 1)? as i32);
    let last = match call.arg(3) {
        Value::Nil => call.vm.heap.get(table).len() as i64,
        _ => i64::from(call.integer(3)? as i32),
    };
    if first > last {
        return Ok(Flow::Done);
    }
    // COMPAT: the arguments lie on the stack that the results must fit.
    if last - first + 1 + call.count() as i64 > UNPACK_MAX {
        return Err(Raise::message("too many results to unpack"));
    }
    for idx in first..=last {
        let value = call.vm.heap.get(table).get(Value::Num(idx as f64));
        call.push(value);
    }
    Ok(Flow::Done)
}

fn loadstring(call: &mut Invoke<'_>) -> Called {
    let source = call.bytes(1)?.into_owned();
    let name = match call.arg(2) {
        Value::Nil => source.clone(),
        _ => call.bytes(2)?.into_owned(),
    };
    compile_text(call, &source, &name)
}

fn load(call: &mut Invoke<'_>) -> Called {
    let reader = call.function(1)?;
    let name = match call.arg(2) {
        Value::Nil => call.vm.string(b"=(load)")?,
        _ => Value::Str(call.string(2)?),
    };
    call.call_prelude(prelude::LOAD, &[reader, name])
}

/// A piece of a script that a reader gave; nothing at the end.
fn piece(call: &mut Invoke<'_>) -> Called {
    match call.arg(1) {
        Value::Nil => call.give(Value::Nil),
        Value::Str(text) if call.vm.heap.bytes(text).is_empty() => call.give(Value::Nil),
        Value::Str(_) | Value::Num(_) => call.give(call.arg(1)),
        _ => Err(Raise::message("reader function must return a string")),
    }
}

fn compile_text(call: &mut Invoke<'_>, source: &[u8], name: &[u8]) -> Called {
    call.vm.spend(8 * source.len());
    let unit = Unit {
        source,
        chunk: name,
        purpose: Purpose::Script,
    };
    match compile::compile(&unit, &mut call.vm.heap, &mut call.vm.drafts) {
        Ok(proto) => {
            let text_size = proto.size();
            let func = call.vm.heap.closure(Closure {
                proto,
                text_size,
                ..Closure::default()
            })?;
            call.give(Value::Func(func))
        }
        Err(error) => {
            call.push(Value::Nil);
            call.give_text(&error.0)
        }
    }
}

/// The most values that `unpack` gives, as the C stack of the reference holds.
const UNPACK_MAX: i64 = 8_000;
