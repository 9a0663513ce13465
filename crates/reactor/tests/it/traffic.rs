//! Bytes in, bytes out, ends and exits.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use russet_io::{Address, HangUp, Role, Usage};
use russet_reactor::Signal;

use crate::echo::{BIG, Call, World};

#[test]
fn what_is_sent_comes_back() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"hello").unwrap();
    assert_eq!(world.read(&mut client, 5), b"hello");
    let origin = world.echo().origins[0].clone();
    let Address::Tcp { peer, local } = origin.address else {
        panic!()
    };
    assert_eq!((origin.role, origin.dialed), (Role::Client, None));
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(local, client.peer_addr().unwrap());
}

#[test]
fn a_short_read_is_not_followed_by_another() {
    let mut world = World::listening();
    let mut client = world.connect();
    for round in 1..=10 {
        client.write_all(b"ping").unwrap();
        world.read(&mut client, 4);
        let session = world.echo().sessions.values().next().unwrap();
        assert_eq!(session.reads, round);
    }
}

#[test]
fn a_full_read_is_followed_by_another_in_the_next_turn() {
    let mut world = World::listening();
    world.echo().space_size = 3;
    let mut client = world.connect();
    client.write_all(b"abcdefghij").unwrap();
    assert_eq!(world.read(&mut client, 10), b"abcdefghij");
    world.echo().space_size = 5;
    client.write_all(b"abcdefghij").unwrap();
    assert_eq!(world.read(&mut client, 10), b"abcdefghij");
}

#[test]
fn a_large_output_leaves_in_parts_as_the_peer_reads() {
    for slice_size in [100, 1 << 10, 64 << 10, BIG] {
        let mut world = World::listening();
        world.echo().slice_size = slice_size;
        let mut client = world.connect();
        client.write_all(b"B").unwrap();
        let bytes = world.read(&mut client, BIG);
        assert_eq!(bytes.len(), BIG);
        assert!(
            bytes
                .iter()
                .enumerate()
                .all(|(i, &byte)| byte == (i % 251) as u8)
        );
        client.write_all(b"after").unwrap();
        assert_eq!(world.read(&mut client, 5), b"after");
    }
}

#[test]
fn the_end_is_seen_after_the_last_bytes() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"last words").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(world.read(&mut client, 100), b"last words");
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
    assert_eq!(world.reactor.connection_count(), 0);
}

#[test]
fn the_end_is_seen_when_nothing_precedes_it() {
    let mut world = World::listening();
    drop(world.connect());
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
}

#[test]
fn a_reset_is_a_failure() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"x").unwrap();
    world.turn_until(|echo| echo.sessions.values().all(|session| session.reads == 1));
    // Closing with unread bytes resets.
    drop(client);
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Failed]);
}

#[test]
fn a_paused_connection_is_read_again_when_resumed() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"aP").unwrap();
    assert_eq!(world.read(&mut client, 1), b"a");
    client.write_all(b"bc").unwrap();
    for _ in 0..5 {
        world.turn();
    }
    assert_eq!(world.echo().sessions.values().next().unwrap().reads, 1);
    world.echo().resume = true;
    assert_eq!(world.read(&mut client, 2), b"bc");
}

#[test]
fn the_end_of_a_paused_connection_is_seen_when_nothing_precedes_it() {
    let mut world = World::listening();
    let client = world.connect();
    world.echo().pause_all();
    drop(client);
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
}

#[test]
fn the_end_of_a_paused_connection_waits_for_the_bytes_before_it() {
    let mut world = World::listening();
    let mut client = world.connect();
    world.echo().pause_all();
    client.write_all(b"rest").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    for _ in 0..5 {
        world.turn();
    }
    assert_eq!(world.echo().sessions.len(), 1);
    world.echo().resume = true;
    assert_eq!(world.read(&mut client, 100), b"rest");
    world.turn_until(|echo| echo.sessions.is_empty());
}

#[test]
fn closing_writes_what_is_there() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"byeQ").unwrap();
    assert_eq!(world.read(&mut client, 100), b"bye");
    assert_eq!(world.reactor.connection_count(), 0);
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
}

#[test]
fn closing_waits_until_a_large_output_has_left() {
    for slice_size in [1 << 10, BIG] {
        let mut world = World::listening();
        world.echo().slice_size = slice_size;
        let mut client = world.connect();
        client.write_all(b"BQ").unwrap();
        world.turn_until(|echo| echo.sessions.values().all(|session| session.reads == 1));
        // Nobody reads this.
        client.write_all(b"more").unwrap();
        for _ in 0..5 {
            world.turn();
        }
        assert_eq!(world.reactor.connection_count(), 1);
        let bytes = world.read(&mut client, BIG);
        assert_eq!(bytes.len(), BIG);
        world.turn_until(|echo| echo.sessions.is_empty());
        assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
    }
}

#[test]
fn closing_ends_when_the_peer_goes_away_first() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"BQ").unwrap();
    world.turn_until(|echo| echo.sessions.values().all(|session| session.reads == 1));
    world.turn();
    drop(client);
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Failed]);
}

#[test]
fn killing_does_not_wait_for_output() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"BK").unwrap();
    world.turn_until(|echo| echo.sessions.is_empty());
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
    assert_eq!(world.reactor.connection_count(), 0);
}

#[test]
fn a_killed_connection_has_hung_up_before_the_next_run() {
    let mut world = World::listening();
    let (_first, _second) = (world.connect(), world.connect());
    let conns: Vec<_> = world.echo().sessions.keys().copied().collect();
    world.echo().say(b"some output");
    world.echo().next.kill = conns;
    world.echo().calls.clear();
    world.turn();
    world.turn();
    let (taken, hung_up) = (Call::Taken, Call::HungUp(HangUp::Closed));
    let expect = [
        Call::Run,
        taken.clone(),
        taken,
        hung_up.clone(),
        hung_up,
        Call::Run,
    ];
    assert_eq!(world.echo().calls, expect);
}

#[test]
fn measurements_come_before_a_run_when_they_are_due() {
    let mut world = World::silent();
    world.turn();
    assert!(!world.echo().calls.contains(&Call::Measured(1)));
    let mut resident = 0;
    let measure = Box::new(move || {
        resident += 1;
        Usage {
            resident,
            ..Usage::default()
        }
    });
    let period = Duration::from_millis(50);
    world.reactor.measure_every(period, measure);
    let began = world.echo().last_now.mono_us;
    world.echo().calls.clear();
    world.turn();
    assert_eq!(world.echo().calls, [Call::Measured(1), Call::Run]);
    world.turn_until(|echo| echo.calls.contains(&Call::Measured(3)));
    assert!(world.echo().last_now.mono_us - began >= 100_000);
    assert_eq!(world.echo().calls.pop(), Some(Call::Run));
    assert_eq!(world.echo().calls.pop(), Some(Call::Measured(3)));
}

#[test]
fn a_refused_connection_is_told_why_and_closed() {
    let mut world = World::listening();
    world.echo().refuse = true;
    let mut client = TcpStream::connect(("127.0.0.1", world.port())).unwrap();
    client.set_nonblocking(true).unwrap();
    let bytes = world.read(&mut client, 100);
    assert_eq!(bytes, b"-ERR max number of clients reached\r\n");
    assert_eq!(world.reactor.connection_count(), 0);
}

#[test]
fn hundreds_of_connections_are_served_fairly() {
    let mut world = World::listening();
    let mut clients: Vec<_> = (0..300).map(|_| world.connect()).collect();
    assert_eq!(world.reactor.connection_count(), 300);
    for (i, client) in clients.iter_mut().enumerate() {
        client.write_all(format!("{i:04}").as_bytes()).unwrap();
    }
    for (i, client) in clients.iter_mut().enumerate() {
        assert_eq!(world.read(client, 4), format!("{i:04}").as_bytes());
    }
    drop(clients);
    world.turn_until(|echo| echo.sessions.is_empty());
}

#[test]
fn a_flood_does_not_keep_others_waiting() {
    let mut world = World::listening();
    world.echo().space_size = 16;
    let (mut flood, mut quiet) = (world.connect(), world.connect());
    flood.write_all(&[b'f'; 64 << 10]).unwrap();
    quiet.write_all(b"q").unwrap();
    let runs = world.echo().runs;
    assert_eq!(world.read(&mut quiet, 1), b"q");
    assert!(world.echo().runs - runs < 100);
}

#[test]
fn more_connections_than_a_turn_accepts_are_all_accepted() {
    let mut world = World::listening();
    let port = world.port();
    let clients: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    world.turn_until(|echo| echo.sessions.len() == 100);
    drop(clients);
}

#[test]
fn outputs_leave_before_the_exit() {
    let mut world = World::listening();
    let mut client = world.connect();
    client.write_all(b"bye X").unwrap();
    let code = std::iter::repeat_with(|| world.turn()).find_map(|code| code);
    assert_eq!(code, Some(3));
    let mut answer = [0; 4];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"bye ");
}

#[test]
fn a_wake_up_comes_when_due_and_not_before() {
    let mut world = World::silent();
    world.turn();
    let due = world.echo().last_now.mono_us + 30_000;
    world.echo().wake_at_us = Some(due);
    world.turn();
    let began = Instant::now();
    world.reactor.turn(None).unwrap();
    assert!(world.echo().last_now.mono_us >= due);
    assert!(began.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_stall_blocks_everybody() {
    let mut world = World::silent();
    world.turn();
    world.echo().next.stall_us = 20_000;
    let began = Instant::now();
    world.turn();
    assert!(began.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_signal_from_another_thread_wakes_the_loop() {
    let mut world = World::silent();
    world.turn();
    let remote = world.reactor.remote();
    std::thread::spawn(move || remote.request_shutdown(Signal::Term))
        .join()
        .unwrap()
        .unwrap();
    world.reactor.turn(None).unwrap();
    assert_eq!(world.echo().signals, ["SIGTERM"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_of_any_bytes_comes_back_whole(
        parts in prop::collection::vec(prop::collection::vec(b'a'..=b'z', 1..200), 1..20),
        space_size in 1_usize..64,
        slice_size in 1_usize..32,
    ) {
        let mut world = World::listening();
        world.echo().space_size = space_size;
        world.echo().slice_size = slice_size;
        let mut client = world.connect();
        for part in &parts {
            client.write_all(part).unwrap();
            world.turn();
        }
        let whole = parts.concat();
        prop_assert_eq!(world.read(&mut client, whole.len()), whole);
    }
}
