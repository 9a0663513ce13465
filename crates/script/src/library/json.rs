//! `cjson`: JSON as lua-cjson writes and reads it.
//!
//! Always true: depth is bounded in both directions, whatever a script sets; settings end with the
//! run.
//! Not here: the two directions — `json/encode.rs`, `json/decode.rs`

mod decode;
mod encode;

use super::{Called, Entry};
use crate::settings::{Invalid, Json};
use crate::value::Value;
use crate::vm::{Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("decode", decode::decode),
    ("decode_invalid_numbers", decode_invalid_numbers),
    ("decode_max_depth", |call| {
        depth(call, |json| &mut json.decode_depth)
    }),
    ("encode", encode::encode),
    ("encode_invalid_numbers", encode_invalid_numbers),
    ("encode_keep_buffer", encode_keep_buffer),
    ("encode_max_depth", |call| {
        depth(call, |json| &mut json.encode_depth)
    }),
    ("encode_number_precision", encode_number_precision),
    ("encode_sparse_array", encode_sparse_array),
    ("new", new),
];

/// The texts.
pub(crate) const TEXTS: &[(&str, &str)] = &[("_NAME", "cjson"), ("_VERSION", "2.1.0")];

fn check_count(call: &Invoke<'_>, max: usize) -> Result<(), Raise> {
    if call.count() > max {
        return Err(Raise::argument(max + 1, "found too many arguments"));
    }
    Ok(())
}

/// Sets an integer if there is an argument for it.
fn integer(
    call: &Invoke<'_>,
    idx: usize,
    current: i32,
    (min, max): (i32, i32),
) -> Result<i32, Raise> {
    if call.arg(idx).is_nil() {
        return Ok(current);
    }
    let number = call.integer(idx)?;
    if !(i64::from(min)..=i64::from(max)).contains(&number) {
        let text = format!("expected integer between {min} and {max}");
        return Err(Raise::argument(idx, text));
    }
    Ok(number as i32)
}

fn boolean(call: &Invoke<'_>, idx: usize, current: bool) -> Result<bool, Raise> {
    match call.arg(idx) {
        Value::Nil => Ok(current),
        Value::Bool(value) => Ok(value),
        _ => {
            let text = call.bytes(idx)?;
            match &*text {
                b"on" => Ok(true),
                b"off" => Ok(false),
                other => Err(invalid_option(idx, other)),
            }
        }
    }
}

fn invalid_option(idx: usize, option: &[u8]) -> Raise {
    let option = String::from_utf8_lossy(option);
    Raise::argument(idx, format!("invalid option '{option}'"))
}

fn depth(call: &mut Invoke<'_>, of: fn(&mut Json) -> &mut i32) -> Called {
    check_count(call, 1)?;
    let current = *of(&mut call.vm.settings.json);
    let depth = integer(call, 1, current, (1, i32::MAX))?;
    *of(&mut call.vm.settings.json) = depth;
    call.give_number(depth.into())
}

fn encode_number_precision(call: &mut Invoke<'_>) -> Called {
    check_count(call, 1)?;
    let precision = integer(call, 1, call.vm.settings.json.precision, (1, 14))?;
    call.vm.settings.json.precision = precision;
    call.give_number(precision.into())
}

fn encode_sparse_array(call: &mut Invoke<'_>) -> Called {
    check_count(call, 3)?;
    let json = call.vm.settings.json.clone();
    let convert = boolean(call, 1, json.sparse_convert)?;
    let ratio = integer(call, 2, json.sparse_ratio, (0, i32::MAX))?;
    let safe = integer(call, 3, json.sparse_safe, (0, i32::MAX))?;
    let json = &mut call.vm.settings.json;
    json.sparse_convert = convert;
    json.sparse_ratio = ratio;
    json.sparse_safe = safe;
    call.push(Value::Bool(convert));
    call.push(Value::Num(ratio.into()));
    call.give_number(safe.into())
}

fn encode_keep_buffer(call: &mut Invoke<'_>) -> Called {
    check_count(call, 1)?;
    let keep = boolean(call, 1, call.vm.settings.json.keep_buffer)?;
    call.vm.settings.json.keep_buffer = keep;
    call.give(Value::Bool(keep))
}

fn decode_invalid_numbers(call: &mut Invoke<'_>) -> Called {
    check_count(call, 1)?;
    let invalid = boolean(call, 1, call.vm.settings.json.decode_invalid)?;
    call.vm.settings.json.decode_invalid = invalid;
    call.give(Value::Bool(invalid))
}

fn encode_invalid_numbers(call: &mut Invoke<'_>) -> Called {
    check_count(call, 1)?;
    let current = call.vm.settings.json.encode_invalid;
    let is_null = matches!(call.arg(1), Value::Str(text) if call.vm.heap.bytes(text) == b"null");
    let invalid = match boolean(call, 1, current == Invalid::Print) {
        _ if is_null => Invalid::Null,
        _ if call.arg(1).is_nil() => current,
        Ok(true) => Invalid::Print,
        Ok(false) => Invalid::Refuse,
        Err(error) => return Err(error),
    };
    call.vm.settings.json.encode_invalid = invalid;
    match invalid {
        Invalid::Refuse => call.give(Value::Bool(false)),
        Invalid::Print => call.give(Value::Bool(true)),
        Invalid::Null => call.give_text(b"null"),
    }
}

/// Gives the library itself: settings are those of the run, not of a table.
fn new(call: &mut Invoke<'_>) -> Called {
    let globals = call.vm.globals;
    let library = call.vm.field(globals, "cjson");
    call.give(library)
}
