//! What a handler of a data command is given, and what it gives back.
//!
//! Always true: time does not move while a handler runs; a handler writes exactly one reply, or
//! returns an error and writes none (the caller rolls the reply back and writes the error).
//! Not here: what the command did to the world — `effects.rs`.

use russet_base::rng::Rng;
use russet_engine::{Db, Keyspace, Millis};
use russet_resp::{Args, Reply};

use crate::effects::{Effects, NotifyClass};
use crate::error::CommandError;

/// A handler of a data command.
pub type Handler = fn(&mut Ctx<'_>, Args<'_>) -> Result<Flow, CommandError>;

/// How a handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The reply is written.
    Done,
}

/// The settings that data commands read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `proto-max-bulk-len`: the longest string, in bytes.
    pub string_len_max: u64,
    /// Whether an LFU eviction policy is in force (`OBJECT FREQ` needs one, `IDLETIME` its
    /// absence).
    pub lfu: bool,
    /// `lazyfree-lazy-user-flush`: whether a FLUSHALL without option frees in the background.
    pub lazy_user_flush: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            string_len_max: 512 << 20,
            lfu: false,
            lazy_user_flush: false,
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
    /// What the command does besides replying.
    pub effects: &'c mut Effects,
    /// The settings that matter here.
    pub settings: &'c Settings,
    /// Chance.
    pub rng: &'c mut Rng,
    /// The hash of the request's first key, if it was prefetched; 0 if not.
    pub hint: u64,
}

impl Ctx<'_> {
    /// The selected database.
    #[inline]
    pub fn db(&mut self) -> Db<'_> {
        self.keyspace.db(self.db)
    }

    /// The hash of the request's first key, which is this one.
    #[inline]
    pub fn hash_of_first(&mut self, key: &[u8]) -> u64 {
        match self.hint {
            0 => self.db().hash(key),
            hash => {
                debug_assert_eq!(hash, self.db().hash(key), "the hint is of another key");
                hash
            }
        }
    }

    /// The frozen moment of this unit, in milliseconds since the epoch.
    #[inline]
    pub fn now(&self) -> Millis {
        self.keyspace.now()
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

    /// Replaces what goes to the log by this request (the command as received otherwise).
    pub fn propagate_as(&mut self, request: &[&[u8]]) {
        self.effects.propagate_as(request);
    }
}
