//! Who waits for which key, in which order, and until when; who is asked again when.
//!
//! Always true: a client stands once in the queue of a key, at the place of its ticket; a queue
//! that nobody stands in does not exist.
//! Not here: what being served means — `block.rs`; that keys are observed — there too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use russet_command::Wait;
use russet_io::ConnId;

use super::{Blocked, DbKey};

/// All clients that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    clients: BTreeMap<u64, Blocked>,
    queues: BTreeMap<DbKey, Queue>,
    /// Deadlines in monotonic milliseconds, each with its client.
    deadlines: BTreeSet<(u64, u64)>,
    /// When clients are asked again in any case, in monotonic milliseconds, each with its client.
    alarms: BTreeSet<(u64, u64)>,
    /// Keys that changed and whose queues were not asked since, in order of change.
    ready: VecDeque<DbKey>,
    /// Clients that need not wait any more, for the turn to go on with.
    released: VecDeque<ConnId>,
    /// The key whose queue is being served; its own changes do not make it ready again.
    pub serving: Option<DbKey>,
    tickets: u64,
}

/// Those who wait for one key.
#[derive(Debug, Default)]
struct Queue {
    /// Clients by ticket.
    line: BTreeMap<u64, u64>,
    /// How many of them want to know that the key is gone.
    on_gone: usize,
    /// Whether the key stands among those that are ready.
    is_ready: bool,
}

impl Waiters {
    /// A place behind everybody else.
    pub(super) fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Puts a client into the queue of a key; false if it stands there already.
    pub(super) fn enter(&mut self, blocked: &Blocked, key: DbKey) -> bool {
        let queue = self.queues.entry(key).or_default();
        let is_new = queue.line.insert(blocked.ticket, blocked.client).is_none();
        queue.on_gone += usize::from(is_new && blocked.wait.on_gone);
        is_new
    }

    /// Takes a client out of the queue of a key; false if it does not stand there.
    pub(super) fn leave(&mut self, blocked: &Blocked, key: &DbKey) -> bool {
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
    pub(super) fn insert(&mut self, blocked: Blocked) {
        if let Some(at_ms) = blocked.gives_up_ms {
            self.deadlines.insert((at_ms, blocked.client));
        }
        if let Some(at_ms) = blocked.again_ms {
            self.alarms.insert((at_ms, blocked.client));
        }
        self.clients.insert(blocked.client, blocked);
    }

    /// Takes a client out, its places in the queues left as they are.
    pub(super) fn take(&mut self, client: u64) -> Option<Blocked> {
        let blocked = self.clients.remove(&client)?;
        if let Some(at_ms) = blocked.gives_up_ms {
            self.deadlines.remove(&(at_ms, client));
        }
        if let Some(at_ms) = blocked.again_ms {
            self.alarms.remove(&(at_ms, client));
        }
        Some(blocked)
    }

    /// A key has changed.
    pub(super) fn changed(&mut self, key: DbKey) {
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
    pub(super) fn next_ready(&mut self) -> Option<DbKey> {
        let key = self.ready.pop_front()?;
        if let Some(queue) = self.queues.get_mut(&key) {
            queue.is_ready = false;
        }
        Some(key)
    }

    /// The first client in the queue of a key with at least that ticket.
    pub(super) fn next_in_line(&self, key: &DbKey, from: u64) -> Option<(u64, u64)> {
        let line = &self.queues.get(key)?.line;
        line.range(from..).next().map(|(&ticket, &id)| (ticket, id))
    }

    /// Whether somebody in the queue of a key wants to know that it is gone.
    pub(super) fn anybody_on_gone(&self, key: &DbKey) -> bool {
        self.queues.get(key).is_some_and(|queue| queue.on_gone > 0)
    }

    /// What a client waits for.
    pub(super) fn wait_of(&self, client: u64) -> Option<&Wait> {
        self.clients.get(&client).map(|blocked| &blocked.wait)
    }

    /// The connection of a client that waits.
    pub(super) fn conn_of(&self, client: u64) -> Option<ConnId> {
        self.clients.get(&client).map(|blocked| blocked.conn)
    }

    /// A client whose time is over.
    pub(super) fn next_overdue(&self, now_ms: u64) -> Option<u64> {
        let &(at_ms, client) = self.deadlines.first()?;
        (at_ms <= now_ms).then_some(client)
    }

    /// Makes the keys ready of clients that wanted to be asked again by now; says whether there are
    /// any.
    pub(super) fn ring(&mut self, now_ms: u64) -> bool {
        while let Some(&(at_ms, client)) = self.alarms.first()
            && at_ms <= now_ms
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

    /// A client goes on.
    pub(crate) fn release(&mut self, conn: ConnId) {
        self.released.push_back(conn);
    }

    /// Whether any client goes on.
    #[inline]
    pub(crate) fn has_released(&self) -> bool {
        !self.released.is_empty()
    }

    /// The next client that goes on.
    #[inline]
    pub(crate) fn next_released(&mut self) -> Option<ConnId> {
        self.released.pop_front()
    }

    /// When the next client gives up, in monotonic milliseconds.
    pub(crate) fn next_deadline_ms(&self) -> Option<u64> {
        self.deadlines.first().map(|&(at_ms, _)| at_ms)
    }

    /// When the next client is asked again, in monotonic milliseconds.
    pub(crate) fn next_alarm_ms(&self) -> Option<u64> {
        self.alarms.first().map(|&(at_ms, _)| at_ms)
    }

    /// How many clients wait.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// How many of them will give up.
    pub(crate) fn with_deadline(&self) -> usize {
        self.deadlines.len()
    }

    /// How many keys are waited for, and for how many of them also to be gone.
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
