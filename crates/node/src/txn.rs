//! Transactions: requests that are queued to run as one unit, and keys that are watched meanwhile.
//!
//! ```text
//!          MULTI            a request is refused          EXEC
//!  ───────► queueing ──────────────► doomed ──────────────► EXECABORT
//!              │ EXEC
//!              ├─ a watched key has changed ──────────────► null
//!              └─ else ─► running: each command in turn ──► the array of their replies
//! ```
//! A client that watches has the engine observe its keys. After the first change it is *dirty*:
//! nothing more is watched, and its next EXEC runs nothing.
//!
//! Always true: a client is dirty only until its next EXEC, DISCARD, UNWATCH or RESET.
//! Not here: the commands — `control/txn.rs`; what a unit is — `unit.rs`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use russet_command::{CommandError, Flags};
use russet_resp::{ArgBuf, Args, Reply};

use crate::block::DbKey;
use crate::core::Core;
use crate::registry::{Command, CommandId};
use crate::session::Session;

/// The transaction of one client.
#[derive(Debug)]
pub(crate) struct Multi {
    /// The commands that have not run.
    pub queue: VecDeque<(CommandId, ArgBuf)>,
    /// How many were queued in all.
    pub count: usize,
    /// What any of them is like.
    pub flags: Flags,
    /// The bytes of their arguments.
    pub args_size: usize,
    /// Whether a request was refused, so that none will run.
    pub is_doomed: bool,
    /// Whether the commands are running: EXEC waits for one of them.
    pub is_running: bool,
}

impl Multi {
    /// Nothing is queued yet.
    pub(crate) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            count: 0,
            flags: Flags::NONE,
            args_size: 0,
            is_doomed: false,
            is_running: false,
        }
    }

    /// The memory it holds, for accounting.
    pub(crate) fn memory(&self) -> usize {
        self.args_size + self.queue.capacity() * size_of::<(CommandId, ArgBuf)>()
    }
}

/// Whether this is EXEC.
pub(crate) fn is_exec(command: &Command) -> bool {
    command.spec.name == "EXEC" && command.parent.is_none()
}

/// Whether a command is queued while a transaction is open, and not run.
pub(crate) fn is_queued(command: &Command) -> bool {
    const AT_ONCE: [&str; 6] = ["DISCARD", "EXEC", "MULTI", "QUIT", "RESET", "WATCH"];
    command.parent.is_some() || !AT_ONCE.contains(&command.spec.name)
}

/// Queues a command.
pub(crate) fn enqueue(session: &mut Session, command: &Command, args: Args<'_>) {
    if let Some(multi) = &mut session.multi {
        multi.count += 1;
        multi.flags = multi.flags.with(command.spec.flags);
        // A transaction that will not run need not be kept.
        if !multi.is_doomed {
            multi.args_size += args.size();
            multi.queue.push_back((command.id, ArgBuf::from(args)));
        }
    }
    Reply::new(&mut session.output, session.protocol).simple("QUEUED");
}

/// A request was refused: the transaction that is open, if any, will not run.
#[cold]
pub(crate) fn doom(session: &mut Session) {
    if let Some(multi) = &mut session.multi {
        multi.is_doomed = true;
    }
}

/// EXEC itself was refused: the transaction is over.
#[cold]
pub(crate) fn abort(core: &mut Core, session: &mut Session, why: &CommandError) -> CommandError {
    discard(core, session);
    let why = why.to_string();
    let why = why.strip_prefix("ERR ").unwrap_or(&why);
    let text = format!("EXECABORT Transaction discarded because of: {why}");
    CommandError::Text(Cow::Owned(text))
}

/// Ends the transaction and forgets the watched keys.
pub(crate) fn discard(core: &mut Core, session: &mut Session) {
    session.multi = None;
    core.unwatch(session.id);
}

/// Which keys are watched, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    clients: BTreeMap<u64, Watch>,
    keys: BTreeMap<DbKey, BTreeSet<u64>>,
}

/// What one client watches.
#[derive(Debug, Default)]
struct Watch {
    keys: Vec<DbKey>,
    /// One of them has changed; none is watched any more.
    is_dirty: bool,
}

impl Watchers {
    /// Whether a key that the client watched has changed.
    pub(crate) fn is_dirty(&self, client: u64) -> bool {
        self.clients
            .get(&client)
            .is_some_and(|watch| watch.is_dirty)
    }

    /// How many keys the client watches.
    pub(crate) fn count_of(&self, client: u64) -> usize {
        self.clients
            .get(&client)
            .map_or(0, |watch| watch.keys.len())
    }

    /// How many clients watch something.
    pub(crate) fn watching(&self) -> usize {
        let watching = self.clients.values();
        watching.filter(|watch| !watch.keys.is_empty()).count()
    }

    /// How many keys are watched.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The memory of what a client watches, for accounting.
    pub(crate) fn memory_of(&self, client: u64) -> usize {
        let keys = self
            .clients
            .get(&client)
            .map_or(&[][..], |watch| &watch.keys);
        let sizes = keys.iter().map(|key| size_of::<DbKey>() + key.1.len());
        sizes.sum()
    }
}

impl Core {
    /// Lets a client watch keys of a database.
    ///
    /// A key whose deadline has passed counts as absent, whether it was removed yet or not.
    pub(crate) fn watch(&mut self, client: u64, db: usize, keys: Args<'_>) {
        if self.watchers.is_dirty(client) {
            return;
        }
        for key in keys.iter() {
            self.keyspace.db(db).contains(key);
        }
        self.hear_changes();
        for key in keys.iter() {
            let key: DbKey = (db, Box::from(key));
            let watchers = self.watchers.keys.entry(key.clone()).or_default();
            if watchers.insert(client) {
                self.keyspace.observe(db, &key.1);
                let watch = self.watchers.clients.entry(client).or_default();
                watch.keys.push(key);
            }
        }
    }

    /// Forgets what a client watches, and that it is dirty.
    pub(crate) fn unwatch(&mut self, client: u64) {
        if let Some(watch) = self.watchers.clients.remove(&client) {
            self.unwatch_keys(client, &watch.keys);
        }
    }

    /// Whether nothing has changed that a client watches; keys whose deadline has passed since
    /// have.
    pub(crate) fn is_as_watched(&mut self, client: u64) -> bool {
        let Some(watch) = self.watchers.clients.get(&client) else {
            return true;
        };
        for (db, key) in &watch.keys {
            let mut db = self.keyspace.db(*db);
            // During a pause it stays where it is. One that had expired before it was watched in
            // the same pause counts too: the client tries again.
            if !db.contains(key) && db.has_expired(key) {
                return false;
            }
        }
        if self.keyspace.has_changes() {
            self.hear_changes();
        }
        !self.watchers.is_dirty(client)
    }

    /// A key has changed: everybody who watches it is dirty.
    pub(crate) fn touch_watched(&mut self, key: &DbKey) {
        let Some(clients) = self.watchers.keys.get(key) else {
            return;
        };
        for client in clients.clone() {
            let Some(watch) = self.watchers.clients.get_mut(&client) else {
                continue;
            };
            watch.is_dirty = true;
            let keys = std::mem::take(&mut watch.keys);
            self.unwatch_keys(client, &keys);
        }
    }

    fn unwatch_keys(&mut self, client: u64, keys: &[DbKey]) {
        for key in keys {
            self.keyspace.unobserve(key.0, &key.1);
            let Some(clients) = self.watchers.keys.get_mut(key) else {
                continue;
            };
            clients.remove(&client);
            if clients.is_empty() {
                self.watchers.keys.remove(key);
            }
        }
    }
}
