//! Moving cells together, so that half empty pages can be given back.
//!
//! After many deletes every page has some cells left, and none is empty. When a size class takes
//! more than twice the pages that it needs, the emptiest is cleared: each of its cells moves to
//! another page, and its key's hash says which four bytes of the table to rewrite.
//!
//! Always true: nothing moves while a snapshot lives or limbo is not empty, since then cells are
//! shared.
//! Not here: which page is cleared — `arena/mod.rs`

use super::{Shared, Store};
use crate::cell;
use crate::expire::Wheel;

/// So many times in a row a database must be empty before it gives up what it would need again.
const IDLE_MIN: u8 = 100;

impl Store {
    /// Moves up to `budget` cells; returns what is left of the budget.
    pub(crate) fn compact(&mut self, cx: &Shared, mut budget: usize) -> usize {
        if cx.epochs.live_count() > 0 || self.limbo_len() > 0 {
            self.arena.stay();
            return budget;
        }
        while budget > 0
            && let Some(old) = self.arena.next_leaving()
        {
            budget -= 1;
            let Some(mut place) = self.find_cell(self.rehash(cx, old), old) else {
                debug_assert!(false, "without snapshots the table leads to every cell");
                continue;
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
        budget
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
            (self.scratch, self.lines) = (Vec::new(), Vec::new());
        }
    }

    /// Whether there are pages to clear and nothing that forbids it.
    pub(crate) fn wants_compaction(&self, cx: &Shared) -> bool {
        self.arena.is_sparse() && cx.epochs.live_count() == 0 && self.limbo_len() == 0
    }
}
