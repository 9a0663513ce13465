//! One database: the one gate to any key.
//!
//! Every look-up comes through here, and here it is decided that a key whose deadline has passed is
//! not there: from the millisecond after its deadline on, whatever the timing wheel has done.
//!
//! Not here: table and memory — `store/mod.rs`; all databases — `keyspace.rs`

mod entry;
mod held;
mod place;
mod typed;

use std::sync::atomic::Ordering::Relaxed;

pub use entry::{Entry, Occupied, Vacant};
pub use typed::{IncrError, SetWhen};

pub(crate) use held::Held;

use crate::arena::Handle;
use crate::cell;
use crate::hash::hash_of;
use crate::key::{Key, KeyHash, MemberHash};
use crate::packing::Packing;
use crate::store::{Place, Shared, Store};
use crate::trace;
use crate::value::{
    ExpiryMode, Kind, Millis, SampledKey, ScannedKey, StringRef, Touch, WrongType, is_past,
};
use crate::value_ref::ValueRef;

/// One database, for the time of a borrow.
///
/// # Examples
/// ```
/// use russet_engine::{FieldTtl, Keyspace, Kind, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// keyspace.freeze(1_000);
/// let mut db = keyspace.db(0);
/// db.set(b"city", b"Oslo", Some(5_000));
/// db.hash_mut(b"user")?.set(b"name", b"Ada", FieldTtl::Clear);
/// assert_eq!((db.len(), db.volatile_len()), (2, 1));
/// assert_eq!(db.kind(b"user"), Some(Kind::Hash));
/// let city = db.read(b"city", Touch::Yes).expect("it was just set");
/// assert_eq!(*city.string()?.as_bytes(), *b"Oslo");
/// assert!(db.rename(b"city", b"town"));
/// assert_eq!(db.ttl(b"town"), Some(Some(4_000)));
/// assert!(db.remove(b"town"));
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug)]
pub struct Db<'k> {
    pub(crate) store: &'k mut Store,
    pub(crate) shared: &'k mut Shared,
    pub(crate) index: usize,
}

impl Db<'_> {
    /// The frozen moment.
    pub fn now(&self) -> Millis {
        self.shared.now
    }

    /// Up to which size collections are packed.
    pub fn packing(&self) -> Packing {
        self.shared.packing
    }

    /// How many keys there are, those counted whose deadline passed unnoticed.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.store.len() == 0
    }

    /// How many keys have a deadline.
    pub fn volatile_len(&self) -> usize {
        self.store.volatile_len()
    }

    /// How many hashes have fields with deadlines.
    pub fn volatile_hashes(&self) -> usize {
        self.store.fields.len()
    }

    /// How many records the timing wheel has of keys, stale ones included.
    pub fn expiry_records(&self) -> usize {
        self.store.wheel.records()
    }

    /// The mean time to live of the keys that have a deadline, in milliseconds (an estimate).
    pub fn average_ttl(&self) -> u64 {
        let mean = self.store.deadline_mean();
        mean.map_or(0, |mean| mean.saturating_sub(self.shared.now).max(0) as u64)
    }

    /// Bytes that the database occupies, as the engine weighs it.
    pub fn weight(&self) -> u64 {
        self.store.weight()
    }

    /// Bytes of the arena that are in use: cells and segments.
    pub fn cell_bytes(&self) -> u64 {
        self.store.arena.used()
    }

    /// Bytes of the arena in pages that are in use, whether or not cells fill them.
    pub fn page_bytes(&self) -> u64 {
        self.store.arena.held()
    }

    /// Bytes that a key with its value occupies, without its share of the table.
    pub fn key_weight<'k>(&mut self, key: impl Into<Key<'k>>) -> Option<u64> {
        let (hash, key) = self.hashed(key.into());
        let place = self.seen(hash, key)?;
        Some(self.store.cell_weight(place.cell))
    }

    /// The hash of a key, which look-ups take along with it.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> KeyHash {
        self.shared.hashing.key(key)
    }

    /// The hash of a member or field, for [`Keyspace::prefetch_members`].
    ///
    /// [`Keyspace::prefetch_members`]: crate::Keyspace::prefetch_members
    #[inline]
    pub fn member_hash(&self, member: &[u8]) -> MemberHash {
        MemberHash::new(hash_of(&self.shared.hashing.members, member))
    }

    /// The hash and the bytes of a key that is to be looked up.
    #[inline(always)]
    pub(crate) fn hashed<'k>(&self, key: Key<'k>) -> (u64, &'k [u8]) {
        let hash = match key.hash {
            None => self.hash(key.bytes),
            Some(hash) => {
                debug_assert_eq!(hash, self.hash(key.bytes), "the hash is of another key");
                hash
            }
        };
        (hash.get(), key.bytes)
    }

    /// Makes room for that many keys, if there is none yet: adding them moves none of them then.
    ///
    /// A hint, which costs about seven bytes of memory a key at once. With keys kept apart by their
    /// slots it does nothing, for they may be of few slots.
    ///
    /// # Examples
    /// ```
    /// let mut keyspace = russet_engine::Keyspace::new(Default::default());
    /// let mut db = keyspace.db(0);
    /// db.reserve(10_000);
    /// db.set(b"k", b"v", None);
    /// assert_eq!(db.len(), 1);
    /// ```
    pub fn reserve(&mut self, keys: usize) {
        self.store.reserve(self.shared, keys);
    }

    /// Hints that the key will be looked up soon. Stage 1 fetches its place in the directory and
    /// returns the hash, which the other stages and look-ups take.
    // PERF: two callers would have it called, which costs 40 instructions a command.
    #[inline(always)]
    pub fn prefetch(&self, key: &[u8]) -> KeyHash {
        let hash = self.hash(key);
        self.store.prefetch_slot(hash.get());
        hash
    }

    /// Stage 2 of the hint: fetches the bucket, given what stage 1 returned.
    #[inline]
    pub fn prefetch_bucket(&self, hash: KeyHash) {
        let _ = self.store.prefetch_bucket(hash.get());
    }

    /// Stage 3 of the hint: fetches the entry, given what stage 1 returned.
    #[inline]
    pub fn prefetch_entry(&self, hash: KeyHash) {
        self.store.prefetch_entry(hash.get());
    }

    /// Whether the key exists; no counter and no access clock changes.
    pub fn contains<'k>(&mut self, key: impl Into<Key<'k>>) -> bool {
        let (hash, key) = self.hashed(key.into());
        self.seen(hash, key).is_some()
    }

    /// Looks a value up for reading.
    #[inline]
    pub fn read<'k>(&mut self, key: impl Into<Key<'k>>, touch: Touch) -> Option<ValueRef<'_>> {
        let (hash, key) = self.hashed(key.into());
        let Some(place) = self.seen(hash, key) else {
            self.shared.stats.misses += u64::from(touch != Touch::No);
            return None;
        };
        let (policy, now) = (self.shared.policy, self.shared.now);
        let memory = &self.store.arena.memory;
        let view = cell::view(memory, place.cell, policy, now);
        self.shared.stats.hits += u64::from(touch != Touch::No);
        if touch == Touch::Yes {
            self.shared.touch(memory, place.cell);
        }
        Some(view)
    }

    /// Looks a string up for reading: a use of the key.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    // PERF: `read` also says until when a key lives and when it was used: half of its cost.
    #[inline]
    pub fn string<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
    ) -> Result<Option<StringRef<'_>>, WrongType> {
        let (hash, key) = self.hashed(key.into());
        let Some(place) = self.seen(hash, key) else {
            self.shared.stats.misses += 1;
            return Ok(None);
        };
        self.shared.stats.hits += 1;
        let memory = &self.store.arena.memory;
        self.shared.touch(memory, place.cell);
        match cell::Head::of(memory, place.cell).kind() {
            Kind::String => Ok(Some(cell::string(memory, place.cell))),
            _ => Err(WrongType),
        }
    }

    /// Looks at a value without any trace: no counter and no access clock changes, and a key whose
    /// deadline has passed is not shown, but stays. Several values can be looked at together.
    pub fn peek<'k>(&self, key: impl Into<Key<'k>>) -> Option<ValueRef<'_>> {
        let (hash, key) = self.hashed(key.into());
        trace::touch(self.index, key);
        let cell = self.store.find(hash, key)?;
        let memory = &self.store.arena.memory;
        let (policy, now) = (self.shared.policy, self.shared.now);
        let view = cell::view(memory, cell, policy, now);
        (!self.has_passed(view.deadline)).then_some(view)
    }

    /// Looks a key up for writing: a use, but neither a hit nor a miss.
    // PERF: an entry is nine words; built and taken apart in one place it stays in registers.
    #[inline(always)]
    pub fn entry<'a>(&'a mut self, key: impl Into<Key<'a>>) -> Entry<'a> {
        let (hash, key) = self.hashed(key.into());
        let found = self.live(hash, key);
        let (store, shared, index) = (&mut *self.store, &mut *self.shared, self.index);
        match found {
            Some(place) => {
                shared.touch(&store.arena.memory, place.cell);
                Entry::Occupied(Occupied {
                    store,
                    shared,
                    key,
                    place,
                    index,
                })
            }
            None => Entry::Vacant(Vacant {
                store,
                shared,
                key,
                hash,
                index,
            }),
        }
    }

    /// Removes a key; large values become garbage. Says whether it was there.
    pub fn remove<'k>(&mut self, key: impl Into<Key<'k>>) -> bool {
        let (hash, key) = self.hashed(key.into());
        let found = self.live(hash, key);
        if let Some(place) = found {
            self.store.remove(self.shared, place);
            self.shared.observed.note(self.index, hash, key);
        }
        found.is_some()
    }

    /// Gives the value and deadline of `from` to `to`, which is overwritten; false when `from` is
    /// absent. Renaming a key to itself changes nothing.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> bool {
        self.expire_fields(from);
        let Some((value, deadline)) = self.export(from) else {
            return false;
        };
        if from != to {
            self.remove(from);
            self.place(to, value, deadline);
        }
        true
    }

    /// Visits about `count` keys from a cursor (0 starts) and returns the next cursor (0 ends).
    ///
    /// Every key that is present from the first call to the last is visited exactly once; one that
    /// comes or goes meanwhile at most once. Keys whose deadline passed are removed instead of
    /// shown. Cursors are below 2^48, and any number is safe to pass.
    pub fn scan(
        &mut self,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(ScannedKey<'_>),
    ) -> u64 {
        let (store, horizon) = (&*self.store, self.shared.horizon);
        let mut due: Vec<Box<[u8]>> = Vec::new();
        let next = store.scan(self.shared, cursor, count.max(1), &mut |cell| {
            let shown = store.shown(cell);
            if shown.deadline.is_none_or(|at| !is_past(at, horizon)) {
                visit(shown);
            } else {
                due.push(shown.key.into());
            }
        });
        for key in due {
            self.seen(self.hash(&key).get(), &key);
        }
        next
    }

    /// Visits every key that has not expired.
    pub fn for_each(&mut self, visit: &mut dyn FnMut(ScannedKey<'_>)) {
        let (store, horizon) = (&*self.store, self.shared.horizon);
        store.for_each(&mut |cell| {
            let shown = store.shown(cell);
            if shown.deadline.is_none_or(|at| !is_past(at, horizon)) {
                visit(shown);
            }
        });
    }

    /// A key chosen uniformly at random, unless the database is empty. May be one whose deadline
    /// has passed.
    pub fn random_key(&mut self) -> Option<&[u8]> {
        let cell = self.store.random(self.shared)?;
        Some(self.store.shown(cell).key)
    }

    /// Shows about `count` keys of random places of the table, for choosing what to evict; returns
    /// how many were shown. Keys come up in groups of about ten that are cheap to look at together.
    ///
    /// Every key has the same chance. Those whose deadline has passed are shown too.
    pub fn sample(&mut self, count: usize, visit: &mut dyn FnMut(SampledKey<'_>)) -> usize {
        let (store, policy, now) = (&*self.store, self.shared.policy, self.shared.now);
        store.sample(self.shared, count, &mut |cell| {
            let shown = store.shown(cell);
            let word = store.arena.memory.atomic(cell).load(Relaxed);
            let access = policy.view(word, now);
            visit(SampledKey {
                key: shown.key,
                deadline: shown.deadline,
                access,
            });
        })
    }

    /// Bytes of the table of keys and of the records of deadlines.
    pub fn index_weight(&self) -> u64 {
        self.store.index_weight()
    }

    /// How many keys a slot has, those counted whose deadline passed unnoticed. For this and all
    /// else about slots the key space must have been made with [`Options::slots`].
    ///
    /// [`Options::slots`]: crate::Options::slots
    pub fn slot_len(&self, slot: u16) -> usize {
        self.store.slot_len(slot)
    }

    /// Visits about `count` keys of a slot, as [`Self::scan`] does of all slots: a cursor of 0
    /// starts and ends. Keys whose deadline passed are not shown.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Keyspace, Options};
    ///
    /// let mut keyspace = Keyspace::new(Options { slots: true, ..Options::default() });
    /// let mut db = keyspace.db(0);
    /// db.set(b"{user}:name", b"Ada", None);
    /// db.set(b"{user}:town", b"London", None);
    /// db.set(b"other", b"x", None);
    /// let slot = db.hash(b"user").slot();
    /// assert_eq!(db.slot_len(slot), 2);
    /// let mut keys = Vec::new();
    /// assert_eq!(db.scan_slot(slot, 0, 10, &mut |found| keys.push(found.key.to_vec())), 0);
    /// assert_eq!(keys.len(), 2);
    /// assert_eq!(db.flush_slot(slot), 2);
    /// assert_eq!(db.len(), 1);
    /// ```
    pub fn scan_slot(
        &self,
        slot: u16,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(ScannedKey<'_>),
    ) -> u64 {
        let (store, horizon) = (&*self.store, self.shared.horizon);
        store.scan_slot(self.shared, slot, (cursor, count.max(1)), &mut |cell| {
            let shown = store.shown(cell);
            if shown.deadline.is_none_or(|at| !is_past(at, horizon)) {
                visit(shown);
            }
        })
    }

    /// Removes the keys of a slot and says how many there were; large values become garbage.
    pub fn flush_slot(&mut self, slot: u16) -> usize {
        let index = self.index;
        self.store
            .flush_slot(self.shared, slot, &mut |shared, hash, key| {
                shared.observed.note(index, hash, key);
            })
    }

    /// Finds a key that has not expired, for writing; removes one that has.
    #[inline(always)]
    pub(crate) fn live(&mut self, hash: u64, key: &[u8]) -> Option<Place> {
        trace::touch(self.index, key);
        let cell = self.store.find(hash, key)?;
        let place = Place { hash, cell };
        match self.is_due(cell) {
            false => Some(place),
            true => {
                self.expire(place, key);
                None
            }
        }
    }

    /// Finds a key that has not expired, for reading; one that has goes, unless it is kept.
    #[inline(always)]
    pub(crate) fn seen(&mut self, hash: u64, key: &[u8]) -> Option<Place> {
        trace::touch(self.index, key);
        let cell = self.store.find(hash, key)?;
        let place = Place { hash, cell };
        match self.is_due(cell) {
            false => Some(place),
            true => {
                self.expire_seen(place, key);
                None
            }
        }
    }

    #[inline(always)]
    fn is_due(&self, cell: Handle) -> bool {
        let deadline = cell::deadline(&self.store.arena.memory, cell);
        deadline.is_some_and(|deadline| is_past(deadline.at, self.shared.horizon))
    }

    #[cold]
    fn expire(&mut self, place: Place, key: &[u8]) {
        self.store.remove(self.shared, place);
        self.shared.expired(self.index, place.hash, key);
    }

    #[cold]
    fn expire_seen(&mut self, place: Place, key: &[u8]) {
        if self.shared.expiry_mode == ExpiryMode::Remove {
            self.expire(place, key);
        }
    }

    /// Whether a deadline has passed for those who look now.
    pub(crate) fn has_passed(&self, deadline: Option<Millis>) -> bool {
        deadline.is_some_and(|at| is_past(at, self.shared.horizon))
    }

    /// Whether the key is stored although its deadline has passed.
    pub fn has_expired(&self, key: &[u8]) -> bool {
        let cell = self.store.find(self.hash(key).get(), key);
        cell.is_some_and(|cell| self.is_due(cell))
    }

    /// The kind of the value of a key; no counter and no access clock changes.
    pub fn kind<'k>(&mut self, key: impl Into<Key<'k>>) -> Option<Kind> {
        let (hash, key) = self.hashed(key.into());
        let place = self.seen(hash, key)?;
        Some(cell::Head::of(&self.store.arena.memory, place.cell).kind())
    }
}
