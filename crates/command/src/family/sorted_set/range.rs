//! Members in order: ZRANGE, its older forms, and ZRANGESTORE.
//!
//! ```text
//!  ZRANGE            by rank, score or member      either way      limit    scores
//!  ZREVRANGE         by rank                       backwards                scores
//!  Z[REV]RANGEBY…    by score or member            one way         limit    scores (by score)
//!  ZRANGESTORE       as ZRANGE                                              kept
//! ```
//! Always true: bounds are read before the key is looked up.
//! Not here: bounds — `bound.rs`.

use russet_engine::{NewZset, Span, Touch, ZsetRef, ZsetWalk};
use russet_resp::Args;

use super::bound::{self, Ranks};
use super::replies::{Scores, replies_each, reply_scored};
use crate::args::{Cursor, integer};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// The property that a range is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Member,
}

/// The properties of a command that its arguments do not say.
#[derive(Debug, Clone, Copy)]
struct Form {
    by: Option<By>,
    is_reversed: Option<bool>,
    has_scores: bool,
}

/// `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`.
pub(super) fn zrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let form = Form {
        by: None,
        is_reversed: None,
        has_scores: true,
    };
    reply_range(cx, args, form)
}

/// `ZREVRANGE key start stop [WITHSCORES]`.
pub(super) fn zrevrange(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(cx, args, fixed(By::Rank, true))
}

/// `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`.
pub(super) fn zrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(cx, args, fixed(By::Score, false))
}

/// `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`.
pub(super) fn zrevrangebyscore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(cx, args, fixed(By::Score, true))
}

/// `ZRANGEBYLEX key min max [LIMIT offset count]`.
pub(super) fn zrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(cx, args, fixed(By::Member, false))
}

/// `ZREVRANGEBYLEX key max min [LIMIT offset count]`.
pub(super) fn zrevrangebylex(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(cx, args, fixed(By::Member, true))
}

/// `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`.
pub(super) fn zrangestore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let form = Form {
        by: None,
        is_reversed: None,
        has_scores: false,
    };
    let wish = Wish::read(args, 2, form)?;
    let (target, source) = (&args[1], &args[2]);
    let mut db = cx.keyspace.db(cx.db);
    let is_missed = db.zset(source, Touch::Yes)?.is_none();
    let mut result = db.new_zset();
    if let Some(zset) = db.peek_zset(source)? {
        for scored in wish.walk(zset).take(wish.count) {
            result.put(scored.member, |_| Some(scored.score));
        }
    }
    if is_missed {
        cx.miss(source);
    }
    store(cx, target, result, "zrangestore");
    Ok(Flow::Done)
}

const fn fixed(by: By, is_reversed: bool) -> Form {
    Form {
        by: Some(by),
        is_reversed: Some(is_reversed),
        has_scores: true,
    }
}

fn reply_range(cx: &mut Ctx<'_>, args: Args<'_>, form: Form) -> Result<Flow, CommandError> {
    let wish = Wish::read(args, 1, form)?;
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(zset) = db.zset((hash, key), Touch::Yes)? else {
        cx.reply.empty_array();
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let reply = &mut cx.reply;
    let each = replies_each(reply, wish.scores);
    if let Wanted::Ranks(ranks) = wish.wanted {
        reply.array(ranks.of(zset.len()).len() * each);
        for scored in wish.walk(zset) {
            reply_scored(reply, scored, wish.scores);
        }
        return Ok(Flow::Done);
    }
    let begun = reply.begin_array();
    let mut len = 0;
    for scored in wish.walk(zset).take(wish.count) {
        reply_scored(reply, scored, wish.scores);
        len += each;
    }
    reply.end_array(begun, len);
    Ok(Flow::Done)
}

/// Gives the destination a result; an empty one removes it.
pub(super) fn store(cx: &mut Ctx<'_>, target: &[u8], result: NewZset, event: &'static str) {
    let mut db = cx.keyspace.db(cx.db);
    let existed = db.contains(target);
    let len = db.store_zset(target, result);
    cx.reply.count(len);
    if len > 0 {
        if !existed {
            cx.notify(NotifyClass::NEW, "new", target);
        }
        cx.dirty(1);
        cx.notify(NotifyClass::ZSET, event, target);
    } else if existed {
        cx.dirty(1);
        cx.notify(NotifyClass::GENERIC, "del", target);
    }
}

/// Which members are wanted.
enum Wanted<'a> {
    Ranks(Ranks),
    Span(Span<'a>),
}

/// A range, once its options are read.
struct Wish<'a> {
    wanted: Wanted<'a>,
    is_reversed: bool,
    /// How many members are left out; none are shown when it is absent.
    offset: Option<usize>,
    count: usize,
    scores: Scores,
}

impl<'a> Wish<'a> {
    /// Reads arguments from the key on.
    fn read(args: Args<'a>, key_at: usize, form: Form) -> Result<Self, CommandError> {
        let (mut by, mut is_reversed) = (form.by, form.is_reversed);
        let (mut offset, mut count) = (0, -1);
        let mut scores = Scores::Without;
        let mut rest = Cursor::new(args, key_at + 3);
        while rest.has_more() {
            if form.has_scores && rest.eat("WITHSCORES") {
                scores = Scores::With;
            } else if let Some((from, most)) = limit(args, &mut rest) {
                (offset, count) = (integer(from)?, integer(most)?);
            } else if is_reversed.is_none() && rest.eat("REV") {
                is_reversed = Some(true);
            } else if by.is_none() && rest.eat("BYLEX") {
                by = Some(By::Member);
            } else if by.is_none() && rest.eat("BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        let (by, is_reversed) = (by.unwrap_or(By::Rank), is_reversed.unwrap_or(false));
        if count != -1 && by == By::Rank {
            return Err(CommandError::LimitByRank);
        }
        // COMPAT: a limit that leaves all is let pass, its offset unread.
        if by == By::Rank {
            offset = 0;
        }
        if scores == Scores::With && by == By::Member {
            return Err(CommandError::ScoresByLex);
        }
        let bound = |at: usize| args.get(at).unwrap_or_default();
        let (first, second) = (bound(key_at + 1), bound(key_at + 2));
        let (min, max) = if is_reversed {
            (second, first)
        } else {
            (first, second)
        };
        let wanted = match by {
            By::Rank => Wanted::Ranks(Ranks::read(first, second)?),
            By::Score => Wanted::Span(bound::scores(min, max)?),
            By::Member => Wanted::Span(bound::members(min, max)?),
        };
        Ok(Self {
            wanted,
            is_reversed,
            offset: usize::try_from(offset).ok(),
            count: usize::try_from(count).unwrap_or(usize::MAX),
            scores,
        })
    }

    /// The members wanted, without those left out at the beginning.
    fn walk(&self, zset: ZsetRef<'a>) -> ZsetWalk<'a> {
        let span = match &self.wanted {
            Wanted::Ranks(ranks) if self.is_reversed => Span::Ranks(ranks.of_reversed(zset.len())),
            Wanted::Ranks(ranks) => Span::Ranks(ranks.of(zset.len())),
            Wanted::Span(span) => span.clone(),
        };
        let Some(offset) = self.offset else {
            return zset.walk(Span::Ranks(0..0));
        };
        let mut walk = match self.is_reversed {
            true => zset.walk_back(span),
            false => zset.walk(span),
        };
        if offset > 0 {
            walk.skip_members(offset);
        }
        walk
    }
}

/// Takes `LIMIT` with both its values; nothing if one is missing.
fn limit<'a>(args: Args<'a>, rest: &mut Cursor<'a>) -> Option<(&'a [u8], &'a [u8])> {
    if args.len() - rest.position() < 3 {
        return None;
    }
    let offset = rest.eat_valued("LIMIT")?;
    Some((offset, rest.next()?))
}
