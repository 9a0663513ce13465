//! Moving cells and segments together, so that chunks of memory can be given back.
//!
//! After many deletes every chunk has something left, and none is empty. When much more is held
//! than is in use, the chunk whose emptying spares the most is cleared: each of its cells moves
//! elsewhere, and its key's hash says which four bytes of the table to rewrite; then a walk over
//! the directory finds the segments in it.
//!
//! Always true: nothing moves while a snapshot lives or limbo is not empty, since then cells are
//! shared.
//! Always true: a chunk that is being cleared gives out nothing, so one pass over it is enough.
//! Not here: which chunk is cleared — `arena/leaving.rs`

use super::{Shared, Store};
use crate::arena::{Handle, class};
use crate::cell;
use crate::expire::Wheel;
use crate::table::Slot;
use crate::table::directory::after;

/// Checks in a row that must find a database empty before it gives up what it would need again.
const IDLE_MIN: u8 = 100;

/// Bytes of a cell whose copying counts as an item of work more.
const BYTES_PER_ITEM: usize = 256;

impl Store {
    /// Moves up to `budget` cells and segments; returns what is left of the budget.
    pub(crate) fn compact(&mut self, cx: &mut Shared, mut budget: usize) -> usize {
        if cx.epochs.live_count() > 0 || self.limbo_len() > 0 {
            self.arena.stay();
            return budget;
        }
        while budget > 0 {
            if !self.arena.has_leaving() {
                if !self.arena.start_leaving() {
                    break;
                }
                self.clearing = Some(0);
            }
            budget -= 1;
            match (self.arena.next_leaving(), self.clearing) {
                (Some(cell), _) => {
                    let size = class::size(self.arena.class_of(cell));
                    budget = budget.saturating_sub(size / BYTES_PER_ITEM);
                    self.move_cell(cx, cell);
                    cx.stats.moved += 1;
                }
                (None, Some(hash)) => self.move_segment(hash),
                (None, None) => {
                    debug_assert!(false, "without snapshots the table leads to everything");
                    self.arena.stay();
                    break;
                }
            }
        }
        budget
    }

    fn move_cell(&mut self, cx: &Shared, old: Handle) {
        let Some(mut place) = self.find_cell(self.rehash(cx, old), old) else {
            debug_assert!(false, "without snapshots the table leads to every cell");
            return;
        };
        let cell = self.arena.take(self.arena.class_of(old));
        cell::relocate(&mut self.arena.memory, old, cell);
        if let Some(deadline) = cell::deadline(&self.arena.memory, cell) {
            let deadline = self.rearmed(cx, cell, deadline.at);
            cell::set_deadline(&mut self.arena.memory, cell, Some(deadline));
        }
        self.relink(&mut place, cell);
        self.arena.give(old);
    }

    /// Moves the segment for a hash if it is in the chunk that is being cleared, and goes on to the
    /// next.
    fn move_segment(&mut self, hash: u64) {
        let slot = self.directory.find(hash);
        self.clearing = after(hash, slot.depth);
        if slot.segment == 0 || !self.arena.is_leaving(slot.segment) {
            return;
        }
        let buckets = usize::from(slot.buckets);
        let segment = self.copy_lines(slot);
        self.directory.set(hash, Slot { segment, ..slot });
        self.arena.give_lines(slot.segment, buckets);
    }

    /// Gives back the memory of a database that has stayed empty for a while.
    pub(crate) fn trim(&mut self) {
        let is_idle = self.len() == 0 && self.limbo_len() == 0;
        self.idle = if is_idle {
            self.idle.saturating_add(1)
        } else {
            0
        };
        if self.idle == IDLE_MIN {
            self.arena.trim();
            self.wheel = Wheel::default();
            self.slots = None;
            (self.scratch, self.lines) = (Vec::new(), Vec::new());
        }
    }

    /// Whether there is a chunk to clear and nothing that forbids it.
    pub(crate) fn wants_compaction(&self, cx: &Shared) -> bool {
        (self.arena.has_leaving() || self.arena.is_sparse())
            && cx.epochs.live_count() == 0
            && self.limbo_len() == 0
    }
}
