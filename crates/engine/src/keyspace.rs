//! All numbered databases, and what they share: time, chance, counters, snapshots.
//!
//! Always true: nothing here or below reads a clock; [`Keyspace::freeze`] says what time it is.
//! Not here: single keys — `db/mod.rs`

mod weights;

use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use russet_base::Rng;
use smallvec::SmallVec;

use crate::access::AccessPolicy;
use crate::arena::Handle;
use crate::databases::Databases;
use crate::db::Db;
use crate::epoch::Epochs;
use crate::evict::Evictor;
use crate::garbage::Garbage;
use crate::hash::Hashing;
use crate::key::{KeyHash, MemberHash};
use crate::observe::{Change, Observed, ObserverId, Unobserved};
use crate::packing::Packing;
use crate::snapshot::Snapshot;
use crate::store::{Shared, Store};
use crate::types::form::Ahead;
use crate::value::{Event, ExpiryMode, Millis, Stats};

/// How a key space is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many numbered databases there are.
    pub databases: usize,
    /// The seed of hashing and sampling: the same seed, the same order.
    pub seed: u64,
    /// Whether keys are kept apart by their slot in a cluster, so that [`Db::slot_len`],
    /// [`Db::scan_slot`] and [`Db::flush_slot`] need not look at others.
    pub slots: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            databases: 16,
            seed: 0,
            slots: false,
        }
    }
}

/// All numbered databases and what they share.
///
/// # Examples
/// ```
/// use russet_engine::{Entry, Keyspace, NewValue, Options, StringRef, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// keyspace.freeze(1_700_000_000_000);
/// let mut db = keyspace.db(0);
/// if let Entry::Vacant(entry) = db.entry(b"greeting") {
///     entry.insert(NewValue::Plain(b"hello"), Some(1_700_000_010_000));
/// }
/// let value = db.read(b"greeting", Touch::Yes).expect("it was just stored");
/// assert!(matches!(value.string(), Ok(StringRef::Bytes(b"hello"))));
///
/// // It is there up to the millisecond of its deadline, and gone in the next.
/// keyspace.freeze(1_700_000_010_001);
/// assert!(keyspace.db(0).read(b"greeting", Touch::Yes).is_none());
/// ```
#[derive(Debug)]
pub struct Keyspace {
    pub(crate) dbs: Databases,
    shared: Shared,
    /// Stores that were flushed while snapshots lived, with the epoch from which on none needs
    /// them.
    parked: Vec<(u32, Store)>,
    garbage: Garbage,
    /// Bytes of garbage that was taken and is not dropped yet.
    leaving: Arc<AtomicU64>,
    evictor: Evictor,
    /// For [`Self::prefetch_entries`]: database, hash and bucket.
    ahead: Vec<(usize, u64, Handle)>,
}

/// Records of deadlines that are looked at, for each key that may be removed.
const LOOKS_PER_KEY: usize = 4;

impl Keyspace {
    /// An empty key space.
    pub fn new(options: Options) -> Self {
        let shared = Shared {
            now: 0,
            clock: 0,
            stats: Stats::default(),
            events: Vec::new(),
            records_events: false,
            expiry_mode: ExpiryMode::default(),
            horizon: 0,
            hashing: Hashing::new(options.seed, options.slots),
            rng: Rng::new(options.seed),
            policy: AccessPolicy::default(),
            keeps_clocks: false,
            epochs: Epochs::default(),
            packing: Packing::default(),
            observed: Observed::default(),
            discarded: Vec::new(),
            discarded_weight: 0,
        };
        Self {
            dbs: Databases::new(options.databases),
            shared,
            parked: Vec::new(),
            garbage: Garbage::default(),
            leaving: Arc::default(),
            evictor: Evictor::default(),
            ahead: Vec::new(),
        }
    }

    /// Sets the moment that every look-up sees until the next call.
    pub fn freeze(&mut self, now: Millis) {
        self.shared.now = now;
        self.shared.clock = self.shared.policy.fresh(now);
        self.set_horizon();
        self.shared.epochs.refresh();
    }

    /// The frozen moment.
    pub fn now(&self) -> Millis {
        self.shared.now
    }

    /// How many databases there are.
    pub fn databases(&self) -> usize {
        self.dbs.count()
    }

    /// The databases that have keys, in order. All others cost next to nothing, however many.
    pub fn filled(&self) -> impl Iterator<Item = usize> + use<> {
        self.dbs
            .filled()
            .into_iter()
            .map(|(index, _)| index)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// The database with that index.
    ///
    /// # Panics
    /// When there is no such database.
    #[inline]
    pub fn db(&mut self, index: usize) -> Db<'_> {
        Db {
            store: self.dbs.get_mut(index),
            shared: &mut self.shared,
            index,
        }
    }

    /// Stages 2 and 3 of the hint that keys will be looked up soon, for many keys: each with its
    /// database and what [`Db::prefetch`] returned. Databases that do not exist are passed over.
    #[inline]
    pub fn prefetch_entries(&mut self, wanted: impl Iterator<Item = (usize, KeyHash)>) {
        let Self { dbs, ahead, .. } = self;
        ahead.clear();
        let mut last = 0;
        ahead.extend(wanted.filter_map(|(db, hash)| {
            let hash = hash.get();
            // Requests of a pipeline often ask for one key.
            if mem::replace(&mut last, hash) == hash {
                return None;
            }
            let bucket = dbs.get(db)?.prefetch_bucket(hash);
            Some((db, hash, bucket))
        }));
        for &(db, hash, bucket) in &*ahead {
            if let Some(store) = dbs.get(db) {
                store.prefetch_cells(bucket, hash);
            }
        }
    }

    /// Hints that members of sets and sorted sets, or fields of hashes, will be looked up soon:
    /// each with its database, what [`Db::prefetch`] returned for the key, and the hash of the
    /// member.
    ///
    /// Only after [`Self::prefetch_entries`] with the same keys.
    pub fn prefetch_members(&self, wanted: impl Iterator<Item = (usize, KeyHash, MemberHash)>) {
        let mut ahead: SmallVec<[Ahead<'_>; 16]> = SmallVec::new();
        let mut last = (usize::MAX, 0, None);
        for (db, key, member) in wanted {
            let key = key.get();
            // Requests of a pipeline often ask for one key.
            if (last.0, last.1) != (db, key) {
                let table = self.dbs.get(db).and_then(|store| store.likely_table(key));
                last = (db, key, table);
            }
            ahead.extend(last.2.and_then(|table| table.ahead(member.get())));
        }
        while !ahead.is_empty() {
            ahead.retain(Ahead::step);
        }
    }

    /// Exchanges two databases, in constant time.
    pub fn swap(&mut self, a: usize, b: usize) {
        if a != b {
            self.note_swapped(a, b);
            self.note_swapped(b, a);
        }
        self.dbs.swap(a, b);
    }

    /// Moves a key to another database, with its value and deadline; false when it is not there or
    /// the other database has the key already.
    pub fn move_key(&mut self, key: &[u8], from: usize, to: usize) -> bool {
        self.db(from).expire_fields(key);
        if self.db(to).contains(key) || !self.db(from).contains(key) {
            return false;
        }
        let Some((value, deadline)) = self.db(from).export(key) else {
            return false;
        };
        self.db(from).remove(key);
        self.db(to).place(key, value, deadline);
        true
    }

    /// Copies a value with its deadline to another key; false when the source is absent, or the
    /// target exists and `replace` is not set.
    pub fn copy_key(&mut self, from: (usize, &[u8]), to: (usize, &[u8]), replace: bool) -> bool {
        self.db(from.0).expire_fields(from.1);
        if !self.db(from.0).contains(from.1) || (!replace && self.db(to.0).contains(to.1)) {
            return false;
        }
        let Some((value, deadline)) = self.db(from.0).export(from.1) else {
            return false;
        };
        self.db(to.0).place(to.1, value, deadline);
        true
    }

    /// Empties every database; the contents become garbage.
    pub fn flush_all(&mut self) {
        for index in self.dbs.owned() {
            self.flush(index);
        }
    }

    /// Empties one database; the contents become garbage.
    ///
    /// # Panics
    /// When there is no such database.
    pub fn flush(&mut self, index: usize) {
        let observed = self.shared.observed.loud_of(index);
        let Some(full) = self.dbs.take(index) else {
            return;
        };
        for (hash, key) in observed {
            if full.find(hash, &key).is_some() {
                self.shared.observed.note(index, hash, &key);
            }
        }
        self.parked.push((self.shared.epochs.now(), full));
        self.unpark();
    }

    /// Removes up to `budget` keys and fields of hashes whose deadline has passed and says how
    /// many; call again while the answer equals the budget.
    ///
    /// The call also stops after a bounded amount of work; call again while [`Self::next_expiry`]
    /// is not in the future. Unless the mode is [`ExpiryMode::Remove`], nothing is due.
    pub fn expire_due(&mut self, budget: usize) -> usize {
        if self.shared.expiry_mode != ExpiryMode::Remove {
            return 0;
        }
        let mut work = budget.saturating_mul(LOOKS_PER_KEY).saturating_add(64);
        let mut removed = 0;
        for (index, store) in self.dbs.each_mut() {
            removed += store.expire_due(
                &mut self.shared,
                budget - removed,
                &mut work,
                &mut |store, shared, place| {
                    shared.expired(index, place.hash, store.shown(place.cell).key);
                    shared.stats.expired_by_wheel += 1;
                    store.remove(shared, place);
                },
            );
            let mut db = Db {
                store,
                shared: &mut self.shared,
                index,
            };
            removed += db.expire_due_fields(budget - removed);
        }
        removed
    }

    /// The earliest moment at which [`Self::expire_due`] may have work: for a key that is the
    /// millisecond after its deadline.
    pub fn next_expiry(&self) -> Option<Millis> {
        if self.shared.expiry_mode != ExpiryMode::Remove {
            return None;
        }
        let keys = self.dbs.stores().iter().filter_map(Store::next_expiry);
        let fields = self
            .dbs
            .stores()
            .iter()
            .filter_map(|store| store.fields.next());
        keys.chain(fields).min()
    }

    /// Does up to `budget` items of work that may wait: frees what ended snapshots kept, looks for
    /// stale expiry records, and moves cells together where pages are half empty. Says whether
    /// there is more.
    pub fn housekeep(&mut self, budget: usize) -> bool {
        self.shared.epochs.refresh();
        self.unpark();
        let mut left = budget;
        for (_, store) in self.dbs.each_mut() {
            left = store.drain_limbo(&mut self.shared, left);
            left = store.sweep_wheel(left);
            left = store.compact(&mut self.shared, left);
            store.trim();
        }
        self.dbs.prune();
        let shared = &self.shared;
        left == 0
            || self
                .dbs
                .stores()
                .iter()
                .any(|s| s.wants_sweep() || s.wants_compaction(shared))
    }

    /// Sets up to which size collections are packed from now on.
    pub fn set_packing(&mut self, packing: Packing) {
        self.shared.packing = packing;
    }

    /// Up to which size collections are packed.
    pub fn packing(&self) -> Packing {
        self.shared.packing
    }

    /// Begins to observe a key, whether it exists or not: its changes are kept for
    /// [`Self::take_changes`]. Observations are counted: call [`Self::unobserve`] as often.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Keyspace, ObserverId, Options};
    ///
    /// const WORKER: ObserverId = ObserverId(7);
    /// let mut keyspace = Keyspace::new(Options::default());
    /// keyspace.observe(0, b"queue", WORKER);
    /// keyspace.db(0).set(b"other", b"x", None);
    /// assert!(!keyspace.has_changes());
    /// keyspace.db(0).set(b"queue", b"x", None);
    /// let changes = keyspace.take_changes();
    /// assert_eq!(&*changes[0].key, b"queue");
    /// assert_eq!(changes[0].observers(), [WORKER]);
    /// ```
    pub fn observe(&mut self, db: usize, key: &[u8], observer: ObserverId) {
        let hash = self.shared.hashing.key(key).get();
        self.shared.observed.add(db, hash, key, observer);
    }

    /// Ends one observation of a key.
    pub fn unobserve(&mut self, db: usize, key: &[u8], observer: ObserverId) {
        let hash = self.shared.hashing.key(key).get();
        self.shared.observed.remove(db, hash, key, observer);
    }

    /// Ends all observations of quiet observers, in the same time however many there are.
    pub fn unobserve_quiet(&mut self) -> Unobserved {
        self.shared.observed.remove_quiet()
    }

    /// Sets whether changes of all keys are kept for [`Self::take_changes`], each key once. Keys
    /// that [`Self::flush`], [`Self::flush_all`] and [`Self::swap`] take away or exchange are not
    /// reported one by one, unless they are observed.
    pub fn observe_all(&mut self, all: bool) {
        self.shared.observed.hear_all(all);
    }

    /// Whether [`Self::take_changes`] has something to give.
    #[inline]
    pub fn has_changes(&self) -> bool {
        self.shared.observed.has_changes()
    }

    /// Takes the changes since the last call, oldest first. A key may be in it several times,
    /// unless all changes are observed.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.shared.observed.take()
    }

    /// Takes the keys of the changes so far that one observer has not taken. The changes stay for
    /// the others, and what changes from now on is a change of its own.
    pub fn take_changes_of(&mut self, observer: ObserverId) -> Vec<(usize, Box<[u8]>)> {
        self.shared.observed.take_of(observer)
    }

    /// Notes the keys of loud observers in a database that exist in it, or in the one that it
    /// becomes.
    fn note_swapped(&mut self, index: usize, other: usize) {
        for (hash, key) in self.shared.observed.loud_of(index) {
            if self.db(index).contains(&key) || self.db(other).contains(&key) {
                self.shared.observed.note(index, hash, &key);
            }
        }
    }

    /// Sets whether events are recorded for [`Self::take_events`]; at first they are not.
    pub fn record_events(&mut self, recorded: bool) {
        self.shared.records_events = recorded;
        if !recorded {
            self.shared.events.clear();
        }
    }

    /// Sets what becomes of keys and fields whose deadline has passed.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{ExpiryMode, Keyspace, Options};
    ///
    /// let mut keyspace = Keyspace::new(Options::default());
    /// keyspace.freeze(1_000);
    /// keyspace.db(0).set(b"k", b"v", Some(1_500));
    /// keyspace.freeze(2_000);
    /// keyspace.set_expiry_mode(ExpiryMode::KeepForReads);
    /// assert!(!keyspace.db(0).contains(b"k"));
    /// keyspace.set_expiry_mode(ExpiryMode::Ignore);
    /// assert!(keyspace.db(0).contains(b"k"));
    /// keyspace.set_expiry_mode(ExpiryMode::Remove);
    /// assert!(!keyspace.db(0).contains(b"k"));
    /// assert!(keyspace.db(0).is_empty());
    /// ```
    pub fn set_expiry_mode(&mut self, mode: ExpiryMode) {
        self.shared.expiry_mode = mode;
        self.set_horizon();
    }

    /// The treatment of keys and fields whose deadline has passed.
    pub fn expiry_mode(&self) -> ExpiryMode {
        self.shared.expiry_mode
    }

    /// The moment up to which deadlines have passed.
    #[inline]
    pub fn horizon(&self) -> Millis {
        self.shared.horizon
    }

    fn set_horizon(&mut self) {
        self.shared.horizon = match self.shared.expiry_mode {
            ExpiryMode::Remove | ExpiryMode::KeepForReads => self.shared.now,
            ExpiryMode::Ignore => Millis::MIN,
        };
    }

    /// Whether [`Self::take_events`] has something to give.
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.shared.events.is_empty()
    }

    /// Takes the recorded events (expiry, eviction) since the last call, oldest first; empty unless
    /// [`Self::record_events`] was called with `true`.
    pub fn take_events(&mut self) -> Vec<Event> {
        mem::take(&mut self.shared.events)
    }

    /// How many objects wait to be dropped, those that only snapshots still need among them.
    pub fn garbage_len(&self) -> usize {
        let keys: usize = self.parked.iter().map(|(_, store)| store.len()).sum();
        self.garbage.objects + self.shared.discarded.len() + keys
    }

    /// Takes the contents that wait to be dropped, if there are any; another thread may drop them.
    pub fn take_garbage(&mut self) -> Option<Garbage> {
        self.unpark();
        let mut garbage = mem::take(&mut self.garbage);
        garbage.objects += self.shared.discarded.len();
        garbage.values.append(&mut self.shared.discarded);
        garbage.weight += mem::take(&mut self.shared.discarded_weight);
        garbage.count_until_dropped(&self.leaving);
        (garbage.objects > 0).then_some(garbage)
    }

    /// A view of everything as it is now, for any thread to read while this one goes on.
    ///
    /// Costs microseconds at any size. Until it is dropped, what it shows is preserved when it
    /// changes here; call [`Self::housekeep`] afterwards to free that.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Entry, Keyspace, NewValue, Options};
    ///
    /// let mut keyspace = Keyspace::new(Options::default());
    /// if let Entry::Vacant(entry) = keyspace.db(3).entry(b"k") {
    ///     entry.insert(NewValue::Int(7), None);
    /// }
    /// let snapshot = keyspace.snapshot();
    /// keyspace.db(3).remove(b"k");
    /// let walker = std::thread::spawn(move || {
    ///     let mut walk = snapshot.into_walk();
    ///     let item = walk.next().expect("the key was there");
    ///     (item.db, item.key.to_vec())
    /// });
    /// assert_eq!(walker.join().unwrap(), (3, b"k".to_vec()));
    /// ```
    pub fn snapshot(&mut self) -> Snapshot {
        self.shared.epochs.refresh();
        let filled = self.dbs.filled();
        let ids = filled.iter().map(|(_, store)| store.id).collect();
        let ticket = self.shared.epochs.open(ids);
        let images = filled
            .into_iter()
            .map(|(index, store)| store.image(index))
            .collect();
        Snapshot::new(ticket, images, self.shared.now, self.shared.policy)
    }

    /// Sets the measure of the access clock of keys. Clocks of existing keys are then off until
    /// they are used again.
    pub fn set_access_policy(&mut self, policy: AccessPolicy) {
        self.shared.policy = policy;
        self.shared.clock = policy.fresh(self.shared.now);
    }

    /// Sets whether uses of keys leave their access clocks as they are, whatever [`Touch`] says.
    ///
    /// Only uses do: a key that is created, or under [`AccessPolicy::Lru`] gets another value,
    /// begins anew, and under [`AccessPolicy::Lrm`] writes are no uses.
    ///
    /// [`Touch`]: crate::Touch
    #[inline]
    pub fn keep_clocks(&mut self, kept: bool) {
        self.shared.keeps_clocks = kept;
    }

    /// The measure of the access clock of keys.
    pub fn access_policy(&self) -> AccessPolicy {
        self.shared.policy
    }

    /// Counters since the start or the last reset.
    pub fn stats(&self) -> Stats {
        self.shared.stats
    }

    /// Sets the counters to zero.
    pub fn reset_stats(&mut self) {
        self.shared.stats = Stats::default();
    }

    /// How many replaced cells and segments wait for snapshots to end.
    pub fn limbo_len(&self) -> usize {
        self.dbs.stores().iter().map(Store::limbo_len).sum()
    }

    /// How many snapshots are live.
    pub fn live_snapshots(&self) -> usize {
        self.shared.epochs.live_count()
    }

    /// The parts that eviction works with.
    pub(crate) fn evictor_parts(&mut self) -> (&mut Databases, &mut Shared, &mut Evictor) {
        (&mut self.dbs, &mut self.shared, &mut self.evictor)
    }

    /// Moves flushed stores that no snapshot needs any more to the garbage.
    fn unpark(&mut self) {
        let epochs = &self.shared.epochs;
        for (_, store) in self
            .parked
            .extract_if(.., |(epoch, _)| epochs.is_over(*epoch))
        {
            self.garbage.objects += store.len();
            self.garbage.weight += store.reserved();
            self.garbage.stores.push(store);
        }
    }
}

impl Drop for Keyspace {
    fn drop(&mut self) {
        let flushed = self.parked.drain(..).map(|p| p.1);
        let stores: Vec<Store> = self.dbs.drain().chain(flushed).collect();
        self.shared.epochs.bequeath(Arc::new(stores));
    }
}
