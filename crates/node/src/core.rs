//! The node without its sessions: data, tables, configuration, counters, and what waits to go out.
//!
//! Always true: nothing in here knows a socket; what the outside must do is collected in `outbox`.
//! Not here: sessions — `session.rs`; the order of a turn — `run.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use russet_base::rng::Rng;
use russet_base::time::Now;
use russet_command::effects::Notification;
use russet_command::{Effects, Settings};
use russet_engine::{AccessPolicy, Keyspace};
use russet_io::{ConnId, Exchange, Exchanged, Job, JobId, LogLevel, LogLine, Outcome};
use russet_resp::Limits;

use crate::block::Waiters;
use crate::config::Config;
use crate::environment::Environment;
use crate::links::Links;
use crate::pause::Pause;
use crate::record::Records;
use crate::registry::Commands;
use crate::session::Session;
use crate::stats::{Meter, Stats};
use crate::txn::Watchers;

/// What is done when a job completes: settles what it was for, and writes the reply of the session
/// that waits for it, unless its client has gone meanwhile.
pub(crate) type Completion = Box<dyn FnOnce(&mut Core, Option<&mut Session>, Outcome) + Send>;

/// What is done when an exchange with another server has ended; otherwise like [`Completion`].
pub(crate) type Answered = Box<dyn FnOnce(&mut Core, Option<&mut Session>, Exchanged) + Send>;

/// Everything a node holds besides its sessions.
pub(crate) struct Core {
    /// The data.
    pub keyspace: Keyspace,
    /// Every command by name.
    pub commands: Arc<Commands>,
    /// The settings as configured.
    pub config: Config,
    /// The settings that data commands read, derived from `config`.
    pub settings: Settings,
    /// The limits of requests, derived from `config`.
    pub limits: Limits,
    /// The effects of the unit that runs.
    pub effects: Effects,
    /// Chance.
    pub rng: Rng,
    /// Counters.
    pub stats: Stats,
    /// What is known of the process and the machine.
    pub environment: Environment,
    /// The time of this turn.
    pub now: Now,
    /// What the log is to hold.
    pub records: Records,
    /// Whether somebody takes the keyspace events.
    pub keeps_events: bool,
    /// Keyspace events that nobody has taken.
    pub events: Vec<Notification>,
    /// Clients that wait for a key.
    pub waiters: Waiters,
    /// The pause that is on.
    pub pause: Option<Pause>,
    /// Keys that are watched.
    pub watchers: Watchers,
    /// Connections to other servers.
    pub links: Links,
    /// What waits to go out at the end of the turn.
    pub outbox: Outbox,
    /// The number that the next client gets.
    pub next_client_id: u64,
    /// Changes since the data was last saved.
    pub dirty: u64,
    /// `DEBUG SET-ACTIVE-EXPIRE`: whether keys expire on their own.
    pub active_expiry: bool,
    /// `DEBUG SET-SKIP-CHECKSUM-VALIDATION`: whether RESTORE takes any checksum.
    pub skips_checksums: bool,
}

impl Core {
    /// A meter of commands that run from now on.
    #[inline]
    pub(crate) fn meter(&self) -> Meter {
        Meter::start(self.environment.stopwatch, self.config.latency_tracking)
    }

    /// Takes over the settings that others read in a form of their own.
    pub(crate) fn derive_settings(&mut self) {
        self.derive_events();
        let config = &self.config;
        self.settings.string_len_max = config.proto_max_bulk_len;
        self.settings.lfu = config.maxmemory_policy.is_lfu();
        self.keyspace.set_access_policy(access_policy(config));
        self.settings.lazy_user_flush = config.lazyfree_lazy_user_flush;
        self.settings.lazy_expire = config.lazyfree_lazy_expire;
        self.settings.lazy_server_del = config.lazyfree_lazy_server_del;
        self.limits.bulk_len_max = config.proto_max_bulk_len;
        self.keyspace.set_packing(config.packing);
    }
}

/// What the access clocks of keys measure under the configured way to choose keys to evict.
fn access_policy(config: &Config) -> AccessPolicy {
    if config.maxmemory_policy.is_lfu() {
        AccessPolicy::Lfu {
            log_factor: config.lfu_log_factor,
            decay_minutes: config.lfu_decay_time,
        }
    } else {
        AccessPolicy::Lru
    }
}

/// Work and words for the outside, collected during a turn.
#[derive(Default)]
pub(crate) struct Outbox {
    /// Lines for the log.
    pub log: Vec<LogLine>,
    /// Jobs to start.
    pub jobs: Vec<(JobId, Job)>,
    /// Sleep before anything else.
    pub stall_us: u64,
    /// End the process.
    pub exit: Option<i32>,
    /// An exchange to carry out before anything else.
    pub exchange: Option<Exchange>,
    /// Who waits for the end of the exchange that is on.
    exchanging: Option<(ConnId, Answered)>,
    next_job: u64,
    waiting: BTreeMap<JobId, (ConnId, Completion)>,
    finished: VecDeque<(JobId, Outcome)>,
}

impl Outbox {
    /// Writes a line to the log.
    pub(crate) fn log(&mut self, level: LogLevel, text: impl Into<String>) {
        self.log.push(LogLine {
            level,
            text: text.into(),
        });
    }

    /// Starts a job that nobody waits for.
    pub(crate) fn start(&mut self, job: Job) {
        let id = self.number();
        self.jobs.push((id, job));
    }

    /// Starts a job; when it completes, `then` is called with the session that waits for it.
    pub(crate) fn start_for(&mut self, conn: ConnId, job: Job, then: Completion) {
        let id = self.number();
        self.jobs.push((id, job));
        self.waiting.insert(id, (conn, then));
    }

    /// Starts an exchange with another server; `then` is called with the session that waits for its
    /// end. Nothing runs until then, and none may be on already.
    pub(crate) fn exchange_for(&mut self, conn: ConnId, exchange: Exchange, then: Answered) {
        debug_assert!(!self.is_exchanging(), "one exchange at a time");
        self.exchange = Some(exchange);
        self.exchanging = Some((conn, then));
    }

    /// The exchange that is on has ended: who waits for that.
    pub(crate) fn end_exchange(&mut self) -> Option<(ConnId, Answered)> {
        self.exchange = None;
        self.exchanging.take()
    }

    /// Whether an exchange is on, so that a unit has not ended.
    #[inline]
    pub(crate) fn is_exchanging(&self) -> bool {
        self.exchanging.is_some()
    }

    /// Whether no further request may run in this turn.
    #[inline]
    pub(crate) fn is_held_up(&self) -> bool {
        self.stall_us > 0 || self.is_exchanging()
    }

    /// A job has completed.
    pub(crate) fn finish(&mut self, job: JobId, outcome: Outcome) {
        if self.waiting.contains_key(&job) {
            self.finished.push_back((job, outcome));
        }
    }

    /// The next completion that a session waits for.
    pub(crate) fn next_finished(&mut self) -> Option<(ConnId, Completion, Outcome)> {
        let (job, outcome) = self.finished.pop_front()?;
        let (conn, then) = self.waiting.remove(&job)?;
        Some((conn, then, outcome))
    }

    fn number(&mut self) -> JobId {
        self.next_job += 1;
        JobId(self.next_job)
    }
}
