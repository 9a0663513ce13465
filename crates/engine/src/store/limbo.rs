//! Cells and lines that the table no longer leads to but a snapshot may still read.
//!
//! ```text
//!  region of the hashes   0 ─► block ─► block      oldest first
//!                         1 ─► block
//!                         …
//! ```
//! An entry is free once every snapshot that saw it has ended, or is walked beyond its region: a
//! dump under many writes keeps what it has not reached, not all that was ever replaced.
//!
//! Always true: a queue is in the order of epochs, so only its head need be looked at.

use std::collections::VecDeque;

use super::{Shared, Store};
use crate::arena::Handle;
use crate::table::{Line, POSITION_BITS};

/// The number of entries in a block.
const BLOCK_LEN: usize = 1024;
/// There are 2^this regions.
const REGION_BITS: u32 = 5;
/// The number of positions of a region.
const REGION_LEN: u64 = 1 << (POSITION_BITS - REGION_BITS);

/// Replaced cells and lines.
#[derive(Debug, Default)]
pub(crate) struct Limbo {
    /// A queue for each region; none while nothing waits.
    queues: Vec<Queue>,
    len: usize,
    /// Bytes of all of them.
    weight: u64,
}

/// The replaced cells and lines of one region, oldest first.
#[derive(Debug, Default)]
struct Queue {
    /// Blocks of at most [`BLOCK_LEN`] entries; none is empty.
    // PERF: there are millions while a snapshot of many keys lives, and one list of them all would
    // be copied as a whole whenever it grows.
    blocks: VecDeque<VecDeque<Retired>>,
}

#[derive(Debug, Clone, Copy)]
struct Retired {
    /// Snapshots from this epoch on never saw it.
    epoch: u32,
    handle: Handle,
    /// How many lines; 0 is a cell.
    lines: u16,
}

impl Queue {
    fn push(&mut self, retired: Retired) {
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
        if block.is_empty() {
            self.blocks.pop_front();
        }
        if self.blocks.is_empty() {
            self.blocks = VecDeque::new();
        }
    }
}

impl Limbo {
    /// Adds a cell of some weight at a position.
    pub(crate) fn push_cell(&mut self, epoch: u32, position: u64, handle: Handle, weight: u64) {
        self.weight += weight;
        self.push(
            position,
            Retired {
                epoch,
                handle,
                lines: 0,
            },
        );
    }

    /// Adds the lines of a segment whose last position is this.
    pub(crate) fn push_lines(&mut self, epoch: u32, position: u64, handle: Handle, lines: u16) {
        self.weight += lines_weight(lines);
        self.push(
            position,
            Retired {
                epoch,
                handle,
                lines,
            },
        );
    }

    fn push(&mut self, position: u64, retired: Retired) {
        if self.queues.is_empty() {
            self.queues.resize_with(1 << REGION_BITS, Queue::default);
        }
        self.len += 1;
        self.queues[(position / REGION_LEN) as usize].push(retired);
    }

    /// Takes the oldest entry of a region that is free, as this says of its epoch.
    fn pop(&mut self, region: usize, is_free: impl Fn(u32) -> bool) -> Option<Retired> {
        let queue = &mut self.queues[region];
        let retired = queue.oldest().filter(|oldest| is_free(oldest.epoch))?;
        queue.pop_oldest();
        self.len -= 1;
        if self.len == 0 {
            self.queues = Vec::new();
        }
        Some(retired)
    }

    /// Counts that something of some weight was freed.
    fn freed(&mut self, weight: u64) {
        self.weight = match self.len {
            0 => 0,
            _ => self.weight.saturating_sub(weight),
        };
    }

    /// The cells among them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Handle> + '_ {
        self.queues
            .iter()
            .flat_map(|queue| queue.blocks.iter().flatten())
            .filter(|retired| retired.lines == 0)
            .map(|retired| retired.handle)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// Bytes of the lines of a segment.
fn lines_weight(lines: u16) -> u64 {
    u64::from(lines) * size_of::<Line>() as u64
}

impl Store {
    /// Bytes of what waits for snapshots.
    pub(crate) fn limbo_weight(&self) -> u64 {
        self.limbo.weight
    }

    /// How many cells and segments wait for snapshots.
    pub(crate) fn limbo_len(&self) -> usize {
        self.limbo.len()
    }

    /// Frees up to `budget` of what no snapshot needs any more; returns what is left of the budget.
    pub(crate) fn drain_limbo(&mut self, cx: &mut Shared, mut budget: usize) -> usize {
        let id = self.id;
        for region in 0..1 << REGION_BITS {
            let end = (region as u64 + 1) * REGION_LEN;
            while budget > 0 && self.limbo.len() > 0 {
                let is_free = |epoch| cx.epochs.is_free(epoch, id, end);
                let Some(retired) = self.limbo.pop(region, is_free) else {
                    break;
                };
                match retired.lines {
                    0 => {
                        self.limbo.freed(self.cell_weight(retired.handle));
                        self.free(cx, retired.handle);
                    }
                    lines => {
                        self.limbo.freed(lines_weight(lines));
                        self.arena.give_lines(retired.handle, usize::from(lines));
                    }
                }
                budget -= 1;
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
        let last = (1 << POSITION_BITS) - 1;
        for handle in 0..count {
            match handle % 2 {
                0 => limbo.push_cell(handle, last, handle, 40),
                _ => limbo.push_lines(handle, last, handle, 3),
            }
        }
        assert_eq!(
            (limbo.len(), limbo.queues[31].blocks.len()),
            (count as usize, 4)
        );
        let cells: Vec<Handle> = limbo.cells().collect();
        assert!(cells.iter().copied().eq((0..count).step_by(2)));
        for handle in 0..count {
            assert!(limbo.pop(31, |epoch| epoch != handle).is_none());
            let retired = limbo.pop(31, |_| true).unwrap();
            assert_eq!((retired.epoch, retired.handle), (handle, handle));
            assert_eq!(retired.lines, if handle % 2 == 0 { 0 } else { 3 });
        }
        assert!(limbo.queues.is_empty() && limbo.len() == 0);
    }
}
