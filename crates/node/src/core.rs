//! The node without its sessions: data, tables, configuration, counters, and what waits to go out.
//!
//! The types of handlers stand here too, since the table of commands is a part of the core, and a
//! control handler may touch all of it.
//!
//! Always true: nothing in here knows a socket.
//! Not here: sessions — `session.rs`; the order of a turn — `service.rs`, `run.rs`.

use std::sync::Arc;

use russet_base::rng::Rng;
use russet_base::time::Now;
use russet_command::effects::Notification;
use russet_command::registry::{self, CommandId, Registry};
use russet_command::{CommandError, Effects, Settings};
use russet_engine::{AccessPolicy, ExpiryMode, Keyspace, Millis};
use russet_io::ConnId;
use russet_resp::{Args, Limits, Reply};

use crate::acks::Acks;
use crate::acl::Acl;
use crate::config::Config;
use crate::costs::Costs;
use crate::environment::{Diagnostics, Environment};
use crate::hurdles::Hurdles;
use crate::journal::Journal;
use crate::limit::Limit;
use crate::links::Links;
use crate::migrate::Migrate;
use crate::monitors::Monitors;
use crate::open_unit::OpenUnit;
use crate::outbox::Outbox;
use crate::outgoing::Outgoing;
use crate::pause::Pause;
use crate::persist::aof::Aof;
use crate::persist::backup::Backup;
use crate::persist::loads::{Loading, Loads};
use crate::persist::saves::Saves;
use crate::postponed::Postponed;
use crate::pubsub::{Gathered, Pubsub};
use crate::running::Running;
use crate::scripts::state::Scripts;
use crate::session::{For, Session, Sessions};
use crate::stats::{Meter, Stats};
use crate::tracking::Tracking;
use crate::waiters::Waiters;
use crate::watchers::Watchers;
use crate::weights::Weights;

/// All commands.
pub(crate) type Commands = Registry<Handler>;

/// One command.
pub(crate) type Command = registry::Command<Handler>;

/// The function that runs when a command is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// A data command.
    Data(russet_command::Handler),
    /// A control command.
    Control(ControlHandler),
}

/// A handler of a control command.
pub(crate) type ControlHandler =
    fn(&mut ControlCtx<'_>, Args<'_>) -> Result<ControlFlow, CommandError>;

/// How a control handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlFlow {
    /// The reply is written.
    Done,
    /// The reply follows when this has happened; the session executes nothing until then.
    Waits(For),
}

/// Everything a control handler may touch.
pub(crate) struct ControlCtx<'c> {
    /// The node without its sessions.
    pub core: &'c mut Core,
    /// All other sessions.
    pub sessions: &'c mut Sessions,
    /// The session that asks.
    pub session: &'c mut Session,
    /// Whether it may wait for other clients: not as a part of a transaction.
    pub may_block: bool,
    /// The command that runs.
    pub command: CommandId,
    /// Whether it is repeated from a file, and must not wait for anything.
    pub is_replayed: bool,
}

impl ControlCtx<'_> {
    /// Where the reply goes.
    pub(crate) fn reply(&mut self) -> Reply<'_> {
        let (conn, protocol) = (self.session.conn, self.session.protocol);
        self.core.outgoing.reply(conn, protocol)
    }

    /// Writes `+OK`.
    pub(crate) fn ok(&mut self) -> Result<ControlFlow, CommandError> {
        self.reply().ok();
        Ok(ControlFlow::Done)
    }
}

/// Everything a node holds besides its sessions.
pub(crate) struct Core {
    /// Where the request that runs lies.
    pub running: Running,
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
    /// All users, and what was refused to them.
    pub acl: Acl,
    /// Reasons for which requests of any session might not run now.
    pub hurdles: Hurdles,
    /// The effects of the command that runs.
    pub effects: Effects,
    /// Chance.
    pub rng: Rng,
    /// Counters.
    pub stats: Stats,
    /// The state of the limit of memory.
    pub limit: Limit,
    /// The memory of clients, while it is limited.
    pub weights: Weights,
    /// Commands and events that cost much.
    pub costs: Costs,
    /// Facts about the process and the machine.
    pub environment: Environment,
    /// The time of this turn.
    pub now: Now,
    /// The sequence of changes.
    pub journal: Journal,
    /// Whether somebody takes the keyspace events.
    pub keeps_events: bool,
    /// Keyspace events that nobody has taken.
    pub events: Vec<Notification>,
    /// Subscriptions of clients to channels and patterns.
    pub pubsub: Pubsub,
    /// Messages that are not delivered yet.
    pub gathered: Option<Gathered>,
    /// The session whose unit stalled the last turn: its changes are heard in the next.
    pub stalled_by: Option<ConnId>,
    /// Clients that have sent MONITOR, and see requests as they run.
    pub monitors: Monitors,
    /// Keys that clients cache, and the clients to notify when they change.
    pub tracking: Tracking,
    /// Clients that wait for a key.
    pub waiters: Waiters,
    /// Clients that wait for copies of their writes.
    pub acks: Acks,
    /// Whether requests are paused.
    pub pause: Pause,
    /// Sessions whose requests were postponed, and those that go on.
    pub postponed: Postponed,
    /// Keys that are watched.
    pub watchers: Watchers,
    /// The unit that goes on over several turns, if there is one.
    pub open: Option<OpenUnit>,
    /// The migration that is on its way: of the open unit.
    pub migrating: Option<Migrate>,
    /// Connections to other servers.
    pub links: Links,
    /// Bytes that wait to go out.
    pub outgoing: Outgoing,
    /// Orders other than output that leave at the end of the turn.
    pub outbox: Outbox,
    /// The number that the next client gets.
    pub next_client_id: u64,
    /// Changes since the data was last saved.
    pub dirty: u64,
    /// Dumps: the one that runs, and what is known of the last.
    pub saves: Saves,
    /// The append-only file.
    pub aof: Aof,
    /// The backup.
    pub backup: Backup,
    /// Whether requests wait for the first base of an append-only file.
    pub aof_is_starting: bool,
    /// The files that are being loaded.
    pub loading: Option<Box<Loading>>,
    /// Whether requests may have been postponed since the server starts.
    pub postpones_start: bool,
    /// Counts of the last load.
    pub loads: Loads,
    /// Scripts and functions.
    pub scripts: Scripts,
    /// Whether data is loaded from files and saved to them on its own.
    pub is_persistent: bool,
    /// `DEBUG SET-ACTIVE-EXPIRE`: whether keys expire on their own.
    pub active_expiry: bool,
    /// `DEBUG PAUSE-CRON`: whether signals that ask for the end wait.
    pub pauses_signals: bool,
    /// The signal that asks for the end and waits.
    pub end_asked_by: Option<&'static str>,
    /// `DEBUG SET-SKIP-CHECKSUM-VALIDATION`: whether RESTORE takes any checksum.
    pub skips_checksums: bool,
}

impl Core {
    /// A meter of commands that run from now on.
    #[inline]
    pub(crate) fn meter(&self) -> Meter {
        Meter::start(self.environment.stopwatch, self.config.latency_tracking)
    }

    /// The reading of the clock that commands are timed by, in nanoseconds; zero without one.
    #[inline]
    pub(crate) fn stopwatch_ns(&self) -> u64 {
        self.environment.stopwatch.map_or(0, |watch| watch())
    }

    /// A meter of commands with clocks of their own.
    #[inline]
    pub(crate) fn meter_at_rest(&self) -> Meter {
        Meter::at_rest(self.environment.stopwatch, self.config.latency_tracking)
    }

    /// Takes over the settings that others read in a form of their own.
    pub(crate) fn derive_settings(&mut self) {
        let config = &self.config;
        self.settings.string_len_max = config.proto_max_bulk_len;
        let policy = config.maxmemory_policy;
        self.settings.lfu = policy.is_lfu();
        let has_clocks = policy.is_lfu() || policy.is_lru() || policy.is_lrm();
        self.settings.shares_integers = config.maxmemory == 0 || !has_clocks;
        self.keyspace.set_access_policy(access_policy(config));
        self.settings.lazy_user_flush = config.lazyfree_lazy_user_flush;
        self.settings.lazy_expire = config.lazyfree_lazy_expire;
        self.settings.lazy_server_del = config.lazyfree_lazy_server_del;
        self.limits.bulk_len_max = config.proto_max_bulk_len;
        self.keyspace.set_packing(config.packing);
        self.outgoing
            .set_limits(config.output_limit_normal(), config.output_limit_pubsub());
        self.weights.set_limit(config.clients_limit());
        let is_weighed = self.weights.is_limited();
        self.outgoing.receivers =
            is_weighed.then(|| self.outgoing.receivers.take().unwrap_or_default());
        self.scripts.engines.set_limit(config.maxmemory);
        self.derive_limit();
        self.derive_disk_health();
        self.derive_expiry_mode();
        self.derive_bars();
        self.derive_diagnostics();
    }

    /// Passes on what crashes and long turns bring about.
    fn derive_diagnostics(&self) {
        let config = &self.config;
        if let Some(diagnose) = self.environment.diagnose {
            diagnose(Diagnostics {
                reports_crashes: config.crash_log_enabled,
                exits_on_panic: config.use_exit_on_panic,
                hides_data: config.hide_user_data_from_log,
                watchdog_ms: config.watchdog_period,
            });
        }
    }

    /// Sets the pause.
    pub(crate) fn set_pause(&mut self, pause: Pause) {
        self.pause = pause;
        self.hurdles.set(Hurdles::PAUSED, pause.is_on());
        self.derive_expiry_mode();
    }

    /// The treatment of keys whose deadline has passed, when no journal is repeated. At a start it
    /// waits until removals can be appended: a later replay would find the key again without them.
    pub(crate) fn derive_expiry_mode(&mut self) {
        if self.hurdles.has(Hurdles::LOADING) {
            return;
        }
        let keeps = self.pause.is_on() || self.config.import_mode;
        self.keyspace.set_expiry_mode(match keeps {
            true => ExpiryMode::KeepForReads,
            false => ExpiryMode::Remove,
        });
    }

    /// Lets the commands of a session that run from now on see the keys that it may: in import mode
    /// a session that imports sees those whose deadline has passed. Gives what was seen before.
    #[inline]
    pub(crate) fn look_as(&mut self, session: &Session) -> Option<ExpiryMode> {
        match self.config.import_mode {
            true => self.look_as_importer(session),
            false => None,
        }
    }

    #[cold]
    fn look_as_importer(&mut self, session: &Session) -> Option<ExpiryMode> {
        let before = self.keyspace.expiry_mode();
        match session.wishes.import_source {
            true => self.keyspace.set_expiry_mode(ExpiryMode::Ignore),
            false => self.derive_expiry_mode(),
        }
        Some(before)
    }

    /// Lets commands see again what was seen before.
    #[inline]
    pub(crate) fn look_as_before(&mut self, before: Option<ExpiryMode>) {
        if let Some(before) = before.filter(|_| self.config.import_mode) {
            self.keyspace.set_expiry_mode(before);
        }
    }

    /// Opens or closes the unit that holds all others.
    pub(crate) fn set_open(&mut self, open: Option<OpenUnit>) {
        self.hurdles.set(Hurdles::HELD, open.is_some());
        // The lines of a debugger wait for nothing.
        let run = self.scripts.run.as_ref();
        let is_watched = run.is_some_and(|run| run.debugger.is_some());
        let holds = open.as_ref().filter(|_| !is_watched);
        self.outgoing.set_open(holds.map(|open| open.conn));
        self.open = open;
    }

    /// Whether no further request may run in this turn.
    #[inline]
    pub(crate) fn is_stalled(&self) -> bool {
        self.outbox.stall_us > 0
    }

    /// For how long nothing came from a session or left for it, in milliseconds.
    pub(crate) fn idle_ms(&self, session: &Session) -> u64 {
        let left_ms = self.outgoing.left_at_us(session.conn) / 1000;
        let active_ms = session.active_ms.max(left_ms);
        self.now.mono_ms().saturating_sub(active_ms)
    }

    /// A moment of the wall clock, in monotonic microseconds; not before now.
    pub(crate) fn monotonic_us(&self, moment: Millis) -> u64 {
        let rest_ms = moment.saturating_sub(self.now.wall_ms());
        let rest_ms = u64::try_from(rest_ms).unwrap_or_default();
        let rest_us = rest_ms.saturating_mul(1_000);
        self.now.mono_us.saturating_add(rest_us)
    }
}

/// Measure of the access clocks of keys under the configured eviction policy.
fn access_policy(config: &Config) -> AccessPolicy {
    if config.maxmemory_policy.is_lfu() {
        AccessPolicy::Lfu {
            log_factor: config.lfu_log_factor,
            decay_minutes: config.lfu_decay_time,
        }
    } else if config.maxmemory_policy.is_lrm() {
        AccessPolicy::Lrm
    } else {
        AccessPolicy::Lru
    }
}
