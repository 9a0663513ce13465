//! `bit`: operations on 32 bits, whose results are signed.
//!
//! Always true: a number is reduced modulo 2^32 before anything happens to it.
//! Not here: numbers as text — `number.rs`

use super::{Called, Entry};
use crate::value::Value;
use crate::vm::{Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[
    ("arshift", |call| {
        shift(call, |bits, by| {
            bits.cast_signed().wrapping_shr(by).cast_unsigned()
        })
    }),
    ("band", |call| fold(call, |a, b| a & b)),
    ("bnot", |call| unary(call, |bits| !bits)),
    ("bor", |call| fold(call, |a, b| a | b)),
    ("bswap", |call| unary(call, u32::swap_bytes)),
    ("bxor", |call| fold(call, |a, b| a ^ b)),
    ("lshift", |call| shift(call, u32::wrapping_shl)),
    ("rol", |call| shift(call, u32::rotate_left)),
    ("ror", |call| shift(call, u32::rotate_right)),
    ("rshift", |call| shift(call, u32::wrapping_shr)),
    ("tobit", |call| unary(call, |bits| bits)),
    ("tohex", tohex),
];

/// The low 32 bits of a number, as adding 2^52 + 2^51 rounds it.
fn bits(call: &Invoke<'_>, idx: usize) -> Result<u32, Raise> {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let number = call.number(idx)?;
    Ok((number + MAGIC).to_bits() as u32)
}

fn give(call: &mut Invoke<'_>, bits: u32) -> Called {
    call.give(Value::Num(f64::from(bits.cast_signed())))
}

fn unary(call: &mut Invoke<'_>, of: fn(u32) -> u32) -> Called {
    let bits = bits(call, 1)?;
    give(call, of(bits))
}

fn fold(call: &mut Invoke<'_>, of: fn(u32, u32) -> u32) -> Called {
    let mut result = bits(call, 1)?;
    for idx in 2..=call.count() {
        result = of(result, bits(call, idx)?);
    }
    give(call, result)
}

fn shift(call: &mut Invoke<'_>, of: fn(u32, u32) -> u32) -> Called {
    let value = bits(call, 1)?;
    let by = bits(call, 2)? & 31;
    give(call, of(value, by))
}

fn tohex(call: &mut Invoke<'_>) -> Called {
    let value = bits(call, 1)?;
    let digits = match call.arg(2) {
        Value::Nil if call.count() < 2 => 8,
        _ => bits(call, 2)?.cast_signed(),
    };
    let len = digits.unsigned_abs().min(8) as usize;
    let text = match digits < 0 {
        true => format!("{value:08X}"),
        false => format!("{value:08x}"),
    };
    call.give_text(&text.as_bytes()[8 - len..])
}
