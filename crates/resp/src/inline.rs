//! Inline requests: one line of words, as typed into telnet.
//!
//! ```text
//!  SET k  "two words\r\n\x00"  'it\'s'\r\n
//!  ─── ─  ───────────────────  ───────
//!  span   escapes: own buffer  own buffer         a quote may open inside a word and ends it
//! ```
//!
//! Always true: a word without escapes is a span; no word is longer than its source.
//! Not here: the end of the line and its limit — `request.rs`.

use bytes::Bytes;

use crate::args::Span;
use crate::error::ProtocolError;

/// Splits a line, without its end, into words. Spans are relative to the line's first byte,
/// indices of bulks to `bulks_start`.
pub(crate) fn split(
    line: &[u8],
    spans: &mut Vec<Span>,
    bulks: &mut Vec<Bytes>,
    bulks_start: usize,
) -> Result<(), ProtocolError> {
    let mut pos = 0;
    while let Some(blank) = line
        .get(pos..)
        .and_then(|rest| rest.iter().position(is_word))
    {
        let start = pos + blank;
        let len = line[start..].iter().take_while(|b| is_plain(b)).count();
        let plain = &line[start..start + len];
        let quote = match line.get(start + len) {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => {
                spans.push(span(start, len)?);
                pos = start + len;
                continue;
            }
        };
        let open = start + len + 1;
        let close = open + closing(&line[open..], quote)?;
        let quoted = &line[open..close];
        if plain.is_empty() && !quoted.contains(&b'\\') {
            spans.push(span(open, quoted.len())?);
        } else {
            let mut word = plain.to_vec();
            unescape(quoted, quote, &mut word);
            spans.push(own(word, bulks, bulks_start)?);
        }
        pos = close + 1;
        if line.get(pos).is_some_and(|next| !is_space(*next)) {
            return Err(ProtocolError::UnbalancedQuotes);
        }
    }
    Ok(())
}

fn span(start: usize, len: usize) -> Result<Span, ProtocolError> {
    match (u32::try_from(start), u32::try_from(len)) {
        (Ok(start), Ok(len)) => Ok(Span::within(start, len)),
        _ => Err(ProtocolError::RequestTooLarge),
    }
}

fn own(word: Vec<u8>, bulks: &mut Vec<Bytes>, start: usize) -> Result<Span, ProtocolError> {
    let idx = u32::try_from(bulks.len() - start).map_err(|_| ProtocolError::RequestTooLarge)?;
    bulks.push(Bytes::from(word));
    Ok(Span::bulk(idx))
}

/// The offset of the quote that ends a quoted word.
fn closing(rest: &[u8], quote: u8) -> Result<usize, ProtocolError> {
    let mut pos = 0;
    while let Some(&byte) = rest.get(pos) {
        if byte == quote {
            return Ok(pos);
        }
        // Between double quotes a backslash hides any byte, between single ones only a quote.
        let hides = byte == b'\\' && (quote == b'"' || rest.get(pos + 1) == Some(&b'\''));
        pos += if hides { 2 } else { 1 };
    }
    Err(ProtocolError::UnbalancedQuotes)
}

/// Appends what a quoted word means.
fn unescape(mut quoted: &[u8], quote: u8, word: &mut Vec<u8>) {
    while let Some((&first, rest)) = quoted.split_first() {
        let (byte, rest) = match (first, rest) {
            (b'\\', [b'x', high, low, after @ ..]) if quote == b'"' => match hex(*high, *low) {
                Some(byte) => (byte, after),
                None => (b'x', &rest[1..]),
            },
            (b'\\', [escaped, after @ ..]) if quote == b'"' => (control(*escaped), after),
            (b'\\', [b'\'', after @ ..]) if quote == b'\'' => (b'\'', after),
            _ => (first, rest),
        };
        word.push(byte);
        quoted = rest;
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn control(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// The bytes that separate words.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn is_word(byte: &u8) -> bool {
    !is_space(*byte)
}

/// The bytes that continue a word outside quotes.
// COMPAT: a vertical tab or form feed separates words but does not end one.
fn is_plain(byte: &u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (mut spans, mut bulks) = (Vec::new(), Vec::new());
        split(line, &mut spans, &mut bulks, 0).ok()?;
        let args = crate::Args::new(line, &spans, &bulks);
        Some(args.iter().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn lines_split_as_redis_splits_them() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"", &[]),
            (b" \t\x0b\x0c ", &[]),
            (b"PING", &[b"PING"]),
            (b"  SET  k   v ", &[b"SET", b"k", b"v"]),
            (b"a\x0bb \x0bc", &[b"a\x0bb", b"c"]),
            (b"ECHO \"\"", &[b"ECHO", b""]),
            (b"ECHO ''", &[b"ECHO", b""]),
            (b"ECHO \"two words\"", &[b"ECHO", b"two words"]),
            (
                b"ECHO \"\\x41\\n\\r\\t\\b\\a\\q\"",
                &[b"ECHO", b"A\n\r\t\x08\x07q"],
            ),
            (b"ECHO \"\\x4\\xzz\\xAf\"", &[b"ECHO", b"x4xzz\xaf"]),
            (b"ECHO 'a\\'b\\n\\\\ '", &[b"ECHO", b"a'b\\n\\\\ "]),
            (b"ECHO \"a'b\" 'c\"d'", &[b"ECHO", b"a'b", b"c\"d"]),
            (b"ECHO ab\"cd ef\"", &[b"ECHO", b"abcd ef"]),
            (b"ECHO a\\b", &[b"ECHO", b"a\\b"]),
            (b"ECHO \"\\\"\"", &[b"ECHO", b"\""]),
            (b"ECHO \x00\xff", &[b"ECHO", b"\x00\xff"]),
        ];
        for (line, expect) in cases {
            let expect: Vec<Vec<u8>> = expect.iter().map(|word| word.to_vec()).collect();
            assert_eq!(words(line), Some(expect), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn quotes_that_do_not_balance_are_refused() {
        let cases: &[&[u8]] = &[
            b"\"",
            b"'",
            b"a\"",
            b"\"a\"b",
            b"'a'b",
            b"\"a\\\"",
            b"'a\\'",
            b"\"\\",
            b"\"a\"\"b\"",
        ];
        for line in cases {
            assert_eq!(words(line), None, "{}", line.escape_ascii());
        }
    }
}
