//! The node: a whole server as one value, driven through the contract of `russet-io`.
//!
//! Always true: the same calls with the same arguments give the same outputs; time and chance are
//! arguments.
//! Not here: the order of work within a turn — `run.rs`; what time makes due — `cron.rs`.

use std::io::IoSlice;
use std::sync::Arc;

use russet_base::rng::Rng;
use russet_base::time::Now;
use russet_command::{Effects, Settings};
use russet_engine::Keyspace;
use russet_io::{
    Admission, ConnId, Exchange, Exchanged, HangUp, JobId, LogLevel, Origin, Outcome, Ready,
    Service,
};
use russet_resp::Limits;

use crate::block::{self, Waiters};
use crate::config::Config;
use crate::control::txn::go_on;
use crate::core::{Core, Outbox};
use crate::cron;
use crate::environment::Environment;
use crate::links::Links;
use crate::record::Records;
use crate::registry;
use crate::run::Batch;
use crate::session::{BUFFER_SIZE, Pool, Session, Sessions, State};
use crate::stats::Stats;
use crate::txn::Watchers;

/// A deterministic Redis-compatible server.
pub struct Node {
    pub(crate) core: Core,
    pub(crate) sessions: Sessions,
    pub(crate) turn: Turn,
    /// The last batch, empty, for its room; absent while one runs.
    pub(crate) batch: Option<Box<Batch>>,
    pub(crate) pool: Pool,
}

/// What one turn of the loop collects.
#[derive(Default)]
pub(crate) struct Turn {
    /// Sessions with input that was not executed.
    pub inputs: Vec<ConnId>,
    /// Sessions with output.
    pub flush: Vec<ConnId>,
    /// Sessions whose reading goes on.
    pub resume: Vec<ConnId>,
    /// Whether work is left for another turn.
    pub again: bool,
    /// When the slower duties are due again.
    pub tick_at_us: u64,
    /// The monotonic millisecond of the last upkeep of the data, and what it left to do.
    pub upkeep: Upkeep,
}

/// When the data was last looked after.
// PERF: at one request a turn, upkeep every turn would cost more than the request.
#[derive(Default)]
pub(crate) struct Upkeep {
    /// The monotonic millisecond.
    pub at_ms: u64,
    /// Whether there is more to do at once.
    pub more: bool,
    /// The changes counted by then: later ones may have brought deadlines.
    pub dirty: u64,
    /// When the next deadline is due, in wall milliseconds, as of then.
    pub expiry_ms: Option<i64>,
}

impl Node {
    /// A node with empty databases.
    ///
    /// # Panics
    /// When the configuration renames what is no command; `check_renames` tells before.
    pub fn new(config: Config, environment: Environment, now: Now) -> Self {
        let seed = environment.seed;
        let databases = config.databases as usize;
        let keyspace = Keyspace::new(russet_engine::Options { databases, seed });
        let commands = Arc::new(registry::commands(config.renames()));
        let core = Core {
            keyspace,
            commands: Arc::clone(&commands),
            settings: Settings::default(),
            limits: Limits::DEFAULT,
            config,
            effects: Effects::default(),
            rng: Rng::new(seed.rotate_left(32)),
            stats: Stats::new(commands.len()),
            environment,
            now,
            records: Records::default(),
            pause: None,
            keeps_events: false,
            events: Vec::new(),
            waiters: Waiters::default(),
            watchers: Watchers::default(),
            links: Links::default(),
            outbox: Outbox::default(),
            next_client_id: 1,
            dirty: 0,
            active_expiry: true,
            skips_checksums: false,
        };
        let mut node = Self {
            core,
            sessions: Sessions::default(),
            turn: Turn::default(),
            batch: None,
            pool: Pool::default(),
        };
        node.core.environment.started = now;
        node.core.keyspace.freeze(now.wall_ms());
        node.core.derive_settings();
        node
    }

    /// Forgets a session and has its connection closed at once.
    pub(crate) fn drop_session(&mut self, conn: ConnId) {
        if let Some(session) = self.sessions.get_mut(conn) {
            session.close();
            self.core.stop_waiting(session.id);
            self.sessions.killed.push(conn);
        }
    }

    /// Hands completed jobs to the sessions that wait for them.
    fn finish_jobs(&mut self) {
        while !self.core.outbox.is_exchanging()
            && let Some((conn, then, outcome)) = self.core.outbox.next_finished()
        {
            self.finish(conn, |core, session| then(core, session, outcome));
        }
    }

    /// Hands what came from outside to the session that waits for it, and lets that go on.
    fn finish(&mut self, conn: ConnId, then: impl FnOnce(&mut Core, Option<&mut Session>)) {
        let Some(mut session) = self.sessions.take(conn) else {
            return then(&mut self.core, None);
        };
        if session.state == State::Waiting {
            session.state = State::Open;
        }
        then(&mut self.core, Some(&mut session));
        if session.multi.as_ref().is_some_and(|multi| multi.is_running) {
            self.go_on(&mut session);
        }
        if session.runs() && !session.queued {
            session.queued = true;
            self.turn.inputs.push(conn);
        }
        if std::mem::take(&mut session.paused) {
            self.turn.resume.push(conn);
        }
        self.sessions.put(session);
        self.after(conn);
    }

    /// Lets the clients go on that waited and need not wait any more.
    fn release_all(&mut self) {
        if !self.core.waiters.has_released() {
            return;
        }
        let mut inputs = std::mem::take(&mut self.turn.inputs);
        self.release(&mut inputs);
        self.turn.inputs = inputs;
    }

    /// Goes on with a transaction, one of whose commands waited for work outside.
    fn go_on(&mut self, session: &mut Session) {
        go_on(&mut self.core, &mut self.sessions, session);
        block::settle(&mut self.core, &mut self.sessions);
    }

    /// Closes a client whose request does not end within `client-query-buffer-limit`.
    #[cold]
    fn overfull(&mut self, conn: ConnId) {
        self.core.stats.query_limit_disconnections += 1;
        let text = "Closing client that reached max query buffer length";
        self.core.outbox.log(LogLevel::Warning, text);
        self.drop_session(conn);
    }

    /// Closes clients whose replies pile up beyond their limits.
    fn check_output(&mut self) {
        let limit = self.core.config.output_limit_normal();
        if limit.hard == 0 && limit.soft == 0 {
            return;
        }
        let now_ms = self.core.now.mono_ms();
        for i in 0..self.turn.flush.len() {
            let conn = self.turn.flush[i];
            let Some(session) = self.sessions.get_mut(conn) else {
                continue;
            };
            let size = session.output.len() as u64;
            // COMPAT: a first buffer of replies is not counted, as in Redis.
            if size <= BUFFER_SIZE as u64 {
                session.over_soft_since_ms = None;
                continue;
            }
            let over_hard = limit.hard > 0 && size > limit.hard;
            let over_soft = limit.soft > 0 && size > limit.soft;
            let since = session.over_soft_since_ms.filter(|_| over_soft);
            session.over_soft_since_ms = over_soft.then(|| since.unwrap_or(now_ms));
            let too_long = since.is_some_and(|s| now_ms - s > limit.soft_seconds * 1000);
            if over_hard || too_long {
                let text = format!(
                    "Client id={} scheduled to be closed ASAP for overcoming of output buffer limits.",
                    session.id
                );
                self.core.outbox.log(LogLevel::Warning, text);
                self.core.stats.output_limit_disconnections += 1;
                self.drop_session(conn);
            }
        }
    }
}

impl Service for Node {
    fn opened(&mut self, conn: ConnId, origin: &Origin, now: Now) -> Admission {
        self.core.stats.connections_received += 1;
        if self.sessions.len() >= self.core.config.maxclients as usize {
            self.core.stats.connections_rejected += 1;
            return Admission::Refuse("-ERR max number of clients reached\r\n");
        }
        if self.core.is_protected_from(origin) {
            self.core.stats.connections_rejected += 1;
            return Admission::Refuse(PROTECTED);
        }
        let id = self.core.next_client_id;
        self.core.next_client_id += 1;
        let mut session = Session::new(conn, id, origin.clone(), now);
        session.authenticated = self.core.config.requirepass.is_empty();
        self.sessions.insert(Box::new(session));
        Admission::Accept
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let Some(session) = self.sessions.get_mut(conn) else {
            return &mut [];
        };
        if session.state == State::Closing {
            return &mut [];
        }
        let limit = self.core.config.client_query_buffer_limit as usize;
        if session.state == State::Waiting && session.filled >= BUFFER_SIZE {
            session.paused = true;
            return &mut [];
        }
        if session.decoder.is_reading_bulk() {
            return session.decoder.bulk_space();
        }
        if session.input.is_empty() {
            session.input = self.pool.input();
        } else if session.filled == session.input.len() && session.filled < limit {
            let longer = (session.filled * 2).min(limit);
            session.input.resize(longer, 0);
        }
        &mut session.input[session.filled..]
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        let now_ms = self.core.now.mono_ms();
        let Some(session) = self.sessions.get_mut(conn) else {
            return;
        };
        session.bytes_in += count as u64;
        session.active_ms = now_ms;
        self.core.stats.net_input_bytes += count as u64;
        self.core.stats.reads += 1;
        let (mut is_whole, mut bulks) = (true, 0);
        if session.decoder.is_reading_bulk() {
            is_whole = session.decoder.bulk_filled(count);
            bulks = session.decoder.bulks_len();
        } else {
            session.filled += count;
        }
        // What a transaction has queued counts as not executed, too.
        let queued = session.multi.as_ref().map_or(0, |multi| multi.args_size);
        let held = (session.filled + bulks + queued) as u64;
        if held >= self.core.config.client_query_buffer_limit {
            return self.overfull(conn);
        }
        if is_whole && !session.queued && session.runs() {
            session.queued = true;
            self.turn.inputs.push(conn);
        }
    }

    fn hung_up(&mut self, conn: ConnId, _why: HangUp) {
        if let Some(mut session) = self.sessions.remove(conn) {
            while session.multi.as_ref().is_some_and(|multi| multi.is_running) {
                // A transaction that has begun ends, whoever hears of it.
                session.state = State::Closing;
                self.go_on(&mut session);
            }
            self.core.stop_waiting(session.id);
            self.core.unwatch(session.id);
            let Session {
                input, mut output, ..
            } = *session;
            self.pool.give_input(input);
            if output.is_empty()
                && let Some(buffer) = output.detach()
            {
                self.pool.give_output(buffer);
            }
        }
    }

    fn run(&mut self, now: Now) {
        self.core.now = now;
        self.core.keyspace.freeze(now.wall_ms());
        self.core.stats.cycles += 1;
        self.turn.again = false;
        block::settle(&mut self.core, &mut self.sessions);
        self.finish_jobs();
        if self.core.outbox.is_exchanging() {
            return self.turn.again = true;
        }
        block::expire_waits(&mut self.core, &mut self.sessions);
        self.core.end_pause(&mut self.sessions);
        block::serve_in_time(&mut self.core, &mut self.sessions);
        self.release_all();
        self.run_inputs();
        if self.core.outbox.is_exchanging() {
            return self.turn.again = true;
        }
        if now.mono_us >= self.turn.tick_at_us {
            self.turn.tick_at_us = now.mono_us + cron::PERIOD_US;
            self.tick();
        }
        self.look_after_data();
        self.release_all();
        self.turn.again = self.turn.upkeep.more
            || !self.turn.inputs.is_empty()
            || self.core.keyspace.has_changes();
        self.check_output();
    }

    fn poll_exchange(&mut self) -> Option<Exchange> {
        self.core.outbox.exchange.take()
    }

    fn exchanged(&mut self, end: Exchanged) {
        let Some((conn, then)) = self.core.outbox.end_exchange() else {
            return;
        };
        self.finish(conn, |core, session| then(core, session, end));
        block::settle(&mut self.core, &mut self.sessions);
    }

    fn ready(&mut self, ready: &mut Ready) {
        let outbox = &mut self.core.outbox;
        hand_over(&mut outbox.log, &mut ready.log);
        hand_over(&mut outbox.jobs, &mut ready.jobs);
        hand_over(&mut self.turn.flush, &mut ready.flush);
        hand_over(&mut self.turn.resume, &mut ready.resume);
        hand_over(&mut self.sessions.closing, &mut ready.close);
        hand_over(&mut self.sessions.killed, &mut ready.kill);
        ready.stall_us = std::mem::take(&mut outbox.stall_us);
        ready.exit = outbox.exit.take();
        ready.again = self.turn.again;
        ready.wake_at_us = Some(self.wake_at_us());
    }

    fn output<'s>(&'s self, conn: ConnId, slices: &mut [IoSlice<'s>]) -> usize {
        self.sessions
            .get(conn)
            .map_or(0, |session| session.output.slices(slices))
    }

    fn written(&mut self, conn: ConnId, count: usize) {
        self.core.stats.net_output_bytes += count as u64;
        self.core.stats.writes += 1;
        let Some(session) = self.sessions.get_mut(conn) else {
            return;
        };
        session.flushing = false;
        session.bytes_out += count as u64;
        session.output.advance(count);
        if session.output.is_empty() {
            session.over_soft_since_ms = None;
            if let Some(buffer) = session.output.detach() {
                self.pool.give_output(buffer);
            }
        }
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.core.outbox.finish(job, outcome);
        self.turn.again = true;
    }

    fn shutdown_requested(&mut self, _now: Now, _signal: &'static str) {
        self.core.shut_down();
    }
}

impl Node {
    /// When `run` must be called at the latest.
    fn wake_at_us(&self) -> u64 {
        let wait = self.core.waiters.next_deadline_ms();
        let pause = self.core.pause.as_ref().map(|pause| pause.ends_ms);
        let pause = pause.or_else(|| self.core.waiters.next_alarm_ms());
        let soonest_us = wait.into_iter().chain(pause).min();
        let soonest_us = soonest_us.map_or(u64::MAX, |at_ms| at_ms.saturating_mul(1000));
        let tick = self.turn.tick_at_us.min(soonest_us);
        let upkeep = &self.turn.upkeep;
        if !self.core.active_expiry || self.core.pause.is_some() {
            return tick;
        }
        let now = self.core.now;
        let wait_ms = match upkeep.expiry_ms {
            _ if upkeep.dirty != self.core.dirty => 1,
            None => return tick,
            Some(due_ms) => due_ms.saturating_sub(now.wall_ms()).max(1),
        };
        let wait_us = u64::try_from(wait_ms).unwrap_or(1).saturating_mul(1000);
        tick.min(now.mono_us.saturating_add(wait_us))
    }
}

/// Moves everything from one list to the end of another.
#[inline]
fn hand_over<T>(from: &mut Vec<T>, to: &mut Vec<T>) {
    // PERF: most are empty, and appending nothing takes thirty instructions.
    if !from.is_empty() {
        to.append(from);
    }
}

/// What a stranger is told while the server is open to all and has no password.
const PROTECTED: &str = "-DENIED Redis is running in protected mode because protected mode is \
enabled and no password is set for the default user. In this mode connections are only accepted \
from the loopback interface. If you want to connect from external computers to Redis you may adopt \
one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET \
protected-mode no' from the loopback interface by connecting to Redis from the same host the \
server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. \
Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the \
protected mode by editing the Redis configuration file, and setting the protected mode option to \
'no', and then restarting the server. 3) If you started the server manually just for testing, \
restart it with the '--protected-mode no' option. 4) Set up an authentication password for the \
default user. NOTE: You only need to do one of the above things in order for the server to start \
accepting connections from the outside.\r\n";
