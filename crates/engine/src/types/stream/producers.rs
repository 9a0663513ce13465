//! Producers that number their entries: an entry that is added again is found by its number.
//!
//! Of each producer the newest numbers are kept, for some time and up to some count.
//!
//! Always true: a producer that is known has a number that is known.
//! Not here: what an entry is numbered by when the producer does not say — the command layer

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::id::StreamId;
use crate::value::Millis;

/// Producers' marks of the entries that they added.
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
    /// How many numbers all producers have.
    numbers: usize,
    /// The producer that was looked at last for what is too old.
    swept: Box<[u8]>,
}

#[derive(Debug, Clone, Default)]
struct Producer {
    ids: BTreeMap<Arc<[u8]>, (StreamId, Millis)>,
    /// The oldest first.
    order: VecDeque<Arc<[u8]>>,
}

/// An entry that a producer added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered<'a> {
    /// The producer.
    pub producer: &'a [u8],
    /// The name that the producer gives the entry.
    pub number: &'a [u8],
    /// When it was added.
    pub added_at: Millis,
    /// Its identifier in the stream.
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
            numbers: 0,
            swept: Box::default(),
        }
    }
}

impl Producers {
    /// Remembers an entry, unless its number is known; forgets what is too old or too much.
    pub fn remember(&mut self, entry: Remembered<'_>) {
        let (oldest, len_max) = (self.oldest(entry.added_at), self.len_max);
        self.sweep(oldest);
        let producer = self.by_name.entry(entry.producer.into()).or_default();
        self.numbers -= producer.forget_before(oldest);
        if producer.ids.contains_key(entry.number) {
            return;
        }
        let number: Arc<[u8]> = entry.number.into();
        let known = (entry.id, entry.added_at);
        producer.ids.insert(Arc::clone(&number), known);
        producer.order.push_back(number);
        self.numbers += 1;
        while producer.order.len() as u64 > len_max {
            producer.forget_oldest();
            self.numbers -= 1;
        }
        self.added += 1;
    }

    /// Looks at two producers in turn, so that none stays for ever that adds nothing any more.
    fn sweep(&mut self, oldest: Millis) {
        for _ in 0..2 {
            let rest = (Bound::Excluded(&*self.swept), Bound::Unbounded);
            let Some((name, producer)) = self.by_name.range_mut::<[u8], _>(rest).next() else {
                self.swept = Box::default();
                return;
            };
            self.numbers -= producer.forget_before(oldest);
            let name = name.clone();
            if producer.order.is_empty() {
                self.by_name.remove(&name);
            }
            self.swept = name;
        }
    }

    /// The moment before which entries are forgotten.
    fn oldest(&self, now: Millis) -> Millis {
        let kept_ms = i64::try_from(self.duration_s.saturating_mul(1000)).unwrap_or(i64::MAX);
        now.saturating_sub(kept_ms)
    }

    /// Forgets every producer.
    pub fn clear(&mut self) {
        self.by_name.clear();
        self.numbers = 0;
    }

    /// The identifier of an entry of a producer, if it is known and not too old.
    pub fn find(&self, producer: &[u8], number: &[u8], now: Millis) -> Option<StreamId> {
        let (id, added_at) = *self.by_name.get(producer)?.ids.get(number)?;
        (added_at >= self.oldest(now)).then_some(id)
    }

    /// Everything that is known, producer by producer, the oldest entry of each first.
    pub fn iter(&self) -> impl Iterator<Item = Remembered<'_>> {
        self.by_name.iter().flat_map(|(name, producer)| {
            producer.order.iter().filter_map(move |number| {
                let (id, added_at) = *producer.ids.get(number)?;
                Some(Remembered {
                    producer: name,
                    number,
                    added_at,
                    id,
                })
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
        self.numbers
    }

    /// Bytes that it occupies, roughly.
    pub(super) fn weight(&self) -> usize {
        let number = 3 * size_of::<(Arc<[u8]>, StreamId)>() + 32;
        size_of::<Self>() + self.by_name.len() * 256 + self.numbers_len() * number
    }
}

impl Producer {
    /// When the oldest entry was added.
    fn oldest(&self) -> Option<Millis> {
        let (_, added_at) = self.ids.get(self.order.front()?)?;
        Some(*added_at)
    }

    /// Forgets what was added before a moment; says how much that was.
    fn forget_before(&mut self, moment: Millis) -> usize {
        let len = self.order.len();
        while self.oldest().is_some_and(|added_at| added_at < moment) {
            self.forget_oldest();
        }
        len - self.order.len()
    }

    fn forget_oldest(&mut self) {
        if let Some(number) = self.order.pop_front() {
            self.ids.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn producers_that_add_nothing_any_more_are_forgotten() {
        let mut producers = Producers::default();
        let mut add = |producer: &str, number: &str, added_at: Millis| {
            let id = StreamId::new(added_at as u64, 0);
            producers.remember(Remembered {
                producer: producer.as_bytes(),
                number: number.as_bytes(),
                added_at,
                id,
            });
            (producers.len(), producers.numbers_len())
        };
        for n in 1..=50 {
            assert_eq!(add(&format!("p{n}"), "n", n), (n as usize, n as usize));
        }
        for n in 0..30 {
            add("last", &n.to_string(), 200_000);
        }
        assert_eq!(add("last", "0", 200_000), (1, 30));
        assert_eq!(
            producers.find(b"last", b"7", 200_000),
            Some(StreamId::new(200_000, 0))
        );
        assert_eq!(producers.find(b"last", b"7", 300_001), None);
    }
}
