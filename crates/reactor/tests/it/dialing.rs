//! Connections that the service asks for.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};

use russet_io::{Address, Dial, HangUp, Job, JobId, Outcome, Role, Transport};

use crate::echo::World;

fn dial(address: SocketAddr) -> Dial {
    Dial {
        host: address.ip().to_string(),
        port: address.port(),
        role: Role::Bus,
        transport: Transport::Plain,
        source: String::new(),
        timeout_ms: 20_000,
    }
}

fn start(world: &mut World, dial: Dial) {
    world.echo().job(7, Job::Dial(dial));
}

fn kind(world: &mut World, dial: Dial) -> ErrorKind {
    start(world, dial);
    world.turn_until(|echo| !echo.outcomes.is_empty());
    assert_eq!(world.echo().sessions.len(), 0);
    match world.echo().outcomes.pop() {
        Some((JobId(7), Outcome::Failed(failure))) => {
            assert!(!failure.text.is_empty());
            failure.kind
        }
        other => panic!("{other:?}"),
    }
}

/// An address that nobody listens on.
fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn a_dialed_connection_is_like_any_other() {
    let mut world = World::silent();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    start(&mut world, dial(address));
    world.turn_until(|echo| echo.sessions.len() == 1);
    let (mut stream, from) = peer.accept().unwrap();
    let origin = world.echo().origins[0].clone();
    let (peer, local) = (address, from);
    assert_eq!(origin.address, Address::Tcp { peer, local });
    assert_eq!((origin.role, origin.dialed), (Role::Bus, Some(JobId(7))));
    world.echo().say(b"first");
    world.turn();
    stream.write_all(b" ping").unwrap();
    stream.set_nonblocking(true).unwrap();
    assert_eq!(world.read(&mut stream, 10), b"first ping");
    stream.write_all(b"bye!Q").unwrap();
    assert_eq!(world.read(&mut stream, 100), b"bye!");
    assert_eq!(world.echo().hang_ups, [HangUp::Closed]);
    assert!(world.echo().outcomes.is_empty());
}

#[test]
fn a_dialed_connection_can_be_killed() {
    let mut world = World::silent();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    start(&mut world, dial(peer.local_addr().unwrap()));
    world.turn_until(|echo| echo.sessions.len() == 1);
    let (mut stream, _) = peer.accept().unwrap();
    let conn = *world.echo().sessions.keys().next().unwrap();
    world.echo().next.kill.push(conn);
    world.turn();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(world.reactor.connection_count(), 0);
}

#[test]
fn two_loops_speak_with_each_other() {
    let (mut caller, mut called) = (World::silent(), World::listening());
    start(&mut caller, dial(called.reactor.addresses()[0]));
    caller.turn_until(|echo| echo.sessions.len() == 1);
    caller.echo().say(b"hello");
    caller.turn();
    called.turn_until(|echo| echo.sessions.values().any(|s| s.received == b"hello"));
    caller.turn_until(|echo| echo.sessions.values().any(|s| s.received == b"hello"));
}

#[test]
fn a_host_name_is_resolved_first() {
    let mut world = World::silent();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut wanted = dial(peer.local_addr().unwrap());
    wanted.host = "localhost".to_owned();
    start(&mut world, wanted);
    world.turn_until(|echo| echo.sessions.len() == 1);
    assert_eq!(world.echo().origins[0].dialed, Some(JobId(7)));
}

#[test]
fn a_refused_dial_fails() {
    let mut world = World::silent();
    let refused = kind(&mut world, dial(closed()));
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    // The loop goes on as if nothing had been.
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    start(&mut world, dial(peer.local_addr().unwrap()));
    world.turn_until(|echo| echo.sessions.len() == 1);
}

#[test]
fn an_unknown_host_fails() {
    let mut world = World::silent();
    let mut wanted = dial(closed());
    wanted.host = "no such host".to_owned();
    assert_eq!(kind(&mut world, wanted), ErrorKind::NotFound);
}

#[test]
fn a_dial_that_takes_too_long_fails() {
    let mut world = World::silent();
    // A queue of one that is full answers nobody.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut wanted = dial(address);
    wanted.timeout_ms = 100;
    let ends = |world: &World| {
        let echo = world.reactor.service();
        echo.sessions.len() + echo.outcomes.len()
    };
    for count in 1..=8 {
        start(&mut world, wanted.clone());
        while ends(&world) < count {
            world.turn();
        }
    }
    let (_, last) = world.echo().outcomes.last().expect("the queue is short");
    assert_eq!(last.failure().unwrap().kind, ErrorKind::TimedOut);
    assert_eq!(last.failure().unwrap().text, "Connection timed out");
}

#[test]
fn a_dial_comes_from_the_address_that_it_names() {
    let mut world = World::silent();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut wanted = dial(peer.local_addr().unwrap());
    wanted.source = "127.0.0.2".to_owned();
    start(&mut world, wanted.clone());
    world.turn_until(|echo| echo.sessions.len() == 1);
    assert_eq!(peer.accept().unwrap().1.ip().to_string(), "127.0.0.2");
    let mut world = World::silent();
    wanted.source = "192.0.2.1".to_owned();
    let refused = kind(&mut world, wanted.clone());
    assert_eq!(refused, ErrorKind::AddrNotAvailable);
    wanted.source = "nobody".to_owned();
    assert_eq!(kind(&mut world, wanted), ErrorKind::InvalidInput);
}

#[test]
fn tls_is_refused_as_long_as_there_are_no_certificates() {
    let mut world = World::silent();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut wanted = dial(peer.local_addr().unwrap());
    wanted.transport = Transport::tls();
    assert_eq!(kind(&mut world, wanted), ErrorKind::Unsupported);
}

#[test]
fn a_service_may_refuse_what_it_dialed() {
    let mut world = World::silent();
    world.echo().refuse = true;
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    start(&mut world, dial(peer.local_addr().unwrap()));
    world.turn();
    let (mut stream, _) = peer.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    let text = world.read(&mut stream, 100);
    assert_eq!(text, b"-ERR max number of clients reached\r\n");
    assert_eq!(world.reactor.connection_count(), 0);
}
