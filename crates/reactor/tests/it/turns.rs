//! Turns of many connections: they are short, and nothing is read while something is behind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use russet_io::{
    Admission, ConnId, HangUp, JobId, ListenPlan, Now, Origin, Outcome, Piece, Ready, Service,
    TcpBind,
};
use russet_reactor::Reactor;
use russet_reactor::clock::stopwatch_ns;
use russet_reactor::log::NoLog;

/// Connections, and so bytes that wait.
const MANY: usize = 120;

/// The most connections that a turn may read or write here: the clock is looked at after 16 and
/// after 32, and by then the time is over.
const FEW: usize = 40;

/// A service that takes its time with everything: it sends back each byte.
#[derive(Default)]
struct Slow {
    conns: Vec<ConnId>,
    space: [u8; 16],
    owed: Vec<ConnId>,
    /// Bytes that were received and sent in each turn.
    turns: Vec<(usize, usize)>,
    now: (usize, usize),
    /// Turns in which it says that it is behind.
    behind: usize,
}

fn take_time() {
    let until_ns = stopwatch_ns() + 50_000;
    while stopwatch_ns() < until_ns {}
}

impl Service for Slow {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
        self.conns.push(conn);
        Admission::Accept
    }

    fn space(&mut self, _: ConnId) -> &mut [u8] {
        &mut self.space
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        take_time();
        self.now.0 += count;
        self.owed.push(conn);
    }

    fn hung_up(&mut self, _: ConnId, _: HangUp) {}

    fn run(&mut self, _: Now) {}

    fn ready(&mut self, ready: &mut Ready) {
        self.turns.push(std::mem::take(&mut self.now));
        ready.flush.extend(&self.owed);
        ready.again = self.behind > 0;
        ready.is_behind = self.behind > 0;
        self.behind = self.behind.saturating_sub(1);
    }

    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        pieces[0] = Piece::Bytes(b"!");
        usize::from(self.owed.contains(&conn))
    }

    fn completed(&mut self, _: JobId, _: Outcome) {}

    fn taken(&mut self, conn: ConnId, count: usize) {
        take_time();
        self.now.1 += count;
        self.owed.retain(|other| *other != conn);
    }
}

/// A loop with many clients, each of which sent a byte.
fn start() -> (Reactor<Slow>, Vec<TcpStream>) {
    let mut reactor = Reactor::new(Slow::default(), Box::new(NoLog)).unwrap();
    let plan = ListenPlan {
        tcp: vec![TcpBind {
            host: "127.0.0.1".to_owned(),
            ..TcpBind::default()
        }],
        backlog: 512,
        ..ListenPlan::default()
    };
    reactor.listen(&plan).unwrap();
    let address = reactor.addresses()[0];
    let mut clients = Vec::new();
    for _ in 0..MANY {
        clients.push(TcpStream::connect(address).unwrap());
    }
    while reactor.service().conns.len() < MANY {
        reactor.turn(Some(Duration::from_millis(10))).unwrap();
    }
    for client in &mut clients {
        client.write_all(b"?").unwrap();
    }
    reactor.service_mut().turns.clear();
    (reactor, clients)
}

fn sums(turns: &[(usize, usize)]) -> (usize, usize) {
    turns
        .iter()
        .fold((0, 0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1))
}

#[test]
fn a_turn_reads_and_writes_some_and_the_next_goes_on() {
    let (mut reactor, mut clients) = start();
    while sums(&reactor.service().turns).1 < MANY {
        reactor.turn(Some(Duration::from_millis(10))).unwrap();
    }
    let turns = &reactor.service().turns;
    assert_eq!(sums(turns).0, MANY);
    let most = |field: fn(&(usize, usize)) -> usize| turns.iter().map(field).max();
    assert!(most(|turn| turn.0) <= Some(FEW), "{turns:?}");
    assert!(most(|turn| turn.1) <= Some(FEW), "{turns:?}");
    for client in &mut clients {
        client.read_exact(&mut [0]).unwrap();
    }
}

#[test]
fn nothing_is_read_while_the_service_is_behind() {
    let (mut reactor, _clients) = start();
    reactor.service_mut().behind = 3;
    while sums(&reactor.service().turns).0 < MANY {
        reactor.turn(Some(Duration::from_millis(10))).unwrap();
    }
    // The first turn reads before it hears of it.
    let turns = &reactor.service().turns;
    assert!(turns[0].0 > 0, "{turns:?}");
    assert_eq!(
        turns[1..4].iter().map(|turn| turn.0).sum::<usize>(),
        0,
        "{turns:?}"
    );
}
