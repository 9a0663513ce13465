//! A service that answers each byte with itself, and a few letters with deeds.

use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use russet_io::{
    Admission, Append, ConnId, Exit, Failure, HangUp, Job, JobId, ListenPlan, LogLevel, Now,
    Origin, Outcome, Piece, Ready, Service, TcpBind, Usage,
};
use russet_reactor::{LogSink, Reactor};

/// State that the echo keeps for a connection.
#[derive(Default)]
pub(crate) struct Session {
    space: Vec<u8>,
    /// The output in pieces; every other one is given as shared.
    pub(crate) output: VecDeque<Bytes>,
    /// Bytes that the loop took and that did not leave yet.
    pub(crate) held: usize,
    is_paused: bool,
    is_over: bool,
    pub(crate) reads: usize,
    pub(crate) received: Vec<u8>,
}

/// A call of the loop, for tests of their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Opened,
    Run,
    Taken,
    HungUp(HangUp),
    Completed(JobId),
    AppendFailed(u64),
    Measured(u64),
}

/// An echo: `Q` closes, `K` kills, `P` pauses reading, `B` answers with much, `X` ends the process.
#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) sessions: BTreeMap<ConnId, Session>,
    pub(crate) space_size: usize,
    pub(crate) slice_size: usize,
    pub(crate) refuse: bool,
    /// No output is given.
    pub(crate) is_fenced: bool,
    /// An append that fails fences the output.
    pub(crate) fences_on_failure: bool,
    pub(crate) outcomes: Vec<(JobId, Outcome)>,
    pub(crate) failures: Vec<(Append, Failure)>,
    pub(crate) hang_ups: Vec<HangUp>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) signals: Vec<&'static str>,
    pub(crate) calls: Vec<Call>,
    pub(crate) runs: usize,
    pub(crate) wake_at_us: Option<u64>,
    pub(crate) last_now: Now,
    pub(crate) resume: bool,
    pub(crate) flush_within_us: u64,
    /// Orders of the next turn.
    pub(crate) next: Ready,
}

/// Size of the reply to `B`.
pub(crate) const BIG: usize = 8 << 20;

impl Echo {
    pub(crate) fn new() -> Self {
        Self {
            space_size: 4096,
            slice_size: 64 << 10,
            ..Self::default()
        }
    }

    pub(crate) fn pause_all(&mut self) {
        self.sessions
            .values_mut()
            .for_each(|session| session.is_paused = true);
    }

    pub(crate) fn job(&mut self, id: u64, job: Job) {
        self.next.jobs.push((JobId(id), job));
    }

    /// Says something to each client.
    pub(crate) fn say(&mut self, text: &[u8]) {
        for (conn, session) in &mut self.sessions {
            session.add(text, self.slice_size);
            self.next.flush.push(*conn);
        }
    }
}

impl Session {
    fn add(&mut self, bytes: &[u8], slice_size: usize) {
        let pieces = bytes.chunks(slice_size).map(Bytes::copy_from_slice);
        self.output.extend(pieces);
    }
}

impl Service for Echo {
    fn opened(&mut self, conn: ConnId, origin: &Origin, _now: Now) -> Admission {
        if self.refuse {
            return Admission::Refuse("-ERR max number of clients reached\r\n");
        }
        self.calls.push(Call::Opened);
        self.origins.push(origin.clone());
        let session = Session::default();
        assert!(self.sessions.insert(conn, session).is_none());
        Admission::Accept
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let session = self.sessions.get_mut(&conn).unwrap();
        let size = if session.is_paused {
            0
        } else {
            self.space_size
        };
        session.space.resize(size, 0);
        &mut session.space
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        let session = self.sessions.get_mut(&conn).unwrap();
        assert!(
            !session.is_over,
            "nothing is read after the service asked to close"
        );
        session.reads += 1;
        session.received.extend_from_slice(&session.space[..count]);
        let mut answer = Vec::new();
        for &byte in &session.space[..count] {
            match byte {
                b'Q' => {
                    session.is_over = true;
                    self.next.close.push(conn);
                }
                b'K' => {
                    session.is_over = true;
                    self.next.kill.push(conn);
                }
                b'P' => session.is_paused = true,
                b'X' => {
                    self.next.exit = Some(Exit {
                        code: 3,
                        flush_within_us: self.flush_within_us,
                    });
                }
                b'B' => answer.extend((0..BIG).map(|i| (i % 251) as u8)),
                _ => answer.push(byte),
            }
        }
        session.add(&answer, self.slice_size);
        self.next.flush.push(conn);
    }

    fn hung_up(&mut self, conn: ConnId, why: HangUp) {
        assert!(self.sessions.remove(&conn).is_some());
        self.hang_ups.push(why);
        self.calls.push(Call::HungUp(why));
    }

    fn run(&mut self, now: Now) {
        self.runs += 1;
        self.calls.push(Call::Run);
        assert!(now.mono_us >= self.last_now.mono_us);
        self.last_now = now;
        if std::mem::take(&mut self.resume) {
            for (conn, session) in &mut self.sessions {
                session.is_paused = false;
                self.next.resume.push(*conn);
            }
        }
    }

    fn ready(&mut self, ready: &mut Ready) {
        *ready = std::mem::take(&mut self.next);
        ready.wake_at_us = self.wake_at_us;
    }

    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        if self.is_fenced {
            return 0;
        }
        let output = &self.sessions[&conn].output;
        let filled = pieces.iter_mut().zip(output).enumerate();
        filled
            .map(|(i, (piece, bytes))| {
                *piece = match i % 2 {
                    0 => Piece::Bytes(bytes),
                    _ => Piece::Shared(bytes),
                }
            })
            .count()
    }

    fn taken(&mut self, conn: ConnId, mut count: usize) {
        self.calls.push(Call::Taken);
        let session = self.sessions.get_mut(&conn).unwrap();
        assert_eq!(session.held, 0, "nothing is taken while bytes are held");
        let output = &mut session.output;
        while count > 0 {
            let first = output.front_mut().expect("no more is taken than was given");
            let part = count.min(first.len());
            first.advance(part);
            if first.is_empty() {
                output.pop_front();
            }
            count -= part;
        }
    }

    fn held(&mut self, conn: ConnId, count: usize) {
        let session = self.sessions.get_mut(&conn).unwrap();
        assert!(count > 0 || session.held > 0, "0 is said once");
        session.held = count;
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.calls.push(Call::Completed(job));
        self.outcomes.push((job, outcome));
    }

    fn append_failed(&mut self, append: Append, failure: Failure) {
        self.calls.push(Call::AppendFailed(append.offset));
        self.is_fenced |= self.fences_on_failure;
        self.failures.push((append, failure));
    }

    fn measured(&mut self, usage: &Usage) {
        self.calls.push(Call::Measured(usage.resident));
    }

    fn shutdown_requested(&mut self, _now: Now, signal: &'static str) {
        self.signals.push(signal);
    }
}

/// The lines that a loop logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

impl LogSink for Lines {
    fn line(&mut self, _level: LogLevel, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }

    fn redirect(&mut self, file: &str, _level: Option<LogLevel>) -> std::io::Result<()> {
        match file {
            "/forbidden" => Err(std::io::Error::from_raw_os_error(13)),
            _ => Ok(()),
        }
    }
}

/// A loop around an echo, and its log.
pub(crate) struct World {
    pub(crate) reactor: Reactor<Echo>,
    pub(crate) lines: Lines,
}

pub(crate) fn tcp(host: &str, port: u16) -> TcpBind {
    TcpBind {
        host: host.to_owned(),
        port,
        ..TcpBind::default()
    }
}

pub(crate) fn plan(tcp: Vec<TcpBind>) -> ListenPlan {
    ListenPlan {
        tcp,
        unix: None,
        backlog: 128,
        keepalive_s: 300,
        handshakes_per_turn: 1,
    }
}

impl World {
    /// A loop that listens nowhere.
    pub(crate) fn silent() -> Self {
        let lines = Lines::default();
        let reactor = Reactor::new(Echo::new(), Box::new(lines.clone())).unwrap();
        Self { reactor, lines }
    }

    /// A loop that listens on a port of the system's choice.
    pub(crate) fn listening() -> Self {
        let mut world = Self::silent();
        world
            .reactor
            .listen(&plan(vec![tcp("127.0.0.1", 0)]))
            .unwrap();
        world
    }

    pub(crate) fn port(&self) -> u16 {
        self.reactor.addresses()[0].port()
    }

    pub(crate) fn echo(&mut self) -> &mut Echo {
        self.reactor.service_mut()
    }

    pub(crate) fn connect(&mut self) -> TcpStream {
        let client = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        client.set_nonblocking(true).unwrap();
        let count = self.echo().sessions.len() + 1;
        self.turn_until(|echo| echo.sessions.len() == count);
        client
    }

    pub(crate) fn turn(&mut self) -> Option<i32> {
        self.reactor.turn(Some(Duration::from_millis(1))).unwrap()
    }

    /// Turns until the echo is in some state.
    pub(crate) fn turn_until(&mut self, mut is_met: impl FnMut(&Echo) -> bool) {
        let patience = Instant::now() + Duration::from_secs(20);
        while !is_met(self.reactor.service()) {
            assert!(Instant::now() < patience, "the awaited state never came");
            assert_eq!(self.turn(), None);
        }
    }

    /// Turns until `count` bytes arrived at a client, or its connection ended.
    pub(crate) fn read(&mut self, client: &mut impl Read, count: usize) -> Vec<u8> {
        let patience = Instant::now() + Duration::from_secs(20);
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        while bytes.len() < count {
            assert!(Instant::now() < patience, "the awaited bytes never came");
            match client.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert_eq!(self.turn(), None)
                }
                Err(error) => panic!("{error}"),
            }
        }
        bytes
    }
}
