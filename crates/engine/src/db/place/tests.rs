//! Detached values against values that were made under their keys.

use proptest::prelude::*;

use crate::observe::ObserverId;
use crate::value::{Encoding, Kind, NewValue, StringRef, Touch};
use crate::{Detached, End, FieldTtl, Keyspace, Member, Options, Packing, Stream, ZsetAdd};

const LONG_KEY: [u8; 300] = [b'k'; 300];

fn keyspace() -> Keyspace {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_packing(Packing {
        hash_entries_max: 5,
        hash_value_max: 20,
        set_intset_entries_max: 6,
        set_entries_max: 5,
        set_value_max: 20,
        zset_entries_max: 5,
        zset_value_max: 20,
        list_size: 6,
        list_compress_depth: 1,
        ..Packing::default()
    });
    keyspace
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0u32..30).prop_map(|n| n.to_string().into_bytes()),
        prop::collection::vec(b'a'..b'd', 0..40),
        (900usize..3000).prop_map(|len| vec![b'x'; len]),
    ]
}

/// Describes the value of a key, however it was made.
fn shown(keyspace: &mut Keyspace, key: &[u8]) -> String {
    let mut db = keyspace.db(0);
    let Some(value) = db.read(key, Touch::No) else {
        return "nothing".into();
    };
    let (kind, encoding) = (value.kind(), value.encoding());
    let packed = value.packed().map(<[u8]>::to_vec);
    let elements = match kind {
        Kind::List => format!("{:?}", value.list().map(|list| list.to_vec())),
        Kind::Set => {
            let set = value.set().expect("a set");
            let mut members: Vec<String> = set.iter().map(|m| format!("{m:?}")).collect();
            members.sort();
            members.join(" ")
        }
        Kind::Zset => {
            let zset = value.zset().expect("a sorted set");
            let members = zset.iter().map(|scored| format!("{scored:?}"));
            members.collect::<Vec<_>>().join(" ")
        }
        Kind::Hash => {
            let mut fields = Vec::new();
            let hash = value.hash().expect("a hash");
            hash.each(|field| fields.push(format!("{field:?}")));
            fields.sort();
            fields.join(" ")
        }
        Kind::String | Kind::Stream => match value.string() {
            Ok(StringRef::Int(n)) => n.to_string(),
            Ok(StringRef::Bytes(bytes)) => format!("{bytes:?}"),
            Ok(StringRef::Shared(bytes)) => format!("{:?}", &bytes[..]),
            Err(_) => format!("{:?}", value.stream()),
        },
    };
    format!("{kind:?} {encoding:?} {packed:?} {elements}")
}

/// Places a value under a key that held something else, under one that is new, and under a long
/// one; all must hold what `made` shows.
fn place_everywhere(keyspace: &mut Keyspace, make: &dyn Fn(&mut Keyspace) -> Option<Detached>) {
    let made = shown(keyspace, b"made");
    for (n, key) in [&b"fresh"[..], b"old", &LONG_KEY].into_iter().enumerate() {
        keyspace.db(0).set(b"old", b"another value", Some(77));
        let Some(value) = make(keyspace) else {
            assert_eq!(made, "nothing");
            return;
        };
        let deadline = (n == 1).then_some(5000);
        keyspace.db(0).place(key, value, deadline);
        assert_eq!(shown(keyspace, key), made, "{n}");
        assert_eq!(keyspace.db(0).ttl(key), Some(deadline), "{n}");
        keyspace.db(0).remove(key);
    }
    assert_eq!(keyspace.db(0).volatile_hashes(), {
        let due = keyspace.db(0).volatile_hashes();
        keyspace.db(0).remove(b"made");
        due - keyspace.db(0).volatile_hashes()
    });
}

proptest! {
    #[test]
    fn lists(elements in prop::collection::vec(text(), 0..30)) {
        let mut keyspace = keyspace();
        let mut db = keyspace.db(0);
        let mut list = db.list_mut(b"made").unwrap();
        for element in &elements {
            list.push(End::Back, [&element[..]]);
        }
        place_everywhere(&mut keyspace, &|keyspace| {
            let mut list = keyspace.db(0).new_list();
            elements.iter().for_each(|element| list.push(element));
            list.finish()
        });
    }

    #[test]
    fn sets(members in prop::collection::vec(text(), 0..12)) {
        let mut keyspace = keyspace();
        let mut db = keyspace.db(0);
        let mut set = db.set_mut(b"made").unwrap();
        let new: Vec<bool> = members.iter().map(|member| set.add(member)).collect();
        place_everywhere(&mut keyspace, &|keyspace| {
            let mut set = keyspace.db(0).new_set_of(1);
            let added = members.iter().map(|member| set.add(Member::of(member)));
            assert_eq!(added.collect::<Vec<_>>(), new);
            set.finish()
        });
    }

    #[test]
    fn sorted_sets(members in prop::collection::vec((text(), -9i32..9), 0..12)) {
        let mut keyspace = keyspace();
        let mut db = keyspace.db(0);
        let mut zset = db.zset_mut(b"made").unwrap();
        for (member, score) in &members {
            zset.add(member, f64::from(*score), ZsetAdd::default()).unwrap();
        }
        place_everywhere(&mut keyspace, &|keyspace| {
            let mut zset = keyspace.db(0).new_zset();
            for (member, score) in &members {
                zset.put(Member::of(member), |_| Some(f64::from(*score)));
            }
            zset.finish()
        });
    }

    #[test]
    fn hashes(
        fields in prop::collection::vec((text(), text(), prop::option::of(1i64..9)), 0..12),
    ) {
        let mut keyspace = keyspace();
        let mut db = keyspace.db(0);
        let mut hash = db.hash_mut(b"made").unwrap();
        let mut new = Vec::new();
        for (field, value, deadline) in &fields {
            let ttl = deadline.map_or(FieldTtl::Clear, FieldTtl::At);
            let is_new = hash.get(field).is_none();
            if is_new {
                hash.set(field, value, ttl);
            }
            new.push(is_new);
        }
        place_everywhere(&mut keyspace, &|keyspace| {
            let mut hash = keyspace.db(0).new_hash();
            let added = fields.iter().map(|(field, value, at)| hash.add(field, value, *at));
            assert_eq!(added.collect::<Vec<_>>(), new);
            hash.finish()
        });
    }

    #[test]
    fn strings(text in text()) {
        let mut keyspace = keyspace();
        keyspace.db(0).set(b"made", &text, None);
        place_everywhere(&mut keyspace, &|_| Some(Detached::string(&NewValue::Plain(&text))));
    }
}

fn hash_due_at(keyspace: &mut Keyspace, at: i64) -> Detached {
    let mut hash = keyspace.db(0).new_hash();
    hash.add(b"field", &[b'v'; 100], Some(at));
    hash.finish().expect("it has a field")
}

#[test]
fn what_is_dropped_has_changed_nothing() {
    let mut keyspace = keyspace();
    keyspace.db(0).set(b"k", b"v", None);
    keyspace.observe(0, b"k", ObserverId(1));
    let (before, stats) = (keyspace.weight(), keyspace.stats());
    let value = hash_due_at(&mut keyspace, 5);
    assert!(value.weight() > 100);
    assert_eq!(
        (value.kind(), value.encoding()),
        (Kind::Hash, Encoding::Hashtable)
    );
    drop(value);
    assert_eq!((keyspace.weight(), keyspace.stats()), (before, stats));
    assert!(!keyspace.has_changes() && keyspace.next_expiry().is_none());
    assert!(keyspace.take_garbage().is_none());
}

#[test]
fn placing_is_one_change_that_a_snapshot_does_not_see() {
    let mut keyspace = keyspace();
    keyspace.db(0).set(b"k", &[b'v'; 30_000], Some(100));
    let large = keyspace.weight();
    keyspace.observe(0, b"k", ObserverId(1));
    let snapshot = keyspace.snapshot();
    let value = hash_due_at(&mut keyspace, 5);
    keyspace.db(0).place(b"k", value, None);
    assert_eq!(keyspace.take_changes().len(), 1);
    assert_eq!(
        keyspace.next_expiry(),
        Some(6),
        "the deadline is that of the field"
    );
    assert_eq!(keyspace.db(0).volatile_len(), 0);
    let mut walk = snapshot.into_walk();
    let seen = walk.next().expect("the key was there").value;
    assert_eq!((seen.kind(), seen.deadline()), (Kind::String, Some(100)));
    drop(walk);
    while keyspace.housekeep(100) {}
    assert!(keyspace.weight() < large - 29_000);
    assert!(
        keyspace.take_garbage().is_some(),
        "what was large is dropped elsewhere"
    );
    keyspace
        .db(0)
        .place(b"k", Detached::stream(Stream::new()), None);
    assert_eq!(keyspace.db(0).kind(b"k"), Some(Kind::Stream));
    assert_eq!(
        (keyspace.db(0).volatile_hashes(), keyspace.next_expiry()),
        (0, None)
    );
}
