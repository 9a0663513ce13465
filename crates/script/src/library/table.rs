//! `table`.
//!
//! Always true: elements are read and written without metatables.
//! Not here: sorting with a function, which is Lua — `prelude.lua`

use super::{Called, Entry, prelude};
use crate::number;
use crate::value::{TableRef, Value};
use crate::vm::{Flow, Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("concat", concat),
    ("foreach", foreach),
    ("foreachi", foreachi),
    ("getn", getn),
    ("insert", insert),
    ("maxn", maxn),
    ("remove", remove),
    ("setn", setn),
    ("sort", sort),
];

/// The functions that the sorting in Lua calls.
pub(crate) const HIDDEN: &[Entry] = &[("put_back", put_back), ("invalid_order", invalid_order)];

fn len(call: &Invoke<'_>, table: TableRef) -> i64 {
    call.vm.heap.get(table).len() as i64
}

fn element(call: &Invoke<'_>, table: TableRef, idx: i64) -> Value {
    call.vm.heap.get(table).get(Value::Num(idx as f64))
}

fn concat(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let separator = match call.arg(2) {
        Value::Nil => Vec::new(),
        _ => call.bytes(2)?.into_owned(),
    };
    let first = i64::from(call.integer_or(3, 1)? as i32);
    let last = match call.arg(4) {
        Value::Nil => len(call, table),
        _ => i64::from(call.integer(4)? as i32),
    };
    let mut text = Vec::new();
    for idx in first..=last {
        match element(call, table, idx) {
            Value::Str(part) => text.extend_from_slice(call.vm.heap.bytes(part)),
            Value::Num(part) => number::push(part, &mut text),
            other => {
                let kind = other.type_name();
                let text = format!("invalid value ({kind}) at index {idx} in table for 'concat'");
                return Err(Raise::message(text));
            }
        }
        if idx < last {
            text.extend_from_slice(&separator);
        }
        call.vm.heap.check(text.len())?;
    }
    call.vm
        .spend(text.len() / 64 + (last - first).max(0) as usize / 8);
    call.give_text(&text)
}

fn foreach(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let func = call.function(2)?;
    call.call_prelude(prelude::FOREACH, &[Value::Table(table), func])
}

fn foreachi(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let func = call.function(2)?;
    let count = Value::Num(len(call, table) as f64);
    call.call_prelude(prelude::FOREACHI, &[Value::Table(table), func, count])
}

fn getn(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    call.give_number(len(call, table) as f64)
}

fn setn(call: &mut Invoke<'_>) -> Called {
    call.table(1)?;
    Err(Raise::message("'setn' is obsolete"))
}

fn insert(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let mut end = len(call, table) + 1;
    let (at, value) = match call.count() {
        2 => (end, call.arg(2)),
        3 => {
            let at = i64::from(call.integer(2)? as i32);
            if at < end - SHIFT_MAX {
                return Err(Raise::argument(2, "position out of bounds"));
            }
            end = end.max(at);
            for idx in (at + 1..=end).rev() {
                let moved = element(call, table, idx - 1);
                call.put(table, Value::Num(idx as f64), moved)?;
            }
            call.vm.spend((end - at).max(0) as usize / 4);
            (at, call.arg(3))
        }
        _ => return Err(Raise::message("wrong number of arguments to 'insert'")),
    };
    call.put(table, Value::Num(at as f64), value)?;
    Ok(Flow::Done)
}

fn remove(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let end = len(call, table);
    let at = i64::from(call.integer_or(2, end)? as i32);
    if !(1..=end).contains(&at) {
        return Ok(Flow::Done);
    }
    let removed = element(call, table, at);
    for idx in at..end {
        let moved = element(call, table, idx + 1);
        call.put(table, Value::Num(idx as f64), moved)?;
    }
    call.vm.spend((end - at) as usize / 4);
    call.put(table, Value::Num(end as f64), Value::Nil)?;
    call.give(removed)
}

fn maxn(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let mut max = 0_f64;
    let mut at = 0;
    while let Some((next, key, _)) = call.vm.heap.get(table).entry_from(at) {
        if let Value::Num(number) = key {
            max = max.max(number);
        }
        at = next;
    }
    call.give_number(max)
}

fn sort(call: &mut Invoke<'_>) -> Called {
    let table = call.table(1)?;
    let before = match call.arg(2) {
        Value::Nil => Value::Nil,
        _ => call.function(2)?,
    };
    let count = len(call, table) as usize;
    let mut values: Vec<Value> = (1..=count)
        .map(|idx| call.vm.heap.get(table).get_idx(idx))
        .collect();
    call.vm.spend(count);
    if before.is_nil() && sort_plain(call, &mut values) {
        for (idx, value) in values.into_iter().enumerate() {
            call.put(table, Value::Num((idx + 1) as f64), value)?;
        }
        return Ok(Flow::Done);
    }
    let copy = call.vm.heap.table(count, 0)?;
    for (idx, value) in values.into_iter().enumerate() {
        call.put(copy, Value::Num((idx + 1) as f64), value)?;
    }
    let count = Value::Num(count as f64);
    let args = [Value::Table(copy), count, before, Value::Table(table)];
    call.call_prelude(prelude::SORT, &args)
}

/// Sorts numbers, or strings; false if the values are of another kind or have no order.
fn sort_plain(call: &Invoke<'_>, values: &mut [Value]) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Num(number) if !number.is_nan());
    if values.iter().all(is_number) {
        let number = |value: &Value| {
            if let Value::Num(number) = value {
                *number
            } else {
                0.0
            }
        };
        values.sort_unstable_by(|a, b| number(a).total_cmp(&number(b)));
        return true;
    }
    if !values.iter().all(|value| matches!(value, Value::Str(_))) {
        return false;
    }
    let heap = &call.vm.heap;
    let bytes = |value: &Value| match value {
        Value::Str(text) => heap.bytes(*text),
        _ => &[],
    };
    values.sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)));
    true
}

/// Writes sorted elements into the table that they come from.
fn put_back(call: &mut Invoke<'_>) -> Called {
    let (target, copy) = (call.table(1)?, call.table(2)?);
    for idx in 1..=call.integer(3)? {
        let value = element(call, copy, idx);
        call.put(target, Value::Num(idx as f64), value)?;
    }
    Ok(Flow::Done)
}

fn invalid_order(_: &mut Invoke<'_>) -> Called {
    Err(Raise::message("invalid order function for sorting"))
}

/// How many elements one insertion moves, at most.
const SHIFT_MAX: i64 = 1 << 26;
