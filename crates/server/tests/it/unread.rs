//! Clients that ask and read nothing: their number closed, and the memory they took.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use crate::process::Server;

const CLIENTS: u64 = 32;

/// The output that closes a client, in bytes.
const LIMIT: u64 = 1 << 20;

/// Bytes that memory may grow by beyond the sum of the limits.
const BEYOND_MAX: u64 = 16 << 20;

/// A number of kilobytes from the status of a server, as bytes.
fn status(server: &Server, field: &str) -> u64 {
    let path = format!("/proc/{}/status", server.process_id());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let number = line.unwrap().trim_matches([':', '\t', ' ', 'k', 'B']);
    number.parse::<u64>().unwrap() << 10
}

/// A field of INFO.
fn info(server: &Server, field: &str) -> String {
    let mut stream = UnixStream::connect(server.path("socket")).unwrap();
    stream.write_all(b"INFO stats\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let field = format!("{field}:");
    let mut values = lines.filter_map(|line| line.strip_prefix(&field).map(str::to_owned));
    values.next().unwrap()
}

#[test]
fn clients_that_read_nothing_are_closed_and_take_no_more_than_their_limits() {
    let server = Server::start(&["--client-output-buffer-limit", "normal 1mb 0 0"]);
    server.ask(&format!("SET k {}", "x".repeat(10_000)));
    let connect = |_| UnixStream::connect(server.path("socket")).unwrap();
    let mut streams: Vec<UnixStream> = (0..CLIENTS).map(connect).collect();
    let before = status(&server, "VmRSS");
    let request = b"GET k\r\n".repeat(10);
    // Four times as much as the limit, for sockets hold some.
    for _ in 0..40 {
        // Those that are closed cannot be written to.
        streams.retain_mut(|stream| stream.write_all(&request).is_ok());
        assert_eq!(server.ask("PING"), "+PONG");
    }
    let closed = info(&server, "client_output_buffer_limit_disconnections");
    assert_eq!(closed, CLIENTS.to_string());
    let growth = status(&server, "VmHWM").saturating_sub(before);
    assert!(growth <= CLIENTS * LIMIT + BEYOND_MAX, "{growth}");
    // They were let come near their limits: the test measures what it is about.
    assert!(growth >= CLIENTS * LIMIT / 2, "{growth}");
}
