//! A random entry, each with exactly the same chance.
//!
//! A random position leads to a segment of depth d with chance 2^−d, and one of a fixed number of
//! slots in it holds an entry or not. Entries of shallow segments would come up too often, so they
//! are accepted with chance 2^(d − bound) only. What is refused is drawn again. Where slots are
//! kept apart and few of them filled, a slot is drawn first, by the number of its keys.
//!
//! Not here: which random numbers — the generator of `keyspace.rs`, seeded by its options

use super::{Shared, Store};
use crate::arena::Handle;
use crate::prefetch;
use crate::table::segment::BUCKETS_MAX;
use crate::table::{Line, SLOTS, Slot};

/// Draws before the table counts as too sparse to draw from.
const DRAWS_MAX: usize = 400;
/// Tables of no more segments are counted through instead.
const SEGMENTS_COUNTED: usize = 4096;

/// The same where slots are kept apart: a few of them may have all keys, which is no bad luck.
const DRAWS_OF_SLOTS_MAX: usize = 64;

/// The outcome of a draw.
#[derive(Debug, Clone, Copy)]
pub(super) enum Draw {
    Found(Handle),
    /// There is no entry, or it would come up too often.
    Refused,
    /// A segment in which not all entries can be drawn.
    Overgrown,
}

/// A bucket of the table: a hash that leads to its segment, and its number there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    position: u64,
    number: usize,
}

fn draws_max(cx: &Shared) -> usize {
    match cx.hashing.slots {
        true => DRAWS_OF_SLOTS_MAX,
        false => DRAWS_MAX,
    }
}

impl Store {
    /// A random entry, unless there is none.
    pub(crate) fn random(&self, cx: &mut Shared) -> Option<Handle> {
        if self.len == 0 {
            return None;
        }
        let bound = self.directory.depth_bound();
        for _ in 0..draws_max(cx) {
            let (position, chance) = (cx.rng.u64(), cx.rng.u64());
            // The low bits of the position are not those that chose the segment.
            match self.drawn(position, position, chance, bound) {
                Draw::Found(cell) => return Some(cell),
                Draw::Refused => {}
                Draw::Overgrown => break,
            }
        }
        self.random_counted(cx)
    }

    /// The outcome of a draw: `position` chooses the segment, the low half of `place` an entry of
    /// it.
    #[inline]
    pub(super) fn drawn(&self, position: u64, place: u64, chance: u64, bound: u8) -> Draw {
        let slot = self.directory.find(position);
        if slot.buckets > BUCKETS_MAX {
            return Draw::Overgrown;
        }
        let slots = usize::from(BUCKETS_MAX) * SLOTS;
        let at = ((place & 0xffff_ffff) as usize * slots) >> 32;
        let is_accepted = chance & ((1 << (bound - slot.depth)) - 1) == 0;
        match self.cell_at(slot, at) {
            Some(cell) if is_accepted => Draw::Found(cell),
            _ => Draw::Refused,
        }
    }

    /// A random bucket, each with the same chance, unless there was no luck. Its memory is fetched.
    pub(crate) fn draw_bucket(&self, cx: &mut Shared) -> Option<Bucket> {
        let bound = self.directory.depth_bound();
        for _ in 0..draws_max(cx) {
            let (position, chance) = (cx.rng.u64(), cx.rng.u64());
            let slot = self.directory.find(position);
            // As in `random`; an overgrown segment shows its first buckets only.
            let number = ((position & 0xffff_ffff) as usize * usize::from(BUCKETS_MAX)) >> 32;
            let is_accepted = chance & ((1 << (bound - slot.depth)) - 1) == 0;
            if is_accepted && slot.segment != 0 && number < usize::from(slot.buckets) {
                let address = self.arena.memory.address(slot.segment);
                prefetch::line(address.wrapping_add(number * size_of::<Line>()));
                return Some(Bucket { position, number });
            }
        }
        None
    }

    /// The line of a bucket that was drawn, as far as it is still there.
    fn line(&self, bucket: Bucket) -> Option<&Line> {
        let slot = self.directory.find(bucket.position);
        let buckets = usize::from(slot.buckets);
        let has_it = slot.segment != 0 && bucket.number < buckets;
        has_it.then(|| &self.arena.memory.lines(slot.segment, buckets)[bucket.number])
    }

    /// Fetches the entries of a bucket.
    pub(crate) fn prefetch_bucket_cells(&self, bucket: Bucket) {
        if let Some(line) = self.line(bucket) {
            for at in line.occupied() {
                prefetch::line(self.arena.memory.address(line.handle(at)));
            }
        }
    }

    /// Collects the entries of a bucket.
    pub(crate) fn bucket_cells(&self, bucket: Bucket, cells: &mut Vec<Handle>) {
        if let Some(line) = self.line(bucket) {
            cells.extend(line.occupied().map(|at| line.handle(at)));
        }
    }

    /// Shows the entries of random buckets, each bucket with the same chance, until `count` were
    /// shown or there was no luck; returns how many were.
    ///
    /// The entries of a bucket cost about as much as one of them, as they are loaded together.
    pub(crate) fn sample(
        &self,
        cx: &mut Shared,
        count: usize,
        visit: &mut dyn FnMut(Handle),
    ) -> usize {
        let mut cells = Vec::new();
        let mut seen = 0;
        for _ in 0..draws_max(cx) {
            if seen >= count || self.len == 0 {
                break;
            }
            let Some(bucket) = self.draw_bucket(cx) else {
                break;
            };
            self.prefetch_bucket_cells(bucket);
            cells.clear();
            self.bucket_cells(bucket, &mut cells);
            seen += cells.len();
            cells.iter().copied().for_each(&mut *visit);
        }
        while cx.hashing.slots
            && seen < count
            && let Some(cell) = self.random_in_slots(cx)
        {
            visit(cell);
            seen += 1;
        }
        if seen == 0 {
            seen = self.random_counted(cx).map(visit).iter().count();
        }
        seen
    }

    fn cell_at(&self, slot: Slot, at: usize) -> Option<Handle> {
        let buckets = usize::from(slot.buckets);
        if at / SLOTS >= buckets {
            return None;
        }
        let line = &self.arena.memory.lines(slot.segment, buckets)[at / SLOTS];
        line.occupied()
            .has(at % SLOTS)
            .then(|| line.handle(at % SLOTS))
    }

    /// Without luck: the n-th entry of a small table, the next one from anywhere in a large one.
    fn random_counted(&self, cx: &mut Shared) -> Option<Handle> {
        if cx.hashing.slots {
            return self.random_in_slots(cx);
        }
        let filled = || {
            self.directory
                .segments()
                .filter(|(_, slot)| slot.segment != 0)
        };
        let is_small = self.directory.segments().nth(SEGMENTS_COUNTED).is_none();
        let mut left = if is_small { cx.rng.index(self.len) } else { 0 };
        let start = if is_small { 0 } else { cx.rng.u64() };
        let from_start = filled().skip_while(|&(hash, _)| hash < start);
        for (_, slot) in from_start.chain(filled()) {
            for line in self
                .arena
                .memory
                .lines(slot.segment, usize::from(slot.buckets))
            {
                let occupied = line.occupied();
                let count = occupied.count();
                if left < count {
                    return occupied.into_iter().nth(left).map(|at| line.handle(at));
                }
                left -= count;
            }
        }
        None
    }
}
