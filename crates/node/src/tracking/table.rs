//! The invalidation table: keys that were read, each with the connections that may hold it.
//!
//! Always true: the place of a key is known, so that any key is found, removed or drawn in O(1).

use std::collections::BTreeMap;

use russet_base::rng::Rng;
use russet_engine::{Keyspace, ObserverId};
use russet_io::ConnId;
use smallvec::SmallVec;

use crate::waiters::DbKey;

/// The observer of keys that clients may hold.
pub(crate) const TRACKERS: ObserverId = ObserverId(2);

/// Connections, few of them as a rule.
pub(crate) type Holders = SmallVec<[ConnId; 2]>;

#[derive(Debug)]
struct Entry {
    key: DbKey,
    holders: Holders,
}

/// Keys that clients may hold.
#[derive(Debug, Default)]
pub(crate) struct Table {
    places: BTreeMap<DbKey, usize>,
    entries: Vec<Entry>,
    /// The holders of all keys together.
    items: usize,
}

impl Table {
    /// Remembers that a client has read a key.
    pub(crate) fn insert(&mut self, keyspace: &mut Keyspace, key: DbKey, conn: ConnId) {
        let Some(&place) = self.places.get(&key) else {
            keyspace.observe(key.0, &key.1, TRACKERS);
            self.places.insert(key.clone(), self.entries.len());
            let holders = Holders::from_slice(&[conn]);
            self.entries.push(Entry { key, holders });
            self.items += 1;
            return;
        };
        let holders = &mut self.entries[place].holders;
        // Sorted, so that a key that thousands hold is added to without a walk.
        if let Err(at) = holders.binary_search(&conn) {
            holders.insert(at, conn);
            self.items += 1;
        }
    }

    /// Forgets a key, and says who held it.
    pub(crate) fn take(&mut self, keyspace: &mut Keyspace, key: &DbKey) -> Option<Holders> {
        let place = *self.places.get(key)?;
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

    fn take_at(&mut self, keyspace: &mut Keyspace, place: usize) -> (DbKey, Holders) {
        let entry = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place)
            && let Some(known) = self.places.get_mut(&moved.key)
        {
            *known = place;
        }
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(2 * self.entries.len());
        }
        self.places.remove(&entry.key);
        keyspace.unobserve(entry.key.0, &entry.key.1, TRACKERS);
        self.items -= entry.holders.len();
        (entry.key, entry.holders)
    }

    /// Forgets all keys.
    pub(crate) fn clear(&mut self, keyspace: &mut Keyspace) {
        for entry in std::mem::take(self).entries {
            keyspace.unobserve(entry.key.0, &entry.key.1, TRACKERS);
        }
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
