//! The choices with which a machine is made.
//!
//! Always true: nothing that a script sees depends on the seed.
//! Not here: what scripts may change — `settings.rs`

/// The choices for a machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// The seed of the hash that finds strings. Nothing that scripts see depends on it.
    pub seed: u64,
    /// The most memory of all scripts together, in bytes.
    pub memory_max: usize,
    /// `redis.REDIS_VERSION`, as three numbers.
    pub version: [u8; 3],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            memory_max: 1 << 30,
            version: [8, 0, 0],
        }
    }
}
