//! Invalidation: clients hear of changes of keys that they may hold.
//!
//! ```text
//!  RESP3            >2 invalidate [key]
//!  RESP2, REDIRECT  *3 message __redis__:invalidate [key]     to a subscriber of any channel
//!  a flush, SWAPDB  the same with null in the place of the keys
//!  target gone      >2 tracking-redir-broken id
//! ```
//! Always true: a message about a change leaves no earlier than the reply to the change.
//! Not here: who tracks what — `tracking.rs`.

use std::sync::Arc;

use bytes::Bytes;
use russet_command::{Flags, keys};
use russet_io::{ConnId, Job};
use russet_resp::{Args, Output, Protocol, Reply};

use crate::core::Core;
use crate::outgoing::Forms;
use crate::session::Session;
use crate::tracking::{Changed, Mode, TRACKERS};
use crate::waiters::DbKey;

/// The channel on which clients hear of changes in RESP2.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// How many keys beyond the limit of the table are forgotten at least in one turn.
const FORGOTTEN_PER_TURN: usize = 256;

/// Keys to forget.
#[derive(Clone, Copy)]
enum What<'k> {
    Keys(&'k [&'k [u8]]),
    All,
}

/// A message about keys to forget, and its forms.
struct Message<'k> {
    what: What<'k>,
    forms: Forms,
}

impl<'k> Message<'k> {
    fn new(what: What<'k>) -> Self {
        let forms = Forms::default();
        Self { what, forms }
    }

    fn bytes(&mut self, protocol: Protocol) -> &Bytes {
        let what = self.what;
        self.forms.of(protocol, || what.encode(protocol))
    }
}

impl What<'_> {
    fn encode(self, protocol: Protocol) -> Bytes {
        let mut output = Output::new();
        let mut reply = Reply::new(&mut output, protocol);
        match protocol {
            Protocol::Resp3 => {
                reply.push(2);
                reply.bulk(b"invalidate");
            }
            Protocol::Resp2 => {
                reply.array(3);
                reply.bulk(b"message");
                reply.bulk(CHANNEL);
            }
        }
        match self {
            What::All => reply.null(),
            What::Keys(keys) => {
                reply.array(keys.len());
                keys.iter().for_each(|key| reply.bulk(key));
            }
        }
        Bytes::from(output.to_vec())
    }
}

impl Core {
    /// A command of the running session was executed: what it read may be cached from now on.
    pub(crate) fn remember(&mut self, db: usize, request: &Args<'_>) {
        let Some(conn) = self.outgoing.running() else {
            return;
        };
        let commands = Arc::clone(&self.commands);
        let Some(command) = commands.resolve(*request).map(|id| commands.get(id)) else {
            return;
        };
        let name = command.full_name.split('|').next().unwrap_or_default();
        // COMPAT: Redis tells nobody of a SWAPDB, and clients keep values that were exchanged.
        let is_of_all = matches!(name, "flushall" | "flushdb");
        if is_of_all || name == "swapdb" && request.get(1) != request.get(2) {
            self.invalidate_all();
        }
        // A script is one command, whatever it runs.
        let remembers = match self.scripts.is_within {
            true => self.tracking.remembers(conn),
            false => self.tracking.step(conn, name),
        };
        // What has changed before a read, the read has seen; and a client that goes on hears of its
        // own change before its next reply.
        if self.keyspace.has_changes() {
            for key in self.keyspace.take_changes_of(TRACKERS) {
                self.invalidate(&key, Some(conn));
            }
        }
        // The keys that a script reads are those of its commands.
        let flags = command.spec.flags;
        if !remembers || !flags.has(Flags::READONLY) || flags.has(Flags::RUNS_SCRIPT) {
            return;
        }
        for at in keys::keys_told(command.spec, *request).iter() {
            let key = (db, request[at.position].into());
            let table = &mut self.tracking.table;
            table.insert(&mut self.keyspace, key, conn);
        }
    }

    /// A request has failed: a CLIENT CACHING was for it, not for the one after it.
    #[cold]
    pub(crate) fn spend_caching(&mut self, conn: ConnId, request: &Args<'_>) {
        if self.tracking.is_empty() {
            return;
        }
        let id = self.commands.resolve(*request);
        let name = id.map_or("", |id| &*self.commands.get(id).full_name);
        let name = name.split('|').next().unwrap_or_default();
        self.tracking.step(conn, name);
    }

    /// A key that clients may hold has changed, by the commands of this connection.
    pub(crate) fn invalidate(&mut self, key: &DbKey, by: Option<ConnId>) {
        if let Some(holders) = self.tracking.table.take(&mut self.keyspace, key) {
            self.tell_holders(holders, key, by);
        }
    }

    fn tell_holders(
        &mut self,
        holders: impl IntoIterator<Item = ConnId>,
        key: &DbKey,
        by: Option<ConnId>,
    ) {
        let keys: [&[u8]; 1] = [&key.1];
        let mut message = Message::new(What::Keys(&keys));
        for conn in holders {
            let is_told = self.tracking.get(conn).is_some_and(|tracker| {
                let is_own = tracker.no_loop && by == Some(conn);
                tracker.mode != Mode::Broadcast && !is_own && tracker.may_hear_of(key)
            });
            if is_told {
                self.tell_of(conn, &mut message);
            }
        }
    }

    /// All keys of a database are gone or others: whatever clients hold may be wrong.
    pub(crate) fn invalidate_all(&mut self) {
        let clients: Vec<ConnId> = self.tracking.clients().collect();
        let mut message = Message::new(What::All);
        for conn in clients {
            self.tell_of(conn, &mut message);
        }
        self.forget_table();
    }

    /// Empties the table, in the same time however many keys it has.
    fn forget_table(&mut self) {
        if let Some(forgotten) = self.tracking.table.clear(&mut self.keyspace) {
            self.outbox.start(Job::Discard(Box::new(forgotten)));
        }
    }

    /// The turn ends: tells clients what has changed under their prefixes, and forgets keys of the
    /// table beyond its limit; true when the table is still beyond it.
    pub(crate) fn broadcast_changes(&mut self) -> bool {
        let limit = match self.config.tracking_table_max_keys {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        for _ in 0..self.tracking.table.excess(limit, FORGOTTEN_PER_TURN) {
            let table = &mut self.tracking.table;
            let taken = table.take_beyond(&mut self.keyspace, limit, &mut self.rng);
            let Some((key, holders)) = taken else {
                break;
            };
            self.tell_holders(holders, &key, None);
        }
        for changed in self.tracking.prefixes.take_changed() {
            self.tell_of_prefix(&changed);
        }
        self.tracking.table.keys() > limit
    }

    /// Tells those who track a prefix what has changed under it.
    fn tell_of_prefix(&mut self, changed: &Changed) {
        let names = |is_told: &dyn Fn(&DbKey, Option<ConnId>) -> bool| {
            let told = changed.keys.iter().filter(|(key, by)| is_told(key, *by));
            let mut names: Vec<&[u8]> = told.map(|((_, key), _)| &**key).collect();
            names.dedup();
            names
        };
        // PERF: nearly all clients hear of the same keys, and share the message.
        let all = names(&|_, _| true);
        let mut message = Message::new(What::Keys(&all));
        for &conn in &changed.clients {
            let Some(tracker) = self.tracking.get(conn) else {
                continue;
            };
            let is_own = |by: Option<ConnId>| tracker.no_loop && by == Some(conn);
            let has_own = tracker.no_loop && changed.keys.iter().any(|(_, by)| is_own(*by));
            if tracker.user.is_none() && !has_own {
                self.tell_of(conn, &mut message);
                continue;
            }
            let told = names(&|key, by| !is_own(by) && tracker.may_hear_of(key));
            if !told.is_empty() {
                self.tell_of(conn, &mut Message::new(What::Keys(&told)));
            }
        }
    }

    /// Sends a message to a client, or to the one that it named.
    fn tell_of(&mut self, conn: ConnId, message: &mut Message<'_>) {
        let Some(tracker) = self.tracking.get_mut(conn) else {
            return;
        };
        let own = self.outgoing.protocol_of(conn);
        let Some((id, target)) = tracker.redirect else {
            if own == Some(Protocol::Resp3) {
                self.outgoing.deliver(conn, message.bytes(Protocol::Resp3));
            }
            return;
        };
        match self.outgoing.protocol_of(target) {
            None => {
                tracker.is_broken = true;
                if own == Some(Protocol::Resp3) {
                    let mut output = Output::new();
                    let mut reply = Reply::new(&mut output, Protocol::Resp3);
                    reply.push(2);
                    reply.bulk(b"tracking-redir-broken");
                    reply.integer(i64::try_from(id).unwrap_or(i64::MAX));
                    self.outgoing.deliver(conn, &Bytes::from(output.to_vec()));
                }
            }
            Some(Protocol::Resp2) if !self.pubsub.has(target) => {}
            Some(protocol) => {
                self.outgoing.deliver(target, message.bytes(protocol));
            }
        }
    }

    /// Takes over who tracks: what the engine reports, and whether commands are looked at.
    pub(crate) fn follow_tracking(&mut self) {
        self.effects.is_tracked = !self.tracking.is_empty();
        self.keyspace
            .observe_all(!self.tracking.prefixes.is_empty());
        self.derive_events();
        if self.tracking.is_empty() {
            self.forget_table();
        }
    }

    /// Ends the tracking of a session.
    pub(crate) fn end_tracking(&mut self, session: &Session) {
        if self.tracking.get(session.conn).is_some() {
            self.tracking.remove(session.conn);
            self.follow_tracking();
        }
    }
}
