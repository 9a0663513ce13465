//! Eviction: which key goes when memory is short.
//!
//! ```text
//!  keys of a random bucket ─► staleness of each ─┬─► the last 256 of all ─► threshold
//!                                                └─► at or above the threshold: evicted
//! ```
//! The threshold is the staleness that one in `4 * samples` keys reaches, so what goes is among the
//! stalest 5 % at the usual 5 samples. No candidates are kept between calls, and each look at
//! memory serves all keys of a bucket. Up to 64 keys, the stalest of all goes.
//!
//! Always true: deadlines decide exactly: of all keys, the one with the nearest goes first.
//! Not here: when memory is short — the caller; clocks of keys — `access.rs`

use russet_base::Rng;

use crate::access::AccessPolicy;
use crate::arena::Handle;
use crate::databases::Databases;
use crate::expire::Nearest;
use crate::keyspace::Keyspace;
use crate::store::{Shared, Store};
use crate::value::Millis;

/// The order in which keys are evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvictionOrder {
    /// By their access clock: the least recently or least frequently used first.
    Access,
    /// At random.
    Random,
    /// By their deadline: the nearest first.
    Deadline,
}

/// A way of choosing keys to evict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eviction {
    /// Which go first.
    pub order: EvictionOrder,
    /// Whether only keys with a deadline go.
    pub is_volatile: bool,
    /// How many keys are compared at least for each that goes.
    pub samples: usize,
}

/// No more keys than this are compared all.
const COMPARED_ALL: usize = 64;
/// How much of the last staleness is remembered.
const REMEMBERED: usize = 256;
/// After how many keys that were looked at the threshold is computed anew.
const REFRESH: usize = 64;
/// Milliseconds after which remembered staleness is of no use.
const STALE_AFTER_MS: Millis = 1000;
/// Steps of the search for the nearest deadline in one item of work.
const STEPS_OF_SEARCH: usize = 4;

/// The staleness of the keys seen last, and the threshold that follows from it.
#[derive(Debug)]
pub(crate) struct Evictor {
    last: [u32; REMEMBERED],
    /// How many of them are known.
    known: usize,
    /// How many have come since the start.
    seen: usize,
    threshold: u32,
    /// The way of eviction and the clocks that all that holds for.
    for_whom: Option<(Eviction, AccessPolicy)>,
    at: Millis,
    drawn: Vec<Handle>,
}

impl Default for Evictor {
    fn default() -> Self {
        Self {
            last: [0; REMEMBERED],
            known: 0,
            seen: 0,
            threshold: u32::MAX,
            for_whom: None,
            at: 0,
            drawn: Vec::new(),
        }
    }
}

impl Evictor {
    /// Forgets what holds no more.
    fn prepare(&mut self, how: Eviction, cx: &Shared) {
        let age = cx.now.saturating_sub(self.at);
        if self.for_whom != Some((how, cx.policy)) || !(0..STALE_AFTER_MS).contains(&age) {
            self.for_whom = Some((how, cx.policy));
            (self.known, self.seen) = (0, 0);
        }
        self.at = cx.now;
    }

    /// Remembers how stale a key is.
    fn learn(&mut self, staleness: u32, samples: usize) {
        self.last[self.seen % REMEMBERED] = staleness;
        self.known = (self.known + 1).min(REMEMBERED);
        self.seen += 1;
        if self.seen.is_multiple_of(REFRESH) {
            let mut sorted = self.last;
            let known = &mut sorted[..self.known];
            let rank = (self.known / (4 * samples.max(1))).clamp(1, self.known);
            let at = self.known - rank;
            self.threshold = *known.select_nth_unstable(at).1;
        }
    }

    /// The threshold, when enough is known.
    fn threshold(&self) -> Option<u32> {
        (self.known >= REFRESH).then_some(self.threshold)
    }
}

impl Keyspace {
    /// Removes keys until the data weighs no more than `target` bytes ([`Self::live_weight`]), or
    /// `work` looks at places of the table were taken; says how many keys went. Large values
    /// become garbage.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Eviction, EvictionOrder, Keyspace, Options};
    ///
    /// let mut keyspace = Keyspace::new(Options::default());
    /// for n in 0..1000_i64 {
    ///     keyspace.db(0).set(n.to_string().as_bytes(), b"value", Some(1_000_000 + n));
    /// }
    /// let how = Eviction { order: EvictionOrder::Deadline, is_volatile: true, samples: 5 };
    /// let target = keyspace.weight() - 1000;
    /// let gone = keyspace.evict(how, target, 10_000);
    /// assert!(gone > 0 && keyspace.weight() <= target);
    /// assert!(!keyspace.db(0).contains(b"0") && keyspace.db(0).contains(b"999"));
    /// ```
    pub fn evict(&mut self, how: Eviction, target: u64, work: usize) -> usize {
        let (dbs, cx, evictor) = self.evictor_parts();
        let mut removed = 0;
        let mut left = work;
        while left > 0 && dbs.live_weight() > target {
            left -= 1;
            let victims = victims(dbs, how.is_volatile);
            if victims == 0 {
                break;
            }
            removed += match how.order {
                EvictionOrder::Deadline => evict_nearest(dbs, cx, &mut left),
                _ if victims <= COMPARED_ALL => evict_stalest(dbs, cx, how, &mut evictor.drawn),
                EvictionOrder::Random => evict_random(dbs, cx, (how, victims), &mut evictor.drawn),
                EvictionOrder::Access => evict_stale(dbs, cx, evictor, (how, victims), target),
            };
        }
        removed
    }

    /// Whether there is a key that [`Self::evict`] may remove.
    pub fn has_victims(&self, is_volatile: bool) -> bool {
        self.dbs
            .stores()
            .iter()
            .any(|store| store.victims(is_volatile) > 0)
    }
}

fn victims(dbs: &Databases, is_volatile: bool) -> usize {
    let victims = dbs.stores().iter().map(|store| store.victims(is_volatile));
    victims.sum()
}

/// A database, drawn by how many keys it has that may go.
fn drawn<'a>(
    dbs: &'a mut Databases,
    rng: &mut Rng,
    (how, victims): (Eviction, usize),
) -> Option<(usize, &'a mut Store)> {
    let mut left = rng.index(victims.max(1));
    for (index, store) in dbs.each_mut() {
        let own = store.victims(how.is_volatile);
        if left < own {
            return Some((index, store));
        }
        left -= own;
    }
    None
}

/// Evicts the keys of a random place that are stale enough.
fn evict_stale(
    dbs: &mut Databases,
    cx: &mut Shared,
    evictor: &mut Evictor,
    (how, victims): (Eviction, usize),
    target: u64,
) -> usize {
    evictor.prepare(how, cx);
    let Some((index, _)) = drawn(dbs, &mut cx.rng, (how, victims)) else {
        return 0;
    };
    let mut cells = std::mem::take(&mut evictor.drawn);
    dbs.get_mut(index).draw(cx, how.is_volatile, &mut cells);
    let mut removed = 0;
    for &cell in &cells {
        let staleness = dbs.get_mut(index).staleness(cx, cell);
        evictor.learn(staleness, how.samples);
        let is_stale = evictor
            .threshold()
            .is_some_and(|threshold| staleness >= threshold);
        if is_stale && dbs.live_weight() > target {
            removed += usize::from(dbs.get_mut(index).evict(cx, index, cell));
        }
    }
    evictor.drawn = cells;
    removed
}

/// Evicts one key of a random place.
fn evict_random(
    dbs: &mut Databases,
    cx: &mut Shared,
    how: (Eviction, usize),
    cells: &mut Vec<Handle>,
) -> usize {
    let Some((index, store)) = drawn(dbs, &mut cx.rng, how) else {
        return 0;
    };
    let cell = match how.0.is_volatile {
        false => store.random(cx),
        true => {
            store.draw(cx, true, cells);
            let count = cells.len();
            (count > 0).then(|| cells[cx.rng.index(count)])
        }
    };
    cell.map_or(0, |cell| usize::from(store.evict(cx, index, cell)))
}

/// Evicts the stalest of a few keys, or any of them at random.
fn evict_stalest(
    dbs: &mut Databases,
    cx: &mut Shared,
    how: Eviction,
    cells: &mut Vec<Handle>,
) -> usize {
    let mut stalest = None;
    for (index, store) in dbs.each_mut() {
        store.draw_all(how.is_volatile, cells);
        for &cell in &*cells {
            let rank = match how.order {
                EvictionOrder::Random => cx.rng.u64() as u32,
                _ => store.staleness(cx, cell),
            };
            stalest = stalest.max(Some((rank, index, cell)));
        }
    }
    let Some((_, index, cell)) = stalest else {
        return 0;
    };
    usize::from(dbs.get_mut(index).evict(cx, index, cell))
}

/// Evicts the key whose deadline is the nearest of all; 0 when more work is needed to know it.
fn evict_nearest(dbs: &mut Databases, cx: &mut Shared, left: &mut usize) -> usize {
    let mut nearest: Option<(Millis, usize, Handle)> = None;
    let mut fallback = None;
    for (index, store) in dbs.each_mut() {
        if store.victims(true) == 0 {
            continue;
        }
        let budget = (*left).saturating_add(1).saturating_mul(STEPS_OF_SEARCH);
        let mut work = budget;
        let found = store.nearest(&mut work);
        *left = left.saturating_sub((budget - work) / STEPS_OF_SEARCH);
        match found {
            Nearest::Found(cell) => {
                let at = store.deadline_of(cell);
                if nearest.is_none_or(|(other, ..)| at < other) {
                    nearest = Some((at, index, cell));
                }
            }
            Nearest::Unsettled => return 0,
            Nearest::Nothing => fallback = Some(index),
        }
    }
    let Some((_, index, cell)) = nearest else {
        // Deadlines that are too far away have no order.
        let Some(index) = fallback else { return 0 };
        let (store, mut cells) = (dbs.get_mut(index), Vec::new());
        store.draw(cx, true, &mut cells);
        let cell = cells.first();
        return cell.map_or(0, |&cell| usize::from(store.evict(cx, index, cell)));
    };
    let store = dbs.get_mut(index);
    let is_gone = store.evict(cx, index, cell);
    store.drop_nearest();
    usize::from(is_gone)
}

#[cfg(test)]
mod tests;
