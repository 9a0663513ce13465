//! Looking into HyperLogLogs: PFDEBUG, PFSELFTEST.
//!
//! Not here: what they are for — `count.rs`.

use std::fmt::Write;

use russet_engine::{Entry, NewValue, Occupied, Registers, Run, Sketch};
use russet_resp::Args;

use super::count::sketch_of;
use crate::args::is_word;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// How many elements the self test adds, and how far off the count may be.
const TESTED: u64 = 20_000;
const TESTED_OFF_MAX: u64 = TESTED / 25;

/// `PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key`, `PFDEBUG SIMD <ON | OFF>`.
pub(super) fn pfdebug(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (word, key) = (&args[1], &args[2]);
    if is_word(word, "SIMD") {
        return simd(cx, key);
    }
    let mut db = cx.keyspace.db(cx.db);
    let Entry::Occupied(entry) = db.entry(key) else {
        return Err(CommandError::HllAbsent);
    };
    sketch_of(entry.string()?)?;
    if is_word(word, "GETREG") {
        getreg(cx, key)
    } else if is_word(word, "DECODE") {
        decode(cx, key)
    } else if is_word(word, "ENCODING") {
        let is_dense = sketch_of(entry.string()?)?.is_dense();
        cx.reply.simple(if is_dense { "dense" } else { "sparse" });
        Ok(Flow::Done)
    } else if is_word(word, "TODENSE") {
        let is_converted = make_dense(entry)?;
        cx.dirty(u64::from(is_converted));
        cx.reply.integer(i64::from(is_converted));
        Ok(Flow::Done)
    } else {
        Err(CommandError::unknown_pfdebug(word))
    }
}

/// `PFSELFTEST`.
pub(super) fn pfselftest(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    let mut sketch = Sketch::new();
    let seed = cx.rng.u64();
    for n in 0..TESTED {
        let _ = sketch.add(&(seed ^ n).to_le_bytes(), 3000);
    }
    match sketch.view().count() {
        Ok(count) if count.abs_diff(TESTED) <= TESTED_OFF_MAX => cx.reply.ok(),
        _ => {
            return Err(CommandError::text(
                "TESTFAILED Too big error of the estimate",
            ));
        }
    }
    Ok(Flow::Done)
}

/// There is one way to count; the switch is only there to be switched.
fn simd(cx: &mut Ctx<'_>, word: &[u8]) -> Result<Flow, CommandError> {
    if is_word(word, "ON") {
        cx.reply.simple("enabled");
    } else if is_word(word, "OFF") {
        cx.reply.simple("disabled");
    } else {
        return Err(CommandError::text("ERR Argument must be ON or OFF"));
    }
    Ok(Flow::Done)
}

fn getreg(cx: &mut Ctx<'_>, key: &[u8]) -> Result<Flow, CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let Entry::Occupied(entry) = db.entry(key) else {
        return Err(CommandError::HllAbsent);
    };
    let mut registers = Registers::new();
    let merged = registers.merge(sketch_of(entry.string()?)?);
    merged.map_err(|_| CommandError::HllCorrupted)?;
    let is_converted = make_dense(entry)?;
    cx.dirty(u64::from(is_converted));
    cx.reply.array(registers.values().len());
    for value in registers.values() {
        cx.reply.integer(i64::from(*value));
    }
    Ok(Flow::Done)
}

fn decode(cx: &mut Ctx<'_>, key: &[u8]) -> Result<Flow, CommandError> {
    let db = cx.keyspace.db(cx.db);
    let value = db.peek(key).ok_or(CommandError::HllAbsent)?;
    let view = sketch_of(value.string()?)?;
    if view.is_dense() {
        return Err(CommandError::text("ERR HLL encoding is not sparse"));
    }
    let mut text = String::new();
    for run in view.runs() {
        let written = match run {
            Run::Zeros(len) => write!(text, "z:{len} "),
            Run::ManyZeros(len) => write!(text, "Z:{len} "),
            Run::Values(value, len) => write!(text, "v:{value},{len} "),
        };
        debug_assert!(written.is_ok(), "a string takes all text");
    }
    cx.reply.bulk(text.trim_end().as_bytes());
    Ok(Flow::Done)
}

/// Makes a HyperLogLog dense; says whether it was not.
fn make_dense(mut entry: Occupied<'_>) -> Result<bool, CommandError> {
    let view = sketch_of(entry.string()?)?;
    if view.is_dense() {
        return Ok(false);
    }
    let mut sketch = Sketch::copied(view);
    sketch
        .make_dense()
        .map_err(|_| CommandError::HllCorrupted)?;
    entry.set(NewValue::Raw(sketch.bytes()));
    Ok(true)
}
