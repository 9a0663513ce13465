//! Periodic work: expiry, idle clients, connections to other servers, samples for INFO.
//!
//! Always true: every duty is bounded in work per turn, not in time.
//! Not here: what INFO shows of it — `info/`.

use russet_io::{Job, LogLevel};

use crate::block;
use crate::core::Core;
use crate::evict::make_room;
use crate::hurdles::Hurdles;
use crate::latency::Event;
use crate::node::{Node, Upkeep};
use crate::pause::Pause;
use crate::session::{For, State};

/// How many keys expire at most in one turn.
const EXPIRED_PER_TURN_MAX: usize = 256;

/// How many items of housekeeping are done at most in one turn.
const HOUSEKEEPING_PER_TURN: usize = 256;

/// How many idle clients are closed at most in one period.
const CLOSED_PER_PERIOD: usize = 256;

/// Something that is done again and again.
type Duty = fn(&mut Node);

/// The duties of every period, in order, by name. What has a time of its own (waits, deadlines,
/// pauses, limits) is not among them: `wake_at_us` in `service.rs` names each.
const DUTIES: &[(&str, Duty)] = &[
    ("sample rates for INFO", Node::sample_rates),
    (
        "let brief commands share a clock again",
        Node::end_exactness,
    ),
    ("trim spare buffers", Node::trim_spares),
    ("close idle links", Node::close_links),
    ("close idle clients", Node::close_idle),
    ("close slow readers of pages", Node::close_slow_readers),
    ("save when a save point is due", Node::save_if_due),
    (
        "rewrite the append-only file when that is due",
        Node::rewrite_if_due,
    ),
    ("read certificates again", Node::reload_certificates),
    (
        "step a backup that waits, or whose time is over",
        Node::step_backup,
    ),
];

/// The period of the slower duties.
pub(crate) const PERIOD_US: u64 = 100_000;

impl Core {
    /// Removes keys whose time has come; true when more are due.
    fn expire(&mut self) -> bool {
        if !self.active_expiry || self.pause.is_on() {
            return false;
        }
        self.keyspace.expire_due(EXPIRED_PER_TURN_MAX) == EXPIRED_PER_TURN_MAX
    }

    /// Frees what nobody needs any more; true when more is left.
    fn housekeep(&mut self) -> bool {
        let more = self.keyspace.housekeep(HOUSEKEEPING_PER_TURN);
        if let Some(garbage) = self.keyspace.take_garbage() {
            self.stats.lazyfreed_objects += garbage.objects as u64;
            self.outbox.start(Job::Discard(Box::new(garbage)));
        }
        more
    }
}

impl Node {
    /// Expires and frees, once a millisecond or as long as there is more to do.
    pub(crate) fn look_after_data(&mut self) {
        let now_ms = self.core.now.mono_ms();
        let more = self.turn.upkeep.more || self.core.limit.is_evicting;
        if now_ms == self.turn.upkeep.at_ms && !more {
            return;
        }
        // What a unit left to hear is its own.
        self.core.end_unit();
        let begun_ns = self.core.begin_monitored();
        let more_due = self.core.expire();
        self.core.end_monitored(Event::ExpireCycle, begun_ns);
        self.core.hear_time();
        block::settle(&mut self.core, &mut self.sessions);
        if self.core.hurdles.has(Hurdles::MEMORY) {
            make_room(&mut self.core, &mut self.sessions);
        }
        let begun_ns = self.core.begin_monitored();
        let more_garbage = self.core.housekeep();
        self.core.end_monitored(Event::ActiveDefragCycle, begun_ns);
        self.turn.upkeep = Upkeep {
            at_ms: now_ms,
            more: more_due || more_garbage || self.core.limit.is_evicting,
            dirty: self.core.dirty,
            expiry_ms: self.core.keyspace.next_expiry(),
        };
    }

    /// Does the duties of every period.
    pub(crate) fn tick(&mut self) {
        for (_, duty) in DUTIES {
            duty(self);
        }
    }

    fn sample_rates(&mut self) {
        self.core.stats.sample(self.core.now);
    }

    fn end_exactness(&mut self) {
        self.core.end_exactness();
    }

    fn trim_spares(&mut self) {
        self.spares.trim();
        self.core.outgoing.trim();
    }

    /// Closes connections to other servers that were not used for long.
    fn close_links(&mut self) {
        for link in self.core.links.take_idle(self.core.now.mono_us) {
            self.core.outgoing.kill(link);
        }
    }

    /// Closes clients that were silent for longer than `timeout`, not all at once if they are many.
    fn close_idle(&mut self) {
        let limit_ms = u64::from(self.core.config.timeout) * 1000;
        if limit_ms == 0 {
            return;
        }
        let mut idle = Vec::new();
        for session in self.sessions.iter() {
            let waits = matches!(
                session.state,
                State::Waits(For::Keys | For::Acks | For::Gate | For::Script)
            );
            // COMPAT: whoever listens need not say anything.
            let listens = self.core.pubsub.has(session.conn) || session.is_monitor();
            if !waits && !listens && self.core.idle_ms(session) > limit_ms {
                idle.push(session.conn);
            }
            if idle.len() == CLOSED_PER_PERIOD {
                break;
            }
        }
        for conn in idle {
            self.drop_session(conn);
        }
    }

    /// Closes HTTP connections that took too long.
    fn close_slow_readers(&mut self) {
        self.http.close_slow(self.core.now.mono_us);
        self.metrics.drop_stale(self.core.now.mono_us);
    }

    fn save_if_due(&mut self) {
        self.core.save_if_due();
    }

    fn rewrite_if_due(&mut self) {
        self.core.rewrite_if_due();
    }

    fn step_backup(&mut self) {
        self.core.step_backup();
    }

    /// Ends the pause when its time is over.
    pub(crate) fn end_pause(&mut self) {
        if self.core.pause.is_over(self.core.now.mono_us) {
            self.core.set_pause(Pause::Off);
            block::release_postponed(&mut self.core, &mut self.sessions);
        }
    }

    /// Lets requests go on that came before it was known whether there is data to load.
    pub(crate) fn end_start_wait(&mut self) {
        if self.core.postpones_start && !self.core.awaits_files() {
            self.core.postpones_start = false;
            block::release_postponed(&mut self.core, &mut self.sessions);
        }
    }

    /// Closes clients whose replies pile up beyond their limits, or did for too long.
    pub(crate) fn close_over(&mut self) {
        while let Some(conn) = self.core.outgoing.next_over() {
            let Some(session) = self.sessions.get_mut(conn) else {
                continue;
            };
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
