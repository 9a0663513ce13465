//! Clients that wait for keys: in which order, until when, and when they are asked again.
//!
//! Always true: a client stands once in the queue of a key, at the place of its ticket; a queue
//! that nobody stands in does not exist.
//! Not here: how they are served — `block.rs`; that keys are observed — there too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use russet_command::Wait;
use russet_command::registry::CommandId;
use russet_engine::ObserverId;
use russet_io::ConnId;
use russet_resp::ArgBuf;

/// A key of a numbered database.
pub(crate) type DbKey = (usize, Box<[u8]>);

/// The observer of keys that clients wait for.
pub(crate) const WAITERS: ObserverId = ObserverId(0);

/// A client that waits, and for what.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// Its connection.
    pub conn: ConnId,
    /// Its number.
    pub client: u64,
    /// Its command.
    pub command: CommandId,
    /// The request that runs when a key changes.
    pub request: ArgBuf,
    /// The database of the keys.
    pub db: usize,
    /// The wait that the handler asked for.
    pub wait: Wait,
    /// Its place in every queue: who came earlier has a lower one.
    pub ticket: u64,
    /// When it gives up, in monotonic microseconds.
    pub gives_up_us: Option<u64>,
    /// When it is asked again although no key changed, in monotonic microseconds.
    pub again_us: Option<u64>,
    /// How long it ran so far, without the time that it waited, in nanoseconds.
    pub took_ns: u64,
}

impl Blocked {
    /// The keys it waits for; some may be the same.
    pub(crate) fn keys(&self) -> impl Iterator<Item = DbKey> {
        let keys = self.request.args();
        let keys = keys.slice(self.wait.keys.clone()).iter();
        keys.map(|key| (self.db, Box::from(key)))
    }
}

/// All clients that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    clients: BTreeMap<u64, Blocked>,
    queues: BTreeMap<DbKey, Queue>,
    /// Deadlines in monotonic microseconds, each with its client.
    deadlines: BTreeSet<(u64, u64)>,
    /// When clients are asked again in any case, in monotonic microseconds, each with its client.
    alarms: BTreeSet<(u64, u64)>,
    /// Keys that changed and whose queues were not asked since, in order of change.
    ready: VecDeque<DbKey>,
    /// The key whose queue is being served; its own changes do not make it ready again.
    pub serving: Option<DbKey>,
    tickets: u64,
}

/// The clients that wait for one key.
#[derive(Debug, Default)]
struct Queue {
    /// Clients by ticket.
    line: BTreeMap<u64, u64>,
    /// The number of those that want to know that the key is gone.
    on_gone: usize,
    /// Whether the key stands among those that are ready.
    is_ready: bool,
}

impl Waiters {
    /// A place behind everybody else.
    pub(crate) fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Puts a client into the queue of a key; false if it stands there already.
    pub(crate) fn enter(&mut self, blocked: &Blocked, key: DbKey) -> bool {
        let queue = self.queues.entry(key).or_default();
        let is_new = queue.line.insert(blocked.ticket, blocked.client).is_none();
        queue.on_gone += usize::from(is_new && blocked.wait.on_gone);
        is_new
    }

    /// Takes a client out of the queue of a key; false if it does not stand there.
    pub(crate) fn leave(&mut self, blocked: &Blocked, key: &DbKey) -> bool {
        let Some(queue) = self.queues.get_mut(key) else {
            return false;
        };
        let was_there = queue.line.remove(&blocked.ticket).is_some();
        queue.on_gone -= usize::from(was_there && blocked.wait.on_gone);
        if queue.line.is_empty() {
            self.queues.remove(key);
        }
        was_there
    }

    /// Notes a client that waits.
    pub(crate) fn insert(&mut self, blocked: Blocked) {
        if let Some(at_us) = blocked.gives_up_us {
            self.deadlines.insert((at_us, blocked.client));
        }
        if let Some(at_us) = blocked.again_us {
            self.alarms.insert((at_us, blocked.client));
        }
        self.clients.insert(blocked.client, blocked);
    }

    /// Takes a client out, its places in the queues left as they are.
    pub(crate) fn take(&mut self, client: u64) -> Option<Blocked> {
        let blocked = self.clients.remove(&client)?;
        if let Some(at_us) = blocked.gives_up_us {
            self.deadlines.remove(&(at_us, client));
        }
        if let Some(at_us) = blocked.again_us {
            self.alarms.remove(&(at_us, client));
        }
        Some(blocked)
    }

    /// A key has changed.
    pub(crate) fn changed(&mut self, key: DbKey) {
        if self.serving.as_ref() == Some(&key) {
            return;
        }
        if let Some(queue) = self.queues.get_mut(&key)
            && !queue.is_ready
        {
            queue.is_ready = true;
            self.ready.push_back(key);
        }
    }

    /// The next key whose queue is to be asked.
    pub(crate) fn next_ready(&mut self) -> Option<DbKey> {
        let key = self.ready.pop_front()?;
        if let Some(queue) = self.queues.get_mut(&key) {
            queue.is_ready = false;
        }
        Some(key)
    }

    /// The first client in the queue of a key with at least that ticket.
    pub(crate) fn next_in_line(&self, key: &DbKey, from: u64) -> Option<(u64, u64)> {
        let line = &self.queues.get(key)?.line;
        line.range(from..).next().map(|(&ticket, &id)| (ticket, id))
    }

    /// Whether somebody in the queue of a key wants to know that it is gone.
    pub(crate) fn anybody_on_gone(&self, key: &DbKey) -> bool {
        self.queues.get(key).is_some_and(|queue| queue.on_gone > 0)
    }

    /// The condition that a client waits for.
    pub(crate) fn wait_of(&self, client: u64) -> Option<&Wait> {
        self.clients.get(&client).map(|blocked| &blocked.wait)
    }

    /// The connection of a client that waits.
    pub(crate) fn conn_of(&self, client: u64) -> Option<ConnId> {
        self.clients.get(&client).map(|blocked| blocked.conn)
    }

    /// A client whose time is over.
    pub(crate) fn next_overdue(&self, now_us: u64) -> Option<u64> {
        let &(at_us, client) = self.deadlines.first()?;
        (at_us <= now_us).then_some(client)
    }

    /// Makes the keys ready of clients that wanted to be asked again by now; says whether there are
    /// any.
    pub(crate) fn expire_alarms(&mut self, now_us: u64) -> bool {
        while let Some(&(at_us, client)) = self.alarms.first()
            && at_us <= now_us
        {
            self.alarms.pop_first();
            // Whichever key is ready, all that the client waits for is looked at.
            let key = self.clients.get(&client).and_then(|b| b.keys().next());
            if let Some(key) = key {
                self.changed(key);
            }
        }
        !self.ready.is_empty()
    }

    /// When the next client gives up, in monotonic microseconds.
    pub(crate) fn next_deadline_us(&self) -> Option<u64> {
        self.deadlines.first().map(|&(at_us, _)| at_us)
    }

    /// When the next client is asked again, in monotonic microseconds.
    pub(crate) fn next_alarm_us(&self) -> Option<u64> {
        self.alarms.first().map(|&(at_us, _)| at_us)
    }

    /// The number of clients that wait.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// The number of clients whose wait ends by itself.
    pub(crate) fn with_deadline(&self) -> usize {
        self.deadlines.len()
    }

    /// The number of keys that are waited for, and of those that are waited for to be gone, too.
    pub(crate) fn keys(&self) -> (usize, usize) {
        let on_gone = self.queues.values().filter(|queue| queue.on_gone > 0);
        (self.queues.len(), on_gone.count())
    }

    /// The memory of a client's request, for accounting.
    pub(crate) fn memory_of(&self, client: u64) -> usize {
        let blocked = self.clients.get(&client);
        blocked.map_or(0, |b| size_of::<Blocked>() + b.request.memory())
    }
}
