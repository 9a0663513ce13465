//! Consumer groups: who was given which entries and has not acknowledged them yet.
//!
//! Each pending entry stands once in its group, with who has it and since when, and once more, by
//! its identifier alone, with its consumer.
//!
//! ```text
//!  group    pending   id · consumer · delivered at · how often      in the order of ids
//!           slots     consumer { name · seen · active · ids }       by number
//!           by name   numbers of slots                              in the order of names
//! ```
//! Always true: the two sides of a pending entry agree; an entry that was given back has no
//! consumer and stands in the group only.
//! Not here: which entries there are — `stream.rs`; how far behind a group is — `lag.rs`

use super::id::StreamId;
use super::ordered::{Identified, Ordered};
use crate::part::Part;
use crate::value::Millis;

/// A consumer group of a stream.
#[derive(Debug, Clone)]
pub struct StreamGroup {
    name: Box<[u8]>,
    /// The last identifier that was delivered to anybody.
    pub last_id: StreamId,
    /// How many entries of the stream were delivered, if that is known.
    pub entries_read: Option<u64>,
    pending: Ordered<Pending>,
    slots: Vec<Option<Part<Consumer>>>,
    by_name: Vec<u32>,
    /// No pending entry was delivered before.
    oldest: Millis,
}

/// An entry that was delivered and not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The identifier of the entry.
    pub id: StreamId,
    /// When it was delivered last.
    pub delivered_at: Millis,
    /// How often it was delivered.
    pub deliveries: u64,
    /// The consumer that has it, if any.
    pub consumer: Option<ConsumerId>,
}

impl Pending {
    /// An entry that was delivered once.
    #[must_use]
    pub fn new(id: StreamId, delivered_at: Millis, consumer: Option<ConsumerId>) -> Self {
        Self {
            id,
            delivered_at,
            deliveries: 1,
            consumer,
        }
    }
}

impl Identified for Pending {
    fn id(&self) -> StreamId {
        self.id
    }
}

/// The number of a consumer within its group. Numbers of removed consumers are given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerId(u32);

/// A consumer of a group.
#[derive(Debug, Clone)]
pub struct Consumer {
    name: Box<[u8]>,
    /// When it last tried to do something.
    pub seen_at: Millis,
    /// When it was last given an entry, if ever.
    pub active_at: Option<Millis>,
    pending: Ordered<StreamId>,
}

impl Consumer {
    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// How many entries it has not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The entries that it has not acknowledged, from an identifier on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = StreamId> + '_ {
        self.pending.from(id).copied()
    }
}

impl StreamGroup {
    pub(super) fn new(name: &[u8], last_id: StreamId, entries_read: Option<u64>) -> Self {
        Self {
            name: name.into(),
            last_id,
            entries_read,
            pending: Ordered::default(),
            slots: Vec::new(),
            by_name: Vec::new(),
            oldest: Millis::MAX,
        }
    }

    /// Creates a consumer, unless there is one of that name; says whether it did.
    pub fn create_consumer(&mut self, name: &[u8], now: Millis) -> (ConsumerId, bool) {
        let at = match self.name_index(name) {
            Ok(at) => return (ConsumerId(self.by_name[at]), false),
            Err(at) => at,
        };
        let slot = match self.slots.iter().position(Option::is_none) {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        self.slots[slot] = Some(Part::new(Consumer {
            name: name.into(),
            seen_at: now,
            active_at: None,
            pending: Ordered::default(),
        }));
        let slot = u32::try_from(slot).expect("there are fewer consumers than that");
        self.by_name.insert(at, slot);
        (ConsumerId(slot), true)
    }

    /// Removes a consumer with all that it had pending; says how much that was.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let at = self.name_index(name).ok()?;
        let slot = self.by_name.remove(at);
        let consumer = self.slots[slot as usize].take()?;
        for id in consumer.pending.from(StreamId::MIN) {
            self.pending.remove(*id);
        }
        Some(consumer.pending.len())
    }

    /// Says that an entry was delivered to a consumer, whoever had it before.
    ///
    /// # Panics
    /// When there is no such consumer.
    pub fn deliver(&mut self, pending: Pending) {
        if let Some(old) = self.pending.get(pending.id).copied() {
            self.disown(&old, pending.consumer);
        }
        self.oldest = self.oldest.min(pending.delivered_at);
        self.pending.insert(pending);
        if let Some(consumer) = pending.consumer {
            self.consumer_mut(consumer).pending.insert(pending.id);
        }
    }

    /// Takes an entry from who has it, unless that is who is to have it.
    fn disown(&mut self, pending: &Pending, except: Option<ConsumerId>) {
        if let Some(owner) = pending.consumer
            && pending.consumer != except
        {
            self.consumer_mut(owner).pending.remove(pending.id);
        }
    }

    /// Says that an entry needs no acknowledgement any more; returns what was known of it.
    pub fn acknowledge(&mut self, id: StreamId) -> Option<Pending> {
        let pending = self.pending.remove(id)?;
        self.disown(&pending, None);
        Some(pending)
    }

    /// A consumer, to change when it was seen.
    ///
    /// # Panics
    /// When there is no such consumer.
    pub fn consumer_mut(&mut self, id: ConsumerId) -> &mut Consumer {
        let consumer = self.slots[id.0 as usize].as_mut();
        consumer
            .expect("the number is of a consumer that is there")
            .make_mut()
    }

    /// The consumer of that name.
    pub fn consumer_id(&self, name: &[u8]) -> Option<ConsumerId> {
        let at = self.name_index(name).ok()?;
        Some(ConsumerId(self.by_name[at]))
    }

    /// A consumer.
    ///
    /// # Panics
    /// When there is no such consumer.
    pub fn consumer(&self, id: ConsumerId) -> &Consumer {
        let consumer = self.slots[id.0 as usize].as_deref();
        consumer.expect("the number is of a consumer that is there")
    }

    /// All consumers in the order of their names.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.by_name
            .iter()
            .map(|slot| self.consumer(ConsumerId(*slot)))
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The delivery of an entry that is pending.
    pub fn pending(&self, id: StreamId) -> Option<&Pending> {
        self.pending.get(id)
    }

    /// How many entries are pending.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The first and the last entry that is pending.
    pub fn pending_ends(&self) -> Option<(StreamId, StreamId)> {
        Some((self.pending.first()?.id, self.pending.last()?.id))
    }

    /// The pending entries from an identifier on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = &Pending> + '_ {
        self.pending.from(id)
    }

    /// The entries that were delivered at `limit` or before, those first that were delivered first.
    pub fn idle_since(&self, limit: Millis) -> Vec<Pending> {
        // PERF: groups whose consumers do not fail are asked in vain again and again.
        if self.oldest > limit {
            return Vec::new();
        }
        let all = self.pending.from(StreamId::MIN);
        let mut idle: Vec<Pending> = all.filter(|p| p.delivered_at <= limit).copied().collect();
        idle.sort_by_key(|pending| (pending.delivered_at, pending.id));
        idle
    }

    /// A moment before which no pending entry was delivered.
    pub fn delivered_from(&self) -> Millis {
        self.oldest
    }

    /// Finds out when the entry was delivered that is pending for longest.
    pub fn find_oldest(&mut self) {
        let all = self.pending.from(StreamId::MIN);
        let oldest = all.map(|pending| pending.delivered_at).min();
        self.oldest = oldest.unwrap_or(Millis::MAX);
    }

    /// Bytes that it occupies.
    pub(super) fn weight(&self) -> usize {
        let consumer = size_of::<Option<Part<Consumer>>>() + size_of::<Consumer>() + 48;
        size_of::<Self>()
            + 32
            + self.name.len()
            + self.pending.weight()
            + self.slots.len() * consumer
            + self.pending.len() * size_of::<StreamId>()
    }

    fn name_index(&self, name: &[u8]) -> Result<usize, usize> {
        self.by_name
            .binary_search_by(|slot| (*self.consumer(ConsumerId(*slot)).name).cmp(name))
    }
}
