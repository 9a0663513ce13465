//! Bounds as they are written: `5`, `(5`, `-inf`; `[member`, `(member`, `-`, `+`; ranks.
//!
//! Not here: what lies between bounds — the engine's `Span`.

use std::ops::Range;

use russet_engine::{MemberBound, ScoreBound, Span};

use crate::args::integer;
use crate::error::CommandError;

/// Reads the bounds of scores.
pub(super) fn scores(min: &[u8], max: &[u8]) -> Result<Span<'static>, CommandError> {
    let min = score_bound(min).ok_or(CommandError::ScoreBound)?;
    let max = score_bound(max).ok_or(CommandError::ScoreBound)?;
    Ok(Span::Scores(min, max))
}

/// Reads the bounds of members.
pub(super) fn members<'a>(min: &'a [u8], max: &'a [u8]) -> Result<Span<'a>, CommandError> {
    let min = member_bound(min).ok_or(CommandError::MemberBound)?;
    let max = member_bound(max).ok_or(CommandError::MemberBound)?;
    Ok(Span::Members(min, max))
}

/// Ranks as they are written: negative ones count from the end, and the last is within.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranks {
    start: i64,
    stop: i64,
}

impl Ranks {
    pub(super) fn read(start: &[u8], stop: &[u8]) -> Result<Self, CommandError> {
        Ok(Self {
            start: integer(start)?,
            stop: integer(stop)?,
        })
    }

    /// The part of these ranks that exists among `len` members.
    pub(super) fn of(self, len: usize) -> Range<usize> {
        let len = len as i64;
        let from_start = |rank: i64| {
            if rank < 0 {
                rank.saturating_add(len)
            } else {
                rank
            }
        };
        let start = from_start(self.start).max(0);
        let stop = from_start(self.stop).min(len - 1);
        match start > stop {
            true => 0..0,
            false => start as usize..stop as usize + 1,
        }
    }

    /// The same, counted from the last member.
    pub(super) fn of_reversed(self, len: usize) -> Range<usize> {
        let ranks = self.of(len);
        match ranks.is_empty() {
            true => 0..0,
            false => len - ranks.end..len - ranks.start,
        }
    }
}

fn score_bound(text: &[u8]) -> Option<ScoreBound> {
    match text {
        [b'(', text @ ..] => number(text).map(ScoreBound::beyond),
        text => number(text).map(ScoreBound::at),
    }
}

/// COMPAT: bounds are read otherwise than scores, as since Redis 8: up to a zero byte, in decimals
/// only; what is too large is infinite, what is too small is zero, and nothing at all is zero, too.
fn number(text: &[u8]) -> Option<f64> {
    let end = text.iter().position(|&byte| byte == 0);
    let text = &text[..end.unwrap_or(text.len())];
    if text.is_empty() {
        return Some(0.0);
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!number.is_nan()).then_some(number)
}

fn member_bound(text: &[u8]) -> Option<MemberBound<'_>> {
    match text {
        b"-" => Some(MemberBound::Lowest),
        b"+" => Some(MemberBound::Highest),
        [b'[', member @ ..] => Some(MemberBound::At(member)),
        [b'(', member @ ..] => Some(MemberBound::Beyond(member)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_scores_are_read_with_some_forgiveness() {
        let cases: &[(&str, Option<(f64, bool)>)] = &[
            ("1.5", Some((1.5, false))),
            ("(1.5", Some((1.5, true))),
            ("-inf", Some((f64::NEG_INFINITY, false))),
            ("(+inf", Some((f64::INFINITY, true))),
            ("", Some((0.0, false))),
            ("(", Some((0.0, true))),
            (" 7", None),
            ("1e400", Some((f64::INFINITY, false))),
            ("1e-400", Some((0.0, false))),
            ("0x10", None),
            ("1\0x", Some((1.0, false))),
            ("nan", None),
            ("(nan", None),
            ("7 ", None),
            (" ", None),
            ("((1", None),
            ("x", None),
        ];
        for (text, expected) in cases {
            let bound = score_bound(text.as_bytes());
            assert_eq!(bound.map(|b| (b.score, b.excludes)), *expected, "{text:?}");
        }
    }

    #[test]
    fn ranks_are_cut_to_what_is_there() {
        let cases = [
            (0, -1, 5, 0..5),
            (1, 2, 5, 1..3),
            (-2, -1, 5, 3..5),
            (-100, 100, 5, 0..5),
            (3, 2, 5, 0..0),
            (5, 9, 5, 0..0),
            (0, -6, 5, 0..0),
            (i64::MIN, i64::MAX, 5, 0..5),
            (0, -1, 0, 0..0),
        ];
        for (start, stop, len, expected) in cases {
            let ranks = Ranks { start, stop };
            assert_eq!(ranks.of(len), expected, "{start} {stop} of {len}");
        }
        assert_eq!(Ranks { start: 0, stop: 1 }.of_reversed(5), 3..5);
    }
}
