//! The arguments and results of a handler of a data command.
//!
//! Always true: time does not move while a handler runs; a handler writes exactly one reply, or
//! returns an error and writes none (the caller rolls the reply back and writes the error).
//! Not here: what the command did to the world — `effects.rs`.

use std::ops::Range;

use russet_base::rng::Rng;
use russet_engine::{Db, KeyHash, Keyspace, Kind, Millis};
use russet_resp::{ArgBuf, Args, Reply};

use crate::effects::{Effects, NotifyClass};
use crate::error::CommandError;

/// A handler of a data command.
pub type Handler = fn(&mut Ctx<'_>, Args<'_>) -> Result<Flow, CommandError>;

/// How a handler ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// The reply is written.
    Done,
    /// Nothing is written yet: the command runs again when a key it waits for changes. Only where
    /// [`Ctx::may_block`] says so.
    Block(Box<Wait>),
}

impl Flow {
    /// The command waits.
    pub fn block(wait: Wait) -> Self {
        Self::Block(Box::new(wait))
    }
}

/// The condition that a blocked command waits for.
///
/// The handler is run anew, from the start, after a change of one of the keys, and at the moment it
/// gave. As long as it blocks again the client keeps its place among those who wait for the key,
/// and its first deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Which arguments of the request are the keys.
    pub keys: Range<usize>,
    /// The type of value it waits for; a key with another one does not wake it.
    pub kind: Kind,
    /// When the client gives up; `None` is never. See
    /// [`timeout_seconds`](crate::args::timeout_seconds).
    pub deadline: Option<Millis>,
    /// When the handler runs again although nothing has changed: after now.
    pub again_at: Option<Millis>,
    /// The reply when the timeout passes.
    pub on_timeout: NoReply,
    /// The request that runs then instead of the one received (XREAD with `$` replaced). The same
    /// arguments are its keys.
    pub request: Option<ArgBuf>,
    /// Whether a key that goes, or gets a value of another type, wakes the client too.
    pub on_gone: bool,
}

impl Wait {
    /// For keys of this type, without a deadline; a null array is the reply when it passes.
    pub fn new(keys: Range<usize>, kind: Kind, deadline: Option<Millis>) -> Self {
        Self {
            keys,
            kind,
            deadline,
            again_at: None,
            on_timeout: NoReply::NullArray,
            request: None,
            on_gone: false,
        }
    }
}

/// The reply that says that there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReply {
    /// A null.
    Null,
    /// A null array, which RESP2 tells from a null.
    NullArray,
}

/// The settings that data commands read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `proto-max-bulk-len`: the longest string, in bytes.
    pub string_len_max: u64,
    /// Whether an LFU eviction policy is in force (`OBJECT FREQ` needs one, `IDLETIME` its
    /// absence).
    pub lfu: bool,
    /// Whether small integers are shown as shared (`OBJECT REFCOUNT`): not under a policy that
    /// gives each value a clock.
    pub shares_integers: bool,
    /// `lazyfree-lazy-user-flush`: whether a FLUSHALL without option frees in the background.
    pub lazy_user_flush: bool,
    /// `lazyfree-lazy-expire`: whether the journal says UNLINK of what a passed moment removes.
    pub lazy_expire: bool,
    /// `lazyfree-lazy-server-del`: whether it says so of what other commands remove on the way.
    pub lazy_server_del: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            string_len_max: 512 << 20,
            lfu: false,
            shares_integers: true,
            lazy_user_flush: false,
            lazy_expire: false,
            lazy_server_del: false,
        }
    }
}

/// Everything a handler may touch.
pub struct Ctx<'c> {
    /// All databases.
    pub keyspace: &'c mut Keyspace,
    /// The selected database; SELECT sets it.
    pub db: usize,
    /// Where the reply goes.
    pub reply: Reply<'c>,
    /// The effects of the command besides its reply.
    pub effects: &'c mut Effects,
    /// The settings that matter here.
    pub settings: &'c Settings,
    /// Chance.
    pub rng: &'c mut Rng,
    /// The hash of the request's first key, if it was prefetched.
    pub hint: Option<KeyHash>,
    /// Whether the command may wait ([`Flow::Block`]); not inside transactions and scripts.
    pub may_block: bool,
    /// Whether the client may read keys that the request does not name.
    pub reads_all_keys: bool,
    /// Whether a script runs the command.
    pub is_in_script: bool,
}

impl Ctx<'_> {
    /// The selected database.
    #[inline]
    pub fn db(&mut self) -> Db<'_> {
        self.keyspace.db(self.db)
    }

    /// The hash of the request's first key, which is this one.
    #[inline]
    pub fn hash_of_first(&mut self, key: &[u8]) -> KeyHash {
        self.hint.unwrap_or_else(|| self.db().hash(key))
    }

    /// The frozen moment of this unit, in milliseconds since the epoch.
    #[inline]
    pub fn now(&self) -> Millis {
        self.keyspace.now()
    }

    /// The moment up to which deadlines have passed: the frozen one, or none at all while a journal
    /// is repeated, which says itself what has expired.
    #[inline]
    pub fn horizon(&self) -> Millis {
        self.keyspace.horizon()
    }

    /// Says that the command changed data: `changes` is what `rdb_changes_since_last_save` counts.
    #[inline]
    pub fn dirty(&mut self, changes: u64) {
        self.effects.dirty += changes;
    }

    /// A keyspace event of a key in the selected database, if anybody wants its class.
    #[inline]
    pub fn notify(&mut self, class: NotifyClass, event: &'static str, key: &[u8]) {
        let db = self.db;
        self.effects.notify(class, event, db, key);
    }

    /// Says that a read did not find its key.
    #[inline]
    pub fn miss(&mut self, key: &[u8]) {
        let db = self.db;
        self.effects.miss(db, key);
    }

    /// Records this request in the journal instead of the one received.
    pub fn propagate_as<I>(&mut self, request: I)
    where
        I: IntoIterator<IntoIter: ExactSizeIterator, Item: AsRef<[u8]>>,
    {
        self.effects.propagate_as(request);
    }
}
