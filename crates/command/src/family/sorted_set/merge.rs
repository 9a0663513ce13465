//! How sorted sets and sets are combined: what any of them has, what all have, what one has and
//! others have not. The members of a set have the score 1.
//!
//! ```text
//!  SUM    the sum of weighted scores        MIN, MAX   the least, the greatest weighted score
//!  COUNT  the sum of weights
//! ```
//! Always true: no score is NaN: a product or sum that is not a number counts as 0.
//! Not here: keys and replies — `combine.rs`.

use russet_base::num::I64Buf;
use russet_engine::{Member, NewZset, SetRef, ZsetRef};

/// How the scores of a member in several sources become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Min,
    Max,
    Count,
}

/// A sorted set or a set.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    Zset(ZsetRef<'a>),
    Set(SetRef<'a>),
}

/// A source: a key's value, if it exists, and its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) body: Option<Body<'a>>,
    pub(super) weight: f64,
}

impl<'a> Source<'a> {
    pub(super) fn len(&self) -> usize {
        match self.body {
            Some(Body::Zset(zset)) => zset.len(),
            Some(Body::Set(set)) => set.len(),
            None => 0,
        }
    }

    fn score(&self, member: Member<'_>) -> Option<f64> {
        let mut digits = I64Buf::new();
        match self.body? {
            Body::Zset(zset) => zset.score(member.as_bytes(&mut digits)),
            // The digits of an integer may be bytes in a sorted set, but never in a set.
            Body::Set(set) => {
                let member = member.as_bytes(&mut digits);
                set.contains(member).then_some(1.0)
            }
        }
    }

    /// Shows members until `show` has seen enough.
    fn each(&self, mut show: impl FnMut(Member<'a>, f64) -> bool) {
        match self.body {
            Some(Body::Zset(zset)) => {
                zset.iter().all(|scored| show(scored.member, scored.score));
            }
            Some(Body::Set(set)) => {
                set.iter().all(|member| show(member, 1.0));
            }
            None => {}
        }
    }

    /// The score that a member of this source adds to the result.
    fn share(&self, score: f64, aggregate: Aggregate) -> f64 {
        match aggregate {
            Aggregate::Count => self.weight,
            _ => self.weight * score,
        }
    }
}

impl Aggregate {
    fn of(self, sum: f64, share: f64) -> f64 {
        match self {
            Self::Sum | Self::Count => number(sum + share),
            Self::Min if share < sum => share,
            Self::Max if share > sum => share,
            Self::Min | Self::Max => sum,
        }
    }
}

fn number(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// Sources in the order in which they are combined: the smallest first.
pub(super) fn by_size<'a>(sources: &[Source<'a>]) -> Vec<Source<'a>> {
    let mut sorted = sources.to_vec();
    sorted.sort_by_key(Source::len);
    sorted
}

/// Adds what any source has.
pub(super) fn unite(sources: &[Source<'_>], aggregate: Aggregate, result: &mut NewZset) {
    for source in by_size(sources) {
        source.each(|member, score| {
            let share = number(source.share(score, aggregate));
            result.put(member, |sum| {
                Some(sum.map_or(share, |sum| aggregate.of(sum, share)))
            });
            true
        });
    }
}

/// Shows what all sources have, with its score, until `show` has seen enough.
pub(super) fn intersect<'a>(
    sources: &[Source<'a>],
    aggregate: Aggregate,
    mut show: impl FnMut(Member<'a>, f64) -> bool,
) {
    let sorted = by_size(sources);
    let Some((smallest, others)) = sorted.split_first() else {
        return;
    };
    smallest.each(|member, score| {
        let mut sum = number(smallest.share(score, aggregate));
        for other in others {
            let Some(score) = other.score(member) else {
                return true;
            };
            sum = aggregate.of(sum, other.share(score, aggregate));
        }
        show(member, sum)
    });
}

/// Adds what the first source has and no other.
pub(super) fn subtract(sources: &[Source<'_>], result: &mut NewZset) {
    let Some((first, others)) = sources.split_first() else {
        return;
    };
    first.each(|member, score| {
        if !others.iter().any(|other| other.score(member).is_some()) {
            result.put(member, |_| Some(score));
        }
        true
    });
}
