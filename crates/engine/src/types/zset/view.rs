//! Reading sorted sets, packed or not.
//!
//! Always true: walks end, and show members in order, or in reverse.
//! Not here: changing them — `edit.rs`

use std::ops::Range;

use russet_base::num::I64Buf;
use russet_pack::listpack;

use super::leaf::{Probe, Record};
use super::packed::{Pair, Pairs};
use super::paged::{self, Zset};
use super::span::{Span, Spot};
use crate::types::form::{Collection, Form};
use crate::types::set::Member;

/// A member with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored<'a> {
    /// The member.
    pub member: Member<'a>,
    /// The score; never NaN.
    pub score: f64,
}

impl<'a> Scored<'a> {
    pub(super) fn of_record(record: Record<'a>) -> Self {
        Self {
            member: Member::Str(record.member),
            score: record.score,
        }
    }

    pub(super) fn of_pair(pair: Pair<'a>) -> Self {
        Self {
            member: pair.member,
            score: pair.score,
        }
    }
}

/// A sorted set, borrowed.
///
/// # Examples
/// ```
/// use russet_engine::{Keyspace, Options, ScoreBound, Span, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// let mut scores = db.zset_mut(b"scores")?;
/// for (member, score) in [(b"ann", 12.0), (b"bob", 7.5), (b"eve", 30.0)] {
///     scores.put(member, |_| Some(score));
/// }
/// let scores = db.zset(b"scores", Touch::Yes)?.expect("it was just made");
/// assert_eq!(scores.len(), 3);
/// assert_eq!(scores.rank(b"ann"), Some((1, 12.0)));
/// let above_ten = Span::Scores(ScoreBound::beyond(10.0), ScoreBound::at(f64::INFINITY));
/// assert_eq!(scores.ranks(&above_ten), 1..3);
/// let best = scores.walk_back(above_ten).next().expect("two are above ten");
/// assert_eq!(best.score, 30.0);
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ZsetRef<'a> {
    form: ZsetForm<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ZsetForm<'a> {
    Packed(Pairs<'a>),
    Paged(&'a Zset),
}

impl<'a> ZsetRef<'a> {
    /// Pages, whoever holds them.
    pub(super) fn of_pages(zset: &'a Zset) -> Self {
        Self {
            form: ZsetForm::Paged(zset),
        }
    }
}

impl<'a> ZsetForm<'a> {
    #[inline]
    pub(super) fn of(form: Form<'a>) -> Self {
        match form {
            Form::Packed(bytes) => Self::Packed(Pairs::new(bytes)),
            Form::Paged(Collection::Zset(zset)) => Self::Paged(zset),
            Form::Paged(_) => unreachable!("the kind was looked at"),
        }
    }
}

impl<'a> ZsetRef<'a> {
    #[inline]
    pub(crate) fn new(form: Form<'a>) -> Self {
        Self {
            form: ZsetForm::of(form),
        }
    }

    /// How many members there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self.form {
            ZsetForm::Packed(pairs) => pairs.len(),
            ZsetForm::Paged(zset) => zset.len(),
        }
    }

    /// Whether there are none: never of a key that exists.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The listpack that holds it, if it is packed.
    pub fn listpack(&self) -> Option<&'a [u8]> {
        match self.form {
            ZsetForm::Packed(pairs) => Some(pairs.0.bytes()),
            ZsetForm::Paged(_) => None,
        }
    }

    /// The score of a member.
    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match self.form {
            ZsetForm::Packed(pairs) => pairs.find(member).map(|pair| pair.score),
            ZsetForm::Paged(zset) => zset.score(member),
        }
    }

    /// The rank of a member, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match self.form {
            ZsetForm::Packed(pairs) => {
                let found = pairs.find(member)?;
                let rank = pairs.iter().take_while(|pair| pair.at < found.at).count();
                Some((rank, found.score))
            }
            ZsetForm::Paged(zset) => zset.rank(member),
        }
    }

    /// The ranks of a span.
    pub fn ranks(&self, span: &Span<'_>) -> Range<usize> {
        let (start, end) = (self.rank_of(span.start()), self.rank_of(span.end()));
        start..end.max(start)
    }

    /// Walks over a span, from the lowest member to the highest.
    pub fn walk(&self, span: Span<'a>) -> ZsetWalk<'a> {
        self.walk_from(span.start(), span.end(), false)
    }

    /// Walks over a span, from the highest member to the lowest.
    pub fn walk_back(&self, span: Span<'a>) -> ZsetWalk<'a> {
        self.walk_from(span.end(), span.start(), true)
    }

    /// Walks over all members, from the lowest to the highest.
    pub fn iter(&self) -> ZsetWalk<'a> {
        self.walk(Span::Ranks(0..usize::MAX))
    }

    /// The member of a rank.
    pub fn get(&self, rank: usize) -> Option<Scored<'a>> {
        self.walk(Span::Ranks(rank..rank.saturating_add(1))).next()
    }

    /// Visits about `count` members from a cursor (0 starts) and returns the next cursor (0 ends).
    ///
    /// Every member that is present from the first call to the last is visited, and exactly once
    /// unless the sorted set stops being packed meanwhile. Cursors are below 2^48, and any number
    /// is safe to pass.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Scored<'a>)) -> u64 {
        match self.form {
            ZsetForm::Packed(pairs) => {
                pairs.iter().for_each(|pair| visit(Scored::of_pair(pair)));
                0
            }
            ZsetForm::Paged(zset) => {
                let mut show = |record: Record<'a>| visit(Scored::of_record(record));
                // Only the first bits of a hash choose, so a cursor needs no others.
                zset.scan(cursor << CURSOR_SHIFT, count, &mut show) >> CURSOR_SHIFT
            }
        }
    }

    #[inline]
    fn rank_of(&self, spot: Spot<'_>) -> usize {
        match (spot, self.form) {
            (Spot::Rank(rank), _) => rank.min(self.len()),
            (Spot::At(probe), ZsetForm::Packed(pairs)) => pairs.seek(&probe).1,
            (Spot::At(probe), ZsetForm::Paged(zset)) => zset.rank_of(&probe),
        }
    }

    #[inline]
    fn walk_from(&self, from: Spot<'a>, to: Spot<'a>, back: bool) -> ZsetWalk<'a> {
        let cursor = match self.form {
            ZsetForm::Packed(pairs) => {
                let at = match from {
                    Spot::Rank(rank) => pairs.offset(rank),
                    Spot::At(probe) => pairs.seek(&probe).0,
                };
                Cursor::Packed(pairs, at)
            }
            ZsetForm::Paged(zset) => Cursor::Paged(match from {
                Spot::Rank(rank) => zset.walk_rank(rank.min(zset.len())),
                Spot::At(probe) => zset.walk(&probe),
            }),
        };
        let (left, limit) = match (from, to) {
            (_, Spot::At(probe)) => (usize::MAX, Some(probe)),
            (Spot::Rank(from), Spot::Rank(to)) => {
                let len = self.len();
                let (low, high) = if back { (to, from) } else { (from, to) };
                (high.min(len).saturating_sub(low.min(len)), None)
            }
            // From a member on to one of the ends, or away from it.
            (Spot::At(_), Spot::Rank(to)) => match (to == 0) == back {
                true => (usize::MAX, None),
                false => (0, None),
            },
        };
        ZsetWalk {
            form: self.form,
            cursor,
            back,
            left,
            limit,
        }
    }
}

/// A cursor is the upper part of a hash, so that it is not too long a number.
const CURSOR_SHIFT: u32 = 16;

/// A walk over members of a sorted set.
#[derive(Debug, Clone)]
pub struct ZsetWalk<'a> {
    form: ZsetForm<'a>,
    cursor: Cursor<'a>,
    back: bool,
    left: usize,
    /// The place that the walk does not cross.
    limit: Option<Probe<'a>>,
}

#[derive(Debug, Clone)]
enum Cursor<'a> {
    Packed(Pairs<'a>, usize),
    Paged(paged::Walk<'a>),
}

impl<'a> ZsetWalk<'a> {
    /// Leaves out `count` members, in one step where that is possible.
    pub fn skip_members(&mut self, count: usize) {
        if let (Cursor::Paged(walk), ZsetForm::Paged(zset)) = (&mut self.cursor, self.form)
            && count > LEAF_STEPS
        {
            let rank = walk.rank();
            let rank = match self.back {
                true => rank.saturating_sub(count),
                false => rank.saturating_add(count).min(zset.len()),
            };
            *walk = zset.walk_rank(rank);
            self.left = self.left.saturating_sub(count);
            return;
        }
        for _ in 0..count {
            if self.next().is_none() {
                return;
            }
        }
    }

    #[inline]
    fn is_within(&self, scored: &Scored<'_>) -> bool {
        let Some(probe) = &self.limit else {
            return true;
        };
        let is_before_limit = match probe.is_after_score(scored.score) {
            Some(is_before) => is_before,
            None => {
                let mut digits = I64Buf::new();
                let (score, member) = (scored.score, scored.member.as_bytes(&mut digits));
                probe.is_after(Record { score, member })
            }
        };
        is_before_limit != self.back
    }
}

/// Fewer members than this are skipped one by one.
const LEAF_STEPS: usize = 16;

impl<'a> Iterator for ZsetWalk<'a> {
    type Item = Scored<'a>;

    #[inline]
    fn next(&mut self) -> Option<Scored<'a>> {
        if self.left == 0 {
            return None;
        }
        let scored = match (&mut self.cursor, self.back) {
            (Cursor::Paged(walk), false) => walk.next().map(Scored::of_record),
            (Cursor::Paged(walk), true) => walk.previous().map(Scored::of_record),
            (Cursor::Packed(pairs, at), false) => pairs.pair(*at).map(|pair| {
                *at = pair.end;
                Scored::of_pair(pair)
            }),
            (Cursor::Packed(pairs, at), true) if *at > listpack::HEADER_LEN => {
                pairs.pair_before(*at).map(|pair| {
                    *at = pair.at;
                    Scored::of_pair(pair)
                })
            }
            (Cursor::Packed(..), true) => None,
        };
        match scored {
            Some(scored) if self.is_within(&scored) => {
                self.left -= 1;
                Some(scored)
            }
            _ => {
                self.left = 0;
                None
            }
        }
    }
}
