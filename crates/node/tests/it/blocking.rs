//! Clients that wait for keys: many of them, what is recorded of them, how they go.

use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;

use crate::journal::{Reader, Record};

struct World {
    server: Loopback,
    reader: Reader,
    main: ConnId,
}

impl World {
    fn new() -> Self {
        Self::with(Config::default())
    }

    fn with(config: Config) -> Self {
        let mut server = Loopback::new(config);
        let reader = Reader::new(&mut server);
        let main = server.connect();
        Self {
            server,
            reader,
            main,
        }
    }

    /// A new client that sends this.
    fn client(&mut self, request: &str) -> ConnId {
        let client = self.server.connect();
        self.send(client, request);
        client
    }

    fn send(&mut self, client: ConnId, request: &str) {
        self.server
            .send(client, format!("{request}\r\n").as_bytes());
    }

    fn ask(&mut self, request: &str) -> String {
        self.send(self.main, request);
        self.heard(self.main)
    }

    /// Bytes that a client has received, a blank for each line end.
    fn heard(&mut self, client: ConnId) -> String {
        let mut bytes = Vec::new();
        self.server.receive_into(client, &mut bytes);
        let text = String::from_utf8(bytes).expect("replies here are text");
        text.trim_end().replace("\r\n", " ")
    }

    /// The units recorded since the last call: requests apart by `;`, units by `|`.
    fn recorded(&mut self) -> String {
        self.reader.shown(&mut self.server, Record::words)
    }
}

#[test]
fn a_thousand_clients_are_served_in_the_order_they_came() {
    let mut world = World::new();
    let clients: Vec<ConnId> = (0..1000).map(|_| world.client("BLPOP l 0")).collect();
    for i in 0..500 {
        world.ask(&format!("RPUSH l {i}"));
    }
    let rest: Vec<String> = (500..1010).map(|i| i.to_string()).collect();
    assert_eq!(world.ask(&format!("RPUSH l {}", rest.join(" "))), ":510");
    for (i, client) in clients.into_iter().enumerate() {
        let element = i.to_string();
        let expected = format!("*2 $1 l ${} {element}", element.len());
        assert_eq!(world.heard(client), expected);
    }
    assert_eq!(world.ask("LLEN l"), ":10");
}

#[test]
fn what_waited_is_recorded_in_units_of_its_own_as_what_it_became() {
    let mut world = World::new();
    let (a, b) = (
        world.client("BLPOP l 0"),
        world.client("BLMOVE l m LEFT RIGHT 0"),
    );
    assert_eq!(world.recorded(), "");
    world.ask("RPUSH l 1 2");
    assert_eq!(
        world.recorded(),
        "RPUSH l 1 2 | LPOP l | LMOVE l m LEFT RIGHT"
    );
    assert_eq!(world.heard(a), "*2 $1 l $1 1");
    assert_eq!(world.heard(b), "$1 2");
}

#[test]
fn a_transaction_is_one_unit_and_those_it_wakes_come_after_it() {
    let mut world = World::new();
    world.client("BRPOP l 0");
    for request in [
        "MULTI",
        "RPUSH l 1",
        "GET x",
        "SELECT 1",
        "SET k v EX 10",
        "DEL nothing",
    ] {
        world.ask(request);
    }
    world.ask("EXEC");
    assert_eq!(
        world.recorded(),
        "RPUSH l 1; SET k v PXAT 1704067210000 | RPOP l"
    );
}

#[test]
fn a_transaction_that_changes_nothing_is_not_recorded() {
    let mut world = World::new();
    for request in ["MULTI", "GET a", "DEL b", "EXEC", "MULTI", "EXEC"] {
        world.ask(request);
    }
    assert_eq!(world.recorded(), "");
}

#[test]
fn a_client_that_hangs_up_leaves_its_place_to_the_next() {
    let mut world = World::new();
    let gone = world.client("BLPOP k l 0");
    let next = world.client("BLPOP l 0");
    world.server.hang_up(gone);
    world.ask("RPUSH l x");
    assert_eq!(world.heard(next), "*2 $1 l $1 x");
    world.ask("RPUSH k x");
    assert_eq!(world.ask("LLEN k"), ":1");
}

#[test]
fn a_client_that_was_killed_is_not_served() {
    let mut world = World::new();
    let killed = world.client("BLPOP l 0");
    assert_eq!(world.ask("CLIENT KILL ID 2"), ":1");
    world.ask("RPUSH l x");
    assert_eq!(world.ask("LLEN l"), ":1");
    assert_eq!(world.heard(killed), "");
}

#[test]
fn a_client_that_waits_is_not_idle() {
    let mut world = World::new();
    world.ask("CONFIG SET timeout 1");
    let waits = world.client("BLPOP l 0");
    let idle = world.client("PING");
    world.server.advance(5_000);
    assert!(world.server.is_closed(idle));
    assert!(!world.server.is_closed(waits));
}

#[test]
fn who_waits_is_served_after_the_sleep_of_the_transaction_that_wakes_it() {
    let text = russet_node::config::Text {
        name: "settings".to_owned(),
        text: b"enable-debug-command local".to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err("no files".to_owned()));
    let mut world = World::with(config.expect("one setting"));
    let client = world.client("BLPOP l 1");
    for request in ["MULTI", "RPUSH l a", "PEXPIRE l 100", "DEBUG SLEEP 0.2"] {
        world.ask(request);
    }
    world.send(world.main, "EXEC");
    assert_eq!(world.heard(client), "");
    world.server.advance(800);
    assert_eq!(world.heard(client), "*-1");
}

#[test]
fn waiting_ends_to_the_millisecond() {
    let mut world = World::new();
    let client = world.client("BLPOP l 0.25");
    world.server.advance(249);
    assert_eq!(world.heard(client), "");
    world.server.advance(1);
    assert_eq!(world.heard(client), "*-1");
}

#[test]
fn what_was_sent_behind_a_request_that_waits_runs_after_it_in_any_amount() {
    let mut world = World::new();
    let client = world.client("BLPOP l 0");
    for i in 0..3000 {
        world.send(client, &format!("SET key:{i} {i}"));
    }
    assert_eq!(world.ask("DBSIZE"), ":0");
    world.ask("RPUSH l x");
    assert_eq!(world.heard(client).matches("+OK").count(), 3000);
    assert_eq!(world.ask("DBSIZE"), ":3000");
}

#[test]
fn commands_queued_count_as_requests_that_have_not_run() {
    let mut world = World::new();
    world.ask("CONFIG SET client-query-buffer-limit 1mb");
    let client = world.client("MULTI");
    let value = "x".repeat(10_000);
    for _ in 0..200 {
        if !world.server.is_closed(client) {
            world.send(client, &format!("SET k {value}"));
        }
    }
    assert!(world.server.is_closed(client));
    assert_eq!(world.ask("EXISTS k"), ":0");
}

#[test]
fn what_arrived_of_large_arguments_counts_as_a_request_that_has_not_run() {
    let mut world = World::new();
    world.ask("CONFIG SET client-query-buffer-limit 1mb");
    let most = "x".repeat(900_000);
    let client = world.client(&format!("*2\r\n$4\r\nECHO\r\n$900000\r\n{most}"));
    assert!(!world.server.is_closed(client));
    let begin = "*4\r\n$4\r\nMSET\r\n$1\r\nk\r\n$2000000\r\n";
    let client = world.client(&format!("{begin}{most}"));
    assert!(!world.server.is_closed(client));
    world.send(client, &most[..200_000]);
    assert!(world.server.is_closed(client));
}

#[test]
fn events_come_in_the_order_of_what_happened() {
    let mut world = World::new();
    world.server.node().keep_events(true);
    world.ask("CONFIG SET notify-keyspace-events KEAn");
    world.client("BLMOVE l m LEFT RIGHT 0");
    world.client("BLPOP m 0");
    for request in [
        "MULTI",
        "RPUSH l 1",
        "SET k v PX 100",
        "DEL k",
        "EXEC",
        "SET k v PX 100",
    ] {
        world.ask(request);
    }
    world.server.advance(200);
    let events = world.server.node().take_events();
    let events = events.iter().map(|event| {
        let key = String::from_utf8_lossy(&event.key);
        format!("{} {key}", event.event)
    });
    let expected = "new l, rpush l, new k, set k, expire k, del k, \
                    new m, rpush m, lpop l, del l, lpop m, del m, \
                    new k, set k, expire k, expired k";
    assert_eq!(events.collect::<Vec<_>>().join(", "), expected);
}

#[test]
fn a_group_that_is_gone_is_told_to_who_waits_behind_others_for_its_key() {
    let mut world = World::new();
    world.ask("XGROUP CREATE s g $ MKSTREAM");
    let pops = world.client("BLPOP s 0");
    let reads = world.client("XREAD BLOCK 0 STREAMS s $");
    let member = world.client("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    assert_eq!(world.ask("DEL s"), ":1");
    assert!(world.heard(member).starts_with("-NOGROUP"));
    assert_eq!(world.heard(reads), "");
    assert!(world.heard(pops).starts_with("-WRONGTYPE"));
}

#[test]
fn a_client_that_is_served_after_its_timeout_gets_what_it_waited_for() {
    let mut world = World::new();
    world.ask("CONFIG SET timeout 100");
    let client = world.client("BLPOP l 0");
    world.ask("CLIENT PAUSE 200000 WRITE");
    let pusher = world.client("RPUSH l v");
    // The push, the reply and the look for idle clients are of one turn.
    world.server.advance(200_001);
    assert_eq!(world.heard(client), "*2 $1 l $1 v");
    assert!(!world.server.is_closed(client) && !world.server.is_closed(pusher));
}
