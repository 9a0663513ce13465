//! `cmsgpack`: MessagePack.
//!
//! Always true: nothing is allocated for a length that the input only declares; nesting is
//! bounded.
//! Not here: JSON — `json.rs`

use super::{Called, Entry};
use crate::number;
use crate::value::{TableRef, Value};
use crate::vm::{Flow, Invoke, Raise, Vm};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("pack", pack),
    ("unpack", |call| unpack(call, 0, 0)),
    ("unpack_limit", |call| {
        let limit = call.integer(2)?;
        let offset = call.integer_or(3, 0)?;
        unpack(call, limit, offset)
    }),
    ("unpack_one", |call| {
        let offset = call.integer_or(2, 0)?;
        unpack(call, 1, offset)
    }),
];

/// The texts.
pub(crate) const TEXTS: &[(&str, &str)] = &[
    ("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"),
    ("_DESCRIPTION", "MessagePack C implementation for Lua"),
    ("_NAME", "cmsgpack"),
    ("_VERSION", "lua-cmsgpack 0.4.0"),
];

fn pack(call: &mut Invoke<'_>) -> Called {
    if call.count() == 0 {
        return Err(Raise::argument(0, "MessagePack pack needs input."));
    }
    let mut out = Vec::new();
    for idx in 1..=call.count() {
        pack_value(call.vm, call.arg(idx), 0, &mut out)?;
    }
    call.vm.spend(out.len() / 8);
    call.give_text(&out)
}

fn pack_value(vm: &Vm, value: Value, level: u32, out: &mut Vec<u8>) -> Result<(), Raise> {
    match value {
        Value::Str(text) => pack_bytes(vm.heap.bytes(text), out),
        Value::Bool(value) => out.push(if value { 0xc3 } else { 0xc2 }),
        Value::Num(number) => pack_number(number, out),
        Value::Table(table) if level < PACK_DEPTH => pack_table(vm, table, level, out)?,
        _ => out.push(0xc0),
    }
    Ok(vm.heap.check(out.len())?)
}

fn pack_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    match bytes.len() {
        len @ 0..32 => out.push(0xa0 | len as u8),
        len @ 32..=0xff => out.extend([0xd9, len as u8]),
        len => push_len(len, 0xda, out),
    }
    out.extend_from_slice(bytes);
}

/// A length of two bytes after `kind`, or of four after the kind that follows it.
fn push_len(len: usize, kind: u8, out: &mut Vec<u8>) {
    if let Ok(len) = u16::try_from(len) {
        out.push(kind);
        out.extend(len.to_be_bytes());
    } else {
        out.push(kind + 1);
        out.extend((len as u32).to_be_bytes());
    }
}

fn pack_number(number: f64, out: &mut Vec<u8>) {
    let integer = number as i64;
    if integer as f64 == number && integer != i64::MAX {
        return pack_integer(integer, out);
    }
    let short = number as f32;
    if f64::from(short) == number {
        out.push(0xca);
        out.extend(short.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend(number.to_be_bytes());
    }
}

fn pack_integer(integer: i64, out: &mut Vec<u8>) {
    let bytes = integer.to_be_bytes();
    let (kind, len) = match integer {
        -32..=127 => return out.push(integer as u8),
        128..=0xff => (0xcc, 1),
        0x100..=0xffff => (0xcd, 2),
        0x1_0000..=0xffff_ffff => (0xce, 4),
        0x1_0000_0000.. => (0xcf, 8),
        -0x80..-32 => (0xd0, 1),
        -0x8000..-0x80 => (0xd1, 2),
        -0x8000_0000..-0x8000 => (0xd2, 4),
        _ => (0xd3, 8),
    };
    out.push(kind);
    out.extend_from_slice(&bytes[8 - len..]);
}

fn pack_table(vm: &Vm, table: TableRef, level: u32, out: &mut Vec<u8>) -> Result<(), Raise> {
    let entries = vm.heap.get(table);
    let (mut max, mut count, mut is_array, mut at) = (0_f64, 0_usize, true, 0);
    while let Some((next, key, _)) = entries.entry_from(at) {
        match key {
            Value::Num(idx) if idx > 0.0 && number::floor(idx) == idx => max = max.max(idx),
            _ => is_array = false,
        }
        count += 1;
        at = next;
    }
    if is_array && max == count as f64 {
        match count {
            0..=15 => out.push(0x90 | count as u8),
            _ => push_len(count, 0xdc, out),
        }
        for idx in 1..=count {
            pack_value(vm, entries.get_idx(idx), level + 1, out)?;
        }
        return Ok(());
    }
    match count {
        0..=15 => out.push(0x80 | count as u8),
        _ => push_len(count, 0xde, out),
    }
    let mut at = 0;
    while let Some((next, key, value)) = entries.entry_from(at) {
        pack_value(vm, key, level + 1, out)?;
        pack_value(vm, value, level + 1, out)?;
        at = next;
    }
    Ok(())
}

fn unpack(call: &mut Invoke<'_>, limit: i64, offset: i64) -> Called {
    let bytes = call.bytes(1)?.into_owned();
    let len = bytes.len();
    let is_all = limit == 0 && offset == 0;
    let start = match usize::try_from(offset) {
        Ok(start) if limit >= 0 && start <= len => start,
        Ok(start) if limit >= 0 => {
            let text = format!("Start offset {start} greater than input length {len}.");
            return Err(Raise::message(text));
        }
        _ => {
            return Err(Raise::message(format!(
                "Invalid request to unpack with offset of {offset} and limit of {len}."
            )));
        }
    };
    let mut reader = Reader {
        bytes: &bytes[start..],
        vm: call.vm,
    };
    let mut values = Vec::new();
    while !reader.bytes.is_empty() && (is_all || (values.len() as i64) < limit) {
        if values.len() >= VALUES_MAX {
            return Err(Raise::message("too many values to unpack"));
        }
        values.push(reader.value(0)?);
    }
    let left = reader.bytes.len();
    call.vm.spend((len - left) / 8);
    if !is_all {
        let next = if left == 0 { -1.0 } else { (len - left) as f64 };
        call.push(Value::Num(next));
    }
    call.vm.out.extend_from_slice(&values);
    Ok(Flow::Done)
}

struct Reader<'a> {
    bytes: &'a [u8],
    vm: &'a mut Vm,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Raise> {
        let missing = || Raise::message("Missing bytes in input.");
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or_else(missing)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Raise> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many as were asked for"))
    }

    fn unsigned(&mut self, len: usize) -> Result<u64, Raise> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, len: usize) -> Result<Value, Raise> {
        let unused = 64 - 8 * len as u32;
        let number = self.unsigned(len)?.cast_signed() << unused >> unused;
        Ok(Value::Num(number as f64))
    }

    fn text(&mut self, len: usize) -> Result<Value, Raise> {
        let text = self.take(len)?;
        Ok(self.vm.string(text)?)
    }

    fn value(&mut self, depth: u32) -> Result<Value, Raise> {
        if depth > UNPACK_DEPTH {
            return Err(bad_format());
        }
        let [kind] = self.fixed()?;
        match kind {
            0..0x80 => Ok(Value::Num(kind.into())),
            0x80..0x90 => self.map(usize::from(kind & 15), depth),
            0x90..0xa0 => self.array(usize::from(kind & 15), depth),
            0xa0..0xc0 => self.text(usize::from(kind & 31)),
            0xc0 => Ok(Value::Nil),
            0xc2 => Ok(Value::Bool(false)),
            0xc3 => Ok(Value::Bool(true)),
            0xc4..=0xc6 => {
                let len = self.unsigned(1 << (kind - 0xc4))? as usize;
                self.text(len)
            }
            0xca => Ok(Value::Num(f32::from_be_bytes(self.fixed()?).into())),
            0xcb => Ok(Value::Num(f64::from_be_bytes(self.fixed()?))),
            0xcc..=0xcf => Ok(Value::Num(self.unsigned(1 << (kind - 0xcc))? as f64)),
            0xd0..=0xd3 => self.signed(1 << (kind - 0xd0)),
            0xd9..=0xdb => {
                let len = self.unsigned(1 << (kind - 0xd9))? as usize;
                self.text(len)
            }
            0xdc | 0xdd => {
                let len = self.unsigned(2 << (kind - 0xdc))? as usize;
                self.array(len, depth)
            }
            0xde | 0xdf => {
                let len = self.unsigned(2 << (kind - 0xde))? as usize;
                self.map(len, depth)
            }
            0xe0.. => Ok(Value::Num(kind.cast_signed().into())),
            _ => Err(bad_format()),
        }
    }

    fn array(&mut self, len: usize, depth: u32) -> Result<Value, Raise> {
        let table = self.vm.heap.table(0, 0)?;
        for idx in 1..=len {
            let value = self.value(depth + 1)?;
            self.vm.heap.set(table, Value::Num(idx as f64), value)?;
        }
        Ok(Value::Table(table))
    }

    fn map(&mut self, len: usize, depth: u32) -> Result<Value, Raise> {
        let table = self.vm.heap.table(0, 0)?;
        for _ in 0..len {
            let key = self.value(depth + 1)?;
            let value = self.value(depth + 1)?;
            self.vm.raw_put(table, key, value)?;
        }
        Ok(Value::Table(table))
    }
}

fn bad_format() -> Raise {
    Raise::message("Bad data format in input.")
}

/// Tables within tables that are deeper become nil.
const PACK_DEPTH: u32 = 16;
/// How deep values are read.
const UNPACK_DEPTH: u32 = 500;
/// The most values that one call gives.
const VALUES_MAX: usize = 7_990;
