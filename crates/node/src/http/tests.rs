//! Connections that speak HTTP, without a node.

use bytes::Bytes;
use proptest::prelude::*;
use russet_io::{Admission, ConnId, Piece, Ready};

use super::connections::{BUSY, COUNT_MAX};
use super::head::{self, HEAD_SIZE_MAX, Method, Refusal, Request};
use super::session::{KEPT_US, PATIENCE_US};
use super::{Connections, Response, Status};
use crate::fuzz::http::play;

fn conn(index: u32) -> ConnId {
    ConnId {
        index,
        generation: 1,
    }
}

fn send(connections: &mut Connections, conn: ConnId, mut bytes: &[u8], now_us: u64) {
    while !bytes.is_empty() {
        let space = connections.space(conn).expect("it is here");
        let count = space.len().min(bytes.len());
        if count == 0 {
            return;
        }
        space[..count].copy_from_slice(&bytes[..count]);
        connections.received(conn, count, now_us);
        bytes = &bytes[count..];
    }
}

/// The bytes that wait for a connection.
fn waiting(connections: &Connections, conn: ConnId) -> Vec<u8> {
    let mut pieces = [Piece::Bytes(&[]); 4];
    let count = connections.pieces(conn, &mut pieces);
    let pieces = pieces[..count].iter();
    pieces.flat_map(|piece| piece.bytes().to_vec()).collect()
}

fn killed(connections: &mut Connections) -> Vec<u32> {
    let mut ready = Ready::default();
    connections.ready(&mut ready);
    let mut killed: Vec<u32> = ready.kill.iter().map(|conn| conn.index).collect();
    killed.sort_unstable();
    killed
}

/// Answers whatever has come with a body of its own.
fn answer_all(connections: &mut Connections, body: &Bytes, now_us: u64) -> usize {
    let mut count = 0;
    while let Some((conn, request)) = connections.next_request(now_us) {
        let response = Response {
            body: body.clone(),
            ..Response::bare(Status::Ok)
        };
        connections.answer((conn, &request), response, now_us);
        count += 1;
    }
    count
}

fn read(text: &str) -> Result<Option<(Request, usize)>, Refusal> {
    head::read(text.as_bytes())
}

#[test]
fn a_request_is_understood() {
    let text =
        "\r\nGET /metrics?name[]=a HTTP/1.1\r\nhost: x\r\nAUTHORIZATION: Basic eDp5\r\n\r\nG";
    let (request, size) = read(text).unwrap().unwrap();
    let expected = Request {
        method: Method::Get,
        path: "/metrics".to_owned(),
        query: "name[]=a".to_owned(),
        authorization: Some(b"Basic eDp5".to_vec()),
        is_kept: true,
        is_old: false,
    };
    assert_eq!((request, size), (expected, text.len() - 1));
    assert_eq!(read(&text[..text.len() - 2]), Ok(None));
}

#[test]
fn a_connection_is_kept_as_the_versions_of_http_say() {
    let cases = [
        ("1.1", "", true),
        ("1.1", "Connection: close", false),
        ("1.1", "Connection: keep-alive, Close", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive", true),
        ("1.0", "Connection: keep-alive\r\nConnection: close", false),
    ];
    for (version, field, is_kept) in cases {
        let text = format!("HEAD / HTTP/{version}\r\nHost: x\r\n{field}\r\n\r\n");
        let text = text.replace("\r\n\r\n\r\n", "\r\n\r\n");
        let (request, _) = read(&text).unwrap().unwrap();
        assert_eq!(request.is_kept, is_kept, "{text}");
        assert_eq!(
            (request.method, request.is_old),
            (Method::Head, version == "1.0")
        );
    }
}

#[test]
fn targets_may_be_whole_uris() {
    let cases = [
        ("/a?b?c", Some(("/a", "b?c"))),
        ("http://h:1/a", Some(("/a", ""))),
        ("HTTP://h", Some(("/", ""))),
        ("*", Some(("*", ""))),
        ("h:443", None),
    ];
    for (target, expected) in cases {
        let result = read(&format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        match (result, expected) {
            (Ok(Some((request, _))), Some((path, query))) => {
                assert_eq!((&*request.path, &*request.query), (path, query));
            }
            (result, expected) => {
                assert_eq!(result, Err(Refusal::Malformed), "{target}");
                assert_eq!(expected, None);
            }
        }
    }
}

#[test]
fn what_is_not_served_is_refused() {
    let fields = |fields: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let many = "a: b\r\n".repeat(64);
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Refusal::Malformed),
        (fields("Host: y\r\n"), Refusal::Malformed),
        (fields("Content-Length: 1\r\n"), Refusal::Body),
        (
            fields("Content-Length: 0\r\nContent-Length: 0\r\n"),
            Refusal::Malformed,
        ),
        (fields("Content-Length: x\r\n"), Refusal::Malformed),
        (fields("Transfer-Encoding: chunked\r\n"), Refusal::Body),
        (fields(&many), Refusal::TooLarge),
        ("*1\r\n$4\r\nPING\r\n".to_owned(), Refusal::Malformed),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), Refusal::Version),
        ("\x16\x03\x01".to_owned(), Refusal::Malformed),
    ];
    for (text, refusal) in cases {
        assert_eq!(read(&text), Err(refusal), "{text}");
    }
    assert!(read(&fields("Content-Length: 0\r\n")).unwrap().is_some());
}

#[test]
fn a_head_ends_or_the_connection_does() {
    let most = format!("GET /{} HTTP/1.0\r\n\r\n", "a".repeat(HEAD_SIZE_MAX - 18));
    assert_eq!(most.len(), HEAD_SIZE_MAX);
    let ok = play(most.as_bytes(), usize::MAX, usize::MAX);
    assert!(ok.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let more = format!("GET /{}", "a".repeat(HEAD_SIZE_MAX));
    for piece in [1, 1000, usize::MAX] {
        let refused = play(more.as_bytes(), piece, usize::MAX);
        let refused = String::from_utf8(refused).unwrap();
        assert!(refused.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
        assert!(refused.contains("\r\nConnection: close\r\n\r\n431 "));
    }
}

#[test]
fn the_next_request_waits_until_the_response_is_taken() {
    let mut connections = Connections::default();
    connections.open(conn(1), 0);
    send(
        &mut connections,
        conn(1),
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        0,
    );
    assert_eq!(
        answer_all(&mut connections, &Bytes::from_static(b"body"), 0),
        1
    );
    assert!(connections.space(conn(1)).unwrap().is_empty());
    let mut ready = Ready::default();
    connections.ready(&mut ready);
    assert_eq!((&ready.flush, ready.again), (&vec![conn(1)], false));
    assert!(connections.is_quiet());
    let head_len = waiting(&connections, conn(1)).len() - 4;
    connections.taken(conn(1), head_len + 1, 0);
    assert_eq!(waiting(&connections, conn(1)), b"ody");
    connections.taken(conn(1), 3, 0);
    assert_eq!(waiting(&connections, conn(1)), b"");
    connections.ready(&mut ready);
    assert_eq!(ready.resume, [conn(1)]);
    assert!(!connections.space(conn(1)).unwrap().is_empty());
}

#[test]
fn whoever_takes_too_long_is_closed() {
    let mut connections = Connections::default();
    for index in 0..5 {
        connections.open(conn(index), 0);
    }
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    send(&mut connections, conn(1), &request[..9], 1);
    send(&mut connections, conn(2), request, 2);
    send(&mut connections, conn(3), request, 3);
    send(&mut connections, conn(4), b"\n\n \n", 3);
    answer_all(&mut connections, &Bytes::from_static(b""), 5);
    let size = waiting(&connections, conn(3)).len();
    connections.taken(conn(3), size, 6);
    assert_eq!(killed(&mut connections), []);
    for (now_us, expected) in [
        (PATIENCE_US - 1, vec![]),
        (PATIENCE_US, vec![0]),
        (PATIENCE_US + 1, vec![1]),
        (PATIENCE_US + 5, vec![2, 4]),
        (KEPT_US + 5, vec![]),
        (KEPT_US + 6, vec![3]),
    ] {
        connections.close_slow(now_us);
        assert_eq!(killed(&mut connections), expected, "{now_us}");
    }
    assert!(connections.is_empty());
}

#[test]
fn the_idle_make_room_then_the_slowest_and_nobody_who_is_answered() {
    let mut connections = Connections::default();
    let full = COUNT_MAX as u32;
    for index in 0..full {
        connections.open(conn(index), u64::from(100 - index));
    }
    assert_eq!(connections.open(conn(full), 200), Admission::Accept);
    assert_eq!(killed(&mut connections), [full - 1]);
    assert_eq!(connections.len(), COUNT_MAX);
    for index in (0..full - 1).chain([full]) {
        send(
            &mut connections,
            conn(index),
            b"GET",
            300 + u64::from(index),
        );
    }
    assert_eq!(connections.open(conn(full + 1), 400), Admission::Accept);
    assert_eq!(killed(&mut connections), [0]);
    let rest = b" / HTTP/1.1\r\nHost: x\r\n\r\n";
    for index in (1..full - 1).chain([full]) {
        send(&mut connections, conn(index), rest, 400);
    }
    send(
        &mut connections,
        conn(full + 1),
        &[b"GET", &rest[..]].concat(),
        400,
    );
    answer_all(&mut connections, &Bytes::from_static(b"x"), 400);
    assert_eq!(
        connections.open(conn(full + 2), 400),
        Admission::Refuse(BUSY)
    );
    assert_eq!(killed(&mut connections), []);
    let (head, body) = BUSY.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
}

#[test]
fn slow_peers_together_hold_less_than_a_mebibyte() {
    let mut connections = Connections::default();
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "b".repeat(8_000));
    let newest = 100 << 10;
    for index in 0..COUNT_MAX as u32 {
        connections.open(conn(index), 0);
        send(&mut connections, conn(index), head.as_bytes(), 0);
        // What follows the head of a request stays in the buffer.
        send(&mut connections, conn(index), b"\r\n\r\n", 0);
        let body = Bytes::from(vec![b'x'; newest]);
        answer_all(&mut connections, &body, u64::from(index));
        let memory = connections.memory() - newest;
        assert!(memory < 1 << 20, "{index}: {memory}");
    }
    let closed = killed(&mut connections);
    assert_eq!(
        closed,
        (0..closed.len() as u32).collect::<Vec<u32>>(),
        "the slowest first"
    );
    assert_eq!(closed.len(), COUNT_MAX - 4);
    connections.hung_up(conn(63));
    assert!(!connections.hung_up(conn(0)), "it is forgotten already");
}

proptest! {
    #[test]
    fn any_split_brings_the_same_responses(
        requests in proptest::collection::vec(prop_oneof![
            Just("GET /metrics?name%5B%5D=a HTTP/1.1\r\nHost: x\r\n\r\n"),
            Just("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            Just("\r\nPOST /x HTTP/1.1\nHost: y\n\n"),
            Just("GET / HTTP/1.1\r\n"),
            Just("Host: x\r\n\r\n"),
            Just("Content-Length: 7\r\n"),
            Just("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            Just("\0"),
            Just("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ], 0..8),
        sent in 1_usize..60,
        taken in 1_usize..400,
    ) {
        let bytes = requests.concat();
        let whole = play(bytes.as_bytes(), usize::MAX, usize::MAX);
        let split = play(bytes.as_bytes(), sent, taken);
        prop_assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&split));
    }
}
