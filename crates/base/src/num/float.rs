//! Doubles as text: read as Redis guards `strtod`, printed as Redis ≥ 7.2 prints.
//!
//! Printing takes the digits from Grisu2 and lays them out as follows, where the value is
//! `digits × 10^k` and `e` is the exponent of the first digit:
//!
//! ```text
//!  whole and |value| ≤ 2^62             as an integer      100000000000000000
//!  k ≥ 0 and e < number of digits + 7   as an integer      9223372036854776000
//!  k < 0 and (k > -7 or |e| < 4)        as a decimal       0.000001, 1234.5678901234567
//!  else                                 with an exponent   1e+21, 1.5e-7
//! ```
//!
//! Always true: what is printed reads back as the same double, infinities and -0 included.
//! Not here: the digits — `grisu.rs`; INCRBYFLOAT, which computes in long doubles —
//! `long_double.rs`

use std::io::Write;

use rustc_apfloat::ieee::Double;

use super::grisu;
use super::int::{I64Buf, format_i64, parse_i64};
use super::long_double::{hex_float, is_hex, split_sign};

/// Room for any double as [`format_f64`] or [`format_f64_17g`] prints it.
#[derive(Clone)]
pub struct F64Buf {
    int: I64Buf,
    text: [u8; TEXT_SIZE_MAX],
}

impl F64Buf {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            int: I64Buf::new(),
            text: [b'0'; TEXT_SIZE_MAX],
        }
    }
}

impl Default for F64Buf {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for F64Buf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("F64Buf")
    }
}

/// Reads a double as Redis does for scores and increments: the whole input, no leading space.
///
/// Takes what C's `strtod` takes: decimals, `inf` and `infinity` in any case and with a sign, hex
/// floats. Refuses NaN, and numbers that overflow to infinity or vanish to zero.
///
/// # Examples
/// ```
/// use russet_base::num::parse_f64;
/// assert_eq!(parse_f64(b"3.0e2"), Some(300.0));
/// assert_eq!(parse_f64(b"-INF"), Some(f64::NEG_INFINITY));
/// assert_eq!(parse_f64(b"0x1.8p1"), Some(3.0));
/// for refused in ["", " 1", "1 ", "nan", "1e999", "1e-999", "0x", "1e"] {
///     assert_eq!(parse_f64(refused.as_bytes()), None);
/// }
/// ```
#[must_use]
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    if let Some(value) = read_short(text) {
        return Some(value);
    }
    if is_hex(text) {
        let value = hex_float::<Double>(text)?;
        return Some(f64::from_bits(rustc_apfloat::Float::to_bits(value) as u64));
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if value.is_nan() || (value.is_infinite() && !is_spelled_out(text)) {
        return None;
    }
    if value == 0.0 && !is_zero_text(text) {
        return None;
    }
    Some(value)
}

/// Prints `value` as Redis 7.2 and later do.
///
/// # Examples
/// ```
/// use russet_base::num::{F64Buf, format_f64};
/// let mut buf = F64Buf::new();
/// for text in ["3.1", "-0", "1e+21", "1.5e-7", "0.00015", "inf", "nan", "100000000000000000"] {
///     assert_eq!(format_f64(text.parse().unwrap(), &mut buf), text);
/// }
/// ```
pub fn format_f64(value: f64, buf: &mut F64Buf) -> &str {
    if !value.is_finite() {
        return special(value);
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" };
    }
    if value.abs() <= WHOLE_MAX && value.trunc() == value {
        return ascii(format_i64(value as i64, &mut buf.int));
    }
    let decimal = grisu::digits(value);
    let len = decimal.lay_out(value.is_sign_negative(), &mut buf.text);
    ascii(&buf.text[..len])
}

/// Appends `value` as [`format_f64`] prints it.
pub fn push_f64(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(format_f64(value, &mut F64Buf::new()).as_bytes());
}

/// Prints `value` as C's `%.17g`.
///
/// # Examples
/// ```
/// use russet_base::num::{F64Buf, format_f64_17g};
/// let mut buf = F64Buf::new();
/// assert_eq!(format_f64_17g(3.1, &mut buf), "3.1000000000000001");
/// assert_eq!(format_f64_17g(1e17, &mut buf), "1e+17");
/// ```
pub fn format_f64_17g(value: f64, buf: &mut F64Buf) -> &str {
    if !value.is_finite() {
        return special(value);
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" };
    }
    let mut scratch = [0u8; TEXT_SIZE_MAX];
    let mut rest = &mut scratch[..];
    write!(rest, "{:.16e}", value.abs()).expect("17 digits, a point and an exponent fit");
    let used = TEXT_SIZE_MAX - rest.len();
    let decimal = Decimal::split(&scratch[..used]);
    let len = decimal.lay_out_general(value.is_sign_negative(), &mut buf.text);
    ascii(&buf.text[..len])
}

/// A positive number as digits and a power of ten: `digits × 10^k`.
pub(super) struct Decimal {
    digits: [u8; DIGITS_MAX],
    len: usize,
    pub(super) k: i32,
}

impl Decimal {
    pub(super) fn new(k: i32) -> Self {
        Self {
            digits: [b'0'; DIGITS_MAX],
            len: 0,
            k,
        }
    }

    /// Appends a digit, which must be below 10.
    #[inline]
    pub(super) fn push(&mut self, digit: u8) {
        self.digits[self.len] = b'0' + digit;
        self.len += 1;
    }

    /// Lowers the last digit by one.
    #[inline]
    pub(super) fn lower_last(&mut self) {
        self.digits[self.len - 1] -= 1;
    }

    /// Takes apart what `{:.16e}` printed, and drops zeros at the end.
    fn split(text: &[u8]) -> Self {
        let mut it = Self::new(0);
        let (digits, exponent) = text.split_at(
            text.iter()
                .position(|&byte| byte == b'e')
                .unwrap_or(text.len()),
        );
        for &byte in digits.iter().filter(|byte| byte.is_ascii_digit()) {
            it.push(byte - b'0');
        }
        let exponent = exponent.get(1..).and_then(parse_i64).unwrap_or(0);
        it.k = exponent as i32 + 1 - it.len as i32;
        while it.len > 1 && it.digits[it.len - 1] == b'0' {
            it.len -= 1;
            it.k += 1;
        }
        it
    }

    /// The exponent of the first digit.
    fn exponent(&self) -> i32 {
        self.k + self.len as i32 - 1
    }

    /// The layout of Redis ≥ 7.2, see the module's table; returns the length.
    fn lay_out(&self, negative: bool, out: &mut [u8; TEXT_SIZE_MAX]) -> usize {
        let magnitude = self.exponent().abs();
        let plain = match self.k {
            0.. => magnitude < self.len as i32 + 7,
            -6..0 => true,
            _ => magnitude < 4,
        };
        match plain {
            true => self.put_plain(Text::signed(negative, out)),
            false => self.put_scientific(Text::signed(negative, out), 1),
        }
    }

    /// The layout of `%.17g`; returns the length.
    fn lay_out_general(&self, negative: bool, out: &mut [u8; TEXT_SIZE_MAX]) -> usize {
        match self.exponent() {
            -4..17 => self.put_plain(Text::signed(negative, out)),
            _ => self.put_scientific(Text::signed(negative, out), 2),
        }
    }

    fn put_plain(&self, mut text: Text<'_>) -> usize {
        let digits = &self.digits[..self.len];
        let point = self.len as i32 + self.k;
        if point <= 0 {
            text.put(b"0.");
            text.put_zeros(point.unsigned_abs() as usize);
            text.put(digits);
        } else if self.k >= 0 {
            text.put(digits);
            text.put_zeros(self.k.unsigned_abs() as usize);
        } else {
            let (whole, fraction) = digits.split_at(point.unsigned_abs() as usize);
            text.put(whole);
            text.put(b".");
            text.put(fraction);
        }
        text.len
    }

    fn put_scientific(&self, mut text: Text<'_>, exponent_digits_min: usize) -> usize {
        let (first, rest) = self.digits[..self.len].split_at(1);
        text.put(first);
        if !rest.is_empty() {
            text.put(b".");
            text.put(rest);
        }
        let exponent = self.exponent();
        text.put(if exponent < 0 { b"e-" } else { b"e+" });
        let mut buf = I64Buf::new();
        let magnitude = format_i64(i64::from(exponent.abs()), &mut buf);
        text.put_zeros(exponent_digits_min.saturating_sub(magnitude.len()));
        text.put(magnitude);
        text.len
    }
}

/// A text that grows inside a buffer of known room.
struct Text<'a> {
    bytes: &'a mut [u8; TEXT_SIZE_MAX],
    len: usize,
}

impl<'a> Text<'a> {
    fn signed(negative: bool, bytes: &'a mut [u8; TEXT_SIZE_MAX]) -> Self {
        bytes[0] = b'-';
        Self {
            bytes,
            len: usize::from(negative),
        }
    }

    #[inline]
    fn put(&mut self, piece: &[u8]) {
        self.bytes[self.len..self.len + piece.len()].copy_from_slice(piece);
        self.len += piece.len();
    }

    #[inline]
    fn put_zeros(&mut self, count: usize) {
        self.bytes[self.len..self.len + count].fill(b'0');
        self.len += count;
    }
}

/// Reads digits and a point, if they are few enough for one exact division.
///
/// PERF: 8 ns for what most scores look like; `str::parse` takes 20, with its checks 40.
fn read_short(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = split_sign(text);
    if unsigned.len() > DIGITS_SHORT || unsigned.is_empty() {
        return None;
    }
    let (mut number, mut decimals, mut past_point) = (0u64, 0, false);
    for &byte in unsigned {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            number = number * 10 + u64::from(digit);
            decimals += usize::from(past_point);
        } else if byte == b'.' && !past_point && unsigned.len() > 1 {
            past_point = true;
        } else {
            return None;
        }
    }
    // Both are exact as doubles, so the quotient is rounded once.
    let value = number as f64 / POWERS_OF_TEN[decimals];
    Some(if negative { -value } else { value })
}

/// Whether a text that `strtod` reads as infinite says so in letters.
fn is_spelled_out(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'i' | b'I'))
}

/// Whether a text that `strtod` takes spells zero: no digit but 0 before the exponent.
fn is_zero_text(text: &[u8]) -> bool {
    text.iter()
        .take_while(|&&byte| byte | 0x20 != b'e')
        .all(|byte| !matches!(byte, b'1'..=b'9'))
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("only digits, signs, points and e were written")
}

/// Sign, `0.`, six zeros and 18 digits, or 18 digits, a point and `e-324`; with room to spare.
const TEXT_SIZE_MAX: usize = 40;
/// A double needs 17 digits at most; one more for Grisu2's own bound.
const DIGITS_MAX: usize = 18;
/// Whole numbers up to here print as integers.
const WHOLE_MAX: f64 = (1u64 << 62) as f64;
/// Any number of this many digits is exact as a double.
const DIGITS_SHORT: usize = 15;

const POWERS_OF_TEN: [f64; DIGITS_SHORT + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

#[cfg(test)]
mod tests;
