//! Walks over the elements of one value: what SSCAN, HSCAN and ZSCAN have in common.
//!
//! Always true: an absent key is an empty walk, whatever the options say.
//! Not here: what a cursor means — the types of the engine; walks over keys — `generic/scan.rs`.

use russet_resp::{Args, Output, Reply};

use super::generic::scan::{COUNT_DEFAULT, Pattern, parse_cursor};
use crate::args::{Cursor, integer};
use crate::error::CommandError;

/// What a client wants of a walk.
pub(super) struct Wish<'a> {
    /// How many elements it should visit.
    pub(super) count: usize,
    /// Which elements it should show.
    pub(super) pattern: Pattern<'a>,
    /// Whether only the fields of a hash, or the members of a sorted set, are wanted.
    pub(super) without_values: bool,
}

/// Reads the cursor, which stands behind the key.
pub(super) fn cursor(args: Args<'_>) -> Result<u64, CommandError> {
    parse_cursor(&args[2]).ok_or(CommandError::InvalidCursor)
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
        let mut wish = Self {
            count: COUNT_DEFAULT,
            pattern: Pattern(b"*"),
            without_values: false,
        };
        let mut rest = Cursor::new(args, 3);
        while rest.has_more() {
            if let Some(count) = rest.eat_valued("COUNT") {
                let count = integer(count)?;
                if count < 1 {
                    return Err(CommandError::Syntax);
                }
                wish.count = usize::try_from(count).unwrap_or(usize::MAX);
            } else if let Some(pattern) = rest.eat_valued("MATCH") {
                wish.pattern = Pattern(pattern);
            } else if word.is_some_and(|word| rest.eat(word)) {
                wish.without_values = true;
            } else if rest.eat("NOVALUES") {
                return Err(CommandError::NoValuesOutsideHscan);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(wish)
    }
}

/// Writes the reply of a walk: `walk` shows elements, and returns the next cursor and how many
/// replies it wrote.
pub(super) fn write(reply: &mut Reply<'_>, walk: impl FnOnce(&mut Reply<'_>) -> (u64, usize)) {
    // The cursor stands before the elements in the reply, but is known only after them.
    let mut page = Output::new();
    let (next, len) = walk(&mut Reply::new(&mut page, reply.protocol()));
    reply.array(2);
    reply.bulk(next.to_string().as_bytes());
    reply.array(len);
    for chunk in page.chunks() {
        reply.raw(chunk);
    }
}

/// Writes the reply of a walk over what is not there.
pub(super) fn write_empty(reply: &mut Reply<'_>) {
    write(reply, |_| (0, 0));
}
