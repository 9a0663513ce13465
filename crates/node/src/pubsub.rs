//! Subscriptions: which connections hear which channels, patterns and shard channels.
//!
//! ```text
//!  PUBLISH c ─► channels[c] ─────────────► receivers of "message"
//!            └► patterns that match c ───► receivers of "pmessage", once for each pattern
//!  SPUBLISH c ─► shards[c] ──────────────► receivers of "smessage"
//! ```
//! | input | effect |
//! |---|---|
//! | subscribe | the connection is a receiver; the first one makes the topic |
//! | unsubscribe | it is none any more; the last one removes the topic |
//! | protocol changes | later messages have its form |
//! | connection gone | all its subscriptions end |
//!
//! Always true: a topic has receivers, and a subscriber has subscriptions.
//! Always true: the place of a receiver in its topic is known to its subscriber.
//! Not here: messages — `publish.rs`; the commands — `control/pubsub.rs`.

mod gathered;
mod patterns;

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;
use russet_base::rng::Rng;
use russet_io::ConnId;
use russet_resp::Protocol;

pub(crate) use gathered::Gathered;
use patterns::Patterns;

/// The name of a topic, shared by all who know it.
pub(crate) type Name = Arc<[u8]>;

/// A sort of topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A channel by name.
    Channel,
    /// All channels whose name matches a pattern.
    Pattern,
    /// A channel of the slot of its name.
    Shard,
}

impl Kind {
    /// Every sort.
    pub(crate) const ALL: [Self; 3] = [Self::Channel, Self::Pattern, Self::Shard];
}

/// A connection that hears a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub conn: ConnId,
    /// The form of its messages.
    pub protocol: Protocol,
}

/// The topics that one connection hears, each with its place among the receivers.
#[derive(Debug, Default)]
struct Subscriber {
    topics: [BTreeMap<Name, u32>; 3],
}

impl Subscriber {
    fn count(&self) -> usize {
        self.topics.iter().map(BTreeMap::len).sum()
    }
}

type Topics = HashMap<Name, Vec<Receiver>, RandomState>;

/// All subscriptions.
#[derive(Debug)]
pub(crate) struct Pubsub {
    subscribers: HashMap<ConnId, Box<Subscriber>, RandomState>,
    topics: [Topics; 3],
    patterns: Patterns,
}

impl Pubsub {
    /// No subscriptions; names are hashed with seeds from `rng`.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let hasher = RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64());
        let topics = || HashMap::with_hasher(hasher.clone());
        Self {
            subscribers: HashMap::with_hasher(hasher.clone()),
            topics: [topics(), topics(), topics()],
            patterns: Patterns::new(&hasher),
        }
    }

    /// Whether nobody has subscribed to anything.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    /// Whether a connection has any subscription.
    pub(crate) fn has(&self, conn: ConnId) -> bool {
        self.subscribers.contains_key(&conn)
    }

    /// Adds a subscription; false if it is there already.
    pub(crate) fn subscribe(&mut self, kind: Kind, receiver: Receiver, name: &[u8]) -> bool {
        let subscriber = self.subscribers.entry(receiver.conn).or_default();
        let held = &mut subscriber.topics[kind as usize];
        if held.contains_key(name) {
            return false;
        }
        let topics = &mut self.topics[kind as usize];
        let name = match topics.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => Name::from(name),
        };
        let receivers = topics.entry(Arc::clone(&name)).or_default();
        if receivers.is_empty() && kind == Kind::Pattern {
            self.patterns.insert(&name);
        }
        let place = u32::try_from(receivers.len()).unwrap_or(u32::MAX);
        receivers.push(receiver);
        held.insert(name, place);
        true
    }

    /// Ends a subscription; false if there is none.
    pub(crate) fn unsubscribe(&mut self, kind: Kind, conn: ConnId, name: &[u8]) -> bool {
        let Some(subscriber) = self.subscribers.get_mut(&conn) else {
            return false;
        };
        let Some(place) = subscriber.topics[kind as usize].remove(name) else {
            return false;
        };
        if subscriber.count() == 0 {
            self.subscribers.remove(&conn);
        }
        self.leave(kind, name, place);
        true
    }

    /// Takes the receiver out that stands at a place of a topic.
    fn leave(&mut self, kind: Kind, name: &[u8], place: u32) {
        let topics = &mut self.topics[kind as usize];
        let Some(receivers) = topics.get_mut(name) else {
            return;
        };
        receivers.swap_remove(place as usize);
        if let Some(moved) = receivers.get(place as usize)
            && let Some(subscriber) = self.subscribers.get_mut(&moved.conn)
            && let Some(known) = subscriber.topics[kind as usize].get_mut(name)
        {
            *known = place;
        }
        if receivers.len() < receivers.capacity() / 4 {
            receivers.shrink_to(2 * receivers.len());
        }
        if receivers.is_empty() {
            topics.remove(name);
            if topics.len() < topics.capacity() / 8 {
                topics.shrink_to(2 * topics.len());
            }
            if kind == Kind::Pattern {
                self.patterns.remove(name);
            }
        }
    }

    /// Ends all subscriptions of a connection.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        let Some(subscriber) = self.subscribers.remove(&conn) else {
            return;
        };
        for (kind, held) in Kind::ALL.into_iter().zip(subscriber.topics) {
            for (name, place) in held {
                self.leave(kind, &name, place);
            }
        }
    }

    /// Messages to a connection have another form from now on.
    pub(crate) fn set_protocol(&mut self, conn: ConnId, protocol: Protocol) {
        let Some(subscriber) = self.subscribers.get(&conn) else {
            return;
        };
        for (held, topics) in subscriber.topics.iter().zip(&mut self.topics) {
            for (name, place) in held {
                let receivers = topics.get_mut(name);
                if let Some(receiver) = receivers.and_then(|all| all.get_mut(*place as usize)) {
                    receiver.protocol = protocol;
                }
            }
        }
    }

    /// The receivers of a topic.
    #[inline]
    pub(crate) fn receivers(&self, kind: Kind, name: &[u8]) -> &[Receiver] {
        let topics = &self.topics[kind as usize];
        // PERF: hashing a name that nobody knows is for nothing.
        if topics.is_empty() {
            return &[];
        }
        topics.get(name).map_or(&[], Vec::as_slice)
    }

    /// Calls `f` with each pattern that a channel matches and those who hear it.
    pub(crate) fn matching(&self, channel: &[u8], mut f: impl FnMut(&Name, &[Receiver])) {
        self.patterns.matching(channel, |pattern| {
            f(pattern, self.receivers(Kind::Pattern, pattern));
        });
    }

    /// The number of topics of one sort that a connection hears.
    pub(crate) fn count_of(&self, kind: Kind, conn: ConnId) -> usize {
        let subscriber = self.subscribers.get(&conn);
        subscriber.map_or(0, |subscriber| subscriber.topics[kind as usize].len())
    }

    /// The topics of one sort that a connection hears, in the order of their names.
    pub(crate) fn names_of(&self, kind: Kind, conn: ConnId) -> Vec<Name> {
        let subscriber = self.subscribers.get(&conn);
        let held = subscriber.map(|subscriber| &subscriber.topics[kind as usize]);
        held.map_or_else(Vec::new, |held| held.keys().cloned().collect())
    }

    /// The names of all topics of one sort.
    pub(crate) fn names(&self, kind: Kind) -> impl Iterator<Item = &Name> {
        self.topics[kind as usize].keys()
    }

    /// The number of topics of one sort.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.topics[kind as usize].len()
    }

    /// The number of connections with subscriptions.
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// The memory of the subscriptions of a connection, in bytes; names are shared and not counted.
    pub(crate) fn memory_of(&self, conn: ConnId) -> usize {
        let Some(subscriber) = self.subscribers.get(&conn) else {
            return 0;
        };
        let each = size_of::<(Name, u32)>() + size_of::<Receiver>();
        size_of::<Subscriber>() + subscriber.count() * each
    }
}

#[cfg(test)]
mod tests;
