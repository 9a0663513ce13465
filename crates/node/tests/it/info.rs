//! INFO through the node: counters move with what happens.

use russet_io::{Service, Usage};
use russet_node::Config;
use russet_node::loopback::Loopback;

fn info(server: &mut Loopback, section: &str) -> String {
    let client = server.connect();
    let reply = server.call(client, format!("INFO {section}\r\n").as_bytes());
    server.hang_up(client);
    let text = String::from_utf8(reply).expect("INFO is text");
    let (_, body) = text.split_once("\r\n").expect("a header and a body");
    body.to_owned()
}

fn check(server: &mut Loopback, section: &str, lines: &[&str]) {
    let text = info(server, section);
    for line in lines {
        assert!(
            text.split("\r\n").any(|shown| shown == *line),
            "{line} in\n{text}"
        );
    }
}

#[test]
fn commands_of_streams_count_as_look_ups() {
    let setup = b"XADD k 1-1 a b\r\nXGROUP CREATE k g 0\r\nXREADGROUP GROUP g c STREAMS k >\r\n\
                  CONFIG RESETSTAT\r\n";
    for (request, hits, misses) in [
        ("XACK k g 1-1", 1, 0),
        ("XACK k none 1-1", 1, 0),
        ("XACK none g 1-1", 0, 1),
        ("XCLAIM k g d 0 1-1", 1, 0),
        ("XCLAIM none g d 0 1-1", 0, 1),
        ("XAUTOCLAIM k g d 0 0", 1, 0),
        ("XAUTOCLAIM none g d 0 0", 0, 1),
        ("XREADGROUP GROUP g c STREAMS k 0", 2, 0),
        ("XREADGROUP GROUP g c STREAMS none 0", 0, 1),
    ] {
        let mut server = Loopback::new(Config::default());
        let client = server.connect();
        server.call(client, setup);
        server.call(client, format!("{request}\r\n").as_bytes());
        let hits = format!("keyspace_hits:{hits}");
        let misses = format!("keyspace_misses:{misses}");
        check(&mut server, "stats", &[&hits, &misses]);
    }
}

#[test]
fn commands_and_errors_are_counted_until_the_reset() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    server.call(
        client,
        b"SET a b\r\nGET a\r\nGET x\r\nINCR a\r\nGET\r\nFOO\r\n",
    );
    check(
        &mut server,
        "commandstats",
        &[
            "cmdstat_set:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0",
            "cmdstat_get:calls=2,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0",
            "cmdstat_incr:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1",
        ],
    );
    check(&mut server, "errorstats", &["errorstat_ERR:count=3"]);
    check(
        &mut server,
        "stats",
        &[
            "total_error_replies:3",
            "keyspace_hits:1",
            "keyspace_misses:1",
            "total_connections_received:4",
        ],
    );
    server.call(client, b"CONFIG RESETSTAT\r\n");
    check(
        &mut server,
        "stats",
        &["total_error_replies:0", "keyspace_hits:0"],
    );
    assert_eq!(info(&mut server, "errorstats"), "# Errorstats\r\n\r\n");
}

#[test]
fn databases_and_clients_are_counted() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    server.call(
        client,
        b"SET a b\r\nSELECT 9\r\nSET c d EX 100\r\nSET e f\r\n",
    );
    check(
        &mut server,
        "keyspace clients",
        &[
            "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0",
            "connected_clients:2",
        ],
    );
    let text = info(&mut server, "keyspace");
    assert!(text.contains("db9:keys=2,expires=1,avg_ttl="), "{text}");
}

#[test]
fn what_the_loop_measures_is_shown_and_the_peak_is_kept() {
    let mut server = Loopback::new(Config::default());
    let usage = |allocated| Usage {
        allocated,
        resident: 9 << 20,
        ..Usage::default()
    };
    server.node().measured(&usage(6 << 20));
    server.node().measured(&usage(4 << 20));
    check(
        &mut server,
        "memory",
        &[
            "used_memory:4194304",
            "used_memory_peak:6291456",
            "used_memory_rss_human:9.00M",
            "used_memory_startup:6291456",
        ],
    );
}

#[test]
fn memory_in_use_follows_every_key() {
    let mut server = Loopback::new(Config::default());
    let usage = Usage {
        allocated: 6 << 20,
        ..Usage::default()
    };
    server.node().measured(&usage);
    let client = server.connect();
    let used = |server: &mut Loopback| -> u64 {
        let text = info(server, "memory");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        line.and_then(|number| number.trim_end().parse().ok())
            .expect("the field is there")
    };
    server.call(client, b"SET first v\r\n");
    let before = used(&mut server);
    server.call(client, format!("SET k {}\r\n", "v".repeat(100)).as_bytes());
    let after = used(&mut server);
    assert!(
        (before + 100..before + 200).contains(&after),
        "{before} {after}"
    );
    server.call(client, b"DEL k\r\n");
    assert_eq!(used(&mut server), before);
}

#[test]
fn the_reply_is_a_verbatim_text() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    server.call(client, b"HELLO 3\r\n");
    let reply = server.call(client, b"INFO cluster\r\n");
    assert_eq!(reply, b"=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
}

#[test]
fn looking_at_a_key_is_a_hit_or_a_miss() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    server.call(client, b"SET k v\r\n");
    for (requests, hits, misses) in [
        ("EXISTS k k none", 2, 1),
        (
            "TTL k\r\nPTTL none\r\nEXPIRETIME k\r\nPEXPIRETIME none",
            2,
            2,
        ),
        ("TYPE k\r\nTYPE none", 1, 1),
        ("OBJECT ENCODING k\r\nOBJECT REFCOUNT none", 1, 1),
        ("OBJECT IDLETIME k\r\nTOUCH k none", 2, 1),
        ("EXPIRE k 100\r\nPERSIST none\r\nINCR k\r\nDEL none", 0, 0),
        ("DEBUG OBJECT k\r\nSCAN 0\r\nKEYS *\r\nRANDOMKEY", 0, 0),
        ("GETEX k EX 100\r\nGETEX none\r\nCOPY k k2", 2, 1),
    ] {
        server.call(client, b"CONFIG RESETSTAT\r\n");
        server.call(client, format!("{requests}\r\n").as_bytes());
        let expected = [
            format!("keyspace_hits:{hits}"),
            format!("keyspace_misses:{misses}"),
        ];
        check(&mut server, "stats", &[&expected[0], &expected[1]]);
    }
}

#[test]
fn reads_writes_and_turns_are_counted() {
    let mut config = b"requirepass secret\n".to_vec();
    config.extend(b"maxclients 10\n");
    let text = russet_node::config::Text {
        name: "redis.conf".into(),
        text: config,
    };
    let config = Config::load(&[text], &mut |_| Err("none".into())).expect("it is right");
    let mut server = Loopback::new(config);
    let client = server.connect();
    server.call(
        client,
        b"AUTH wrong\r\nHELLO 3 AUTH default wrong\r\nAUTH secret\r\n",
    );
    server.call(client, b"CONFIG RESETSTAT\r\n");
    server.call(client, b"AUTH wrong\r\n");
    server.call(client, b"PING\r\n");
    let reply = server.call(client, b"INFO stats\r\n");
    let text = String::from_utf8(reply).expect("INFO is text");
    let number = |field: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|number| number.trim_end().parse().ok())
            .expect("the field is there")
    };
    // The reply of the reset is written after the reset.
    assert_eq!(number("total_reads_processed:"), 3);
    assert_eq!(number("total_writes_processed:"), 3);
    assert!(number("eventloop_cycles:") >= 3);
    assert_eq!(number("acl_access_denied_auth:"), 1);
}

#[test]
fn values_that_another_thread_frees_are_counted() {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    let member = "m".repeat(1000);
    for i in 0..40 {
        server.call(client, format!("RPUSH l {member}{i}\r\n").as_bytes());
    }
    server.call(client, b"RPUSH small x\r\nDEL small\r\n");
    server.advance(10);
    check(&mut server, "memory", &["lazyfreed_objects:0"]);
    server.call(client, b"UNLINK l\r\n");
    check(&mut server, "memory", &["lazyfree_pending_objects:1"]);
    server.advance(10);
    check(
        &mut server,
        "memory",
        &["lazyfreed_objects:1", "lazyfree_pending_objects:0"],
    );
    server.call(client, b"SET a 1\r\nSET b 2\r\nFLUSHALL ASYNC\r\n");
    server.advance(10);
    check(&mut server, "memory", &["lazyfreed_objects:3"]);
    server.call(client, b"CONFIG RESETSTAT\r\n");
    check(&mut server, "memory", &["lazyfreed_objects:0"]);
}

#[test]
fn a_mode_that_was_configured_in_vain_is_not_shown() {
    let text = russet_node::config::Text {
        name: "test".into(),
        text: b"cluster-enabled yes\n".to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err("none".into())).expect("it is right");
    let mut server = Loopback::new(config);
    let client = server.connect();
    let reply = server.call(client, b"INFO\r\n");
    let shown = String::from_utf8_lossy(&reply);
    for line in ["redis_mode:standalone", "cluster_enabled:0"] {
        assert!(shown.lines().any(|other| other == line), "{line}\n{shown}");
    }
}

#[test]
fn memory_stats_is_a_map_with_each_database() {
    let mut server = crate::limits::server("");
    let client = server.connect();
    for request in ["HELLO 3", "SET k v", "SELECT 3", "SET k v EX 10"] {
        crate::limits::ask(&mut server, client, request);
    }
    let stats = crate::limits::ask(&mut server, client, "MEMORY STATS");
    assert!(
        stats.starts_with("%32\r\n$14\r\npeak.allocated\r\n:"),
        "{stats}"
    );
    for name in ["db.0", "db.3"] {
        let table = format!("\r\n{name}\r\n%2\r\n$23\r\noverhead.hashtable.main\r\n:");
        assert!(stats.contains(&table), "{stats}");
    }
    assert!(stats.contains("$10\r\nkeys.count\r\n:2\r\n"), "{stats}");
    assert!(stats.contains("$13\r\nfragmentation\r\n,"), "{stats}");
}
