//! Slots of a cluster as ranges of hashes, for a key space that is asked to keep them apart.
//!
//! ```text
//!  hash  63 ──── 50 49 ───────────── 16 15 ──── 8 7 ── 0
//!        slot       hash of the key        unused   tag
//! ```
//! The slot of a key is in the first bits of its hash, so the keys of a slot are neighbours in the
//! table: a walk over them is a scan from one position to another. How many there are is counted
//! apart.
//!
//! Always true: the counts of all slots add up to the keys of the database.
//! Not here: which slot a key has — `russet_base::slot`

use russet_base::slot::{SLOT_BITS, SLOT_COUNT};

use super::random::Draw;
use super::scan::END;
use super::{Place, Shared, Store};
use crate::arena::Handle;
use crate::cell;
use crate::table::directory::after;

/// Slots of no more keys are counted through to draw one of them.
const KEYS_COUNTED: usize = 256;
/// Draws from a slot before its keys are counted through.
const DRAWS_MAX: usize = 400;
/// How many keys a flush collects before it removes them.
const FLUSHED_AT_ONCE: usize = 256;
/// How many slots a group has, whose keys are counted too.
const GROUP: usize = 128;

/// How many keys each slot has.
#[derive(Debug)]
pub(crate) struct SlotCounts {
    keys: Box<[u32]>,
    /// The sums of groups of adjoining slots.
    groups: [usize; SLOT_COUNT as usize / GROUP],
}

impl Default for SlotCounts {
    fn default() -> Self {
        Self {
            keys: vec![0; usize::from(SLOT_COUNT)].into(),
            groups: [0; SLOT_COUNT as usize / GROUP],
        }
    }
}

impl SlotCounts {
    /// Bytes that they take.
    pub(super) const SIZE: u64 =
        (size_of::<Self>() + SLOT_COUNT as usize * size_of::<u32>()) as u64;

    pub(super) fn add(&mut self, hash: u64) {
        let slot = slot_in(hash);
        self.keys[slot] += 1;
        self.groups[slot / GROUP] += 1;
    }

    pub(super) fn remove(&mut self, hash: u64) {
        let slot = slot_in(hash);
        self.keys[slot] -= 1;
        self.groups[slot / GROUP] -= 1;
    }

    /// The slot of the key with that number, counted slot by slot, and its number in the slot.
    fn nth(&self, number: usize) -> (u16, usize) {
        let (mut slot, mut left) = (0, number);
        while left >= self.groups[slot / GROUP] {
            left -= self.groups[slot / GROUP];
            slot += GROUP;
        }
        while left >= self.keys[slot] as usize {
            left -= self.keys[slot] as usize;
            slot += 1;
        }
        (slot as u16, left)
    }
}

/// The slot in the first bits of a hash.
fn slot_in(hash: u64) -> usize {
    (hash >> (64 - SLOT_BITS)) as usize
}

/// The first hash of a slot.
fn first_hash(slot: u16) -> u64 {
    u64::from(slot) << (64 - SLOT_BITS)
}

impl Store {
    /// How many keys a slot has.
    pub(crate) fn slot_len(&self, slot: u16) -> usize {
        let counts = self.slots.as_ref();
        counts.map_or(0, |counts| counts.keys[usize::from(slot)] as usize)
    }

    /// Shows the entries of about `count` positions of a slot; as [`Self::scan`].
    pub(crate) fn scan_slot(
        &self,
        cx: &Shared,
        slot: u16,
        (cursor, count): (u64, usize),
        visit: &mut dyn FnMut(Handle),
    ) -> u64 {
        let first = first_hash(slot) >> 16;
        let end = after(first_hash(slot), SLOT_BITS as u8).map_or(END, |hash| hash >> 16);
        match cursor {
            0 => self.scan_range(cx, first..end, count, visit),
            cursor if (first..end).contains(&cursor) => {
                self.scan_range(cx, cursor..end, count, visit)
            }
            _ => 0,
        }
    }

    /// Removes every entry of a slot, showing each key with its hash before; returns how many.
    pub(crate) fn flush_slot(
        &mut self,
        cx: &mut Shared,
        slot: u16,
        show: &mut dyn FnMut(&mut Shared, u64, &[u8]),
    ) -> usize {
        let (mut removed, mut cursor) = (0, 0);
        let mut cells = Vec::new();
        loop {
            cells.clear();
            let next = self.scan_slot(cx, slot, (cursor, FLUSHED_AT_ONCE), &mut |cell| {
                cells.push(cell);
            });
            for &cell in &cells {
                let hash = self.rehash(cx, cell);
                show(cx, hash, cell::key(&self.arena.memory, cell));
                self.remove(cx, Place { hash, cell });
            }
            removed += cells.len();
            if next == 0 {
                return removed;
            }
            cursor = next;
        }
    }

    /// A random entry, however unevenly slots are filled, unless there is none.
    pub(super) fn random_in_slots(&self, cx: &mut Shared) -> Option<Handle> {
        let counts = self.slots.as_ref().filter(|_| self.len > 0)?;
        let (slot, number) = counts.nth(cx.rng.index(self.len));
        if self.slot_len(slot) > KEYS_COUNTED {
            let start = first_hash(slot);
            let bound = self.directory.depth_bound_from(start, SLOT_BITS as u8);
            for _ in 0..DRAWS_MAX {
                let position = start | cx.rng.u64() >> SLOT_BITS;
                match self.drawn(position, cx.rng.u64(), cx.rng.u64(), bound) {
                    Draw::Found(cell) => return Some(cell),
                    Draw::Refused => {}
                    Draw::Overgrown => break,
                }
            }
        }
        let (mut found, mut left) = (None, number);
        self.scan_slot(cx, slot, (0, usize::MAX), &mut |cell| {
            if left == 0 && found.is_none() {
                found = Some(cell);
            }
            left = left.saturating_sub(1);
        });
        found
    }
}
