//! One service and the loop under it.
//!
//! ```text
//!  a turn:  events in the order of the seed ─► run ─► ready ─► act, field by field
//!
//!  a connection:  open ──close──► closing ──all left──► ended ──told──► gone
//!                   └──────────── kill, end, reset ───────┘
//! ```
//! Always true: a service hears `hung_up` once for each connection that it accepted, and nothing of
//! that connection afterwards; after a kill it hears it before the next `run`.
//! Not here: reading and writing — `host/traffic.rs`; actions — `host/act.rs`; jobs —
//! `host/complete.rs`.

mod act;
mod complete;
mod traffic;

use std::collections::VecDeque;

use russet_base::Rng;
use russet_io::{Admission, ConnId, Exit, HangUp, ListenPlan, Origin, Ready, Service, Usage};

use crate::air::{Air, Arrival, Party};
use crate::jobs::Jobs;
use russet_io::MemoryDisk;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// It is not read any more, and ends when its output has left.
    Closing,
    /// It ended, and the service does not know yet.
    Ended(HangUp),
    /// It was killed: the service hears of it before anything else runs.
    Killed,
}

/// A connection as its loop sees it.
#[derive(Debug)]
struct Conn {
    id: ConnId,
    link: usize,
    /// Which end of the link is ours.
    side: usize,
    stage: Stage,
    /// `space` was empty.
    is_paused: bool,
    /// Bytes that the loop has read and the service has not.
    ahead: VecDeque<u8>,
    /// Bytes that were taken and have not left.
    custody: VecDeque<u8>,
    /// The count that `held` said last.
    held: usize,
    /// There may be more output than was taken.
    is_unsent: bool,
    /// Output that was given and not taken: it must be given again.
    given: Vec<u8>,
}

/// A place for connections.
#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    conn: Option<Conn>,
}

/// Something that may happen in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Arrive(usize),
    Read(usize),
    ReadAhead(usize),
    Write(usize),
    Leave(usize),
    Held(usize),
    Finish(usize),
    End(usize),
    Job(u64),
}

/// Microseconds that the end of a process may take at most.
const EXIT_US_MAX: u64 = 3_600_000_000;

/// A service with everything that its loop keeps for it.
pub(crate) struct Host<S> {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) service: S,
    pub(crate) disk: MemoryDisk,
    pub(crate) exit: Option<i32>,
    pub(crate) plan: ListenPlan,
    ready: Ready,
    slots: Vec<Slot>,
    jobs: Jobs,
    again: bool,
    is_behind: bool,
    wake_at_us: Option<u64>,
}

impl<S: Service> Host<S> {
    pub(crate) fn new(number: usize, name: &str, service: S) -> Self {
        Self {
            number,
            name: name.to_owned(),
            service,
            disk: MemoryDisk::new("/sim"),
            exit: None,
            plan: ListenPlan::default(),
            ready: Ready::default(),
            slots: Vec::new(),
            jobs: Jobs::default(),
            // The first run is the service's own.
            again: true,
            is_behind: false,
            wake_at_us: None,
        }
    }

    /// When the service wants to run although nothing happens.
    pub(crate) fn next_us(&self, now_us: u64) -> Option<u64> {
        let times = [self.wake_at_us, self.jobs.next_us(now_us)];
        times.into_iter().flatten().min()
    }

    /// Whether nothing can happen here before time passes or somebody acts.
    pub(crate) fn is_quiet(&self, air: &Air) -> bool {
        let is_due = self.again || self.is_woken(air) || self.jobs.has_near(air.now.mono_us);
        self.exit.is_some() || (!is_due && self.events(air).is_empty())
    }

    /// Lets the service run without another cause.
    pub(crate) fn wake(&mut self) {
        self.again = true;
    }

    fn is_woken(&self, air: &Air) -> bool {
        self.wake_at_us
            .is_some_and(|at_us| at_us <= air.now.mono_us)
    }

    /// One turn, if there is a cause for one.
    pub(crate) fn turn(&mut self, air: &mut Air) {
        if self.exit.is_some() {
            return;
        }
        let mut events = self.events(air);
        if air.options.delays {
            air.rng.shuffle(&mut events);
        }
        let mut is_caused = self.again || self.is_woken(air);
        for event in events {
            if self.is_put_off(event, air) {
                continue;
            }
            is_caused = true;
            air.has_moved = true;
            self.handle(event, air);
        }
        if is_caused || (air.options.spurious && air.chance(20)) {
            self.run(air);
        }
    }

    /// Whether an event waits for a later turn.
    fn is_put_off(&self, event: Event, air: &mut Air) -> bool {
        if self.is_behind && matches!(event, Event::Read(_) | Event::ReadAhead(_)) {
            return true;
        }
        let is_killed = match event {
            Event::End(at) => self
                .conn(at)
                .is_some_and(|conn| conn.stage == Stage::Killed),
            _ => false,
        };
        !is_killed && air.options.delays && air.rng.below(3) == 0
    }

    fn handle(&mut self, event: Event, air: &mut Air) {
        match event {
            Event::Arrive(link) => self.accept(link, air),
            Event::Read(at) => self.read(at, air),
            Event::ReadAhead(at) => self.read_ahead(at, air),
            Event::Write(at) => self.write(at, air),
            Event::Leave(at) => self.leave(at, air),
            Event::Held(at) => self.say_held(at, air),
            Event::Finish(at) => self.finish(at, air),
            Event::End(at) => self.say_end(at, air),
            Event::Job(key) => self.advance_job(key, air),
        }
    }

    fn run(&mut self, air: &mut Air) {
        let now = air.now;
        air.record
            .note(format_args!("{} run {}", self.name, now.mono_us));
        if air.options.spurious && air.chance(50) {
            self.service.measured(&Usage::default());
        }
        self.service.run(now);
        let mut ready = std::mem::take(&mut self.ready);
        self.service.ready(&mut ready);
        let exit = self.act(&mut ready, air);
        ready.clear();
        self.ready = ready;
        if let Some(exit) = exit {
            self.leave_all(exit, air);
        }
        let tick_us = air.options.tick_us;
        if tick_us > 0 {
            let micros = air.rng.below(tick_us + 1);
            air.pass(micros);
        }
    }

    /// Everything that may happen now.
    fn events(&self, air: &Air) -> Vec<Event> {
        let mut events = Vec::new();
        let party = Party::Host(self.number);
        let arrivals = air.arrivals.iter().filter(|other| other.party == party);
        events.extend(arrivals.map(|arrival| Event::Arrive(arrival.link)));
        let may_take = !self.jobs.has_appends();
        for (at, slot) in self.slots.iter().enumerate() {
            if let Some(conn) = &slot.conn {
                conn.events(at, may_take, air, &mut events);
            }
        }
        let due = self.jobs.due(air.turn, air.now.mono_us);
        events.extend(due.into_iter().map(Event::Job));
        events
    }

    fn conn(&self, at: usize) -> Option<&Conn> {
        self.slots.get(at)?.conn.as_ref()
    }

    fn conn_mut(&mut self, at: usize) -> Option<&mut Conn> {
        self.slots.get_mut(at)?.conn.as_mut()
    }

    /// The place of a connection that the service may name.
    fn find(&self, id: ConnId) -> Option<usize> {
        let at = id.index as usize;
        self.conn(at).filter(|conn| conn.id == id).map(|_| at)
    }

    fn accept(&mut self, link: usize, air: &mut Air) {
        let Some(at) = air.arrivals.iter().position(|other| other.link == link) else {
            return;
        };
        let Arrival { origin, .. } = air.arrivals.remove(at);
        self.open(link, 1, &origin, air);
    }

    /// Announces a connection.
    fn open(&mut self, link: usize, side: usize, origin: &Origin, air: &mut Air) {
        let free = self.slots.iter().position(|slot| slot.conn.is_none());
        let at = free.unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        let slot = &mut self.slots[at];
        slot.generation += 1;
        let id = ConnId {
            index: at as u32,
            generation: slot.generation,
        };
        air.record
            .note(format_args!("{} opened {id:?} {origin:?}", self.name));
        match self.service.opened(id, origin, air.now) {
            Admission::Accept => slot.conn = Some(Conn::new(id, link, side)),
            Admission::Refuse(text) => {
                air.record.note(format_args!("{} refused", self.name));
                let pipes = &mut air.links[link].pipes;
                let room = pipes[side].room(&air.options).min(text.len());
                pipes[side].push(text.bytes().take(room));
                pipes[side].is_shut = true;
                pipes[1 - side].abandon();
            }
        }
    }

    /// The process ends at once: nothing of it is left but its files, as this changes them.
    pub(crate) fn crash(&mut self, leaves: impl FnOnce(&mut MemoryDisk, &mut Rng), air: &mut Air) {
        air.record.note(format_args!("{} crash", self.name));
        for conn in self.slots.iter_mut().flat_map(|slot| &mut slot.conn) {
            conn.cut(air);
        }
        self.slots.clear();
        self.jobs = Jobs::default();
        self.ready = Ready::default();
        let party = Party::Host(self.number);
        let arrived = air.arrivals.extract_if(.., |other| other.party == party);
        let links: Vec<usize> = arrived.map(|arrival| arrival.link).collect();
        for link in links {
            air.links[link].reset(false);
        }
        leaves(&mut self.disk, &mut air.rng);
    }

    /// Another process takes the place of the one before.
    pub(crate) fn restart(&mut self, service: S) {
        self.service = service;
        self.exit = None;
        self.again = true;
        self.wake_at_us = None;
    }

    fn say_end(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.take()) else {
            return;
        };
        let why = match conn.stage {
            Stage::Ended(why) => why,
            _ => HangUp::Closed,
        };
        air.record
            .note(format_args!("{} hung up {:?} {why:?}", self.name, conn.id));
        self.service.hung_up(conn.id, why);
    }

    /// The end of the process: output leaves for as long as it may, then every link is cut.
    fn leave_all(&mut self, exit: Exit, air: &mut Air) {
        let within_us = exit.flush_within_us.min(EXIT_US_MAX);
        let until_us = air.now.mono_us + within_us;
        loop {
            air.turn += 1;
            for at in 0..self.slots.len() {
                self.leave(at, air);
                self.write(at, air);
            }
            let is_done = self
                .slots
                .iter()
                .flat_map(|slot| &slot.conn)
                .all(|conn| conn.custody.is_empty() && !conn.is_unsent);
            if is_done || air.now.mono_us >= until_us {
                break;
            }
            air.carry();
            air.pass(within_us.div_ceil(1_000).max(1));
        }
        for conn in self.slots.iter_mut().flat_map(|slot| &mut slot.conn) {
            conn.cut(air);
        }
        let party = Party::Host(self.number);
        air.listeners.retain(|listener| listener.party != party);
        air.record
            .note(format_args!("{} exit {}", self.name, exit.code));
        self.exit = Some(exit.code);
    }
}
