//! The body of the fuzz target "engine against a model": any bytes are a program of operations.
//!
//! Each operation runs on the key space and on plain sorted maps, and every answer must be the
//! same. Snapshots are taken with a copy of the maps and compared when they are dropped, after the
//! key space went on. The property tests feed it random bytes.
//!
//! Not here: the plain maps — `fuzz/model.rs`; bytes as operations — `fuzz/program.rs`

mod model;
mod program;

use std::collections::BTreeMap;

use crate::{Entry, EventKind, Keyspace, Kind, Options, Snapshot, Touch, ValueRef};
use model::{Item, Model};
use program::{Op, Program};

/// Runs a program of operations; panics where the key space and the model differ.
pub fn fuzz_model(data: &[u8]) {
    let mut run = Run::new();
    for op in Program::new(data) {
        run.step(op);
    }
    run.finish();
}

/// The databases of a run.
const DATABASES: usize = 3;
/// When a run starts: in the middle of a tick, and far from zero.
const START: i64 = 1_700_000_000_500;

struct Run {
    keyspace: Keyspace,
    model: Model,
    snapshots: Vec<(Snapshot, Model)>,
}

impl Run {
    fn new() -> Self {
        let mut keyspace = Keyspace::new(Options {
            databases: DATABASES,
            seed: 7,
            ..Options::default()
        });
        keyspace.freeze(START);
        keyspace.record_events(true);
        let model = Model::new(DATABASES, START);
        Self {
            keyspace,
            model,
            snapshots: Vec::new(),
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Set {
                db,
                key,
                value,
                deadline,
            } => {
                let deadline = self.model.deadline(deadline);
                self.keyspace
                    .db(db)
                    .entry(&key)
                    .set(value.new_value(), deadline);
                self.model.set(db, &key, value.item(deadline));
            }
            Op::Replace { db, key, value } => self.replace(db, &key, &value),
            Op::Deadline { db, key, deadline } => {
                let deadline = self.model.deadline(deadline);
                let found = self.keyspace.db(db).expire_at(&key, deadline);
                let item = self.model.get(db, &key);
                assert_eq!(found, item.is_some());
                item.into_iter().for_each(|item| item.deadline = deadline);
            }
            Op::Append { db, key, bytes } => {
                let len = self.keyspace.db(db).append(&key, &bytes);
                assert_eq!(len, Ok(self.model.append(db, &key, &bytes)));
            }
            Op::SetRange {
                db,
                key,
                offset,
                bytes,
            } => {
                let len = self.keyspace.db(db).set_range(&key, offset, &bytes);
                assert_eq!(len, Ok(self.model.set_range(db, &key, offset, &bytes)));
            }
            Op::Incr { db, key, by } => {
                let sum = self.keyspace.db(db).incr_by(&key, by).ok();
                assert_eq!(sum, self.model.incr(db, &key, by));
            }
            Op::Remove { db, key } => {
                let removed = self.keyspace.db(db).remove(&key);
                assert_eq!(removed, self.model.remove(db, &key).is_some());
            }
            op => self.step_rarer(op),
        }
        self.check_events();
    }

    fn step_rarer(&mut self, op: Op) {
        match op {
            Op::Read { db, key } => self.read(db, &key),
            Op::Rename { db, key, to } => {
                let renamed = self.keyspace.db(db).rename(&key, &to);
                assert_eq!(renamed, self.model.rename(db, &key, &to));
            }
            Op::Copy {
                db,
                key,
                to_db,
                to,
                replace,
            } => {
                let copied = self.keyspace.copy_key((db, &key), (to_db, &to), replace);
                assert_eq!(copied, self.model.copy((db, &key), (to_db, &to), replace));
            }
            Op::Move { db, key, to_db } => {
                let moved = self.keyspace.move_key(&key, db, to_db);
                assert_eq!(moved, self.model.move_key(&key, db, to_db));
            }
            Op::Swap { a, b } => {
                self.keyspace.swap(a, b);
                self.model.dbs.swap(a, b);
            }
            Op::Flush { db } => {
                self.keyspace.flush(db);
                self.model.dbs[db].clear();
                drop(self.keyspace.take_garbage());
            }
            Op::Advance { ms } => {
                self.model.now += ms;
                self.keyspace.freeze(self.model.now);
            }
            Op::ExpireDue { budget } => self.expire_due(budget),
            Op::Housekeep { budget } => drop(self.keyspace.housekeep(budget)),
            Op::Snapshot => {
                if self.snapshots.len() < 3 {
                    self.snapshots
                        .push((self.keyspace.snapshot(), self.model.clone()));
                }
            }
            Op::Walk { which } => {
                if !self.snapshots.is_empty() {
                    let which = which % self.snapshots.len();
                    let (snapshot, model) = self.snapshots.swap_remove(which);
                    walk(snapshot, &model);
                }
            }
            Op::Scan { db, count } => self.scan(db, count),
            _ => self.keyspace.reset_stats(),
        }
    }

    fn replace(&mut self, db: usize, key: &[u8], value: &program::Value) {
        let mut keyspace_db = self.keyspace.db(db);
        let entry = keyspace_db.entry(key);
        match (entry, self.model.get(db, key)) {
            (Entry::Occupied(mut entry), Some(item)) => {
                entry.set(value.new_value());
                *item = value.item(item.deadline);
                check(&entry.value(), item);
            }
            (Entry::Vacant(_), None) => {}
            (entry, item) => panic!("{entry:?} but {item:?}"),
        }
    }

    fn read(&mut self, db: usize, key: &[u8]) {
        let mut found = self.keyspace.db(db);
        let hint = found.prefetch(key);
        found.prefetch_bucket(hint);
        found.prefetch_entry(hint);
        let value = found.read((hint, key), Touch::Yes);
        match (value, self.model.get(db, key)) {
            (Some(value), Some(item)) => check(&value, item),
            (None, None) => {}
            (value, item) => panic!("{value:?} but {item:?}"),
        }
    }

    fn expire_due(&mut self, budget: usize) {
        let removed = self.keyspace.expire_due(budget);
        assert!(removed <= budget);
        if budget < 50 {
            return;
        }
        // Enough calls, and every key that is due is gone and reported.
        while self
            .keyspace
            .next_expiry()
            .is_some_and(|at| at < self.model.now)
        {
            let before = self.keyspace.next_expiry();
            let removed = self.keyspace.expire_due(budget);
            if removed == 0 && self.keyspace.next_expiry() == before {
                break;
            }
        }
        self.check_events();
        for db in 0..DATABASES {
            assert!(
                self.model.due(db).is_empty(),
                "what is due is removed in the end"
            );
            assert_eq!(self.keyspace.db(db).len(), self.model.dbs[db].len());
        }
    }

    /// Every key that expired is reported once, whether a look-up or the wheel noticed.
    fn check_events(&mut self) {
        let mut reported = std::mem::take(&mut self.model.expired);
        for event in self.keyspace.take_events() {
            assert_eq!(event.kind, EventKind::Expired);
            let (db, key) = (event.db, event.key.to_vec());
            match reported.iter().position(|r| *r == (db, key.clone())) {
                Some(at) => drop(reported.swap_remove(at)),
                None => {
                    let item = self.model.dbs[db].remove(&key);
                    assert!(
                        item.is_some_and(|item| item.is_due(self.model.now)),
                        "{key:?}"
                    );
                }
            }
        }
        assert!(reported.is_empty(), "{reported:?}");
    }

    fn scan(&mut self, db: usize, count: usize) {
        let (mut cursor, mut seen) = (0, BTreeMap::new());
        loop {
            cursor = self.keyspace.db(db).scan(cursor, count, &mut |shown| {
                assert_eq!(shown.kind, Kind::String);
                let before = seen.insert(shown.key.to_vec(), shown.deadline);
                assert!(before.is_none(), "a key is shown once");
            });
            assert!(cursor < 1 << 48);
            if cursor == 0 {
                break;
            }
        }
        let now = self.model.now;
        let expected = self.model.dbs[db]
            .iter()
            .filter(|(_, item)| !item.is_due(now));
        assert!(expected.map(|(key, item)| (key, &item.deadline)).eq(&seen));
        match self.keyspace.db(db).random_key() {
            Some(key) => assert!(self.model.dbs[db].contains_key(key)),
            None => assert!(seen.is_empty()),
        }
    }

    fn finish(mut self) {
        for (snapshot, model) in std::mem::take(&mut self.snapshots) {
            walk(snapshot, &model);
        }
        for db in 0..DATABASES {
            self.scan(db, 10);
            let keys: Vec<_> = self.model.dbs[db].keys().cloned().collect();
            for key in &keys {
                self.read(db, key);
            }
            self.model.drop_due(db);
            assert_eq!(self.keyspace.db(db).len(), self.model.dbs[db].len());
            let volatile = self.model.dbs[db]
                .values()
                .filter(|i| i.deadline.is_some())
                .count();
            assert_eq!(self.keyspace.db(db).volatile_len(), volatile);
            for key in &keys {
                self.keyspace.db(db).remove(key);
            }
        }
        while self.keyspace.housekeep(100) {}
        assert_eq!(self.keyspace.limbo_len(), 0);
        for db in 0..DATABASES {
            assert_eq!(
                self.keyspace.db(db).cell_bytes(),
                0,
                "everything was given back"
            );
        }
        self.keyspace.flush_all();
        drop(self.keyspace.take_garbage());
        assert!(self.keyspace.weight() < 4096, "{}", self.keyspace.weight());
    }
}

fn check(value: &ValueRef<'_>, item: &Item) {
    assert_eq!(value.deadline(), item.deadline);
    assert_eq!(value.encoding(), item.encoding, "{item:?}");
    let string = value.string().expect("all values are strings");
    assert_eq!(*string.as_bytes(), *item.bytes);
}

fn walk(snapshot: Snapshot, model: &Model) {
    assert_eq!(snapshot.now(), model.now);
    let mut left = model.clone();
    let mut walk = snapshot.into_walk();
    while let Some(found) = walk.next() {
        let item = left.dbs[found.db].remove(found.key);
        // The model forgets due keys earlier than the key space, which finds them lazily.
        match item {
            Some(item) => check(&found.value, &item),
            None => assert!(found.value.deadline().is_some_and(|at| at < model.now)),
        }
    }
    assert!(left.dbs.iter().all(BTreeMap::is_empty), "{left:?}");
}
