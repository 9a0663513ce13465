//! The value of a setting, whatever its kind.
//!
//! Always true: the variant is the one that the setting's `Kind` makes; asked
//! for another, a value answers the empty one of that type.
//! Not here: text to values and back — `kind.rs`, `special.rs`.

use std::borrow::Cow;

use russet_io::{LogLevel, PeerCertificate, PeerField};

/// Why a value was refused, in the words of the error reply.
pub(crate) type Refusal = Cow<'static, str>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Int(i64),
    /// A number of bytes.
    Size(u64),
    /// A share of `maxmemory`, in percent.
    Percent(u8),
    /// One of a few names, or several as bits, by number.
    Choice(u32),
    /// Text.
    Text(String),
    /// Bytes that are not shown in logs.
    Secret(Vec<u8>),
    /// Addresses to listen on.
    Addresses(Vec<String>),
    /// When to save.
    SavePoints(Vec<SavePoint>),
    /// Limits of output buffers: normal clients, replicas, subscribers.
    OutputLimits([OutputLimit; 3]),
    /// Scores for the kernel's out-of-memory killer.
    OomScores([i32; 3]),
    /// Classes of keyspace events, as bits.
    Events(u32),
    /// Percentiles.
    Percentiles(Vec<f64>),
    /// The primary to replicate: host and port.
    Primary(Option<(String, u16)>),
}

/// Save when this number of changes was made and this time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavePoint {
    /// Seconds since the last save.
    pub seconds: i64,
    /// Changes since the last save.
    pub changes: i64,
}

/// How much output may wait for a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// More bytes than this close the connection at once; 0: no limit.
    pub hard: u64,
    /// More bytes than this for [`Self::soft_seconds`] close it; 0: no limit.
    pub soft: u64,
    /// How long the soft limit may be exceeded.
    pub soft_seconds: u64,
}

/// The keys that eviction removes when memory is short (`maxmemory-policy`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EvictionPolicy {
    /// Least recently used keys that have a deadline.
    VolatileLru,
    /// Least frequently used keys that have a deadline.
    VolatileLfu,
    /// Random keys that have a deadline.
    VolatileRandom,
    /// Keys with the nearest deadline.
    VolatileTtl,
    /// Least recently used keys.
    AllKeysLru,
    /// Least frequently used keys.
    AllKeysLfu,
    /// Random keys.
    AllKeysRandom,
    /// Keys with a deadline that were not written for the longest time.
    VolatileLrm,
    /// Keys that were not written for the longest time.
    AllKeysLrm,
    /// Nothing: writes are refused.
    #[default]
    NoEviction,
}

impl EvictionPolicy {
    const ALL: [Self; 10] = [
        Self::VolatileLru,
        Self::VolatileLfu,
        Self::VolatileRandom,
        Self::VolatileTtl,
        Self::AllKeysLru,
        Self::AllKeysLfu,
        Self::AllKeysRandom,
        Self::NoEviction,
        Self::VolatileLrm,
        Self::AllKeysLrm,
    ];

    pub(super) fn from_number(number: u32) -> Self {
        *pick(&Self::ALL, number)
    }

    /// Whether keys carry a frequency instead of a time of last use.
    pub fn is_lfu(self) -> bool {
        matches!(self, Self::VolatileLfu | Self::AllKeysLfu)
    }

    /// Whether keys carry the time of their last change instead of that of their last use.
    pub fn is_lrm(self) -> bool {
        matches!(self, Self::VolatileLrm | Self::AllKeysLrm)
    }

    /// Whether only keys that have a deadline are removed.
    pub fn is_volatile(self) -> bool {
        matches!(
            self,
            Self::VolatileLru
                | Self::VolatileLfu
                | Self::VolatileRandom
                | Self::VolatileTtl
                | Self::VolatileLrm
        )
    }

    /// Whether keys that were not used for long are removed first.
    pub fn is_lru(self) -> bool {
        matches!(self, Self::VolatileLru | Self::AllKeysLru)
    }
}

/// A part of memory: a number of bytes, or a share of `maxmemory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryShare {
    /// That many bytes.
    Bytes(u64),
    /// That many hundredths of `maxmemory`.
    Percent(u8),
}

impl Default for MemoryShare {
    fn default() -> Self {
        Self::Bytes(0)
    }
}

impl MemoryShare {
    /// Bytes of it, of `maxmemory`; `None` if one of them is 0, which is no limit.
    pub fn of(self, maxmemory: u64) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => (bytes > 0).then_some(bytes),
            Self::Percent(percent) => (maxmemory > 0 && percent > 0).then(|| {
                let share = u128::from(maxmemory) * u128::from(percent) / 100;
                u64::try_from(share).unwrap_or(u64::MAX)
            }),
        }
    }
}

/// The clients that may do something dangerous (`enable-debug-command` and its kin).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Permission {
    /// Nobody.
    #[default]
    Nobody,
    /// Everybody.
    Everybody,
    /// Clients on this machine.
    Local,
}

impl Permission {
    pub(super) fn from_number(number: u32) -> Self {
        *pick(&[Self::Nobody, Self::Everybody, Self::Local], number)
    }

    /// Whether a client may.
    pub fn admits(self, is_local: bool) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Local => is_local,
        }
    }
}

/// When the append-only file is synced (`appendfsync`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AppendSync {
    /// Every second.
    #[default]
    EverySecond,
    /// Before each answer.
    Always,
    /// When the system likes.
    Never,
}

impl AppendSync {
    pub(super) fn from_number(number: u32) -> Self {
        *pick(&[Self::EverySecond, Self::Always, Self::Never], number)
    }
}

/// How a signal ends the server (`shutdown-on-sigint`, `shutdown-on-sigterm`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShutdownFlags(pub u32);

impl ShutdownFlags {
    /// Save even without save points.
    pub const SAVE: Self = Self(1 << 0);
    /// Do not save.
    pub const NOSAVE: Self = Self(1 << 1);
    /// Do not wait for replicas.
    pub const NOW: Self = Self(1 << 2);
    /// End even when saving fails.
    pub const FORCE: Self = Self(1 << 3);

    /// Whether all flags of `other` are in it.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The level of the log: `None` is `nothing`.
pub(super) fn log_level(number: u32) -> Option<LogLevel> {
    let levels = [
        LogLevel::Debug,
        LogLevel::Verbose,
        LogLevel::Notice,
        LogLevel::Warning,
    ]
    .map(Some);
    *pick(&[levels[0], levels[1], levels[2], levels[3], None], number)
}

/// Whether clients must show a certificate.
pub(super) fn peer_certificate(number: u32) -> PeerCertificate {
    use PeerCertificate::{Optional, Required, Unwanted};
    *pick(&[Unwanted, Required, Optional], number)
}

/// The field of a certificate that names a user.
pub(super) fn peer_field(number: u32) -> PeerField {
    use PeerField::{CommonName, Nothing, Uri};
    *pick(&[CommonName, Uri, Nothing], number)
}

/// The element with that number; the table of names makes no number beyond the last.
fn pick<T>(all: &[T], number: u32) -> &T {
    &all[(number as usize).min(all.len() - 1)]
}

impl Value {
    pub(super) fn flag(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// The number, in the width of the field that takes it.
    pub(super) fn int<T: TryFrom<i64> + Default>(&self) -> T {
        match self {
            Self::Int(n) => T::try_from(*n).unwrap_or_default(),
            _ => T::default(),
        }
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Size(n) => *n,
            _ => 0,
        }
    }

    pub(super) fn memory_share(&self) -> MemoryShare {
        match self {
            Self::Percent(percent) => MemoryShare::Percent(*percent),
            value => MemoryShare::Bytes(value.size()),
        }
    }

    pub(super) fn choice(&self) -> u32 {
        match self {
            Self::Choice(n) | Self::Events(n) => *n,
            _ => 0,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn secret(&self) -> Vec<u8> {
        match self {
            Self::Secret(bytes) => bytes.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn addresses(&self) -> Vec<String> {
        match self {
            Self::Addresses(list) => list.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn save_points(&self) -> Vec<SavePoint> {
        match self {
            Self::SavePoints(points) => points.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn output_limits(&self) -> [OutputLimit; 3] {
        match self {
            Self::OutputLimits(limits) => *limits,
            _ => [OutputLimit::default(); 3],
        }
    }

    pub(super) fn oom_scores(&self) -> [i32; 3] {
        match self {
            Self::OomScores(scores) => *scores,
            _ => [0; 3],
        }
    }

    pub(super) fn percentiles(&self) -> Vec<f64> {
        match self {
            Self::Percentiles(list) => list.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn primary(&self) -> Option<(String, u16)> {
        match self {
            Self::Primary(primary) => primary.clone(),
            _ => None,
        }
    }
}
