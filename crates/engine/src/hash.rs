//! The hash of keys: keyed, and good in every bit that is used, because each is used once.
//!
//! Directory, home bucket and tag take disjoint bits, so the hash must avalanche fully. It is keyed
//! by the seed of the key space: the same seed gives the same order of SCAN.
//!
//! Always true: the same seed and the same bytes give the same hash.
//! Not here: the type of a hash that callers see — `key.rs`

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use ahash::RandomState;
use russet_base::slot::{SLOT_BITS, slot_of};

use crate::key::KeyHash;

/// The hashing of one key space.
#[derive(Debug)]
pub(crate) struct Hashing {
    /// What hashes members and fields.
    pub(crate) members: RandomState,
    /// Whether the hash of a key begins with its slot.
    pub(crate) slots: bool,
}

impl Hashing {
    pub(crate) fn new(seed: u64, slots: bool) -> Self {
        let members = keyed(seed);
        Self { members, slots }
    }

    /// The hash of a key.
    // PERF: a call of its own costs fourteen instructions, as much as the last round of hashing.
    #[inline(always)]
    pub(crate) fn key(&self, key: &[u8]) -> KeyHash {
        let hash = hash_of(&self.members, key);
        match self.slots {
            false => KeyHash::new(hash),
            true => KeyHash::new(with_slot(hash, key)),
        }
    }
}

/// A hash whose first bits are the slot of the key.
// PERF: cold, for the path without slots is the shorter by six instructions then.
#[cold]
fn with_slot(hash: u64, key: &[u8]) -> u64 {
    u64::from(slot_of(key)) << (64 - SLOT_BITS) | hash << SLOT_BITS >> SLOT_BITS
}

/// The hash functions of a seed.
pub(crate) fn keyed(seed: u64) -> RandomState {
    let mut rng = russet_base::Rng::new(seed);
    RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64())
}

/// The hash of some bytes.
#[inline(always)]
pub(crate) fn hash_of(hasher: &RandomState, bytes: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(bytes);
    state.finish()
}

/// The hashing of tables whose keys are hashes already.
pub(crate) type Unhashed = BuildHasherDefault<AsIs>;

/// Takes a hash as it is.
#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_empty(), "only whole hashes are keys");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
