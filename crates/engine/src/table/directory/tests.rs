use std::collections::BTreeMap;

use russet_base::Rng;

use super::*;

/// Segments by their first hash.
type Model = BTreeMap<u64, Slot>;

fn check(directory: &Directory, model: &Model) {
    let seen: Vec<_> = directory.segments().collect();
    let expected: Vec<_> = model.iter().map(|(&h, &s)| (h, s)).collect();
    assert_eq!(seen, expected);
    let deepest = model.values().map(|s| s.depth).max().unwrap();
    assert!(directory.depth_bound() >= deepest);
    let slots: usize = directory.pages.iter().map(|page| page.slots.len()).sum();
    assert_eq!(directory.slots, slots);
}

#[test]
fn splits_and_merges_keep_every_hash_at_its_segment() {
    for skew in [0_u32, 3, 12] {
        let (mut directory, mut rng) = (Directory::default(), Rng::new(u64::from(skew)));
        let mut model = Model::from([(0, Slot::empty(0))]);
        let mut stamp = 0;
        let steps = if cfg!(miri) { 60 } else { 6000 };
        for step in 0..steps {
            let hash = rng.u64() >> (skew * rng.below(2) as u32);
            let (&first, &slot) = model.range(..=hash).next_back().unwrap();
            stamp += 1;
            let is_growing = rng.below(10) < if step < steps / 2 { 9 } else { 1 };
            if is_growing && slot.depth < 22 {
                let part = |n| Slot {
                    stamp: stamp * 2 + n,
                    ..Slot::empty(slot.depth + 1)
                };
                directory.split(hash, [part(0), part(1)]);
                model.insert(first, part(0));
                model.insert(first | 1 << (63 - slot.depth), part(1));
            } else if let Some((_, buddy)) = directory.buddy(hash, slot.depth)
                && buddy.depth == slot.depth
            {
                let merged = Slot {
                    stamp: stamp * 2,
                    ..Slot::empty(slot.depth - 1)
                };
                directory.merge(hash, merged);
                let bit = 1 << (64 - slot.depth);
                model.remove(&(first | bit));
                model.insert(first & !bit, merged);
            }
            if step % 100 == 0 || step < 100 {
                check(&directory, &model);
            }
        }
        check(&directory, &model);
    }
}

#[test]
fn a_directory_that_is_merged_to_nothing_is_small_again() {
    let mut directory = Directory::default();
    let depth = if cfg!(miri) { 5 } else { 13 };
    for level in 0..depth {
        for n in 0..1_u64 << level {
            let hash = n.checked_shl(64 - u32::from(level)).unwrap_or(0);
            directory.split(hash, [Slot::empty(level + 1); 2]);
        }
    }
    assert_eq!(directory.segments().count(), 1 << depth);
    for level in (0..depth).rev() {
        for n in 0..1_u64 << level {
            directory.merge(
                n.checked_shl(64 - u32::from(level)).unwrap_or(0),
                Slot::empty(level),
            );
        }
    }
    assert_eq!(directory.segments().count(), 1);
    assert_eq!((directory.depth_bound(), directory.root.len()), (0, 1));
    assert!(directory.weight() < 300);
}

#[test]
fn a_clone_does_not_see_later_changes() {
    let mut directory = Directory::default();
    directory.split(0, [Slot::empty(1); 2]);
    let frozen = directory.clone();
    directory.set(
        0,
        Slot {
            stamp: 9,
            ..Slot::empty(1)
        },
    );
    directory.split(u64::MAX, [Slot::empty(2); 2]);
    assert_eq!(frozen.segments().count(), 2);
    assert_eq!(frozen.find(0).stamp, 0);
    assert_eq!(directory.find(0).stamp, 9);
}

#[test]
fn a_write_after_a_snapshot_copies_little() {
    let mut directory = Directory::default();
    let depth = if cfg!(miri) { 9 } else { 13 };
    for level in 0..depth {
        for n in 0..1_u64 << level {
            let hash = n.checked_shl(64 - u32::from(level)).unwrap_or(0);
            directory.split(hash, [Slot::empty(level + 1); 2]);
        }
    }
    let largest = directory.pages.iter().map(|page| page.slots.len()).max();
    assert!(largest.unwrap() * size_of::<Slot>() <= 3 << 10);
}
