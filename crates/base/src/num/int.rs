//! Integers as text: as strict as Redis's `string2ll`.
//!
//! Only the canonical spelling is a number, the one that printing gives back. This is why a value
//! may be stored as an integer and still be returned byte for byte.
//!
//! Always true: `parse_i64(text) == Some(n)` exactly when `text` is how `n` prints.
//! Not here: what to answer when it is not a number — `crates/command/src/error.rs`

/// Room for any `i64` or `u64` in decimal.
#[derive(Clone, Copy)]
pub struct I64Buf(itoa::Buffer);

impl I64Buf {
    /// An empty buffer; costs nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(itoa::Buffer::new())
    }
}

impl Default for I64Buf {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for I64Buf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("I64Buf")
    }
}

/// Reads a canonical decimal `i64`: no `+`, no spaces, no leading zeros, no `-0`.
///
/// # Examples
/// ```
/// use russet_base::num::parse_i64;
/// assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
/// for refused in ["", "-", "-0", "007", "+1", " 1", "1 ", "9223372036854775808"] {
///     assert_eq!(parse_i64(refused.as_bytes()), None);
/// }
/// ```
#[inline]
#[must_use]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    match text {
        [b'0'] => Some(0),
        [b'-', digits @ ..] => {
            let magnitude = magnitude(digits)?;
            // `checked_neg_from_unsigned`: only i64::MIN has a magnitude beyond i64::MAX.
            0i64.checked_sub_unsigned(magnitude)
        }
        digits => i64::try_from(magnitude(digits)?).ok(),
    }
}

/// Reads a canonical decimal `u64`: no sign, no spaces, no leading zeros.
///
/// # Examples
/// ```
/// use russet_base::num::parse_u64;
/// assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
/// assert_eq!(parse_u64(b"18446744073709551616"), None);
/// assert_eq!(parse_u64(b"-1"), None);
/// ```
#[inline]
#[must_use]
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    match text {
        [b'0'] => Some(0),
        // The one length at which digits alone do not tell whether the number fits.
        [head @ .., last] if head.len() == DIGITS_SAFE => {
            let last = last.wrapping_sub(b'0');
            let head = magnitude(head)?.checked_mul(10)?;
            if last > 9 {
                None
            } else {
                head.checked_add(u64::from(last))
            }
        }
        digits => magnitude(digits),
    }
}

/// Prints `n` in decimal.
#[inline]
pub fn format_i64(n: i64, buf: &mut I64Buf) -> &[u8] {
    buf.0.format(n).as_bytes()
}

/// Prints `n` in decimal.
#[inline]
pub fn format_u64(n: u64, buf: &mut I64Buf) -> &[u8] {
    buf.0.format(n).as_bytes()
}

/// Appends `n` in decimal.
#[inline]
pub fn push_i64(n: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends `n` in decimal.
#[inline]
pub fn push_u64(n: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// How many decimal digits `n` has; 1 for 0.
///
/// # Examples
/// ```
/// use russet_base::num::digits10;
/// assert_eq!([0, 9, 10, u64::MAX].map(digits10), [1, 1, 2, 20]);
/// ```
#[inline]
#[must_use]
pub const fn digits10(n: u64) -> usize {
    match n.checked_ilog10() {
        Some(log) => log as usize + 1,
        None => 1,
    }
}

/// Reads 1–19 digits of which the first is not zero.
#[inline]
fn magnitude(digits: &[u8]) -> Option<u64> {
    if digits.len() > DIGITS_SAFE || !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    let mut value = 0u64;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // PERF: cannot overflow, since 19 digits always fit.
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(value)
}

/// The most digits that fit a `u64` whatever they are.
const DIGITS_SAFE: usize = 19;

#[cfg(test)]
mod tests {
    use super::{digits10, parse_i64, parse_u64};

    #[test]
    fn limits_are_numbers_and_their_neighbours_are_not() {
        let cases: [(&str, Option<i64>, Option<u64>); 14] = [
            ("9223372036854775807", Some(i64::MAX), Some(i64::MAX as u64)),
            ("9223372036854775808", None, Some(1 << 63)),
            ("-9223372036854775808", Some(i64::MIN), None),
            ("-9223372036854775809", None, None),
            ("18446744073709551615", None, Some(u64::MAX)),
            ("18446744073709551616", None, None),
            ("99999999999999999999", None, None),
            ("1844674407370955161:", None, None),
            ("100000000000000000000", None, None),
            ("00", None, None),
            ("-01", None, None),
            ("1\0", None, None),
            ("--1", None, None),
            ("1e3", None, None),
        ];
        for (text, signed, unsigned) in cases {
            assert_eq!(parse_i64(text.as_bytes()), signed, "{text}");
            assert_eq!(parse_u64(text.as_bytes()), unsigned, "{text}");
        }
    }

    #[test]
    fn digit_counts_step_at_powers_of_ten() {
        let mut power = 1u64;
        for digits in 1..=19 {
            power = power.saturating_mul(10);
            assert_eq!((digits10(power - 1), digits10(power)), (digits, digits + 1));
        }
    }
}
