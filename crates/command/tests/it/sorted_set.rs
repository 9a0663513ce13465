//! Sorted sets and positions: what commands count, tell and record, and what they wait for.

use russet_resp::Protocol;

use crate::world::{World, check_effects};

#[test]
fn changes_of_members_are_counted_and_told() {
    check_effects(&[
        ("ZADD z 1 a 2 b 3 c", "3 | new z, zadd z | verbatim"),
        ("ZADD z 1 a", "0 |  | "),
        ("ZADD z 5 a 4 d", "2 | zadd z | verbatim"),
        ("ZADD z NX 9 a", "0 |  | "),
        ("ZADD none XX 1 a", "0 |  | "),
        ("ZADD z INCR 1 a", "1 | zincr z | verbatim"),
        ("ZINCRBY z 0 a", "0 |  | "),
        ("ZINCRBY z 2 b", "1 | zincr z | verbatim"),
        ("ZREM z a x", "1 | zrem z | verbatim"),
        ("ZREM z x", "0 |  | "),
        ("ZREMRANGEBYRANK z 0 0", "1 | zremrangebyrank z | verbatim"),
        (
            "ZREMRANGEBYSCORE z 4 4",
            "2 | zremrangebyscore z, del z | verbatim",
        ),
        ("ZADD z 0 a 0 b", "2 | new z, zadd z | verbatim"),
        ("ZREMRANGEBYLEX z [a [a", "1 | zremrangebylex z | verbatim"),
        ("ZREMRANGEBYLEX z [x [y", "0 |  | "),
        ("ZREM z b", "1 | zrem z, del z | verbatim"),
    ]);
}

#[test]
fn results_are_stored_as_one_change() {
    check_effects(&[
        ("ZADD z 1 a 2 b", "2 | new z, zadd z | verbatim"),
        (
            "ZRANGESTORE d z 0 -1",
            "1 | new d, zrangestore d | verbatim",
        ),
        ("ZRANGESTORE d z 0 0", "1 | zrangestore d | verbatim"),
        ("ZRANGESTORE d z 5 9", "1 | del d | verbatim"),
        ("ZRANGESTORE d none 0 1", "0 | keymiss none | "),
        ("ZUNIONSTORE d 1 z", "1 | new d, zunionstore d | verbatim"),
        (
            "ZINTERSTORE d 2 z none",
            "1 | keymiss none, del d | verbatim",
        ),
        ("ZINTERSTORE d 2 z none", "0 | keymiss none | "),
        ("ZDIFFSTORE d 1 z", "1 | new d, zdiffstore d | verbatim"),
        ("ZUNIONSTORE z 2 z d", "1 | zunionstore z | verbatim"),
    ]);
}

#[test]
fn pops_are_recorded_as_pops_of_one_key() {
    check_effects(&[
        (
            "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
            "6 | new z, zadd z | verbatim",
        ),
        ("ZPOPMIN z", "1 | zpopmin z | verbatim"),
        ("ZPOPMAX z 2", "2 | zpopmax z | verbatim"),
        ("ZPOPMAX z 0", "0 |  | "),
        ("ZMPOP 2 none z MAX", "1 | zpopmax z | ZPOPMAX z 1"),
        (
            "ZMPOP 1 z MIN COUNT 9",
            "2 | zpopmin z, del z | ZPOPMIN z 2",
        ),
        ("ZMPOP 1 z MIN", "0 |  | "),
        ("ZADD z 1 a 2 b 3 c", "3 | new z, zadd z | verbatim"),
        ("BZPOPMIN none z 0", "1 | zpopmin z | ZPOPMIN z"),
        ("BZPOPMAX z 0", "1 | zpopmax z | ZPOPMAX z"),
        (
            "BZMPOP 0 1 z MIN COUNT 5",
            "1 | zpopmin z, del z | ZPOPMIN z 1",
        ),
        ("BZPOPMIN z 0", "0 |  | "),
    ]);
}

#[test]
fn reads_tell_of_misses() {
    check_effects(&[
        ("ZCARD z", "0 | keymiss z | "),
        ("ZSCORE z a", "0 | keymiss z | "),
        ("ZMSCORE z a", "0 | keymiss z | "),
        ("ZRANK z a", "0 | keymiss z | "),
        ("ZCOUNT z 0 1", "0 | keymiss z | "),
        ("ZRANGE z 0 1", "0 | keymiss z | "),
        ("ZRANDMEMBER z", "0 | keymiss z | "),
        ("ZSCAN z 0", "0 | keymiss z | "),
        ("ZUNION 2 z y", "0 | keymiss z, keymiss y | "),
        ("GEOPOS z a", "0 | keymiss z | "),
        ("GEODIST z a b", "0 | keymiss z | "),
        (
            "GEOSEARCH z FROMLONLAT 1 1 BYRADIUS 1 m",
            "0 | keymiss z | ",
        ),
        ("ZADD z 1 a", "1 | new z, zadd z | verbatim"),
        ("ZSCORE z b", "0 |  | "),
    ]);
}

#[test]
fn positions_are_recorded_as_scores() {
    check_effects(&[
        (
            "GEOADD g CH 13.361389 38.115556 p",
            "1 | new g, zadd g | ZADD g CH 3479099956230698 p",
        ),
        ("GEOADD g 13.361389 38.115556 p", "0 |  | "),
        ("GEOADD g NX 1 1 p", "0 |  | "),
        (
            "GEOSEARCHSTORE d g FROMMEMBER p BYRADIUS 1 m",
            "1 | new d, geosearchstore d | verbatim",
        ),
        (
            "GEORADIUSBYMEMBER g p 1 m STOREDIST d",
            "1 | georadiusstore d | verbatim",
        ),
        ("GEORADIUS g 1 1 1 m STORE d", "1 | del d | verbatim"),
    ]);
}

#[test]
fn random_members_are_distinct_unless_they_may_repeat() {
    let mut world = World::new(Protocol::Resp2);
    for number in 0..300 {
        world.run(&format!("ZADD z {number} member:{number}"));
    }
    for count in [1, 5, 150, 299] {
        let reply = world.run(&format!("ZRANDMEMBER z {count}"));
        let mut members: Vec<&str> = reply.split(' ').filter(|w| w.starts_with('m')).collect();
        members.sort_unstable();
        members.dedup();
        assert_eq!(members.len(), count, "{reply}");
    }
    let reply = world.run("ZRANDMEMBER z -1000 WITHSCORES");
    assert!(reply.starts_with("*2000 "), "{reply}");
}
