//! `math`, and `os.clock`.
//!
//! Always true: the same seed gives the same sequence of random numbers.
//! Not here: the generator — `settings.rs`

use super::{Called, Entry};
use crate::settings::Random;
use crate::value::Value;
use crate::vm::{Flow, Invoke, Raise};

macro_rules! functions {
    ($($name:literal $of:expr,)*) => {
        /// The functions of one number, and the others.
        pub(crate) const ENTRIES: &[Entry] = &[
            $(($name, |call| {
                let of: fn(f64) -> f64 = $of;
                let number = call.number(1)?;
                call.give_number(of(number))
            }),)*
            ("atan2", |call| binary(call, f64::atan2)),
            ("fmod", |call| binary(call, |a, b| a % b)),
            ("mod", |call| binary(call, |a, b| a % b)),
            ("pow", |call| binary(call, f64::powf)),
            ("frexp", frexp),
            ("ldexp", ldexp),
            ("max", |call| extreme(call, |a, b| a > b)),
            ("min", |call| extreme(call, |a, b| a < b)),
            ("modf", modf),
            ("random", random),
            ("randomseed", randomseed),
        ];
    };
}

functions! {
    "abs" f64::abs,
    "acos" f64::acos,
    "asin" f64::asin,
    "atan" f64::atan,
    "ceil" f64::ceil,
    "cos" f64::cos,
    "cosh" f64::cosh,
    "deg" |x| x / (std::f64::consts::PI / 180.0),
    "exp" f64::exp,
    "floor" f64::floor,
    "log" f64::ln,
    "log10" f64::log10,
    "rad" |x| x * (std::f64::consts::PI / 180.0),
    "sin" f64::sin,
    "sinh" f64::sinh,
    "sqrt" f64::sqrt,
    "tan" f64::tan,
    "tanh" f64::tanh,
}

/// `os`.
pub(crate) const OS: &[Entry] = &[("clock", |call| {
    let seconds = call.host.clock();
    call.give_number(seconds)
})];

fn binary(call: &mut Invoke<'_>, of: fn(f64, f64) -> f64) -> Called {
    let (a, b) = (call.number(1)?, call.number(2)?);
    call.give_number(of(a, b))
}

fn extreme(call: &mut Invoke<'_>, is_better: fn(f64, f64) -> bool) -> Called {
    let mut best = call.number(1)?;
    for idx in 2..=call.count() {
        let number = call.number(idx)?;
        if is_better(number, best) {
            best = number;
        }
    }
    call.give_number(best)
}

/// Splits a number into a fraction from a half to one, and a power of two.
fn frexp(call: &mut Invoke<'_>) -> Called {
    let number = call.number(1)?;
    let (fraction, exponent) = split(number);
    call.push(Value::Num(fraction));
    call.give_number(exponent.into())
}

/// The fraction and exponent of a number.
pub(crate) fn split(number: f64) -> (f64, i32) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    let (scaled, bias) = match number.is_subnormal() {
        true => (number * 2_f64.powi(64), 64),
        false => (number, 0),
    };
    let bits = scaled.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022;
    let fraction = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
    (fraction, exponent - bias)
}

fn ldexp(call: &mut Invoke<'_>) -> Called {
    let number = call.number(1)?;
    let exponent = call.integer(2)?.clamp(-4000, 4000) as i32;
    // In two steps, for numbers whose power alone is out of range.
    let half = exponent / 2;
    call.give_number(number * 2_f64.powi(half) * 2_f64.powi(exponent - half))
}

fn modf(call: &mut Invoke<'_>) -> Called {
    let number = call.number(1)?;
    let whole = number.trunc();
    let fraction = if number.is_infinite() {
        0.0
    } else {
        number - whole
    };
    call.push(Value::Num(whole));
    call.give_number(fraction)
}

fn random(call: &mut Invoke<'_>) -> Called {
    let drawn = call.vm.settings.random.draw() % RANDOM_MAX;
    let fraction = f64::from(drawn) / f64::from(RANDOM_MAX);
    let (low, high) = match call.count() {
        0 => return call.give_number(fraction),
        1 => (1, i64::from(call.integer(1)? as i32)),
        2 => (
            i64::from(call.integer(1)? as i32),
            i64::from(call.integer(2)? as i32),
        ),
        _ => return Err(Raise::message("wrong number of arguments")),
    };
    if low > high {
        return Err(Raise::argument(call.count(), "interval is empty"));
    }
    call.give_number((fraction * (high - low + 1) as f64).floor() + low as f64)
}

fn randomseed(call: &mut Invoke<'_>) -> Called {
    let seeded = Random::new(call.integer(1)? as i32);
    let settings = &mut call.vm.settings;
    let before = std::mem::replace(&mut settings.random, seeded);
    settings.random_before.get_or_insert(before);
    Ok(Flow::Done)
}

/// Past the largest number that `math.random` draws.
const RANDOM_MAX: u32 = i32::MAX as u32;
