//! Several keys are looked up side by side: their cache misses overlap.
//!
//! PERF: ten keys of a million, one after the other, cost ten times three misses; fetched in stages
//! they cost about three.
//!
//! Always true: these are hints; nothing that a command sees depends on them.
//! Not here: requests of one batch side by side — the caller of the handlers.

use russet_engine::{Db, KeyHash};

/// How many keys are fetched at once.
pub(crate) const KEYS_MAX: usize = 16;

/// The hashes of some keys that are being fetched.
pub(crate) struct Lookahead {
    hashes: [Option<KeyHash>; KEYS_MAX],
}

impl Lookahead {
    /// Starts fetching what look-ups of these keys, at most [`KEYS_MAX`], will read.
    #[inline]
    pub(crate) fn new<'k>(db: &Db<'_>, keys: impl Iterator<Item = &'k [u8]>) -> Self {
        let mut hashes = [None; KEYS_MAX];
        let mut count = 0;
        for (hash, key) in hashes.iter_mut().zip(keys) {
            *hash = Some(db.prefetch(key));
            count += 1;
        }
        let known = || hashes[..count].iter().flatten();
        known().for_each(|hash| db.prefetch_bucket(*hash));
        known().for_each(|hash| db.prefetch_entry(*hash));
        Self { hashes }
    }

    /// The hash of the key with that number, if it is being fetched.
    #[inline]
    pub(crate) fn hash(&self, number: usize) -> Option<KeyHash> {
        self.hashes[number]
    }
}
