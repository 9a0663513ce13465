//! The stores of all numbered databases, of which those without a key cost four bytes each.
//!
//! ```text
//!  index ─► place ─┬─► 0: the spare, which is lent to a database that has no store
//!                  └─► n: the store of that database
//! ```
//! Whoever asks for a database without a store gets the spare one, which is empty. If a key was put
//! into it, it becomes the store of that database as soon as anything asks again.
//!
//! Always true: a store with keys belongs to one database: `owners` says which.
//! Not here: what a store is — `store/mod.rs`

use crate::store::Store;

/// The stores by database.
#[derive(Debug)]
pub(crate) struct Databases {
    /// For each database where its store stands; 0 if it has none.
    places: Vec<u32>,
    stores: Vec<Store>,
    /// For each store the index of its database; for the spare, who had it last.
    owners: Vec<usize>,
    /// The number of the next store: no two have the same.
    next_id: u64,
    /// The database that was asked for last and has a store, and the place of that.
    // PERF: nearly every command asks for one database, several times.
    recent: (usize, usize),
}

/// No database.
const NONE: (usize, usize) = (usize::MAX, SPARE);

/// Where the spare store stands.
const SPARE: usize = 0;

impl Databases {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            places: vec![0; count],
            stores: vec![Store::new(0)],
            owners: vec![0],
            next_id: 1,
            recent: NONE,
        }
    }

    /// How many databases there are.
    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// The store of a database.
    ///
    /// # Panics
    /// When there is no such database.
    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Store {
        if index == self.recent.0 {
            return &mut self.stores[self.recent.1];
        }
        self.look_up(index)
    }

    #[inline(never)]
    fn look_up(&mut self, index: usize) -> &mut Store {
        if self.places[index] == 0 {
            self.lend(index);
        }
        let place = self.places[index] as usize;
        // What is lent may become the store of its database: it is looked up again.
        self.recent = match place {
            SPARE => NONE,
            place => (index, place),
        };
        &mut self.stores[place]
    }

    /// The store of a database, if it has one.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&Store> {
        if index == self.recent.0 {
            return self.stores.get(self.recent.1);
        }
        match *self.places.get(index)? as usize {
            SPARE => None,
            place => self.stores.get(place),
        }
    }

    #[cold]
    fn lend(&mut self, index: usize) {
        self.settle();
        self.owners[SPARE] = index;
    }

    /// Gives the spare store to the database that put something into it.
    fn settle(&mut self) {
        if self.stores[SPARE].is_untouched() {
            return;
        }
        let fresh = self.fresh();
        let owner = self.owners[SPARE];
        self.places[owner] = self.stores.len() as u32;
        self.stores.push(fresh);
        self.owners.push(owner);
        let last = self.stores.len() - 1;
        self.stores.swap(SPARE, last);
    }

    fn fresh(&mut self) -> Store {
        let id = self.next_id;
        self.next_id += 1;
        Store::new(id)
    }

    /// Takes what a database holds; an empty one has nothing to take.
    pub(crate) fn take(&mut self, index: usize) -> Option<Store> {
        self.settle();
        let place = self.places[index] as usize;
        (place != SPARE).then(|| self.detach(place))
    }

    /// Takes a store out; the last one moves into its place.
    fn detach(&mut self, place: usize) -> Store {
        self.recent = NONE;
        self.places[self.owners.swap_remove(place)] = 0;
        let store = self.stores.swap_remove(place);
        if let Some(&moved) = self.owners.get(place) {
            self.places[moved] = place as u32;
        }
        store
    }

    /// Exchanges two databases.
    pub(crate) fn swap(&mut self, a: usize, b: usize) {
        self.recent = NONE;
        self.settle();
        self.places.swap(a, b);
        for index in [a, b] {
            let place = self.places[index] as usize;
            if place != SPARE {
                self.owners[place] = index;
            }
        }
    }

    /// The databases that have a store, in order, whether or not there are keys in it.
    pub(crate) fn owned(&mut self) -> Vec<usize> {
        self.settle();
        let mut owned = self.owners[1..].to_vec();
        owned.sort_unstable();
        owned
    }

    /// Bytes that all databases occupy; one without a key has no more than its place.
    pub(crate) fn weight(&self) -> u64 {
        let held = self.stores.iter().filter(|store| !store.is_untouched());
        let places = size_of_val(&self.places[..]) as u64;
        places + held.map(Store::weight).sum::<u64>()
    }

    /// Bytes of what keys lead to, in all databases.
    pub(crate) fn live_weight(&self) -> u64 {
        let limbo = self.stores.iter().map(Store::limbo_weight).sum::<u64>();
        self.weight() - limbo
    }

    /// Every store.
    pub(crate) fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Every store with the index of its database, in no order.
    pub(crate) fn each_mut(&mut self) -> impl Iterator<Item = (usize, &mut Store)> {
        self.settle();
        let owners = self.owners.iter().copied();
        owners.zip(&mut self.stores).skip(1)
    }

    /// The databases that have keys, in order, with their stores.
    pub(crate) fn filled(&self) -> Vec<(usize, &Store)> {
        let owned = self.owners.iter().copied().zip(&self.stores);
        let mut filled: Vec<_> = owned.filter(|(_, store)| store.len() > 0).collect();
        filled.sort_unstable_by_key(|&(index, _)| index);
        filled
    }

    /// Drops stores that hold nothing and have no memory.
    pub(crate) fn prune(&mut self) {
        let mut place = self.stores.len();
        while place > 1 {
            place -= 1;
            if self.stores[place].is_untouched() {
                drop(self.detach(place));
            }
        }
        if self.stores.capacity() > 16 + self.stores.len() * 4 {
            self.stores.shrink_to(self.stores.len() * 2);
        }
    }

    /// Takes all stores out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Store> + '_ {
        self.recent = NONE;
        self.places.fill(0);
        self.owners.clear();
        self.stores.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Keyspace, Options};

    fn keyspace(databases: usize) -> Keyspace {
        Keyspace::new(Options {
            databases,
            ..Options::default()
        })
    }

    fn filled(keyspace: &Keyspace) -> Vec<usize> {
        keyspace.filled().collect()
    }

    #[test]
    fn looking_at_databases_fills_none() {
        let mut keyspace = keyspace(100_000);
        for index in 0..keyspace.databases() {
            assert!(!keyspace.db(index).contains(b"k"));
            assert_eq!(keyspace.db(index).len(), 0);
        }
        assert!(filled(&keyspace).is_empty());
        assert!(keyspace.dbs.stores().len() == 1);
    }

    #[test]
    fn each_database_has_its_own_keys_in_whatever_order_they_are_filled() {
        let mut keyspace = keyspace(1000);
        let order = [999, 0, 500, 1, 998];
        for (n, &index) in order.iter().enumerate() {
            keyspace.db(index).set(b"k", &[n as u8], None);
            assert!(
                keyspace
                    .db((index + 7) % 1000)
                    .read(b"k", crate::Touch::No)
                    .is_none()
            );
        }
        assert_eq!(filled(&keyspace), [0, 1, 500, 998, 999]);
        for (n, &index) in order.iter().enumerate() {
            assert_eq!(
                keyspace.db(index).get(b"k").unwrap().as_deref(),
                Some(&[n as u8][..])
            );
        }
        keyspace.swap(0, 2);
        keyspace.swap(1, 500);
        keyspace.swap(3, 4);
        assert_eq!(filled(&keyspace), [1, 2, 500, 998, 999]);
        assert_eq!(keyspace.db(2).get(b"k").unwrap().as_deref(), Some(&[1][..]));
        assert_eq!(keyspace.db(1).get(b"k").unwrap().as_deref(), Some(&[2][..]));
        assert_eq!(
            keyspace.db(500).get(b"k").unwrap().as_deref(),
            Some(&[3][..])
        );
    }

    #[test]
    fn a_database_that_was_emptied_costs_nothing_after_a_while() {
        let mut keyspace = keyspace(1000);
        for index in 0..1000 {
            keyspace.db(index).set(b"k", b"v", None);
        }
        keyspace.flush(7);
        assert_eq!(filled(&keyspace).len(), 999);
        keyspace.flush_all();
        drop(keyspace.take_garbage());
        keyspace.housekeep(100);
        assert!(filled(&keyspace).is_empty());
        assert!(keyspace.dbs.stores().len() == 1);
        keyspace.db(3).set(b"k", b"v", None);
        keyspace.db(3).remove(b"k");
        for _ in 0..200 {
            keyspace.housekeep(100);
        }
        assert!(keyspace.dbs.stores().len() == 1);
    }
}
