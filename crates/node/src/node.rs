//! The node: a whole server as one value, driven through the contract of `russet-io`.
//!
//! Always true: the same calls with the same arguments give the same outputs; time and chance are
//! arguments.
//! Not here: the contract — `service.rs`; the order of work within a turn — `run.rs`; what time
//! makes due — `cron.rs`.

use std::sync::Arc;

use bytes::Bytes;
use russet_base::rng::Rng;
use russet_base::time::Now;
use russet_command::effects::Notification;
use russet_command::{Effects, Settings};
use russet_engine::{Keyspace, Snapshot};
use russet_io::{ConnId, Job, JobId, Task};
use russet_resp::Limits;

use crate::acks::Acks;
use crate::acl::Acl;
use crate::batch::Batch;
use crate::buffers::Spares;
use crate::config::Config;
use crate::core::Core;
use crate::costs::Costs;
use crate::environment::Environment;
use crate::http::Connections;
use crate::hurdles::Hurdles;
use crate::journal::{Journal, Lost, Offset, ReaderId};
use crate::limit::Limit;
use crate::links::Links;
use crate::metrics::Metrics;
use crate::monitors::Monitors;
use crate::outbox::Outbox;
use crate::outgoing::Outgoing;
use crate::pause::Pause;
use crate::persist::aof::Aof;
use crate::persist::backup::Backup;
use crate::persist::loads::{Cause, Loads};
use crate::persist::saves::Saves;
use crate::postponed::Postponed;
use crate::pubsub::Pubsub;
use crate::registry;
use crate::running::Running;
use crate::scripts::state::Scripts;
use crate::session::Sessions;
use crate::stats::Stats;
use crate::tracking::Tracking;
use crate::waiters::Waiters;
use crate::watchers::Watchers;
use crate::weights::Weights;

/// A deterministic Redis-compatible server.
///
/// It is driven by a loop through [`Service`](russet_io::Service): bytes, time and completions go
/// in, bytes and a list of actions come out.
///
/// # Examples
/// ```
/// use russet_io::{Address, ConnId, Now, Origin, Piece, Ready, Service};
/// use russet_node::{Config, Environment, Node};
///
/// let now = Now { wall_us: 1_700_000_000_000_000, mono_us: 0 };
/// let mut node = Node::new(Config::default(), Environment::default(), now);
/// let conn = ConnId { index: 0, generation: 1 };
/// let address = Address::Unix { path: "/tmp/russet.sock".into() };
/// node.opened(conn, &Origin::client(address), now);
///
/// let request = b"PING\r\n";
/// node.space(conn)[..request.len()].copy_from_slice(request);
/// node.received(conn, request.len());
/// node.run(now);
/// let mut ready = Ready::default();
/// node.ready(&mut ready);
/// assert_eq!(ready.flush, [conn]);
///
/// let mut pieces = [Piece::Bytes(&[]); 4];
/// assert_eq!(node.output(conn, &mut pieces), 1);
/// assert_eq!(pieces[0].bytes(), b"+PONG\r\n");
/// node.taken(conn, 7);
/// ```
pub struct Node {
    pub(crate) core: Core,
    pub(crate) sessions: Sessions,
    pub(crate) turn: Turn,
    /// The last batch, empty, for its room; absent while one runs.
    pub(crate) batch: Option<Box<Batch>>,
    /// Spare input buffers.
    pub(crate) spares: Spares,
    /// Connections that speak HTTP.
    pub(crate) http: Connections,
    /// The page of metrics.
    pub(crate) metrics: Metrics,
}

/// Lists that one turn of the loop collects.
#[derive(Default)]
pub(crate) struct Turn {
    /// Sessions with input that was not executed.
    pub inputs: Vec<ConnId>,
    /// Whether work is left for another turn.
    pub again: bool,
    /// Whether that is input which this turn was too short for.
    pub is_behind: bool,
    /// Batches of this turn so far, and the time when the second one had run.
    pub batches: u32,
    pub since_ns: u64,
    /// When the slower duties are due again.
    pub tick_at_us: u64,
    /// When certificates were to be read again last.
    pub certificates_us: u64,
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
    /// When the configuration renames what is no command, or its users are wrong; `check_renames`
    /// and `check_users` tell before.
    pub fn new(config: Config, environment: Environment, now: Now) -> Self {
        let seed = environment.seed;
        let keyspace = empty_keyspace(&config, seed);
        let commands = Arc::new(registry::commands(config.renames()));
        let mut rng = Rng::new(seed.rotate_left(32));
        let pubsub = Pubsub::new(&mut rng);
        let scripts = Scripts::new(&mut rng);
        let core = Core {
            running: Running::default(),
            keyspace,
            commands: Arc::clone(&commands),
            settings: Settings::default(),
            limits: Limits::DEFAULT,
            acl: Acl::configured(&config, &commands),
            hurdles: Hurdles::NONE,
            config,
            effects: Effects::default(),
            stats: Stats::new(commands.len()),
            limit: Limit::default(),
            weights: Weights::default(),
            costs: Costs::default(),
            environment,
            now,
            journal: Journal::default(),
            keeps_events: false,
            events: Vec::new(),
            pubsub,
            gathered: None,
            stalled_by: None,
            monitors: Monitors::default(),
            tracking: Tracking::new(&mut rng),
            rng,
            waiters: Waiters::default(),
            acks: Acks::default(),
            pause: Pause::default(),
            postponed: Postponed::default(),
            watchers: Watchers::default(),
            open: None,
            migrating: None,
            links: Links::default(),
            outgoing: Outgoing::default(),
            outbox: Outbox::default(),
            next_client_id: 1,
            dirty: 0,
            saves: Saves::new(now),
            aof: Aof::default(),
            backup: Backup::default(),
            aof_is_starting: false,
            loading: None,
            postpones_start: false,
            loads: Loads::default(),
            scripts,
            is_persistent: false,
            active_expiry: true,
            pauses_signals: false,
            end_asked_by: None,
            skips_checksums: false,
        };
        let mut node = Self {
            core,
            sessions: Sessions::default(),
            turn: Turn::default(),
            batch: None,
            spares: Spares::default(),
            http: Connections::default(),
            metrics: Metrics::default(),
        };
        node.begin(now);
        node
    }

    fn begin(&mut self, now: Now) {
        self.core.environment.started = now;
        self.core.name_disabled_users();
        self.core.keyspace.freeze(now.wall_ms());
        self.core.derive_settings();
        self.core.derive_events();
    }

    /// Begins to load the files that the configuration names, and to save to them. Until all is
    /// loaded, requests for data are refused. Called before the first turn, by whoever performs
    /// jobs on files; without it the data lives in memory only.
    pub fn start(&mut self) {
        self.core.is_persistent = true;
        self.core.start_loading(Cause::Start, false);
        self.turn.again = true;
    }

    /// Whether files are being loaded.
    pub fn is_loading(&self) -> bool {
        self.core.loading.is_some()
    }

    /// Adds a reader of the journal, which sees every change from now on: whole units, as requests
    /// that repeat them, with SELECT, MULTI and EXEC where they belong. A reader that is more than
    /// `limit` bytes behind is lost.
    ///
    /// # Examples
    /// ```
    /// use russet_node::loopback::Loopback;
    ///
    /// let mut server = Loopback::new(Default::default());
    /// let client = server.connect();
    /// let reader = server.node().attach_reader(1 << 20);
    /// server.call(client, b"SET k v EX 10\r\n");
    /// let bytes = server.node().read_journal(reader).unwrap().unwrap();
    /// assert!(bytes.starts_with(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*5\r\n$3\r\nSET\r\n"));
    /// assert_eq!(server.node().journal_end().0, bytes.len() as u64);
    /// ```
    pub fn attach_reader(&mut self, limit: u64) -> ReaderId {
        self.core.attach_reader(limit)
    }

    /// Removes a reader of the journal.
    pub fn detach_reader(&mut self, reader: ReaderId) {
        self.core.detach_reader(reader);
    }

    /// The next bytes of the journal for a reader, which then stands behind them; `None` when there
    /// are none.
    ///
    /// # Errors
    /// The reader was lost or detached.
    pub fn read_journal(&mut self, reader: ReaderId) -> Result<Option<Bytes>, Lost> {
        self.core.read_journal(reader)
    }

    /// The end of the last unit in the journal.
    pub fn journal_end(&self) -> Offset {
        self.core.journal.end()
    }

    /// Has replies wait for the journal: one that is written behind an offset leaves once
    /// [`Self::allow_replies`] has reached it. Recording needs a reader.
    pub fn fence_replies(&mut self, allowed: Offset) {
        self.core.outgoing.fence(allowed);
    }

    /// Lets the replies leave that depend on this offset or an earlier one.
    pub fn allow_replies(&mut self, upto: Offset) {
        self.core.outgoing.allow(upto);
        self.turn.again = true;
    }

    /// Has replies wait for nothing any more.
    pub fn unfence_replies(&mut self) {
        self.core.outgoing.unfence();
        self.turn.again = true;
    }

    /// Appends a message to the output of a connection, behind the reply that is being written;
    /// false if it has gone. Bytes of 16 KiB or more are shared by their count.
    pub fn deliver(&mut self, conn: ConnId, message: &Bytes) -> bool {
        self.core.outgoing.deliver(conn, message)
    }

    /// A snapshot of all databases, which a task may read on another thread while requests go on.
    ///
    /// # Examples
    /// ```
    /// use russet_node::loopback::Loopback;
    ///
    /// let mut server = Loopback::new(Default::default());
    /// let client = server.connect();
    /// server.call(client, b"SET k v\r\n");
    /// let mut walk = server.node().snapshot().into_walk();
    /// server.call(client, b"DEL k\r\n");
    /// assert_eq!(walk.next().map(|item| item.key), Some(&b"k"[..]));
    /// ```
    pub fn snapshot(&mut self) -> Snapshot {
        self.core.keyspace.snapshot()
    }

    /// Starts a task at the end of the next turn. The node does not wait for its end; a caller
    /// learns of it through the task itself.
    pub fn start_task(&mut self, task: Box<dyn Task>) -> JobId {
        self.turn.again = true;
        self.core.outbox.start(Job::Task(task))
    }

    /// Sets whether [`Self::take_events`] will have something to give; at first it will not.
    ///
    /// # Examples
    /// ```
    /// use russet_node::loopback::Loopback;
    ///
    /// let mut server = Loopback::new(Default::default());
    /// let client = server.connect();
    /// server.node().keep_events(true);
    /// server.call(client, b"CONFIG SET notify-keyspace-events KA\r\nSET k v PX 10\r\n");
    /// server.advance(20);
    /// let events = server.node().take_events();
    /// let names: Vec<&str> = events.iter().map(|event| event.event).collect();
    /// assert_eq!(names, ["set", "expire", "expired"]);
    /// ```
    pub fn keep_events(&mut self, kept: bool) {
        self.core.keep_events(kept);
    }

    /// The keyspace events since the last call, in order, of the classes that the configuration
    /// names.
    pub fn take_events(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.core.events)
    }
}

fn empty_keyspace(config: &Config, seed: u64) -> Keyspace {
    Keyspace::new(russet_engine::Options {
        databases: config.databases as usize,
        seed,
        ..Default::default()
    })
}
