//! Records of the wheel for eviction: some at random, or those that are due first.
//!
//! Always true: a record that is brought into order stays a record: it fires at its deadline.
//! Not here: which cells are live, and when they are due — the caller's functions know.

use std::cmp::Reverse;

use russet_base::Rng;

use super::{Inner, LEVEL_AT, SLOT_BITS, SLOTS, TICK_SHIFT, TOP_SLOTS, Wheel};
use crate::arena::Handle;
use crate::value::Millis;

/// Draws before the chunks count as too sparse to draw from.
const DRAWS_MAX: usize = 64;

/// Outcome of the search for the record that is due first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nearest {
    /// The cell of that record.
    Found(Handle),
    /// There is more to bring into order before it is known.
    Unsettled,
    /// There are no records.
    Nothing,
}

impl Wheel {
    /// Shows some records that were drawn together, stale ones among them; each record has about
    /// the same chance.
    pub(crate) fn draw(&self, rng: &mut Rng, count: usize, visit: &mut dyn FnMut(Handle, u16)) {
        let Some(inner) = self.0.as_ref().filter(|inner| inner.records > 0) else {
            return;
        };
        if rng.index(inner.records) < inner.near.len() {
            let at = rng.index(inner.near.len());
            let Reverse((_, cell, tag)) = inner.near.as_slice()[at];
            return visit(cell, tag);
        }
        for _ in 0..DRAWS_MAX {
            let Some(chunk) = inner.chunks.random(rng) else {
                return;
            };
            let (slot, len) = (usize::from(chunk.slot), usize::from(chunk.len));
            if len == 0 {
                continue;
            }
            let level = level_of(slot);
            let low = inner.slot_tag(slot, level);
            let start = rng.index(len);
            for index in (start..len).chain(0..start).take(count) {
                let (cell, rest) = chunk.get(level, index);
                visit(cell, low | rest as u16);
            }
            return;
        }
    }

    /// Finds the record that is due first, and does up to `work` chunks of work for it.
    ///
    /// `due` says when the cell of a record is due if the record is its own.
    pub(crate) fn nearest(
        &mut self,
        work: &mut usize,
        due: &dyn Fn(Handle, u16) -> Option<Millis>,
    ) -> Nearest {
        let Some(inner) = &mut self.0 else {
            return Nearest::Nothing;
        };
        loop {
            let next = inner.next_slot();
            let near = inner.near.peek().map(|&Reverse(record)| record);
            match (near, next) {
                (None, None) => return Nearest::Nothing,
                (Some(record), next) if next.is_none_or(|(_, start)| record.0 < start) => {
                    if inner.is_settled(record, due) {
                        return Nearest::Found(record.1);
                    }
                }
                (_, Some((slot, _))) => inner.bring_near(slot, due),
                // The guard holds for whatever has no slot beside it.
                (Some(_), None) => return Nearest::Unsettled,
            }
            *work = work.saturating_sub(1);
            if *work == 0 {
                return Nearest::Unsettled;
            }
        }
    }
}

impl Wheel {
    /// Drops the record that [`Self::nearest`] found, since its cell is no entry any more.
    pub(crate) fn drop_nearest(&mut self) {
        if let Some(inner) = &mut self.0
            && inner.near.pop().is_some()
        {
            inner.forget();
        }
    }
}

impl Inner {
    /// Whether the first record in order stands where it belongs; moves or drops it otherwise.
    fn is_settled(
        &mut self,
        (at, cell, tag): (Millis, Handle, u16),
        due: &dyn Fn(Handle, u16) -> Option<Millis>,
    ) -> bool {
        let due_at = due(cell, tag);
        if due_at == Some(at) {
            return true;
        }
        self.near.pop();
        match due_at {
            Some(due_at) => self.near.push(Reverse((due_at, cell, tag))),
            None => self.forget(),
        }
        false
    }

    /// Orders the records of a slot's first chunk by the millisecond.
    fn bring_near(&mut self, slot: usize, due: &dyn Fn(Handle, u16) -> Option<Millis>) {
        let level = level_of(slot);
        let low = self.slot_tag(slot, level);
        self.pop_chunk(slot, |inner, chunk, index| {
            let (cell, rest) = inner.chunks.get(chunk).get(level, index);
            let tag = low | rest as u16;
            match due(cell, tag) {
                Some(at) => inner.near.push(Reverse((at, cell, tag))),
                None => inner.forget(),
            }
        });
    }

    /// A stale record is dropped.
    fn forget(&mut self) {
        self.records -= 1;
        self.kept = self.kept.min(self.records);
    }

    /// The slot with records that begins first, and when that is. Of slots that begin together the
    /// one of the higher level, which holds what was filed earlier.
    fn next_slot(&self) -> Option<(usize, Millis)> {
        let first = |(level, start): (usize, usize)| {
            let shift = SLOT_BITS * level as u32;
            let now = self.cursor >> shift;
            let count = if level == 2 { TOP_SLOTS } else { SLOTS };
            let at = start + (now & (count as i64 - 1)) as usize;
            let ahead = self.next_filled(at, start + count);
            let slot = ahead.or_else(|| self.next_filled(start, at))?;
            let steps = (slot + count - at) % count;
            let tick = (now + steps as i64) << shift;
            Some((tick, slot))
        };
        let slots = LEVEL_AT.into_iter().enumerate().rev().filter_map(first);
        let (tick, slot) = slots.min_by_key(|&(tick, _)| tick)?;
        Some((slot, tick << TICK_SHIFT))
    }
}

/// The level of a slot.
fn level_of(slot: usize) -> usize {
    usize::from(slot >= LEVEL_AT[1]) + usize::from(slot >= LEVEL_AT[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_in_the_order_of_their_deadlines_however_far_away() {
        let mut rng = Rng::new(9);
        for (now, span) in [(0, 12), (1_700_000_000_000, 24), (5_000_000, 42)] {
            let mut wheel = Wheel::default();
            let count = if cfg!(miri) { 40 } else { 3000 };
            let mut due: Vec<(Millis, u16)> = vec![(0, 0)];
            for cell in 1..count {
                let at = now + 1 + rng.below(1 << span) as i64;
                due.push((at, wheel.arm(cell, at, now)));
            }
            let mut gone = vec![false; count as usize];
            let mut last = 0;
            for _ in 1..count {
                let (mut work, known) = (usize::MAX, due.clone());
                let is_gone = gone.clone();
                let found = wheel.nearest(&mut work, &|cell, tag| {
                    let (at, own) = known[cell as usize];
                    (!is_gone[cell as usize] && own == tag).then_some(at)
                });
                let Nearest::Found(cell) = found else {
                    panic!("{found:?}");
                };
                let at = due[cell as usize].0;
                assert!(at >= last, "{at} after {last}");
                last = at;
                gone[cell as usize] = true;
                // One in three is put off before it comes up.
                if rng.index(3) == 0 {
                    let other = 1 + rng.index(count as usize - 1);
                    due[other].0 += 5;
                }
            }
            let nothing = wheel.nearest(&mut usize::MAX.clone(), &|_, _| None);
            assert_eq!((nothing, wheel.records()), (Nearest::Nothing, 0));
        }
    }

    #[test]
    fn work_is_bounded_and_goes_on_where_it_stopped() {
        let mut wheel = Wheel::default();
        let count = 2000;
        for cell in 1..count {
            wheel.arm(cell, 90_000_000 + i64::from(count - cell), 0);
        }
        let due = |cell: Handle, _| Some(90_000_000 + i64::from(count - cell));
        let mut calls = 0;
        while wheel.nearest(&mut 10.clone(), &due) == Nearest::Unsettled {
            calls += 1;
        }
        assert!(calls > 5, "{calls}");
        assert_eq!(
            wheel.nearest(&mut 10.clone(), &due),
            Nearest::Found(count - 1)
        );
    }

    #[test]
    fn each_record_is_drawn_about_as_often() {
        let mut wheel = Wheel::default();
        let count = 1000_u32;
        for cell in 0..count {
            wheel.arm(cell, 1 + i64::from(cell) * 90_000, 0);
        }
        let mut rng = Rng::new(3);
        let mut seen = vec![0_u32; count as usize];
        let draws = if cfg!(miri) { 100 } else { 100_000 };
        for _ in 0..draws {
            wheel.draw(&mut rng, 1, &mut |cell, _| seen[cell as usize] += 1);
        }
        if !cfg!(miri) {
            // Chunks of one record come up as often as full ones.
            assert!(seen.iter().all(|&n| n > 0), "{seen:?}");
        }
    }
}
