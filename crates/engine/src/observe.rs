//! Keys that somebody wants to hear of, and those that changed.
//!
//! ```text
//!  observe(key, id) ──► wanted: who observes which key ─┐
//!                                  a key changes ───────┴─► changes: key, ids ──► take
//!  observe_all(true) ─────────────────────────────────────► changes of all other keys, without ids
//! ```
//! Always true: with nobody listening, a change costs one comparison.
//! Always true: emptying a database, or swapping it, walks the keys of loud observers only.
//! Not here: what listeners do about it.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::hash::Unhashed;

/// An observer of keys, by a number that the caller chooses: one for each purpose, or for each
/// client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObserverId(pub u64);

impl ObserverId {
    /// Set in the number of a quiet observer: it does not hear of keys that are gone or others
    /// since their database was emptied or swapped. It may have millions of keys, and nobody waits
    /// for a walk of them.
    pub const QUIET: u64 = 1 << 63;
}

/// A key that was observed and has changed: its value, its deadline, or that it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Box<[u8]>,
    observers: SmallVec<[ObserverId; 2]>,
}

impl Change {
    /// The observers of the key when it changed, each once; none if only all changes are observed.
    pub fn observers(&self) -> &[ObserverId] {
        &self.observers
    }

    fn is_of(&self, db: usize, key: &[u8]) -> bool {
        self.db == db && *self.key == *key
    }
}

/// The observed keys of all databases, and the changes that wait to be taken.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// Whether any key is observed, or all are.
    is_listening: bool,
    /// Whether changes of all keys are reported.
    hears_all: bool,
    /// The keys of observers that hear of everything.
    loud: Keys,
    /// The keys of quiet observers.
    quiet: Keys,
    changes: Vec<Change>,
    /// How many of them are of the past: what changes from now on is another change.
    past: usize,
    /// Where in `changes` the keys with a hash stand, while all are reported, but for the past.
    known: HashMap<u64, SmallVec<[usize; 1]>, Unhashed>,
}

#[derive(Debug)]
struct Wanted {
    db: usize,
    key: Box<[u8]>,
    /// Each observer, with how often it asked.
    observers: SmallVec<[(ObserverId, usize); 1]>,
}

impl Wanted {
    fn is_of(&self, db: usize, key: &[u8]) -> bool {
        self.db == db && *self.key == *key
    }
}

/// Observed keys.
#[derive(Debug, Default)]
struct Keys {
    /// By the hash of the key.
    wanted: HashMap<u64, SmallVec<[Wanted; 1]>, Unhashed>,
    /// How many observed keys each database has.
    counts: BTreeMap<usize, usize>,
}

/// Keys that were observed and are no more. They only need dropping, on any thread.
#[derive(Debug)]
#[must_use = "dropping it may take as long as there are keys"]
pub struct Unobserved(#[expect(dead_code, reason = "it is only dropped")] Keys);

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Unobserved>();
};

impl Keys {
    fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    fn add(&mut self, db: usize, hash: u64, key: &[u8], observer: ObserverId) {
        let wanted = self.wanted.entry(hash).or_default();
        let Some(known) = wanted.iter_mut().find(|wanted| wanted.is_of(db, key)) else {
            wanted.push(Wanted {
                db,
                key: key.into(),
                observers: SmallVec::from_buf([(observer, 1)]),
            });
            *self.counts.entry(db).or_default() += 1;
            return;
        };
        match known.observers.iter_mut().find(|(id, _)| *id == observer) {
            Some((_, times)) => *times += 1,
            None => known.observers.push((observer, 1)),
        }
    }

    fn remove(&mut self, db: usize, hash: u64, key: &[u8], observer: ObserverId) {
        let Some(wanted) = self.wanted.get_mut(&hash) else {
            return;
        };
        let Some(at) = wanted.iter().position(|wanted| wanted.is_of(db, key)) else {
            return;
        };
        let observers = &mut wanted[at].observers;
        let Some(place) = observers.iter().position(|(id, _)| *id == observer) else {
            return;
        };
        observers[place].1 -= 1;
        if observers[place].1 > 0 {
            return;
        }
        observers.swap_remove(place);
        if !observers.is_empty() {
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

    /// The observers of a key, with how often each asked; none if nobody did.
    fn find(&self, db: usize, hash: u64, key: &[u8]) -> &[(ObserverId, usize)] {
        if self.is_empty() {
            return &[];
        }
        let wanted = self.wanted.get(&hash);
        let wanted = wanted.and_then(|all| all.iter().find(|wanted| wanted.is_of(db, key)));
        wanted.map_or(&[], |wanted| &wanted.observers)
    }

    fn of(&self, db: usize) -> Vec<(u64, Box<[u8]>)> {
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
}

impl Observed {
    /// Begins an observation of a key.
    pub(crate) fn add(&mut self, db: usize, hash: u64, key: &[u8], observer: ObserverId) {
        self.keys_of(observer).add(db, hash, key, observer);
        self.is_listening = true;
    }

    /// Ends one observation of a key; nothing happens if the observer has none.
    pub(crate) fn remove(&mut self, db: usize, hash: u64, key: &[u8], observer: ObserverId) {
        self.keys_of(observer).remove(db, hash, key, observer);
        self.hear_all(self.hears_all);
    }

    fn keys_of(&mut self, observer: ObserverId) -> &mut Keys {
        match observer.0 & ObserverId::QUIET {
            0 => &mut self.loud,
            _ => &mut self.quiet,
        }
    }

    /// Sets whether changes of all keys are reported.
    pub(crate) fn hear_all(&mut self, all: bool) {
        self.hears_all = all;
        self.is_listening = all || !self.loud.is_empty() || !self.quiet.is_empty();
    }

    /// A key has changed.
    #[inline]
    pub(crate) fn note(&mut self, db: usize, hash: u64, key: &[u8]) {
        if self.is_listening {
            self.note_heard(db, hash, key);
        }
    }

    #[cold]
    fn note_heard(&mut self, db: usize, hash: u64, key: &[u8]) {
        let (loud, quiet) = (
            self.loud.find(db, hash, key),
            self.quiet.find(db, hash, key),
        );
        if loud.is_empty() && quiet.is_empty() && !self.hears_all {
            return;
        }
        let observers = loud.iter().chain(quiet);
        let known = match self.hears_all {
            false => self.changes[self.past..]
                .last_mut()
                .filter(|change| change.is_of(db, key)),
            true => {
                let places = self.known.entry(hash).or_default();
                let is_it = |&&place: &&usize| self.changes[place].is_of(db, key);
                match places.iter().find(is_it) {
                    Some(&place) => Some(&mut self.changes[place]),
                    None => {
                        places.push(self.changes.len());
                        None
                    }
                }
            }
        };
        match known {
            Some(change) => {
                for (id, _) in observers {
                    if !change.observers.contains(id) {
                        change.observers.push(*id);
                    }
                }
            }
            None => self.changes.push(Change {
                db,
                key: key.into(),
                observers: observers.map(|(id, _)| *id).collect(),
            }),
        }
    }

    /// The keys of a database that loud observers have, with their hashes.
    pub(crate) fn loud_of(&self, db: usize) -> Vec<(u64, Box<[u8]>)> {
        self.loud.of(db)
    }

    /// Ends all observations of quiet observers.
    pub(crate) fn remove_quiet(&mut self) -> Unobserved {
        let keys = std::mem::take(&mut self.quiet);
        self.hear_all(self.hears_all);
        Unobserved(keys)
    }

    /// Whether changes wait to be taken.
    #[inline]
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The keys of the changes so far that an observer has not taken. The changes stay for others.
    pub(crate) fn take_of(&mut self, observer: ObserverId) -> Vec<(usize, Box<[u8]>)> {
        self.known.clear();
        let past = std::mem::replace(&mut self.past, self.changes.len());
        self.changes[past..]
            .iter_mut()
            .filter_map(|change| {
                let at = change.observers.iter().position(|id| *id == observer)?;
                change.observers.remove(at);
                Some((change.db, change.key.clone()))
            })
            .collect()
    }

    /// The changes since the last call, oldest first.
    pub(crate) fn take(&mut self) -> Vec<Change> {
        self.known.clear();
        self.past = 0;
        std::mem::take(&mut self.changes)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Keyspace, ObserverId, Options};

    const WAITER: ObserverId = ObserverId(1);
    const TRACKER: ObserverId = ObserverId(2);

    fn taken(keyspace: &mut Keyspace) -> Vec<(Vec<u8>, Vec<u64>)> {
        let changes = keyspace.take_changes().into_iter();
        let shown = changes.map(|change| {
            let ids = change.observers().iter().map(|id| id.0).collect();
            (change.key.to_vec(), ids)
        });
        shown.collect()
    }

    #[test]
    fn a_change_names_its_observers_each_once() {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.observe(0, b"k", WAITER);
        keyspace.observe(0, b"k", WAITER);
        keyspace.observe(0, b"k", TRACKER);
        keyspace.observe(1, b"k", TRACKER);
        keyspace.db(0).set(b"k", b"v", None);
        keyspace.db(0).remove(b"k");
        assert_eq!(taken(&mut keyspace), [(b"k".to_vec(), vec![1, 2])]);
        keyspace.unobserve(0, b"k", TRACKER);
        keyspace.unobserve(0, b"k", TRACKER);
        keyspace.unobserve(0, b"k", WAITER);
        keyspace.db(0).set(b"k", b"v", None);
        assert_eq!(taken(&mut keyspace), [(b"k".to_vec(), vec![1])]);
        keyspace.unobserve(0, b"k", WAITER);
        keyspace.db(0).set(b"k", b"v", None);
        assert!(!keyspace.has_changes());
    }

    #[test]
    fn a_quiet_observer_does_not_hear_of_a_database_that_was_emptied_or_swapped() {
        const QUIET: ObserverId = ObserverId(3 | ObserverId::QUIET);
        let mut keyspace = Keyspace::new(Options::default());
        for (key, observer) in [(b"a", WAITER), (b"b", QUIET)] {
            keyspace.observe(0, key, observer);
            keyspace.db(0).set(key, b"v", None);
        }
        let heard = taken(&mut keyspace);
        assert_eq!(
            heard,
            [(b"a".to_vec(), vec![1]), (b"b".to_vec(), vec![QUIET.0])]
        );
        keyspace.flush_all();
        assert_eq!(taken(&mut keyspace), [(b"a".to_vec(), vec![1])]);
        keyspace.db(0).set(b"b", b"v", None);
        keyspace.take_changes();
        keyspace.swap(0, 1);
        assert!(!keyspace.has_changes());
        keyspace.unobserve(0, b"a", WAITER);
        keyspace.unobserve(0, b"b", QUIET);
        keyspace.db(0).set(b"b", b"v", None);
        assert!(!keyspace.has_changes());
    }

    #[test]
    fn observations_of_quiet_observers_end_all_at_once() {
        const QUIET: ObserverId = ObserverId(3 | ObserverId::QUIET);
        let mut keyspace = Keyspace::new(Options::default());
        for (key, observer) in [(b"a", WAITER), (b"b", QUIET), (b"a", QUIET)] {
            keyspace.observe(0, key, observer);
        }
        drop(keyspace.unobserve_quiet());
        for key in [b"a", b"b"] {
            keyspace.db(0).set(key, b"v", None);
        }
        assert_eq!(taken(&mut keyspace), [(b"a".to_vec(), vec![1])]);
        keyspace.observe(0, b"b", QUIET);
        keyspace.db(0).set(b"b", b"v", None);
        assert_eq!(taken(&mut keyspace), [(b"b".to_vec(), vec![QUIET.0])]);
    }

    #[test]
    fn one_observer_takes_what_has_changed_so_far() {
        for hears_all in [false, true] {
            let mut keyspace = Keyspace::new(Options::default());
            keyspace.observe(0, b"k", WAITER);
            keyspace.observe(0, b"k", TRACKER);
            keyspace.observe_all(hears_all);
            keyspace.db(0).set(b"k", b"v", None);
            let of_tracker = [(0, b"k".as_slice().into())];
            assert_eq!(keyspace.take_changes_of(TRACKER), of_tracker);
            assert_eq!(keyspace.take_changes_of(TRACKER), []);
            keyspace.db(0).remove(b"k");
            let expected = [(b"k".to_vec(), vec![1]), (b"k".to_vec(), vec![1, 2])];
            assert_eq!(taken(&mut keyspace), expected);
            assert_eq!(keyspace.take_changes_of(TRACKER), []);
        }
    }

    #[test]
    fn all_changes_are_reported_once_each_until_they_are_taken() {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.observe(0, b"b", WAITER);
        keyspace.observe_all(true);
        for key in [b"a", b"b", b"a", b"b"] {
            keyspace.db(0).set(key, b"v", None);
        }
        keyspace.db(1).set(b"a", b"v", None);
        let (a, b) = (b"a".to_vec(), b"b".to_vec());
        let expected = [
            (a.clone(), vec![]),
            (b.clone(), vec![1]),
            (a.clone(), vec![]),
        ];
        assert_eq!(taken(&mut keyspace), expected);
        keyspace.db(0).remove(b"a");
        assert_eq!(taken(&mut keyspace), [(a, vec![])]);
        keyspace.observe_all(false);
        keyspace.db(0).remove(b"b");
        keyspace.db(1).remove(b"a");
        assert_eq!(taken(&mut keyspace), [(b, vec![1])]);
    }

    #[test]
    fn an_observer_that_came_after_a_change_hears_of_the_next() {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.observe_all(true);
        keyspace.db(0).set(b"k", b"v", None);
        keyspace.observe(0, b"k", TRACKER);
        keyspace.db(0).set(b"k", b"w", None);
        assert_eq!(taken(&mut keyspace), [(b"k".to_vec(), vec![2])]);
    }
}
