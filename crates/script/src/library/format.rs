//! `string.format`: the conversions of C.
//!
//! Always true: width and precision have two digits at most, so a conversion makes a short text.
//! Not here: numbers without a format — `number.rs`

use super::Called;
use crate::number;
use crate::vm::{Invoke, Raise};

/// One conversion.
#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// `string.format`.
pub(super) fn format(call: &mut Invoke<'_>) -> Called {
    let format = call.bytes(1)?.into_owned();
    let mut out = Vec::with_capacity(format.len());
    let (mut at, mut arg) = (0, 1);
    while let Some(&byte) = format.get(at) {
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        if format.get(at) == Some(&b'%') {
            out.push(b'%');
            at += 1;
            continue;
        }
        arg += 1;
        if arg > call.count() {
            return Err(Raise::argument(arg, "no value"));
        }
        let (spec, next) = Spec::read(&format, at)?;
        at = next + 1;
        let conversion = format.get(next).copied().unwrap_or(0);
        convert(call, &spec, conversion, arg, &mut out)?;
        call.vm.heap.check(out.len())?;
    }
    call.vm.spend(out.len() / 64);
    call.give_text(&out)
}

fn unknown(conversion: u8) -> Raise {
    let shown = char::from(conversion);
    let shown = if conversion == 0 {
        String::new()
    } else {
        shown.to_string()
    };
    Raise::message(format!("invalid option '%{shown}' to 'format'"))
}

impl Spec {
    fn read(format: &[u8], at: usize) -> Result<(Self, usize), Raise> {
        let mut spec = Self::default();
        let start = at;
        let mut at = at;
        while let Some(flag @ (b'-' | b'+' | b' ' | b'#' | b'0')) = format.get(at) {
            match flag {
                b'-' => spec.left = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                _ => spec.zero = true,
            }
            at += 1;
        }
        if at - start > 5 {
            return Err(Raise::message("invalid format (repeated flags)"));
        }
        let digits = |at: &mut usize| {
            let mut value = 0;
            for _ in 0..2 {
                if let Some(digit @ b'0'..=b'9') = format.get(*at) {
                    value = value * 10 + usize::from(digit - b'0');
                    *at += 1;
                }
            }
            value
        };
        spec.width = digits(&mut at);
        if format.get(at) == Some(&b'.') {
            at += 1;
            spec.precision = Some(digits(&mut at));
        }
        if format.get(at).is_some_and(u8::is_ascii_digit) {
            return Err(Raise::message(
                "invalid format (width or precision too long)",
            ));
        }
        Ok((spec, at))
    }

    /// Appends a text, filled up to the width.
    fn pad(&self, text: &[u8], out: &mut Vec<u8>) {
        let fill = self.width.saturating_sub(text.len());
        if !self.left {
            out.extend(std::iter::repeat_n(b' ', fill));
        }
        out.extend_from_slice(text);
        if self.left {
            out.extend(std::iter::repeat_n(b' ', fill));
        }
    }

    /// Appends a number whose sign is apart, filled with zeroes if that is asked.
    fn pad_number(&self, sign: &str, digits: &[u8], may_fill: bool, out: &mut Vec<u8>) {
        let len = sign.len() + digits.len();
        let zeroes = match self.zero && !self.left && may_fill {
            true => self.width.saturating_sub(len),
            false => 0,
        };
        let mut text = sign.as_bytes().to_vec();
        text.extend(std::iter::repeat_n(b'0', zeroes));
        text.extend_from_slice(digits);
        self.pad(&text, out);
    }

    const fn sign(&self, is_negative: bool) -> &'static str {
        match (is_negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    fn integer(&self, prefix: &str, digits: String, out: &mut Vec<u8>) {
        let mut digits = digits;
        if let Some(precision) = self.precision {
            if precision == 0 && digits == "0" {
                digits.clear();
            }
            let missing = precision.saturating_sub(digits.len());
            digits.insert_str(0, &"0".repeat(missing));
        }
        self.pad_number(prefix, digits.as_bytes(), self.precision.is_none(), out);
    }

    fn float(&self, number: f64, conversion: u8, out: &mut Vec<u8>) {
        let sign = self.sign(number.is_sign_negative());
        let size = number.abs();
        let mut digits = Vec::new();
        if !size.is_finite() {
            number::push_special(size, &mut digits);
            if conversion.is_ascii_uppercase() {
                digits.make_ascii_uppercase();
            }
            return self.pad_number(sign, &digits, false, out);
        }
        let precision = self.precision.unwrap_or(6);
        match conversion {
            b'f' => {
                digits.extend_from_slice(format!("{size:.precision$}").as_bytes());
                if self.alternate && precision == 0 {
                    digits.push(b'.');
                }
            }
            b'e' | b'E' => scientific(size, precision, self.alternate, &mut digits),
            _ if self.alternate => general_with_zeros(size, precision.max(1), &mut digits),
            _ => number::push_general(size, precision, &mut digits),
        }
        if conversion.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        self.pad_number(sign, &digits, true, out);
    }
}

fn scientific(size: f64, precision: usize, alternate: bool, out: &mut Vec<u8>) {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').expect("a number in scientific form");
    out.extend_from_slice(digits.as_bytes());
    if alternate && precision == 0 {
        out.push(b'.');
    }
    number::push_exponent(exponent.parse().expect("its exponent"), out);
}

/// `%#g`, which keeps the zeroes at the end.
fn general_with_zeros(size: f64, precision: usize, out: &mut Vec<u8>) {
    let text = format!("{:.*e}", precision - 1, size);
    let exponent = text
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok());
    let exponent: i32 = exponent.unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        return scientific(size, precision - 1, true, out);
    }
    let places = (precision as i32 - 1 - exponent) as usize;
    out.extend_from_slice(format!("{size:.places$}").as_bytes());
    if places == 0 {
        out.push(b'.');
    }
}

fn convert(
    call: &mut Invoke<'_>,
    spec: &Spec,
    conversion: u8,
    arg: usize,
    out: &mut Vec<u8>,
) -> Result<(), Raise> {
    match conversion {
        b'c' => {
            let byte = call.number(arg)? as i64 as u8;
            spec.pad(&[byte], out);
        }
        b'd' | b'i' => {
            let number = number::to_i64(call.number(arg)?);
            let digits = number.unsigned_abs().to_string();
            spec.integer(spec.sign(number < 0), digits, out);
        }
        b'o' | b'u' | b'x' | b'X' => {
            let number = number::to_i64(call.number(arg)?) as u64;
            let (prefix, digits) = match conversion {
                b'o' => ("0", format!("{number:o}")),
                b'x' => ("0x", format!("{number:x}")),
                b'X' => ("0X", format!("{number:X}")),
                _ => ("", number.to_string()),
            };
            let prefix = if spec.alternate && number != 0 {
                prefix
            } else {
                ""
            };
            spec.integer(prefix, digits, out);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => spec.float(call.number(arg)?, conversion, out),
        b'q' => quote(&call.bytes(arg)?, out),
        b's' => {
            let text = call.bytes(arg)?;
            match spec.precision {
                None if text.len() >= 100 => out.extend_from_slice(&text),
                precision => {
                    // As in C, a text that is formatted ends at its first zero byte.
                    let end = memchr::memchr(0, &text).unwrap_or(text.len());
                    spec.pad(&text[..end.min(precision.unwrap_or(end))], out);
                }
            }
        }
        other => return Err(unknown(other)),
    }
    Ok(())
}

/// Appends a text as Lua would read it again.
fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend([b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            0 => out.extend_from_slice(b"\\000"),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}
