//! Walks over keys, or over the elements of a value: what SCAN, SSCAN, HSCAN and ZSCAN share.
//!
//! Always true: an absent key is an empty walk, whatever the options say.
//! Not here: what a cursor means — the engine; the types that SCAN asks for — `generic/scan.rs`.

use russet_base::glob;
use russet_base::num::parse_u64;
use russet_resp::{Args, Reply};

use crate::args::{Cursor, integer, lenient_u64};
use crate::error::CommandError;

/// How much a client wants of a walk at once, and what of it.
pub(super) struct Page<'a> {
    /// How many keys or elements it should visit.
    pub(super) count: usize,
    /// Which of them it should show.
    pub(super) pattern: Pattern<'a>,
}

impl<'a> Page<'a> {
    /// Reads the options from `at` on; `other` takes those that only one command has.
    pub(super) fn read(
        args: Args<'a>,
        at: usize,
        mut other: impl FnMut(&mut Cursor<'a>) -> bool,
    ) -> Result<Self, CommandError> {
        let mut page = Self {
            count: COUNT_DEFAULT,
            pattern: Pattern(b"*"),
        };
        let mut rest = Cursor::new(args, at);
        while rest.has_more() {
            if let Some(count) = rest.eat_valued("COUNT") {
                let count = integer(count)?;
                if count < 1 {
                    return Err(CommandError::Syntax);
                }
                page.count = usize::try_from(count).unwrap_or(usize::MAX);
            } else if let Some(pattern) = rest.eat_valued("MATCH") {
                page.pattern = Pattern(pattern);
            } else if !other(&mut rest) {
                return Err(match rest.eat("NOVALUES") {
                    true => CommandError::NoValuesOutsideHscan,
                    false => CommandError::Syntax,
                });
            }
        }
        Ok(page)
    }
}

/// A glob pattern of which the commonest needs no matching.
pub(super) struct Pattern<'a>(pub(super) &'a [u8]);

impl Pattern<'_> {
    /// Whether this is one of what it stands for.
    pub(super) fn matches(&self, key: &[u8]) -> bool {
        self.0 == b"*" || glob::matches(self.0, key)
    }
}

/// The options of a walk over the elements of a value.
pub(super) struct Wish<'a> {
    /// How much of it.
    pub(super) page: Page<'a>,
    /// Whether only the fields of a hash, or the members of a sorted set, are wanted.
    pub(super) without_values: bool,
}

impl<'a> Wish<'a> {
    /// Reads the options behind the cursor. Only hashes have values to leave out.
    pub(super) fn read(args: Args<'a>, has_values: bool) -> Result<Self, CommandError> {
        Self::read_with(args, has_values.then_some("NOVALUES"))
    }

    /// Reads the options behind the cursor, for a sorted set.
    pub(super) fn read_scored(args: Args<'a>) -> Result<Self, CommandError> {
        Self::read_with(args, Some("NOSCORES"))
    }

    /// Reads options; `word` leaves out what stands beside each element.
    fn read_with(args: Args<'a>, word: Option<&str>) -> Result<Self, CommandError> {
        let mut without_values = false;
        let page = Page::read(args, 3, |rest| {
            let is_word = word.is_some_and(|word| rest.eat(word));
            without_values |= is_word;
            is_word
        })?;
        Ok(Self {
            page,
            without_values,
        })
    }
}

/// Reads the argument that is a cursor.
pub(super) fn cursor(arg: &[u8]) -> Result<u64, CommandError> {
    parse_cursor(arg).ok_or(CommandError::InvalidCursor)
}

/// Reads a cursor: 64 unsigned bits in decimal.
///
/// COMPAT: what the C library reads is forgiven, as white space and signs before the digits.
fn parse_cursor(arg: &[u8]) -> Option<u64> {
    parse_u64(arg).or_else(|| lenient_u64(arg))
}

/// Writes the reply of a walk: `walk` shows elements, and returns the next cursor and how many
/// replies it wrote.
pub(super) fn write(reply: &mut Reply<'_>, walk: impl FnOnce(&mut Reply<'_>) -> (u64, usize)) {
    // The cursor stands before the elements in the reply, but is known only after them.
    let whole = reply.begin_array();
    let elements = reply.begin_array();
    let (next, len) = walk(reply);
    reply.end_array(elements, len);
    reply.end_scan(whole, next);
}

/// Writes the reply of a walk over what is not there.
pub(super) fn write_empty(reply: &mut Reply<'_>) {
    write(reply, |_| (0, 0));
}

/// How many keys or elements a walk visits without COUNT.
const COUNT_DEFAULT: usize = 10;

#[cfg(test)]
mod tests {
    use super::parse_cursor;

    #[test]
    fn cursors_are_unsigned_decimals_with_some_forgiveness() {
        let cases: &[(&[u8], Option<u64>)] = &[
            (b"0", Some(0)),
            (b"00", Some(0)),
            (b"+1", Some(1)),
            (b" \t1", Some(1)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"18446744073709551616", None),
            (b"99999999999999999999", None),
            (b"", None),
            (b" ", None),
            (b"+", None),
            (b"-0", Some(0)),
            (b"1\0x", Some(1)),
            (b"\0", None),
            (b"-01", Some(u64::MAX)),
            (b" -5", Some(u64::MAX - 4)),
            (b"-9223372036854775809", Some(i64::MAX as u64)),
            (b"-1", None),
            (b"-9223372036854775808", None),
            (b"-18446744073709551616", None),
            (b"-+1", None),
            (b"1 ", None),
            (b"0x0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse_cursor(text),
                *expected,
                "{:?}",
                text.escape_ascii().to_string()
            );
        }
    }
}
