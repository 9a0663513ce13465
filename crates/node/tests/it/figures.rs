//! Figures of INFO and CLIENT LIST, and the times at which the node wants to run.

use russet_base::time::Now;
use russet_io::{Address, ConnId, Origin, Piece, Service, Usage};
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_node::{Config, Environment, Node};

use crate::limits::{ask, field, server};

fn info(server: &mut Loopback, section: &str, name: &str) -> String {
    let client = server.connect();
    let text = ask(server, client, &format!("INFO {section}"));
    server.hang_up(client);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.strip_prefix(':'))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .to_owned()
}

/// Lets time pass until the next cycle has run.
fn to_cycle(server: &mut Loopback) {
    server.advance(0);
    let us = server.wakes_in_us().expect("the node has cycles");
    server.advance_us(us);
}

#[test]
fn a_client_is_shown_with_what_it_watches_queues_and_waits_for() {
    let mut server = server("");
    let [idle, watches, queues, waits] = [(); 4].map(|()| server.connect());
    let long = "k".repeat(50_000);
    ask(&mut server, idle, "PING");
    ask(&mut server, watches, &format!("WATCH a {long}"));
    ask(&mut server, queues, "MULTI");
    for _ in 0..1_000 {
        ask(&mut server, queues, "PING");
    }
    ask(&mut server, waits, &format!("BLPOP {long} 0"));
    assert_eq!(field(&mut server, idle, "watch"), 0);
    assert_eq!(field(&mut server, watches, "watch"), 2);
    assert!(field(&mut server, queues, "multi-mem") >= 1_000 * 16);
    // The buffers of those that are served are given back.
    assert!(field(&mut server, idle, "tot-mem") < 10_000);
    for client in [watches, waits] {
        assert!(field(&mut server, client, "tot-mem") >= 50_000);
    }
    server.advance(5_000);
    for name in ["age", "idle"] {
        assert_eq!(field(&mut server, idle, name), 5);
    }
}

#[test]
fn memory_of_clients_is_no_data_and_what_is_resident_beyond_use_is_told() {
    let mut server = server("");
    let client = server.connect();
    ask(
        &mut server,
        client,
        &format!("SET k {}", "x".repeat(50_000)),
    );
    for _ in 0..8 {
        server.send(client, b"GET k\r\n");
    }
    for allocated in [1 << 20, 4 << 20] {
        server.node().measured(&Usage {
            allocated,
            resident: 7 << 20,
            ..Usage::default()
        });
    }
    let mut bytes = |name| {
        info(&mut server, "memory", name)
            .parse::<u64>()
            .expect(name)
    };
    let overhead = bytes("used_memory_overhead");
    assert!(overhead >= (1 << 20) + 400_000, "{overhead}");
    let all = bytes("used_memory") + bytes("mem_fragmentation_bytes");
    assert_eq!(all, 7 << 20);
}

#[test]
fn rates_are_those_of_the_last_cycles() {
    let mut server = server("");
    let client = server.connect();
    let request = format!("ECHO {}", "x".repeat(1_024 - 7));
    for _ in 0..32 {
        ask(&mut server, client, &request);
        server.advance(100);
    }
    assert_eq!(
        info(&mut server, "stats", "instantaneous_ops_per_sec"),
        "10"
    );
    let input = info(&mut server, "stats", "instantaneous_input_kbps");
    assert_eq!(input, "10.00");
}

#[test]
fn only_commands_that_were_called_are_listed() {
    let mut server = server("");
    let client = server.connect();
    ask(&mut server, client, "SET k v");
    let stats = ask(&mut server, client, "INFO commandstats");
    assert_eq!(stats.matches("cmdstat_").count(), 1, "{stats}");
}

#[test]
fn the_node_wakes_for_a_client_whose_time_is_over() {
    let mut server = server("");
    let client = server.connect();
    to_cycle(&mut server);
    assert_eq!(ask(&mut server, client, "BLPOP k 0.03"), "");
    assert_eq!(server.wakes_in_us(), Some(30_000));
    server.advance(30);
    assert_eq!(ask(&mut server, client, ""), "*-1\r\n");
}

#[test]
fn the_node_wakes_for_a_key_that_expires_unless_clients_are_paused() {
    for (request, expired) in [("PING", "1"), ("CLIENT PAUSE 10000 WRITE", "0")] {
        let mut server = server("");
        let client = server.connect();
        to_cycle(&mut server);
        ask(&mut server, client, "SET k v PX 30");
        ask(&mut server, client, request);
        let mut left_us = 40_000;
        while let Some(us) = server.wakes_in_us().filter(|us| *us <= left_us) {
            server.advance_us(us);
            left_us -= us;
        }
        assert_eq!(info(&mut server, "stats", "expired_keys"), expired);
        assert_eq!(left_us == 40_000, expired == "0", "it wakes for nothing");
    }
}

#[test]
fn clients_are_found_by_their_names() {
    let mut server = server("");
    for name in ["a", "b"] {
        let client = server.connect();
        ask(&mut server, client, &format!("CLIENT SETNAME {name}"));
    }
    let client = server.connect();
    let list = ask(&mut server, client, "CLIENT LIST NAME a");
    assert_eq!(list.matches(" name=").count(), 1, "{list}");
    assert!(list.contains(" name=a "), "{list}");
}

#[test]
fn a_digest_of_a_stream_covers_its_groups_and_population_has_the_limit_of_a_string() {
    let mut server = server("enable-debug-command yes");
    let client = server.connect();
    ask(&mut server, client, "XADD s 1-1 f v");
    let before = ask(&mut server, client, "DEBUG DIGEST-VALUE s");
    ask(&mut server, client, "XGROUP CREATE s g 0");
    assert_ne!(ask(&mut server, client, "DEBUG DIGEST-VALUE s"), before);
    ask(&mut server, client, "CONFIG SET proto-max-bulk-len 1048576");
    let refused = ask(&mut server, client, "DEBUG POPULATE 1 key 1048577");
    assert!(refused.starts_with('-'), "{refused}");
    let reply = ask(&mut server, client, "DEBUG POPULATE 1 key 1048576");
    assert_eq!(reply, "+OK\r\n");
}

#[test]
fn a_refusal_grows_old_in_seconds() {
    let mut server = server("");
    let client = server.connect();
    ask(&mut server, client, "AUTH nobody wrong");
    server.advance(2_500);
    let log = ask(&mut server, client, "ACL LOG");
    assert!(log.contains("age-seconds\r\n$3\r\n2.5\r\n"), "{log}");
}

/// The replies of a node with a clock to a client of this address.
fn replies(settings: &str, address: Address, requests: &str) -> String {
    let now = Now {
        wall_us: 1_704_067_200_000_000,
        mono_us: 1_000_000,
    };
    let text = Text {
        name: "settings".to_owned(),
        text: settings.as_bytes().to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right");
    let mut environment = Environment::new(1);
    environment.stopwatch = Some(|| 1_000_000);
    let mut node = Node::new(config, environment, now);
    let conn = ConnId {
        index: 0,
        generation: 1,
    };
    node.opened(conn, &Origin::client(address), now);
    node.space(conn)[..requests.len()].copy_from_slice(requests.as_bytes());
    node.received(conn, requests.len());
    node.run(now);
    let mut pieces = [Piece::Bytes(&[]); 8];
    let filled = node.output(conn, &mut pieces);
    let bytes: Vec<u8> = pieces[..filled]
        .iter()
        .flat_map(|piece| piece.bytes())
        .copied()
        .collect();
    String::from_utf8(bytes).expect("replies here are text")
}

fn local() -> Address {
    Address::Unix {
        path: "figures".to_owned(),
    }
}

#[test]
fn percentiles_of_latency_are_those_asked_for() {
    let settings = "latency-tracking-info-percentiles 50 99";
    let requests = "SET k v\r\nINFO latencystats\r\n";
    let text = replies(settings, local(), requests);
    let line = text.lines().find(|line| line.contains("_usec_set:"));
    let line = line.expect("it was called");
    assert!(line.contains(":p50=") && line.contains(",p99="), "{line}");
    let settings = format!("{settings}\nlatency-tracking no");
    let text = replies(&settings, local(), requests);
    assert!(!text.contains("_usec_"), "{text}");
}

#[test]
fn debug_for_local_clients_is_refused_to_those_of_other_machines() {
    let remote = Address::Tcp {
        peer: ([192, 0, 2, 1], 5_000).into(),
        local: ([192, 0, 2, 2], 6_379).into(),
    };
    let near = Address::Tcp {
        peer: ([127, 0, 0, 1], 5_000).into(),
        local: ([127, 0, 0, 1], 6_379).into(),
    };
    for (address, is_allowed) in [(remote, false), (near, true), (local(), true)] {
        let settings = "enable-debug-command local\nprotected-mode no";
        let text = replies(settings, address, "DEBUG SLEEP 0\r\n");
        assert_eq!(text == "+OK\r\n", is_allowed, "{text}");
    }
}

#[test]
fn another_seed_gives_another_secret() {
    assert_ne!(Environment::new(1).secret, Environment::new(2).secret);
}

#[test]
fn a_shutdown_may_be_asked_for_now() {
    let mut server = server("");
    let client = server.connect();
    ask(&mut server, client, "SHUTDOWN NOSAVE NOW");
    assert_eq!(server.exit(), Some(0));
}
