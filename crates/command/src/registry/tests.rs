//! Looking names up, and what is derived from rows.

use super::*;
use crate::family::FAMILIES;
use crate::row::{Arity, KeySpec};

fn nothing() {}

type TestRow = Row<fn()>;

const SUBCOMMANDS: &[TestRow] = &[
    TestRow::control("GET", Arity::Exactly(2), nothing),
    TestRow::control("REWRITE-EVERYTHING", Arity::Exactly(2), nothing),
];

const FAMILY: Family<fn()> = Family {
    group: Group::Server,
    rows: &[
        TestRow::container("CONFIG", SUBCOMMANDS),
        TestRow::read("GEORADIUSBYMEMBER", Arity::Exactly(2), nothing),
        TestRow::read("GEORADIUSBYMEMBER_RO", Arity::Exactly(2), nothing),
        TestRow::read("GET", Arity::Exactly(2), nothing),
        TestRow::read("GETRANGE", Arity::Exactly(2), nothing),
        TestRow::read("GETRANGEX", Arity::Exactly(2), nothing),
        TestRow::read("RESTORE-ASKING", Arity::Exactly(2), nothing),
        TestRow::read("SORT", Arity::Exactly(2), nothing),
        TestRow::read("SORT_RO", Arity::Exactly(2), nothing),
    ],
};

fn registry() -> Registry<fn()> {
    const FAMILIES: &[Family<fn()>] = &[FAMILY];
    Registry::new().with(FAMILIES, |run| run)
}

fn name_of(registry: &Registry<fn()>, id: Option<CommandId>) -> Option<&str> {
    id.map(|id| &*registry.get(id).full_name)
}

#[test]
fn names_are_found_in_any_case_and_nothing_else_is() {
    let registry = registry();
    let cases: &[(&[u8], Option<&str>)] = &[
        (b"GET", Some("get")),
        (b"gEt", Some("get")),
        (b"getrange", Some("getrange")),
        (b"GETRANGEx", Some("getrangex")),
        (b"GETRANGEy", None),
        (b"GETRANGEXX", None),
        (b"georadiusbymember", Some("georadiusbymember")),
        (b"GEORADIUSBYMEMBER_ro", Some("georadiusbymember_ro")),
        (b"GEORADIUSBYMEMBER-RO", None),
        (b"restore-asking", Some("restore-asking")),
        (b"SORT_RO", Some("sort_ro")),
        (b"SORT\x7fRO", None),
        (b"SORT?RO", None),
        (b"GET\0", None),
        (b"GET ", None),
        (b"GE", None),
        (b"", None),
        (b"\0\0\0\0\0\0\0\0", None),
        (b"\xc7ET", None),
        (b"gEt|", None),
        (b"REWRITE-EVERYTHING", None),
        (b"config", Some("config")),
    ];
    for (name, expected) in cases {
        let found = registry.find(name);
        assert_eq!(
            name_of(&registry, found),
            *expected,
            "{}",
            name.escape_ascii()
        );
    }
}

#[test]
fn subcommands_are_found_within_their_container_only() {
    let registry = registry();
    let config = registry.find(b"CONFIG").unwrap();
    let find = |name: &[u8]| name_of(&registry, registry.find_sub(config, name));
    assert_eq!(find(b"get"), Some("config|get"));
    assert_eq!(
        find(b"Rewrite-Everything"),
        Some("config|rewrite-everything")
    );
    assert_eq!(find(b"sort"), None);
    assert_eq!(find(b""), None);
    let full = |name: &[u8]| name_of(&registry, registry.find_full(name));
    assert_eq!(full(b"CONFIG|GET"), Some("config|get"));
    assert_eq!(full(b"get"), Some("get"));
    assert_eq!(full(b"get|key"), None);
    assert_eq!(full(b"config|get|key"), None);
    assert_eq!(full(b"config|"), None);
    assert_eq!(full(b"|get"), None);
}

#[test]
fn requests_name_a_command_or_a_subcommand() {
    let registry = registry();
    let resolve = |words: &[&str]| {
        let request: russet_resp::ArgBuf = words.iter().collect();
        name_of(&registry, registry.resolve(request.args())).map(str::to_owned)
    };
    assert_eq!(resolve(&["get", "config"]).as_deref(), Some("get"));
    assert_eq!(resolve(&["config"]).as_deref(), Some("config"));
    assert_eq!(resolve(&["config", "GET"]).as_deref(), Some("config|get"));
    assert_eq!(resolve(&["config", "nothing"]), None);
    assert_eq!(resolve(&[]), None);
}

#[test]
fn only_the_case_of_letters_is_not_compared() {
    let word = u64::from_le_bytes(*b"AZ[@_-09");
    let expected = [0xdf, 0xdf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(compared(word).to_le_bytes(), expected);
}

#[test]
fn the_first_bytes_of_a_name_stand_in_order() {
    let name = *b"abcdefghij";
    for len in 0..=name.len() {
        let mut expected = [0; 8];
        let shown = len.min(8);
        expected[..shown].copy_from_slice(&name[..shown]);
        assert_eq!(first_bytes(&name[..len]).to_le_bytes(), expected);
    }
}

#[test]
fn every_data_command_is_found_by_its_name() {
    let registry: Registry<()> = Registry::new().with(FAMILIES, |_| ());
    assert!(registry.len() > registry.top_level().count());
    for command in registry.iter() {
        assert_eq!(
            registry.find_full(command.full_name.as_bytes()),
            Some(command.id)
        );
        let upper = command.full_name.to_ascii_uppercase();
        assert_eq!(registry.find_full(upper.as_bytes()), Some(command.id));
    }
}

#[test]
#[should_panic(expected = "is there twice")]
fn two_commands_of_one_name_are_refused() {
    const FAMILIES: &[Family<fn()>] = &[FAMILY, FAMILY];
    let _ = Registry::new().with(FAMILIES, |run| run);
}

#[test]
fn legacy_positions_follow_from_the_specs() {
    const RO: KeyFlags = KeyFlags::RO;
    /// Specs, legacy positions, whether keys are movable.
    type Case = (&'static [KeySpec], (i64, i64, i64), bool);
    const CASES: &[Case] = &[
        (&[], (0, 0, 0), false),
        (&[KeySpec::one(1, RO)], (1, 1, 1), false),
        (&[KeySpec::range(1, -1, 2, RO)], (1, -1, 2), false),
        (&[KeySpec::range(1, 1, 1, RO)], (1, 2, 1), false),
        (
            &[KeySpec::one(1, RO), KeySpec::one(2, RO)],
            (1, 2, 1),
            false,
        ),
        (
            &[KeySpec::one(1, RO), KeySpec::range(2, -1, 1, RO)],
            (1, -1, 1),
            false,
        ),
        (
            &[KeySpec::one(1, RO), KeySpec::counted(2, RO)],
            (1, 1, 1),
            true,
        ),
        (&[KeySpec::counted(2, RO)], (0, 0, 0), true),
    ];
    for (keys, (first, last, step), movable) in CASES {
        let mut row = TestRow::read("X", Arity::AtLeast(1), nothing);
        row.spec.keys = keys;
        let expected = LegacyKeys {
            first: *first,
            last: *last,
            step: *step,
        };
        assert_eq!(legacy_keys(&row.spec), expected, "{keys:?}");
        assert_eq!(movable_keys(&row.spec), *movable, "{keys:?}");
    }
}

#[test]
fn categories_come_from_group_and_flags() {
    let cases: &[(Group, Flags, bool, &str)] = &[
        (
            Group::String,
            Flags::WRITE.with(Flags::FAST),
            false,
            "write string fast",
        ),
        (
            Group::Generic,
            Flags::READONLY.with(Flags::DANGEROUS),
            false,
            "keyspace read slow dangerous",
        ),
        (Group::Generic, Flags::NONE, true, "slow"),
        (
            Group::Generic,
            Flags::BLOCKING.with(Flags::CONNECTION),
            false,
            "slow blocking connection",
        ),
        (Group::Server, Flags::ADMIN, false, "admin slow dangerous"),
        (Group::Server, Flags::CONNECTION, false, "slow connection"),
        (Group::Scripting, Flags::READONLY, false, "slow scripting"),
        (
            Group::PubSub,
            Flags::PUBSUB.with(Flags::FAST),
            false,
            "pubsub fast",
        ),
    ];
    for (group, flags, container, expected) in cases {
        let mut row = TestRow::control("X", Arity::AtLeast(1), nothing);
        row.spec.flags = *flags;
        let found = categories(*group, &row.spec, *container);
        assert_eq!(found.names().collect::<Vec<_>>().join(" "), *expected);
    }
    assert_eq!(
        Categories::by_name(b"SortedSet"),
        Some(Categories::SORTED_SET)
    );
    assert_eq!(Categories::by_name(b"all"), None);
}

#[test]
fn a_command_may_have_another_name_or_none() {
    let mut registry = Registry::new().with(FAMILIES, |run| run);
    let get = registry.find(b"get").expect("it is there");
    let count = registry.top_level().count();
    assert_eq!(registry.rename(b"get", b"\0\0"), Ok(()));
    assert_eq!(
        (registry.find(b"GET"), registry.find(b"\0\0")),
        (None, Some(get))
    );
    assert_eq!(registry.rename(b"\0\0", b"a-rather-long-name"), Ok(()));
    assert_eq!(registry.find(b"A-Rather-Long-Name"), Some(get));
    assert_eq!(registry.find(b"a-rather-long-nama"), None);
    assert_eq!(
        registry.rename(b"set", b"A-RATHER-LONG-NAME"),
        Err(RenameError::Taken)
    );
    assert_eq!(registry.rename(b"set", b"set"), Ok(()));
    assert_eq!(registry.top_level().count(), count);
    assert_eq!(registry.rename(b"object", b""), Ok(()));
    assert_eq!(registry.rename(b"object", b"x"), Err(RenameError::Unknown));
    assert_eq!(registry.find_full(b"object|freq"), None);
    assert_eq!(registry.top_level().count(), count - 1);
    assert!(
        registry
            .available()
            .all(|command| !command.full_name.starts_with("object"))
    );
}

#[test]
fn what_a_request_will_look_for_is_known_from_its_row() {
    let registry = Registry::new().with(FAMILIES, |run| run);
    let cases: &[(&str, usize, u8, Option<usize>)] = &[
        ("GET", 2, 1, None),
        ("SADD", 2, 1, None),
        ("SADD", 3, 1, Some(2)),
        ("HSET", 4, 1, Some(2)),
        ("ZSCORE", 3, 1, Some(2)),
        ("ZSCORE", 4, 1, None),
        ("ZREM", 3, 1, Some(2)),
        ("ZADD", 4, 1, Some(3)),
        ("ZADD", 5, 1, None),
        ("ZPOPMIN", 2, 1, None),
        ("RANDOMKEY", 1, 0, None),
    ];
    for &(name, args, key, member) in cases {
        let id = registry.find(name.as_bytes()).expect("it is there");
        let ahead = registry.ahead(id);
        assert_eq!(
            (ahead.key, ahead.member(args)),
            (key, member),
            "{name} {args}"
        );
    }
}

#[test]
fn brief_commands_are_fast_or_write_one_string_and_never_wait() {
    let registry = Registry::new().with(FAMILIES, |run| run);
    let is_brief = |name: &str| {
        let id = registry.find(name.as_bytes()).expect("it exists");
        registry.get(id).is_brief
    };
    for name in ["GET", "SET", "SETEX", "INCR", "HGET", "ZADD"] {
        assert!(is_brief(name), "{name}");
    }
    for name in [
        "BLPOP", "BZPOPMIN", "LRANGE", "DEL", "MSET", "GETRANGE", "LMOVE",
    ] {
        assert!(!is_brief(name), "{name}");
    }
}
