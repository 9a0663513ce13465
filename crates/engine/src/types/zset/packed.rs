//! Small sorted sets: a listpack of members and scores in turn, in order.
//!
//! A score that is whole is an integer in the listpack, any other is its text.
//!
//! Always true: scores read from packed bytes are never NaN.
//! Not here: when a sorted set is packed — `edit.rs`

use russet_base::num::{F64Buf, I64Buf, format_f64, parse_f64};
use russet_pack::listpack::{self, Entry, Listpack};
use smallvec::SmallVec;

use super::leaf::{Probe, Record};

/// Whole scores up to this magnitude are integers in a listpack.
const WHOLE_MAX: f64 = (1u64 << 62) as f64;

/// A view of a packed sorted set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs<'a>(pub(super) Listpack<'a>);

/// A member with its score, and where both lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) at: usize,
    pub(super) score_at: usize,
    pub(super) end: usize,
    pub(super) member: Entry<'a>,
    pub(super) score: f64,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Listpack::new(bytes))
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.0.len() / 2
    }

    /// The pair at an offset.
    #[inline]
    pub(super) fn pair(self, at: usize) -> Option<Pair<'a>> {
        if at >= self.0.end() {
            return None;
        }
        let (member, score_at) = self.0.read(at)?;
        let (score, end) = self.0.read(score_at)?;
        Some(Pair {
            at,
            score_at,
            end,
            member,
            score: score_of(score),
        })
    }

    /// The pair before an offset.
    #[inline]
    pub(super) fn pair_before(self, at: usize) -> Option<Pair<'a>> {
        self.pair(self.0.prev(self.0.prev(at)?)?)
    }

    /// The pair of a member, and its rank.
    pub(super) fn find(self, member: &[u8]) -> Option<Pair<'a>> {
        self.pair(self.0.find(member, 1)?)
    }

    /// Where the pair of a rank begins; the end if there is none.
    pub(super) fn offset(self, rank: usize) -> usize {
        let entry = rank
            .checked_mul(2)
            .and_then(|entry| i64::try_from(entry).ok());
        let offset = entry.and_then(|entry| self.0.seek(entry));
        offset.unwrap_or(self.0.end())
    }

    /// The place that a probe says: its offset, and how many pairs are before it.
    pub(super) fn seek(self, probe: &Probe<'_>) -> (usize, usize) {
        let (mut at, mut rank) = (listpack::HEADER_LEN, 0);
        let mut digits = I64Buf::new();
        while let Some(pair) = self.pair(at) {
            let is_after = probe.is_after_score(pair.score).unwrap_or_else(|| {
                let (score, member) = (pair.score, pair.member.as_bytes(&mut digits));
                probe.is_after(Record { score, member })
            });
            if !is_after {
                break;
            }
            at = pair.end;
            rank += 1;
        }
        (at.min(self.0.end()), rank)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Pair<'a>> {
        let mut at = listpack::HEADER_LEN;
        std::iter::from_fn(move || {
            let pair = self.pair(at)?;
            at = pair.end;
            Some(pair)
        })
    }
}

/// Appends the entry of a score.
pub(super) fn push_score(score: f64, out: &mut SmallVec<[u8; 128]>) {
    // COMPAT: a zero loses its sign.
    if score.abs() <= WHOLE_MAX && score.trunc() == score {
        listpack::encode_int(score as i64, out);
    } else {
        listpack::encode_str(format_f64(score, &mut F64Buf::new()).as_bytes(), out);
    }
}

fn score_of(entry: Entry<'_>) -> f64 {
    match entry {
        Entry::Int(number) => number as f64,
        Entry::Str(text) => parse_f64(text).unwrap_or(0.0),
    }
}
