//! The loop: waits for events, moves bytes, and does what the service lists.
//!
//! ```text
//!  turn ─► wait ─► note events ─► hear pool, signals ─► dial, accept, shake ─► read ─┐
//!    ▲                                                                                  │
//!    │      again at once if reads, writes or accepts                                   │
//!    └───── are left, or the service asks ◄── act on Ready ◄── run ◄── measure if due ◄─┘
//! ```
//! Each connection is read once and written once a turn, whatever it has: one that floods waits in
//! line behind all others. The lists keep their capacity, so a turn allocates nothing. A turn is
//! short, however many connections have something: reading and writing end when their time is
//! over, and the next turn goes on where this one ended. Nothing is read while output that could
//! leave, or input that arrived, waits for another turn: so that neither grows.
//!
//! Always true: `Ready` is acted upon strictly in the order of its fields.
//! Always true: the service is asked about a connection between `opened` and `hung_up`, never
//! before or after; every connection that it accepted ends in one `hung_up`.
//! Not here: acting — `reactor/act.rs`; files, tasks and other jobs — `reactor/work.rs`; sockets —
//! `socket.rs`; listening — `listener.rs`; when to rest before a wait — `gather.rs`.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use mio::{Events, Poll};
use russet_base::time::Now;
use russet_io::{
    ConnId, Failure, FileId, HangUp, JobId, ListenPlan, LogLevel, Outcome, Ready, Service, Usage,
};

use crate::clock::{self, Clock, Portion};
use crate::dial::Dials;
use crate::flow::OutputEvent;
use crate::gather::Gather;
use crate::listener::{ListenError, Listeners};
use crate::log::LogSink;
use crate::oom_score::Keeper;
use crate::open_files::Reserve;
use crate::order::Order;
use crate::pool::Pool;
use crate::pool::discard::Discards;
use crate::pulse::Pulse;
use crate::remote::Remote;
use crate::shake::{Handshakes, ShakeEnd};
use crate::socket::ReadEnd;
use crate::table::Table;
use crate::tls;
use crate::token::Addressee;

mod accept;
mod act;
mod dial;
mod shake;
mod work;

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
    oom_score: Keeper,
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
    pulse: Pulse,
    gather: Gather,
    pool: Pool,
    /// Work on files that the pool has or will have.
    order: Order,
    /// Files that an append of this turn failed on.
    failed: Vec<(FileId, Failure)>,
    discards: Discards,
    dials: Dials,
    /// Numbers of dials that events are about.
    dialed: Vec<u32>,
    handshakes: Handshakes,
    /// Handshakes that ended in this turn.
    shaken: Vec<ShakeEnd>,
    /// Certificates and keys, once they were loaded.
    tls: Option<tls::Context>,
    /// Jobs that have ended, and that the service does not know of yet.
    ended: Vec<(JobId, Outcome)>,
    meter: Meter,
    remote: Remote,
    log: Box<dyn LogSink>,
    is_remote_calling: bool,
    /// The service wants to run again at once.
    again: bool,
    /// Input or output waits for another turn, for this one took its time.
    is_behind: bool,
    wake_at_us: Option<u64>,
    reserve: Reserve,
    /// No accepting before this time: descriptors ran out.
    accept_at_us: u64,
    /// No log line about that before this time.
    complain_at_us: u64,
    /// The turn did something, so its time is old when it ends.
    was_busy: bool,
    /// A signal asked the service to end, and it has not refused.
    was_asked_to_end: bool,
}

/// A closure that measures the process, and when it is called next.
struct Meter {
    due_us: u64,
    period_us: u64,
    measure: Box<dyn FnMut() -> Usage>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            due_us: u64::MAX,
            period_us: 0,
            measure: Box::new(Usage::default),
        }
    }
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
            oom_score: Keeper::default(),
            table: Table::default(),
            reads: Vec::new(),
            writes: Vec::new(),
            spare: Vec::new(),
            ready: Ready::default(),
            clock,
            now,
            pulse: Pulse::default(),
            gather: Gather::default(),
            pool: Pool::new(remote.clone()),
            order: Order::default(),
            failed: Vec::new(),
            discards: Discards::default(),
            dials: Dials::default(),
            dialed: Vec::new(),
            handshakes: Handshakes::default(),
            shaken: Vec::new(),
            tls: None,
            ended: Vec::new(),
            meter: Meter::default(),
            remote,
            log,
            is_remote_calling: false,
            again: true,
            is_behind: false,
            wake_at_us: None,
            reserve: Reserve::new(),
            accept_at_us: 0,
            complain_at_us: 0,
            was_busy: false,
            was_asked_to_end: false,
        })
    }

    /// Listens on exactly these addresses. On failure the old listeners stay.
    ///
    /// # Errors
    /// The first address that could not be listened on. Each is also a line of the log.
    pub fn listen(&mut self, plan: &ListenPlan) -> Result<(), ListenError> {
        let mut warnings = Vec::new();
        self.handshakes.set_per_turn(plan.handshakes_per_turn);
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
        self.pulse.beat();
        self.now = self.clock.now();
        self.gather.turn(self.now.mono_us);
        self.note_events();
        if mem::take(&mut self.is_remote_calling) {
            self.hear_remote();
        }
        if !self.dials.is_empty() {
            self.dial_all();
        }
        if !self.ended.is_empty() {
            self.deliver();
        }
        self.accept_all();
        if !self.handshakes.is_empty() {
            self.shake_all();
        }
        if !self.is_behind {
            self.read_all();
        }
        self.measure();
        self.service.run(self.now);
        self.service.ready(&mut self.ready);
        if self.was_asked_to_end {
            self.was_asked_to_end = self.ready.is_ending || self.ready.exit.is_some();
            self.remote.note_ending(self.was_asked_to_end);
        }
        let exit = self.act();
        self.ready.clear();
        self.pulse.beat();
        exit
    }

    /// Has the process measured about this often, but not while nothing happens: the service
    /// gets the figures before it runs. The first measurement comes with the next turn.
    pub fn measure_every(&mut self, period: Duration, measure: Box<dyn FnMut() -> Usage>) {
        self.meter = Meter {
            due_us: 0,
            period_us: u64::try_from(period.as_micros()).unwrap_or(u64::MAX),
            measure,
        };
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

    /// The pulse of this loop, for other threads.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
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
        let may_write = !self.writes.is_empty() && self.may_output();
        let is_shaking = self.handshakes.is_any_going();
        let is_work_left = self.again || !self.reads.is_empty() || may_write || is_shaking;
        let is_backing_off = self.accept_at_us > self.now.mono_us;
        let is_accepting = self.listeners.is_any_pending();
        if is_work_left || is_accepting && !is_backing_off {
            return Some(Duration::ZERO);
        }
        let mut due_us = self.wake_at_us.unwrap_or(u64::MAX);
        if is_accepting {
            due_us = due_us.min(self.accept_at_us);
        }
        if let Some(dial_us) = self.dials.due_us() {
            due_us = due_us.min(dial_us);
        }
        if let Some(handshake_us) = self.handshakes.due_us() {
            due_us = due_us.min(handshake_us);
        }
        if due_us == u64::MAX {
            return None;
        }
        let mut micros = due_us.saturating_sub(self.now.mono_us);
        if self.was_busy {
            micros = micros.min(BUSY_WAIT_MAX_US);
        }
        Some(Duration::from_micros(micros))
    }

    #[inline]
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
                Addressee::Dial(number) => {
                    self.dialed.push(number);
                    continue;
                }
                Addressee::Handshake(number) => {
                    self.handshakes.note(number);
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
            let due = connection.note(event);
            if due.read {
                self.reads.push(conn);
            }
            if due.write {
                self.writes.push(conn);
            }
        }
    }

    /// Hears what other threads have to say.
    #[cold]
    fn hear_remote(&mut self) {
        self.remote.listen();
        for signal in self.remote.take_signals() {
            self.was_asked_to_end = true;
            self.service.shutdown_requested(self.now, signal.name());
        }
        self.hear_reports();
    }

    fn measure(&mut self) {
        if self.now.mono_us >= self.meter.due_us {
            self.meter.due_us = self.now.mono_us.saturating_add(self.meter.period_us);
            self.service.measured(&(self.meter.measure)());
        }
    }

    /// Reads once from each connection that may have bytes. Those that may have more wait for the
    /// next turn, behind all others and those that time was too short for.
    fn read_all(&mut self) {
        let reads = mem::replace(&mut self.reads, mem::take(&mut self.spare));
        let (mut portion, mut done) = (Portion::default(), 0);
        while let Some(&conn) = reads.get(done) {
            self.read(conn);
            done += 1;
            if portion.is_over() {
                break;
            }
        }
        self.spare = put_first(&mut self.reads, reads, done);
    }

    #[inline]
    fn read(&mut self, conn: ConnId) {
        let Some(connection) = self.table.get_mut(conn) else {
            return;
        };
        if connection.is_closing() {
            return;
        }
        match connection.read(conn, &mut self.service) {
            ReadEnd::Some => self.gather.heard(self.now.mono_us, connection.replied_us),
            ReadEnd::Nothing => {}
            ReadEnd::Closed => return self.hang_up(conn, HangUp::Closed),
            ReadEnd::Failed => return self.hang_up(conn, HangUp::Failed),
        }
        if connection.input.is_queued() {
            self.reads.push(conn);
        }
        if connection.owes() && connection.step_output(OutputEvent::Flush) {
            self.writes.push(conn);
        }
    }

    fn hang_up(&mut self, conn: ConnId, why: HangUp) {
        if let Some(mut connection) = self.table.remove(conn) {
            connection.close();
        }
        self.service.hung_up(conn, why);
    }
}

/// Puts what is left behind the first `done` before what was queued meanwhile; gives back an empty
/// list.
#[inline]
fn put_first(queued: &mut Vec<ConnId>, mut list: Vec<ConnId>, done: usize) -> Vec<ConnId> {
    list.drain(..done);
    if list.is_empty() {
        return list;
    }
    list.append(queued);
    mem::replace(queued, list)
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

#[cfg(test)]
mod tests;
