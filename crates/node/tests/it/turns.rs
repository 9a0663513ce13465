//! Turns that end before all input ran, for time is short; messages that their clients share.

use std::cell::Cell;

use russet_base::time::Now;
use russet_io::{Address, ConnId, Origin, Piece, Ready, Service};
use russet_node::{Config, Environment, Node};
use russet_resp::encode_request;

const NOW: Now = Now {
    wall_us: 1_704_067_200_000_000,
    mono_us: 1_000_000,
};

thread_local! {
    static READINGS: Cell<u64> = const { Cell::new(0) };
}

/// A millisecond passes from a reading to the next.
fn leap() -> u64 {
    READINGS.set(READINGS.get() + 1_000_000);
    READINGS.get()
}

fn conn(index: u32) -> ConnId {
    ConnId {
        index,
        generation: 1,
    }
}

fn node(clients: u32) -> Node {
    let mut environment = Environment::new(1);
    environment.stopwatch = Some(leap);
    let mut node = Node::new(Config::default(), environment, NOW);
    for index in 0..clients {
        let origin = Origin::client(Address::Unix {
            path: "turns".to_owned(),
        });
        node.opened(conn(index), &origin, NOW);
    }
    node
}

fn receive(node: &mut Node, conn: ConnId, bytes: &[u8]) {
    node.space(conn)[..bytes.len()].copy_from_slice(bytes);
    node.received(conn, bytes.len());
}

/// Runs until nothing is left to do.
fn run(node: &mut Node) {
    let mut ready = Ready::default();
    loop {
        node.run(NOW);
        ready.clear();
        node.ready(&mut ready);
        if !ready.again {
            break;
        }
    }
}

fn output(node: &mut Node, conn: ConnId) -> String {
    let mut pieces = [Piece::Bytes(&[]); 8];
    let filled = node.output(conn, &mut pieces);
    let text: Vec<u8> = pieces[..filled]
        .iter()
        .flat_map(|piece| piece.bytes())
        .copied()
        .collect();
    node.taken(conn, text.len());
    String::from_utf8(text).expect("replies here are text")
}

#[test]
fn a_turn_ends_when_its_time_is_over_and_the_next_goes_on_where_it_ended() {
    let mut node = node(3);
    let text: String = (0..40).map(|n| format!("PING {n}\r\n")).collect();
    for index in 0..3 {
        receive(&mut node, conn(index), text.as_bytes());
    }
    let (mut replies, mut turns) = (vec![String::new(); 3], 0);
    let mut ready = Ready::default();
    loop {
        node.run(NOW);
        ready.clear();
        node.ready(&mut ready);
        turns += 1;
        for index in 0..3 {
            let reply = output(&mut node, conn(index));
            replies[index as usize].push_str(&reply);
        }
        if !ready.is_behind {
            break;
        }
        assert!(ready.again, "what is left runs at once");
    }
    let whole: String = (0..40)
        .map(|n: u32| format!("${}\r\n{n}\r\n", n.to_string().len()))
        .collect();
    assert_eq!(replies, [whole.as_str(); 3]);
    // The second look at the clock comes behind the fourth batch of sixteen.
    assert_eq!(turns, 2);
}

#[test]
fn a_turn_that_ran_all_is_not_behind() {
    let mut node = node(1);
    receive(&mut node, conn(0), b"PING\r\n");
    node.run(NOW);
    let mut ready = Ready::default();
    node.ready(&mut ready);
    assert!(!ready.is_behind);
    assert_eq!(output(&mut node, conn(0)), "+PONG\r\n");
}

#[test]
fn clients_that_hear_of_the_same_keys_share_the_message() {
    let mut node = node(4);
    let tracks = [
        "HELLO 3\r\nCLIENT TRACKING ON BCAST\r\n",
        "HELLO 3\r\nCLIENT TRACKING ON BCAST\r\n",
        "HELLO 3\r\nCLIENT TRACKING ON BCAST NOLOOP\r\n",
        "",
    ];
    for (index, request) in (0..).zip(tracks) {
        receive(&mut node, conn(index), request.as_bytes());
        run(&mut node);
        output(&mut node, conn(index));
    }
    // Enough keys for a message that is worth sharing.
    let words: Vec<String> = (0..1_000)
        .flat_map(|n| [format!("a-key-that-is-long-{n}"), "v".to_owned()])
        .collect();
    let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    let mut request = Vec::new();
    encode_request(&[&[b"MSET".as_slice()], &*words].concat(), &mut request);
    let mut rest = &*request;
    while !rest.is_empty() {
        let count = node.space(conn(3)).len().min(rest.len());
        let (piece, behind) = rest.split_at(count);
        receive(&mut node, conn(3), piece);
        run(&mut node);
        rest = behind;
    }
    let message = |index| {
        let mut pieces = [Piece::Bytes(&[]); 8];
        let filled = node.output(conn(index), &mut pieces);
        pieces[..filled]
            .iter()
            .find_map(|piece| match piece {
                Piece::Shared(bytes) => Some(bytes.as_ptr()),
                Piece::Bytes(_) => None,
            })
            .expect("it is shared")
    };
    assert_eq!(message(0), message(1));
    assert_eq!(message(0), message(2));
}
