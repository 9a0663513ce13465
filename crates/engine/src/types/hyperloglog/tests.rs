use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SPARSE_LEN_MAX: usize = 3000;

/// Adds elements and says what the registers should be.
fn sketch(elements: impl Iterator<Item = Vec<u8>>, len_max: usize) -> (Sketch, Vec<u8>) {
    let mut model = BTreeMap::new();
    let mut sketch = Sketch::new();
    for element in elements {
        let (index, value) = place(&element);
        let present = model.entry(index).or_insert(0);
        let is_higher = value > *present;
        *present = value.max(*present);
        assert_eq!(sketch.add(&element, len_max), Ok(is_higher));
    }
    let registers = (0..REGISTERS).map(|index| model.get(&index).copied().unwrap_or(0));
    (sketch, registers.collect())
}

fn registers(sketch: &Sketch) -> Vec<u8> {
    let mut registers = Registers::new();
    registers.merge(sketch.view()).unwrap();
    registers.values().to_vec()
}

#[test]
fn a_new_one_is_eighteen_bytes_and_counts_zero() {
    let sketch = Sketch::new();
    assert_eq!(sketch.bytes(), b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    assert_eq!(sketch.view().stored_count(), Some(0));
    assert_eq!(sketch.view().count(), Ok(0));
}

#[test]
fn hashes_are_those_that_strings_of_others_were_made_with() {
    let places: Vec<usize> = ["a", "b", "c"].map(|text| place(text.as_bytes()).0).into();
    // Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603, as PFDEBUG DECODE tells elsewhere.
    let mut sorted = places;
    sorted.sort_unstable();
    assert_eq!(sorted, [8436, 12_711, 15_780]);
}

#[test]
fn the_estimate_is_near_at_every_size() {
    let mut sketch = Sketch::new();
    for n in 1..=200_000u64 {
        sketch
            .add(format!("element {n}").as_bytes(), SPARSE_LEN_MAX)
            .unwrap();
        if [10, 100, 1000, 10_000, 50_000, 200_000].contains(&n) {
            let counted = sketch.view().count().unwrap();
            let off = counted.abs_diff(n) as f64 / n as f64;
            assert!(off < 0.03, "{counted} of {n}");
        }
    }
    assert!(sketch.view().is_dense());
}

#[test]
fn bytes_that_are_none_are_refused_and_broken_runs_noticed() {
    let whole = Sketch::new().bytes().to_vec();
    for wrong in [&b""[..], b"HYLL", b"HYLX\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff"] {
        assert!(SketchRef::of(wrong).is_none());
    }
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    assert!(
        SketchRef::of(&changed(FORM_AT, 0)).is_none(),
        "a dense one is longer"
    );
    assert!(SketchRef::of(&changed(FORM_AT, 2)).is_none());
    let short = changed(17, 0xfe);
    let view = SketchRef::of(&short).unwrap();
    assert_eq!(view.count(), Err(CorruptedSketch));
    assert_eq!(Registers::new().merge(view), Err(CorruptedSketch));
    assert_eq!(Sketch::copied(view).make_dense(), Err(CorruptedSketch));
    let long = [&whole[..], &[0]].concat();
    assert_eq!(SketchRef::of(&long).unwrap().count(), Err(CorruptedSketch));
    let cut = &whole[..17];
    let mut sketch = Sketch::copied(SketchRef::of(cut).unwrap());
    assert_eq!(sketch.add(b"x", SPARSE_LEN_MAX), Err(CorruptedSketch));
}

proptest! {
    #[test]
    fn registers_of_both_forms_are_the_highest_values(
        seed in any::<u32>(),
        count in 0usize..3000,
        len_max in prop_oneof![Just(0usize), 18usize..200, Just(3000), Just(100_000)],
    ) {
        let elements = (0..count).map(|n| format!("{seed}:{n}").into_bytes());
        let (sketch, model) = sketch(elements, len_max);
        prop_assert_eq!(&registers(&sketch), &model);
        let mut dense = sketch.clone();
        dense.make_dense().unwrap();
        prop_assert_eq!(&registers(&dense), &model);
        prop_assert_eq!(dense.view().count(), sketch.view().count());
        let mut copy = Sketch::new();
        let mut merged = Registers::new();
        merged.merge(sketch.view()).unwrap();
        copy.raise_all(&merged, len_max).unwrap();
        prop_assert_eq!(registers(&copy), model);
        prop_assert_eq!(merged.count(), sketch.view().count());
    }

    #[test]
    fn any_bytes_can_be_counted_merged_and_changed(
        mut runs in vec(any::<u8>(), 0..300),
        form in 0u8..3,
        element in vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = Sketch::new().bytes()[..HEADER_LEN].to_vec();
        bytes[FORM_AT] = form;
        bytes.append(&mut runs);
        if let Some(view) = SketchRef::of(&bytes) {
            let _ = view.count();
            let _ = Registers::new().merge(view);
            let _ = Sketch::copied(view).add(&element, 3000);
        }
    }
}
