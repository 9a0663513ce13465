//! XREADGROUP: a consumer of a group is given entries that nobody else has.
//!
//! ```text
//!  >     entries that the group has not read yet; with CLAIM also those that others left idle
//!  id    what the consumer has and did not acknowledge, from after this one
//! ```
//! A client that waits and claims is served again when the oldest entry of others is idle enough.
//!
//! Always true: the journal says who has what and how far the group has read, never the request.
//! Not here: options — `read.rs`; requests that only claim — `claim.rs`

use russet_engine::{ConsumerId, Millis, Pending, Stream, StreamEntry, StreamId, Touch};
use russet_resp::{Args, Reply};
use smallvec::SmallVec;

use super::budget::Budget;
use super::claim::{arrive, deliver, group_of};
use super::entries::{reply_entry, reply_fields, reply_gone};
use super::id;
use super::pending::{deliveries, one_more};
use super::read::{Answer, Options, has_from, wait};
use super::record::GroupName;
use super::text;
use crate::ctx::{Ctx, Flow};
use crate::effects::Effects;
use crate::error::CommandError;

/// The entries that a consumer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The entries that the group has not read.
    New,
    /// The entries that the consumer has, after this identifier.
    History(StreamId),
}

/// `XREADGROUP GROUP group consumer [options] STREAMS key [key ...] id [id ...]`.
pub(super) fn xreadgroup(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = Options::read(args, cx.now(), true)?;
    let (group, consumer) = options.group.ok_or(text::GROUP_MISSING)?;
    let mut wanted: SmallVec<[Wanted; 8]> = SmallVec::new();
    for at in options.keys.clone() {
        let name = GroupName {
            key: &args[at],
            group,
        };
        wanted.push(resolve(cx, name, &args[options.id_at(at)])?);
    }
    cx.effects.propagate_nothing();
    let now = cx.now();
    let mut answer = Answer::default();
    let mut budget = options.budget(&cx.reply);
    for (at, wanted) in options.keys.clone().zip(wanted) {
        if budget.is_spent() {
            break;
        }
        let name = GroupName {
            key: &args[at],
            group,
        };
        let mut db = cx.keyspace.db(cx.db);
        let mut target = db.stream_mut(name.key)?;
        // COMPAT: each key is looked up twice, and counted twice.
        target.count_as_read();
        let mut reader = Reader {
            options: &options,
            name,
            now,
            effects: cx.effects,
            db: cx.db,
            reply: &mut cx.reply,
            budget: &mut budget,
        };
        target.edit_quietly(|stream| reader.serve(stream, consumer, wanted, &mut answer));
    }
    match answer.finish(&mut cx.reply) {
        true => Ok(Flow::Done),
        false => {
            let mut flow = wait(cx, &options, None)?;
            if let (Flow::Block(wait), Some(idle)) = (&mut flow, options.claim) {
                wait.again_at = Some(next_idle(cx, args, &options, (group, idle)));
            }
            Ok(flow)
        }
    }
}

/// When an entry that somebody has may be idle for long enough at the earliest: not now.
fn next_idle(
    cx: &mut Ctx<'_>,
    args: Args<'_>,
    options: &Options<'_>,
    (group, idle): (&[u8], Millis),
) -> Millis {
    let now = cx.now();
    // Whatever is delivered from now on.
    let mut soonest = now.saturating_add(idle.max(LOOK_AGAIN_MS));
    for at in options.keys.clone() {
        let mut db = cx.keyspace.db(cx.db);
        let Ok(Some(stream)) = db.stream(&args[at], Touch::No) else {
            continue;
        };
        let Some(group) = stream.group(group) else {
            continue;
        };
        let bound = group.delivered_from().saturating_add(idle);
        if bound > now {
            soonest = soonest.min(bound);
            continue;
        }
        // Those were acknowledged meanwhile, or the stream has lost the entries.
        let pending = group.pending_from(StreamId::MIN);
        let left = pending.filter(|pending| stream.entry(pending.id).is_some());
        let idle_at = left.map(|pending| pending.delivered_at.saturating_add(idle));
        soonest = idle_at.fold(soonest, Millis::min);
    }
    soonest.max(now.saturating_add(1))
}

/// How long a consumer that claims waits at least, while nothing is pending.
const LOOK_AGAIN_MS: Millis = 10;

/// Resolves the entries asked for in a stream, which must have the group.
fn resolve(cx: &mut Ctx<'_>, name: GroupName<'_>, id: &[u8]) -> Result<Wanted, CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    match db.stream(name.key, Touch::Yes)? {
        Some(stream) => group_of(stream, name).map(|_| ())?,
        None => {
            cx.effects.miss(cx.db, name.key);
            return Err(text::no_group_to_read(name.key, name.group));
        }
    }
    match id {
        b"$" => Err(text::NO_DOLLAR),
        b"+" => Err(text::NO_PLUS),
        b">" => Ok(Wanted::New),
        // COMPAT: the highest identifier stands for new entries too.
        _ => match id::parse(id)? {
            StreamId::MAX => Ok(Wanted::New),
            id => Ok(Wanted::History(id)),
        },
    }
}

/// One stream being read for a consumer.
struct Reader<'r, 'o, 'c> {
    options: &'r Options<'o>,
    name: GroupName<'r>,
    now: Millis,
    effects: &'r mut Effects,
    db: usize,
    reply: &'r mut Reply<'c>,
    budget: &'r mut Budget,
}

impl Reader<'_, '_, '_> {
    fn serve(&mut self, stream: &mut Stream, consumer: &[u8], wanted: Wanted, answer: &mut Answer) {
        let is_new = group_of(stream, self.name).is_ok_and(|g| g.consumer_id(consumer).is_none());
        let id = arrive(
            stream,
            self.name,
            consumer,
            self.now,
            (self.effects, self.db),
        );
        if is_new && self.options.is_unacknowledged {
            self.name.record_consumer(self.effects, consumer);
        }
        match wanted {
            Wanted::History(after) => {
                let place = answer.stream(self.reply, self.name.key);
                if !self.serve_history(stream, id, after) {
                    answer.take_back(self.reply, place);
                }
            }
            Wanted::New => self.serve_new(stream, id, answer),
        }
    }

    /// Gives the consumer once more what it has; says whether any of it fits, if there is any.
    fn serve_history(
        &mut self,
        stream: &mut Stream,
        consumer: ConsumerId,
        after: StreamId,
    ) -> bool {
        let from = after.next().unwrap_or(StreamId::MAX);
        let ids: Vec<StreamId> = match stream.group(self.name.group) {
            Some(group) => {
                let ids = group.consumer(consumer).pending_from(from);
                ids.take(self.options.count).collect()
            }
            None => Vec::new(),
        };
        let begun = self.reply.begin_array();
        let given = ids.iter().take_while(|&&id| {
            self.budget
                .give(self.reply, |reply| match stream.entry(id) {
                    Some(entry) => reply_entry(reply, &entry),
                    None => reply_gone(reply, id),
                })
        });
        let count = given.count();
        if count == 0 && !ids.is_empty() {
            return false;
        }
        self.reply.end_array(begun, count);
        for id in ids.into_iter().take(count) {
            if stream.entry(id).is_none() {
                continue;
            }
            stream.change_group(self.name.group, |group| {
                if let Some(mut pending) = group.pending(id).copied() {
                    pending.delivered_at = self.now;
                    pending.deliveries = one_more(pending.deliveries);
                    group.deliver(pending);
                }
            });
        }
        true
    }

    /// Gives the consumer what others left, and then what nobody was given.
    fn serve_new(&mut self, stream: &mut Stream, consumer: ConsumerId, answer: &mut Answer) {
        let left = self.left_by_others(stream);
        let Some(group) = stream.group(self.name.group) else {
            return;
        };
        let mut position = (group.last_id, group.entries_read);
        let from = position.0.next().filter(|from| has_from(stream, *from));
        let room = self.options.count.saturating_sub(left.len());
        if left.is_empty() && from.is_none() {
            return;
        }
        let place = answer.stream(self.reply, self.name.key);
        let begun = self.reply.begin_array();
        let claimed = left.into_iter();
        let claimed = claimed.take_while(|pending| self.claim(stream, consumer, *pending));
        let claimed = claimed.count();
        let mut ids: SmallVec<[StreamId; 16]> = SmallVec::new();
        let entries = from.map(|from| stream.range(from, StreamId::MAX));
        for entry in entries.into_iter().flatten().take(room) {
            let is_claiming = self.options.claim.is_some();
            let write = |reply: &mut Reply<'_>| reply_new(reply, &entry, is_claiming);
            if !self.budget.give(self.reply, write) {
                break;
            }
            position.1 = stream.entries_read_after(position, entry.id());
            position.0 = entry.id();
            ids.push(entry.id());
        }
        match claimed + ids.len() {
            0 => return answer.take_back(self.reply, place),
            count => self.reply.end_array(begun, count),
        }
        if ids.is_empty() {
            return;
        }
        stream.change_group(self.name.group, |group| {
            (group.last_id, group.entries_read) = position;
        });
        self.hand_over(stream, consumer, &ids);
        self.name.record_position(self.effects, position);
        self.effects.dirty += 1;
    }

    /// Notes who has the entries that were just read.
    fn hand_over(&mut self, stream: &mut Stream, consumer: ConsumerId, ids: &[StreamId]) {
        if self.options.is_unacknowledged {
            return;
        }
        let now = self.now;
        let pending = |id: &StreamId| Pending::new(*id, now, Some(consumer));
        stream.change_group(self.name.group, |group| {
            ids.iter().for_each(|id| group.deliver(pending(id)));
            group.consumer_mut(consumer).active_at = Some(now);
        });
        if !self.effects.recording {
            return;
        }
        if let Some(group) = stream.group(self.name.group) {
            let owner = group.consumer(consumer).name();
            for id in ids {
                self.name
                    .record_claim(self.effects, &pending(id), owner, *id);
            }
        }
    }

    /// The entries that were left idle for long enough, as far as the stream has them.
    fn left_by_others(&self, stream: &Stream) -> Vec<Pending> {
        let (Some(idle), Some(group)) = (self.options.claim, stream.group(self.name.group)) else {
            return Vec::new();
        };
        let mut left = group.idle_since(self.now.saturating_sub(idle));
        left.retain(|pending| stream.entry(pending.id).is_some());
        left.truncate(self.options.count);
        left
    }

    /// Gives the consumer an entry that another one left; says whether it fits.
    fn claim(&mut self, stream: &mut Stream, consumer: ConsumerId, mut pending: Pending) -> bool {
        let idle = self.now.saturating_sub(pending.delivered_at);
        let is_given = self.budget.give(self.reply, |reply| {
            if let Some(entry) = stream.entry(pending.id) {
                reply_claimed(reply, &entry, (idle, deliveries(&pending)));
            }
        });
        if !is_given {
            return false;
        }
        pending.delivered_at = self.now;
        pending.deliveries = one_more(pending.deliveries);
        pending.consumer = Some(consumer);
        deliver(
            stream,
            self.name,
            (pending, consumer),
            self.now,
            self.effects,
        );
        true
    }
}

/// Writes an entry that nobody was given before.
fn reply_new(reply: &mut Reply<'_>, entry: &StreamEntry<'_>, is_claiming: bool) {
    match is_claiming {
        true => reply_claimed(reply, entry, (0, 0)),
        false => reply_entry(reply, entry),
    }
}

/// Writes an entry with how long it was idle and how often it was delivered.
fn reply_claimed(
    reply: &mut Reply<'_>,
    entry: &StreamEntry<'_>,
    (idle, deliveries): (Millis, i64),
) {
    reply.array(4);
    id::reply(reply, entry.id());
    reply_fields(reply, entry);
    reply.integer(idle);
    reply.integer(deliveries);
}
