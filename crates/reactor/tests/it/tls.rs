//! TLS: the same bytes and ends as without, handshakes that go wrong, and certificates.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use russet_io::{HangUp, Origin, Transport};
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, SupportedProtocolVersion};

use crate::echo::{BIG, World};

mod certs;
mod client;
mod hostile;
mod identity;
mod loading;

use certs::Files;
use client::{Client, config, listening, settings};

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

fn world() -> World {
    listening(&settings(&Files::new()))
}

#[test]
fn what_is_sent_comes_back_in_either_version() {
    for version in BOTH {
        let mut world = world();
        let mut client = Client::connect(&mut world, config(&[version], None));
        client.say(b"hello");
        assert_eq!(world.read(&mut client, 5), b"hello");
        let Origin { transport, .. } = &world.echo().origins[0];
        assert_eq!(*transport, Transport::tls());
        assert_eq!(client.tls.protocol_version(), Some(version.version));
    }
}

#[test]
fn bytes_may_come_one_at_a_time() {
    for version in BOTH {
        let mut world = world();
        let mut client = Client::new(&world, config(&[version], None));
        client.piece = 1;
        client.shake(&mut world).unwrap();
        assert_eq!(client.tls.writer().write(b"hello").unwrap(), 5);
        assert_eq!(world.read(&mut client, 5), b"hello");
    }
}

#[test]
fn a_request_behind_the_handshake_needs_no_edge_of_its_own() {
    for version in BOTH {
        let mut world = world();
        let mut client = Client::new(&world, config(&[version], None));
        // rustls keeps it and sends it in one write with the end of the handshake.
        assert_eq!(client.tls.writer().write(b"early").unwrap(), 5);
        client.shake(&mut world).unwrap();
        assert_eq!(world.read(&mut client, 5), b"early");
    }
}

#[test]
fn plaintext_of_one_record_is_read_to_its_end_in_small_spaces() {
    let mut world = world();
    world.echo().space_size = 7;
    let mut client = Client::connect(&mut world, config(BOTH, None));
    let text: Vec<u8> = (0..10_000).map(|i| b'a' + (i % 10) as u8).collect();
    client.say(&text);
    assert_eq!(world.read(&mut client, text.len()), text);
}

#[test]
fn records_of_any_size_are_read_however_many_come_at_once() {
    for space_size in [1_000, 4_096, 1 << 20] {
        let mut world = world();
        world.echo().space_size = space_size;
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.tls.set_buffer_limit(None);
        let mut text = Vec::new();
        for size in [1, 16_384, 100, 16_383, 9_000, 16_384, 2, 16_000, 5_000].repeat(8) {
            let record: Vec<u8> = (0..size).map(|i| b'a' + (i % 20) as u8).collect();
            client.tls.writer().write_all(&record).unwrap();
            text.extend_from_slice(&record);
        }
        let arrived = world.read(&mut client, text.len());
        assert!(arrived == text, "{space_size}");
    }
}

#[test]
fn an_edge_that_comes_while_plaintext_waits_is_not_lost() {
    let mut world = world();
    world.echo().space_size = 2;
    let mut client = Client::connect(&mut world, config(BOTH, None));
    client.say(b"abcdef");
    world.turn_until(|echo| echo.sessions.values().any(|session| session.reads > 0));
    client.say(b"ghi");
    assert_eq!(world.read(&mut client, 9), b"abcdefghi");
}

#[test]
fn a_large_output_leaves_in_parts_as_the_peer_reads() {
    for slice_size in [100, 1 << 10, 64 << 10, BIG] {
        let mut world = world();
        world.echo().slice_size = slice_size;
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.say(b"B");
        let bytes = world.read(&mut client, BIG);
        let expect = (0..BIG).map(|i| (i % 251) as u8);
        assert!(bytes.iter().copied().eq(expect), "{slice_size}");
        client.say(b"after");
        assert_eq!(world.read(&mut client, 5), b"after");
        assert!(
            world
                .echo()
                .sessions
                .values()
                .all(|session| session.held == 0)
        );
    }
}

#[test]
fn of_a_peer_that_reads_nothing_little_is_taken() {
    let mut world = world();
    let mut client = Client::connect(&mut world, config(BOTH, None));
    for _ in 0..8 {
        client.say(b"B");
    }
    world.turn_until(|echo| echo.sessions.values().any(|session| session.held > 0));
    for _ in 0..200 {
        world.turn();
    }
    let session = world.echo().sessions.values().next().unwrap();
    let held = session.held;
    assert!((1..80 << 10).contains(&held), "{held}");
    let left: usize = session.output.iter().map(bytes::Bytes::len).sum();
    assert!(left > 7 * BIG, "{left}");
    assert_eq!(world.read(&mut client, 8 * BIG).len(), 8 * BIG);
}

#[test]
fn the_end_is_seen_after_the_last_bytes_with_a_farewell_or_without() {
    for says_farewell in [true, false] {
        let mut world = world();
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.tls.writer().write_all(b"last words").unwrap();
        if says_farewell {
            client.tls.send_close_notify();
        }
        client.pump().unwrap();
        client.socket.shutdown(Shutdown::Write).unwrap();
        assert_eq!(world.read(&mut client, 10), b"last words");
        world.turn_until(|echo| echo.sessions.is_empty());
        assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
    }
}

#[test]
fn a_farewell_ends_a_connection_whose_socket_stays_open() {
    let mut world = world();
    let mut client = Client::connect(&mut world, config(BOTH, None));
    client.tls.send_close_notify();
    client.pump().unwrap();
    world.turn_until(|echo| echo.sessions.is_empty());
    // Ours comes back: the end was meant.
    assert_eq!(world.read(&mut client, 1), b"");
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
}

#[test]
fn closing_and_killing_say_farewell_after_what_left() {
    for (request, expect) in [(&b"bye Q"[..], &b"bye "[..]), (b"K", b"")] {
        let mut world = world();
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.say(request);
        let mut heard = Vec::new();
        world.turn_until(|echo| echo.sessions.is_empty());
        // Without a farewell this would be an unexpected end.
        loop {
            let mut byte = [0];
            match client.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => heard.push(byte[0]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        assert_eq!(heard, expect);
    }
}

#[test]
fn an_exit_says_farewell_after_what_left() {
    let mut world = world();
    let mut clients = ["bye X", ""].map(|_| Client::connect(&mut world, config(BOTH, None)));
    clients[0].say(b"bye X");
    let code = std::iter::repeat_with(|| world.turn()).find_map(|code| code);
    assert_eq!(code, Some(3));
    drop(world);
    for (mut client, expect) in clients.into_iter().zip([&b"bye "[..], b""]) {
        client.socket.set_nonblocking(false).unwrap();
        let mut heard = Vec::new();
        // Without a farewell this would be an unexpected end.
        while let Ok(count) = client.tls.read_tls(&mut client.socket)
            && count > 0
        {
            client.tls.process_new_packets().unwrap();
        }
        client.tls.reader().read_to_end(&mut heard).unwrap();
        assert_eq!(heard, expect);
    }
}

#[test]
fn the_end_of_a_paused_connection_is_seen() {
    let mut world = world();
    let mut client = Client::connect(&mut world, config(BOTH, None));
    client.say(b"P");
    world.turn_until(|echo| echo.sessions.values().any(|session| session.reads == 1));
    client.tls.send_close_notify();
    client.pump().unwrap();
    drop(client);
    world.turn_until(|echo| echo.sessions.is_empty());
}

#[test]
fn what_a_paused_connection_sent_is_read_when_it_goes_on() {
    let mut world = world();
    let mut client = Client::connect(&mut world, config(BOTH, None));
    client.say(b"P");
    world.turn_until(|echo| echo.sessions.values().any(|session| session.reads == 1));
    client.say(b"later");
    for _ in 0..20 {
        world.turn();
    }
    world.echo().resume = true;
    assert_eq!(world.read(&mut client, 5), b"later");
}

#[test]
fn a_refusal_is_told_in_tls() {
    let mut world = world();
    world.echo().refuse = true;
    let mut client = Client::new(&world, config(BOTH, None));
    let text = world.read(&mut client, 100);
    assert_eq!(text, b"-ERR max number of clients reached\r\n");
    assert_eq!(world.reactor.connection_count(), 0);
}

#[test]
fn who_speaks_no_tls_is_dropped_and_the_service_never_hears_of_it() {
    for garbage in [
        &b"*1\r\n$4\r\nPING\r\n"[..],
        &[0xff; 4096],
        b"\x16\x03\x01\xff\xff",
    ] {
        let mut world = world();
        let mut client = TcpStream::connect(("127.0.0.1", world.port())).unwrap();
        client.set_nonblocking(true).unwrap();
        client.write_all(garbage).unwrap();
        if garbage.len() == 5 {
            client.shutdown(Shutdown::Write).unwrap();
        }
        let mut answer = [0; 64];
        loop {
            match client.read(&mut answer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert_eq!(world.turn(), None);
                }
                Ok(0) | Err(_) => break,
                Ok(size) => panic!("{:?}", &answer[..size]),
            }
        }
        assert!(world.echo().origins.is_empty());
        let lines = world.lines.0.lock().unwrap();
        let told = "Error accepting a client connection: ";
        assert!(lines.iter().any(|line| line.starts_with(told)), "{lines:?}");
    }
}

#[test]
fn a_session_is_resumed_unless_that_is_turned_off() {
    for (resumes, expect) in [(true, HandshakeKind::Resumed), (false, HandshakeKind::Full)] {
        for version in BOTH {
            let files = Files::new();
            let mut wanted = settings(&files);
            wanted.resumes = resumes;
            let mut world = listening(&wanted);
            let config = config(&[version], None);
            let mut first = Client::connect(&mut world, config.clone());
            first.say(b"x");
            world.read(&mut first, 1);
            let second = Client::connect(&mut world, config);
            assert_eq!(second.tls.handshake_kind(), Some(expect), "{version:?}");
        }
    }
}

#[test]
fn handshakes_are_made_a_few_a_turn_and_others_are_served_meanwhile() {
    let mut world = world();
    let mut served = Client::connect(&mut world, config(BOTH, None));
    let mut waiting: Vec<Client> = (0..20)
        .map(|_| Client::new(&world, config(BOTH, None)))
        .collect();
    for client in &mut waiting {
        client.pump().unwrap();
    }
    served.say(b"hello");
    let mut turns = 0;
    while world.echo().sessions.len() < 21 {
        assert_eq!(world.turn(), None);
        turns += 1;
        for client in &mut waiting {
            client.pump().unwrap();
        }
        if turns == 5 {
            assert_eq!(world.read(&mut served, 5), b"hello");
            assert!(world.echo().sessions.len() < 10);
        }
    }
    // Each takes two steps that calculate, and no turn makes two of them.
    assert!(turns >= 40, "{turns}");
}
