//! State that all databases share: time, chance, counters, and news of what happened to keys.
//!
//! Not here: who sets it — `keyspace.rs`

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use russet_base::Rng;

use crate::access::AccessPolicy;
use crate::arena::{Handle, Memory};
use crate::epoch::Epochs;
use crate::hash::Hashing;
use crate::heap::Heap;
use crate::observe::Observed;
use crate::packing::Packing;
use crate::value::{Event, EventKind, ExpiryMode, Millis, Stats};

/// State that all databases of a key space share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) now: Millis,
    /// The clock of a key that is created now.
    pub(crate) clock: u32,
    pub(crate) stats: Stats,
    pub(crate) events: Vec<Event>,
    /// Whether anybody takes the events.
    pub(crate) records_events: bool,
    pub(crate) expiry_mode: ExpiryMode,
    /// Deadlines before this moment have passed: now, or the first of all moments while deadlines
    /// are ignored.
    pub(crate) horizon: Millis,
    pub(crate) hashing: Hashing,
    pub(crate) rng: Rng,
    pub(crate) policy: AccessPolicy,
    /// Whether uses leave the access clocks alone.
    pub(crate) keeps_clocks: bool,
    pub(crate) epochs: Epochs,
    pub(crate) packing: Packing,
    pub(crate) observed: Observed,
    /// Large values that wait to be dropped elsewhere.
    pub(crate) discarded: Vec<Arc<Heap>>,
    /// Bytes of them.
    pub(crate) discarded_weight: u64,
}

impl Shared {
    /// Sets the access clock of a cell that is used now.
    #[inline]
    pub(crate) fn touch(&mut self, memory: &Memory, cell: Handle) {
        if self.keeps_clocks {
            return;
        }
        let clock = memory.atomic(cell);
        let word = clock.load(Relaxed);
        // PERF: the usual policy is without a call, and its clock is that of the turn.
        if self.policy == AccessPolicy::Lru {
            if word != self.clock {
                clock.store(self.clock, Relaxed);
            }
            return;
        }
        self.touch_otherwise(memory, cell);
    }

    #[inline(never)]
    fn touch_otherwise(&mut self, memory: &Memory, cell: Handle) {
        let clock = memory.atomic(cell);
        let word = clock.load(Relaxed);
        let touched = self.policy.touched(word, self.now, &mut self.rng);
        if touched != word {
            clock.store(touched, Relaxed);
        }
    }

    /// Sets the access clock of a cell that is written now, if it tells of writes.
    #[inline]
    pub(crate) fn wrote(&self, memory: &Memory, cell: Handle) {
        if self.policy == AccessPolicy::Lrm {
            memory.atomic(cell).store(self.clock, Relaxed);
        }
    }

    /// A key expired.
    #[inline]
    pub(crate) fn expired(&mut self, db: usize, hash: u64, key: &[u8]) {
        self.stats.expired += 1;
        self.went(db, hash, key, EventKind::Expired);
    }

    /// A key is evicted.
    pub(crate) fn evicted(&mut self, db: usize, hash: u64, key: &[u8]) {
        self.stats.evicted += 1;
        self.went(db, hash, key, EventKind::Evicted);
    }

    #[inline]
    fn went(&mut self, db: usize, hash: u64, key: &[u8], kind: EventKind) {
        self.observed.note(db, hash, key);
        if self.records_events {
            let key = key.into();
            self.events.push(Event { db, key, kind });
        }
    }
}
