//! Clients that are closed for the memory that all clients occupy together.

use crate::limits::{ask, field, server};

/// The beginning of a request with a long argument, and that many bytes of it.
fn unfinished(len: usize) -> Vec<u8> {
    let mut bytes = format!("*2\r\n${}\r\n", 50_000_000).into_bytes();
    bytes.resize(bytes.len() + len, b'x');
    bytes
}

#[test]
fn a_client_whose_request_grows_beyond_the_limit_is_closed() {
    let mut server = server("maxmemory-clients 1mb\n");
    let (client, control) = (server.connect(), server.connect());
    server.send(client, &unfinished(500_000));
    assert!(!server.is_closed(client));
    assert!(field(&mut server, client, "tot-mem") > 500_000);
    server.send(client, &[b'x'; 600_000]);
    assert!(server.is_closed(client) && !server.is_closed(control));
    let info = ask(&mut server, control, "INFO stats");
    assert!(info.contains("evicted_clients:1\r\n"), "{info}");
}

#[test]
fn a_client_that_reads_nothing_is_closed_and_one_that_reads_is_not() {
    let mut server = server("maxmemory-clients 1mb\n");
    let (client, reader) = (server.connect(), server.connect());
    ask(&mut server, reader, "SETRANGE k 100000 x");
    for _ in 0..50 {
        server.send(client, b"GET k\r\n");
        ask(&mut server, reader, "GET k");
        if server.is_closed(client) {
            break;
        }
    }
    assert!(server.is_closed(client));
    assert!(!server.is_closed(reader));
}

#[test]
fn a_subscriber_that_reads_nothing_is_closed() {
    let mut server = server("maxmemory-clients 1mb\n");
    let (client, publisher) = (server.connect(), server.connect());
    server.send(client, b"SUBSCRIBE c\r\n");
    let message = "x".repeat(30_000);
    for _ in 0..100 {
        ask(&mut server, publisher, &format!("PUBLISH c {message}"));
    }
    assert!(server.is_closed(client));
    assert!(!server.is_closed(publisher));
}

#[test]
fn a_lower_limit_closes_the_heaviest_first_and_no_more_than_needed() {
    for limit in ["3500000", "35%"] {
        let mut server = server("maxmemory 10000000\n");
        let control = server.connect();
        let sizes = [100_000, 400_000, 800_000, 3_200_000];
        let clients = sizes.map(|_| server.connect());
        for (client, size) in clients.into_iter().zip(sizes) {
            server.send(client, &unfinished(size));
        }
        let kept = server.connect();
        ask(&mut server, kept, "CLIENT NO-EVICT on");
        server.send(kept, &unfinished(300_000));
        ask(
            &mut server,
            control,
            &format!("CONFIG SET maxmemory-clients {limit}"),
        );
        server.advance(1);
        let closed = clients.map(|client| server.is_closed(client));
        assert_eq!(closed, [false, false, false, true], "{limit}");
        assert!(!server.is_closed(kept));
        ask(&mut server, control, "CONFIG SET maxmemory-clients 0");
        let last = server.connect();
        server.send(last, &unfinished(4_000_000));
        assert!(!server.is_closed(last));
    }
}

#[test]
fn a_limit_is_never_too_low_for_the_client_that_raises_it() {
    for (setup, limit) in [
        ("", "1"),
        ("maxmemory 1000000\n", "1%"),
        ("maxmemory 10\n", "1%"),
    ] {
        let mut server = server(setup);
        let (control, other) = (server.connect(), server.connect());
        let request = format!("CONFIG SET maxmemory-clients {limit}");
        assert_eq!(ask(&mut server, control, &request), "+OK\r\n");
        server.advance(1);
        server.send(other, &unfinished(50_000));
        assert!(
            !server.is_closed(control) && !server.is_closed(other),
            "{limit}"
        );
        server.send(other, &[b'x'; 90_000]);
        assert!(
            !server.is_closed(control) && server.is_closed(other),
            "{limit}"
        );
        let request = "CONFIG SET maxmemory-clients 0";
        assert_eq!(ask(&mut server, control, request), "+OK\r\n");
    }
}

#[test]
fn watched_keys_subscriptions_and_prefixes_count() {
    let requests: [&dyn Fn(usize) -> String; 4] = [
        &|n| format!("WATCH key:{n}"),
        &|n| format!("SUBSCRIBE channel:{n}"),
        &|n| format!("PSUBSCRIBE pattern:{n}"),
        &|n| format!("CLIENT TRACKING on BCAST PREFIX {n:012}"),
    ];
    for request in requests {
        let mut server = server("maxmemory-clients 200000\n");
        let (client, control) = (server.connect(), server.connect());
        ask(&mut server, client, "HELLO 3");
        for n in 0..10_000 {
            server.send(client, format!("{}\r\n", request(n)).as_bytes());
            let mut replies = Vec::new();
            server.receive_into(client, &mut replies);
            if server.is_closed(client) {
                break;
            }
        }
        assert!(server.is_closed(client), "{}", request(0));
        assert!(!server.is_closed(control));
    }
}
