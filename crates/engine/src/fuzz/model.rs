//! The behaviour that the key space should have, over plain sorted maps.
//!
//! Always true: it is slow and obvious; whatever it answers is right.
//! Not here: comparing the two — `fuzz/mod.rs`

use std::collections::BTreeMap;

use crate::{Encoding, Millis};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) bytes: Vec<u8>,
    pub(super) encoding: Encoding,
    pub(super) deadline: Option<Millis>,
}

impl Item {
    /// The item that a client's bytes become.
    pub(super) fn plain(bytes: &[u8]) -> Self {
        let int = std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.parse::<i64>().ok());
        let encoding = match int.filter(|n| n.to_string().as_bytes() == bytes) {
            Some(_) => Encoding::Int,
            None if bytes.len() <= 44 => Encoding::Embstr,
            None => Encoding::Raw,
        };
        Self {
            bytes: bytes.to_vec(),
            encoding,
            deadline: None,
        }
    }

    pub(super) fn raw(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            encoding: Encoding::Raw,
            deadline: None,
        }
    }

    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.deadline.is_some_and(|at| at < now)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) dbs: Vec<BTreeMap<Vec<u8>, Item>>,
    pub(super) now: Millis,
    /// Keys that look-ups found to be due.
    pub(super) expired: Vec<(usize, Vec<u8>)>,
}

impl Model {
    pub(super) fn new(databases: usize, now: Millis) -> Self {
        Self {
            dbs: vec![BTreeMap::new(); databases],
            now,
            expired: Vec::new(),
        }
    }

    /// A deadline relative to now, unless it is meant as it is.
    pub(super) fn deadline(&self, deadline: Option<Result<Millis, Millis>>) -> Option<Millis> {
        deadline.map(|deadline| match deadline {
            Ok(after) => self.now + after,
            Err(at) => at,
        })
    }

    /// The keys that are due.
    pub(super) fn due(&self, db: usize) -> Vec<Vec<u8>> {
        let due = self.dbs[db]
            .iter()
            .filter(|(_, item)| item.is_due(self.now));
        due.map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn drop_due(&mut self, db: usize) {
        let now = self.now;
        self.dbs[db].retain(|_, item| !item.is_due(now));
    }

    pub(super) fn get(&mut self, db: usize, key: &[u8]) -> Option<&mut Item> {
        if self.dbs[db]
            .get(key)
            .is_some_and(|item| item.is_due(self.now))
        {
            self.dbs[db].remove(key);
            self.expired.push((db, key.to_vec()));
        }
        self.dbs[db].get_mut(key)
    }

    pub(super) fn set(&mut self, db: usize, key: &[u8], item: Item) {
        self.get(db, key);
        self.dbs[db].insert(key.to_vec(), item);
    }

    pub(super) fn append(&mut self, db: usize, key: &[u8], bytes: &[u8]) -> usize {
        match self.get(db, key) {
            Some(item) => {
                item.bytes.extend_from_slice(bytes);
                item.encoding = Encoding::Raw;
                item.bytes.len()
            }
            None => {
                self.set(db, key, Item::plain(bytes));
                bytes.len()
            }
        }
    }

    pub(super) fn set_range(&mut self, db: usize, key: &[u8], at: usize, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return self.get(db, key).map_or(0, |item| item.bytes.len());
        }
        if self.get(db, key).is_none() {
            self.set(db, key, Item::raw(b""));
        }
        let Some(item) = self.get(db, key) else {
            return 0;
        };
        let end = at + bytes.len();
        item.bytes.resize(item.bytes.len().max(end), 0);
        item.bytes[at..end].copy_from_slice(bytes);
        item.encoding = Encoding::Raw;
        item.bytes.len()
    }

    pub(super) fn incr(&mut self, db: usize, key: &[u8], by: i64) -> Option<i64> {
        let Some(item) = self.get(db, key) else {
            self.set(db, key, Item::plain(by.to_string().as_bytes()));
            return Some(by);
        };
        let int = Item::plain(&item.bytes).encoding == Encoding::Int;
        let text = std::str::from_utf8(&item.bytes).ok().filter(|_| int)?;
        let sum = text.parse::<i64>().ok()?.checked_add(by)?;
        *item = Item {
            deadline: item.deadline,
            ..Item::plain(sum.to_string().as_bytes())
        };
        Some(sum)
    }

    pub(super) fn remove(&mut self, db: usize, key: &[u8]) -> Option<Item> {
        self.get(db, key)?;
        self.dbs[db].remove(key)
    }

    pub(super) fn rename(&mut self, db: usize, key: &[u8], to: &[u8]) -> bool {
        let Some(item) = self.remove(db, key) else {
            return false;
        };
        self.set(db, to, item);
        true
    }

    pub(super) fn copy(&mut self, from: (usize, &[u8]), to: (usize, &[u8]), replace: bool) -> bool {
        let Some(item) = self.get(from.0, from.1).cloned() else {
            return false;
        };
        if !replace && self.get(to.0, to.1).is_some() {
            return false;
        }
        self.set(to.0, to.1, item);
        true
    }

    pub(super) fn move_key(&mut self, key: &[u8], from: usize, to: usize) -> bool {
        if self.get(to, key).is_some() {
            return false;
        }
        let item = self.remove(from, key);
        let found = item.is_some();
        self.dbs[to].extend(item.map(|item| (key.to_vec(), item)));
        found
    }
}
