//! Choices of scripts about their libraries: fresh for every run.
//!
//! Always true: nothing here outlives a run, so no script sees what another one chose.
//! Not here: limits of the machine — `engine.rs`

use russet_resp::Protocol;

/// The choices of one run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) json: Json,
    pub(crate) random: Random,
    /// The generator as it was, once the script has seeded it.
    pub(crate) random_before: Option<Random>,
    /// The protocol of replies to `redis.call`.
    pub(crate) protocol: Protocol,
    pub(crate) to_aof: bool,
    pub(crate) to_replicas: bool,
    /// Whether `redis.register_function` may be called.
    pub(crate) is_loading: bool,
}

impl Settings {
    /// The settings of the next run. Its random numbers go on where this run's ended; where the
    /// run seeded them, as if it had drawn none.
    pub(crate) fn next(&self) -> Self {
        let random = self.random_before.as_ref().unwrap_or(&self.random);
        Self {
            random: random.clone(),
            ..Self::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            json: Json::default(),
            random: Random(0x1234_abcd_330e),
            random_before: None,
            protocol: Protocol::Resp2,
            to_aof: true,
            to_replicas: true,
            is_loading: false,
        }
    }
}

/// The settings of `cjson`.
#[derive(Clone, Debug)]
pub(crate) struct Json {
    pub(crate) sparse_convert: bool,
    pub(crate) sparse_ratio: i32,
    pub(crate) sparse_safe: i32,
    pub(crate) encode_depth: i32,
    pub(crate) decode_depth: i32,
    pub(crate) encode_invalid: Invalid,
    pub(crate) decode_invalid: bool,
    pub(crate) keep_buffer: bool,
    pub(crate) precision: i32,
}

/// How `cjson.encode` treats infinities and NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    Refuse,
    Print,
    Null,
}

impl Default for Json {
    fn default() -> Self {
        Self {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: 1000,
            decode_depth: 1000,
            encode_invalid: Invalid::Refuse,
            decode_invalid: true,
            keep_buffer: true,
            precision: 14,
        }
    }
}

/// The generator of `math.random`: 48 bits, the same sequence on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: i32) -> Self {
        Self((seed as u32 as u64) << 16 | 0x330e)
    }

    /// A number below 2^31.
    pub(crate) const fn draw(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(0x5_deec_e66d).wrapping_add(0xb) & ((1 << 48) - 1);
        (self.0 >> 17) as u32
    }
}
