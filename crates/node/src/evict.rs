//! The memory limit: evicts keys while more is in use than `maxmemory` allows.
//!
//! ```text
//!  limit ── what is in use besides the data (once a turn) ──► what keys may weigh
//!  before a command that may need memory, and each millisecond:
//!  keys weigh more ─► evict, for a bounded time
//!     enough went ─► the command runs
//!     time is over ─► the command runs; the next turn goes on
//!     nothing may go ─► what needs memory is refused (gate.rs)
//! ```
//! Memory that snapshots keep, that waits to be dropped or that the journal holds does not count:
//! no eviction would free it.
//!
//! Always true: a key goes before the unit of the command that needs room, as a unit of its own.
//! Not here: which key goes — `russet_engine::Keyspace::evict`.

use russet_engine::{Eviction, EvictionOrder};

use crate::block;
use crate::config::{Config, EvictionPolicy};
use crate::core::Core;
use crate::hurdles::Hurdles;
use crate::latency::Event;
use crate::session::Sessions;

/// Result of one slice of eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slice {
    /// Enough went.
    Done,
    /// The time is over.
    Running,
    /// Nothing may go.
    Nothing,
}

/// Eviction goes on until this part of the limit is free again.
const SPARE_SHARE: u64 = 4096;
/// Looks at places of the table between two looks at the clock.
const LOOKS: usize = 64;
/// How many times that is done where there is no clock.
const ROUNDS_WITHOUT_CLOCK: usize = 64;

/// Evicts keys if memory is short, and lets those hear who wait for them.
#[cold]
pub(crate) fn make_room(core: &mut Core, sessions: &mut Sessions) {
    core.limit.is_evicting = false;
    if !core.may_evict() {
        core.limit.is_full = false;
        return;
    }
    let target = core.limit.target;
    if core.keyspace.live_weight() <= target {
        core.limit.is_full = false;
        core.limit.set_over(false, core.now.mono_us);
        return;
    }
    core.limit.set_over(true, core.now.mono_us);
    let begun_ns = core.begin_monitored();
    // PERF: several keys go at a time, so that not every command has to ask for room.
    let spare = core.config.maxmemory / SPARE_SHARE;
    let slice = match core.evict(target.saturating_sub(spare)) {
        Slice::Nothing if core.keyspace.live_weight() <= target => Slice::Done,
        slice => slice,
    };
    core.end_monitored(Event::EvictionCycle, begun_ns);
    core.limit.is_full = slice == Slice::Nothing;
    core.limit.is_evicting = slice == Slice::Running;
    if slice == Slice::Done {
        core.limit.set_over(false, core.now.mono_us);
    }
    core.hear_time();
    block::settle(core, sessions);
}

impl Core {
    /// Whether keys may be evicted now.
    fn may_evict(&self) -> bool {
        let waits = self.open.is_some() || self.is_stalled() || self.pause.is_on();
        !waits && !self.hurdles.has(Hurdles::LOADING)
    }

    /// Finds out what keys may weigh together in this turn.
    #[cold]
    pub(crate) fn measure_limit(&mut self) {
        let besides = self.memory_besides().saturating_sub(self.journal.memory());
        self.limit.target = self.config.maxmemory.saturating_sub(besides);
    }

    /// The limit has changed: what was computed from it does not hold.
    pub(crate) fn derive_limit(&mut self) {
        let is_limited = self.config.maxmemory > 0;
        self.hurdles.set(Hurdles::MEMORY, is_limited);
        if is_limited {
            self.measure_limit();
            // A lower limit is looked at in this turn.
            self.limit.is_evicting = true;
        } else {
            self.limit.set_over(false, self.now.mono_us);
            (self.limit.is_full, self.limit.is_evicting) = (false, false);
        }
    }

    /// Bytes in use that no eviction counts.
    pub(crate) fn memory_not_counted(&self) -> u64 {
        let held = self.keyspace.limbo_weight() + self.keyspace.parked_weight();
        held + self.journal.memory()
    }

    /// Bytes in use besides the data, and besides what is about to be freed.
    fn memory_besides(&self) -> u64 {
        let besides = match self.environment.allocated {
            Some(allocated) => self.besides(allocated()),
            None => self.environment.beside_data,
        };
        besides.saturating_sub(self.keyspace.parked_weight())
    }

    /// Bytes in use besides the data and memory that is about to be freed, out of all allocated.
    pub(crate) fn besides(&self, allocated: u64) -> u64 {
        let keyspace = &self.keyspace;
        let data = keyspace.slack() + keyspace.weight() + keyspace.leaving_weight();
        allocated.saturating_sub(data)
    }

    /// Evicts until the keys weigh no more than this, for a bounded time.
    fn evict(&mut self, target: u64) -> Slice {
        let Some(how) = self.config.eviction() else {
            return Slice::Nothing;
        };
        let (mut since_ns, mut rounds) = (None, 0);
        loop {
            let (_, excess) = self.keyspace.evict(how, target, LOOKS);
            if excess == 0 {
                return Slice::Done;
            }
            if !self.keyspace.has_victims(how.is_volatile) {
                return Slice::Nothing;
            }
            rounds += 1;
            let limit_ns = slice_ns(self.config.maxmemory_eviction_tenacity);
            let is_over = match (self.environment.stopwatch, limit_ns) {
                (_, None) => false,
                (None, _) => rounds >= ROUNDS_WITHOUT_CLOCK,
                (Some(watch), Some(limit_ns)) => {
                    let now_ns = watch();
                    now_ns.saturating_sub(*since_ns.get_or_insert(now_ns)) >= limit_ns
                }
            };
            if is_over {
                return Slice::Running;
            }
        }
    }
}

/// How long a slice of eviction lasts at most, in nanoseconds: 50 µs times the tenacity up to 10,
/// 15 % more for each step above, and without end at 100.
fn slice_ns(tenacity: u32) -> Option<u64> {
    match tenacity {
        0..=10 => Some(u64::from(tenacity) * 50_000),
        11..=99 => {
            let steps = i32::try_from(tenacity - 10).unwrap_or(0);
            Some((500_000.0 * 1.15_f64.powi(steps)) as u64)
        }
        _ => None,
    }
}

impl Config {
    /// How keys are chosen for eviction, if any are.
    fn eviction(&self) -> Option<Eviction> {
        let policy = self.maxmemory_policy;
        let order = match policy {
            EvictionPolicy::NoEviction => return None,
            EvictionPolicy::VolatileTtl => EvictionOrder::Deadline,
            EvictionPolicy::VolatileRandom | EvictionPolicy::AllKeysRandom => EvictionOrder::Random,
            _ => EvictionOrder::Access,
        };
        Some(Eviction {
            order,
            is_volatile: policy.is_volatile(),
            samples: self.maxmemory_samples as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_lasts_longer_the_higher_the_tenacity() {
        assert_eq!(slice_ns(0), Some(0));
        assert_eq!(slice_ns(10), Some(500_000));
        assert_eq!(slice_ns(11), Some(575_000));
        assert!(slice_ns(99) > slice_ns(98));
        assert_eq!(slice_ns(100), None);
    }
}
