//! One bucket of the table in one cache line: twelve tags and twelve handles.
//!
//! ```text
//!  byte 0         12       13          14       16                                    64
//!  ┌──────────────┬────────┬───────────┬────────┬──────────────────────────────────────┐
//!  │ 12 tags      │ passed │ displaced │ shared │ 12 handles of 4 bytes                │
//!  └──────────────┴────────┴───────────┴────────┴──────────────────────────────────────┘
//!    0 = no entry   filter   deletes     bitmap
//! ```
//! * *passed*: bit `tag & 7` is set when an entry with such a tag had no room here or was on its
//!   way further; a look-up that finds the bit clear need not go on. Bits are cleared by
//!   rebuilding.
//! * *displaced deletes*: how many entries at home here were deleted from later buckets; many of
//!   them mean that the filter is out of date.
//! * *shared*: bit i is set when entry i was there when the segment was copied for a snapshot.
//!
//! Always true: a tag of 0 has a handle that means nothing; no entry has the tag 0.
//! Not here: which buckets an entry may be in — `table/segment.rs`

use crate::handle::Handle;
use crate::prefetch::bytes_equal;

/// Entries in a bucket.
pub(crate) const SLOTS: usize = 12;

/// A bucket.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line {
    /// Tags 0 to 7; then tags 8 to 11, filter, displaced deletes and shared bitmap.
    words: [u64; 2],
    handles: [Handle; SLOTS],
}

const _: () = assert!(size_of::<Line>() == 64);

const PASSED_SHIFT: u32 = 32;
const DISPLACED_SHIFT: u32 = 40;
const SHARED_SHIFT: u32 = 48;
const _: () = assert!(PASSED_SHIFT.is_multiple_of(8));
const ALL: u32 = (1 << SLOTS) - 1;

impl Line {
    /// A bucket without entries.
    pub(crate) const EMPTY: Self = Self {
        words: [0; 2],
        handles: [0; SLOTS],
    };

    /// The tag of a hash: its low byte, but never 0.
    #[inline]
    pub(crate) fn tag(hash: u64) -> u8 {
        let tag = hash as u8;
        tag | u8::from(tag == 0)
    }

    /// The slots with that tag.
    #[inline]
    pub(crate) fn matches(&self, tag: u8) -> Slots {
        Slots(bytes_equal(self.words, tag) & ALL)
    }

    /// The slots without an entry.
    #[inline]
    pub(crate) fn vacant(&self) -> Slots {
        Slots(bytes_equal(self.words, 0) & ALL)
    }

    /// The slots with an entry.
    #[inline]
    pub(crate) fn occupied(&self) -> Slots {
        Slots(!bytes_equal(self.words, 0) & ALL)
    }

    /// The handle in a slot that has an entry.
    #[inline]
    pub(crate) fn handle(&self, slot: usize) -> Handle {
        self.handles[slot]
    }

    /// Whether the entry in a slot was there when the segment was copied for a snapshot.
    #[inline]
    pub(crate) fn is_shared(&self, slot: usize) -> bool {
        self.words[1] >> (SHARED_SHIFT + slot as u32) & 1 == 1
    }

    /// Whether entries with such a tag went past this bucket.
    #[inline]
    pub(crate) fn has_passed(&self, tag: u8) -> bool {
        let shift = PASSED_SHIFT | u32::from(tag & 7);
        self.words[1].wrapping_shr(shift) & 1 == 1
    }

    /// Whether any entry went past this bucket.
    #[inline]
    pub(crate) fn has_any_passed(&self) -> bool {
        self.words[1] >> PASSED_SHIFT & 0xff != 0
    }

    /// Fills a vacant slot.
    #[inline]
    pub(crate) fn put(&mut self, slot: usize, tag: u8, handle: Handle, is_shared: bool) {
        debug_assert!(tag != 0 && self.vacant().has(slot));
        self.words[slot >> 3] |= u64::from(tag) << ((slot & 7) * 8);
        self.set_handle(slot, handle, is_shared);
    }

    /// Fills a slot of a new line.
    #[inline]
    pub(crate) fn put_next(&mut self, slot: usize, tag: u8, handle: Handle, is_shared: bool) {
        let shift = (slot as u32 & 7).wrapping_mul(8);
        self.words[slot >> 3] |= u64::from(tag).wrapping_shl(shift);
        self.handles[slot] = handle;
        if is_shared {
            self.set_handle(slot, handle, true);
        }
    }

    /// The slots whose entries were there when the segment was copied for a snapshot.
    #[inline]
    pub(crate) fn shared(&self) -> Slots {
        Slots((self.words[1] >> SHARED_SHIFT) as u32 & ALL)
    }

    /// Replaces the handle in a slot.
    #[inline]
    pub(crate) fn set_handle(&mut self, slot: usize, handle: Handle, is_shared: bool) {
        self.handles[slot] = handle;
        let bit = 1 << (SHARED_SHIFT + slot as u32);
        self.words[1] = (self.words[1] & !bit) | if is_shared { bit } else { 0 };
    }

    /// Empties a slot.
    #[inline]
    pub(crate) fn clear(&mut self, slot: usize) {
        self.words[slot >> 3] &= !(0xff << ((slot & 7) * 8));
    }

    /// Notes that an entry went past.
    #[inline]
    pub(crate) fn pass(&mut self, tag: u8) {
        self.words[1] |= 1 << (PASSED_SHIFT + u32::from(tag & 7));
    }

    /// Notes that an entry at home here was deleted from a later bucket; says how many were.
    pub(crate) fn count_displaced_delete(&mut self) -> u8 {
        let count = (self.words[1] >> DISPLACED_SHIFT) as u8;
        if count < u8::MAX {
            self.words[1] += 1 << DISPLACED_SHIFT;
        }
        count.saturating_add(1)
    }

    /// Marks every entry as shared, or none.
    pub(crate) fn set_all_shared(&mut self, is_shared: bool) {
        self.words[1] &= (1 << SHARED_SHIFT) - 1;
        if is_shared {
            self.words[1] |= u64::from(self.occupied().0) << SHARED_SHIFT;
        }
    }
}

/// Some of the slots of a bucket, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots(u32);

impl Slots {
    /// Slots whose bits are set.
    #[inline]
    pub(crate) fn of(bits: u32) -> Self {
        Self(bits)
    }

    /// How many there are.
    #[inline]
    pub(crate) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The lowest.
    #[inline]
    pub(crate) fn first(self) -> Option<usize> {
        (self.0 != 0).then_some(self.0.trailing_zeros() as usize)
    }

    /// Whether a slot is among them.
    #[inline]
    pub(crate) fn has(self, slot: usize) -> bool {
        self.0.wrapping_shr(slot as u32) & 1 == 1
    }
}

impl Iterator for Slots {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let first = self.first()?;
        self.0 &= self.0.wrapping_sub(1);
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::*;

    #[test]
    fn tags_are_found_exactly() {
        let mut rng = Rng::new(1);
        for _ in 0..if cfg!(miri) { 30 } else { 20_000 } {
            let (mut line, mut tags) = (Line::EMPTY, [0_u8; SLOTS]);
            line.words[1] |= rng.u64() << 32;
            for (slot, tag) in tags.iter_mut().enumerate() {
                if rng.below(3) > 0 {
                    *tag = 1 + rng.below(3) as u8 * 0x7f;
                    line.put(slot, *tag, slot as u32 + 1, rng.below(2) == 0);
                }
            }
            for wanted in [0, 1, 0x7e, 0x7f, 0x80, 0xff] {
                let found = if wanted == 0 {
                    line.vacant()
                } else {
                    line.matches(wanted)
                };
                let expected: Vec<_> = (0..SLOTS).filter(|&s| tags[s] == wanted).collect();
                assert_eq!(found.collect::<Vec<_>>(), expected);
            }
            assert_eq!(
                line.occupied().count(),
                tags.iter().filter(|&&t| t != 0).count()
            );
        }
    }

    #[test]
    fn the_parts_of_a_line_do_not_disturb_each_other() {
        let mut line = Line::EMPTY;
        line.put(11, 0xff, 77, true);
        line.put(0, 1, 78, false);
        line.pass(0xff);
        assert_eq!(line.count_displaced_delete(), 1);
        assert!(line.has_passed(7) && !line.has_passed(6) && line.has_any_passed());
        assert!(line.is_shared(11) && !line.is_shared(0));
        line.set_all_shared(true);
        assert!(line.is_shared(0) && !line.is_shared(1));
        line.clear(11);
        line.set_all_shared(true);
        assert!(!line.is_shared(11) && line.is_shared(0));
        for _ in 0..300 {
            line.count_displaced_delete();
        }
        assert_eq!(line.count_displaced_delete(), 255);
        assert_eq!((line.handle(0), line.occupied().count()), (78, 1));
        assert_eq!((Line::tag(0x100), Line::tag(0x1ff)), (1, 255));
    }
}
