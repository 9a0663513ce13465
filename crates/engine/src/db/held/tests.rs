//! Packed bytes edited at random against a plain vector, with a snapshot looking on.

use super::*;
use crate::keyspace::{Keyspace, Options};
use crate::observe::ObserverId;
use crate::value::{NewValue, Touch};

fn packed(keyspace: &mut Keyspace, key: &[u8]) -> Vec<u8> {
    let mut db = keyspace.db(0);
    let value = db.read(key, Touch::No).expect("the key exists");
    match value.form(Kind::List).expect("the key holds a list") {
        Form::Packed(bytes) => bytes.to_vec(),
        Form::Paged(_) => panic!("nothing here has pages"),
    }
}

fn hold<'a>(db: &'a mut Db<'_>, key: &'a [u8], kind: Kind) -> Result<Held<'a>, WrongType> {
    let hash = db.hash(key);
    db.held((hash, key), kind)
}

#[test]
fn spliced_bytes_are_those_of_a_vector() {
    let mut rng = russet_base::Rng::new(7);
    for key_len in [1usize, 30, 254, 255, 900] {
        let key = vec![b'k'; key_len];
        let mut keyspace = Keyspace::new(Options::default());
        let mut model = b"begin".to_vec();
        let mut db = keyspace.db(0);
        let mut held = hold(&mut db, &key, Kind::List).unwrap();
        held.put_packed(Encoding::Listpack, &model);
        for step in 0..2000 {
            let at = rng.u64() as usize % (model.len() + 1);
            let most = if step % 400 < 200 { 10 } else { 60 };
            let remove = (rng.u64() as usize % most).min(model.len() - at);
            let insert = vec![step as u8; rng.u64() as usize % 35];
            let frozen = (step % 50 == 0).then(|| (keyspace.snapshot(), model.clone()));
            let mut db = keyspace.db(0);
            let mut held = hold(&mut db, &key, Kind::List).unwrap();
            held.splice(at, remove, &insert);
            model.splice(at..at + remove, insert);
            if let (Some(first), Some(byte)) = (held.packed_mut().first_mut(), model.first_mut()) {
                *first ^= 1;
                *byte ^= 1;
            }
            assert_eq!(packed(&mut keyspace, &key), model);
            if let Some((snapshot, before)) = frozen {
                let mut walk = snapshot.into_walk();
                let item = walk.next().expect("the key was there");
                assert!(
                    matches!(item.value.form(Kind::List), Ok(Form::Packed(seen)) if seen == before)
                );
            }
        }
        keyspace.housekeep(100_000);
        let weight = keyspace.db(0).key_weight(&key).unwrap();
        assert!(weight as usize <= 2 * (model.len() + key_len) + 200);
        assert!(keyspace.db(0).remove(&key));
        keyspace.housekeep(100_000);
        drop(keyspace.take_garbage());
    }
}

#[test]
fn a_collection_takes_the_place_of_a_string_and_keeps_the_deadline() {
    let mut keyspace = Keyspace::new(Options::default());
    let mut db = keyspace.db(0);
    db.set(b"k", b"v", Some(9_000));
    assert!(hold(&mut db, b"k", Kind::List).is_err());
    db.remove(b"k");
    let mut held = hold(&mut db, b"k", Kind::List).unwrap();
    assert!(held.form().is_none());
    held.put_packed(Encoding::Listpack, b"abc");
    db.expire_at(b"k", Some(9_000));
    let mut held = hold(&mut db, b"k", Kind::List).unwrap();
    held.put_packed(Encoding::Quicklist, &[9; 3000]);
    assert_eq!(
        (held.deadline(), held.encoding()),
        (Some(9_000), Some(Encoding::Quicklist))
    );
    db.entry(b"k").set(NewValue::Plain(b"string"), None);
    assert_eq!(db.kind(b"k"), Some(Kind::String));
    assert_eq!(db.get(b"k").unwrap().as_deref(), Some(&b"string"[..]));
}

#[test]
fn a_copy_has_bytes_of_its_own() {
    for len in [10, 5000] {
        let mut keyspace = Keyspace::new(Options::default());
        let mut db = keyspace.db(0);
        let mut held = hold(&mut db, b"a", Kind::List).unwrap();
        held.put_packed(Encoding::Listpack, &vec![1; len]);
        assert!(keyspace.copy_key((0, b"a"), (0, b"b"), false));
        let mut db = keyspace.db(0);
        hold(&mut db, b"a", Kind::List)
            .unwrap()
            .splice(0, 1, b"xyz");
        assert_eq!(packed(&mut keyspace, b"b"), vec![1; len]);
        let mut expected = b"xyz".to_vec();
        expected.resize(len + 2, 1);
        assert_eq!(packed(&mut keyspace, b"a"), expected);
    }
}

#[test]
fn observed_keys_report_every_change_and_others_none() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.observe(0, b"k", ObserverId(1));
    keyspace.db(0).set(b"other", b"v", None);
    keyspace.db(1).set(b"k", b"v", None);
    assert!(!keyspace.has_changes());
    let mut changes = |change: &dyn Fn(&mut Keyspace)| {
        change(&mut keyspace);
        keyspace.take_changes().len()
    };
    assert_eq!(changes(&|k| k.db(0).set(b"k", b"v", Some(50))), 1);
    assert_eq!(changes(&|k| assert!(k.db(0).expire_at(b"k", None))), 1);
    assert_eq!(changes(&|k| assert!(k.db(0).rename(b"k", b"j"))), 1);
    assert_eq!(changes(&|k| assert!(k.db(0).rename(b"j", b"k"))), 1);
    assert_eq!(changes(&|k| k.flush(0)), 1);
    assert_eq!(changes(&|k| k.flush(0)), 0);
    assert_eq!(changes(&|k| k.swap(0, 1)), 1);
    assert_eq!(changes(&|k| k.swap(2, 3)), 0);
    assert_eq!(changes(&|k| assert!(k.db(0).remove(b"k"))), 1);
    let held = |k: &mut Keyspace| {
        let mut db = k.db(0);
        let mut held = hold(&mut db, b"k", Kind::List).unwrap();
        held.put_packed(Encoding::Listpack, b"abc");
    };
    assert_eq!(changes(&held), 1);
    let expire = |k: &mut Keyspace| {
        k.db(0).expire_at(b"k", Some(5));
        k.take_changes();
        k.freeze(10);
        assert_eq!(k.expire_due(10), 1);
    };
    assert_eq!(changes(&expire), 1);
    keyspace.unobserve(0, b"k", ObserverId(1));
    keyspace.db(0).set(b"k", b"v", None);
    assert!(!keyspace.has_changes());
}
