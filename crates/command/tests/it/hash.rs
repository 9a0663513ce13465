//! Effects of commands of hashes, and their answers about fields that are due.

use russet_engine::EventKind;
use russet_resp::Protocol;

use crate::world::{BEGINNING, World, check_effects};

#[test]
fn fields_that_change_are_counted_and_told() {
    check_effects(&[
        ("HSET h a 1 b 2", "2 | new h, hset h | verbatim"),
        ("HSET h a 1 a 2 c 3", "3 | hset h | verbatim"),
        ("HMSET h a 1 x 1", "2 | hset h | verbatim"),
        ("HSETNX h a 1", "0 |  | "),
        ("HSETNX h n 1", "1 | hset h | verbatim"),
        ("HSETNX i n 1", "1 | new i, hset i | verbatim"),
        ("HDEL h nof", "0 |  | "),
        ("HDEL h n nof x n", "2 | hdel h | verbatim"),
        ("HDEL i n", "1 | hdel i, del i | verbatim"),
        ("HDEL i n", "0 |  | "),
        ("HINCRBY h a 5", "1 | hincrby h | verbatim"),
        ("HINCRBY i a 5", "1 | new i, hincrby i | verbatim"),
        ("HINCRBYFLOAT h a 0.5", "1 | hincrbyfloat h | HSET h a 6.5"),
        (
            "HINCRBYFLOAT j a 1",
            "1 | new j, hincrbyfloat j | HSET j a 1",
        ),
        (
            "HEXPIREAT j 1800000000 FIELDS 1 a",
            "1 | hexpire j | HPEXPIREAT j 1800000000000 FIELDS 1 a",
        ),
        (
            "HINCRBYFLOAT j a 1",
            "1 | hincrbyfloat j | HSETEX j KEEPTTL FIELDS 1 a 2",
        ),
        ("HGET nokey a", "0 | keymiss nokey | "),
        ("HMGET nokey a b", "0 | keymiss nokey | "),
        ("HGETALL nokey", "0 | keymiss nokey | "),
        ("HRANDFIELD nokey", "0 | keymiss nokey | "),
        ("HSCAN nokey 0", "0 | keymiss nokey | "),
        ("HTTL nokey FIELDS 1 a", "0 | keymiss nokey | "),
    ]);
}

#[test]
fn deadlines_are_recorded_as_moments_of_the_fields_that_got_them() {
    check_effects(&[
        ("HSET h a 1 b 2 c 3", "3 | new h, hset h | verbatim"),
        (
            "HEXPIRE h 100 FIELDS 1 a",
            "1 | hexpire h | HPEXPIREAT h 1700000100000 FIELDS 1 a",
        ),
        (
            "HEXPIRE h 100 nx fields 2 a b",
            "1 | hexpire h | HPEXPIREAT h 1700000100000 nx fields 1 b",
        ),
        ("HEXPIRE h 100 XX FIELDS 1 c", "0 |  | "),
        (
            "HEXPIREAT h 5000000000 FIELDS 2 a nof",
            "1 | hexpire h | HPEXPIREAT h 5000000000000 FIELDS 1 a",
        ),
        (
            "HPEXPIREAT h 5000000000000 FIELDS 1 a",
            "1 | hexpire h | verbatim",
        ),
        (
            "HPEXPIREAT h 5000000000001 GT FIELDS 2 a b",
            "2 | hexpire h | verbatim",
        ),
        ("HPERSIST h FIELDS 1 c", "0 |  | "),
        (
            "HPERSIST h FIELDS 2 a c",
            "1 | hpersist h | HPERSIST h FIELDS 1 a",
        ),
        ("HEXPIRE h 0 FIELDS 2 a nof", "1 | hdel h | HDEL h a"),
        (
            "HPEXPIREAT h 5 FIELDS 2 b c",
            "2 | hdel h, del h | HDEL h b; HDEL h c",
        ),
    ]);
}

#[test]
fn reading_with_a_change_logs_the_change() {
    check_effects(&[
        ("HSET h a 1 b 2 c 3", "3 | new h, hset h | verbatim"),
        ("HGETDEL h FIELDS 2 a nof", "1 | hdel h | HDEL h a nof"),
        ("HGETDEL h FIELDS 1 nof", "0 |  | "),
        ("HGETDEL h FIELDS 2 b c", "2 | hdel h, del h | HDEL h b c"),
        ("HSET h a 1 b 2 c 3", "3 | new h, hset h | verbatim"),
        ("HGETEX h FIELDS 1 a", "0 |  | "),
        ("HGETEX h PERSIST FIELDS 1 a", "0 |  | "),
        (
            "HGETEX h EX 100 FIELDS 2 a nof",
            "1 | hexpire h | HPEXPIREAT h 1700000100000 FIELDS 2 a nof",
        ),
        ("HGETEX h EX 100 FIELDS 1 nof", "0 |  | "),
        (
            "HGETEX h PXAT 5000000000000 FIELDS 2 a b",
            "2 | hexpire h | HPEXPIREAT h 5000000000000 FIELDS 2 a b",
        ),
        (
            "HGETEX h PERSIST FIELDS 3 a b c",
            "2 | hpersist h | HPERSIST h FIELDS 3 a b c",
        ),
        ("HGETEX h EX 0 FIELDS 2 a nof", "1 | hdel h | HDEL h a"),
        (
            "HGETEX h EXAT 1 FIELDS 2 b c",
            "2 | hdel h, del h | HDEL h b; HDEL h c",
        ),
    ]);
}

#[test]
fn setting_with_a_deadline_logs_the_moment() {
    check_effects(&[
        ("HSETEX h FIELDS 2 a 1 b 2", "2 | new h, hset h | verbatim"),
        ("HSETEX h FNX FIELDS 1 a 1", "0 |  | "),
        (
            "HSETEX h EX 100 FIELDS 1 a 1",
            "1 | hset h, hexpire h | HSETEX h PXAT 1700000100000 FIELDS 1 a 1",
        ),
        (
            "HSETEX h FXX EXAT 5000000000 FIELDS 1 a 1",
            "1 | hset h, hexpire h | HSETEX h FXX PXAT 5000000000000 FIELDS 1 a 1",
        ),
        (
            "HSETEX h PXAT 5000000000000 FNX FIELDS 1 z 1",
            "1 | hset h, hexpire h | verbatim",
        ),
        ("HSETEX h KEEPTTL FIELDS 1 a 1", "1 | hset h | verbatim"),
        (
            "HSETEX h EXAT 1 FIELDS 2 a 1 a 2",
            "2 | hset h, hdel h | HDEL h a; HDEL h a",
        ),
        (
            "HSETEX h EXAT 1 FIELDS 2 b 1 z 2",
            "2 | hset h, hdel h, del h | HDEL h b; HDEL h z",
        ),
    ]);
}

/// A world with a hash `h` of fields `a`, `b` and `c`, of which `a` and `b` are due but stored.
fn overdue(protocol: Protocol) -> World {
    let mut world = World::new(protocol);
    world.keyspace.record_events(true);
    world.run("HSET h a 1 b 2 c 3");
    world.run("HPEXPIRE h 10 FIELDS 2 a b");
    world.keyspace.freeze(BEGINNING + 11);
    world
}

#[test]
fn a_field_that_is_due_is_absent_and_goes_when_it_is_named() {
    for (request, reply, left) in [
        ("HGET h a", "$-1", 2),
        ("HEXISTS h a", ":0", 2),
        ("HSTRLEN h a", ":0", 2),
        ("HMGET h a b c", "*3 $-1 $-1 $1 3", 1),
        ("HGETALL h", "*2 $1 c $1 3", 3),
        ("HKEYS h", "*1 $1 c", 3),
        ("HVALS h", "*1 $1 3", 3),
        ("HSCAN h 0", "*2 $1 0 *2 $1 c $1 3", 3),
        ("HTTL h FIELDS 2 a c", "*2 :-2 :-1", 3),
        ("HPERSIST h FIELDS 2 a c", "*2 :-2 :-1", 3),
        ("HPEXPIRE h 10 FIELDS 1 a", "*1 :-2", 3),
        ("HSET h a 9", ":1", 3),
        ("HSETNX h a 9", ":1", 3),
        ("HINCRBY h a 9", ":9", 3),
        ("HINCRBYFLOAT h a 9", "$1 9", 3),
        ("HRANDFIELD h 5", "*1 $1 c", 1),
        ("HGETDEL h FIELDS 2 a c", "*2 $-1 $1 3", 1),
        ("HGETEX h EX 10 FIELDS 2 a c", "*2 $-1 $1 3", 2),
        ("HSETEX h FXX FIELDS 1 a 1", ":0", 2),
        ("HSETEX h FNX FIELDS 1 a 1", ":1", 3),
    ] {
        for packed in [0, 512] {
            let mut world = overdue(Protocol::Resp2);
            if packed == 0 {
                let mut packing = world.keyspace.packing();
                packing.hash_entries_max = 0;
                world.keyspace.set_packing(packing);
                world.run("HSET h c 3");
            }
            assert_eq!(world.run(request), reply, "{request}");
            assert_eq!(world.run("HLEN h"), format!(":{left}"), "{request}");
        }
    }
}

#[test]
fn the_last_field_that_goes_takes_the_key_with_it() {
    let mut world = overdue(Protocol::Resp2);
    world.run("HDEL h c");
    assert_eq!(world.run("HMGET h a b"), "*2 $-1 $-1");
    assert!(!world.keyspace.db(0).contains(b"h"));
    let kinds: Vec<_> = world
        .keyspace
        .take_events()
        .into_iter()
        .map(|e| e.kind)
        .collect();
    let expired = |field: &[u8]| EventKind::FieldExpired(field.into());
    assert_eq!(kinds, [expired(b"a"), expired(b"b"), EventKind::Emptied]);
}
