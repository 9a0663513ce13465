//! Prefixes of keys whose changes clients are told of, and the changes that wait to be told.
//!
//! Always true: a prefix has a client, and prefixes of one client do not overlap.

use std::collections::BTreeMap;

use russet_io::ConnId;

use crate::waiters::DbKey;

/// Clients of one prefix, and the keys that have changed.
#[derive(Debug, Default)]
struct Broadcast {
    clients: Vec<ConnId>,
    /// Each key and database, with the client that made all of its changes, if there is one.
    changed: BTreeMap<(Box<[u8]>, usize), Option<ConnId>>,
}

/// The keys that changed under one prefix.
#[derive(Debug)]
pub(crate) struct Changed {
    pub clients: Vec<ConnId>,
    /// In order, so that a key that changed in several databases stands there side by side.
    pub keys: Vec<(DbKey, Option<ConnId>)>,
}

/// All prefixes.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    broadcasts: BTreeMap<Box<[u8]>, Broadcast>,
    /// The lengths of prefixes, each with their number.
    lengths: BTreeMap<usize, usize>,
    /// Bytes that the prefixes of each client take.
    memory: BTreeMap<ConnId, usize>,
    has_changed: bool,
}

/// Bytes that a prefix takes besides its own.
const PREFIX_OVERHEAD: usize = 64;

/// Whether one of two prefixes begins with the other.
pub(crate) fn overlap(one: &[u8], other: &[u8]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

impl Prefixes {
    /// Adds a prefix of a client.
    pub(crate) fn insert(&mut self, prefix: &[u8], conn: ConnId) {
        if !self.broadcasts.contains_key(prefix) {
            *self.lengths.entry(prefix.len()).or_default() += 1;
        }
        let broadcast = self.broadcasts.entry(prefix.into()).or_default();
        if !broadcast.clients.contains(&conn) {
            broadcast.clients.push(conn);
            *self.memory.entry(conn).or_default() += prefix.len() + PREFIX_OVERHEAD;
        }
    }

    /// Removes the prefixes of a client.
    pub(crate) fn remove(&mut self, conn: ConnId) {
        let lengths = &mut self.lengths;
        self.broadcasts.retain(|prefix, broadcast| {
            broadcast.clients.retain(|other| *other != conn);
            let is_used = !broadcast.clients.is_empty();
            if !is_used && let Some(count) = lengths.get_mut(&prefix.len()) {
                *count -= 1;
            }
            is_used
        });
        lengths.retain(|_, count| *count > 0);
        self.memory.remove(&conn);
    }

    /// Bytes that the prefixes of a client take.
    pub(crate) fn memory_of(&self, conn: ConnId) -> usize {
        self.memory.get(&conn).copied().unwrap_or(0)
    }

    /// The prefixes of a client.
    pub(crate) fn of(&self, conn: ConnId) -> impl Iterator<Item = &[u8]> {
        let all = self.broadcasts.iter();
        all.filter(move |(_, broadcast)| broadcast.clients.contains(&conn))
            .map(|(prefix, _)| &**prefix)
    }

    /// A key has changed.
    pub(crate) fn change(&mut self, (db, key): &DbKey, by: Option<ConnId>) {
        for &length in self.lengths.range(..=key.len()).map(|(length, _)| length) {
            if let Some(broadcast) = self.broadcasts.get_mut(&key[..length]) {
                let changed = &mut broadcast.changed;
                let last = changed.entry((key.clone(), *db)).or_insert(by);
                // Nobody has made all the changes: everybody is told.
                *last = last.filter(|last| by == Some(*last));
                self.has_changed = true;
            }
        }
    }

    /// What has changed under each prefix since the last call.
    pub(crate) fn take_changed(&mut self) -> Vec<Changed> {
        if !std::mem::take(&mut self.has_changed) {
            return Vec::new();
        }
        let changed = self.broadcasts.values_mut();
        changed
            .filter(|broadcast| !broadcast.changed.is_empty())
            .map(|broadcast| {
                let changed = std::mem::take(&mut broadcast.changed).into_iter();
                Changed {
                    clients: broadcast.clients.clone(),
                    keys: changed.map(|((key, db), by)| ((db, key), by)).collect(),
                }
            })
            .collect()
    }

    /// The number of prefixes.
    pub(crate) fn len(&self) -> usize {
        self.broadcasts.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.broadcasts.is_empty()
    }
}
