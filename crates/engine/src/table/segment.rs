//! Where entries go inside a segment: homes, displacement and building.
//!
//! The home of an entry is the bucket that its hash bits after the segment's depth point to, by
//! multiplication, so buckets are in the order of hashes. A full home passes entries on to the next
//! buckets, wrapping at the end of the segment. A segment that has no room is rebuilt larger, and
//! beyond 10 to 18 buckets split in two.
//!
//! ```text
//! hash  63 ─────────── 16 15 ──── 8 7 ── 0
//!       directory │ home   unused   tag          home uses 32 bits after `depth`, none below 16
//! ```
//!
//! Always true: an entry is within [`reach`] buckets of its home, and every bucket between says so.
//! Not here: memory, sharing — `store/mod.rs`

use super::line::{Line, SLOTS};
use crate::handle::Handle;

/// How many lines a segment may have that cannot split.
const OVERGROWN: [u16; 11] = [24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024];
/// The largest segment in a table whose hashes spread evenly.
pub(crate) const BUCKETS_MAX: u16 = 18;
/// How many buckets from its home on an entry may be in.
// PERF: the longer, the fuller a segment is before it grows, so that it may grow by more and needs
// to less often. With 4 and growth by a sixth an insert cost 458 ns, with 8 and by half 319 ns, at
// the same bytes per key; beyond, look-ups of displaced entries would cost more than that saves.
const REACH: usize = 8;

/// An entry of a segment that is being rebuilt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident {
    pub(crate) hash: u64,
    pub(crate) cell: Handle,
    pub(crate) is_shared: bool,
}

/// How many buckets from its home on an entry may be in.
#[inline]
pub(crate) fn reach(buckets: usize) -> usize {
    // Above the usual size hashes do not spread: then only the end of the segment is a limit.
    if buckets > usize::from(BUCKETS_MAX) {
        buckets
    } else {
        buckets.min(REACH)
    }
}

/// Whether a full segment of that size splits rather than grows.
///
/// PERF: it depends on the segment, between 10 and 18 lines, so that at any number of keys as many
/// are about to split as at any other. If all split at 16, all would be of about the same size at
/// any time and leave holes of sizes that nobody needs: 7.5 bytes of resident memory per key
/// instead of 7.0 at 200,000 keys.
pub(crate) fn splits_at(buckets: u16, hash: u64, depth: u8) -> bool {
    let prefix = (hash >> 1 >> (63 - depth)) | 1 << depth;
    let choice = prefix.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
    // Shares of 256 as the logarithms of 12/10, 14/12, 16/14, 18/16 and 20/18.
    buckets
        >= match choice {
            0..67 => 10,
            67..124 => 12,
            124..173 => 14,
            173..217 => 16,
            _ => BUCKETS_MAX,
        }
}

/// The next larger number of lines.
pub(crate) fn next_size(buckets: u16) -> Option<u16> {
    match buckets {
        0..4 => Some(buckets + 1),
        4..BUCKETS_MAX => Some((buckets + buckets / 2).min(BUCKETS_MAX)),
        _ => OVERGROWN.into_iter().find(|&size| size > buckets),
    }
}

/// The fewest lines that hold `count` entries without being crowded.
pub(crate) fn size_for(count: usize) -> u16 {
    let wanted = (count * 20).div_ceil(SLOTS * 17).max(1) as u16;
    if wanted <= BUCKETS_MAX {
        return wanted;
    }
    OVERGROWN
        .into_iter()
        .find(|&size| size >= wanted)
        .unwrap_or(OVERGROWN[OVERGROWN.len() - 1])
}

/// The home of an entry.
#[inline]
pub(crate) fn home(hash: u64, depth: u8, buckets: usize) -> usize {
    // PERF: wrapping, though nothing wraps: a depth is at most 44 and a field has 32 bits.
    let field = (hash & !0xffff).wrapping_shl(u32::from(depth)) >> 32;
    (field.wrapping_mul(buckets as u64) >> 32) as usize
}

/// The first of the 48-bit positions, counted from the segment's first, whose home is `bucket` or
/// later.
#[inline]
pub(crate) fn boundary(bucket: usize, depth: u8, buckets: usize) -> u64 {
    let field = ((bucket as u64) << 32).div_ceil(buckets as u64);
    if field >> 32 != 0 {
        return 1 << (48 - depth);
    }
    (field << 32).div_ceil(1 << (depth + 16))
}

/// Puts an entry into the first bucket with room and returns where; `None` when none within reach
/// has.
#[inline]
pub(crate) fn place(lines: &mut [Line], depth: u8, resident: Resident) -> Option<(usize, usize)> {
    let buckets = lines.len();
    let (home, tag) = (
        home(resident.hash, depth, buckets),
        Line::tag(resident.hash),
    );
    for step in 0..reach(buckets) {
        let Some(slot) = lines[wrap(home + step, buckets)].vacant().first() else {
            continue;
        };
        for passed in 0..step {
            lines[wrap(home + passed, buckets)].pass(tag);
        }
        let bucket = wrap(home + step, buckets);
        lines[bucket].put(slot, tag, resident.cell, resident.is_shared);
        return Some((bucket, slot));
    }
    None
}

/// The bucket with that number, counted round.
#[inline]
pub(crate) fn wrap(bucket: usize, buckets: usize) -> usize {
    if bucket < buckets {
        bucket
    } else {
        bucket - buckets
    }
}

/// Builds a segment with these entries and at least `buckets_min` lines.
pub(crate) fn build(
    lines: &mut Vec<Line>,
    residents: impl Iterator<Item = Resident> + Clone,
    depth: u8,
    buckets_min: u16,
) -> u16 {
    let mut buckets = buckets_min;
    loop {
        lines.clear();
        lines.resize(usize::from(buckets), Line::EMPTY);
        let fits = if buckets <= BUCKETS_MAX {
            fill(lines, residents.clone(), depth)
        } else {
            residents
                .clone()
                .all(|resident| place(lines, depth, resident).is_some())
        };
        if fits {
            return buckets;
        }
        buckets = next_size(buckets).expect("no twelve thousand keys share 44 bits of their hash");
    }
}

/// Places entries into empty lines of a usual number; false when one finds no room.
///
/// PERF: a count per bucket says where its next vacant slot is, which halves the cost of rebuilding
/// against [`place`]; inserts spend most of their time there.
fn fill(lines: &mut [Line], residents: impl Iterator<Item = Resident>, depth: u8) -> bool {
    let mut counts = [0_u8; BUCKETS_MAX as usize];
    let buckets = lines.len();
    let reach = reach(buckets);
    for Resident {
        hash,
        cell,
        is_shared,
    } in residents
    {
        let (mut bucket, tag, mut step) = (home(hash, depth, buckets), Line::tag(hash), 0);
        while usize::from(counts[bucket]) == SLOTS {
            lines[bucket].pass(tag);
            (bucket, step) = (wrap(bucket + 1, buckets), step + 1);
            if step == reach {
                return false;
            }
        }
        lines[bucket].put_next(usize::from(counts[bucket]), tag, cell, is_shared);
        counts[bucket] += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use russet_base::Rng;

    use super::*;

    #[test]
    fn homes_rise_with_the_hash_and_boundaries_agree() {
        let mut rng = Rng::new(2);
        for _ in 0..if cfg!(miri) { 100 } else { 5000 } {
            let depth = rng.below(45) as u8;
            let buckets = 1 + rng.index(40);
            let prefix = if depth == 0 {
                0
            } else {
                rng.u64() >> (64 - depth) << (64 - depth)
            };
            let offset = rng.below(1 << (48 - depth));
            let found = home(prefix | offset << 16 | rng.below(1 << 16), depth, buckets);
            assert!(found < buckets);
            assert!(boundary(found, depth, buckets) <= offset);
            assert!(boundary(found + 1, depth, buckets) > offset);
            assert_eq!(boundary(buckets, depth, buckets), 1 << (48 - depth));
        }
    }

    #[test]
    fn a_built_segment_is_well_filled_and_marks_what_passed() {
        let mut rng = Rng::new(3);
        let residents: Vec<_> = (1..=120)
            .map(|cell| Resident {
                hash: rng.u64(),
                cell,
                is_shared: false,
            })
            .collect();
        let mut lines = Vec::new();
        let buckets = build(&mut lines, residents.iter().copied(), 0, size_for(120));
        assert!((12..=14).contains(&buckets), "{buckets}");
        for resident in &residents {
            let (home, tag) = (
                home(resident.hash, 0, lines.len()),
                Line::tag(resident.hash),
            );
            let mut at = home;
            while !lines[at]
                .matches(tag)
                .any(|s| lines[at].handle(s) == resident.cell)
            {
                assert!(lines[at].has_passed(tag));
                at = wrap(at + 1, lines.len());
            }
        }
    }

    #[test]
    fn equal_hashes_fill_an_overgrown_segment() {
        let residents = (1..=500).map(|cell| Resident {
            hash: 7 << 20,
            cell,
            is_shared: false,
        });
        let mut lines = Vec::new();
        assert_eq!(build(&mut lines, residents, 44, BUCKETS_MAX), 48);
    }
}
