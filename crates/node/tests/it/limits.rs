//! Output: limits while a peer reads nothing, what CLIENT LIST says of it, fences, deliveries.

use bytes::Bytes;
use russet_io::ConnId;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_node::{Config, Offset};

/// A server with these lines of configuration.
pub(crate) fn server(settings: &str) -> Loopback {
    let text = Text {
        name: "settings".to_owned(),
        text: settings.as_bytes().to_vec(),
    };
    let config = Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right");
    Loopback::new(config)
}

/// The replies to a request, as text.
pub(crate) fn ask(server: &mut Loopback, client: ConnId, request: &str) -> String {
    let replies = server.call(client, format!("{request}\r\n").as_bytes());
    String::from_utf8(replies).expect("replies here are text")
}

/// A field of the line that CLIENT LIST has for a client.
pub(crate) fn field(server: &mut Loopback, client: ConnId, name: &str) -> u64 {
    let observer = server.connect();
    let list = ask(server, observer, "CLIENT LIST");
    server.hang_up(observer);
    let line = list.lines().filter(|line| line.starts_with("id="));
    let mut line = line.filter(|line| line.contains(&format!(" fd={} ", client.index + 8)));
    let line = line.next().expect("the client is listed");
    let mut words = line.split(' ');
    let value = words.find_map(|word| word.strip_prefix(&format!("{name}=")));
    value.expect("a field").parse().expect("a number")
}

#[test]
fn a_client_that_reads_nothing_is_closed_a_little_beyond_its_hard_limit() {
    let mut server = server("client-output-buffer-limit normal 1000000 0 0\n");
    let (client, observer) = (server.connect(), server.connect());
    let value = "x".repeat(10_000);
    ask(&mut server, observer, &format!("SET k {value}"));
    let mut most = 0;
    for _ in 0..4_000 {
        server.send(client, b"GET k\r\n");
        if server.is_closed(client) {
            break;
        }
        let waits = field(&mut server, client, "obl") + field(&mut server, client, "omem");
        most = most.max(waits);
    }
    assert!(server.is_closed(client));
    assert!((980_000..=1_000_000).contains(&most), "{most}");
    let info = ask(&mut server, observer, "INFO stats");
    assert!(
        info.contains("client_output_buffer_limit_disconnections:1\r\n"),
        "{info}"
    );
}

#[test]
fn a_pipeline_of_one_turn_is_cut_where_the_limit_is_crossed() {
    let mut server = server("client-output-buffer-limit normal 100000 0 0\n");
    let (client, observer) = (server.connect(), server.connect());
    ask(
        &mut server,
        observer,
        &format!("SET k {}", "x".repeat(30_000)),
    );
    server.send(client, "GET k\r\nINCR n\r\n".repeat(8).as_bytes());
    assert!(server.is_closed(client));
    assert_eq!(ask(&mut server, observer, "GET n"), "$1\r\n3\r\n");
}

#[test]
fn one_reply_is_not_built_beyond_the_limit() {
    for request in [
        "SRANDMEMBER s -200000000",
        "ZRANDMEMBER z -200000000 WITHSCORES",
        "HRANDFIELD h -200000000 WITHVALUES",
        "SORT l BY nosort GET k",
        "LRANGE l 0 -1",
        "GET k",
    ] {
        let mut server = server("client-output-buffer-limit normal 100000 0 0\n");
        let (client, observer) = (server.connect(), server.connect());
        for setup in ["SADD s a", "ZADD z 1 a", "HSET h f v"] {
            ask(&mut server, observer, setup);
        }
        ask(&mut server, observer, "SETRANGE k 200000 x");
        let elements = "element ".repeat(5_000);
        for _ in 0..4 {
            ask(&mut server, observer, &format!("RPUSH l {elements}"));
        }
        server.send(client, format!("{request}\r\n").as_bytes());
        assert!(server.is_closed(client), "{request}");
        let info = ask(&mut server, observer, "INFO stats");
        let line = "client_output_buffer_limit_disconnections:1\r\n";
        assert!(info.contains(line), "{request}: {info}");
    }
}

#[test]
fn the_soft_limit_has_a_clock_of_its_own() {
    let mut server = server("client-output-buffer-limit normal 100mb 50000 3\n");
    let (client, observer) = (server.connect(), server.connect());
    ask(
        &mut server,
        observer,
        &format!("SET k {}", "x".repeat(60_000)),
    );
    server.send(client, b"GET k\r\n");
    server.advance(3_000);
    assert!(!server.is_closed(client));
    server.advance(1);
    assert!(server.is_closed(client));
}

#[test]
fn a_stranger_who_reads_nothing_is_closed_after_a_first_buffer() {
    let mut server = server("requirepass secret\n");
    for request in ["PING", "AUTH secret\r\nRESET"] {
        let client = server.connect();
        ask(&mut server, client, request);
        for _ in 0..1_000 {
            server.send(client, b"PING\r\n");
        }
        assert!(server.is_closed(client), "{request}");
    }
    let known = server.connect();
    ask(&mut server, known, "AUTH secret");
    for _ in 0..10_000 {
        server.send(known, b"PING\r\n");
    }
    assert!(!server.is_closed(known));
}

#[test]
fn client_list_tells_what_waits_and_what_left_to_the_byte() {
    let mut server = server("");
    let client = server.connect();
    let request = format!("SET k {}\r\n", "x".repeat(50_000));
    server.send(client, request.as_bytes());
    server.send(client, b"GET k\r\n");
    let all = 5 + 8 + 50_000 + 2;
    let waits = |server: &mut Loopback| {
        (
            field(server, client, "obl"),
            field(server, client, "oll"),
            field(server, client, "omem"),
        )
    };
    assert_eq!(waits(&mut server), (16_384, 3, all - 16_384));
    assert_eq!(field(&mut server, client, "tot-net-out"), 0);
    assert_eq!(server.receive_some(client, 40_000).len(), 40_000);
    assert_eq!(waits(&mut server), (all - 40_000, 0, 0));
    assert_eq!(field(&mut server, client, "tot-net-out"), 40_000);
    let received = request.len() as u64 + 7;
    assert_eq!(field(&mut server, client, "tot-net-in"), received);
    let rest = server.receive_some(client, usize::MAX).len() as u64;
    assert_eq!(rest, all - 40_000);
    assert_eq!(field(&mut server, client, "tot-net-out"), all);
}

#[test]
fn replies_wait_for_the_journal_and_those_behind_them_too() {
    let mut server = server("");
    let (client, other) = (server.connect(), server.connect());
    server.node().attach_reader(u64::MAX);
    server.node().fence_replies(Offset(0));
    assert_eq!(ask(&mut server, client, "PING"), "+PONG\r\n");
    assert_eq!(ask(&mut server, client, "SET k 1"), "");
    assert_eq!(ask(&mut server, client, "PING"), "");
    assert_eq!(
        ask(&mut server, other, "GET k"),
        "",
        "it saw what is not safe"
    );
    let end = server.node().journal_end();
    assert_eq!(ask(&mut server, other, "INCR k"), "");
    server.node().allow_replies(end);
    assert_eq!(ask(&mut server, client, ""), "+OK\r\n+PONG\r\n");
    assert_eq!(ask(&mut server, other, ""), "$1\r\n1\r\n");
    let end = server.node().journal_end();
    server.node().allow_replies(end);
    assert_eq!(ask(&mut server, other, ""), ":2\r\n");
    assert_eq!(ask(&mut server, other, "DEL k"), "");
    server.node().unfence_replies();
    assert_eq!(ask(&mut server, other, ""), ":1\r\n");
}

#[test]
fn a_client_that_is_served_and_a_transaction_that_waits_depend_on_their_own_units() {
    let mut server = server("");
    let (client, other) = (server.connect(), server.connect());
    server.node().attach_reader(u64::MAX);
    server.node().fence_replies(Offset(0));
    assert_eq!(ask(&mut server, client, "BLPOP l 0"), "");
    let before = server.node().journal_end();
    assert_eq!(ask(&mut server, other, "RPUSH l x"), "");
    server.node().allow_replies(before);
    assert_eq!(
        ask(&mut server, client, "") + &ask(&mut server, other, ""),
        ""
    );
    let end = server.node().journal_end();
    server.node().allow_replies(end);
    assert_eq!(ask(&mut server, client, ""), "*2\r\n$1\r\nl\r\n$1\r\nx\r\n");
    assert_eq!(ask(&mut server, other, ""), ":1\r\n");
    // A transaction in the middle of which a peer is awaited: nothing of it leaves before its end.
    server.on_dial(|_| russet_node::loopback::Answer::Nothing);
    let before = server.node().journal_end();
    let request = "SET k v\r\nMULTI\r\nSET a 1\r\nMIGRATE h 7 k 0 50\r\nSET b 2\r\nEXEC";
    let queued = "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n";
    assert_eq!(ask(&mut server, client, request), "");
    server.node().allow_replies(Offset(before.0 + 1_000));
    let early = ask(&mut server, client, "");
    assert!(early.len() <= queued.len(), "{early}");
    server.advance(60);
    let end = server.node().journal_end();
    assert!(end.0 < before.0 + 1_000);
    server.node().allow_replies(Offset(end.0 + 1_001));
    let rest = ask(&mut server, client, "");
    assert!(
        (early + &rest).starts_with(&format!("{queued}*3\r\n+OK\r\n-IOERR")),
        "{rest}"
    );
}

#[test]
fn a_connection_that_quits_is_closed_behind_the_replies_that_wait() {
    let mut server = server("");
    let (client, other) = (server.connect(), server.connect());
    server.node().attach_reader(u64::MAX);
    server.node().fence_replies(Offset(0));
    assert_eq!(ask(&mut server, client, "SET k 1\r\nQUIT"), "");
    assert!(!server.is_closed(client));
    assert_eq!(
        ask(&mut server, other, "QUIT"),
        "",
        "what it saw is not safe"
    );
    let end = server.node().journal_end();
    server.node().allow_replies(end);
    assert_eq!(ask(&mut server, client, ""), "+OK\r\n+OK\r\n");
    server.advance(1);
    assert!(server.is_closed(client) && server.is_closed(other));
}

#[test]
fn a_message_is_delivered_whole_behind_replies() {
    let mut server = server("");
    let client = server.connect();
    server.send(client, b"PING\r\n");
    let message = Bytes::from(vec![b'm'; 20_000]);
    assert!(server.node().deliver(client, &message));
    let replies = server.call(client, b"PING\r\n");
    assert_eq!(replies.len(), 7 + 20_000 + 7);
    assert!(replies.starts_with(b"+PONG\r\nmm") && replies.ends_with(b"m+PONG\r\n"));
    server.hang_up(client);
    assert!(!server.node().deliver(client, &message));
}

#[test]
fn replies_are_skipped_one_by_one() {
    for (requests, expected) in [
        (
            "CLIENT REPLY SKIP|CLIENT REPLY SKIP|PING|ECHO x",
            "$1\r\nx\r\n",
        ),
        ("CLIENT REPLY SKIP|CLIENT REPLY ON|PING", "+OK\r\n+PONG\r\n"),
        (
            "CLIENT REPLY OFF|CLIENT REPLY SKIP|PING|CLIENT REPLY ON|PING",
            "+OK\r\n+PONG\r\n",
        ),
        ("CLIENT REPLY SKIP|NOSUCH|PING", "+PONG\r\n"),
        ("CLIENT REPLY SKIP|BLPOP l 0.01|PING", "+PONG\r\n"),
        (
            "MULTI|CLIENT REPLY SKIP|PING|EXEC|ECHO y|PING",
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n+PONG\r\n",
        ),
        ("CLIENT REPLY SKIP|EXEC|PING", "+PONG\r\n"),
        (
            "MULTI|PING|CLIENT REPLY SKIP|DISCARD|PING",
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+OK\r\n+PONG\r\n",
        ),
    ] {
        let mut server = server("");
        let client = server.connect();
        for request in requests.split('|') {
            server.send(client, format!("{request}\r\n").as_bytes());
            server.advance(20);
        }
        assert_eq!(ask(&mut server, client, ""), expected, "{requests}");
    }
}

#[test]
fn a_timeout_is_never_early_by_a_microsecond() {
    let mut server = server("");
    let client = server.connect();
    server.advance_us(999);
    server.send(client, b"BLPOP l 0.1\r\n");
    server.advance_us(99_999);
    assert_eq!(ask(&mut server, client, ""), "");
    server.advance_us(1);
    assert_eq!(server.call(client, b""), b"*-1\r\n");
    let other = server.connect();
    server.call(other, b"CLIENT PAUSE 50\r\n");
    server.send(client, b"PING\r\n");
    server.advance_us(49_999);
    assert_eq!(server.call(client, b""), b"");
    server.advance_us(1);
    assert_eq!(server.call(client, b""), b"+PONG\r\n");
}

#[test]
fn exec_out_of_place_is_an_exec_that_was_aborted() {
    let mut server = server("");
    let client = server.connect();
    let error = "-EXECABORT Transaction discarded because of: wrong number of arguments for \
                 'exec' command\r\n";
    assert_eq!(ask(&mut server, client, "EXEC x"), error);
    assert_eq!(
        ask(&mut server, client, "MULTI\r\nPING\r\nEXEC x"),
        format!("+OK\r\n+QUEUED\r\n{error}")
    );
}

#[test]
fn large_arguments_are_no_query_buffer() {
    let mut server = server("client-query-buffer-limit 1mb\n");
    let client = server.connect();
    let value = vec![b'v'; 700_000];
    let mut request = b"*7\r\n$4\r\nMSET\r\n".to_vec();
    for key in ["a", "b", "c"] {
        request.extend_from_slice(format!("$1\r\n{key}\r\n$700000\r\n").as_bytes());
        request.extend_from_slice(&value);
        request.extend_from_slice(b"\r\n");
    }
    assert_eq!(server.call(client, &request), b"+OK\r\n");
}

#[test]
fn a_limit_that_is_lowered_holds_for_what_waits_already() {
    for (limit, late_ms) in [("normal 100000 0 0", 0), ("normal 0 100000 1", 1_100)] {
        let mut server = server("");
        let (client, observer) = (server.connect(), server.connect());
        let value = "x".repeat(10_000);
        ask(&mut server, observer, &format!("SET k {value}"));
        for _ in 0..100 {
            server.send(client, b"GET k\r\n");
        }
        let set = format!("CONFIG SET client-output-buffer-limit \"{limit}\"");
        assert_eq!(ask(&mut server, observer, &set), "+OK\r\n");
        assert_eq!(server.is_closed(client), late_ms == 0);
        server.advance(late_ms);
        assert!(server.is_closed(client), "{limit}");
    }
}

#[test]
fn a_message_beyond_the_limit_closes_who_is_to_hear_it_even_if_nothing_waits() {
    let limits = "client-output-buffer-limit normal 100kb 0 0 pubsub 100kb 0 0\n";
    for listens in ["SUBSCRIBE c", "HELLO 3\r\nSUBSCRIBE c", "MONITOR"] {
        let mut server = server(limits);
        let (listener, client) = (server.connect(), server.connect());
        ask(&mut server, listener, listens);
        let message = "x".repeat(300_000);
        let publish = format!("*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$300000\r\n{message}");
        ask(&mut server, client, &publish);
        assert!(server.is_closed(listener), "{listens}");
        let info = ask(&mut server, client, "INFO stats");
        assert!(
            info.contains("client_output_buffer_limit_disconnections:1\r\n"),
            "{info}"
        );
    }
}
