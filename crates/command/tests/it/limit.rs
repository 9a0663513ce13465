//! Replies that would be longer than a client may leave unread.

use russet_resp::Protocol;

use crate::world::World;

/// The limit of these tests, in bytes.
const LEN_MAX: usize = 100_000;

/// A world with values of each type, whose replies are limited.
fn limited(protocol: Protocol) -> World {
    let mut world = World::new(protocol);
    let text = "x".repeat(40_000);
    for n in 0..5000 {
        world.run(&format!("RPUSH l an:element:{n}"));
        world.run(&format!("SADD s a:longer:member:{n}"));
        world.run(&format!("HSET h field:{n} value:{n}"));
        world.run(&format!("ZADD z {n} member:{n}"));
        world.run(&format!("XADD x {}-1 name value", n + 1));
    }
    for key in ["one", "two", "three", "four", "{5}"] {
        world.run(&format!("SET {key} {text}"));
        world.run(&format!("RPUSH long {key}"));
    }
    world.reply_len_max = Some(LEN_MAX);
    world
}

#[test]
fn a_reply_without_end_stops_at_the_limit() {
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        let mut world = limited(protocol);
        for line in [
            "SRANDMEMBER s -1000000000",
            "HRANDFIELD h -1000000000",
            "HRANDFIELD h -1000000000 WITHVALUES",
            "ZRANDMEMBER z -1000000000",
            "ZRANDMEMBER z -1000000000 WITHSCORES",
        ] {
            let reply = world.run_words(&line.split(' ').collect::<Vec<_>>());
            assert!(world.is_over, "{line}: {} bytes", reply.len());
        }
    }
}

#[test]
fn every_long_reply_ends_at_the_limit() {
    let mut world = limited(Protocol::Resp3);
    for line in [
        "SORT l BY nosort GET # GET # GET #",
        "SORT long BY nosort GET *",
        "MGET one two three four",
        "LRANGE l 0 -1",
        "SMEMBERS s",
        "SSCAN s 0 COUNT 1000000",
        "SUNION s s",
        "SRANDMEMBER s 5000",
        "HGETALL h",
        "HSCAN h 0 COUNT 1000000",
        "HRANDFIELD h 5000 WITHVALUES",
        "ZRANGE z 0 -1 WITHSCORES",
        "ZSCAN z 0 COUNT 1000000",
        "ZUNION 2 z z WITHSCORES",
        "ZRANDMEMBER z 5000 WITHSCORES",
        "XRANGE x - +",
        "XREVRANGE x + -",
        "XREAD STREAMS x x x 0 0 0",
    ] {
        let reply = world.run_args(line.split(' ').collect::<russet_resp::ArgBuf>().args());
        assert!(world.is_over, "{line}: {} bytes", reply.len());
        assert!(reply.len() <= LEN_MAX, "{line}: {} bytes", reply.len());
        assert_eq!(world.run("GET none"), "_", "after {line}");
    }
}

#[test]
fn a_reply_within_the_limit_is_whole() {
    let mut world = limited(Protocol::Resp2);
    assert_eq!(
        world.run("LRANGE l 0 1"),
        "*2 $12 an:element:0 $12 an:element:1"
    );
    assert_eq!(
        world.run("XRANGE x 1 1"),
        "*1 *2 $3 1-1 *2 $4 name $5 value"
    );
    assert!(!world.is_over);
}

#[test]
fn more_repeats_than_a_reply_may_hold_are_refused() {
    let mut world = World::new(Protocol::Resp2);
    world.run("SADD s a");
    world.run("HSET h f v");
    world.run("ZADD z 1 a");
    let range = "-ERR value is out of range, value must between -9223372036854775807 and \
                 9223372036854775807";
    for line in [
        "SRANDMEMBER s -1073741825",
        "SRANDMEMBER s -9223372036854775807",
        "HRANDFIELD h -1073741825",
        "HRANDFIELD h -4611686018427387903 WITHVALUES",
        "HRANDFIELD h -9223372036854775808",
        "ZRANDMEMBER z -1073741825",
        "ZRANDMEMBER z -4611686018427387903 WITHSCORES",
    ] {
        assert_eq!(world.run(line), range, "{line}");
    }
    for line in [
        "HRANDFIELD h -4611686018427387904 WITHVALUES",
        "ZRANDMEMBER z -4611686018427387904 WITHSCORES",
        "HRANDFIELD h 4611686018427387904 WITHVALUES",
    ] {
        assert_eq!(world.run(line), "-ERR value is out of range", "{line}");
    }
}
