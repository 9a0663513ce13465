//! Lists: what commands count, tell and record, and what they wait for.

use russet_resp::Protocol;

use crate::world::{World, check_effects};

#[test]
fn pushes_and_changes_count_elements_and_tell_of_their_keys() {
    check_effects(&[
        ("RPUSH l a b c d e", "5 | new l, rpush l | verbatim"),
        ("LPUSH l x", "1 | lpush l | verbatim"),
        ("LPUSHX l y z", "2 | lpush l | verbatim"),
        ("RPUSHX none y", "0 |  | "),
        ("LSET l 0 q", "1 | lset l | verbatim"),
        ("LTRIM l 0 5", "2 | ltrim l | verbatim"),
        ("LTRIM l 0 100", "0 | ltrim l | "),
        ("LREM l 1 a", "1 | lrem l | verbatim"),
        ("LREM l 1 none", "0 |  | "),
        ("LINSERT l BEFORE b n", "1 | linsert l | verbatim"),
        ("LINSERT l BEFORE none n", "0 |  | "),
        ("LTRIM l 5 4", "6 | ltrim l, del l | verbatim"),
        ("RPUSH l a a", "2 | new l, rpush l | verbatim"),
        ("LREM l 0 a", "2 | lrem l, del l | verbatim"),
        ("LTRIM l 0 1", "0 |  | "),
        ("LREM l 0 a", "0 |  | "),
        ("LINSERT l BEFORE a b", "0 |  | "),
    ]);
}

#[test]
fn reads_tell_of_misses() {
    check_effects(&[
        ("LINDEX l 0", "0 | keymiss l | "),
        ("LLEN l", "0 | keymiss l | "),
        ("LRANGE l 0 1", "0 | keymiss l | "),
        ("LPOS l a", "0 | keymiss l | "),
        ("LPOS l a COUNT 0", "0 | keymiss l | "),
        ("RPUSH l a", "1 | new l, rpush l | verbatim"),
        ("LINDEX l 5", "0 |  | "),
        ("LRANGE l 5 6", "0 |  | "),
    ]);
}

#[test]
fn pops_are_recorded_as_pops_of_one_key() {
    check_effects(&[
        ("RPUSH l a b c d e f", "6 | new l, rpush l | verbatim"),
        ("LPOP l", "1 | lpop l | verbatim"),
        ("RPOP l 2", "2 | rpop l | verbatim"),
        ("LPOP l 0", "0 |  | "),
        ("LPOP none", "0 |  | "),
        ("LMPOP 2 none l RIGHT", "1 | rpop l | RPOP l 1"),
        ("LMPOP 1 l LEFT COUNT 9", "2 | lpop l, del l | LPOP l 2"),
        ("LMPOP 1 l LEFT", "0 |  | "),
        ("RPUSH l a b c", "3 | new l, rpush l | verbatim"),
        ("BLPOP none l 0", "1 | lpop l | LPOP l"),
        ("BRPOP l 0", "1 | rpop l | RPOP l"),
        ("BLMPOP 0 1 l LEFT COUNT 5", "1 | lpop l, del l | LPOP l 1"),
        ("BLPOP l 0", "0 |  | "),
    ]);
}

#[test]
fn moves_tell_of_the_destination_first() {
    check_effects(&[
        ("RPUSH l a b c", "3 | new l, rpush l | verbatim"),
        ("LMOVE l l LEFT RIGHT", "1 | rpush l, lpop l | verbatim"),
        (
            "LMOVE l d LEFT LEFT",
            "1 | new d, lpush d, lpop l | verbatim",
        ),
        ("RPOPLPUSH l d", "1 | lpush d, rpop l | verbatim"),
        (
            "BLMOVE l d left right 0",
            "1 | rpush d, lpop l, del l | LMOVE l d left right",
        ),
        ("LMOVE l d LEFT LEFT", "0 |  | "),
        (
            "BRPOPLPUSH d e 0",
            "1 | new e, lpush e, rpop d | RPOPLPUSH d e",
        ),
        ("RPOPLPUSH e e", "1 | lpush e, rpop e | verbatim"),
        (
            "LMOVEM d e LEFT LEFT COUNT 9 OBO",
            "2 | lpush e, lpop d, del d | verbatim",
        ),
        (
            "BLMOVEM e d LEFT RIGHT 0 COUNT 2 BULK",
            "2 | new d, rpush d, lpop e | LMOVEM e d LEFT RIGHT EXACTLY 2 BULK",
        ),
        ("LMOVEM e d LEFT RIGHT EXACTLY 2 BULK", "0 |  | "),
    ]);
}

#[test]
fn a_list_that_rotates_keeps_its_deadline() {
    for request in [
        "LMOVE l l LEFT RIGHT",
        "RPOPLPUSH l l",
        "LMOVE l l LEFT LEFT",
        "LMOVEM l l LEFT RIGHT COUNT 5 BULK",
    ] {
        for elements in ["a", "a b c"] {
            let mut world = World::new(Protocol::Resp3);
            world.run(&format!("RPUSH l {elements}"));
            world.run("EXPIRE l 100");
            world.run(request);
            assert_eq!(world.run("TTL l"), ":100", "{request} of {elements}");
        }
    }
}

#[test]
fn commands_wait_for_lists_only_where_they_may() {
    let mut world = World::new(Protocol::Resp2);
    let cases = [
        ("BLPOP k l 0", "1..3", "*-1"),
        ("BRPOP k 0", "1..2", "*-1"),
        ("BLMPOP 0 2 k l LEFT", "3..5", "*-1"),
        ("BLMOVE k l LEFT LEFT 0", "1..2", "$-1"),
        ("BRPOPLPUSH k l 0", "1..2", "$-1"),
        ("BLMOVEM k l LEFT LEFT 0", "1..2", "*-1"),
    ];
    for (request, keys, nothing) in cases {
        world.may_block = true;
        let waits = world.run(request);
        assert!(
            waits.contains(&format!("keys: {keys}, kind: List, deadline: None")),
            "{request}: {waits}"
        );
        world.may_block = false;
        assert_eq!(world.run(request), nothing, "{request}");
    }
    world.may_block = true;
    assert!(world.run("BLPOP k 1.5").contains("Some(1700000001500)"));
    world.run("RPUSH k a b");
    assert!(
        world
            .run("BLMOVEM k l LEFT LEFT 0 EXACTLY 3 OBO")
            .contains("keys: 1..2"),
        "two elements are not three"
    );
    assert_eq!(
        world.run("BLMOVEM k l LEFT LEFT 0 EXACTLY 2 OBO"),
        "*2 $1 b $1 a"
    );
}
