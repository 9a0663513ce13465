//! Producers that number their entries: an entry that is added again is found by its number.
//!
//! Of each producer the newest numbers are kept, for some time and up to some count.
//!
//! Always true: a producer that is known has a number that is known.
//! Not here: what an entry is numbered by when the producer does not say — the command layer

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::id::StreamId;
use crate::value::Millis;

/// What producers said of the entries that they added.
#[derive(Debug, Clone)]
pub struct Producers {
    /// For how many seconds a number is kept.
    pub duration_s: u64,
    /// How many numbers of a producer are kept.
    pub len_max: u64,
    /// How many numbers were ever kept.
    pub added: u64,
    /// How many entries were known already.
    pub duplicates: u64,
    by_name: BTreeMap<Box<[u8]>, Producer>,
}

#[derive(Debug, Clone, Default)]
struct Producer {
    ids: BTreeMap<Arc<[u8]>, StreamId>,
    /// The oldest first.
    order: VecDeque<(Arc<[u8]>, Millis)>,
}

/// An entry that a producer added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered<'a> {
    /// The producer.
    pub producer: &'a [u8],
    /// What the producer calls the entry.
    pub number: &'a [u8],
    /// When it was added.
    pub added_at: Millis,
    /// What the stream calls it.
    pub id: StreamId,
}

impl Default for Producers {
    fn default() -> Self {
        Self {
            duration_s: 100,
            len_max: 100,
            added: 0,
            duplicates: 0,
            by_name: BTreeMap::new(),
        }
    }
}

impl Producers {
    /// Remembers an entry, unless its number is known; forgets the oldest that are too many.
    pub fn remember(&mut self, entry: Remembered<'_>) {
        let producer = self.by_name.entry(entry.producer.into()).or_default();
        let number: Arc<[u8]> = entry.number.into();
        if producer.ids.insert(Arc::clone(&number), entry.id).is_some() {
            return;
        }
        producer.order.push_back((number, entry.added_at));
        while producer.order.len() as u64 > self.len_max {
            producer.forget_oldest();
        }
        self.added += 1;
    }

    /// Forgets what is kept for too long.
    pub fn expire(&mut self, now: Millis) {
        let kept_ms = i64::try_from(self.duration_s.saturating_mul(1000)).unwrap_or(i64::MAX);
        for producer in self.by_name.values_mut() {
            let is_old = |added_at: Millis| now.saturating_sub(added_at) > kept_ms;
            while producer.order.front().is_some_and(|(_, at)| is_old(*at)) {
                producer.forget_oldest();
            }
        }
        self.by_name
            .retain(|_, producer| !producer.order.is_empty());
    }

    /// Forgets every producer.
    pub fn clear(&mut self) {
        self.by_name.clear();
    }

    /// What the stream calls an entry of a producer, if that is known.
    pub fn find(&self, producer: &[u8], number: &[u8]) -> Option<StreamId> {
        self.by_name.get(producer)?.ids.get(number).copied()
    }

    /// Everything that is known, producer by producer, the oldest entry of each first.
    pub fn iter(&self) -> impl Iterator<Item = Remembered<'_>> {
        self.by_name.iter().flat_map(|(name, producer)| {
            producer
                .order
                .iter()
                .map(move |(number, added_at)| Remembered {
                    producer: name,
                    number,
                    added_at: *added_at,
                    id: producer.ids.get(number).copied().unwrap_or_default(),
                })
        })
    }

    /// How many producers are known.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// How many numbers are known, of all producers together.
    pub fn numbers_len(&self) -> usize {
        self.by_name
            .values()
            .map(|producer| producer.order.len())
            .sum()
    }

    /// Bytes that it occupies, roughly.
    pub(super) fn weight(&self) -> usize {
        let number = 3 * size_of::<(Arc<[u8]>, StreamId)>() + 32;
        size_of::<Self>() + self.by_name.len() * 256 + self.numbers_len() * number
    }
}

impl Producer {
    fn forget_oldest(&mut self) {
        if let Some((number, _)) = self.order.pop_front() {
            self.ids.remove(&number);
        }
    }
}
