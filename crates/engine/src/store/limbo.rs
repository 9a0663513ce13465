//! Cells and lines that the table no longer leads to but a snapshot may still read.
//!
//! Always true: the queue is in the order of epochs, so only its head need be looked at.

use std::collections::VecDeque;

use super::{Shared, Store};
use crate::arena::Handle;

/// Replaced cells and lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Limbo(VecDeque<Retired>);

#[derive(Debug, Clone, Copy)]
struct Retired {
    /// Snapshots from this epoch on never saw it.
    epoch: u32,
    handle: Handle,
    /// How many lines; 0 is a cell.
    lines: u16,
}

impl Limbo {
    pub(crate) fn push_cell(&mut self, epoch: u32, handle: Handle) {
        self.0.push_back(Retired {
            epoch,
            handle,
            lines: 0,
        });
    }

    pub(crate) fn push_lines(&mut self, epoch: u32, handle: Handle, lines: u16) {
        self.0.push_back(Retired {
            epoch,
            handle,
            lines,
        });
    }

    /// The cells among them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Handle> + '_ {
        self.0
            .iter()
            .filter(|retired| retired.lines == 0)
            .map(|retired| retired.handle)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Store {
    /// How many cells and segments wait for snapshots to end.
    pub(crate) fn limbo_len(&self) -> usize {
        self.limbo.len()
    }

    /// Frees up to `budget` of what no snapshot needs any more; returns what is left of the budget.
    pub(crate) fn drain_limbo(&mut self, cx: &mut Shared, mut budget: usize) -> usize {
        while budget > 0 {
            match self.limbo.0.front() {
                Some(&retired) if cx.epochs.is_over(retired.epoch) => {
                    self.limbo.0.pop_front();
                    match retired.lines {
                        0 => self.free(cx, retired.handle),
                        lines => self.arena.give_lines(retired.handle, usize::from(lines)),
                    }
                    budget -= 1;
                }
                _ => break,
            }
        }
        if self.limbo.0.is_empty() {
            self.limbo.0 = VecDeque::new();
        }
        budget
    }
}
