//! Numbers as C reads them: as much of a text as is one.
//!
//! Always true: it never fails; what is beyond the range is the end of the range.
//! Not here: strict numbers — `russet_base::num`

/// The number that a text begins with, as `strtol` reads it, and what follows it. Without any
/// digits it is 0, and all of the text follows.
pub(crate) fn leading_number(text: &[u8]) -> (i64, &[u8]) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    let (is_negative, digits) = match &text[blanks..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let len = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if len == 0 {
        return (0, text);
    }
    let number = digits[..len].iter().fold(0_i64, |number, digit| {
        let digit = i64::from(digit - b'0');
        let number = number.saturating_mul(10);
        match is_negative {
            true => number.saturating_sub(digit),
            false => number.saturating_add(digit),
        }
    });
    (number, &digits[len..])
}

#[cfg(test)]
mod tests {
    use super::leading_number;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        let cases: [(&str, i64, &str); 10] = [
            ("12", 12, ""),
            (" \t+7x", 7, "x"),
            ("-3\r\n", -3, "\r\n"),
            ("", 0, ""),
            (" -", 0, " -"),
            ("x1", 0, "x1"),
            ("007", 7, ""),
            ("9223372036854775808.", i64::MAX, "."),
            ("-9223372036854775808", i64::MIN, ""),
            ("-99999999999999999999", i64::MIN, ""),
        ];
        for (text, number, rest) in cases {
            assert_eq!(
                leading_number(text.as_bytes()),
                (number, rest.as_bytes()),
                "{text}"
            );
        }
    }
}
