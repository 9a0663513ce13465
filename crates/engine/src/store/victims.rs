//! Entries that may be evicted: some at random, or the one that is due first.
//!
//! Not here: which of them is — `evict.rs`

use std::sync::atomic::Ordering::Relaxed;

use super::{Shared, Store};
use crate::arena::Handle;
use crate::cell;
use crate::expire::Nearest;
use crate::prefetch;
use crate::value::Millis;

/// How many entries with a deadline are drawn together.
const DRAWN_AT_ONCE: usize = 10;
/// Places of the table in which a search for entries with a deadline looks at once.
const SEARCHED_AT_ONCE: usize = 16;

impl Store {
    /// How many entries may be evicted.
    pub(crate) fn victims(&self, is_volatile: bool) -> usize {
        match is_volatile {
            true => self.volatile,
            false => self.len,
        }
    }

    /// Collects the entries of a random place.
    pub(crate) fn draw(&self, cx: &mut Shared, drawn: &mut Vec<Handle>) {
        drawn.clear();
        self.sample(cx, 1, &mut |cell| drawn.push(cell));
    }

    /// Collects some entries that have a deadline, by records drawn at random. When these lead to
    /// none, a search through the table goes on from `searched` for a few places, so that calls
    /// enough find every entry.
    pub(crate) fn draw_volatile(
        &self,
        cx: &mut Shared,
        searched: &mut u64,
        drawn: &mut Vec<Handle>,
    ) {
        drawn.clear();
        let mut records: [(Handle, u16); DRAWN_AT_ONCE] = [(0, 0); DRAWN_AT_ONCE];
        let mut count = 0;
        self.wheel
            .draw(&mut cx.rng, DRAWN_AT_ONCE, &mut |cell, tag| {
                records[count] = (cell, tag);
                count += 1;
                if self.arena.is_mapped(cell) {
                    prefetch::line(self.arena.memory.address(cell));
                }
            });
        for &(cell, tag) in &records[..count] {
            if self.current(cell, tag).is_some() && !drawn.contains(&cell) {
                drawn.push(cell);
            }
        }
        // Deadlines that are too far away have no record.
        if drawn.is_empty() {
            *searched = self.scan(cx, *searched, SEARCHED_AT_ONCE, &mut |cell| {
                if cell::deadline(&self.arena.memory, cell).is_some() {
                    drawn.push(cell);
                }
            });
        }
    }

    /// Collects every entry that may be evicted.
    pub(crate) fn draw_all(&self, is_volatile: bool, drawn: &mut Vec<Handle>) {
        drawn.clear();
        self.for_each(&mut |cell| {
            if !is_volatile || cell::deadline(&self.arena.memory, cell).is_some() {
                drawn.push(cell);
            }
        });
    }

    /// The entry whose deadline is the nearest, after up to `work` steps of search.
    pub(crate) fn nearest(&mut self, work: &mut usize) -> Nearest {
        let Self { wheel, arena, .. } = self;
        wheel.nearest(work, &|cell, tag| {
            if !arena.is_live(cell) {
                return None;
            }
            let deadline = cell::deadline(&arena.memory, cell)?;
            (deadline.tag == Some(tag)).then(|| deadline.at.saturating_add(1))
        })
    }

    /// Forgets what [`Self::nearest`] found, as it is gone.
    pub(crate) fn drop_nearest(&mut self) {
        self.wheel.drop_nearest();
    }

    /// The deadline of an entry; the last of all moments if it has none.
    pub(crate) fn deadline_of(&self, cell: Handle) -> Millis {
        cell::deadline(&self.arena.memory, cell).map_or(Millis::MAX, |deadline| deadline.at)
    }

    /// How willingly an entry is evicted.
    pub(crate) fn staleness(&self, cx: &Shared, cell: Handle) -> u32 {
        let word = self.arena.memory.atomic(cell).load(Relaxed);
        cx.policy.staleness(word, cx.now)
    }

    /// Evicts an entry and returns what it weighed; nothing if it is none any more.
    pub(crate) fn evict(&mut self, cx: &mut Shared, index: usize, cell: Handle) -> Option<u64> {
        // A cell in limbo is live too, but the table does not lead to it.
        let place = self.find_cell(self.rehash(cx, cell), cell)?;
        let weight = self.cell_weight(cell);
        cx.evicted(index, place.hash, self.shown(place.cell).key);
        self.remove(cx, place);
        Some(weight)
    }
}
