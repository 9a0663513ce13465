//! Key specs against requests; the expectations are answers of real servers.

use russet_resp::ArgBuf;

use super::*;
use crate::row::{Arity, Channels};

const INSERT: KeyFlags = KeyFlags::RW.with(KeyFlags::INSERT);

fn spec(name: &'static str, keys: &'static [KeySpec], flags: Flags) -> Spec {
    Spec {
        name,
        arity: Arity::AtLeast(2),
        flags,
        keys,
        channels: Channels::None,
        syntax: "",
        since: "",
        complexity: "",
        summary: "",
        history: &[],
        tips: &[],
        deprecated: None,
    }
}

const fn keyword(word: &'static str, from: i8, find: Find, flags: KeyFlags) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword(word, from),
        find,
        flags,
        notes: "",
    }
}

const ONE_AFTER: Find = Find::Range {
    last: 0,
    step: 1,
    limit: 0,
};

const VAGUE: KeySpec = KeySpec {
    begin: Begin::Unknown,
    find: Find::Unknown,
    flags: READ,
    notes: "",
};

fn check(spec: &Spec, request: &str, expected: Result<&str, KeysError>) {
    let buf: ArgBuf = request
        .split(' ')
        .map(|word| if word == "''" { "" } else { word })
        .collect();
    let show = |keys: &Keys| {
        let one = |key: KeyAt| format!("{}:{}", key.position, key.flags.0);
        keys.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let found = keys_checked(spec, buf.args());
    if let Ok(keys) = &found {
        assert_eq!(keys.count(), keys.iter().count(), "{request}");
    }
    let found = found.as_ref().map(show).map_err(|error| *error);
    assert_eq!(found, expected.map(str::to_owned), "{request}");
}

#[test]
fn ranges_reach_as_far_as_their_spec_says() {
    const ALL: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::RO)];
    const PAIRS: &[KeySpec] = &[KeySpec::range(1, -1, 2, OVERWRITE)];
    const BUT_LAST: &[KeySpec] = &[KeySpec::range(1, -2, 1, READ_AND_DELETE)];
    check(
        &spec("EXISTS", ALL, Flags::NONE),
        "EXISTS a b c",
        Ok("1:1 2:1 3:1"),
    );
    check(
        &spec("MSET", PAIRS, Flags::NONE),
        "MSET a 1 b 2",
        Ok("1:36 3:36"),
    );
    check(
        &spec("MSET", PAIRS, Flags::NONE),
        "MSET a 1 b",
        Ok("1:36 3:36"),
    );
    check(
        &spec("BLPOP", BUT_LAST, Flags::NONE),
        "BLPOP a b 0",
        Ok("1:146 2:146"),
    );
    check(
        &spec("BLPOP", BUT_LAST, Flags::NONE),
        "BLPOP 0",
        Err(KeysError::Invalid),
    );
    check(
        &spec("EXISTS", ALL, Flags::NONE),
        "EXISTS",
        Err(KeysError::Arity),
    );
    check(
        &spec("PING", &[], Flags::NONE),
        "PING x",
        Err(KeysError::NoKeys),
    );
}

#[test]
fn counts_in_the_request_are_believed_as_far_as_the_request_goes() {
    const STORE: &[KeySpec] = &[KeySpec::one(1, OVERWRITE), KeySpec::counted(2, READ)];
    const SCRIPT: &[KeySpec] = &[KeySpec::counted(2, READ_AND_UPDATE)];
    let union = spec("ZUNIONSTORE", STORE, Flags::NONE);
    check(
        &union,
        "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
        Ok("1:36 3:17 4:17"),
    );
    check(&union, "ZUNIONSTORE d 3 a b", Err(KeysError::Invalid));
    check(&union, "ZUNIONSTORE d 0 a b", Err(KeysError::Invalid));
    check(&union, "ZUNIONSTORE d -1 a b", Err(KeysError::Invalid));
    check(&union, "ZUNIONSTORE d x a b", Err(KeysError::Invalid));
    check(
        &union,
        "ZUNIONSTORE d 9223372036854775807 a",
        Err(KeysError::Invalid),
    );
    check(&union, "ZUNIONSTORE d", Err(KeysError::Invalid));
    let eval = spec("EVAL", SCRIPT, Flags::NO_MANDATORY_KEYS);
    check(&eval, "EVAL s 1 k x", Ok("3:50"));
    check(&eval, "EVAL s 0 x", Ok(""));
    check(&eval, "EVAL s 7 x", Ok(""));
}

#[test]
fn keywords_are_searched_from_either_end() {
    const STREAMS: &[KeySpec] = &[keyword(
        "STREAMS",
        1,
        Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
        READ,
    )];
    const RADIUS: &[KeySpec] = &[
        KeySpec::one(1, READ),
        keyword("STORE", 6, ONE_AFTER, OVERWRITE),
    ];
    let xread = spec("XREAD", STREAMS, Flags::NONE);
    check(&xread, "XREAD COUNT 1 streams a b 0 0", Ok("4:17 5:17"));
    check(&xread, "XREAD STREAMS a b 0", Ok("2:17"));
    check(&xread, "XREAD COUNT 1 STREAMS", Err(KeysError::Invalid));
    check(&xread, "XREAD STREAMS a", Err(KeysError::Invalid));
    let georadius = spec("GEORADIUS", RADIUS, Flags::NONE);
    check(&georadius, "GEORADIUS k 1 1 1 m STORE d", Ok("1:17 7:36"));
    check(&georadius, "GEORADIUS k 1 1 STORE 1 m", Ok("1:17"));
}

#[test]
fn some_commands_say_more_in_their_arguments() {
    const SET: &[KeySpec] = &[KeySpec::one(
        1,
        READ_AND_UPDATE.with(KeyFlags::VARIABLE_FLAGS),
    )];
    const SORT: &[KeySpec] = &[KeySpec::one(1, READ), VAGUE, VAGUE];
    const MIGRATE: &[KeySpec] = &[
        KeySpec::one(3, READ_AND_DELETE),
        keyword(
            "KEYS",
            -2,
            Find::Range {
                last: -1,
                step: 1,
                limit: 0,
            },
            READ_AND_DELETE.with(KeyFlags::INCOMPLETE),
        ),
    ];
    let set = spec("SET", SET, Flags::NONE);
    check(&set, "SET k v", Ok("1:36"));
    check(&set, "SET k GET", Ok("1:36"));
    check(&set, "SET k v EX 1 get", Ok("1:50"));
    let bitfield = spec("BITFIELD", SET, Flags::NONE);
    check(&bitfield, "BITFIELD k GET u8 0 OVERFLOW WRAP", Ok("1:17"));
    check(&bitfield, "BITFIELD k GET u8 0 SET u8 0 1", Ok("1:50"));
    check(&bitfield, "BITFIELD k GET u8", Ok("1:50"));
    let sort = spec("SORT", SORT, Flags::NONE);
    check(&sort, "SORT k BY STORE STORE a STORE b", Ok("1:17 7:36"));
    check(&sort, "SORT k LIMIT 0 STORE STORE", Ok("1:17"));
    check(
        &spec("SORT_RO", SORT, Flags::NONE),
        "SORT_RO k STORE d",
        Ok("1:17"),
    );
    let migrate = spec("MIGRATE", MIGRATE, Flags::NONE);
    check(&migrate, "MIGRATE h 1 k 0 9", Ok("3:146"));
    check(
        &migrate,
        "MIGRATE h 1 '' 0 9 AUTH KEYS KEYS a b",
        Ok("9:146 10:146"),
    );
    check(&migrate, "MIGRATE h 1 '' 0 9 KEYS", Ok("3:146"));
    check(&migrate, "MIGRATE h 1 k 0 9 KEYS", Ok("3:146"));
    check(&migrate, "MIGRATE h 1 '' 0 9 COPY KEYS", Ok("3:146"));
    check(
        &migrate,
        "MIGRATE h 1 '' 0 9 AUTH KEYS KEYS",
        Err(KeysError::Invalid),
    );
    check(
        &migrate,
        "MIGRATE h 1 k 0 9 KEYS a",
        Err(KeysError::Invalid),
    );
}

#[test]
fn channels_placed_like_keys_are_no_keys() {
    const CHANNEL: &[KeySpec] = &[KeySpec::one(1, KeyFlags::NOT_KEY)];
    check(
        &spec("SPUBLISH", CHANNEL, Flags::NONE),
        "SPUBLISH c m",
        Err(KeysError::NoKeys),
    );
}

#[test]
fn insertion_is_one_of_the_flags_that_pass_through() {
    const PUSH: &[KeySpec] = &[KeySpec::one(1, INSERT)];
    check(&spec("LPUSHX", PUSH, Flags::NONE), "LPUSHX k v", Ok("1:66"));
}
