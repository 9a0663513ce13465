use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use russet_base::Rng;

use super::*;

/// Checks what must always be true, and that these are the numbers.
fn check(ints: &Ints, model: &BTreeSet<i64>) {
    assert_eq!(ints.len(), model.len());
    assert!(ints.iter().eq(model.iter().copied()));
    let mut weight = 0;
    for (at, chunk) in ints.spine.iter().enumerate() {
        assert!(!chunk.pages.is_empty());
        assert_eq!(chunk.base, chunk.pages[0].base(), "chunk {at}");
        weight += chunk.pages.iter().map(Page::weight).sum::<u64>();
        assert!(chunk.pages.iter().all(|page| page.len() > 0));
    }
    assert_eq!(ints.pages_weight, weight);
}

#[test]
fn millions_of_neighbours_take_few_bytes_each() {
    let mut ints = Ints::default();
    let mut rng = Rng::new(1);
    let mut model = BTreeSet::new();
    for _ in 0..200_000 {
        let number = 10_000_000 + rng.below(90_000_000) as i64;
        assert_eq!(ints.add(number), model.insert(number));
    }
    check(&ints, &model);
    let each = ints.weight() as f64 / ints.len() as f64;
    assert!(each < 5.0, "{each} bytes a member");
    for number in model.iter().copied().step_by(3) {
        assert!(ints.contains(number));
        assert_eq!(ints.contains(number + 1), model.contains(&(number + 1)));
    }
    let (gone, kept): (BTreeSet<i64>, BTreeSet<i64>) = model.iter().partition(|n| *n % 64 != 0);
    for number in gone {
        assert!(ints.remove(number));
        assert!(!ints.remove(number));
    }
    check(&ints, &kept);
    assert!(ints.weight() < kept.len() as u64 * 16, "{}", ints.weight());
    for number in kept {
        assert!(ints.remove(number));
    }
    check(&ints, &BTreeSet::new());
    assert_eq!(ints.weight(), 0);
}

#[test]
fn ascending_numbers_fill_their_pages() {
    let mut ints = Ints::default();
    for number in 0..300_000 {
        ints.add(number);
    }
    let each = ints.weight() as f64 / ints.len() as f64;
    assert!(each < 2.4, "{each} bytes a member");
}

#[test]
fn a_clone_stays_as_it_was() {
    let mut ints = Ints::default();
    (0..5000).for_each(|n| {
        ints.add(n * 7);
    });
    let frozen = ints.clone();
    (0..5000).for_each(|n| {
        ints.remove(n * 7);
        ints.add(n * 7 + 1);
    });
    assert!(frozen.iter().eq((0..5000).map(|n| n * 7)));
}

#[test]
fn every_member_is_as_likely() {
    for members in [1, 3, 700, 140_000] {
        let mut ints = Ints::default();
        (0..members).for_each(|n| {
            ints.add(n * 1001);
        });
        (0..members)
            .filter(|n| n % 3 == 0 && members > 500)
            .for_each(|n| {
                ints.remove(n * 1001);
            });
        // Tenths of the range hold a tenth of the members each.
        let (mut rng, mut tenths) = (Rng::new(5), [0u32; 10]);
        let span = members * 1001;
        for _ in 0..20_000 {
            let number = ints.random(&mut rng);
            assert!(ints.contains(number));
            tenths[(number * 10 / span) as usize] += 1;
        }
        let is_even = tenths.iter().all(|&hits| (1700..2300).contains(&hits));
        assert!(is_even || members < 10, "{members}: {tenths:?}");
    }
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => -2000i64..2000,
        2 => -2_000_000_000i64..2_000_000_000,
        1 => any::<i64>(),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}

proptest! {
    #[test]
    fn numbers_are_kept_like_in_a_tree(steps in vec((any::<bool>(), number()), 0..3000)) {
        let (mut ints, mut model) = (Ints::default(), BTreeSet::new());
        for (adds, number) in steps {
            match adds {
                true => prop_assert_eq!(ints.add(number), model.insert(number)),
                false => prop_assert_eq!(ints.remove(number), model.remove(&number)),
            }
        }
        check(&ints, &model);
        let middle = model.iter().copied().nth(model.len() / 2).unwrap_or(0);
        prop_assert!(ints.iter_down(middle).eq(model.range(..=middle).rev().copied()));
    }
}
