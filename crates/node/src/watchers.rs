//! Watched keys: which, by whom, and whose have changed (WATCH).
//!
//! A client that watches has the engine observe its keys. After the first change it is *dirty*:
//! nothing more is watched, and its next EXEC runs nothing.
//!
//! Always true: a client is dirty only until its next EXEC, DISCARD, UNWATCH or RESET.
//! Not here: the commands — `control/txn.rs`.

use std::collections::{BTreeMap, BTreeSet};

use russet_engine::{Keyspace, ObserverId};
use russet_resp::Args;

use crate::waiters::DbKey;

/// The observer of keys that clients watch.
pub(crate) const WATCHERS: ObserverId = ObserverId(1);

/// All clients that watch keys.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    clients: BTreeMap<u64, Watch>,
    keys: BTreeMap<DbKey, BTreeSet<u64>>,
}

/// The keys that one client watches.
#[derive(Debug, Default)]
struct Watch {
    keys: Vec<DbKey>,
    /// One of them has changed; none is watched any more.
    is_dirty: bool,
}

impl Watchers {
    /// Whether a key that the client watched has changed.
    pub(crate) fn is_dirty(&self, client: u64) -> bool {
        self.clients
            .get(&client)
            .is_some_and(|watch| watch.is_dirty)
    }

    /// The number of keys that the client watches.
    pub(crate) fn count_of(&self, client: u64) -> usize {
        self.clients
            .get(&client)
            .map_or(0, |watch| watch.keys.len())
    }

    /// The number of clients that watch something.
    pub(crate) fn watching(&self) -> usize {
        let watching = self.clients.values();
        watching.filter(|watch| !watch.keys.is_empty()).count()
    }

    /// The number of keys that are watched.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The memory of what a client watches, for accounting.
    pub(crate) fn memory_of(&self, client: u64) -> usize {
        let sizes = self.keys_of(client).iter();
        let sizes = sizes.map(|key| size_of::<DbKey>() + key.1.len());
        sizes.sum()
    }

    /// The keys that a client watches.
    fn keys_of(&self, client: u64) -> &[DbKey] {
        let watch = self.clients.get(&client);
        watch.map_or(&[][..], |watch| &watch.keys)
    }

    /// Lets a client watch keys of a database.
    pub(crate) fn watch(
        &mut self,
        keyspace: &mut Keyspace,
        client: u64,
        (db, keys): (usize, Args<'_>),
    ) {
        for key in keys.iter() {
            let key: DbKey = (db, Box::from(key));
            let watchers = self.keys.entry(key.clone()).or_default();
            if watchers.insert(client) {
                keyspace.observe(db, &key.1, WATCHERS);
                let watch = self.clients.entry(client).or_default();
                watch.keys.push(key);
            }
        }
    }

    /// Forgets the keys that a client watches, and that it is dirty.
    pub(crate) fn unwatch(&mut self, keyspace: &mut Keyspace, client: u64) {
        if let Some(watch) = self.clients.remove(&client) {
            self.unwatch_keys(keyspace, client, &watch.keys);
        }
    }

    /// Whether the deadline of a key has passed that a client watches and that was not removed.
    ///
    /// During a pause such a key stays where it is. One that had expired before it was watched in
    /// the same pause counts too: the client tries again.
    pub(crate) fn has_expired(&self, keyspace: &mut Keyspace, client: u64) -> bool {
        self.keys_of(client).iter().any(|(db, key)| {
            let mut db = keyspace.db(*db);
            !db.contains(key) && db.has_expired(key)
        })
    }

    /// A key has changed: everybody who watches it is dirty.
    pub(crate) fn touch(&mut self, keyspace: &mut Keyspace, key: &DbKey) {
        let Some(clients) = self.keys.get(key) else {
            return;
        };
        for client in clients.clone() {
            let Some(watch) = self.clients.get_mut(&client) else {
                continue;
            };
            watch.is_dirty = true;
            let keys = std::mem::take(&mut watch.keys);
            self.unwatch_keys(keyspace, client, &keys);
        }
    }

    fn unwatch_keys(&mut self, keyspace: &mut Keyspace, client: u64, keys: &[DbKey]) {
        for key in keys {
            keyspace.unobserve(key.0, &key.1, WATCHERS);
            let Some(clients) = self.keys.get_mut(key) else {
                continue;
            };
            clients.remove(&client);
            if clients.is_empty() {
                self.keys.remove(key);
            }
        }
    }
}
