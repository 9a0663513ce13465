//! Expired keys and fields: the records that remove them elsewhere, their order, and the events.

use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

use crate::journal::{Reader, Record};

struct World {
    server: Loopback,
    reader: Reader,
    main: ConnId,
}

impl World {
    /// A server that keeps records and events, with its clock at 1704067200000.
    fn new() -> Self {
        let text = b"enable-debug-command local\nnotify-keyspace-events KA\n";
        let text = Text {
            name: "settings".to_owned(),
            text: text.to_vec(),
        };
        let config = Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right");
        let mut server = Loopback::new(config);
        let reader = Reader::new(&mut server);
        server.node().keep_events(true);
        let main = server.connect();
        Self {
            server,
            reader,
            main,
        }
    }

    fn ask(&mut self, request: &str) -> String {
        let replies = self
            .server
            .call(self.main, format!("{request}\r\n").as_bytes());
        let text = String::from_utf8(replies).expect("replies here are text");
        text.trim_end().replace("\r\n", " ")
    }

    /// Records since the last call: requests apart by `;`, units by `|`.
    fn recorded(&mut self) -> String {
        let show = |record: &Record| format!("{}> {}", record.db, record.words());
        self.reader.shown(&mut self.server, show)
    }

    fn events(&mut self) -> String {
        let events = self.server.node().take_events();
        let shown = events
            .iter()
            .map(|event| format!("{} {}", event.event, String::from_utf8_lossy(&event.key)));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Runs requests that are not looked at.
    fn prepare(&mut self, requests: &[&str]) {
        for request in requests {
            self.ask(request);
        }
        self.recorded();
        self.events();
    }
}

/// After `before` and eleven milliseconds, what `request` leaves in the journal and tells.
fn check(before: &[&str], request: &[&str], records: &str, events: &str) {
    let mut world = World::new();
    world.prepare(&["DEBUG SET-ACTIVE-EXPIRE 0"]);
    world.prepare(before);
    world.server.advance(11);
    for request in request {
        world.ask(request);
    }
    assert_eq!(world.recorded(), records, "{request:?}");
    assert_eq!(world.events(), events, "{request:?}");
}

#[test]
fn a_key_found_expired_is_removed_before_what_the_command_did() {
    let due = ["SET k v PX 10"];
    check(&due, &["GET k"], "0> DEL k", "expired k");
    check(&due, &["EXISTS x"], "", "");
    check(
        &due,
        &["INCR k"],
        "0> DEL k; 0> INCR k",
        "expired k, incrby k",
    );
    check(
        &due,
        &["SET k 5"],
        "0> DEL k; 0> SET k 5",
        "expired k, set k",
    );
    check(&due, &["RENAME k x"], "0> DEL k", "expired k");
    check(
        &["SET a 1 PX 10", "SET b 1 PX 10"],
        &["MGET a b"],
        "0> DEL a; 0> DEL b",
        "expired a, expired b",
    );
    check(
        &["SET a 1", "SET b 1 PX 10"],
        &["RENAME a b"],
        "0> DEL b; 0> RENAME a b",
        "expired b, rename_from a, rename_to b",
    );
    check(
        &["SET a 1 PX 10", "CONFIG SET lazyfree-lazy-expire yes"],
        &["GET a"],
        "0> UNLINK a",
        "expired a",
    );
}

#[test]
fn a_transaction_has_what_it_found_expired_where_it_was_found() {
    let due = ["SET k v PX 10", "SELECT 1", "SET l v PX 10", "SELECT 0"];
    let queue = [
        "MULTI", "GET k", "SET x 1", "SELECT 1", "GET l", "SET y 2", "EXEC",
    ];
    check(
        &due,
        &queue,
        "0> DEL k; 0> SET x 1; 1> DEL l; 1> SET y 2",
        "expired k, set x, expired l, set y",
    );
    check(&due, &["MULTI", "GET k", "EXEC"], "0> DEL k", "expired k");
    let watched = ["SET k v PX 10", "WATCH k", "MULTI", "SET x 1"];
    check(&watched, &["EXEC"], "0> DEL k", "expired k");
}

#[test]
fn what_the_wheel_removes_is_a_unit_each() {
    let mut world = World::new();
    world.prepare(&[
        "SET a v PX 10",
        "SELECT 2",
        "SET b v PX 11",
        "SET c v PX 50",
    ]);
    world.server.advance(20);
    assert_eq!(world.recorded(), "0> DEL a | 2> DEL b");
    assert_eq!(world.events(), "expired a, expired b");
    world.ask("CONFIG SET lazyfree-lazy-expire yes");
    world.server.advance(40);
    assert_eq!(world.recorded(), "2> UNLINK c");
}

#[test]
fn fields_are_removed_one_by_one_and_told_of_once() {
    let due = ["HSET h a 1 b 2 c 3", "HPEXPIRE h 10 FIELDS 2 a b"];
    check(
        &due,
        &["HMGET h a b c"],
        "0> HDEL h a; 0> HDEL h b",
        "hexpired h",
    );
    check(&due, &["HGETALL h"], "", "");
    check(
        &due,
        &["HINCRBY h a 1"],
        "0> HDEL h a; 0> HINCRBY h a 1",
        "hexpired h, hincrby h",
    );
    check(
        &due,
        &["HSETNX h a 1"],
        "0> HDEL h a; 0> HSETNX h a 1",
        "hexpired h, hset h",
    );
    check(&due, &["HSET h a 1"], "0> HSET h a 1", "hset h");
    check(&due, &["HPERSIST h FIELDS 1 a"], "", "");
    check(&due, &["HDEL h a"], "0> HDEL h a", "hexpired h");
    check(
        &["HSET h a 1", "HPEXPIRE h 10 FIELDS 1 a"],
        &["HGET h a"],
        "0> HDEL h a",
        "hexpired h, del h",
    );
    let mut world = World::new();
    world.prepare(&due);
    world.server.advance(20);
    assert_eq!(world.recorded(), "0> HDEL h b | 0> HDEL h a");
    assert_eq!(world.events(), "hexpired h");
    world.prepare(&["HPEXPIRE h 10 FIELDS 1 c"]);
    world.server.advance(20);
    assert_eq!(world.recorded(), "0> HDEL h c");
    assert_eq!(world.events(), "hexpired h, del h");
}

#[test]
fn a_counter_that_begins_anew_in_a_hash_begins_a_key_anew() {
    for entries_max in [0, 128] {
        let limit = format!("CONFIG SET hash-max-listpack-entries {entries_max}");
        let before = [
            limit.as_str(),
            "HSET h a 1",
            "PEXPIRE h 1000",
            "HPEXPIRE h 10 FIELDS 1 a",
        ];
        check(
            &before,
            &["HINCRBY h a 1"],
            "0> HDEL h a; 0> HINCRBY h a 1",
            "hexpired h, del h, hincrby h",
        );
    }
}

#[test]
fn a_set_that_is_popped_is_recorded_by_what_went() {
    let mut world = World::new();
    world.prepare(&["SADD s 1 2 3"]);
    world.ask("SPOP s 3");
    assert_eq!(world.recorded(), "0> DEL s");
    assert_eq!(world.events(), "spop s, del s");
    world.prepare(&["SADD s 1 2 3", "CONFIG SET lazyfree-lazy-server-del yes"]);
    world.ask("SPOP s 4");
    assert_eq!(world.recorded(), "0> UNLINK s");
    world.prepare(&["SADD s 1"]);
    world.ask("SPOP s");
    assert_eq!(world.recorded(), "0> SREM s 1");
}

#[test]
fn what_a_passed_moment_removes_is_recorded_as_configured() {
    let mut world = World::new();
    for (lazy, expected) in [("no", "DEL k"), ("yes", "UNLINK k")] {
        world.ask(&format!("CONFIG SET lazyfree-lazy-expire {lazy}"));
        for request in ["EXPIREAT k 1", "GETEX k PXAT 1"] {
            world.prepare(&["SET k v"]);
            world.ask(request);
            assert_eq!(world.recorded(), format!("0> {expected}"), "{request}");
        }
    }
}

#[test]
fn during_a_pause_nothing_is_removed_unless_it_is_written() {
    let mut world = World::new();
    world.prepare(&[
        "SET a 1 PX 10",
        "SET b 1 PX 10",
        "HSET h f 1 g 2",
        "HPEXPIRE h 10 FIELDS 1 f",
        "CLIENT PAUSE 1000 WRITE",
    ]);
    world.server.advance(20);
    assert_eq!(world.ask("GET a"), "$-1");
    assert_eq!(world.ask("HGET h f"), "$-1");
    assert_eq!(world.ask("HRANDFIELD h"), "$1 g");
    assert_eq!(world.ask("HRANDFIELD h 5"), "*1 $1 g");
    assert_eq!(world.ask("HRANDFIELD h -2"), "*2 $1 g $1 g");
    assert_eq!(world.ask("DBSIZE"), ":3");
    assert_eq!(world.ask("RANDOMKEY"), "$1 h");
    assert_eq!((world.recorded(), world.events()), Default::default());
    world.ask("CLIENT UNPAUSE");
    world.server.advance(1);
    assert_eq!(world.ask("DBSIZE"), ":1");
    assert_eq!(world.recorded(), "0> DEL b | 0> DEL a | 0> HDEL h f");
    assert_eq!(world.events(), "expired b, expired a, hexpired h");
}

#[test]
fn a_transaction_that_pauses_may_write_what_has_expired() {
    for write in ["SET a 2", "MOVE b 1", "RENAME b a", "COPY b a", "INCR a"] {
        let mut world = World::new();
        world.prepare(&["SET a 1 PX 10", "SELECT 1", "SET b 1 PX 10", "SELECT 0"]);
        world.prepare(&["SET b 2", "MULTI", "CLIENT PAUSE 1000 WRITE", write]);
        world.server.advance(20);
        world.ask("EXEC");
        world.ask("CLIENT UNPAUSE");
        world.server.advance(2);
        world.ask("SELECT 0");
        let size = world.ask("DBSIZE");
        world.ask("SELECT 1");
        let other = world.ask("DBSIZE");
        let expected = match write {
            "MOVE b 1" => (":0", ":1"),
            "RENAME b a" => (":1", ":0"),
            _ => (":2", ":0"),
        };
        assert_eq!((size.as_str(), other.as_str()), expected, "{write}");
    }
}

#[test]
fn a_watched_key_that_expires_in_a_pause_has_changed() {
    let mut world = World::new();
    world.prepare(&[
        "SET a 1 PX 10",
        "WATCH a",
        "CLIENT PAUSE 1000 WRITE",
        "MULTI",
    ]);
    world.ask("GET a");
    world.server.advance(20);
    assert_eq!(world.ask("EXEC"), "*-1");
    assert_eq!(world.recorded(), "");
}
