//! XCLAIM and XAUTOCLAIM: a consumer takes over what others have not acknowledged.
//!
//! Always true: the journal gets each entry with its moment and its count; an entry that the stream
//! has lost is not pending any more afterwards.

use russet_engine::{ConsumerId, Millis, Pending, Stream, StreamGroup, StreamId};
use russet_resp::{Args, Reply};
use smallvec::SmallVec;

use super::entries::reply_entry;
use super::id::{self, End, parse_end};
use super::pending::one_more;
use super::record::GroupName;
use super::text;
use crate::args::{Cursor, integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::effects::{Effects, NotifyClass};
use crate::error::CommandError;

/// How many entries XAUTOCLAIM looks at for each that it may claim.
const LOOKS_PER_CLAIM: usize = 10;

/// The greatest COUNT of XAUTOCLAIM.
const COUNT_MAX: i64 = i64::MAX / 16;

/// The options of XCLAIM.
struct Claim {
    ids: SmallVec<[StreamId; 8]>,
    idle_min: Millis,
    last_id: StreamId,
    delivered_at: Millis,
    deliveries: Option<u64>,
    is_forced: bool,
    is_silent: bool,
}

/// `XCLAIM key group consumer min-idle-time id [id ...] [options]`.
pub(super) fn xclaim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let name = GroupName {
        key: &args[1],
        group: &args[2],
    };
    let (hash, now) = (cx.hash_of_first(name.key), cx.now());
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, name.key))?;
    target.count_as_read();
    if target
        .get()
        .is_none_or(|stream| stream.group(name.group).is_none())
    {
        return Err(missing(cx.effects, cx.db, name, target.get().is_none()));
    }
    let claim = Claim::read(args, now)?;
    cx.effects.propagate_nothing();
    let (reply, effects, db) = (&mut cx.reply, &mut *cx.effects, cx.db);
    let take = |stream: &mut Stream| {
        let mut is_moved = false;
        stream.change_group(name.group, |group| {
            is_moved = claim.last_id > group.last_id;
            group.last_id = group.last_id.max(claim.last_id);
        });
        let consumer = arrive(stream, name, &args[3], now, (effects, db));
        let begun = reply.begin_array();
        let (mut count, mut recorded) = (0, false);
        for id in &claim.ids {
            match claim.take(stream, name, (consumer, *id), now, effects) {
                Taken::Claimed => {
                    count += 1;
                    reply_claimed(reply, stream, *id, claim.is_silent);
                    recorded = true;
                }
                Taken::Gone => recorded = true,
                Taken::No => {}
            }
        }
        if is_moved && !recorded {
            if let Some(group) = stream.group(name.group) {
                name.record_position(effects, (group.last_id, group.entries_read));
            }
            effects.dirty += 1;
        }
        reply.end_array(begun, count);
    };
    // What counts as idle already may be what others wait for.
    match claim.delivered_at < now {
        true => target.edit(take),
        false => target.edit_quietly(take),
    }
    Ok(Flow::Done)
}

/// The error for a key or group that is not there.
fn missing(
    effects: &mut Effects,
    db: usize,
    name: GroupName<'_>,
    is_key_missing: bool,
) -> CommandError {
    if is_key_missing {
        effects.miss(db, name.key);
    }
    text::no_group(name.key, name.group)
}

/// The consumer, created if it is new, and seen now.
pub(super) fn arrive(
    stream: &mut Stream,
    name: GroupName<'_>,
    consumer: &[u8],
    now: Millis,
    (effects, db): (&mut Effects, usize),
) -> ConsumerId {
    let arrived = stream.change_group(name.group, |group| {
        let (id, is_new) = group.create_consumer(consumer, now);
        group.consumer_mut(id).seen_at = now;
        (id, is_new)
    });
    let (id, is_new) = arrived.expect("the caller has looked for the group");
    if is_new {
        effects.notify(NotifyClass::STREAM, "xgroup-createconsumer", db, name.key);
        effects.dirty += 1;
    }
    id
}

/// The outcome for one identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Claimed,
    /// The stream has lost it.
    Gone,
    No,
}

fn reply_claimed(reply: &mut Reply<'_>, stream: &Stream, id: StreamId, is_silent: bool) {
    match stream.entry(id) {
        Some(entry) if !is_silent => reply_entry(reply, &entry),
        _ => id::reply(reply, id),
    }
}

impl Claim {
    fn read(args: Args<'_>, now: Millis) -> Result<Self, CommandError> {
        let idle_min = integer(&args[4])
            .map_err(|_| CommandError::text("ERR Invalid min-idle-time argument for XCLAIM"))?;
        let words = args.skip(5);
        let ids: SmallVec<_> = words.iter().map_while(|arg| id::parse(arg).ok()).collect();
        let mut cursor = Cursor::new(args, 5 + ids.len());
        let mut claim = Self {
            ids,
            idle_min: idle_min.max(0),
            last_id: StreamId::MIN,
            delivered_at: -1,
            deliveries: None,
            is_forced: false,
            is_silent: false,
        };
        while cursor.has_more() {
            claim.read_option(&mut cursor, now)?;
        }
        // COMPAT: a moment that makes no sense is now; no error, since clocks of clients differ.
        if !(0..=now).contains(&claim.delivered_at) {
            claim.delivered_at = now;
        }
        Ok(claim)
    }

    fn read_option(&mut self, cursor: &mut Cursor<'_>, now: Millis) -> Result<(), CommandError> {
        let number = |value: &[u8], option: &str| {
            let invalid = || format!("ERR Invalid {option} option argument for XCLAIM");
            integer(value).map_err(|_| text::owned(invalid()))
        };
        if cursor.eat("FORCE") {
            self.is_forced = true;
        } else if cursor.eat("JUSTID") {
            self.is_silent = true;
        } else if let Some(value) = cursor.eat_valued("IDLE") {
            self.delivered_at = now.saturating_sub(number(value, "IDLE")?);
        } else if let Some(value) = cursor.eat_valued("TIME") {
            self.delivered_at = number(value, "TIME")?;
        } else if let Some(value) = cursor.eat_valued("RETRYCOUNT") {
            self.deliveries = u64::try_from(number(value, "RETRYCOUNT")?).ok();
        } else if let Some(value) = cursor.eat_valued("LASTID") {
            self.last_id = id::parse(value)?;
        } else {
            return Err(text::bad_claim_option(cursor.bytes()));
        }
        Ok(())
    }

    /// Gives one entry to the consumer if it may have it.
    fn take(
        &self,
        stream: &mut Stream,
        name: GroupName<'_>,
        (consumer, id): (ConsumerId, StreamId),
        now: Millis,
        effects: &mut Effects,
    ) -> Taken {
        let Some(group) = stream.group(name.group) else {
            return Taken::No;
        };
        let known = group.pending(id).copied();
        if stream.entry(id).is_none() {
            let Some(pending) = known else {
                return Taken::No;
            };
            name.record_gone(effects, group, &pending);
            stream.change_group(name.group, |group| group.acknowledge(id));
            effects.dirty += 1;
            return Taken::Gone;
        }
        let deliveries = match known {
            Some(pending) if now.saturating_sub(pending.delivered_at) < self.idle_min => {
                return Taken::No;
            }
            Some(pending) => pending.deliveries,
            // COMPAT: an entry that is made pending counts as delivered once, and once more.
            None if self.is_forced => 1,
            None => return Taken::No,
        };
        let deliveries = match (self.deliveries, self.is_silent) {
            (Some(given), _) => given,
            (None, true) => deliveries,
            (None, false) => one_more(deliveries),
        };
        let pending = Pending {
            id,
            delivered_at: self.delivered_at,
            deliveries,
            consumer: Some(consumer),
        };
        deliver(stream, name, (pending, consumer), now, effects);
        Taken::Claimed
    }
}

/// Gives an entry to a consumer, and records it.
pub(super) fn deliver(
    stream: &mut Stream,
    name: GroupName<'_>,
    (pending, consumer): (Pending, ConsumerId),
    now: Millis,
    effects: &mut Effects,
) {
    stream.change_group(name.group, |group| {
        group.deliver(pending);
        group.consumer_mut(consumer).active_at = Some(now);
    });
    if let Some(group) = stream.group(name.group) {
        let owner = group.consumer(consumer).name();
        name.record_claim(effects, &pending, owner, group.last_id);
    }
    effects.dirty += 1;
}

/// The options of XAUTOCLAIM.
struct Sweep {
    idle_min: Millis,
    from: StreamId,
    count: usize,
    is_silent: bool,
}

/// `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`.
pub(super) fn xautoclaim(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let name = GroupName {
        key: &args[1],
        group: &args[2],
    };
    let sweep = Sweep::read(args)?;
    let (hash, now) = (cx.hash_of_first(name.key), cx.now());
    let mut db = cx.keyspace.db(cx.db);
    let mut target = db.stream_mut((hash, name.key))?;
    target.count_as_read();
    if target
        .get()
        .is_none_or(|stream| stream.group(name.group).is_none())
    {
        return Err(missing(cx.effects, cx.db, name, target.get().is_none()));
    }
    cx.effects.propagate_nothing();
    let (reply, effects, db) = (&mut cx.reply, &mut *cx.effects, cx.db);
    target.edit_quietly(|stream| {
        let consumer = arrive(stream, name, &args[3], now, (effects, db));
        let (found, next) = sweep.find(stream, name, now);
        reply.array(3);
        id::reply(reply, next);
        let (gone, claimed): (Vec<Pending>, Vec<Pending>) = found
            .into_iter()
            .partition(|pending| stream.entry(pending.id).is_none());
        reply.array(claimed.len());
        for mut pending in claimed {
            pending.delivered_at = now;
            pending.consumer = Some(consumer);
            if !sweep.is_silent {
                pending.deliveries = one_more(pending.deliveries);
            }
            deliver(stream, name, (pending, consumer), now, effects);
            reply_claimed(reply, stream, pending.id, sweep.is_silent);
        }
        reply.array(gone.len());
        for pending in gone {
            id::reply(reply, pending.id);
            if let Some(group) = stream.group(name.group) {
                name.record_gone(effects, group, &pending);
            }
            stream.change_group(name.group, |group| group.acknowledge(pending.id));
            effects.dirty += 1;
        }
    });
    Ok(Flow::Done)
}

impl Sweep {
    fn read(args: Args<'_>) -> Result<Self, CommandError> {
        let idle_min = integer(&args[4])
            .map_err(|_| CommandError::text("ERR Invalid min-idle-time argument for XAUTOCLAIM"))?;
        let mut sweep = Self {
            idle_min: idle_min.max(0),
            from: parse_end(&args[5], End::First)?,
            count: 100,
            is_silent: false,
        };
        let mut at = 6;
        while let Some(word) = args.get(at) {
            match args.get(at + 1) {
                Some(count) if is_word(word, "COUNT") => {
                    let count = integer(count).ok().filter(|n| (1..=COUNT_MAX).contains(n));
                    sweep.count = count.ok_or(text::COUNT_RANGE)? as usize;
                    at += 1;
                }
                _ if is_word(word, "JUSTID") => sweep.is_silent = true,
                _ => return Err(CommandError::Syntax),
            }
            at += 1;
        }
        Ok(sweep)
    }

    /// The entries that are claimed or gone, and where to go on.
    fn find(&self, stream: &Stream, name: GroupName<'_>, now: Millis) -> (Vec<Pending>, StreamId) {
        let mut found = Vec::new();
        let Some(group) = stream.group(name.group) else {
            return (found, StreamId::MIN);
        };
        let mut pending = group.pending_from(self.from);
        for _ in 0..self.count.saturating_mul(LOOKS_PER_CLAIM) {
            if found.len() == self.count {
                break;
            }
            let Some(pending) = pending.next() else {
                break;
            };
            let is_idle = now.saturating_sub(pending.delivered_at) >= self.idle_min;
            if is_idle || stream.entry(pending.id).is_none() {
                found.push(*pending);
            }
        }
        let next = pending.next().map(|pending| pending.id);
        (found, next.unwrap_or(StreamId::MIN))
    }
}

/// The group, which the caller has looked for.
pub(super) fn group_of<'s>(
    stream: &'s Stream,
    name: GroupName<'_>,
) -> Result<&'s StreamGroup, CommandError> {
    let group = stream.group(name.group);
    group.ok_or_else(|| text::no_group_to_read(name.key, name.group))
}
