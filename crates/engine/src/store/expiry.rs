//! Records of the timing wheel that come up, and the keys that expire by them.
//!
//! Always true: a key is removed after the millisecond of its deadline, never in it or before.
//! Not here: when records come up — `expire/wheel.rs`

use super::{Place, Shared, Store};
use crate::arena::Handle;
use crate::cell::{self, Deadline};
use crate::expire::{Step, Wheel};
use crate::prefetch;
use crate::value::{Millis, is_past};

impl Store {
    /// Hands up to `budget` due entries to `expire`, and looks at no more than about `work` records
    /// and chunks of them; returns how many entries there were.
    pub(crate) fn expire_due(
        &mut self,
        cx: &mut Shared,
        budget: usize,
        work: &mut usize,
        expire: &mut dyn FnMut(&mut Self, &mut Shared, Place),
    ) -> usize {
        let mut removed = 0;
        while removed < budget && *work > 0 {
            *work -= 1;
            match self.wheel.step(cx.now) {
                Step::Idle => break,
                Step::Moved => continue,
                Step::Fired => {}
            }
            for &(cell, _) in self.wheel.batch() {
                if self.arena.is_mapped(cell) {
                    prefetch::line(self.arena.memory.address(cell));
                }
            }
            while removed < budget
                && let Some((cell, tag)) = self.wheel.pop()
            {
                *work = work.saturating_sub(1);
                if let Some(place) = self.fired(cx, cell, tag) {
                    expire(self, cx, place);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Looks at a record that came up: the entry, if it is due.
    fn fired(&mut self, cx: &mut Shared, cell: Handle, tag: u16) -> Option<Place> {
        let deadline = self.current(cell, tag)?;
        let is_due = is_past(deadline.at, cx.now);
        // PERF: most records come up when their tick begins, and wait for their millisecond.
        if !is_due && self.wheel.is_of_this_tick(deadline.at, tag, cx.now) {
            self.rearmed(cx, cell, deadline.at);
            return None;
        }
        // A cell in limbo is live too, but the table does not lead to it.
        let mut place = self.find_cell(self.rehash(cx, cell), cell)?;
        if is_due {
            return Some(place);
        }
        let new = self.rearmed(cx, cell, deadline.at);
        if new.tag == deadline.tag {
            return None;
        }
        if self.own_at(cx, place) {
            // The copy gets a record of its own, and that of the old cell goes stale.
            self.ready(cx, &mut place, 0);
        } else {
            cell::set_deadline(&mut self.arena.memory, cell, Some(new));
        }
        None
    }

    /// The deadline of a cell, if a record with this tag is its own.
    pub(super) fn current(&self, cell: Handle, tag: u16) -> Option<Deadline> {
        if !self.arena.is_live(cell) {
            return None;
        }
        cell::deadline(&self.arena.memory, cell).filter(|deadline| deadline.tag == Some(tag))
    }

    /// Looks for stale records, when there are too many; returns what is left of the budget.
    pub(crate) fn sweep_wheel(&mut self, mut budget: usize) -> usize {
        if self.volatile == 0 && self.wheel.records() > 0 {
            self.wheel = Wheel::default();
        }
        while budget > 0 {
            let is_wanted = self.wheel.is_crowded(self.volatile);
            let arena = &self.arena;
            let looked = self.wheel.sweep(is_wanted, |cell, tag| {
                arena.is_live(cell)
                    && cell::deadline(&arena.memory, cell).is_some_and(|d| d.tag == Some(tag))
            });
            if looked == 0 {
                break;
            }
            budget = budget.saturating_sub(looked);
        }
        budget
    }

    /// Whether stale records are looked for, or are numerous enough to be.
    pub(crate) fn wants_sweep(&self) -> bool {
        self.wheel.is_sweeping() || self.wheel.is_crowded(self.volatile)
    }

    /// The earliest moment at which [`Self::expire_due`] may have work.
    pub(crate) fn next_expiry(&self) -> Option<Millis> {
        self.wheel.next()
    }
}
