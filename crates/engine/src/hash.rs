//! The hash of keys: keyed, and good in every bit that is used, because each is used once.
//!
//! Directory, home bucket and tag take disjoint bits, so the hash must avalanche fully. It is keyed
//! by the seed of the key space: the same seed gives the same order of SCAN.

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use ahash::RandomState;

use crate::key::KeyHash;

/// The hashing of one key space.
#[derive(Debug)]
pub(crate) struct Hashing {
    /// What hashes members and fields.
    pub(crate) members: RandomState,
}

impl Hashing {
    pub(crate) fn new(seed: u64) -> Self {
        let members = keyed(seed);
        Self { members }
    }

    /// The hash of a key.
    #[inline]
    pub(crate) fn key(&self, key: &[u8]) -> KeyHash {
        KeyHash::new(hash_of(&self.members, key))
    }
}

/// The hash functions of a seed.
pub(crate) fn keyed(seed: u64) -> RandomState {
    let mut rng = russet_base::Rng::new(seed);
    RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64())
}

/// The hash of some bytes.
#[inline]
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
