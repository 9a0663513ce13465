//! KEYS, SCAN, RANDOMKEY: finding keys without knowing their names.
//!
//! Always true: no key is shown whose deadline has passed.
//! Not here: what a cursor means — the engine's `Db::scan`.

use russet_base::glob;
use russet_engine::{Kind, ScannedKey};
use russet_resp::Args;
use smallvec::SmallVec;

use crate::args::{Cursor, integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;
use crate::family::walk;

/// How many keys or elements a scan visits without COUNT.
pub(in crate::family) const COUNT_DEFAULT: usize = 10;

pub(super) fn keys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pattern = Pattern(&args[1]);
    let mut len = 0;
    let list = cx.reply.begin_array();
    cx.keyspace.db(cx.db).for_each(&mut |found| {
        if pattern.matches(found.key) {
            cx.reply.bulk(found.key);
            len += 1;
        }
    });
    cx.reply.end_array(list, len);
    Ok(Flow::Done)
}

pub(super) fn scan(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = parse_cursor(&args[1]).ok_or(CommandError::InvalidCursor)?;
    let wish = Wish::read(args)?;
    let mut db = cx.keyspace.db(cx.db);
    let count = wish.count.min(db.len().max(1));
    walk::write(&mut cx.reply, |keys| {
        let mut len = 0;
        let next = db.scan(cursor, count, &mut |found| {
            if wish.admits(&found) {
                keys.bulk(found.key);
                len += 1;
            }
        });
        (next, len)
    });
    Ok(Flow::Done)
}

pub(super) fn randomkey(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    // A key that has expired goes when it is looked at, so each round finds one or removes one,
    // unless those that expired are kept.
    let mut draws = match cx.keyspace.keeps_expired() {
        true => KEPT_DRAWS_MAX,
        false => usize::MAX,
    };
    while draws > 0 {
        let mut db = cx.keyspace.db(cx.db);
        let Some(key) = db.random_key() else {
            break;
        };
        let key: SmallVec<[u8; 64]> = SmallVec::from_slice(key);
        if db.contains(&key) {
            cx.reply.bulk(&key);
            return Ok(Flow::Done);
        }
        draws -= 1;
    }
    cx.reply.null();
    Ok(Flow::Done)
}

/// How often RANDOMKEY draws while expired keys are kept, so that all of them may have expired.
const KEPT_DRAWS_MAX: usize = 100;

/// A glob pattern of which the commonest needs no matching.
pub(in crate::family) struct Pattern<'a>(pub(in crate::family) &'a [u8]);

impl Pattern<'_> {
    /// Whether this is one of what it stands for.
    pub(in crate::family) fn matches(&self, key: &[u8]) -> bool {
        self.0 == b"*" || glob::matches(self.0, key)
    }
}

/// Which type of values a SCAN wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WantedKind {
    Any,
    Only(Kind),
    /// COMPAT: a type that nobody knows is no error, but nothing is of it.
    Unknown,
}

/// The options of a SCAN.
struct Wish<'a> {
    pattern: Pattern<'a>,
    count: usize,
    kind: WantedKind,
}

impl<'a> Wish<'a> {
    fn read(args: Args<'a>) -> Result<Self, CommandError> {
        let mut wish = Self {
            pattern: Pattern(b"*"),
            count: COUNT_DEFAULT,
            kind: WantedKind::Any,
        };
        let mut rest = Cursor::new(args, 2);
        while rest.has_more() {
            if let Some(count) = rest.eat_valued("COUNT") {
                let count = integer(count)?;
                if count < 1 {
                    return Err(CommandError::Syntax);
                }
                wish.count = usize::try_from(count).unwrap_or(usize::MAX);
            } else if let Some(pattern) = rest.eat_valued("MATCH") {
                wish.pattern = Pattern(pattern);
            } else if let Some(name) = rest.eat_valued("TYPE") {
                wish.kind = kind_by_name(name);
            } else if rest.eat("NOVALUES") {
                return Err(CommandError::NoValuesOutsideHscan);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(wish)
    }

    fn admits(&self, found: &ScannedKey<'_>) -> bool {
        let kind = match self.kind {
            WantedKind::Any => true,
            WantedKind::Only(kind) => found.kind == kind,
            WantedKind::Unknown => false,
        };
        kind && self.pattern.matches(found.key)
    }
}

fn kind_by_name(name: &[u8]) -> WantedKind {
    [
        Kind::String,
        Kind::List,
        Kind::Set,
        Kind::Zset,
        Kind::Hash,
        Kind::Stream,
    ]
    .into_iter()
    .find(|kind| is_word(name, kind.name()))
    .map_or(WantedKind::Unknown, WantedKind::Only)
}

/// Reads a cursor: 64 unsigned bits in decimal.
///
/// COMPAT: white space and a plus sign before the digits are forgiven.
pub(in crate::family) fn parse_cursor(arg: &[u8]) -> Option<u64> {
    let start = arg.iter().position(|byte| !is_space(*byte))?;
    let digits = match &arg[start..] {
        [b'+', digits @ ..] => digits,
        digits => digits,
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

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
            (b"-1", None),
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
