//! Several sources at once: ZUNION, ZINTER, ZDIFF, what stores their results, and ZINTERCARD.
//!
//! Always true: all keys are looked up, and their types checked, before options are read; a
//! destination may be among the sources.
//! Not here: how members and scores are combined — `merge.rs`.

use russet_base::num::parse_f64;
use russet_engine::{Db, Kind, NewZset, Touch, ZsetRef};
use russet_resp::Args;

use super::merge::{Aggregate, Body, Source, intersect, subtract, unite};
use super::range::store;
use super::replies::{Scores, replies_each, reply_scored};
use crate::args::{Cursor, integer, positive};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// How sources are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Inter,
    Diff,
}

/// The destination of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Reply,
    Store,
    Count,
}

/// `ZUNION numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] [WITHSCORES]`.
pub(super) fn zunion(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply(cx, args, "zunion", Operation::Union)
}

/// `ZINTER numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] [WITHSCORES]`.
pub(super) fn zinter(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply(cx, args, "zinter", Operation::Inter)
}

/// `ZDIFF numkeys key [key ...] [WITHSCORES]`.
pub(super) fn zdiff(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply(cx, args, "zdiff", Operation::Diff)
}

/// `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS …] [AGGREGATE …]`.
pub(super) fn zunionstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(cx, args, "zunionstore", Operation::Union)
}

/// `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS …] [AGGREGATE …]`.
pub(super) fn zinterstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(cx, args, "zinterstore", Operation::Inter)
}

/// `ZDIFFSTORE destination numkeys key [key ...]`.
pub(super) fn zdiffstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    keep(cx, args, "zdiffstore", Operation::Diff)
}

/// `ZINTERCARD numkeys key [key ...] [LIMIT limit]`.
pub(super) fn zintercard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let keys = read_keys(args, 1, "zintercard")?;
    check(cx, keys)?;
    let wish = Wish::read(
        args,
        2 + keys.len(),
        (Operation::Inter, Outcome::Count),
        keys.len(),
    )?;
    let db = cx.keyspace.db(cx.db);
    let mut count = 0;
    intersect(&wish.sources(&db, keys), wish.aggregate, |_, _| {
        count += 1;
        count != wish.limit
    });
    cx.reply.count(count);
    Ok(Flow::Done)
}

fn reply(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    command: &'static str,
    operation: Operation,
) -> Result<Flow, CommandError> {
    let keys = read_keys(args, 1, command)?;
    check(cx, keys)?;
    let wish = Wish::read(
        args,
        2 + keys.len(),
        (operation, Outcome::Reply),
        keys.len(),
    )?;
    let db = cx.keyspace.db(cx.db);
    let result = wish.result(&db, keys, operation);
    let reply = &mut cx.reply;
    reply.array(result.len() * replies_each(reply, wish.scores));
    for scored in result.view().iter().flat_map(ZsetRef::iter) {
        reply_scored(reply, scored, wish.scores);
    }
    Ok(Flow::Done)
}

fn keep(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    command: &'static str,
    operation: Operation,
) -> Result<Flow, CommandError> {
    let keys = read_keys(args, 2, command)?;
    check(cx, keys)?;
    let wish = Wish::read(
        args,
        3 + keys.len(),
        (operation, Outcome::Store),
        keys.len(),
    )?;
    let db = cx.keyspace.db(cx.db);
    let result = wish.result(&db, keys, operation);
    store(cx, &args[1], result, command);
    Ok(Flow::Done)
}

/// Reads the keys, of which a number tells how many there are.
fn read_keys<'a>(
    args: Args<'a>,
    numkeys_at: usize,
    command: &'static str,
) -> Result<Args<'a>, CommandError> {
    let count = integer(&args[numkeys_at])?;
    if count < 1 {
        return Err(CommandError::NoInputKeys(command));
    }
    let first = numkeys_at + 1;
    match usize::try_from(count) {
        Ok(count) if count <= args.len() - first => Ok(args.slice(first..first + count)),
        _ => Err(CommandError::Syntax),
    }
}

/// Uses the keys, each a sorted set, a set, or absent.
fn check(cx: &mut Ctx<'_>, keys: Args<'_>) -> Result<(), CommandError> {
    for key in keys {
        let kind = cx.db().read(key, Touch::Yes).map(|value| value.kind());
        match kind {
            Some(Kind::Zset | Kind::Set) => {}
            Some(_) => return Err(CommandError::WrongType),
            None => cx.miss(key),
        }
    }
    Ok(())
}

/// The options behind the keys.
struct Wish {
    weights: Vec<f64>,
    aggregate: Aggregate,
    scores: Scores,
    /// How many members are counted at most; 0 is no limit.
    limit: usize,
}

impl Wish {
    fn read(
        args: Args<'_>,
        from: usize,
        (operation, outcome): (Operation, Outcome),
        keys: usize,
    ) -> Result<Self, CommandError> {
        let mut wish = Self {
            weights: Vec::new(),
            aggregate: Aggregate::Sum,
            scores: Scores::Without,
            limit: 0,
        };
        let aggregates = operation != Operation::Diff && outcome != Outcome::Count;
        let mut rest = Cursor::new(args, from);
        while rest.has_more() {
            let left = args.len() - rest.position();
            if aggregates && left > keys && rest.eat("WEIGHTS") {
                wish.weights.clear();
                for _ in 0..keys {
                    let weight = parse_f64(rest.bytes());
                    wish.weights
                        .push(weight.ok_or(CommandError::WeightNotFloat)?);
                }
            } else if aggregates && left >= 2 && rest.eat("AGGREGATE") {
                wish.aggregate = read_aggregate(&mut rest)?;
            } else if outcome == Outcome::Reply && rest.eat("WITHSCORES") {
                wish.scores = Scores::With;
            } else if outcome == Outcome::Count && left >= 2 && rest.eat("LIMIT") {
                let limit = positive(rest.bytes()).map_err(|_| CommandError::LimitNegative)?;
                wish.limit = usize::try_from(limit).unwrap_or(usize::MAX);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(wish)
    }

    /// The values of keys that were checked.
    fn sources<'d>(&self, db: &'d Db<'_>, keys: Args<'_>) -> Vec<Source<'d>> {
        let source = |(number, key): (usize, &[u8])| {
            let value = db.peek(key);
            let body = value.and_then(|value| match value.kind() {
                Kind::Zset => value.zset().ok().map(Body::Zset),
                _ => value.set().ok().map(Body::Set),
            });
            let weight = self.weights.get(number).copied().unwrap_or(1.0);
            Source { body, weight }
        };
        keys.iter().enumerate().map(source).collect()
    }

    fn result(&self, db: &Db<'_>, keys: Args<'_>, operation: Operation) -> NewZset {
        let sources = self.sources(db, keys);
        let mut result = db.new_zset();
        match operation {
            Operation::Union => unite(&sources, self.aggregate, &mut result),
            Operation::Inter => intersect(&sources, self.aggregate, |member, score| {
                result.put(member, |_| Some(score));
                true
            }),
            Operation::Diff => subtract(&sources, &mut result),
        }
        result
    }
}

fn read_aggregate(rest: &mut Cursor<'_>) -> Result<Aggregate, CommandError> {
    match () {
        () if rest.eat("SUM") => Ok(Aggregate::Sum),
        () if rest.eat("MIN") => Ok(Aggregate::Min),
        () if rest.eat("MAX") => Ok(Aggregate::Max),
        () if rest.eat("COUNT") => Ok(Aggregate::Count),
        () => Err(CommandError::Syntax),
    }
}
