//! Doubles as text: read as Redis guards `strtod`, printed as Redis ≥ 7.2 prints.
//!
//! Printing takes the shortest digits that read back as the same double, in this layout, where
//! the value is `digits × 10^k` and `e` is the exponent of its first digit:
//!
//! ```text
//!  whole and |value| ≤ 2^62           17            -4611686018427387904
//!  k ≥ 0 and e < digits + 7           plain         1e7 digits of zeros at most
//!  k < 0 and (k > -7 or |e| < 4)      0.000123      1234.5678
//!  else                               1e+21         1.5e-7
//! ```
//!
//! Always true: `parse_f64(format_f64(x)) == x` for every `x` that is not NaN.
//! Not here: INCRBYFLOAT, which computes in long doubles — `long_double.rs`

use std::io::Write;

use rustc_apfloat::ieee::Double;

use super::int::{I64Buf, format_i64, parse_i64};
use super::long_double::{hex_float, is_hex};

/// Room for any double as [`format_f64`] or [`format_f64_17g`] prints it.
pub struct F64Buf {
    int: I64Buf,
    shortest: zmij::Buffer,
    laid: [u8; LAID_SIZE_MAX],
}

impl F64Buf {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            int: I64Buf::new(),
            shortest: zmij::Buffer::new(),
            laid: [0; LAID_SIZE_MAX],
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
    // PERF: most scores are small integers; this path is exact below 2^53.
    if text.len() <= INT_DIGITS_EXACT
        && let Some(n) = parse_i64(text)
    {
        return Some(n as f64);
    }
    if is_hex(text) {
        let value = hex_float::<Double>(text)?;
        return Some(f64::from_bits(rustc_apfloat::Float::to_bits(value) as u64));
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if value.is_nan() {
        return None;
    }
    let spelled_out = text.iter().any(|byte| matches!(byte, b'i' | b'I'));
    if value.is_infinite() && !spelled_out {
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
/// for text in ["3.1", "-0", "1e+21", "1.5e-7", "0.00015", "inf", "-inf", "nan", "100000000000000000"] {
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
    let text = buf.shortest.format_finite(value);
    if is_laid_out(text.as_bytes()) {
        return text;
    }
    let decimal = Decimal::split(text.as_bytes());
    let mut out = &mut buf.laid[..];
    decimal.lay_out(&mut out);
    let left = out.len();
    ascii(&buf.laid[..LAID_SIZE_MAX - left])
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
    let mut scratch = [0u8; LAID_SIZE_MAX];
    let mut rest = &mut scratch[..];
    write!(rest, "{value:.16e}").expect("a sign, 17 digits, a point and an exponent fit");
    let used = LAID_SIZE_MAX - rest.len();
    let decimal = Decimal::split(&scratch[..used]);
    let mut out = &mut buf.laid[..];
    decimal.lay_out_general(&mut out);
    let left = out.len();
    ascii(&buf.laid[..LAID_SIZE_MAX - left])
}

/// A finite, non-zero number as digits without zeros at either end, and their power of ten.
struct Decimal {
    negative: bool,
    digits: [u8; DIGITS_MAX],
    len: usize,
    /// The value is `digits × 10^k`.
    k: i32,
}

impl Decimal {
    /// Takes apart what `zmij` or `{:e}` printed: `-12.34`, `1.5e-7`.
    fn split(text: &[u8]) -> Self {
        let mut it = Self {
            negative: false,
            digits: [b'0'; DIGITS_MAX],
            len: 0,
            k: 0,
        };
        let mut past_point = false;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'-' => it.negative = true,
                b'.' => past_point = true,
                b'e' => {
                    let exponent = &text[at + 1..];
                    let exponent = exponent.strip_prefix(b"+").unwrap_or(exponent);
                    it.k += parse_i64(exponent).map_or(0, |e| e as i32);
                    break;
                }
                digit => {
                    it.k -= i32::from(past_point);
                    if (digit != b'0' || it.len > 0) && it.len < DIGITS_MAX {
                        it.digits[it.len] = digit;
                        it.len += 1;
                    }
                }
            }
        }
        while it.len > 1 && it.digits[it.len - 1] == b'0' {
            it.len -= 1;
            it.k += 1;
        }
        it
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// The exponent of the first digit.
    fn exponent(&self) -> i32 {
        self.k + self.len as i32 - 1
    }

    /// The layout of Redis ≥ 7.2; see the module's table.
    fn lay_out(&self, out: &mut &mut [u8]) {
        let magnitude = self.exponent().abs();
        let plain = match self.k {
            0.. => magnitude < self.len as i32 + 7,
            -6..0 => true,
            _ => magnitude < 4,
        };
        if plain {
            self.put_plain(out);
        } else {
            self.put_scientific(out, 1);
        }
    }

    /// The layout of `%.17g`.
    fn lay_out_general(&self, out: &mut &mut [u8]) {
        if (-4..17).contains(&self.exponent()) {
            self.put_plain(out);
        } else {
            self.put_scientific(out, 2);
        }
    }

    fn put_plain(&self, out: &mut &mut [u8]) {
        self.put_sign(out);
        let point = self.len as i32 + self.k;
        if point <= 0 {
            put(out, b"0.");
            put_zeros(out, point.unsigned_abs() as usize);
            put(out, self.digits());
        } else if self.k >= 0 {
            put(out, self.digits());
            put_zeros(out, self.k.unsigned_abs() as usize);
        } else {
            let (whole, fraction) = self.digits().split_at(point as usize);
            put(out, whole);
            put(out, b".");
            put(out, fraction);
        }
    }

    fn put_scientific(&self, out: &mut &mut [u8], exponent_digits_min: usize) {
        self.put_sign(out);
        let (first, rest) = self.digits().split_at(1);
        put(out, first);
        if !rest.is_empty() {
            put(out, b".");
            put(out, rest);
        }
        let exponent = self.exponent();
        put(out, if exponent < 0 { b"e-" } else { b"e+" });
        let mut buf = I64Buf::new();
        let text = format_i64(i64::from(exponent.abs()), &mut buf);
        put_zeros(out, exponent_digits_min.saturating_sub(text.len()));
        put(out, text);
    }

    fn put_sign(&self, out: &mut &mut [u8]) {
        if self.negative {
            put(out, b"-");
        }
    }
}

/// Whether zmij's layout already is Redis's: plain, with a fraction that is short enough.
fn is_laid_out(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let Some(point) = unsigned.iter().position(|&byte| byte == b'.') else {
        return false;
    };
    let fraction = &unsigned[point + 1..];
    // Exponents in zmij's output follow at most 17 digits, so they sit near the end.
    if fraction.iter().rev().take(5).any(|&byte| byte == b'e') {
        return false;
    }
    fraction.len() < 7 || (point <= 4 && !unsigned.starts_with(b"0.000"))
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

fn put(out: &mut &mut [u8], bytes: &[u8]) {
    out.write_all(bytes)
        .expect("LAID_SIZE_MAX holds the longest layout");
}

fn put_zeros(out: &mut &mut [u8], count: usize) {
    put(out, &[b'0'; LAID_SIZE_MAX][..count]);
}

/// Sign, `0.`, four zeros and 17 digits; or 17 digits, point, `e-324`; with room to spare.
const LAID_SIZE_MAX: usize = 40;
/// A double never needs more digits than this to be told from its neighbours.
const DIGITS_MAX: usize = 17;
/// Whole numbers up to here print as integers.
const WHOLE_MAX: f64 = (1u64 << 62) as f64;
/// Any integer of this length, sign included, is exact as a double.
const INT_DIGITS_EXACT: usize = 15;

#[cfg(test)]
mod tests;
