//! A service that answers each byte with itself, and a few letters with deeds.

use std::collections::BTreeMap;
use std::io::{ErrorKind, IoSlice, Read};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use russet_base::time::Now;
use russet_io::{
    Admission, ConnId, HangUp, Job, JobId, ListenPlan, LogLevel, Origin, Outcome, Ready, Service,
    TcpBind,
};
use russet_reactor::{LogSink, Reactor};

/// What the echo remembers of a connection.
#[derive(Default)]
pub(crate) struct Session {
    space: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    is_paused: bool,
    is_over: bool,
    pub(crate) reads: usize,
}

/// An echo: `Q` closes, `K` kills, `P` pauses reading, `B` answers with much, `X` ends the process.
#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) sessions: BTreeMap<ConnId, Session>,
    pub(crate) space_size: usize,
    pub(crate) slice_size: usize,
    pub(crate) refuse: bool,
    pub(crate) jobs: Vec<(JobId, Job)>,
    pub(crate) outcomes: Vec<(JobId, Outcome)>,
    pub(crate) hang_ups: Vec<HangUp>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) signals: Vec<&'static str>,
    pub(crate) runs: usize,
    pub(crate) wake_at_us: Option<u64>,
    pub(crate) last_now: Now,
    pub(crate) resume: bool,
    pub(crate) stall_us: u64,
    next: Ready,
}

/// What `B` is answered with.
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
}

impl Service for Echo {
    fn opened(&mut self, conn: ConnId, origin: &Origin, _now: Now) -> Admission {
        if self.refuse {
            return Admission::Refuse("-ERR max number of clients reached\r\n");
        }
        self.origins.push(origin.clone());
        assert!(self.sessions.insert(conn, Session::default()).is_none());
        Admission::Accept
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let session = self.sessions.get_mut(&conn).unwrap();
        session.space.resize(
            if session.is_paused {
                0
            } else {
                self.space_size
            },
            0,
        );
        &mut session.space
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        let session = self.sessions.get_mut(&conn).unwrap();
        assert!(
            !session.is_over,
            "nothing is read after the service asked to close"
        );
        session.reads += 1;
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
                b'X' => self.next.exit = Some(3),
                b'B' => session.output.extend((0..BIG).map(|i| (i % 251) as u8)),
                _ => session.output.push(byte),
            }
        }
        self.next.flush.push(conn);
    }

    fn hung_up(&mut self, conn: ConnId, why: HangUp) {
        assert!(self.sessions.remove(&conn).is_some());
        self.hang_ups.push(why);
    }

    fn run(&mut self, now: Now) {
        self.runs += 1;
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
        ready.jobs.append(&mut self.jobs);
        ready.flush.append(&mut self.next.flush);
        ready.resume.append(&mut self.next.resume);
        ready.close.append(&mut self.next.close);
        ready.kill.append(&mut self.next.kill);
        ready.exit = self.next.exit.take();
        ready.wake_at_us = self.wake_at_us;
        ready.stall_us = std::mem::take(&mut self.stall_us);
    }

    fn output<'s>(&'s self, conn: ConnId, slices: &mut [IoSlice<'s>]) -> usize {
        let session = &self.sessions[&conn];
        let chunks = session.output[session.sent..].chunks(self.slice_size);
        slices
            .iter_mut()
            .zip(chunks)
            .map(|(slice, chunk)| *slice = IoSlice::new(chunk))
            .count()
    }

    fn written(&mut self, conn: ConnId, count: usize) {
        let session = self.sessions.get_mut(&conn).unwrap();
        session.sent += count;
        assert!(session.sent <= session.output.len());
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.outcomes.push((job, outcome));
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
        optional: false,
    }
}

pub(crate) fn plan(tcp: Vec<TcpBind>) -> ListenPlan {
    ListenPlan {
        tcp,
        unix: None,
        backlog: 128,
        keepalive_s: 300,
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

    /// Turns until so many bytes arrived at a client, or its connection ended.
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
