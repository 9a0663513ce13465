//! A service that answers every line with `+PONG`: the loop's own cost, without a server's.
//!
//! ```sh
//! cargo run --release -p russet-reactor --example pong -- 7000 &
//! redis-benchmark -p 7000 -t ping_inline
//! ```
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use russet_io::{
    Admission, ConnId, HangUp, JobId, ListenPlan, Now, Origin, Outcome, Piece, Ready, Service,
    TcpBind, UnixBind,
};
use russet_reactor::Reactor;
use russet_reactor::log::NoLog;

#[derive(Default)]
struct Session {
    generation: u32,
    output: Vec<u8>,
}

struct Pong {
    sessions: Vec<Session>,
    space: Vec<u8>,
    next: Ready,
}

impl Service for Pong {
    fn opened(&mut self, conn: ConnId, _origin: &Origin, _now: Now) -> Admission {
        let index = conn.index as usize;
        if self.sessions.len() <= index {
            self.sessions.resize_with(index + 1, Session::default);
        }
        self.sessions[index].generation = conn.generation;
        Admission::Accept
    }

    fn space(&mut self, _conn: ConnId) -> &mut [u8] {
        &mut self.space
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        let lines = self.space[..count].iter().filter(|&&b| b == b'\n').count();
        let session = &mut self.sessions[conn.index as usize];
        for _ in 0..lines {
            session.output.extend_from_slice(b"+PONG\r\n");
        }
        self.next.flush.push(conn);
    }

    fn hung_up(&mut self, conn: ConnId, _why: HangUp) {
        self.sessions[conn.index as usize].output.clear();
    }

    fn run(&mut self, _now: Now) {}

    fn ready(&mut self, ready: &mut Ready) {
        std::mem::swap(&mut ready.flush, &mut self.next.flush);
    }

    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        let output = &self.sessions[conn.index as usize].output;
        pieces[0] = Piece::Bytes(output);
        usize::from(!output.is_empty())
    }

    fn taken(&mut self, conn: ConnId, count: usize) {
        self.sessions[conn.index as usize].output.drain(..count);
    }

    fn completed(&mut self, _job: JobId, _outcome: Outcome) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 7000,
    };
    let pong = Pong {
        sessions: Vec::new(),
        space: vec![0; 64 << 10],
        next: Ready::default(),
    };
    let mut reactor = Reactor::new(pong, Box::new(NoLog))?;
    let bind = TcpBind {
        host: "127.0.0.1".into(),
        port,
        ..TcpBind::default()
    };
    let unix = std::env::args().nth(2).map(|path| UnixBind {
        path,
        ..UnixBind::default()
    });
    reactor.listen(&ListenPlan {
        tcp: vec![bind],
        unix,
        backlog: 511,
        keepalive_s: 300,
        ..ListenPlan::default()
    })?;
    println!("listening on {:?}", reactor.addresses());
    reactor.run()?;
    Ok(())
}
