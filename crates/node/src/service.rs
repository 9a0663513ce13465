//! The contract of `russet-io`, kept by the node: what comes in, and what a turn does with it.
//!
//! ```text
//!  opened · received · taken · hung_up · completed ─► noted, buffers only
//!  run ─► machines and links ─► waits that ended ─► pause ─► requests, batch by batch ─► upkeep
//!         └─ a unit is open: requests that may run beside it, and nothing that changes data ─┘
//!  ready ─► log · jobs · flush · resume · close · kill · stall · wake · exit
//! ```
//! Not here: requests — `run.rs`; what time makes due — `cron.rs`.

use std::sync::Arc;

use russet_base::time::Now;
use russet_io::{
    Address, Admission, Append, ConnId, Failure, HangUp, JobId, LogLevel, Origin, Outcome, Piece,
    Ready, Role, Service, Usage,
};

use crate::acknowledge;
use crate::block;
use crate::buffers::BUFFER_SIZE;
use crate::core::Core;
use crate::cron;
use crate::hurdles::Hurdles;
use crate::migrate::Migrate;
use crate::node::Node;
use crate::outgoing::Class;
use crate::session::{For, Session, State};

impl Service for Node {
    fn opened(&mut self, conn: ConnId, origin: &Origin, now: Now) -> Admission {
        if origin.dialed.is_some() {
            return match self.link_opened(conn) {
                true => Admission::Accept,
                false => Admission::Refuse(""),
            };
        }
        if origin.role == Role::Http {
            return self.http.open(conn, now.mono_us);
        }
        if self.sessions.len() >= self.core.config.maxclients as usize {
            self.core.stats.connections_rejected += 1;
            return Admission::Refuse(TOO_MANY);
        }
        if self.is_protected_from(origin) {
            self.core.stats.connections_rejected += 1;
            return Admission::Refuse(PROTECTED);
        }
        self.core.stats.connections_received += 1;
        let id = self.core.next_client_id;
        self.core.next_client_id += 1;
        let mut session = Session::new(conn, id, origin.clone(), now);
        session.log_out(Arc::clone(self.core.acl.users.default_user()));
        self.core.log_in_certified(&mut session);
        let class = match session.is_stranger() {
            true => Class::Stranger,
            false => Class::Normal,
        };
        self.core.outgoing.open(conn, class);
        self.sessions.insert(Box::new(session));
        Admission::Accept
    }

    fn turned_away(&mut self) -> &'static str {
        self.core.stats.connections_rejected += 1;
        TOO_MANY
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let Some(session) = self.sessions.get_mut(conn) else {
            return match self.http.space(conn) {
                Some(space) => space,
                None => self.core.links.space(conn),
            };
        };
        if session.state == State::Closing {
            return &mut [];
        }
        let limit = self.core.config.client_query_buffer_limit as usize;
        let is_held = matches!(
            session.state,
            State::Waits(
                For::Job(_) | For::Peer | For::Files | For::Backup | For::Gate | For::Script
            )
        );
        if is_held && session.undecoded() >= BUFFER_SIZE {
            session.paused = true;
            return &mut [];
        }
        if session.decoder.is_reading_bulk() {
            return session.decoder.bulk_space();
        }
        session.compact_input();
        if session.input.is_empty() {
            session.input = self.spares.input();
        } else if session.filled == session.input.len() && session.filled < limit {
            let longer = (session.filled * 2).min(limit);
            session.input.resize(longer, 0);
        }
        &mut session.input[session.filled..]
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        let now_ms = self.core.now.mono_ms();
        let Some(session) = self.sessions.get_mut(conn) else {
            if self.http.received(conn, count, self.core.now.mono_us) {
                return;
            }
            if self.core.links.received(conn, count) {
                self.core.outgoing.kill(conn);
            }
            return;
        };
        session.bytes_in += count as u64;
        session.active_ms = now_ms;
        self.core.stats.net_input_bytes += count as u64;
        self.core.stats.reads += 1;
        self.core.weights.change(conn);
        let mut is_whole = true;
        if session.decoder.is_reading_bulk() {
            is_whole = session.decoder.bulk_filled(count);
        } else {
            session.filled += count;
        }
        // What a transaction has queued counts as not executed, too; large arguments that are
        // complete do not: they are no input any more.
        let queued = session.multi().map_or(0, |multi| multi.args_size);
        let held = (session.undecoded() + session.decoder.partial_len() + queued) as u64;
        if held >= self.core.config.client_query_buffer_limit {
            return self.overfull(conn);
        }
        if is_whole && !session.queued && session.runs() {
            session.queued = true;
            self.turn.inputs.push(conn);
        }
    }

    fn hung_up(&mut self, conn: ConnId, _why: HangUp) {
        let Some(session) = self.sessions.remove(conn) else {
            if self.http.hung_up(conn) {
                return;
            }
            let is_sent = self.core.outgoing.is_empty(conn);
            self.core.links.hung_up(conn, is_sent);
            return self.core.outgoing.forget(conn);
        };
        self.core.outgoing.forget(conn);
        self.core.weights.change(conn);
        // What it began as a unit is brought to its end.
        if let Some(open) = self.core.open.as_mut().filter(|open| open.conn == conn) {
            open.orphan = Some(session);
            return;
        }
        self.forget(*session);
    }

    fn run(&mut self, now: Now) {
        self.core.now = now;
        self.core.keyspace.freeze(now.wall_ms());
        self.core.stats.cycles += 1;
        self.core.outgoing.begin_turn(now.mono_us);
        self.turn.again = false;
        if self.core.hurdles.has(Hurdles::MEMORY) {
            self.core.measure_limit();
        }
        block::settle(&mut self.core, &mut self.sessions);
        if self.core.outbox.has_finished() {
            self.finish_jobs();
        }
        if self.core.links.has_news() || self.core.migrating.is_some() {
            self.run_links();
        }
        if self.core.scripts.run.is_some() {
            self.step_script();
        }
        if self.core.open.is_none() {
            block::expire_waits(&mut self.core, &mut self.sessions);
            self.end_pause();
            self.end_start_wait();
            block::serve_in_time(&mut self.core, &mut self.sessions);
        }
        acknowledge::serve(&mut self.core, &mut self.sessions);
        self.release_all();
        if self.core.weights.is_limited() {
            self.weigh_clients();
        }
        self.run_inputs();
        if now.mono_us >= self.turn.tick_at_us {
            self.turn.tick_at_us = now.mono_us + cron::PERIOD_US;
            self.tick();
        }
        if self.core.open.is_none() {
            self.look_after_data();
            self.turn.again = self.turn.upkeep.more || self.core.keyspace.has_changes();
        }
        self.release_all();
        if self.core.open.is_none() {
            if !self.core.tracking.is_empty() {
                self.turn.again |= self.core.broadcast_changes();
            }
            self.core.outgoing.settle_delivered();
        }
        self.core.outgoing.expire_patience();
        if self.core.outgoing.has_over() {
            self.close_over();
        }
        if self.core.weights.is_limited() {
            self.weigh_written();
        }
        let run = self.core.scripts.run.as_ref();
        let goes_on = run.is_some_and(|run| !run.waits_for_debugger());
        self.turn.again |= goes_on || !self.turn.inputs.is_empty();
        if !self.http.is_empty() {
            self.serve_pages();
        }
        self.core.append_journal();
    }

    fn ready(&mut self, ready: &mut Ready) {
        let (outbox, outgoing) = (&mut self.core.outbox, &mut self.core.outgoing);
        hand_over(&mut outbox.log, &mut ready.log);
        hand_over(&mut outbox.append, &mut ready.append);
        hand_over(&mut outbox.sync, &mut ready.sync);
        hand_over(&mut outbox.jobs, &mut ready.jobs);
        hand_over(&mut outgoing.flush, &mut ready.flush);
        hand_over(&mut outgoing.resume, &mut ready.resume);
        hand_over(&mut outgoing.close, &mut ready.close);
        hand_over(&mut outgoing.kill, &mut ready.kill);
        ready.stall_us = std::mem::take(&mut outbox.stall_us);
        ready.exit = outbox.exit.take();
        ready.is_ending =
            self.core.end_asked_by.is_some() || self.core.hurdles.has(Hurdles::EXITING);
        ready.again = self.turn.again;
        if !self.http.is_quiet() {
            self.http.ready(ready);
        }
        ready.is_behind = self.turn.is_behind;
        ready.wake_at_us = Some(self.wake_at_us());
    }

    #[inline]
    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        // PERF: a call for pages of HTTP costs every turn of others 40 instructions.
        if self.http.is_empty() {
            return self.core.outgoing.pieces(conn, pieces);
        }
        self.output_or_page(conn, pieces)
    }

    fn taken(&mut self, conn: ConnId, count: usize) {
        if !self.http.is_empty() && self.http.taken(conn, count, self.core.now.mono_us) {
            return;
        }
        self.core.stats.net_output_bytes += count as u64;
        self.core.stats.writes += 1;
        self.core.outgoing.taken(conn, count);
        self.core.weights.change(conn);
    }

    fn held(&mut self, conn: ConnId, count: usize) {
        self.core.outgoing.held(conn, count);
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.core.outbox.finish(job, outcome);
        self.turn.again = true;
    }

    fn append_failed(&mut self, append: Append, failure: Failure) {
        self.core.append_failed(&append, &failure.text);
    }

    fn measured(&mut self, usage: &Usage) {
        self.core.observe(*usage);
    }

    fn shutdown_requested(&mut self, _now: Now, signal: &'static str) {
        self.core.end_asked_by = Some(signal);
        self.core.kill_for_end();
        self.core.end_if_asked();
    }
}

impl Node {
    /// Output of a client, or of a connection that asked for a page.
    #[cold]
    fn output_or_page<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        match self.core.outgoing.pieces(conn, pieces) {
            0 => self.http.pieces(conn, pieces),
            count => count,
        }
    }

    /// Whether a connection from there is refused since the server is open to all.
    fn is_protected_from(&self, origin: &Origin) -> bool {
        let Address::Tcp { peer, .. } = &origin.address else {
            return false;
        };
        let config = &self.core.config;
        let is_local = peer.ip().to_canonical().is_loopback();
        let needs_no_password = self.core.acl.users.default_user().needs_no_password();
        config.protected_mode && needs_no_password && !is_local
    }

    /// Lets the clients go on that waited and need not wait any more.
    fn release_all(&mut self) {
        if !self.core.postponed.has_released() {
            return;
        }
        let mut inputs = std::mem::take(&mut self.turn.inputs);
        self.release(&mut inputs);
        self.turn.inputs = inputs;
    }

    /// Closes a client whose request does not end within `client-query-buffer-limit`.
    #[cold]
    fn overfull(&mut self, conn: ConnId) {
        self.core.stats.query_limit_disconnections += 1;
        let text = "Closing client that reached max query buffer length";
        self.core.outbox.log(LogLevel::Warning, text);
        self.drop_session(conn);
    }

    /// Ends a session and has its connection closed at once.
    pub(crate) fn drop_session(&mut self, conn: ConnId) {
        if let Some(session) = self.sessions.get_mut(conn) {
            session.close();
            self.core.withdraw(session);
            self.core.outgoing.kill(conn);
        }
    }

    /// Forgets what is known of a client that has gone.
    pub(crate) fn forget(&mut self, mut session: Session) {
        self.core.withdraw(&mut session);
        self.core.unwatch(session.id);
        self.spares.give_input(session.input);
    }

    /// When `run` must be called at the latest.
    fn wake_at_us(&self) -> u64 {
        let core = &self.core;
        let mut soonest_us = self.turn.tick_at_us;
        let mut at = |us: Option<u64>| soonest_us = soonest_us.min(us.unwrap_or(u64::MAX));
        at(core.outgoing.next_patience_us());
        at(core.next_sync_us());
        at(core.acks.next_deadline_us());
        at(core.migrating.as_ref().and_then(Migrate::deadline_us));
        if core.open.is_none() {
            at(core.waiters.next_deadline_us());
            at(match core.pause.ends_us() {
                None => core.waiters.next_alarm_us(),
                ends_us => ends_us,
            });
        }
        let tick = soonest_us;
        let upkeep = &self.turn.upkeep;
        if !core.active_expiry || core.pause.is_on() || core.open.is_some() {
            return tick;
        }
        let wait_ms = match upkeep.expiry_ms {
            _ if upkeep.dirty != core.dirty => 1,
            None => return tick,
            Some(due_ms) => due_ms.saturating_sub(core.now.wall_ms()).max(1),
        };
        let wait_us = u64::try_from(wait_ms).unwrap_or(1).saturating_mul(1000);
        tick.min(core.now.mono_us.saturating_add(wait_us))
    }
}

impl Core {
    /// Ends whatever a session waits for and listens to: nothing more is done for it.
    pub(crate) fn withdraw(&mut self, session: &mut Session) {
        block::stop_waiting(self, session.id);
        self.acks.take(session.conn);
        self.end_subscriptions(session);
        self.end_tracking(session);
        self.end_monitoring(session);
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

/// Reply to a client that is one too many.
const TOO_MANY: &str = "-ERR max number of clients reached\r\n";

/// Reply to a client from outside while the server is open to all and has no password.
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
