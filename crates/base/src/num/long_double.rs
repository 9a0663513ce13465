//! The x87 80-bit `long double`, which INCRBYFLOAT and HINCRBYFLOAT compute in.
//!
//! Redis adds in `long double` and prints with `%.17Lf`, trailing zeros removed. Rust has no such
//! type and doubles give other digits in most cases, so the arithmetic is done in software:
//!
//! ```text
//!  bit 79   78 … 64           63 … 0
//!     sign  exponent + 16383  significand with its leading 1 spelled out
//!  value = significand × 2^(exponent − 63)
//! ```
//!
//! Always true: a `LongDouble` is never NaN; it may be infinite, as the words `inf` read so.
//! Always true: equal on every platform, those without x87 included.
//! Not here: doubles — `float.rs`

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round, Status};

use super::int::push_u64;

/// A number as precise as Redis's floating point increments.
///
/// # Examples
/// ```
/// use russet_base::num::LongDouble;
/// let value = LongDouble::parse(b"10.50").unwrap();
/// let by = LongDouble::parse(b"0.1").unwrap();
/// assert_eq!(value.checked_add(by).unwrap().to_text(), b"10.6");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct LongDouble(X87DoubleExtended);

impl LongDouble {
    /// Reads what `strtold` reads, the whole input and without leading space, as Redis guards it.
    ///
    /// Refuses NaN, numbers that overflow or vanish, and texts of 5 KiB or more.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() >= TEXT_SIZE_MAX {
            return None;
        }
        if is_hex(text) {
            return hex_float(text).map(Self);
        }
        let (negative, unsigned) = split_sign(text);
        if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
            let infinity = X87DoubleExtended::INFINITY;
            return Some(Self(if negative { -infinity } else { infinity }));
        }
        if !is_decimal(unsigned) {
            return None;
        }
        let value = match read_short(unsigned) {
            Some(value) => value,
            None => read_float(std::str::from_utf8(unsigned).ok()?)?,
        };
        Some(Self(if negative { -value } else { value }))
    }

    /// Every `i64` is exact.
    #[must_use]
    pub fn from_i64(n: i64) -> Self {
        Self(X87DoubleExtended::from_i128(i128::from(n)).value)
    }

    /// The sum, or `None` where it is NaN or infinite.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = (self.0 + other.0).value;
        sum.is_finite().then_some(Self(sum))
    }

    /// The difference, or `None` where it is NaN or infinite.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let difference = (self.0 - other.0).value;
        difference.is_finite().then_some(Self(difference))
    }

    /// Whether it is one of the infinities.
    #[must_use]
    pub fn is_infinite(self) -> bool {
        self.0.is_infinite()
    }

    /// The largest finite number; its negation when `negative` is set.
    #[must_use]
    pub fn largest(negative: bool) -> Self {
        let largest = X87DoubleExtended::largest();
        Self(if negative { -largest } else { largest })
    }

    /// The number times a factor, rounded up to an integer; `None` above 64 bits, and the lowest
    /// integer below them.
    #[must_use]
    pub fn scaled_up(self, factor: i64) -> Option<i64> {
        let product = (self.0 * X87DoubleExtended::from_i128(i128::from(factor)).value).value;
        let rounded = product.to_i128_r(64, Round::TowardPositive, &mut false);
        match rounded.status.contains(Status::INVALID_OP) {
            true if product.is_negative() => Some(i64::MIN),
            true => None,
            false => i64::try_from(rounded.value).ok(),
        }
    }

    /// Appends the number as Redis prints it: at most 17 decimals, no trailing zeros, no exponent.
    pub fn push_text(self, out: &mut Vec<u8>) {
        if self.0.is_infinite() {
            out.extend_from_slice(if self.0.is_negative() {
                b"-inf"
            } else {
                b"inf"
            });
            return;
        }
        let (significand, exponent) = self.parts();
        let start = out.len();
        if self.0.is_negative() {
            out.push(b'-');
        }
        match exponent {
            0.. => push_shifted(significand, exponent.unsigned_abs(), out),
            _ => push_fraction(significand, exponent.unsigned_abs(), out),
        }
        if &out[start..] == b"-0" {
            out.remove(start);
        }
    }

    /// The number as [`push_text`](Self::push_text) prints it.
    #[must_use]
    pub fn to_text(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        self.push_text(&mut out);
        out
    }

    /// The magnitude of a finite number as `significand × 2^exponent`.
    fn parts(self) -> (u64, i32) {
        let bits = self.0.to_bits();
        let significand = (bits & u128::from(u64::MAX)) as u64;
        let biased = ((bits >> 64) & 0x7fff) as i32;
        // Denormals share the exponent of the smallest normal numbers.
        (significand, biased.max(1) - EXPONENT_BIAS)
    }
}

/// Whether a text starts as a hex float does, after its sign.
pub(super) fn is_hex(text: &[u8]) -> bool {
    matches!(split_sign(text).1, [b'0', b'x' | b'X', ..])
}

/// Reads a hex float as `strtod` does, the whole input.
pub(super) fn hex_float<F: Float>(text: &[u8]) -> Option<F> {
    let (negative, unsigned) = split_sign(text);
    let digits = unsigned.get(2..)?;
    let mantissa_len = digits
        .iter()
        .position(|byte| byte | 0x20 == b'p')
        .unwrap_or(digits.len());
    let (mantissa, exponent) = digits.split_at(mantissa_len);
    if !is_mantissa(mantissa, u8::is_ascii_hexdigit) {
        return None;
    }
    if !exponent.is_empty() && !is_exponent(&exponent[1..]) {
        return None;
    }
    let mut normal = std::str::from_utf8(unsigned).ok()?.to_owned();
    if exponent.is_empty() {
        normal.push_str("p0");
    }
    let value = read_float::<F>(&normal)?;
    Some(if negative { -value } else { value })
}

/// Reads an unsigned number of known shape; `None` when it overflows or vanishes.
fn read_float<F: Float>(unsigned: &str) -> Option<F> {
    let read = F::from_str_r(unsigned, Round::NearestTiesToEven).ok()?;
    let vanished = read.value.is_zero() && read.status.intersects(Status::INEXACT);
    (read.value.is_finite() && !vanished).then_some(read.value)
}

/// Reads digits and a point, if they are few enough for one exact division.
///
/// PERF: 1.5 µs by way of `read_float`, 60 ns here; nearly all that increments leave is such.
fn read_short(unsigned: &[u8]) -> Option<X87DoubleExtended> {
    let point = unsigned.iter().position(|&byte| byte == b'.');
    if unsigned.len() - usize::from(point.is_some()) > DIGITS_SHORT {
        return None;
    }
    let mut number = 0u64;
    for &byte in unsigned.iter().filter(|&&byte| byte != b'.') {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number = number * 10 + digit;
    }
    let decimals = point.map_or(0, |at| unsigned.len() - at - 1);
    let scale = 10u64.pow(u32::try_from(decimals).ok()?);
    Some(if number == 0 {
        X87DoubleExtended::ZERO
    } else {
        divide(number, scale)
    })
}

/// The quotient of two positive numbers, rounded half to even.
fn divide(number: u64, by: u64) -> X87DoubleExtended {
    let (up, by_up) = (number.leading_zeros(), by.leading_zeros());
    let (number, by) = (number << up, by << by_up);
    // Both now have 64 bits, so one of these shifts gives a quotient of 64 bits.
    let shift = if number >= by { 63 } else { 64 };
    let wide = u128::from(number) << shift;
    let quotient = (wide / u128::from(by)) as u64;
    let rest = (wide % u128::from(by)) as u64;
    // `rest >= by - rest` is `2 × rest >= by` without overflow.
    let half_or_more = rest >= by - rest;
    let is_tie = rest == by - rest;
    let round_up = half_or_more && (!is_tie || quotient & 1 == 1);
    let (significand, carried) = match quotient.checked_add(u64::from(round_up)) {
        Some(significand) => (significand, 0),
        None => (1 << 63, 1),
    };
    let exponent = by_up.cast_signed() - up.cast_signed() - shift + carried;
    let biased = (exponent + EXPONENT_BIAS).unsigned_abs();
    X87DoubleExtended::from_bits(u128::from(biased) << 64 | u128::from(significand))
}

/// Takes off a sign; whether it was a minus, and the rest.
pub(super) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Digits with at most one point, and perhaps an exponent.
fn is_decimal(unsigned: &[u8]) -> bool {
    let mantissa_len = unsigned
        .iter()
        .position(|byte| byte | 0x20 == b'e')
        .unwrap_or(unsigned.len());
    let (mantissa, exponent) = unsigned.split_at(mantissa_len);
    is_mantissa(mantissa, u8::is_ascii_digit)
        && (exponent.is_empty() || is_exponent(&exponent[1..]))
}

fn is_mantissa(text: &[u8], is_digit: fn(&u8) -> bool) -> bool {
    let points = text.iter().filter(|&&byte| byte == b'.').count();
    points <= 1 && text.len() > points && text.iter().all(|byte| *byte == b'.' || is_digit(byte))
}

fn is_exponent(text: &[u8]) -> bool {
    let (_, digits) = split_sign(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Appends `significand × 2^shift` in decimal.
fn push_shifted(significand: u64, shift: u32, out: &mut Vec<u8>) {
    if shift < 64 {
        // At most 128 bits, hence at most 39 digits.
        let value = u128::from(significand) << shift;
        let (high, low) = (value / u128::from(LIMB), (value % u128::from(LIMB)) as u64);
        return push_limbs(
            &[
                low,
                (high % u128::from(LIMB)) as u64,
                (high / u128::from(LIMB)) as u64,
            ],
            out,
        );
    }
    let mut limbs = vec![significand % LIMB, significand / LIMB];
    let mut left = shift;
    while left > 0 {
        let step = left.min(60);
        let mut carry = 0u128;
        for limb in &mut limbs {
            let wide = (u128::from(*limb) << step) + carry;
            *limb = (wide % u128::from(LIMB)) as u64;
            carry = wide / u128::from(LIMB);
        }
        if carry > 0 {
            limbs.push(carry as u64);
        }
        left -= step;
    }
    push_limbs(&limbs, out);
}

/// Appends little-endian limbs of 18 decimal digits.
fn push_limbs(limbs: &[u64], out: &mut Vec<u8>) {
    let len = limbs
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(1, |last| last + 1);
    for (at, &limb) in limbs[..len].iter().rev().enumerate() {
        let start = out.len();
        push_u64(limb, out);
        if at > 0 {
            let zeros = LIMB_DIGITS - (out.len() - start);
            out.splice(start..start, std::iter::repeat_n(b'0', zeros));
        }
    }
}

/// Appends `significand / 2^shift`, rounded half to even at 17 decimals, without trailing zeros.
fn push_fraction(significand: u64, shift: u32, out: &mut Vec<u8>) {
    let (mut whole, fraction) = match shift {
        0..64 => (significand >> shift, significand & ((1 << shift) - 1)),
        _ => (0, significand),
    };
    let mut decimals = round_shift(u128::from(fraction) * u128::from(DECIMALS_SCALE), shift);
    if decimals == DECIMALS_SCALE {
        whole += 1;
        decimals = 0;
    }
    push_u64(whole, out);
    if decimals == 0 {
        return;
    }
    let mut text = [b'0'; DECIMALS];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (decimals % 10) as u8;
        decimals /= 10;
    }
    let len = text
        .iter()
        .rposition(|&digit| digit != b'0')
        .map_or(0, |last| last + 1);
    out.push(b'.');
    out.extend_from_slice(&text[..len]);
}

/// `value / 2^shift`, rounded half to even; `value` has at most 121 bits.
fn round_shift(value: u128, shift: u32) -> u64 {
    if shift > 122 {
        return 0;
    }
    let quotient = value >> shift;
    let rest = value & ((1u128 << shift) - 1);
    let half = 1u128 << (shift - 1);
    let up = rest > half || (rest == half && quotient & 1 == 1);
    (quotient + u128::from(up)) as u64
}

/// Longer texts are no numbers.
const TEXT_SIZE_MAX: usize = 5 * 1024;
/// The most digits that fit a `u64` whatever they are, and as many decimals.
const DIGITS_SHORT: usize = 19;
/// The stored exponent less that of a whole significand.
const EXPONENT_BIAS: i32 = 16383 + 63;
const DECIMALS: usize = 17;
const DECIMALS_SCALE: u64 = 100_000_000_000_000_000;
const LIMB_DIGITS: usize = 18;
const LIMB: u64 = 1_000_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::LongDouble;

    fn check(value: &str, by: &str, sum: &str) {
        let value = LongDouble::parse(value.as_bytes()).unwrap();
        let by = LongDouble::parse(by.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(value.checked_add(by).unwrap().to_text()).unwrap(),
            sum
        );
    }

    #[test]
    fn sums_have_the_digits_of_x87() {
        check("0.1", "0.2", "0.3");
        check("3", "1.5", "4.5");
        check("-1", "1", "0");
        check("5.0e3", "2.0e2", "5200");
        check("1e19", "1", "10000000000000000001");
        check("1", "1e-18", "1");
        check("0", "-1e-18", "0");
        check("0.99999999999999999999", "0", "1");
        check("1e40", "0", "9999999999999999999783686092270256259072");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", " 1", "1 ", "nan", "-nan", "1e", "e1", ".", "1..2", "0x", "0x1p", "1e5000",
            "1e-5000", "--1", "+-1", "infi",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(LongDouble::parse(&[b'1'; 5120]), None);
        assert!(LongDouble::parse(&[b'0'; 5119]).is_some());
    }

    #[test]
    fn sums_that_are_no_numbers_are_refused() {
        let inf = LongDouble::parse(b"+Inf").unwrap();
        let big = LongDouble::parse(b"1e4932").unwrap();
        let neg = LongDouble::parse(b"-infinity").unwrap();
        assert_eq!(inf.checked_add(LongDouble::from_i64(1)), None);
        assert_eq!(inf.checked_add(neg), None);
        assert_eq!(big.checked_add(big), None);
        assert_eq!(big.to_text().len(), 4933);
    }
}
