//! Members near a position: GEOSEARCH, GEOSEARCHSTORE, and the older GEORADIUS and
//! GEORADIUSBYMEMBER with their forms that only read.
//!
//! ```text
//!                      the centre           the shape               the result
//!  GEORADIUS           longitude latitude   radius unit             reply, STORE, STOREDIST
//!  GEORADIUSBYMEMBER   member               radius unit             reply, STORE, STOREDIST
//!  …_RO                                                             reply
//!  GEOSEARCH           FROM…                BY…                     reply
//!  GEOSEARCHSTORE      FROM…                BY…                     destination
//! ```
//! Always true: the key's type is checked before any argument is read.
//! Not here: how options are read — `options.rs`; what is near — `area.rs`, `shape.rs`.

use std::cmp::Ordering;

use russet_base::num::I64Buf;
use russet_engine::{Member, NewZset, ScoreBound, Span, Touch, ZsetRef};
use russet_resp::Args;

use super::area;
use super::cell::Position;
use super::options::{Command, Sort, Wish};
use super::unit::{reply_distance, reply_position};
use crate::ctx::{Ctx, Flow};
use crate::effects::NotifyClass;
use crate::error::CommandError;

/// `GEORADIUS key longitude latitude radius unit […] [STORE key | STOREDIST key]`.
pub(super) fn georadius(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::Radius { stores: true })
}

/// `GEORADIUS_RO key longitude latitude radius unit […]`.
pub(super) fn georadius_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::Radius { stores: false })
}

/// `GEORADIUSBYMEMBER key member radius unit […] [STORE key | STOREDIST key]`.
pub(super) fn georadiusbymember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::RadiusByMember { stores: true })
}

/// `GEORADIUSBYMEMBER_RO key member radius unit […]`.
pub(super) fn georadiusbymember_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::RadiusByMember { stores: false })
}

/// `GEOSEARCH key FROM… BY… […]`.
pub(super) fn geosearch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::Search)
}

/// `GEOSEARCHSTORE destination source FROM… BY… […] [STOREDIST]`.
pub(super) fn geosearchstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    run(cx, args, Command::SearchStore)
}

/// A member that is near.
struct Near {
    member: Vec<u8>,
    /// In metres.
    distance: f64,
    score: f64,
    position: Position,
}

fn run(cx: &mut Ctx<'_>, args: Args<'_>, command: Command) -> Result<Flow, CommandError> {
    let key = &args[command.source_at()];
    let is_missed = cx.db().zset(key, Touch::Yes)?.is_none();
    let db = cx.keyspace.db(cx.db);
    let zset = db.peek_zset(key)?;
    let wish = Wish::read(args, command, zset)?;
    let mut found = zset.map_or(Vec::new(), |zset| search(zset, &wish));
    if is_missed {
        cx.miss(key);
    }
    let wanted = match wish.count {
        0 => found.len(),
        count => count.min(found.len()),
    };
    sort(&mut found, wish.sort, wanted);
    found.truncate(wanted);
    match wish.target {
        Some(target) => store(cx, &args[target], &found, &wish, command),
        None => reply(cx, &found, &wish),
    }
    Ok(Flow::Done)
}

/// Finds the members in the shape, in the order in which cells are looked at.
fn search(zset: ZsetRef<'_>, wish: &Wish) -> Vec<Near> {
    let mut found = Vec::new();
    let Some((shape, centre)) = wish.place() else {
        return found;
    };
    let enough = if wish.is_any { wish.count } else { usize::MAX };
    for cell in area::cells(shape, centre) {
        let (first, end) = cell.scores();
        let scores = Span::Scores(ScoreBound::at(first), ScoreBound::beyond(end));
        for scored in zset.walk(scores) {
            if found.len() >= enough {
                return found;
            }
            let position = Position::of_score(scored.score);
            let Some(distance) = shape.distance(centre, position) else {
                continue;
            };
            found.push(Near {
                member: scored.member.as_bytes(&mut I64Buf::new()).to_vec(),
                distance,
                score: scored.score,
                position,
            });
        }
    }
    found
}

/// Puts the first `wanted` members in order.
fn sort(found: &mut [Near], sort: Sort, wanted: usize) {
    let order = |a: &Near, b: &Near| {
        let nearest = a.distance.partial_cmp(&b.distance);
        nearest.unwrap_or(Ordering::Equal)
    };
    if wanted == 0 || sort == Sort::None {
        return;
    }
    match sort {
        Sort::Nearest => found.sort_by(order),
        _ => found.sort_by(|a, b| order(b, a)),
    }
}

fn reply(cx: &mut Ctx<'_>, found: &[Near], wish: &Wish) {
    let reply = &mut cx.reply;
    let extras = [wish.with_distance, wish.with_hash, wish.with_position];
    let extras = extras.iter().filter(|is_wanted| **is_wanted).count();
    reply.array(found.len());
    for near in found {
        if extras > 0 {
            reply.array(1 + extras);
        }
        reply.bulk(&near.member);
        if wish.with_distance {
            reply_distance(reply, near.distance / wish.unit);
        }
        if wish.with_hash {
            reply.integer(near.score as i64);
        }
        if wish.with_position {
            reply_position(reply, near.position);
        }
    }
}

/// Gives the destination what was found; nothing removes it.
fn store(cx: &mut Ctx<'_>, target: &[u8], found: &[Near], wish: &Wish, command: Command) {
    let mut db = cx.keyspace.db(cx.db);
    let existed = db.contains(target);
    let mut result: NewZset = db.new_zset();
    for near in found {
        let score = match wish.stores_distance {
            true => near.distance / wish.unit,
            false => near.score,
        };
        result.put(Member::Str(&near.member), |_| Some(score));
    }
    db.store_zset(target, result);
    cx.reply.count(found.len());
    if !found.is_empty() {
        if !existed {
            cx.notify(NotifyClass::NEW, "new", target);
        }
        cx.dirty(found.len() as u64);
        let event = match command {
            Command::SearchStore => "geosearchstore",
            _ => "georadiusstore",
        };
        cx.notify(NotifyClass::ZSET, event, target);
    } else if existed {
        cx.dirty(1);
        cx.notify(NotifyClass::GENERIC, "del", target);
    }
}
