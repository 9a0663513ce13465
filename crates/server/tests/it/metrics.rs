//! Metrics by HTTP, over real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::process::Server;

/// A server that serves metrics on a port, which was free a moment before.
fn start() -> (Server, u16) {
    for _ in 0..20 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let server = Server::start(&[]);
        let reply = server.ask(&format!(
            "CONFIG SET metrics-port {port} metrics-bind 127.0.0.1"
        ));
        if reply == "+OK" {
            return (server, port);
        }
    }
    panic!("every port was taken by somebody else");
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let limit = Some(Duration::from_secs(20));
    stream.set_read_timeout(limit).unwrap();
    stream
}

/// All that comes until the server closes.
fn exchange(port: u16, request: &[u8]) -> String {
    let mut stream = connect(port);
    stream.write_all(request).unwrap();
    let mut response = Vec::new();
    match stream.read_to_end(&mut response) {
        // The server has closed before it read all.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        result => drop(result.unwrap()),
    }
    String::from_utf8(response).unwrap()
}

#[test]
fn metrics_are_served_on_a_port_of_their_own_which_comes_and_goes() {
    let (server, port) = start();
    let scrape = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let page = exchange(port, scrape);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with('\n'));
    assert!(page.contains("\nredis_up 1\n") && page.contains("\nrusset_http_connections 1\n"));
    let config_set = "{cmd=\"config|set\"";
    for part in ["_bucket", "_sum", "_count"] {
        assert!(
            page.contains(&format!("redis_commands_latencies_usec{part}{config_set}")),
            "{page}"
        );
    }
    let quantile = format!("redis_latency_percentiles_usec{config_set},quantile=\"99.9\"}} ");
    assert!(page.contains(&quantile), "{page}");
    assert_eq!(server.ask("CONFIG SET latency-tracking no"), "+OK");
    assert!(exchange(port, b"PING\r\n").starts_with("HTTP/1.1 400 "));
    assert_eq!(server.ask("CONFIG SET metrics-port 0"), "+OK");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port();
    let reply = server.ask(&format!("CONFIG SET metrics-port {taken}"));
    assert!(reply.contains("Unable to listen on this port"), "{reply}");
}

#[test]
fn requests_follow_each_other_on_one_connection_however_they_are_split() {
    let (_server, port) = start();
    let mut stream = connect(port);
    stream.set_nodelay(true).unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..3 {
        for byte in request.chunks(7) {
            stream.write_all(byte).unwrap();
        }
        let mut response = vec![0; 1024];
        let mut size = 0;
        while !response[..size].ends_with(b"\r\n\r\nok\n") {
            let count = stream.read(&mut response[size..]).unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&response[..size]));
            size += count;
        }
    }
    // Three at once, and the end behind them.
    let last = b"HEAD /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream
        .write_all(&[&request.repeat(3)[..], last].concat())
        .unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(rest.matches("HTTP/1.1 200 OK\r\n").count(), 3);
    assert!(rest.contains("HTTP/1.1 404 Not Found\r\n") && rest.ends_with("\r\n\r\n"));
}

#[test]
fn a_flood_of_half_requests_keeps_nobody_out() {
    let (server, port) = start();
    let held: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = connect(port);
            stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
            stream
        })
        .collect();
    // Each has been read from, so that none is idle.
    while !server.ask("PING").starts_with("+PONG") {}
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let served = exchange(port, request);
    assert!(served.starts_with("HTTP/1.1 200 "), "{served}");
    let long = [&b"GET /"[..], &[b'a'; 20_000]].concat();
    drop(held);
    assert_eq!(server.ask("PING"), "+PONG");
    assert!(exchange(port, &long).starts_with("HTTP/1.1 431 "));
    let (mut slow, mut page) = (connect(port), String::new());
    slow.write_all(b"GET /metrics HT").unwrap();
    // It is closed after five seconds.
    assert_eq!(slow.read_to_string(&mut page).unwrap_or(0), 0);
}
