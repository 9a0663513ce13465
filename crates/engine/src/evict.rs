//! Eviction: which key goes when memory is short.
//!
//! ```text
//!  keys of a random bucket ─► staleness of each ─┬─► the last 256 of all ─► threshold
//!                                                └─► at or above the threshold: evicted
//! ```
//! The threshold is the staleness that one in `2 * samples` keys reaches, so what goes is among the
//! stalest 10 % at the usual 5 samples. No candidates are kept between calls, and each look at
//! memory serves all keys of a bucket. In databases of up to 64 keys, the stalest of all goes.
//!
//! Always true: deadlines decide exactly: of all keys, the one with the nearest goes first.
//! Not here: when memory is short — the caller; clocks of keys — `access.rs`

mod ahead;

use russet_base::Rng;

use crate::access::AccessPolicy;
use crate::arena::Handle;
use crate::databases::Databases;
use crate::expire::Nearest;
use crate::keyspace::Keyspace;
use crate::store::{Shared, Store};
use crate::value::Millis;
use ahead::Ahead;

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

/// No more keys than this are compared all, in tables of no more keys than that.
const COMPARED_ALL: usize = 64;
const PASSED_ALL: usize = 1024;
/// How much of the last staleness is remembered.
const REMEMBERED: usize = 256;
/// After how many keys that were looked at the threshold is computed first, and then anew.
const FIRST: usize = 64;
const REFRESH: usize = 128;
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
    /// The position in a table up to which keys with a deadline were searched for.
    searched: u64,
    ahead: Ahead,
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
            searched: 0,
            ahead: Ahead::default(),
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
        if self.known < REMEMBERED {
            self.known += 1;
        }
        self.seen += 1;
        if self.seen.is_multiple_of(REFRESH) || self.seen == FIRST {
            let mut sorted = self.last;
            let known = &mut sorted[..self.known];
            let rank = (self.known / (2 * samples.max(1))).clamp(1, self.known);
            let at = self.known - rank;
            self.threshold = *known.select_nth_unstable(at).1;
        }
    }

    /// The threshold, when enough is known.
    fn threshold(&self) -> Option<u32> {
        (self.known >= FIRST).then_some(self.threshold)
    }
}

impl Keyspace {
    /// Removes keys until the data weighs no more than `target` bytes ([`Self::live_weight`]), or
    /// `work` looks at places of the table were taken; says how many keys went, and how many bytes
    /// too many are left. Large values become garbage.
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
    /// let (gone, excess) = keyspace.evict(how, target, 10_000);
    /// assert!(gone > 0 && excess == 0 && keyspace.weight() <= target);
    /// assert!(!keyspace.db(0).contains(b"0") && keyspace.db(0).contains(b"999"));
    /// ```
    pub fn evict(&mut self, how: Eviction, target: u64, work: usize) -> (usize, u64) {
        let (dbs, cx, evictor) = self.evictor_parts();
        let (mut removed, mut left) = (0, work);
        // PERF: the weight of all databases is a sum of many; between two sums, that of the keys
        // which went is counted.
        let mut excess = dbs.live_weight().saturating_sub(target);
        while left > 0 && excess > 0 {
            left -= 1;
            let victims = victims(dbs, how.is_volatile);
            if victims == 0 {
                break;
            }
            let gone = match how.order {
                EvictionOrder::Deadline => evict_nearest(dbs, cx, evictor, &mut left),
                _ if victims <= COMPARED_ALL && keys(dbs) <= PASSED_ALL => {
                    evict_stalest(dbs, cx, how, &mut evictor.drawn)
                }
                EvictionOrder::Random => evict_random(dbs, cx, evictor, (how, victims)),
                EvictionOrder::Access => evict_stale(dbs, cx, evictor, (how, victims), excess),
            };
            removed += gone.keys;
            excess = excess.saturating_sub(gone.weight);
            if excess == 0 {
                excess = dbs.live_weight().saturating_sub(target);
            }
        }
        (removed, excess)
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

fn keys(dbs: &Databases) -> usize {
    dbs.stores().iter().map(Store::len).sum()
}

/// Keys that were evicted, and the bytes that they weighed.
#[derive(Debug, Clone, Copy, Default)]
struct Gone {
    keys: usize,
    weight: u64,
}

impl Gone {
    /// Counts a key of some weight, if there was one.
    fn add(&mut self, weight: Option<u64>) {
        self.keys += usize::from(weight.is_some());
        self.weight += weight.unwrap_or(0);
    }
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

/// Evicts the keys of a random place that are stale enough, until that many bytes are free.
fn evict_stale(
    dbs: &mut Databases,
    cx: &mut Shared,
    evictor: &mut Evictor,
    (how, victims): (Eviction, usize),
    excess: u64,
) -> Gone {
    evictor.prepare(how, cx);
    let mut cells = std::mem::take(&mut evictor.drawn);
    cells.clear();
    let drawn = drawn(dbs, &mut cx.rng, (how, victims)).map(|(index, _)| index);
    let index = match how.is_volatile {
        false => evictor.ahead.take(dbs, cx, drawn, &mut cells),
        true => 0,
    };
    let index = match drawn {
        // Nothing was drawn ahead, or it is gone.
        Some(drawn) if cells.is_empty() => {
            let store = dbs.get_mut(drawn);
            match how.is_volatile {
                true => store.draw_volatile(cx, &mut evictor.searched, &mut cells),
                false => store.draw(cx, &mut cells),
            }
            drawn
        }
        _ => index,
    };
    let store = dbs.get_mut(index);
    let mut gone = Gone::default();
    for &cell in &cells {
        let staleness = store.staleness(cx, cell);
        evictor.learn(staleness, how.samples);
        let is_stale = evictor
            .threshold()
            .is_some_and(|threshold| staleness >= threshold);
        if is_stale && gone.weight < excess {
            gone.add(store.evict(cx, index, cell));
        }
    }
    evictor.drawn = cells;
    gone
}

/// Evicts one key of a random place.
fn evict_random(
    dbs: &mut Databases,
    cx: &mut Shared,
    evictor: &mut Evictor,
    how: (Eviction, usize),
) -> Gone {
    let mut gone = Gone::default();
    let Some((index, store)) = drawn(dbs, &mut cx.rng, how) else {
        return gone;
    };
    let cell = match how.0.is_volatile {
        false => store.random(cx),
        true => {
            let cells = &mut evictor.drawn;
            store.draw_volatile(cx, &mut evictor.searched, cells);
            let count = cells.len();
            (count > 0).then(|| cells[cx.rng.index(count)])
        }
    };
    if let Some(cell) = cell {
        gone.add(store.evict(cx, index, cell));
    }
    gone
}

/// Evicts the stalest of a few keys, or any of them at random.
fn evict_stalest(
    dbs: &mut Databases,
    cx: &mut Shared,
    how: Eviction,
    cells: &mut Vec<Handle>,
) -> Gone {
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
    let mut gone = Gone::default();
    if let Some((_, index, cell)) = stalest {
        gone.add(dbs.get_mut(index).evict(cx, index, cell));
    }
    gone
}

/// Evicts the key whose deadline is the nearest of all; none when more work is needed to know it.
fn evict_nearest(
    dbs: &mut Databases,
    cx: &mut Shared,
    evictor: &mut Evictor,
    left: &mut usize,
) -> Gone {
    let mut gone = Gone::default();
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
            Nearest::Unsettled => return gone,
            Nearest::Nothing => fallback = Some(index),
        }
    }
    let Some((_, index, cell)) = nearest else {
        // Deadlines that are too far away have no order.
        let Some(index) = fallback else { return gone };
        let store = dbs.get_mut(index);
        store.draw_volatile(cx, &mut evictor.searched, &mut evictor.drawn);
        if let Some(&cell) = evictor.drawn.first() {
            gone.add(store.evict(cx, index, cell));
        }
        return gone;
    };
    let store = dbs.get_mut(index);
    gone.add(store.evict(cx, index, cell));
    store.drop_nearest();
    gone
}

#[cfg(test)]
mod tests;
