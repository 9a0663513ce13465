//! Cells and lines that the table no longer leads to but a snapshot may still read.
//!
//! Always true: the queue is in the order of epochs, so only its head need be looked at.

use std::collections::VecDeque;

use super::{Shared, Store};
use crate::arena::Handle;

/// The number of entries in a block.
const BLOCK_LEN: usize = 1024;

/// Replaced cells and lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Limbo {
    /// Blocks of at most [`BLOCK_LEN`] entries; none is empty.
    // PERF: there are millions while a snapshot of many keys lives, and one list of them all would
    // be copied as a whole whenever it grows.
    blocks: VecDeque<VecDeque<Retired>>,
    len: usize,
}

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
        self.push(Retired {
            epoch,
            handle,
            lines: 0,
        });
    }

    pub(crate) fn push_lines(&mut self, epoch: u32, handle: Handle, lines: u16) {
        self.push(Retired {
            epoch,
            handle,
            lines,
        });
    }

    fn push(&mut self, retired: Retired) {
        self.len += 1;
        match self.blocks.back_mut() {
            Some(block) if block.len() < BLOCK_LEN => block.push_back(retired),
            _ => {
                let mut block = VecDeque::with_capacity(BLOCK_LEN);
                block.push_back(retired);
                self.blocks.push_back(block);
            }
        }
    }

    fn oldest(&self) -> Option<Retired> {
        self.blocks.front()?.front().copied()
    }

    fn pop_oldest(&mut self) {
        let Some(block) = self.blocks.front_mut() else {
            return;
        };
        block.pop_front();
        self.len -= 1;
        if block.is_empty() {
            self.blocks.pop_front();
        }
        if self.blocks.is_empty() {
            self.blocks = VecDeque::new();
        }
    }

    /// The cells among them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Handle> + '_ {
        self.blocks
            .iter()
            .flatten()
            .filter(|retired| retired.lines == 0)
            .map(|retired| retired.handle)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
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
            match self.limbo.oldest() {
                Some(retired) if cx.epochs.is_over(retired.epoch) => {
                    self.limbo.pop_oldest();
                    match retired.lines {
                        0 => self.free(cx, retired.handle),
                        lines => self.arena.give_lines(retired.handle, usize::from(lines)),
                    }
                    budget -= 1;
                }
                _ => break,
            }
        }
        budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_leave_in_the_order_in_which_they_came_and_leave_no_block_behind() {
        let mut limbo = Limbo::default();
        let count = 3 * BLOCK_LEN as u32 + 1;
        for handle in 0..count {
            match handle % 2 {
                0 => limbo.push_cell(handle, handle),
                _ => limbo.push_lines(handle, handle, 3),
            }
        }
        assert_eq!((limbo.len(), limbo.blocks.len()), (count as usize, 4));
        let cells: Vec<Handle> = limbo.cells().collect();
        assert!(cells.iter().copied().eq((0..count).step_by(2)));
        for handle in 0..count {
            let retired = limbo.oldest().unwrap();
            assert_eq!((retired.epoch, retired.handle), (handle, handle));
            assert_eq!(retired.lines, if handle % 2 == 0 { 0 } else { 3 });
            limbo.pop_oldest();
        }
        assert!(limbo.oldest().is_none() && limbo.blocks.is_empty());
        limbo.pop_oldest();
        assert_eq!(limbo.len(), 0);
    }
}
