//! XPENDING: what consumers have not acknowledged.
//!
//! Always true: looking changes nothing, not even when consumers were seen.
//! Not here: taking entries over — `claim.rs`

use russet_engine::{Consumer, Millis, Pending, StreamGroup, StreamId, Touch};
use russet_resp::{Args, Reply};

use super::id::{self, End, parse_end};
use super::text;
use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// Which entries are asked for.
struct Query<'a> {
    idle_min: Millis,
    from: StreamId,
    to: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

/// `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]`.
pub(super) fn xpending(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let query = match args.len() {
        3 => None,
        6..=9 => Some(Query::read(args)?),
        _ => return Err(CommandError::Syntax),
    };
    let (key, name) = (&args[1], &args[2]);
    let (hash, now) = (cx.hash_of_first(key), cx.now());
    let mut db = cx.keyspace.db(cx.db);
    let Some(stream) = db.stream((hash, key), Touch::Yes)? else {
        cx.effects.miss(cx.db, key);
        return Err(text::no_group(key, name));
    };
    let group = stream
        .group(name)
        .ok_or_else(|| text::no_group(key, name))?;
    match query {
        None => summary(&mut cx.reply, group),
        Some(query) => query.answer(&mut cx.reply, group, now),
    }
    Ok(Flow::Done)
}

fn summary(reply: &mut Reply<'_>, group: &StreamGroup) {
    reply.array(4);
    reply.count(group.pending_len());
    let Some((first, last)) = group.pending_ends() else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    id::reply(reply, first);
    id::reply(reply, last);
    let busy = |consumer: &&Consumer| consumer.pending_len() > 0;
    reply.array(group.consumers().filter(busy).count());
    for consumer in group.consumers().filter(busy) {
        reply.array(2);
        reply.bulk(consumer.name());
        reply.bulk_int(i64::try_from(consumer.pending_len()).unwrap_or(i64::MAX));
    }
}

impl<'a> Query<'a> {
    fn read(args: Args<'a>) -> Result<Self, CommandError> {
        let mut at = 3;
        let mut idle_min = 0;
        if is_word(&args[3], "IDLE") {
            idle_min = integer(&args[4])?;
            if args.len() < 8 {
                return Err(CommandError::Syntax);
            }
            at = 5;
        }
        let count = integer(&args[at + 2])?;
        Ok(Self {
            idle_min,
            from: parse_end(&args[at], End::First)?,
            to: parse_end(&args[at + 1], End::Last)?,
            count: usize::try_from(count).unwrap_or(0),
            consumer: args.get(at + 3),
        })
    }

    fn answer(&self, reply: &mut Reply<'_>, group: &StreamGroup, now: Millis) {
        let begun = reply.begin_array();
        let mut count = 0;
        let is_idle = |pending: &&Pending| {
            self.idle_min == 0 || now.saturating_sub(pending.delivered_at) >= self.idle_min
        };
        let mut show = |pending: &Pending| {
            reply_pending(reply, group, pending, now);
            count += 1;
        };
        match self.consumer {
            None => {
                let found = group.pending_from(self.from);
                let found = found.take_while(|pending| pending.id <= self.to);
                found.filter(is_idle).take(self.count).for_each(&mut show);
            }
            Some(name) => {
                let consumer = group.consumer_id(name).map(|id| group.consumer(id));
                let ids = consumer.into_iter().flat_map(|c| c.pending_from(self.from));
                let ids = ids.take_while(|id| *id <= self.to);
                let found = ids.filter_map(|id| group.pending(id));
                found.filter(is_idle).take(self.count).for_each(&mut show);
            }
        }
        reply.end_array(begun, count);
    }
}

fn reply_pending(reply: &mut Reply<'_>, group: &StreamGroup, pending: &Pending, now: Millis) {
    reply.array(4);
    id::reply(reply, pending.id);
    reply.bulk(owner(group, pending));
    reply.integer(now.saturating_sub(pending.delivered_at).max(0));
    reply.integer(deliveries(pending));
}

/// The name of who has an entry; empty for one that was given back.
pub(super) fn owner<'g>(group: &'g StreamGroup, pending: &Pending) -> &'g [u8] {
    pending
        .consumer
        .map_or(&[], |consumer| group.consumer(consumer).name())
}

/// How often an entry was delivered, as replies tell it.
pub(super) fn deliveries(pending: &Pending) -> i64 {
    i64::try_from(pending.deliveries).unwrap_or(i64::MAX)
}

/// One delivery more, at most as many as a reply can show.
pub(super) fn one_more(deliveries: u64) -> u64 {
    deliveries.saturating_add(1).min(i64::MAX as u64)
}
