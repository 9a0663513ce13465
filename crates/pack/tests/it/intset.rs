//! Intsets against a sorted set.

use std::collections::BTreeSet;

use proptest::prelude::*;
use russet_pack::intset::{self, Insert, Intset};

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![
        -20i64..20,
        -70_000i64..70_000,
        any::<i64>(),
        any::<i16>().prop_map(i64::from)
    ]
}

proptest! {
    #[test]
    fn it_holds_what_a_sorted_set_holds(
        steps in prop::collection::vec((any::<bool>(), integer()), 0..60),
    ) {
        let (mut bytes, mut model) = (intset::EMPTY.to_vec(), BTreeSet::new());
        for (is_insert, n) in steps {
            let set = Intset::new(&bytes);
            if is_insert {
                let is_new = model.insert(n);
                match set.insert(n) {
                    Insert::Present => prop_assert!(!is_new),
                    Insert::Edit(edit) => edit.apply(&mut bytes),
                    Insert::Rebuilt(rebuilt) => bytes = rebuilt,
                }
            } else {
                let edit = set.remove(n);
                prop_assert_eq!(edit.is_some(), model.remove(&n));
                if let Some(edit) = edit {
                    edit.apply(&mut bytes);
                }
            }
            let set = Intset::validate(&bytes).unwrap();
            prop_assert!(set.iter().eq(model.iter().copied()));
            prop_assert_eq!(set.contains(n), model.contains(&n));
            prop_assert_eq!(set.len(), model.len());
        }
        let sorted: Vec<i64> = model.iter().copied().collect();
        let made = intset::from_sorted(&sorted);
        prop_assert!(Intset::validate(&made).unwrap().iter().eq(sorted));
    }

    #[test]
    fn bytes_of_a_stranger_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let set = Intset::new(&bytes);
        let _ = (set.len(), set.iter().count(), set.contains(7), set.get(3));
        if let Ok(set) = Intset::validate(&bytes) {
            prop_assert!(set.iter().is_sorted());
        }
    }
}

#[test]
fn what_does_not_ascend_is_refused() {
    let good = intset::from_sorted(&[1, 2, 3]);
    assert!(Intset::validate(&good).is_ok());
    let mut twice = good.clone();
    twice[10] = 1;
    assert!(Intset::validate(&twice).is_err());
    let mut longer = good.clone();
    longer[4] = 4;
    assert!(Intset::validate(&longer).is_err());
    let mut width = good;
    width[0] = 3;
    assert!(Intset::validate(&width).is_err());
}
