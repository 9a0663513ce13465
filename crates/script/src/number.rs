//! Numbers as text, as the C library reads and prints them.
//!
//! Always true: a number prints as `printf` would print it in the same format.
//! Not here: the formats of `string.format` — `format.rs`

/// The number that a text is, between blanks: decimal, hexadecimal, `inf` or `nan`. O(N).
pub(crate) fn parse(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let value = magnitude(digits)?;
    Some(if negative { -value } else { value })
}

/// The longest number that a text begins with, and its length, as `strtod` finds it.
pub(crate) fn prefix(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = &text[sign..];
    if let Some((whole, len)) = short_whole(digits) {
        let number = if text[0] == b'-' { -whole } else { whole };
        return Some((number, sign + len));
    }
    let len = match digits {
        [b'0', b'x' | b'X', rest @ ..] => hexadecimal_len(rest).map_or(1, |len| len + 2),
        [b'0'..=b'9' | b'.', ..] => decimal_len(digits),
        _ => ["infinity", "inf", "nan"]
            .into_iter()
            .find(|word| {
                let start = digits.get(..word.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            })?
            .len(),
    };
    Some((parse(&text[..sign + len])?, sign + len))
}

fn digits_len(text: &[u8], is_digit: fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_digit(byte)).count()
}

fn decimal_len(text: &[u8]) -> usize {
    let mut len = digits_len(text, u8::is_ascii_digit);
    if text.get(len) == Some(&b'.') {
        len += 1 + digits_len(&text[len + 1..], u8::is_ascii_digit);
    }
    len + exponent_len(&text[len..], b'e')
}

/// The length of digits after `0x`; `None` if there are none.
fn hexadecimal_len(text: &[u8]) -> Option<usize> {
    let mut len = digits_len(text, u8::is_ascii_hexdigit);
    let mut count = len;
    if text.get(len) == Some(&b'.') {
        let fraction = digits_len(&text[len + 1..], u8::is_ascii_hexdigit);
        count += fraction;
        len += 1 + fraction;
    }
    (count > 0).then(|| len + exponent_len(&text[len..], b'p'))
}

/// The length of an exponent with its letter; 0 if it is none.
fn exponent_len(text: &[u8], letter: u8) -> usize {
    if !text
        .first()
        .is_some_and(|byte| byte.eq_ignore_ascii_case(&letter))
    {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'-' | b'+')));
    match digits_len(&text[1 + sign..], u8::is_ascii_digit) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// Whether C counts a byte among blanks.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_space(**byte)).count();
    let text = &text[start..];
    let end = text
        .iter()
        .rev()
        .take_while(|byte| is_space(**byte))
        .count();
    &text[..text.len() - end]
}

fn magnitude(digits: &[u8]) -> Option<f64> {
    match digits.first()? {
        b'0' if matches!(digits.get(1), Some(b'x' | b'X')) => hexadecimal(&digits[2..]),
        b'0'..=b'9' | b'.' => {
            if let Some((whole, len)) = short_whole(digits)
                && len == digits.len()
            {
                return Some(whole);
            }
            let is_plain = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
            if !digits.iter().all(is_plain) {
                return None;
            }
            std::str::from_utf8(digits).ok()?.parse().ok()
        }
        _ if digits.eq_ignore_ascii_case(b"inf") || digits.eq_ignore_ascii_case(b"infinity") => {
            Some(f64::INFINITY)
        }
        _ if digits.eq_ignore_ascii_case(b"nan") => Some(f64::NAN),
        _ => None,
    }
}

/// A whole number that needs no rounding, and its length; `None` for any other number.
fn short_whole(digits: &[u8]) -> Option<(f64, usize)> {
    let (mut whole, mut len) = (0_u64, 0);
    while let Some(digit @ b'0'..=b'9') = digits.get(len) {
        if len == EXACT_DIGITS {
            return None;
        }
        whole = whole * 10 + u64::from(digit - b'0');
        len += 1;
    }
    let goes_on = matches!(digits.get(len), Some(b'.' | b'e' | b'E' | b'x' | b'X'));
    (len > 0 && !goes_on).then_some((whole as f64, len))
}

/// The most digits that are a whole number without rounding.
const EXACT_DIGITS: usize = 15;

/// A hexadecimal number with an optional fraction and binary exponent.
fn hexadecimal(digits: &[u8]) -> Option<f64> {
    let (mut value, mut exponent) = (0_f64, 0_i32);
    let (mut seen, mut in_fraction, mut at) = (false, false, 0);
    while let Some(&byte) = digits.get(at) {
        if let Some(digit) = (byte as char).to_digit(16) {
            value = value * 16.0 + f64::from(digit);
            exponent -= if in_fraction { 4 } else { 0 };
            seen = true;
        } else if byte == b'.' && !in_fraction {
            in_fraction = true;
        } else {
            break;
        }
        at += 1;
    }
    if !seen {
        return None;
    }
    if let Some(b'p' | b'P') = digits.get(at) {
        let power = std::str::from_utf8(&digits[at + 1..]).ok()?;
        let power: i32 = power.parse().ok()?;
        exponent = exponent.saturating_add(power);
        at = digits.len();
    }
    (at == digits.len()).then(|| value * 2_f64.powi(exponent))
}

/// Appends a number in the format `%.14g`, which is how Lua prints.
pub(crate) fn push(number: f64, out: &mut Vec<u8>) {
    if number.abs() < 1e14
        && number.trunc() == number
        && (number != 0.0 || number.is_sign_positive())
    {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(digits.format(number as i64).as_bytes());
        return;
    }
    push_general(number, 14, out);
}

/// Appends a number in the format `%.*g`.
pub(crate) fn push_general(number: f64, precision: usize, out: &mut Vec<u8>) {
    if !number.is_finite() {
        return push_special(number, out);
    }
    let precision = precision.max(1);
    let text = format!("{:.*e}", precision - 1, number);
    let (digits, exponent) = text.split_once('e').expect("a number in scientific form");
    let exponent: i32 = exponent.parse().expect("its exponent");
    if exponent < -4 || exponent >= precision as i32 {
        out.extend_from_slice(without_zeros(digits).as_bytes());
        return push_exponent(exponent, out);
    }
    let places = (precision as i32 - 1 - exponent) as usize;
    let text = format!("{number:.places$}");
    out.extend_from_slice(without_zeros(&text).as_bytes());
}

/// Appends the exponent of a number, of two digits at least.
pub(crate) fn push_exponent(exponent: i32, out: &mut Vec<u8>) {
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("e{sign}{:02}", exponent.unsigned_abs());
    out.extend_from_slice(text.as_bytes());
}

/// Appends an infinity or what is no number.
pub(crate) fn push_special(number: f64, out: &mut Vec<u8>) {
    if number.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(if number.is_nan() { b"nan" } else { b"inf" });
}

fn without_zeros(digits: &str) -> &str {
    if !digits.contains('.') {
        return digits;
    }
    digits.trim_end_matches('0').trim_end_matches('.')
}

/// The remainder of Lua, whose sign is that of the divisor.
#[inline]
pub(crate) fn modulo(a: f64, b: f64) -> f64 {
    a - floor(a / b) * b
}

/// The largest whole number that is not above a number. PERF: without an instruction for it, the
/// one of the library takes fifty.
#[inline]
pub(crate) fn floor(number: f64) -> f64 {
    /// From here on all numbers are whole, so adding it rounds.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    if number.abs() < WHOLE {
        let rounded = (number.abs() + WHOLE - WHOLE).copysign(number);
        return if rounded > number {
            rounded - 1.0
        } else {
            rounded
        };
    }
    number
}

/// The integer that C makes of a number: cut towards zero, the least where it does not fit.
pub(crate) fn to_i64(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(number: f64) -> String {
        let mut out = Vec::new();
        push(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_print_with_fourteen_digits() {
        assert_eq!(printed(0.1), "0.1");
        assert_eq!(printed(1e14), "1e+14");
        assert_eq!(printed(9_007_199_254_740_992.0), "9.007199254741e+15");
        assert_eq!(printed(-0.0), "-0");
        assert_eq!(printed(1e-5), "1e-05");
        assert_eq!(printed(123_456.789), "123456.789");
        assert_eq!(printed(f64::INFINITY), "inf");
    }

    #[test]
    fn texts_are_numbers_as_in_c() {
        assert_eq!(parse(b" 0x10 "), Some(16.0));
        assert_eq!(parse(b"0x1p4"), Some(16.0));
        assert_eq!(parse(b"-.5e1"), Some(-5.0));
        assert_eq!(parse(b"1e"), None);
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"1 2"), None);
        assert_eq!(parse(b"inf"), Some(f64::INFINITY));
    }
}
