//! Segments that grow, split, shrink and merge.
//!
//! A segment without room is rebuilt one size larger; one of 10 to 18 buckets is split by one more
//! bit of the hash. On the way back there is a gap, so that a segment at a border does not go to
//! and fro: it shrinks below a third of its room, and merges with its buddy when both together fill
//! half.
//!
//! Always true: no more than one segment is rebuilt by an insert, and few by a delete.
//! Not here: where entries go in a segment — `table/segment.rs`

use russet_base::slot::SLOT_BITS;

use super::{Shared, Store};
use crate::arena::LINE_GRANULES;
use crate::cell;
use crate::prefetch;
use crate::table::directory::DEPTH_MAX;
use crate::table::segment::{self, Resident};
use crate::table::{SLOTS, Slot};

/// Buddies with fewer entries together become one segment.
const MERGE_BELOW: usize = 60;
/// How many entries ahead of the one that is hashed are fetched.
// PERF: a processor fetches some two dozen lines at a time; to ask for all of a segment at once
// made an insert of a new key 8 % slower.
const AHEAD: usize = 16;
/// The fewest entries that a segment is reserved for.
const SHARE_MIN: usize = 80;
/// Room is reserved for some hundred million entries at most.
const DEPTH_RESERVED_MAX: u8 = 20;
/// How much deeper than an average segment one may be. Hashes that spread evenly stay within three
/// of it; keys that were crafted to share their beginning fill a larger segment instead.
const DEPTH_SLACK: u8 = 8;

impl Store {
    /// Makes room for that many entries in a table without any.
    pub(crate) fn reserve(&mut self, cx: &Shared, count: usize) {
        let root = self.directory.find(0);
        if self.len > 0 || root.segment != 0 || root.depth > 0 || cx.hashing.slots {
            return;
        }
        // Segments are to be of a size at which the smallest would not split yet.
        let mut depth = 0;
        while depth < DEPTH_RESERVED_MAX && count >> (depth + 1) >= SHARE_MIN {
            depth += 1;
        }
        if depth == 0 {
            return;
        }
        let share = count >> depth;
        // Most segments have no more than this: the mean, and the deviation from it.
        let size = segment::size_for(share + share.isqrt());
        for bits in 0..depth {
            for prefix in 0..1_u64 << bits {
                let hash = prefix.checked_shl(64 - u32::from(bits)).unwrap_or(0);
                self.directory.split(hash, [Slot::empty(bits + 1); 2]);
            }
        }
        for prefix in 0..1_u64 << depth {
            let slot = self.write_segment(cx, std::iter::empty(), depth, size);
            self.directory.set(prefix << (64 - depth), slot);
        }
    }

    /// Makes room in the segment for a hash.
    pub(super) fn grow(&mut self, cx: &Shared, hash: u64) {
        let slot = self.directory.find(hash);
        if slot.buckets == 0 {
            let slot = self.write_segment(cx, std::iter::empty(), slot.depth, 1);
            self.directory.set(hash, slot);
            return;
        }
        let splits = segment::splits_at(slot.buckets, hash, slot.depth);
        if splits && slot.depth < self.depth_limit(cx) {
            self.split(cx, hash, slot);
        } else {
            let larger = segment::next_size(slot.buckets);
            self.rebuild(
                cx,
                hash,
                larger.expect("no twelve thousand keys share a hash"),
            );
        }
    }

    /// Builds the segment for a hash anew with at least `buckets_min` lines.
    pub(super) fn rebuild(&mut self, cx: &Shared, hash: u64, buckets_min: u16) {
        let slot = self.directory.find(hash);
        let residents = self.gather(cx, &[slot]);
        let new = self.write_segment(cx, residents.iter().copied(), slot.depth, buckets_min);
        self.scratch = residents;
        self.directory.set(hash, new);
        self.retire_lines(cx, hash, slot);
    }

    fn split(&mut self, cx: &Shared, hash: u64, old: Slot) {
        let residents = self.gather(cx, &[old]);
        // Keys of one slot begin alike: the bits that tell none of them apart are passed at once,
        // or the segment would grow with each of them.
        let differing = residents.iter().fold(0, |bits, r| bits | (r.hash ^ hash));
        let alike = differing.leading_zeros();
        let mut slot = old;
        while u32::from(slot.depth) < alike && slot.depth + 1 < self.depth_limit(cx) {
            let depth = slot.depth + 1;
            let mut parts = [Slot::empty(depth); 2];
            slot.depth = depth;
            parts[(hash >> (64 - depth) & 1) as usize] = slot;
            self.directory.split(hash, parts);
        }
        let parts = [0, 1].map(|bit| {
            let is_in = |r: &Resident| r.hash >> (63 - slot.depth) & 1 == bit;
            let part = residents.iter().copied().filter(is_in);
            let size = segment::size_for(part.clone().count());
            self.write_segment(cx, part, slot.depth + 1, size)
        });
        self.scratch = residents;
        self.directory.split(hash, parts);
        self.retire_lines(cx, hash, old);
    }

    /// After a delete: gives room back that the segment for a hash no longer needs.
    pub(super) fn settle(&mut self, cx: &Shared, hash: u64) {
        let slot = self.directory.find(hash);
        let count = self.count(slot);
        if count == 0 && slot.segment != 0 {
            self.directory.set(hash, Slot::empty(slot.depth));
            self.retire_lines(cx, hash, slot);
        } else if count * 3 < usize::from(slot.buckets) * SLOTS && slot.buckets > 1 {
            self.rebuild(cx, hash, segment::size_for(count + count / 4 + 1));
        }
        while self.merge(cx, hash) {}
    }

    /// Joins the segment for a hash with its buddy, if both are small.
    fn merge(&mut self, cx: &Shared, hash: u64) -> bool {
        let slot = self.directory.find(hash);
        let Some((other, buddy)) = self.directory.buddy(hash, slot.depth) else {
            return false;
        };
        if buddy.depth != slot.depth {
            return false;
        }
        let count = self.count(slot) + self.count(buddy);
        if count >= MERGE_BELOW {
            return false;
        }
        let residents = self.gather(cx, &[slot, buddy]);
        let depth = slot.depth - 1;
        let merged = if count == 0 {
            Slot::empty(depth)
        } else {
            self.write_segment(
                cx,
                residents.iter().copied(),
                depth,
                segment::size_for(count + count / 8 + 1),
            )
        };
        self.scratch = residents;
        self.directory.merge(hash, merged);
        self.retire_lines(cx, hash, slot);
        self.retire_lines(cx, other, buddy);
        true
    }

    /// How many entries a segment has.
    pub(super) fn count(&self, slot: Slot) -> usize {
        if slot.segment == 0 {
            return 0;
        }
        let lines = self
            .arena
            .memory
            .lines(slot.segment, usize::from(slot.buckets));
        lines.iter().map(|line| line.occupied().count()).sum()
    }

    /// The entries of segments, with their hashes.
    fn gather(&mut self, cx: &Shared, slots: &[Slot]) -> Vec<Resident> {
        let mut residents = std::mem::take(&mut self.scratch);
        residents.clear();
        let memory = &self.arena.memory;
        for slot in slots.iter().filter(|slot| slot.segment != 0) {
            let all_shared = slot.stamp <= cx.epochs.newest();
            residents.reserve(usize::from(slot.buckets) * SLOTS);
            for line in memory.lines(slot.segment, usize::from(slot.buckets)) {
                let shared = line.shared();
                for at in line.occupied() {
                    let (cell, is_shared) = (line.handle(at), all_shared || shared.has(at));
                    residents.push(Resident {
                        hash: 0,
                        cell,
                        is_shared,
                    });
                }
            }
        }
        for resident in residents.iter().take(AHEAD) {
            prefetch::line(memory.address(resident.cell));
        }
        for n in 0..residents.len() {
            if let Some(later) = residents.get(n + AHEAD) {
                prefetch::line(memory.address(later.cell));
            }
            let key = cell::key(memory, residents[n].cell);
            residents[n].hash = cx.hashing.key(key).get();
        }
        residents
    }

    fn write_segment(
        &mut self,
        cx: &Shared,
        residents: impl Iterator<Item = Resident> + Clone,
        depth: u8,
        buckets_min: u16,
    ) -> Slot {
        let mut lines = std::mem::take(&mut self.lines);
        let buckets = segment::build(&mut lines, residents, depth, buckets_min);
        let segment = self.arena.take_lines(usize::from(buckets));
        for (n, line) in (0..).zip(&lines) {
            self.arena
                .memory
                .set_line(segment + n * LINE_GRANULES, line);
        }
        self.lines = lines;
        Slot {
            segment,
            stamp: cx.epochs.now(),
            buckets,
            depth,
        }
    }

    /// Gives up the lines of a segment that the directory no longer has.
    fn retire_lines(&mut self, cx: &Shared, hash: u64, slot: Slot) {
        if slot.segment == 0 {
            return;
        }
        if slot.stamp <= cx.epochs.newest() && !self.is_behind(cx, hash, slot) {
            self.push_lines(cx, hash, slot);
        } else {
            self.arena
                .give_lines(slot.segment, usize::from(slot.buckets));
        }
    }

    fn depth_limit(&self, cx: &Shared) -> u8 {
        let average = (self.len / 64 + 1).ilog2() as u8;
        // All keys may be of one slot.
        let slot = if cx.hashing.slots { SLOT_BITS as u8 } else { 0 };
        (average + slot + DEPTH_SLACK).min(DEPTH_MAX)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Keyspace, Options};

    #[test]
    fn reserved_room_takes_the_keys_and_is_no_larger_than_a_table_that_grew() {
        for count in [0, 1, 159, 160, 161, 5_000, 100_000, 160_000] {
            if cfg!(miri) && count > 200 {
                return;
            }
            let sizes = [false, true].map(|reserves| {
                let mut keyspace = Keyspace::new(Options::default());
                let mut db = keyspace.db(0);
                if reserves {
                    db.reserve(count as usize);
                }
                for n in 0..count {
                    db.set(&u64::to_le_bytes(n), b"x", None);
                }
                // A table that is in use is left as it is.
                db.reserve(1_000_000);
                assert_eq!(db.len() as u64, count);
                let mut seen = 0;
                db.for_each(&mut |_| seen += 1);
                assert_eq!(seen, count);
                assert!((0..count).all(|n| db.contains(&u64::to_le_bytes(n))));
                let held = db.store.arena.line_bytes() + db.store.directory.weight();
                for n in 0..count {
                    assert!(db.remove(&u64::to_le_bytes(n)));
                }
                assert!(db.is_empty());
                held as f64
            });
            assert!(sizes[1] <= sizes[0] * 1.2 + 65536.0, "{count}: {sizes:?}");
        }
    }

    #[test]
    fn segments_take_seven_bytes_of_memory_per_key_at_any_size() {
        let mut keyspace = Keyspace::new(Options {
            databases: 1,
            seed: 3,
            ..Options::default()
        });
        let mut n = 0_u64;
        for target in [100_000, 120_000, 145_000, 170_000, 200_000] {
            if cfg!(miri) {
                return;
            }
            while n < target {
                n += 1;
                keyspace.db(0).set(&n.to_le_bytes(), b"x", None);
            }
            let db = keyspace.db(0);
            let held = db.store.arena.line_bytes() + db.store.directory.weight();
            // Two pages may be begun and hardly used; that matters less the larger the table.
            let per_key = (held as f64 - 2.0 * 65536.0) / target as f64;
            assert!(per_key < 7.1, "{per_key} at {target}");
        }
    }
}
