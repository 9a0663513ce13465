//! HIMPORT beyond its replies: what is recorded of it, its events, its memory, its limits.

use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::ArgBuf;

use crate::journal::{Reader, Record};

/// A server with one client.
fn server() -> (Loopback, ConnId) {
    let mut server = Loopback::new(Config::default());
    let client = server.connect();
    (server, client)
}

fn ask(server: &mut Loopback, client: ConnId, request: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    ArgBuf::from_slices(request).encode(&mut bytes);
    server.call(client, &bytes)
}

fn ask_words(server: &mut Loopback, client: ConnId, request: &str) -> Vec<u8> {
    let words: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
    ask(server, client, &words)
}

#[test]
fn the_journal_needs_no_fieldset() {
    let (mut server, client) = server();
    let mut reader = Reader::new(&mut server);
    for request in [
        "HIMPORT PREPARE u b a",
        "HIMPORT SET k u 1 2",
        "HIMPORT SET k u 3 4",
        "HIMPORT SET k u 5",
        "HIMPORT SET k nosuch 5",
        "HIMPORT DISCARD u",
    ] {
        ask_words(&mut server, client, request);
    }
    let shown = reader.shown(&mut server, Record::words);
    assert_eq!(shown, "HSET k b 1 a 2 | DEL k; HSET k b 3 a 4");
}

#[test]
fn a_transaction_is_one_unit_in_the_journal() {
    let (mut server, client) = server();
    let mut reader = Reader::new(&mut server);
    for request in [
        "MULTI",
        "HIMPORT PREPARE u a",
        "HIMPORT SET k u 1",
        "HIMPORT SET k u 2",
        "EXEC",
    ] {
        ask_words(&mut server, client, request);
    }
    let shown = reader.shown(&mut server, Record::words);
    assert_eq!(shown, "HSET k a 1; DEL k; HSET k a 2");
}

#[test]
fn who_repeats_the_journal_has_the_same_data() {
    let (mut server, client) = server();
    let mut reader = Reader::new(&mut server);
    let binary = b"\0\r\n\xff".as_slice();
    let long = vec![b'x'; 100_000];
    let names: Vec<String> = (0..1000).map(|i| format!("field {i}")).collect();
    let mut many: Vec<&[u8]> = vec![b"HIMPORT", b"PREPARE", b"many"];
    many.extend(names.iter().map(String::as_bytes));
    let requests: &[&[&[u8]]] = &[
        &[b"HIMPORT", b"PREPARE", b"u", b"", binary, b"c"],
        &[b"HSET", b"k", b"old", b"1"],
        &[b"HPEXPIRE", b"k", b"100000", b"FIELDS", b"1", b"old"],
        &[b"PEXPIRE", b"k", b"100000"],
        &[b"HIMPORT", b"SET", b"k", b"u", binary, b"", &long],
        &[b"SELECT", b"3"],
        &[b"HIMPORT", b"SET", b"k", b"u", b"1", b"2", b"3"],
        &many,
        &[&[&b"HIMPORT"[..], b"SET", b"large", b"many"], &many[3..]].concat(),
    ];
    for request in requests {
        let reply = ask(&mut server, client, request);
        assert!(!reply.starts_with(b"-"), "{}", reply.escape_ascii());
    }
    let units = reader.units(&mut server);
    let (mut replica, link) = self::server();
    for record in units.iter().flatten() {
        ask_words(&mut replica, link, &format!("SELECT {}", record.db));
        let mut bytes = Vec::new();
        record.request.encode(&mut bytes);
        let reply = replica.call(link, &bytes);
        assert!(!reply.starts_with(b"-"), "{}", reply.escape_ascii());
    }
    for (db, key) in [("0", "k"), ("3", "k"), ("3", "large")] {
        for what in ["DUMP", "PEXPIRETIME", "HLEN"] {
            let mut replies = [(&mut server, client), (&mut replica, link)].map(|(node, conn)| {
                ask_words(node, conn, &format!("SELECT {db}"));
                ask_words(node, conn, &format!("{what} {key}"))
            });
            let (ours, theirs) = replies.split_at_mut(1);
            assert_eq!(ours[0], theirs[0], "{what} {key} in {db}");
            assert_ne!(ours[0], b"$-1\r\n", "{what} {key} in {db}");
        }
    }
}

#[test]
fn subscribers_hear_what_they_hear_of_hset() {
    let (mut server, client) = server();
    server.node().keep_events(true);
    for request in [
        "CONFIG SET notify-keyspace-events KAn",
        "HIMPORT PREPARE u a",
        "HIMPORT SET k u 1",
        "HIMPORT SET k u 2",
        "HIMPORT SET k nosuch 2",
    ] {
        ask_words(&mut server, client, request);
    }
    let events = server.node().take_events();
    let names: Vec<&str> = events.iter().map(|event| event.event).collect();
    assert_eq!(names, ["new", "hset", "hset"]);
}

/// Memory that a client occupies, as CLIENT INFO shows it.
fn total_memory(server: &mut Loopback, client: ConnId) -> u64 {
    let reply = ask_words(server, client, "CLIENT INFO");
    let text = String::from_utf8_lossy(&reply).into_owned();
    let word = text
        .split(' ')
        .find_map(|word| word.strip_prefix("tot-mem="));
    word.and_then(|digits| digits.parse().ok())
        .expect("CLIENT INFO shows tot-mem")
}

#[test]
fn fieldsets_count_as_memory_of_the_client_until_they_go() {
    let (mut server, client) = server();
    let name = vec![b'x'; 1 << 20];
    let mut before = total_memory(&mut server, client);
    for end in ["HIMPORT DISCARD u", "HIMPORT DISCARDALL", "RESET"] {
        ask(&mut server, client, &[b"HIMPORT", b"PREPARE", b"u", &name]);
        let held = total_memory(&mut server, client);
        assert!(held > before + (1 << 20), "{held} after {before}");
        ask_words(&mut server, client, end);
        before = total_memory(&mut server, client);
        assert!(before < held - (1 << 20), "{before} after {held}");
    }
}

#[test]
fn a_client_cannot_fill_the_memory_with_fieldsets() {
    let (mut server, client) = server();
    let name = vec![b'x'; 10 << 20];
    let prepare = |server: &mut Loopback, set: &[u8]| {
        let reply = ask(server, client, &[b"HIMPORT", b"PREPARE", set, &name]);
        String::from_utf8_lossy(&reply).into_owned()
    };
    let refusal = "-ERR fieldsets on this connection take too much memory\r\n";
    assert_eq!(prepare(&mut server, b"u"), "+OK\r\n");
    assert_eq!(prepare(&mut server, b"v"), refusal);
    assert_eq!(prepare(&mut server, b"u"), "+OK\r\n");
    let replies = (0..2000).map(|i| {
        let request = format!("HIMPORT PREPARE {i} a");
        ask_words(&mut server, client, &request)
    });
    let refused: Vec<_> = replies.filter(|reply| reply != b"+OK\r\n").collect();
    let refusal = b"-ERR too many fieldsets on this connection\r\n";
    assert_eq!(refused.len(), 2000 - 1023);
    assert!(refused.iter().all(|reply| reply == refusal));
}

#[test]
fn without_memory_nothing_is_prepared_or_set() {
    let (mut server, client) = server();
    for (request, expected) in [
        ("HIMPORT PREPARE u a", "+OK\r\n"),
        ("CONFIG SET maxmemory 1", "+OK\r\n"),
        ("HIMPORT PREPARE v a", "-OOM "),
        ("HIMPORT SET k u 1", "-OOM "),
        ("HIMPORT DISCARD u", ":1\r\n"),
        ("HIMPORT DISCARDALL", ":0\r\n"),
    ] {
        let reply = ask_words(&mut server, client, request);
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.starts_with(expected), "{request}: {reply}");
    }
}
