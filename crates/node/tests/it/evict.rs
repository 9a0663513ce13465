//! Eviction of keys: when it happens, what is recorded and who hears of it.

use russet_io::ConnId;
use russet_node::loopback::Loopback;

use crate::journal::{Reader, Record};
use crate::limits::{ask, server};

/// Fills the server with `count` keys, and then limits its memory to what they take.
fn filled(policy: &str, count: usize, expiry: &str) -> (Loopback, ConnId) {
    let mut server = server("");
    let client = server.connect();
    for n in 0..count {
        ask(
            &mut server,
            client,
            &format!("SET k{n} 0123456789 {expiry}"),
        );
        server.advance(20);
    }
    limit(&mut server, client, policy, 0);
    (server, client)
}

/// Limits memory to what is in use less some bytes.
fn limit(server: &mut Loopback, client: ConnId, policy: &str, less: u64) {
    let used = figure(server, client, "used_memory");
    let request = format!(
        "CONFIG SET maxmemory-policy {policy} maxmemory {}",
        used - less
    );
    assert_eq!(ask(server, client, &request), "+OK\r\n");
}

/// A number that INFO shows.
fn figure(server: &mut Loopback, client: ConnId, name: &str) -> u64 {
    let info = ask(server, client, "INFO everything");
    let mut lines = info.lines();
    let shown = lines.find_map(|line| line.strip_prefix(&format!("{name}:")));
    shown.expect("a field").parse().expect("a number")
}

#[test]
fn the_oldest_keys_make_room_for_new_ones() {
    let (mut server, client) = filled("allkeys-lru", 50, "");
    ask(&mut server, client, "GET k0");
    for n in 0..30 {
        let set = ask(&mut server, client, &format!("SET new{n} 0123456789"));
        assert_eq!(set, "+OK\r\n");
        server.advance(20);
    }
    assert_eq!(ask(&mut server, client, "EXISTS k0"), ":1\r\n");
    assert_eq!(ask(&mut server, client, "EXISTS k1 k2 k3"), ":0\r\n");
    let evicted = figure(&mut server, client, "evicted_keys");
    assert!((25..35).contains(&evicted), "{evicted}");
    let (used, limit) = (
        figure(&mut server, client, "used_memory"),
        figure(&mut server, client, "maxmemory"),
    );
    assert!(used <= limit, "{used} {limit}");
}

#[test]
fn a_key_that_goes_is_recorded_before_the_command_and_told_of() {
    for (setting, name) in [("no", "DEL"), ("yes", "UNLINK")] {
        let (mut server, client) = filled("allkeys-lru", 30, "");
        let (watcher, tracker) = (server.connect(), server.connect());
        ask(&mut server, watcher, "WATCH k0");
        ask(&mut server, watcher, "MULTI");
        ask(&mut server, tracker, "HELLO 3");
        ask(&mut server, tracker, "CLIENT TRACKING on");
        ask(&mut server, tracker, "GET k1");
        let request =
            format!("CONFIG SET lazyfree-lazy-eviction {setting} notify-keyspace-events KAe");
        ask(&mut server, client, &request);
        server.node().keep_events(true);
        let mut reader = Reader::new(&mut server);
        server.advance(20);
        ask(&mut server, client, "GET k1");
        while ask(&mut server, client, "EXISTS k0") == ":1\r\n" {
            ask(&mut server, client, "SET other 0123456789");
            ask(&mut server, client, "RENAME other other2");
            limit(&mut server, client, "allkeys-lru", 50);
        }
        let shown = reader.shown(&mut server, |record: &Record| record.words());
        assert!(shown.starts_with(&format!("{name} k0")) || shown.contains(&format!("{name} k0")));
        let events = server.node().take_events();
        let told = events.iter().filter(|event| event.event == "evicted");
        assert!(told.clone().any(|event| &*event.key == b"k0"));
        assert_eq!(ask(&mut server, watcher, "EXEC"), "*-1\r\n");
    }
}

#[test]
fn clients_hear_that_keys_they_may_hold_were_evicted() {
    let (mut server, client) = filled("allkeys-lru", 30, "");
    let tracker = server.connect();
    ask(&mut server, tracker, "HELLO 3");
    ask(&mut server, tracker, "CLIENT TRACKING on BCAST");
    limit(&mut server, client, "allkeys-lru", 200);
    server.advance(5);
    let mut told = Vec::new();
    server.receive_into(tracker, &mut told);
    let told = String::from_utf8(told).expect("text");
    assert!(told.contains("invalidate") && told.contains("k0"), "{told}");
}

#[test]
fn a_lower_limit_is_reached_without_requests() {
    let (mut server, client) = filled("allkeys-random", 500, "");
    limit(&mut server, client, "allkeys-random", 10_000);
    for _ in 0..50 {
        server.advance(1);
    }
    let evicted = figure(&mut server, client, "evicted_keys");
    assert!(evicted > 100, "{evicted}");
    let used = figure(&mut server, client, "used_memory");
    assert!(used <= figure(&mut server, client, "maxmemory"));
    assert_eq!(
        figure(&mut server, client, "current_eviction_exceeded_time"),
        0
    );
}

#[test]
fn writes_are_refused_when_nothing_may_go() {
    for (policy, expiry) in [("noeviction", "EX 100"), ("volatile-lru", "")] {
        let (mut server, client) = filled(policy, 30, expiry);
        limit(&mut server, client, policy, 100);
        let refused = ask(&mut server, client, "SET new 0123456789");
        assert!(refused.starts_with("-OOM command not allowed"), "{refused}");
        assert_eq!(ask(&mut server, client, "DBSIZE"), ":30\r\n");
        server.advance(500);
        assert!(figure(&mut server, client, "current_eviction_exceeded_time") >= 500);
        ask(&mut server, client, "DEL k1 k2 k3 k4 k5");
        assert_eq!(ask(&mut server, client, "SET new 0123456789"), "+OK\r\n");
        assert!(figure(&mut server, client, "total_eviction_exceeded_time") >= 500);
        ask(&mut server, client, "CONFIG RESETSTAT");
        assert_eq!(
            figure(&mut server, client, "total_eviction_exceeded_time"),
            0
        );
    }
}

#[test]
fn the_nearest_deadlines_go_first() {
    let mut server = server("");
    let client = server.connect();
    let count = 2000;
    for n in 0..count {
        let request = format!("SET k{n} 0123456789 EX {}", 40_000 - n * 10);
        ask(&mut server, client, &request);
    }
    limit(&mut server, client, "volatile-ttl", 20_000);
    server.advance(5);
    let left = ask(&mut server, client, "DBSIZE");
    let left: usize = left[1..].trim().parse().expect("a number");
    assert!((700..1700).contains(&left), "{left}");
    for n in 0..count {
        let is_left = format!(":{}\r\n", u8::from(n < left));
        assert_eq!(ask(&mut server, client, &format!("EXISTS k{n}")), is_left);
    }
}

#[test]
fn nothing_goes_during_a_pause() {
    let (mut server, client) = filled("allkeys-lru", 100, "");
    ask(&mut server, client, "CLIENT PAUSE 1000 WRITE");
    limit(&mut server, client, "allkeys-lru", 2000);
    server.advance(500);
    assert_eq!(ask(&mut server, client, "DBSIZE"), ":100\r\n");
    server.advance(600);
    assert_ne!(ask(&mut server, client, "DBSIZE"), ":100\r\n");
}

#[test]
fn a_server_within_its_limit_or_paused_has_nothing_to_do() {
    let (mut server, client) = filled("allkeys-lru", 100, "");
    ask(&mut server, client, "CONFIG SET maxmemory 100mb");
    server.advance(1);
    assert!(server.wakes_in_us().is_some_and(|us| us > 1000));
    ask(&mut server, client, "CLIENT PAUSE 1000 WRITE");
    limit(&mut server, client, "allkeys-lru", 2000);
    server.advance(1);
    assert!(server.wakes_in_us().is_some_and(|us| us > 1000));
}
