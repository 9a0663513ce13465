//! Peers that mean no good: bytes that were tampered with, and connections that say nothing.

use std::io::Write;
use std::net::TcpStream;

use proptest::prelude::*;

use super::client::{Client, config};
use super::{BOTH, world};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_hello_that_was_tampered_with_ends_nobody_else(
        changes in proptest::collection::vec((0..400_usize, any::<u8>()), 1..6),
        cut in 0..3_usize,
    ) {
        let mut world = world();
        let mut hello = Vec::new();
        let mut source = Client::new(&world, config(BOTH, None));
        source.tls.write_tls(&mut hello).unwrap();
        for (at, byte) in changes {
            let length = hello.len();
            hello[at % length] = byte;
        }
        hello.truncate(hello.len() - cut);
        let mut hostile = TcpStream::connect(("127.0.0.1", world.port())).unwrap();
        hostile.set_nonblocking(true).unwrap();
        hostile.write_all(&hello).unwrap();
        for _ in 0..4 {
            world.turn();
        }
        prop_assert!(world.echo().origins.is_empty());
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.say(b"hello");
        prop_assert_eq!(world.read(&mut client, 5), b"hello");
    }

    #[test]
    fn records_that_were_tampered_with_end_their_connection(at in 0..60_usize, bit in 0..8_u8) {
        let mut world = world();
        let mut client = Client::connect(&mut world, config(BOTH, None));
        client.tls.writer().write_all(b"a request that means no harm").unwrap();
        let mut record = Vec::new();
        client.tls.write_tls(&mut record).unwrap();
        let length = record.len();
        record[at % length] ^= 1 << bit;
        client.socket.write_all(&record).unwrap();
        // Otherwise a length that grew would wait for more.
        client.socket.shutdown(std::net::Shutdown::Write).unwrap();
        world.turn_until(|echo| echo.sessions.is_empty());
    }
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let mut world = world();
    let silent: Vec<TcpStream> = (0..200)
        .map(|_| {
            world.turn();
            TcpStream::connect(("127.0.0.1", world.port())).unwrap()
        })
        .collect();
    let mut client = Client::connect(&mut world, config(BOTH, None));
    client.say(b"hello");
    assert_eq!(world.read(&mut client, 5), b"hello");
    assert_eq!(world.echo().origins.len(), 1);
    drop(silent);
}
