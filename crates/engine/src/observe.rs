//! Which keys somebody wants to hear of, and which of them changed.
//!
//! Always true: with nobody listening, a change costs one comparison.
//! Not here: what listeners do about it.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::hash::Unhashed;

/// A key that was observed and has changed: its value, its deadline, or that it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Box<[u8]>,
}

/// The observed keys of all databases.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// By the hash of the key.
    wanted: HashMap<u64, Vec<Wanted>, Unhashed>,
    /// How many observed keys each database has.
    counts: BTreeMap<usize, usize>,
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Wanted {
    db: usize,
    key: Box<[u8]>,
    observers: usize,
}

impl Observed {
    /// Begins to observe a key, once more if it is observed already.
    pub(crate) fn add(&mut self, db: usize, hash: u64, key: &[u8]) {
        let wanted = self.wanted.entry(hash).or_default();
        if let Some(known) = wanted.iter_mut().find(|w| w.db == db && *w.key == *key) {
            known.observers += 1;
            return;
        }
        wanted.push(Wanted {
            db,
            key: key.into(),
            observers: 1,
        });
        *self.counts.entry(db).or_default() += 1;
    }

    /// Takes one observation of a key back.
    pub(crate) fn remove(&mut self, db: usize, hash: u64, key: &[u8]) {
        let Some(wanted) = self.wanted.get_mut(&hash) else {
            return;
        };
        let Some(at) = wanted.iter().position(|w| w.db == db && *w.key == *key) else {
            return;
        };
        wanted[at].observers -= 1;
        if wanted[at].observers > 0 {
            return;
        }
        wanted.swap_remove(at);
        if wanted.is_empty() {
            self.wanted.remove(&hash);
        }
        if let Some(count) = self.counts.get_mut(&db) {
            *count -= 1;
        }
        self.counts.retain(|_, count| *count > 0);
    }

    /// A key has changed.
    #[inline]
    pub(crate) fn note(&mut self, db: usize, hash: u64, key: &[u8]) {
        if !self.wanted.is_empty() {
            self.note_wanted(db, hash, key);
        }
    }

    #[cold]
    fn note_wanted(&mut self, db: usize, hash: u64, key: &[u8]) {
        let is_wanted = |wanted: &Vec<Wanted>| wanted.iter().any(|w| w.db == db && *w.key == *key);
        if !self.wanted.get(&hash).is_some_and(is_wanted) {
            return;
        }
        let is_known = |change: &Change| change.db == db && *change.key == *key;
        if !self.changes.last().is_some_and(is_known) {
            let key = key.into();
            self.changes.push(Change { db, key });
        }
    }

    /// The observed keys of a database, with their hashes.
    pub(crate) fn of(&self, db: usize) -> Vec<(u64, Box<[u8]>)> {
        if !self.counts.contains_key(&db) {
            return Vec::new();
        }
        let all = self
            .wanted
            .iter()
            .flat_map(|(hash, keys)| keys.iter().map(move |wanted| (*hash, wanted)));
        all.filter(|(_, wanted)| wanted.db == db)
            .map(|(hash, wanted)| (hash, wanted.key.clone()))
            .collect()
    }

    /// Whether changes wait to be taken.
    #[inline]
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The changes since the last call, oldest first.
    pub(crate) fn take(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}
