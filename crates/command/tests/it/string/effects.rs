//! Changes counted, events, and what goes to the journal.

use russet_resp::{ArgBuf, Protocol};

use crate::recorded::rewritten;
use crate::world::{World, check_effects};

#[test]
fn set_and_its_kin_record_moments_and_never_durations() {
    check_effects(&[
        ("SET k v", "1 | new k, set k | verbatim"),
        (
            "SET k v EX 10",
            "1 | set k, expire k | SET k v PXAT 1700000010000",
        ),
        (
            "SET k v PX 10 XX",
            "1 | set k, expire k | SET k v PXAT 1700000000010",
        ),
        (
            "SET k v EXAT 1800000000",
            "1 | set k, expire k | SET k v PXAT 1800000000000",
        ),
        ("SET k v KEEPTTL", "1 | set k | verbatim"),
        ("SET k v NX", "0 |  | "),
        ("SET k w GET", "1 | set k | SET k w"),
        ("SET k w GET XX get", "1 | set k | SET k w XX"),
        ("SET k get IFEQ w GET", "1 | set k | SET k get IFEQ w"),
        ("SET k v IFEQ get GET", "1 | set k | SET k v IFEQ get"),
        ("SET k w NX GET", "0 |  | "),
        ("SET new v XX GET", "0 | keymiss new | "),
        (
            "SET k v GET EX 10",
            "1 | set k, expire k | SET k v PXAT 1700000010000",
        ),
        ("SET k v EXAT 1", "1 | set k, expire k | SET k v PXAT 1000"),
        (
            "SETEX k 10 v",
            "1 | new k, set k, expire k | SET k v PXAT 1700000010000",
        ),
        (
            "PSETEX k 10 v",
            "1 | set k, expire k | SET k v PXAT 1700000000010",
        ),
        ("SETNX k v", "0 |  | "),
        ("SETNX l v", "1 | new l, set l | verbatim"),
        ("GETSET l w", "1 | set l | SET l w"),
        ("GETSET m w", "1 | keymiss m, new m, set m | SET m w"),
    ]);
}

#[test]
fn reads_tell_of_misses_and_record_only_what_they_change() {
    check_effects(&[
        ("GET k", "0 | keymiss k | "),
        ("STRLEN k", "0 | keymiss k | "),
        ("GETRANGE k 0 1", "0 | keymiss k | "),
        ("DIGEST k", "0 | keymiss k | "),
        ("LCS k l", "0 | keymiss k, keymiss l | "),
        ("MGET k l", "0 | keymiss k, keymiss l | "),
        ("GETDEL k", "0 | keymiss k | "),
        ("GETEX k EX 10", "0 | keymiss k | "),
        ("SET k v", "1 | new k, set k | verbatim"),
        ("GET k", "0 |  | "),
        ("GETEX k", "0 |  | "),
        ("GETEX k PERSIST", "0 |  | "),
        ("GETEX k EX 10", "1 | expire k | PEXPIREAT k 1700000010000"),
        ("GETEX k PERSIST", "1 | persist k | PERSIST k"),
        ("GETEX k PXAT 1", "1 | del k | DEL k"),
        ("SET k v", "1 | new k, set k | verbatim"),
        ("GETDEL k", "1 | del k | DEL k"),
    ]);
}

#[test]
fn counters_and_parts_tell_what_they_did() {
    check_effects(&[
        ("INCR n", "1 | new n, incrby n | verbatim"),
        ("INCRBY n 0", "1 | incrby n | verbatim"),
        ("DECRBY n 3", "1 | incrby n | verbatim"),
        (
            "INCRBYFLOAT n 0.5",
            "1 | incrbyfloat n | SET n -1.5 KEEPTTL",
        ),
        (
            "INCRBYFLOAT f 1.50",
            "1 | new f, incrbyfloat f | SET f 1.5 KEEPTTL",
        ),
        ("APPEND a ''", "1 | new a, append a | verbatim"),
        ("APPEND a ''", "1 | append a | verbatim"),
        ("SETRANGE a 0 ''", "0 |  | "),
        ("SETRANGE a 1 x", "1 | setrange a | verbatim"),
        ("SETRANGE b 1 ''", "0 |  | "),
        ("SETRANGE b 1 x", "1 | new b, setrange b | verbatim"),
    ]);
}

#[test]
fn several_keys_count_each_pair() {
    check_effects(&[
        (
            "MSET a 1 b 2 a 3",
            "3 | new a, set a, new b, set b, set a | verbatim",
        ),
        ("MSETNX a 1 c 2", "0 |  | "),
        ("MSETNX c 1 c 2", "2 | new c, set c, set c | verbatim"),
        ("MSETEX 1 a 1", "1 | set a | verbatim"),
        ("MSETEX 1 a 1 XX KEEPTTL", "1 | set a | verbatim"),
        (
            "MSETEX 2 a 1 b 2 EX 10 XX",
            "2 | set a, expire a, set b, expire b | MSETEX 2 a 1 b 2 XX PXAT 1700000010000",
        ),
        ("MSETEX 1 a 1 NX EX 10", "0 |  | "),
    ]);
}

#[test]
fn removals_by_content_are_recorded_as_plain_removals() {
    check_effects(&[
        (
            "MSET a 1 b 2 c 3",
            "3 | new a, set a, new b, set b, new c, set c | verbatim",
        ),
        ("DELIFEQ a 2", "0 |  | "),
        ("DELIFEQ a 1", "1 | del a | DEL a"),
        ("DELEX b IFNE 2", "0 |  | "),
        ("DELEX b IFEQ 2", "1 | del b | DEL b"),
        ("DELEX c", "1 | del c | DEL c"),
        ("DELEX c", "0 |  | "),
    ]);
}

#[test]
fn bounded_increments_are_recorded_as_their_result() {
    check_effects(&[
        ("INCREX n BYINT 7", "1 | new n, incrby n | SET n 7 KEEPTTL"),
        (
            "INCREX n BYFLOAT 0.5",
            "1 | incrbyfloat n | SET n 7.5 KEEPTTL",
        ),
        (
            "INCREX n BYFLOAT 9 UBOUND 8 SATURATE",
            "1 | incrbyfloat n | SET n 8 KEEPTTL",
        ),
        (
            "INCREX n EX 100",
            "1 | incrby n, expire n | SET n 9 PXAT 1700000100000",
        ),
        ("INCREX n EX 10 ENX", "1 | incrby n | SET n 10 KEEPTTL"),
        ("INCREX n PERSIST", "1 | incrby n, persist n | SET n 11"),
        ("INCREX n UBOUND 11", "0 |  | "),
        ("INCREX n EXAT 1", "1 | del n | DEL n"),
        ("INCREX n EXAT 1", "0 |  | "),
    ]);
}

#[test]
fn a_large_value_is_recorded_whole() {
    let mut world = World::new(Protocol::Resp2);
    let value = bytes::Bytes::from(vec![b'x'; 64 << 10]);
    let mut request = ArgBuf::from_slices(&[b"SET", b"k"]);
    request.push_shared(value.clone());
    request.push(b"EX");
    request.push(b"10");
    assert_eq!(world.run_args(request.args()), b"+OK\r\n");
    let recorded = rewritten(&world.effects);
    assert_eq!(recorded.len(), 1, "a deadline is recorded as a moment");
    assert_eq!(&recorded[0].args()[2], &value[..]);
    assert_eq!(world.run("STRLEN k"), ":65536");
    assert_eq!(
        world.run("GETRANGE k 1 30000").len(),
        "$30000 ".len() + 30000
    );
}

#[test]
fn nothing_is_recorded_for_nobody() {
    let mut world = World::new(Protocol::Resp2);
    world.effects.recording = false;
    world.effects.wanted = 0;
    for line in [
        "SET k v EX 10",
        "SET k v GET",
        "GETEX k PX 10",
        "INCREX n EX 10",
        "GETDEL k",
    ] {
        world.run(line);
        assert_eq!(world.effects(), "1 |  | verbatim", "{line}");
    }
}
