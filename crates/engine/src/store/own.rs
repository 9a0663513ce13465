//! Making what is about to change one's own, and giving up what was replaced.
//!
//! A segment that a live snapshot leads to is copied before it changes, and the copy remembers
//! which entries it was made with. Their cells belong to the snapshot as well. What is replaced
//! while the snapshot needs it goes to limbo, everything else back to the arena at once.
//!
//! Always true: without a live snapshot nothing is copied, and asking costs one comparison.
//! Not here: which snapshots live and how far they have read — `epoch.rs`

use std::sync::Arc;

use super::{DISCARD_WEIGHT_MIN, Place, Shared, Spot, Store};
use crate::arena::{Handle, LINE_GRANULES};
use crate::cell;
use crate::heap::Heap;
use crate::table::directory::after;
use crate::table::{POSITION_BITS, Slot, position};

/// The first position behind a segment.
fn end_of(hash: u64, slot: Slot) -> u64 {
    after(hash, slot.depth).map_or(1 << POSITION_BITS, position)
}

impl Store {
    /// Makes the lines of the segment for a hash writable: copies them if a snapshot needs them.
    #[inline]
    pub(super) fn own(&mut self, cx: &Shared, hash: u64) -> Slot {
        let slot = self.directory.find(hash);
        if slot.stamp > cx.epochs.newest() || slot.segment == 0 {
            return slot;
        }
        self.own_shared(cx, hash, slot)
    }

    #[cold]
    fn own_shared(&mut self, cx: &Shared, hash: u64, slot: Slot) -> Slot {
        let buckets = usize::from(slot.buckets);
        let is_behind = self.is_behind(cx, hash, slot);
        let mut segment = slot.segment;
        if !is_behind {
            segment = self.copy_lines(slot);
            self.push_lines(cx, hash, slot);
        }
        for line in self.arena.memory.lines_mut(segment, buckets) {
            line.set_all_shared(!is_behind);
        }
        let owned = Slot {
            segment,
            stamp: cx.epochs.now(),
            ..slot
        };
        self.directory.set(hash, owned);
        owned
    }

    /// A copy of a segment's lines.
    pub(super) fn copy_lines(&mut self, slot: Slot) -> Handle {
        let buckets = usize::from(slot.buckets);
        let copy = self.arena.take_lines(buckets);
        for n in 0..buckets {
            let line = self.arena.memory.lines(slot.segment, buckets)[n];
            self.arena
                .memory
                .set_line(copy + n as u32 * LINE_GRANULES, &line);
        }
        copy
    }

    /// Whether the walkers of all live snapshots have left a segment behind.
    pub(super) fn is_behind(&self, cx: &Shared, hash: u64, slot: Slot) -> bool {
        cx.epochs.has_passed(self.id, end_of(hash, slot))
    }

    /// Keeps the lines of a segment until no snapshot needs them.
    pub(super) fn push_lines(&mut self, cx: &Shared, hash: u64, slot: Slot) {
        let last = end_of(hash, slot) - 1;
        self.limbo
            .push_lines(cx.epochs.now(), last, slot.segment, slot.buckets);
    }

    /// Makes the segment of an entry writable, and says whether a snapshot needs its cell as it is.
    #[inline(always)]
    pub(super) fn own_at(&mut self, cx: &Shared, place: Place) -> bool {
        cx.epochs.newest() != 0 && self.own_at_shared(cx, place)
    }

    #[inline(never)]
    fn own_at_shared(&mut self, cx: &Shared, place: Place) -> bool {
        self.own(cx, place.hash);
        let Spot { slot, bucket, at } = self.spot(place);
        let lines = self
            .arena
            .memory
            .lines(slot.segment, usize::from(slot.buckets));
        lines[bucket].is_shared(at) && !cx.epochs.has_passed(self.id, position(place.hash) + 1)
    }

    /// Gives a cell up: now, or when no snapshot needs it.
    pub(super) fn retire(&mut self, cx: &mut Shared, retired: Place, is_shared: bool) {
        if is_shared {
            let position = position(retired.hash);
            let weight = self.cell_weight(retired.cell);
            self.limbo
                .push_cell(cx.epochs.now(), position, retired.cell, weight);
        } else {
            self.free(cx, retired.cell);
        }
    }

    /// Gives a cell back to the arena, with its count of an object.
    pub(super) fn free(&mut self, cx: &mut Shared, cell: Handle) {
        if let Some(object) = cell::take_large(&mut self.arena.memory, cell) {
            self.discard(cx, object);
        }
        self.arena.give(cell);
    }

    pub(super) fn discard(&mut self, cx: &mut Shared, object: Arc<Heap>) {
        let weight = object.weight();
        self.large -= 1;
        self.large_weight -= weight;
        if weight >= DISCARD_WEIGHT_MIN {
            cx.discarded_weight += weight;
            cx.discarded.push(object);
        }
    }
}
