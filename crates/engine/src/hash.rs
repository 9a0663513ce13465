//! The hash of keys: keyed, and good in every bit, because each bit is used once.
//!
//! Directory, home bucket and tag take disjoint bits, so the hash must avalanche fully. It is keyed
//! by the seed of the key space: the same seed gives the same order of SCAN.

use std::hash::Hasher;

use ahash::RandomState;
use std::hash::BuildHasher;

/// The hashing of one key space.
pub(crate) fn keyed(seed: u64) -> RandomState {
    let mut rng = russet_base::Rng::new(seed);
    RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64())
}

/// The hash of a key.
#[inline]
pub(crate) fn hash_of(hasher: &RandomState, key: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(key);
    state.finish()
}
