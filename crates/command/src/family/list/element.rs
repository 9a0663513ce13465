//! Elements, indexes and ends: between requests, lists and replies.
//!
//! Always true: indexes count from 0 at the front, or from -1 at the back.
//! Not here: which commands use them — the other files of the family.

use russet_engine::{End, StringRef};
use russet_resp::{Bulks, Reply};
use smallvec::SmallVec;

use crate::args::is_word;
use crate::ctx::Ctx;
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// An element on its way from one list to another.
pub(super) type Element = SmallVec<[u8; 64]>;

/// Reads `LEFT` or `RIGHT`.
pub(super) fn end_of(arg: &[u8]) -> Result<End, CommandError> {
    if is_word(arg, "LEFT") {
        Ok(End::Front)
    } else if is_word(arg, "RIGHT") {
        Ok(End::Back)
    } else {
        Err(CommandError::Syntax)
    }
}

/// The event of a push at an end.
pub(super) const fn push_event(end: End) -> &'static str {
    match end {
        End::Front => "lpush",
        End::Back => "rpush",
    }
}

/// The event of a pop at an end.
pub(super) const fn pop_event(end: End) -> &'static str {
    match end {
        End::Front => "lpop",
        End::Back => "rpop",
    }
}

/// The command that pops at an end.
pub(super) const fn pop_command(end: End) -> &'static [u8] {
    match end {
        End::Front => b"LPOP",
        End::Back => b"RPOP",
    }
}

/// Writes an element.
#[inline]
pub(super) fn reply_element(reply: &mut Reply<'_>, element: StringRef<'_>) {
    match element {
        StringRef::Bytes(bytes) => reply.bulk(bytes),
        StringRef::Int(n) => reply.bulk_int(n),
        StringRef::Shared(bytes) => reply.bulk_shared(bytes.clone()),
    }
}

/// Writes an element among many.
#[inline]
pub(super) fn push_element(bulks: &mut Bulks<'_>, element: StringRef<'_>) {
    match element {
        StringRef::Bytes(bytes) => bulks.push(bytes),
        StringRef::Int(n) => bulks.push_int(n),
        StringRef::Shared(bytes) => bulks.push(bytes),
    }
}

/// Room for the replies of `count` elements, if they are short.
pub(super) fn room_for(count: usize) -> usize {
    count.saturating_mul(32).min(64 << 10)
}

/// A copy of an element.
pub(super) fn copy_of(element: StringRef<'_>) -> Element {
    Element::from_slice(&element.as_bytes())
}

/// The place of an index in a list of `len` elements; there may be no element there.
pub(super) fn absolute(index: i64, len: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// The elements from `start` to `stop`, both included, as the first and how many.
pub(super) fn clamp(start: i64, stop: i64, len: usize) -> (usize, usize) {
    let from = absolute(start, len).unwrap_or(0);
    let end = match absolute(stop, len) {
        Some(stop) => stop.saturating_add(1).min(len),
        None => 0,
    };
    match from < end {
        true => (from, end - from),
        false => (0, 0),
    }
}

/// Tells of elements that are gone from an end, and of the key if it is.
#[inline]
pub(super) fn settle_pop(cx: &mut Ctx<'_>, key: &[u8], end: End, popped: usize, is_gone: bool) {
    cx.dirty(popped as u64);
    cx.notify(NotifyClass::LIST, pop_event(end), key);
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", key);
    }
}

#[cfg(test)]
mod tests {
    use super::clamp;

    #[test]
    fn ranges_are_cut_to_the_list() {
        let cases: &[(i64, i64, usize, (usize, usize))] = &[
            (0, -1, 5, (0, 5)),
            (0, 0, 5, (0, 1)),
            (-2, -1, 5, (3, 2)),
            (-100, 100, 5, (0, 5)),
            (3, 2, 5, (0, 0)),
            (5, 9, 5, (0, 0)),
            (0, -6, 5, (0, 0)),
            (-1, -2, 5, (0, 0)),
            (i64::MIN, i64::MAX, 5, (0, 5)),
            (i64::MAX, i64::MAX, 5, (0, 0)),
            (i64::MIN, i64::MIN, 5, (0, 0)),
            (0, -1, 0, (0, 0)),
        ];
        for &(start, stop, len, expected) in cases {
            assert_eq!(clamp(start, stop, len), expected, "{start} {stop} of {len}");
        }
    }
}
