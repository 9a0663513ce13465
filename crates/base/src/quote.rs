//! The quoted form of byte strings, and the splitter of lines that may hold it.
//!
//! Logs, MONITOR, ACL LOG, CONFIG REWRITE and CLIENT LIST print bytes in double quotes with C-like
//! escapes; configuration lines are words, each bare, in double quotes (escapes) or in single
//! quotes (only `\'`).
//!
//! Always true: `split_words(quoted(bytes))` gives `bytes` back as the only word.
//! Not here: inline commands, which split the same way into ranges — `crates/resp/src/inline.rs`

/// A quote was not closed, or a closing quote touches the next word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbalanced;

impl std::fmt::Display for Unbalanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unbalanced quotes")
    }
}

impl std::error::Error for Unbalanced {}

/// Appends `bytes` in double quotes, everything unprintable escaped.
///
/// # Examples
/// ```
/// let mut out = Vec::new();
/// russet_base::quote::quote_into(b"a\tb\x00", &mut out);
/// assert_eq!(out, br#""a\tb\x00""#);
/// ```
pub fn quote_into(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'x', high, low]);
            }
        }
    }
    out.push(b'"');
}

/// The form that [`quote_into`] appends.
#[must_use]
pub fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    quote_into(bytes, &mut out);
    out
}

/// Splits a line into words, taking off quotes and escapes.
///
/// The line ends at its first zero byte, if it has one outside of quotes.
///
/// # Errors
/// [`Unbalanced`] when a quote is not closed, or when something follows a closing quote directly.
///
/// # Examples
/// ```
/// use russet_base::quote::{Unbalanced, split_words};
/// let words = split_words(br#" save "" 'it\'s' "\x41\n" "#).unwrap();
/// assert_eq!(words, [&b"save"[..], b"", b"it's", b"A\n"]);
/// assert_eq!(split_words(b"\"a\"b"), Err(Unbalanced));
/// ```
pub fn split_words(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = skip_blanks(rest);
        if matches!(rest, [] | [0, ..]) {
            return Ok(words);
        }
        let mut word = Vec::new();
        rest = read_word(rest, &mut word)?;
        words.push(word);
    }
}

/// Reads one word and returns what follows it.
fn read_word<'a>(line: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    let mut rest = line;
    loop {
        rest = match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t' | 0, ..] => return Ok(rest),
            [b'"', inner @ ..] => return read_double_quoted(inner, word),
            [b'\'', inner @ ..] => return read_single_quoted(inner, word),
            [byte, tail @ ..] => {
                word.push(*byte);
                tail
            }
        };
    }
}

fn read_double_quoted<'a>(inner: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    let mut rest = inner;
    loop {
        let (byte, tail) = match *rest {
            [] | [0, ..] => return Err(Unbalanced),
            [b'"', ref tail @ ..] => return end_of_quote(tail),
            [b'\\', b'x', high, low, ref tail @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                (nibble(high) << 4 | nibble(low), tail)
            }
            [b'\\', escaped, ref tail @ ..] if escaped != 0 => (unescaped(escaped), tail),
            [byte, ref tail @ ..] => (byte, tail),
        };
        word.push(byte);
        rest = tail;
    }
}

fn read_single_quoted<'a>(inner: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    let mut rest = inner;
    loop {
        let (byte, tail) = match *rest {
            [] | [0, ..] => return Err(Unbalanced),
            [b'\'', ref tail @ ..] => return end_of_quote(tail),
            [b'\\', b'\'', ref tail @ ..] => (b'\'', tail),
            [byte, ref tail @ ..] => (byte, tail),
        };
        word.push(byte);
        rest = tail;
    }
}

/// A closing quote must be followed by a blank or by the end of the line.
fn end_of_quote(tail: &[u8]) -> Result<&[u8], Unbalanced> {
    match tail {
        [] | [0, ..] => Ok(tail),
        [byte, ..] if is_blank(*byte) => Ok(tail),
        _ => Err(Unbalanced),
    }
}

fn skip_blanks(line: &[u8]) -> &[u8] {
    let start = line
        .iter()
        .position(|&byte| !is_blank(byte))
        .unwrap_or(line.len());
    &line[start..]
}

/// C's `isspace`.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn unescaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

fn nibble(hex_digit: u8) -> u8 {
    match hex_digit {
        b'0'..=b'9' => hex_digit - b'0',
        _ => (hex_digit | 0x20) - b'a' + 10,
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::{Unbalanced, quoted, split_words};

    fn check(line: &str, expect: Result<&[&str], Unbalanced>) {
        let words = split_words(line.as_bytes());
        let expect =
            expect.map(|words| words.iter().map(|word| word.as_bytes().to_vec()).collect());
        assert_eq!(words, expect, "{line:?}");
    }

    #[test]
    fn words_are_split_at_blanks_outside_of_quotes() {
        check("", Ok(&[]));
        check(" \t\r\n", Ok(&[]));
        check("a b  c", Ok(&["a", "b", "c"]));
        check("\"a b\" 'c d'", Ok(&["a b", "c d"]));
        check("pre\"fix\" x", Ok(&["prefix", "x"]));
        check("a\\nb", Ok(&["a\\nb"]));
        check("'a\\nb'", Ok(&["a\\nb"]));
        check("\"\\q\\\\\\x4\"", Ok(&["q\\x4"]));
        check("a\0b", Ok(&["a"]));
        check("a\x0bb", Ok(&["a\x0bb"]));
    }

    #[test]
    fn open_or_touching_quotes_are_refused() {
        for line in [
            "\"", "'", "\"a", "'a", "\"a\"b", "'a'b", "\"a\\\"", "'a\\'", "\"a\0\"",
        ] {
            check(line, Err(Unbalanced));
        }
    }

    #[test]
    fn all_bytes_survive_quoting() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(split_words(&quoted(&bytes)), Ok(vec![bytes]));
    }
}
