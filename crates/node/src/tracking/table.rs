//! The invalidation table: keys that were read, each with the connections that may hold it.
//!
//! ```text
//!  insert ─► entries ── take, take_beyond ─► told, no longer observed
//!               └────── clear ─► none is observed; dropped on another thread
//! ```
//! Always true: the place of a key is known, so that any key is found, removed or drawn in O(1).
//! Always true: forgetting all keys takes the same time however many there are.

use ahash::RandomState;
use hashbrown::HashTable;
use russet_base::rng::Rng;
use russet_engine::{Keyspace, ObserverId, Unobserved};
use russet_io::ConnId;
use smallvec::SmallVec;

use crate::waiters::DbKey;

/// Fewer keys are dropped where they are: another thread would cost more.
const WORTH_A_THREAD: usize = 64;

/// The observer of keys that clients may hold, and the only quiet one.
pub(crate) const TRACKERS: ObserverId = ObserverId(2 | ObserverId::QUIET);

/// Connections, few of them as a rule.
pub(crate) type Holders = SmallVec<[ConnId; 2]>;

#[derive(Debug)]
struct Entry {
    key: DbKey,
    holders: Holders,
}

/// Keys that were forgotten all at once. They only need dropping, on any thread.
#[derive(Debug)]
pub(crate) struct Forgotten {
    _entries: Vec<Entry>,
    _places: HashTable<usize>,
    _observed: Unobserved,
}

/// Keys that clients may hold.
#[derive(Debug)]
pub(crate) struct Table {
    hasher: RandomState,
    /// The place of each key among the entries.
    places: HashTable<usize>,
    entries: Vec<Entry>,
    /// The holders of all keys together.
    items: usize,
    /// Keys added since the last call of [`Self::excess`].
    added: usize,
}

impl Table {
    /// An empty table; keys are hashed with seeds from `rng`.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            hasher: RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64()),
            places: HashTable::new(),
            entries: Vec::new(),
            items: 0,
            added: 0,
        }
    }

    fn find(&self, key: &DbKey) -> Option<usize> {
        let is_it = |place: &usize| self.entries[*place].key == *key;
        let place = self.places.find(self.hasher.hash_one(key), is_it);
        place.copied()
    }

    /// Remembers that a client has read a key.
    pub(crate) fn insert(&mut self, keyspace: &mut Keyspace, key: DbKey, conn: ConnId) {
        let Some(place) = self.find(&key) else {
            return self.add(keyspace, key, conn);
        };
        let holders = &mut self.entries[place].holders;
        // Sorted, so that a key that thousands hold is added to without a walk.
        if let Err(at) = holders.binary_search(&conn) {
            holders.insert(at, conn);
            self.items += 1;
        }
    }

    fn add(&mut self, keyspace: &mut Keyspace, key: DbKey, conn: ConnId) {
        keyspace.observe(key.0, &key.1, TRACKERS);
        let (hasher, entries) = (&self.hasher, &self.entries);
        let hash_of = |place: &usize| hasher.hash_one(&entries[*place].key);
        let hash = hasher.hash_one(&key);
        self.places.insert_unique(hash, entries.len(), hash_of);
        let holders = Holders::from_slice(&[conn]);
        self.entries.push(Entry { key, holders });
        self.items += 1;
        self.added += 1;
    }

    /// Forgets a key, and says who held it.
    pub(crate) fn take(&mut self, keyspace: &mut Keyspace, key: &DbKey) -> Option<Holders> {
        let place = self.find(key)?;
        Some(self.take_at(keyspace, place).1)
    }

    /// Forgets any key, and says who held it, if there are more keys than the limit.
    pub(crate) fn take_beyond(
        &mut self,
        keyspace: &mut Keyspace,
        limit: usize,
        rng: &mut Rng,
    ) -> Option<(DbKey, Holders)> {
        if self.entries.len() <= limit {
            return None;
        }
        let place = rng.index(self.entries.len());
        Some(self.take_at(keyspace, place))
    }

    /// How many keys are to be forgotten in this turn: all beyond the limit, unless they are many
    /// more than were added since the last call.
    pub(crate) fn excess(&mut self, limit: usize, budget: usize) -> usize {
        let most = std::mem::take(&mut self.added).saturating_add(budget);
        self.entries.len().saturating_sub(limit).min(most)
    }

    fn take_at(&mut self, keyspace: &mut Keyspace, place: usize) -> (DbKey, Holders) {
        self.forget_place(place);
        let entry = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            let (hash, last) = (self.hasher.hash_one(&moved.key), self.entries.len());
            if let Some(known) = self.places.find_mut(hash, |known| *known == last) {
                *known = place;
            }
        }
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(2 * self.entries.len());
            let (hasher, entries) = (&self.hasher, &self.entries);
            let hash_of = |place: &usize| hasher.hash_one(&entries[*place].key);
            self.places.shrink_to(2 * entries.len(), hash_of);
        }
        keyspace.unobserve(entry.key.0, &entry.key.1, TRACKERS);
        self.items -= entry.holders.len();
        (entry.key, entry.holders)
    }

    fn forget_place(&mut self, place: usize) {
        let hash = self.hasher.hash_one(&self.entries[place].key);
        if let Ok(known) = self.places.find_entry(hash, |known| *known == place) {
            known.remove();
        }
    }

    /// Forgets all keys. Gives what is left of them if they are many: dropping it takes time.
    pub(crate) fn clear(&mut self, keyspace: &mut Keyspace) -> Option<Forgotten> {
        self.items = 0;
        let entries = std::mem::take(&mut self.entries);
        let is_large = entries.len() >= WORTH_A_THREAD;
        let forgotten = Forgotten {
            _entries: entries,
            _places: std::mem::take(&mut self.places),
            _observed: keyspace.unobserve_quiet(),
        };
        is_large.then_some(forgotten)
    }

    /// The number of keys.
    pub(crate) fn keys(&self) -> usize {
        self.entries.len()
    }

    /// The holders of all keys together.
    pub(crate) fn items(&self) -> usize {
        self.items
    }
}
