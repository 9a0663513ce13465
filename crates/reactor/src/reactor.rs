//! The loop: waits for events, moves bytes, and does what the service lists.
//!
//! ```text
//!  turn ─► wait ─► note events ─► accept ─► read each once ─► run ─► exchange ─► act on Ready ─┐
//!    ▲                                                                                        │
//!    └── at once if reads, writes or accepts are left, or the service asks ◄──────────────────┘
//! ```
//! Each connection is read once and written once a turn, whatever it has: one that floods waits in
//! line behind all others. The lists keep their capacity, so a turn allocates nothing.
//!
//! Always true: `Ready` is acted upon strictly in the order of its fields.
//! Always true: the service is asked about a connection between `opened` and `hung_up`, never
//! before or after; every connection that it accepted ends in one `hung_up`.
//! Not here: sockets — `socket.rs`; listening — `listener.rs`; files — `files.rs`; words with
//! other servers — `exchange.rs`; when to rest before a wait — `gather.rs`.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use mio::{Events, Poll};
use russet_base::time::Now;
use russet_io::{ConnId, HangUp, Job, JobId, ListenPlan, LogLevel, Outcome, Ready, Service};

use crate::clock::{self, Clock};
use crate::exchange::Links;
use crate::files;
use crate::gather::Gather;
use crate::listener::{ListenError, Listeners};
use crate::log::{LogSink, os_text};
use crate::remote::Remote;
use crate::socket::{ReadEnd, WriteEnd};
use crate::table::Table;
use crate::token::{self, Addressee};
use crate::worker::Worker;

mod accept;

/// Events that one wait takes.
const EVENTS: usize = 1_024;

/// How long the first wait after a busy turn may be, for timeouts are counted from the time that
/// the turn began with: a long turn delays what is due by no more than this.
const BUSY_WAIT_MAX_US: u64 = 10_000;

/// A single-threaded loop that drives a service.
pub struct Reactor<S> {
    service: S,
    poll: Poll,
    events: Events,
    listeners: Listeners,
    table: Table,
    /// Connections to read from, in order of arrival.
    reads: Vec<ConnId>,
    /// Connections to write to.
    writes: Vec<ConnId>,
    /// An empty list that a phase swaps with the one it works off.
    spare: Vec<ConnId>,
    ready: Ready,
    clock: Clock,
    now: Now,
    gather: Gather,
    worker: Worker,
    /// Connections to other servers.
    links: Links,
    remote: Remote,
    log: Box<dyn LogSink>,
    is_remote_calling: bool,
    /// The service wants to run again at once.
    again: bool,
    wake_at_us: Option<u64>,
    /// No accepting before this time: descriptors ran out.
    accept_at_us: u64,
    /// No log line about that before this time.
    complain_at_us: u64,
    /// The turn did something, so its time is old when it ends.
    was_busy: bool,
}

impl<S: Service> Reactor<S> {
    /// Makes a loop for a service. It listens nowhere yet.
    ///
    /// # Errors
    /// The system has no event queue for us.
    pub fn new(service: S, log: Box<dyn LogSink>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let remote = Remote::new(poll.registry())?;
        let mut clock = Clock::new();
        let now = clock.now();
        Ok(Self {
            service,
            poll,
            events: Events::with_capacity(EVENTS),
            listeners: Listeners::default(),
            table: Table::default(),
            reads: Vec::new(),
            writes: Vec::new(),
            spare: Vec::new(),
            ready: Ready::default(),
            clock,
            now,
            gather: Gather::default(),
            worker: Worker::default(),
            links: Links::default(),
            remote,
            log,
            is_remote_calling: false,
            again: true,
            wake_at_us: None,
            accept_at_us: 0,
            complain_at_us: 0,
            was_busy: false,
        })
    }

    /// Listens on exactly these addresses. On failure the old listeners stay.
    ///
    /// # Errors
    /// The first address that could not be listened on. Each is also a line of the log.
    pub fn listen(&mut self, plan: &ListenPlan) -> Result<(), ListenError> {
        let mut warnings = Vec::new();
        let done = self
            .listeners
            .replace(plan, self.poll.registry(), &mut warnings);
        for warning in warnings {
            self.log.line(LogLevel::Warning, &warning);
        }
        done
    }

    /// Turns until the service asks for the end, and returns its exit code.
    ///
    /// # Errors
    /// Waiting for events failed, which no later attempt can mend.
    pub fn run(&mut self) -> io::Result<i32> {
        clock::sharpen_sleep();
        loop {
            if let Some(code) = self.turn(None)? {
                return Ok(code);
            }
        }
    }

    /// Turns once, waiting for events no longer than `at_most`. Returns the exit code when the
    /// service asks for the end.
    ///
    /// # Errors
    /// Waiting for events failed.
    pub fn turn(&mut self, at_most: Option<Duration>) -> io::Result<Option<i32>> {
        self.wait(at_most)?;
        self.now = self.clock.now();
        self.gather.turn(self.now.mono_us);
        self.note_events();
        self.hear_signals();
        self.accept_all();
        self.read_all();
        self.service.run(self.now);
        self.exchange();
        self.service.ready(&mut self.ready);
        let exit = self.act();
        self.ready.clear();
        Ok(exit)
    }

    /// Closes all listeners. Says whether the file of a Unix socket was removed.
    pub fn close_listeners(&mut self) -> bool {
        self.listeners.close()
    }

    /// A handle for other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// The TCP addresses that are listened on, with the ports that the system chose for port 0.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.addresses()
    }

    /// The path of the Unix socket that is listened on.
    #[must_use]
    pub fn unix_path(&self) -> Option<&str> {
        self.listeners.unix_path()
    }

    /// How many connections are open.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.table.len()
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &S {
        &self.service
    }

    /// The service, to be changed between turns.
    pub fn service_mut(&mut self) -> &mut S {
        &mut self.service
    }

    /// The place where log lines go.
    pub fn log(&mut self) -> &mut dyn LogSink {
        &mut *self.log
    }

    fn wait(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        let timeout = match (self.timeout(), at_most) {
            (Some(timeout), Some(at_most)) => Some(timeout.min(at_most)),
            (one, other) => one.or(other),
        };
        if self.was_busy && self.gather.rest_us() > 0 && timeout != Some(Duration::ZERO) {
            self.look(Some(Duration::ZERO))?;
            if !self.events.is_empty() {
                return Ok(());
            }
            clock::sleep_us(self.gather.rest_us());
        }
        self.look(timeout)
    }

    fn look(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            // A signal: the events are empty, and its thread speaks through the remote.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let is_work_left = self.again || !self.reads.is_empty() || !self.writes.is_empty();
        let is_backing_off = self.accept_at_us > self.now.mono_us;
        let is_accepting = self.listeners.is_any_pending();
        if is_work_left || is_accepting && !is_backing_off {
            return Some(Duration::ZERO);
        }
        let accept_at = is_accepting.then_some(self.accept_at_us);
        let due = [self.wake_at_us, accept_at].into_iter().flatten().min()?;
        let mut micros = due.saturating_sub(self.now.mono_us);
        if self.was_busy {
            micros = micros.min(BUSY_WAIT_MAX_US);
        }
        Some(Duration::from_micros(micros))
    }

    fn note_events(&mut self) {
        self.was_busy = false;
        for event in &self.events {
            self.was_busy = true;
            let conn = match Addressee::of(event.token()) {
                Addressee::Connection(conn) => conn,
                Addressee::Listener(number) => {
                    self.listeners.note(number);
                    continue;
                }
                Addressee::Remote => {
                    self.is_remote_calling = true;
                    continue;
                }
            };
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            connection.note(event);
            if connection.wants_read(event) && !mem::replace(&mut connection.is_queued, true) {
                self.reads.push(conn);
            }
            if connection.wants_write(event) && !mem::replace(&mut connection.is_writing, true) {
                self.writes.push(conn);
            }
        }
    }

    fn hear_signals(&mut self) {
        if !mem::take(&mut self.is_remote_calling) {
            return;
        }
        for signal in self.remote.take_signals() {
            self.service.shutdown_requested(self.now, signal.name());
        }
    }

    /// Reads once from each connection that may have bytes. Those that may have more wait for the
    /// next turn, behind all others.
    fn read_all(&mut self) {
        let mut reads = mem::replace(&mut self.reads, mem::take(&mut self.spare));
        for conn in reads.drain(..) {
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            connection.is_queued = false;
            if connection.is_closing {
                continue;
            }
            let end = connection.read(conn, &mut self.service);
            if let ReadEnd::Some(_) = end {
                self.gather.heard(self.now.mono_us, connection.replied_us);
            }
            match end {
                ReadEnd::Some(_) | ReadEnd::Nothing => {
                    connection.is_queued = connection.is_readable;
                    if connection.is_queued {
                        self.reads.push(conn);
                    }
                }
                ReadEnd::Paused => {}
                ReadEnd::Closed => self.hang_up(conn, HangUp::Closed),
                ReadEnd::Failed => self.hang_up(conn, HangUp::Failed),
            }
        }
        self.spare = reads;
    }

    /// Says to other servers what the service wants said; nothing else happens meanwhile.
    fn exchange(&mut self) {
        while let Some(exchange) = self.service.poll_exchange() {
            let end = self.links.carry_out(&exchange);
            self.service.exchanged(end);
            // What is due by now is not to wait for the time that the turn began with.
            self.now = self.clock.now();
        }
    }

    fn hang_up(&mut self, conn: ConnId, why: HangUp) {
        self.table.remove(conn);
        self.service.hung_up(conn, why);
    }

    /// Does what the service listed, field by field.
    fn act(&mut self) -> Option<i32> {
        for line in self.ready.log.drain(..) {
            self.log.line(line.level, &line.text);
        }
        self.again = self.ready.again;
        self.wake_at_us = self.ready.wake_at_us;
        self.start_jobs();
        self.flush();
        self.resume();
        self.close_all();
        if self.ready.stall_us > 0 {
            clock::sleep_us(self.ready.stall_us);
            // What is due by now is not to wait for the time that the turn began with.
            self.now = self.clock.now();
        }
        self.ready.exit
    }

    fn start_jobs(&mut self) {
        let mut jobs = mem::take(&mut self.ready.jobs);
        for (id, job) in jobs.drain(..) {
            self.start_job(id, job);
        }
        self.ready.jobs = jobs;
    }

    fn start_job(&mut self, id: JobId, job: Job) {
        let outcome = match job {
            Job::Discard(load) => return self.worker.discard(load),
            Job::Keepalive(seconds) => return self.listeners.set_keepalive(seconds),
            Job::DropLink(link) => return self.links.close(link),
            Job::Log { file, level } => return self.redirect_log(&file, level),
            Job::Listen(plan) => match self.listen(&plan) {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Failed(error.to_string()),
            },
            Job::ReplaceFile { path, contents } => {
                outcome_of(files::replace(Path::new(&path), &contents))
            }
            Job::ChangeDir(path) => outcome_of(files::change_dir(Path::new(&path))),
        };
        self.service.completed(id, outcome);
        // Somebody waits for the answer, which the next run writes.
        self.again = true;
    }

    fn redirect_log(&mut self, file: &str, level: Option<LogLevel>) {
        if let Err(error) = self.log.redirect(file, level) {
            let text = format!("Can't open the log file: {}", os_text(&error));
            self.log.line(LogLevel::Warning, &text);
        }
    }

    /// Writes once to each connection that the service names, that has room again, or that had
    /// more to write than one call takes.
    fn flush(&mut self) {
        for conn in self.ready.flush.drain(..) {
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            // One that waits for room is written to when the room is there.
            if !connection.is_unsent && !mem::replace(&mut connection.is_writing, true) {
                self.writes.push(conn);
            }
        }
        let mut writes = mem::replace(&mut self.writes, mem::take(&mut self.spare));
        for conn in writes.drain(..) {
            self.write(conn);
        }
        self.spare = writes;
    }

    fn write(&mut self, conn: ConnId) {
        let Some(connection) = self.table.get_mut(conn) else {
            return;
        };
        let was_unsent = connection.is_unsent;
        let end = connection.write(conn, &mut self.service);
        connection.is_writing = end == WriteEnd::More;
        connection.replied_us = self.now.mono_us;
        let is_closing = connection.is_closing;
        let armed = if connection.is_unsent == was_unsent {
            Ok(())
        } else {
            connection.await_room(self.poll.registry(), token::of_connection(conn))
        };
        match end {
            WriteEnd::Failed => self.hang_up(conn, HangUp::Failed),
            _ if armed.is_err() => self.hang_up(conn, HangUp::Failed),
            WriteEnd::More => self.writes.push(conn),
            WriteEnd::Done if is_closing => {
                connection.drain();
                self.hang_up(conn, HangUp::Closed);
            }
            WriteEnd::Done | WriteEnd::Blocked => {}
        }
    }

    fn resume(&mut self) {
        for conn in self.ready.resume.drain(..) {
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            connection.is_paused = false;
            if connection.is_readable && !mem::replace(&mut connection.is_queued, true) {
                self.reads.push(conn);
            }
        }
    }

    /// Closes the connections that the service is done with: those to close when their output has
    /// left, those to kill now.
    fn close_all(&mut self) {
        let mut closing = mem::take(&mut self.ready.close);
        for conn in closing.drain(..) {
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            connection.is_closing = true;
            // One whose output waits closes when the last of it left.
            if !connection.is_unsent && !connection.is_writing {
                self.write(conn);
            }
        }
        self.ready.close = closing;
        let mut killed = mem::take(&mut self.ready.kill);
        for conn in killed.drain(..) {
            if self.table.get_mut(conn).is_some() {
                self.hang_up(conn, HangUp::Closed);
            }
        }
        self.ready.kill = killed;
    }
}

fn outcome_of(done: io::Result<()>) -> Outcome {
    match done {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(os_text(&error)),
    }
}

impl<S> std::fmt::Debug for Reactor<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactor")
            .field("listeners", &self.listeners)
            .field("connections", &self.table.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
