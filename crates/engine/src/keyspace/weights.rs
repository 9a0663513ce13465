//! Bytes of the key space: of its data, and of memory that is kept or about to be freed.
//!
//! Not here: the weight of one value — `heap.rs`, `arena/`

use std::sync::atomic::Ordering;

use super::Keyspace;
use crate::store::Store;

impl Keyspace {
    /// Whether no database has a key, in O(databases).
    pub fn is_empty(&self) -> bool {
        self.dbs.stores().iter().all(|store| store.len() == 0)
    }

    /// Bytes that the data occupies, as the engine weighs it (not counting allocator overhead).
    pub fn weight(&self) -> u64 {
        self.dbs.weight()
    }

    /// Bytes of the data that keys lead to: [`Self::weight`] without what only snapshots still see.
    pub fn live_weight(&self) -> u64 {
        self.dbs.live_weight()
    }

    /// Bytes of [`Self::weight`] that only snapshots still see.
    pub fn limbo_weight(&self) -> u64 {
        self.dbs.stores().iter().map(Store::limbo_weight).sum()
    }

    /// Bytes of databases that were emptied and that only snapshots still see; they are not in
    /// [`Self::weight`].
    pub fn parked_weight(&self) -> u64 {
        self.parked.iter().map(|(_, store)| store.reserved()).sum()
    }

    /// Bytes of garbage until it was taken and dropped; they are not in [`Self::weight`].
    pub fn leaving_weight(&self) -> u64 {
        let taken = self.leaving.load(Ordering::Relaxed);
        self.garbage.weight + self.shared.discarded_weight + taken
    }

    /// Bytes that the arenas have from the allocator without using them. What is allocated less
    /// these follows every key that comes or goes.
    pub fn slack(&self) -> u64 {
        self.dbs.stores().iter().map(Store::slack).sum()
    }
}
