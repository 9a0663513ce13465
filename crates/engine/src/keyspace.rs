//! Databases and entries: a plain model that stands in until the real table takes its place.

use std::collections::BTreeMap;

use crate::value::*;

/// How a key space is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many numbered databases there are.
    pub databases: usize,
    /// The seed of hashing and sampling: the same seed, the same order.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { databases: 16, seed: 0 }
    }
}

#[derive(Debug, Clone)]
struct Item {
    bytes: Vec<u8>,
    int: Option<i64>,
    encoding: Encoding,
    deadline: Option<Millis>,
    used: Millis,
}

impl Item {
    fn new(value: NewValue<'_>, deadline: Option<Millis>, now: Millis) -> Self {
        let (bytes, int, encoding) = match value {
            NewValue::Int(n) => (n.to_string().into_bytes(), Some(n), Encoding::Int),
            NewValue::Raw(b) => (b.to_vec(), None, Encoding::Raw),
            NewValue::Shared(b) => (b.to_vec(), None, Encoding::Raw),
            NewValue::Plain(b) => {
                let int = std::str::from_utf8(b).ok().and_then(|s| s.parse::<i64>().ok());
                match int.filter(|n| n.to_string().as_bytes() == b) {
                    Some(n) => (b.to_vec(), Some(n), Encoding::Int),
                    None if b.len() <= 44 => (b.to_vec(), None, Encoding::Embstr),
                    None => (b.to_vec(), None, Encoding::Raw),
                }
            }
        };
        Self { bytes, int, encoding, deadline, used: now }
    }

    fn view(&self, now: Millis) -> ValueRef<'_> {
        ValueRef {
            kind: Kind::String,
            encoding: self.encoding,
            deadline: self.deadline,
            access: Access { idle_s: ((now - self.used) / 1000).max(0) as u64, frequency: 0 },
            string: match self.int {
                Some(n) => StringRef::Int(n),
                None => StringRef::Bytes(&self.bytes),
            },
        }
    }
}

/// All numbered databases and what they share.
#[derive(Debug)]
pub struct Keyspace {
    dbs: Vec<BTreeMap<Vec<u8>, Item>>,
    shared: Shared,
}

#[derive(Debug)]
struct Shared {
    now: Millis,
    stats: Stats,
    events: Vec<Event>,
    seed: u64,
}

impl Keyspace {
    /// An empty key space.
    pub fn new(options: Options) -> Self {
        let shared =
            Shared { now: 0, stats: Stats::default(), events: Vec::new(), seed: options.seed };
        Self { dbs: (0..options.databases).map(|_| BTreeMap::new()).collect(), shared }
    }

    /// Sets the moment that every look-up sees until the next call.
    pub fn freeze(&mut self, now: Millis) {
        self.shared.now = now;
    }

    /// The frozen moment.
    pub fn now(&self) -> Millis {
        self.shared.now
    }

    /// How many databases there are.
    pub fn databases(&self) -> usize {
        self.dbs.len()
    }

    /// The database with that index.
    ///
    /// # Panics
    /// When there is no such database.
    pub fn db(&mut self, index: usize) -> Db<'_> {
        Db { items: &mut self.dbs[index], shared: &mut self.shared, index }
    }

    /// Exchanges two databases, in constant time.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.dbs.swap(a, b);
    }

    /// Moves a key to another database, with its value and deadline; false when it is not there or
    /// the other database has the key already.
    pub fn move_key(&mut self, key: &[u8], from: usize, to: usize) -> bool {
        if self.db(to).contains(key) || !self.db(from).contains(key) {
            return false;
        }
        let item = self.dbs[from].remove(key);
        self.dbs[to].extend(item.map(|i| (key.to_vec(), i)));
        true
    }

    /// Copies a value with its deadline to another key; false when the source is absent, or the
    /// target exists and `replace` is not set.
    pub fn copy_key(&mut self, from: (usize, &[u8]), to: (usize, &[u8]), replace: bool) -> bool {
        if !self.db(from.0).contains(from.1) || (!replace && self.db(to.0).contains(to.1)) {
            return false;
        }
        let item = self.dbs[from.0].get(from.1).cloned();
        self.dbs[to.0].extend(item.map(|i| (to.1.to_vec(), i)));
        true
    }

    /// Empties every database; the contents become garbage.
    pub fn flush_all(&mut self) {
        self.dbs.iter_mut().for_each(BTreeMap::clear);
    }

    /// Removes up to `budget` keys whose deadline has passed and says how many; call again while
    /// the answer equals the budget.
    pub fn expire_due(&mut self, budget: usize) -> usize {
        let now = self.shared.now;
        let mut removed = 0;
        for index in 0..self.dbs.len() {
            let due: Vec<_> = self.dbs[index]
                .iter()
                .filter(|(_, i)| i.deadline.is_some_and(|d| d <= now))
                .map(|(k, _)| k.clone())
                .take(budget - removed)
                .collect();
            removed += due.len();
            for key in due {
                self.db(index).contains(&key);
            }
        }
        removed
    }

    /// The earliest moment at which [`Self::expire_due`] may have work.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.dbs.iter().flat_map(BTreeMap::values).filter_map(|i| i.deadline).min()
    }

    /// What happened since the last call that no command asked for, oldest first.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.shared.events)
    }

    /// What waits to be dropped, if anything; may be sent to another thread.
    pub fn take_garbage(&mut self) -> Option<Garbage> {
        None
    }

    /// Counters since the start or the last reset.
    pub fn stats(&self) -> Stats {
        self.shared.stats
    }

    /// Sets the counters to zero.
    pub fn reset_stats(&mut self) {
        self.shared.stats = Stats::default();
    }

    /// Bytes that the data occupies, as the engine weighs it (not counting allocator overhead).
    pub fn weight(&self) -> u64 {
        0
    }
}

/// One database, for the time of a borrow.
#[derive(Debug)]
pub struct Db<'k> {
    items: &'k mut BTreeMap<Vec<u8>, Item>,
    shared: &'k mut Shared,
    index: usize,
}

impl Db<'_> {
    /// The frozen moment.
    pub fn now(&self) -> Millis {
        self.shared.now
    }

    /// How many keys there are, those counted whose deadline passed unnoticed.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many keys have a deadline.
    pub fn volatile_len(&self) -> usize {
        self.items.values().filter(|i| i.deadline.is_some()).count()
    }

    /// The mean time to live of the keys that have a deadline, in milliseconds (an estimate).
    pub fn average_ttl(&self) -> u64 {
        0
    }

    /// Hints that the key will be looked up soon. Stage 1 fetches its bucket.
    pub fn prefetch(&self, key: &[u8]) -> u64 {
        key.len() as u64
    }

    /// Stage 2 of the hint: fetches the entry, given what stage 1 returned.
    pub fn prefetch_entry(&self, hint: u64) {
        let _ = hint;
    }

    fn expire(&mut self, key: &[u8]) {
        let now = self.shared.now;
        if self.items.get(key).and_then(|i| i.deadline).is_some_and(|d| d <= now) {
            self.items.remove(key);
            self.shared.stats.expired += 1;
            let event = Event { db: self.index, key: key.into(), kind: EventKind::Expired };
            self.shared.events.push(event);
        }
    }

    /// Whether the key exists; no counter and no access clock changes.
    pub fn contains(&mut self, key: &[u8]) -> bool {
        self.expire(key);
        self.items.contains_key(key)
    }

    /// Looks a value up for reading.
    pub fn read(&mut self, key: &[u8], touch: Touch) -> Option<ValueRef<'_>> {
        self.expire(key);
        let now = self.shared.now;
        let found = self.items.get_mut(key);
        if touch == Touch::Yes {
            match &found {
                Some(_) => self.shared.stats.hits += 1,
                None => self.shared.stats.misses += 1,
            }
        }
        found.map(|i| {
            if touch == Touch::Yes {
                i.used = now;
            }
            i.view(now)
        })
    }

    /// Looks a key up for writing; counts nothing.
    pub fn entry<'a>(&'a mut self, key: &'a [u8]) -> Entry<'a> {
        self.expire(key);
        let now = self.shared.now;
        if self.items.contains_key(key) {
            Entry::Occupied(Occupied { items: self.items, key, now })
        } else {
            Entry::Vacant(Vacant { items: self.items, key, now })
        }
    }

    /// Removes a key; large values become garbage. Says whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.expire(key);
        self.items.remove(key).is_some()
    }

    /// Gives the value and deadline of `from` to `to`, which is overwritten; false when `from` is
    /// absent. Renaming a key to itself changes nothing.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        self.expire(from);
        match self.items.remove(from) {
            None => false,
            Some(item) => {
                self.items.insert(to.to_vec(), item);
                true
            }
        }
    }

    /// Visits about `count` keys from a cursor (0 starts) and returns the next cursor (0 ends).
    ///
    /// Every key that is present from the first call to the last is visited exactly once; one that
    /// comes or goes meanwhile at most once. Keys whose deadline passed are not shown.
    pub fn scan(
        &mut self,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(ScannedKey<'_>),
    ) -> u64 {
        let now = self.shared.now;
        let start = cursor as usize;
        for (key, item) in self.items.iter().skip(start).take(count) {
            if item.deadline.is_none_or(|d| d > now) {
                visit(ScannedKey { key, kind: Kind::String, deadline: item.deadline });
            }
        }
        if start + count >= self.items.len() { 0 } else { (start + count) as u64 }
    }

    /// Visits every key that has not expired.
    pub fn for_each(&mut self, visit: &mut dyn FnMut(ScannedKey<'_>)) {
        let len = self.items.len();
        self.scan(0, len.max(1), visit);
    }

    /// A key chosen uniformly at random, unless the database is empty. May be one whose deadline
    /// has passed.
    pub fn random_key(&mut self) -> Option<&[u8]> {
        self.shared.seed = self.shared.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695);
        let n = (self.shared.seed >> 33) as usize % self.items.len().max(1);
        self.items.keys().nth(n).map(Vec::as_slice)
    }

    /// Empties the database; the contents become garbage.
    pub fn flush(&mut self) {
        self.items.clear();
    }
}

/// A key looked up for writing.
#[derive(Debug)]
pub enum Entry<'a> {
    /// The key exists.
    Occupied(Occupied<'a>),
    /// It does not.
    Vacant(Vacant<'a>),
}

/// A key that exists.
#[derive(Debug)]
pub struct Occupied<'a> {
    items: &'a mut BTreeMap<Vec<u8>, Item>,
    key: &'a [u8],
    now: Millis,
}

impl Occupied<'_> {
    fn item(&mut self) -> &mut Item {
        self.items.get_mut(self.key).expect("an occupied entry has an item")
    }

    /// The value, borrowed.
    pub fn value(&self) -> ValueRef<'_> {
        self.items[self.key].view(self.now)
    }

    /// The deadline, if there is one.
    pub fn deadline(&self) -> Option<Millis> {
        self.items[self.key].deadline
    }

    /// Marks the key as used now.
    pub fn touch(&mut self) {
        let now = self.now;
        self.item().used = now;
    }

    /// Replaces the value, keeping the deadline; counts as a use.
    pub fn set(&mut self, value: NewValue<'_>) {
        let (deadline, now) = (self.deadline(), self.now);
        *self.item() = Item::new(value, deadline, now);
    }

    /// Sets or clears the deadline. A deadline in the past is stored as it is; the next look-up
    /// removes the key.
    pub fn set_deadline(&mut self, deadline: Option<Millis>) {
        self.item().deadline = deadline;
    }

    /// Sets the access clock (`RESTORE … IDLETIME`, `FREQ`).
    pub fn set_access(&mut self, access: Access) {
        let now = self.now;
        self.item().used = now - access.idle_s as i64 * 1000;
    }

    /// Appends bytes to a string and returns its new length; the value becomes `raw`.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    pub fn append(&mut self, bytes: &[u8]) -> Result<usize, WrongType> {
        let item = self.item();
        item.bytes.extend_from_slice(bytes);
        (item.int, item.encoding) = (None, Encoding::Raw);
        Ok(item.bytes.len())
    }

    /// The bytes of a string, writable in place and at least `len_min` long (zero bytes are
    /// added); the value becomes `raw`.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    pub fn string_mut(&mut self, len_min: usize) -> Result<&mut [u8], WrongType> {
        let item = self.item();
        if item.bytes.len() < len_min {
            item.bytes.resize(len_min, 0);
        }
        (item.int, item.encoding) = (None, Encoding::Raw);
        Ok(&mut item.bytes)
    }

    /// Removes the key; a large value becomes garbage.
    pub fn remove(self) {
        self.items.remove(self.key);
    }
}

/// A key that does not exist.
#[derive(Debug)]
pub struct Vacant<'a> {
    items: &'a mut BTreeMap<Vec<u8>, Item>,
    key: &'a [u8],
    now: Millis,
}

impl Vacant<'_> {
    /// Creates the key.
    pub fn insert(self, value: NewValue<'_>, deadline: Option<Millis>) {
        self.items.insert(self.key.to_vec(), Item::new(value, deadline, self.now));
    }
}
