//! Walks in the order of hashes: SCAN and the visit of everything.
//!
//! A cursor is a position among the 2^48 that the upper bits of hashes make. A step shows exactly
//! the entries from the cursor up to the next one, which is the first position of some bucket. As
//! an entry's position never changes, it does not matter what splits and merges happen between
//! steps.
//!
//! Always true: a key that is there from the first step to the last is shown exactly once.
//! Not here: what SCAN filters and replies — crate `russet-command`

use super::{Shared, Store};
use crate::arena::Handle;
use crate::cell;
use crate::table::directory::after;
use crate::table::segment;

/// One more than the last position.
pub(super) const END: u64 = 1 << 48;
/// Empty segments that a step passes for each entry that it may show.
const EMPTY_PER_ENTRY: usize = 16;

impl Store {
    /// Shows the entries of about `count` positions from a cursor on; returns the next cursor.
    pub(crate) fn scan(
        &self,
        cx: &Shared,
        cursor: u64,
        count: usize,
        visit: &mut dyn FnMut(Handle),
    ) -> u64 {
        self.scan_range(cx, cursor..END, count, visit)
    }

    /// Shows the entries of about `count` positions of a range, from its beginning on; returns the
    /// next position, or 0 after the last.
    pub(super) fn scan_range(
        &self,
        cx: &Shared,
        range: std::ops::Range<u64>,
        count: usize,
        visit: &mut dyn FnMut(Handle),
    ) -> u64 {
        let (mut position, mut seen, mut empty) = (range.start, 0, 0);
        while position < range.end {
            let slot = self.directory.find(position << 16);
            let next = after(position << 16, slot.depth).map_or(END, |hash| hash >> 16);
            if slot.segment == 0 {
                empty += 1;
                position = next;
                if empty >= count.saturating_mul(EMPTY_PER_ENTRY) {
                    break;
                }
                continue;
            }
            let first = if slot.depth == 0 {
                0
            } else {
                next - (1 << (48 - slot.depth))
            };
            let buckets = usize::from(slot.buckets);
            let mut bucket = segment::home(position << 16, slot.depth, buckets);
            let last = next.min(range.end);
            while position < last && seen < count {
                let end = first + segment::boundary(bucket + 1, slot.depth, buckets);
                let end = end.min(range.end);
                seen += self.scan_bucket(cx, slot, bucket, position..end, visit);
                position = end;
                bucket += 1;
            }
            if seen >= count {
                break;
            }
        }
        if position >= range.end { 0 } else { position }
    }

    /// Shows the entries of one home whose positions are in a range.
    fn scan_bucket(
        &self,
        cx: &Shared,
        slot: crate::table::Slot,
        home: usize,
        range: std::ops::Range<u64>,
        visit: &mut dyn FnMut(Handle),
    ) -> usize {
        let buckets = usize::from(slot.buckets);
        let lines = self.arena.memory.lines(slot.segment, buckets);
        let mut seen = 0;
        for step in 0..segment::reach(buckets) {
            let line = &lines[segment::wrap(home + step, buckets)];
            for at in line.occupied() {
                let cell = line.handle(at);
                if range.contains(&(self.rehash(cx, cell) >> 16)) {
                    seen += 1;
                    visit(cell);
                }
            }
            if !line.has_any_passed() {
                break;
            }
        }
        seen
    }

    /// Shows every entry.
    pub(crate) fn for_each(&self, visit: &mut dyn FnMut(Handle)) {
        for (_, slot) in self
            .directory
            .segments()
            .filter(|(_, slot)| slot.segment != 0)
        {
            for line in self
                .arena
                .memory
                .lines(slot.segment, usize::from(slot.buckets))
            {
                line.occupied().for_each(|at| visit(line.handle(at)));
            }
        }
    }

    /// The key of a cell, and what SCAN shows beside it.
    pub(crate) fn shown(&self, handle: Handle) -> crate::value::ScannedKey<'_> {
        let memory = &self.arena.memory;
        crate::value::ScannedKey {
            key: cell::key(memory, handle),
            kind: cell::Head::of(memory, handle).kind(),
            deadline: cell::deadline(memory, handle).map(|deadline| deadline.at),
        }
    }
}
