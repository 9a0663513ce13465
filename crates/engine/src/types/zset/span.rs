//! Which members of a sorted set are meant: by rank, by score, or by member among equal scores.
//!
//! Always true: the members of a span are neighbours; where both bounds cross there are none.
//! Not here: how bounds are written in commands — crate `russet-command`

use std::ops::Range;

use super::leaf::Probe;

/// A bound of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreBound {
    /// The score.
    pub score: f64,
    /// Whether members of exactly this score are excluded.
    pub excludes: bool,
}

impl ScoreBound {
    /// A bound that includes members of exactly this score.
    pub const fn at(score: f64) -> Self {
        Self {
            score,
            excludes: false,
        }
    }

    /// A bound that excludes members of exactly this score.
    pub const fn beyond(score: f64) -> Self {
        Self {
            score,
            excludes: true,
        }
    }
}

/// A bound of members, of a sorted set whose scores are all equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberBound<'a> {
    /// Before every member.
    Lowest,
    /// At this member, which is within.
    At(&'a [u8]),
    /// At this member, which is outside.
    Beyond(&'a [u8]),
    /// Behind every member.
    Highest,
}

/// A selection of members.
#[derive(Debug, Clone, PartialEq)]
pub enum Span<'a> {
    /// Members of these ranks; ranks behind the last are ignored.
    Ranks(Range<usize>),
    /// Members with scores between two bounds.
    Scores(ScoreBound, ScoreBound),
    /// Members between two bounds, where all scores are equal.
    Members(MemberBound<'a>, MemberBound<'a>),
}

/// A place between members.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot<'a> {
    /// Before the member of that rank.
    Rank(usize),
    /// Behind the members that this says.
    At(Probe<'a>),
}

impl<'a> Span<'a> {
    /// Where the span begins.
    pub(super) fn start(&self) -> Spot<'a> {
        match *self {
            Self::Ranks(ref ranks) => Spot::Rank(ranks.start),
            Self::Scores(min, _) => Spot::At(Probe::Score {
                score: min.score,
                after: min.excludes,
            }),
            Self::Members(MemberBound::Lowest, _) => Spot::Rank(0),
            Self::Members(MemberBound::Highest, _) => Spot::Rank(usize::MAX),
            Self::Members(MemberBound::At(member), _) => Spot::At(Probe::Member {
                member,
                after: false,
            }),
            Self::Members(MemberBound::Beyond(member), _) => Spot::At(Probe::Member {
                member,
                after: true,
            }),
        }
    }

    /// Where the span ends.
    pub(super) fn end(&self) -> Spot<'a> {
        match *self {
            Self::Ranks(ref ranks) => Spot::Rank(ranks.end),
            Self::Scores(_, max) => Spot::At(Probe::Score {
                score: max.score,
                after: !max.excludes,
            }),
            Self::Members(_, MemberBound::Lowest) => Spot::Rank(0),
            Self::Members(_, MemberBound::Highest) => Spot::Rank(usize::MAX),
            Self::Members(_, MemberBound::At(member)) => Spot::At(Probe::Member {
                member,
                after: true,
            }),
            Self::Members(_, MemberBound::Beyond(member)) => Spot::At(Probe::Member {
                member,
                after: false,
            }),
        }
    }
}
