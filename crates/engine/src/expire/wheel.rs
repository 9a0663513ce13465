//! The timing wheel: which cells become due when.
//!
//! Three levels of slots. A slot of the lowest level is a tick of 1024 ms; 4096 of them make a slot
//! of the middle level (70 minutes), 4096 of those one of the highest (199 days). What is further
//! away than 139 years waits in the last slot. As the cursor reaches a higher slot, its records
//! move down, a chunk at a time; records whose tick has come go to `near`, which is ordered to the
//! millisecond.
//!
//! A record is never removed when its key is deleted or its deadline moves: it is recognised as
//! stale when it fires, because the cell is free or its tag is not that of the record's tick. A
//! later deadline writes nothing here, since the record will fire early and be armed again.
//!
//! Always true: a cell with a tag has a record in a slot at or before its deadline's tick.
//! Always true: no step does more than one chunk of work.
//! Not here: what firing does to a key — `store/expiry.rs`

mod draw;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(crate) use draw::Nearest;

use super::chunks::{Chunks, capacity};
use super::heads::Heads;
use crate::arena::Handle;
use crate::value::Millis;

/// Records that may be stale before they are looked for, whatever the number of cells.
const STALE_SLACK: usize = 1024;

const TICK_SHIFT: u32 = 10;
const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;
const TOP_SLOTS: usize = 256;
const LEVEL_AT: [usize; 3] = [0, SLOTS, 2 * SLOTS];
const SLOTS_ALL: usize = 2 * SLOTS + TOP_SLOTS;

/// A record that has come up: the cell, and the tag that it had when the record was made.
pub(crate) type Fired = (Handle, u16);

/// Records of cells by tick.
#[derive(Debug, Default)]
pub(crate) struct Wheel(Option<Box<Inner>>);

#[derive(Debug)]
struct Inner {
    /// The first chunk of each slot.
    heads: Heads,
    /// A bit for each slot that has a chunk.
    filled: [u64; SLOTS_ALL.div_ceil(64)],
    chunks: Chunks,
    /// The first tick whose records have not come up.
    cursor: i64,
    near: BinaryHeap<Reverse<(Millis, Handle, u16)>>,
    batch: Vec<Fired>,
    /// Records in slots, `near` and `batch`.
    records: usize,
    /// How many the last search for stale records left, or fewer if there are fewer by now.
    kept: usize,
    sweep: Option<Sweep>,
}

/// Where the search for stale records stands.
#[derive(Debug, Clone, Copy)]
struct Sweep {
    slot: usize,
    /// The chunk before the one to look at; 0 at the beginning of a slot.
    before: u32,
}

/// Result of a step of the wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Records came up: take them from the batch.
    Fired,
    /// Records moved nearer, or time went on.
    Moved,
    /// There is nothing to do at this moment.
    Idle,
}

/// The tick of a moment.
fn tick_of(at: Millis) -> i64 {
    at >> TICK_SHIFT
}

impl Wheel {
    /// Makes a record of a cell that is due at `at`, and returns the tag for the cell.
    pub(crate) fn arm(&mut self, cell: Handle, at: Millis, now: Millis) -> u16 {
        let inner = self.0.get_or_insert_with(|| Box::new(Inner::new(now)));
        if inner.records == 0 {
            inner.cursor = tick_of(now);
        }
        inner.records += 1;
        let tick = tick_of(at);
        // The slot of the running tick is being emptied: what comes now waits in order.
        if tick < inner.cursor || at <= now || tick == tick_of(now) {
            inner.near.push(Reverse((at, cell, tick as u16)));
            return tick as u16;
        }
        inner.file(cell, tick)
    }

    /// Whether a record that is armed for a deadline gets this tag, and waits in order.
    pub(crate) fn is_of_this_tick(&self, deadline: Millis, tag: u16, now: Millis) -> bool {
        let tick = tick_of(deadline.saturating_add(1));
        tick == tick_of(now) && tick as u16 == tag
    }

    /// How many records there are, stale ones included.
    pub(crate) fn records(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.records)
    }

    /// Whether records outnumber cells with deadlines by enough that a search for stale ones is
    /// worth it.
    ///
    /// A cell that was freed and used again with the same deadline has records that nothing tells
    /// from its own. A sweep leaves most of them, so the next waits until half as many have come.
    pub(crate) fn is_crowded(&self, cells: usize) -> bool {
        self.0.as_ref().is_some_and(|inner| {
            let more = cells.max(inner.kept / 2);
            inner.records > cells.max(inner.kept) + more + STALE_SLACK
        })
    }

    /// Bytes that the wheel takes.
    pub(crate) fn weight(&self) -> u64 {
        self.0.as_ref().map_or(0, |inner| {
            (size_of::<Inner>() + inner.near.capacity() * 16) as u64
                + inner.heads.weight()
                + inner.chunks.weight()
        })
    }

    /// Does a chunk's worth of work towards `now`.
    pub(crate) fn step(&mut self, now: Millis) -> Step {
        let Some(inner) = &mut self.0 else {
            return Step::Idle;
        };
        if !inner.batch.is_empty() {
            return Step::Fired;
        }
        if inner.records == 0 {
            // A small wheel is kept, as a deadline here and there must not cost a new one each.
            if inner.chunks.is_grown() {
                self.0 = None;
            }
            return Step::Idle;
        }
        inner.step(now)
    }

    /// The next record that came up.
    pub(crate) fn pop(&mut self) -> Option<Fired> {
        let inner = self.0.as_mut()?;
        let fired = inner.batch.pop()?;
        inner.records -= 1;
        inner.kept = inner.kept.min(inner.records);
        Some(fired)
    }

    /// The records that came up.
    pub(crate) fn batch(&self) -> &[Fired] {
        self.0.as_ref().map_or(&[], |inner| &inner.batch)
    }

    /// The earliest moment at which [`Self::step`] may have something to do.
    pub(crate) fn next(&self) -> Option<Millis> {
        let inner = self.0.as_ref().filter(|inner| inner.records > 0)?;
        if !inner.batch.is_empty() {
            return Some(Millis::MIN);
        }
        let near = inner.near.peek().map(|Reverse((at, ..))| *at);
        let slot = inner.next_tick().map(|tick| tick << TICK_SHIFT);
        near.into_iter().chain(slot).min()
    }

    /// Looks at one chunk for stale records, if there is a sweep or `is_wanted` starts one; says
    /// how many it looked at.
    pub(crate) fn sweep(
        &mut self,
        is_wanted: bool,
        is_current: impl Fn(Handle, u16) -> bool,
    ) -> usize {
        let Some(inner) = &mut self.0 else { return 0 };
        if inner.sweep.is_none() && is_wanted {
            inner.sweep = Some(Sweep { slot: 0, before: 0 });
        }
        match inner.sweep {
            Some(sweep) => inner.sweep_chunk(sweep, is_current),
            None => 0,
        }
    }

    /// Whether a search for stale records is under way.
    pub(crate) fn is_sweeping(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.sweep.is_some())
    }
}

impl Inner {
    fn new(now: Millis) -> Self {
        Self {
            heads: Heads::new(SLOTS_ALL),
            filled: [0; SLOTS_ALL.div_ceil(64)],
            chunks: Chunks::default(),
            cursor: tick_of(now),
            near: BinaryHeap::new(),
            batch: Vec::new(),
            records: 0,
            kept: 0,
            sweep: None,
        }
    }

    /// Puts a record into the slot of a tick that has not come, and returns its tag.
    fn file(&mut self, cell: Handle, tick: i64) -> u16 {
        let (slot, level, tick) = self.slot_of(tick);
        let head = self.heads.get(slot);
        let number = if head == 0 || self.chunks.get(head).is_full(level) {
            let number = self.chunks.take(slot as u16, head);
            self.heads.set(slot, number);
            self.filled[slot / 64] |= 1 << (slot % 64);
            number
        } else {
            head
        };
        let rest = [0, 0xfff, 0xff_ffff][level] & tick;
        self.chunks.get_mut(number).push(level, cell, rest as u32);
        tick as u16
    }

    /// The slot and its level for a tick, and the tick that it is filed under.
    fn slot_of(&self, tick: i64) -> (usize, usize, i64) {
        if tick - self.cursor < SLOTS as i64 {
            return ((tick & (SLOTS as i64 - 1)) as usize, 0, tick);
        }
        let middle = tick >> SLOT_BITS;
        if middle - (self.cursor >> SLOT_BITS) < SLOTS as i64 {
            return (
                LEVEL_AT[1] + (middle & (SLOTS as i64 - 1)) as usize,
                1,
                tick,
            );
        }
        let top = tick >> (2 * SLOT_BITS);
        let last = (self.cursor >> (2 * SLOT_BITS)) + TOP_SLOTS as i64 - 1;
        let (top, tick) = if top > last {
            (last, last << (2 * SLOT_BITS))
        } else {
            (top, tick)
        };
        (
            LEVEL_AT[2] + (top & (TOP_SLOTS as i64 - 1)) as usize,
            2,
            tick,
        )
    }

    fn step(&mut self, now: Millis) -> Step {
        while let Some(Reverse((at, cell, tag))) = self.near.peek().copied() {
            if at > now || self.batch.len() >= 32 {
                break;
            }
            self.near.pop();
            self.batch.push((cell, tag));
        }
        if !self.batch.is_empty() {
            return Step::Fired;
        }
        let end = tick_of(now);
        if self.cursor > end {
            return Step::Idle;
        }
        // From the top, so that what moves down is seen by the levels below.
        for (slot, level) in self.higher_slots().into_iter().zip([2, 1]) {
            if self.heads.get(slot) != 0 {
                self.cascade(slot, level);
                return Step::Moved;
            }
        }
        let slot = (self.cursor & (SLOTS as i64 - 1)) as usize;
        if self.heads.get(slot) != 0 {
            let tag = self.cursor as u16;
            self.pop_chunk(slot, |inner, chunk, index| {
                let (cell, _) = inner.chunks.get(chunk).get(0, index);
                inner.batch.push((cell, tag));
            });
            return Step::Fired;
        }
        let next = self.next_tick().unwrap_or(i64::MAX);
        self.cursor = next.clamp(self.cursor + 1, end + 1);
        Step::Moved
    }

    /// The slots of the highest and the middle level that the cursor is in.
    fn higher_slots(&self) -> [usize; 2] {
        [
            LEVEL_AT[2] + (self.cursor >> (2 * SLOT_BITS) & (TOP_SLOTS as i64 - 1)) as usize,
            LEVEL_AT[1] + (self.cursor >> SLOT_BITS & (SLOTS as i64 - 1)) as usize,
        ]
    }

    /// Moves the records of a slot's first chunk to lower levels.
    fn cascade(&mut self, slot: usize, level: usize) {
        let shift = SLOT_BITS * level as u32;
        let first = self.cursor >> shift << shift;
        self.pop_chunk(slot, |inner, chunk, index| {
            let (cell, rest) = inner.chunks.get(chunk).get(level, index);
            let tick = first | i64::from(rest);
            if tick < inner.cursor {
                inner.batch.push((cell, tick as u16));
            } else {
                inner.file(cell, tick);
            }
        });
    }

    /// Unlinks a slot's first chunk and hands its records over.
    fn pop_chunk(&mut self, slot: usize, mut take: impl FnMut(&mut Self, u32, usize)) {
        let number = self.heads.get(slot);
        let chunk = self.chunks.get(number);
        let (next, len) = (chunk.next, usize::from(chunk.len));
        self.set_head(slot, next);
        if let Some(sweep) = &mut self.sweep
            && sweep.slot == slot
        {
            sweep.before = 0;
        }
        for index in 0..len {
            take(self, number, index);
        }
        self.chunks.give(number);
    }

    fn set_head(&mut self, slot: usize, head: u32) {
        self.heads.set(slot, head);
        if head == 0 {
            self.filled[slot / 64] &= !(1 << (slot % 64));
        }
    }

    /// The first tick from the cursor on at which a slot has records.
    fn next_tick(&self) -> Option<i64> {
        if self
            .higher_slots()
            .iter()
            .any(|&slot| self.heads.get(slot) != 0)
        {
            return Some(self.cursor);
        }
        let next = |(level, start): (usize, usize)| {
            let shift = SLOT_BITS * level as u32;
            let now = self.cursor >> shift;
            let count = if level == 2 { TOP_SLOTS } else { SLOTS };
            let at = start + (now & (count as i64 - 1)) as usize;
            // Slots before the cursor's are those of the next turn.
            let ahead = self.next_filled(at, start + count);
            let slot = ahead.or_else(|| Some(self.next_filled(start, at)? + count))?;
            Some(((now + (slot - at) as i64) << shift).max(self.cursor))
        };
        LEVEL_AT.into_iter().enumerate().filter_map(next).min()
    }

    fn next_filled(&self, from: usize, to: usize) -> Option<usize> {
        let mut at = from;
        while at < to {
            let rest = self.filled[at / 64] >> (at % 64);
            if rest != 0 {
                let found = at + rest.trailing_zeros() as usize;
                return (found < to).then_some(found);
            }
            at = (at / 64 + 1) * 64;
        }
        None
    }

    fn sweep_chunk(&mut self, sweep: Sweep, is_current: impl Fn(Handle, u16) -> bool) -> usize {
        let Sweep { slot, before } = sweep;
        let number = match before {
            0 => self.heads.get(slot),
            before => self.chunks.get(before).next,
        };
        if number == 0 {
            let next = self.next_filled(slot + 1, SLOTS_ALL);
            self.sweep = next.map(|slot| Sweep { slot, before: 0 });
            if self.sweep.is_none() {
                self.kept = self.records;
            }
            return 1;
        }
        let level = if slot < LEVEL_AT[1] {
            0
        } else {
            1 + usize::from(slot >= LEVEL_AT[2])
        };
        let low = self.slot_tag(slot, level);
        let chunk = self.chunks.get_mut(number);
        let had = chunk.len;
        chunk.len = 0;
        for index in 0..usize::from(had) {
            let (cell, rest) = chunk.get(level, index);
            if is_current(cell, low | rest as u16) && !chunk.holds(level, cell, rest) {
                chunk.push(level, cell, rest);
            }
        }
        self.records -= usize::from(had - chunk.len);
        self.join(sweep, number, level);
        1 + usize::from(had)
    }

    /// The part of a tag that a slot tells.
    fn slot_tag(&self, slot: usize, level: usize) -> u16 {
        match level {
            0 => {
                let ahead = (slot as i64 - self.cursor) & (SLOTS as i64 - 1);
                (self.cursor + ahead) as u16
            }
            1 => ((slot - LEVEL_AT[1]) << SLOT_BITS) as u16,
            _ => 0,
        }
    }

    /// Unlinks a swept chunk if it is empty or fits into the one before it.
    fn join(&mut self, sweep: Sweep, number: u32, level: usize) {
        let Sweep { slot, before } = sweep;
        let chunk = self.chunks.get(number).clone();
        let room = match before {
            0 => 0,
            before => capacity(level) - usize::from(self.chunks.get(before).len),
        };
        if usize::from(chunk.len) > room {
            self.sweep = Some(Sweep {
                slot,
                before: number,
            });
            return;
        }
        for index in 0..usize::from(chunk.len) {
            let (cell, rest) = chunk.get(level, index);
            self.chunks.get_mut(before).push(level, cell, rest);
        }
        match before {
            0 => self.set_head(slot, chunk.next),
            before => self.chunks.get_mut(before).next = chunk.next,
        }
        self.chunks.give(number);
    }
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::*;

    /// Runs the wheel to a moment and returns what fired.
    fn run(wheel: &mut Wheel, now: Millis) -> Vec<Fired> {
        let mut fired = Vec::new();
        while wheel.step(now) != Step::Idle {
            fired.extend(std::iter::from_fn(|| wheel.pop()));
        }
        fired
    }

    #[test]
    fn every_record_comes_up_in_its_tick_with_its_tag() {
        let mut rng = Rng::new(4);
        let steps = if cfg!(miri) { 5 } else { 60 };
        for start in [0, 1_700_000_000_000, -50_000] {
            let mut wheel = Wheel::default();
            let (mut now, mut armed) = (start, Vec::new());
            for cell in 1..if cfg!(miri) { 50 } else { 4000 } {
                let span = 1_u64 << rng.below(44);
                let at = now - 3000 + rng.below(span + 5000) as i64;
                armed.push((at, cell, wheel.arm(cell, at, now)));
            }
            for _ in 0..steps {
                let next = wheel.next().unwrap_or(now);
                let bits = rng.below(43);
                now = (now + rng.below(1 << bits) as i64).max(next);
                let mut fired = run(&mut wheel, now);
                let tick = tick_of(now);
                let mut expected: Vec<_> = armed
                    .extract_if(.., |(at, ..)| *at <= now || tick_of(*at) <= tick)
                    .map(|(_, cell, tag)| (cell, tag))
                    .collect();
                // Those of the running tick that were near at once come up later, to the
                // millisecond; that is not what is checked here.
                fired.sort_unstable();
                expected.sort_unstable();
                let late: Vec<_> = expected.iter().filter(|e| !fired.contains(e)).collect();
                assert!(late.len() <= wheel.records(), "{late:?}");
                assert!(fired.iter().all(|f| expected.contains(f)));
            }
        }
    }

    #[test]
    fn far_away_records_cascade_from_the_top() {
        let mut wheel = Wheel::default();
        let now = 1_700_000_000_000;
        let day = 86_400_000;
        let due = [now + 1, now + day, now + 400 * day, now + 100_000 * day];
        for (cell, at) in (1..).zip(due) {
            wheel.arm(cell, at, now);
        }
        assert_eq!(run(&mut wheel, now + 2000), [(1, tick_of(due[0]) as u16)]);
        assert_eq!(run(&mut wheel, now + day - 2000), []);
        assert_eq!(
            run(&mut wheel, now + day + 2000),
            [(2, tick_of(due[1]) as u16)]
        );
        assert_eq!(
            run(&mut wheel, now + 401 * day),
            [(3, tick_of(due[2]) as u16)]
        );
        let fired = run(&mut wheel, now + 100_000 * day);
        assert_eq!(fired.len(), 1);
        assert_eq!((wheel.records(), wheel.next()), (0, None));
    }

    #[test]
    fn a_sweep_drops_stale_records_and_returns_their_chunks() {
        let mut wheel = Wheel::default();
        let mut tags = Vec::new();
        for cell in 0..if cfg!(miri) { 300 } else { 30_000 } {
            tags.push(wheel.arm(cell, 5_000_000 + i64::from(cell) * 1000, 0));
        }
        let count = tags.len();
        let is_current = |cell: Handle, tag| cell.is_multiple_of(10) && tags[cell as usize] == tag;
        let mut looked = wheel.sweep(true, is_current);
        while wheel.is_sweeping() {
            looked += wheel.sweep(false, is_current);
        }
        assert!(looked >= count);
        assert_eq!(wheel.records(), count / 10);
        let fired = run(&mut wheel, i64::MAX / 2);
        assert_eq!(fired.len(), count / 10);
        assert!(fired.iter().all(|&(cell, tag)| is_current(cell, tag)));
    }
}
