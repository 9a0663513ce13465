//! Random programs on the key space and on plain maps.

use proptest::collection::vec;
use proptest::prelude::*;
use russet_engine::fuzz::fuzz_model;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 200 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_program_gives_the_answers_of_the_model(
        data in vec(any::<u8>(), 0..if cfg!(miri) { 1500 } else { 12_000 }),
    ) {
        fuzz_model(&data);
    }
}

/// Long programs reach tables of thousands of keys and many splits and merges.
#[test]
fn a_long_program_gives_the_answers_of_the_model() {
    let mut rng = russet_base::Rng::new(11);
    for _ in 0..if cfg!(miri) { 0 } else { 8 } {
        let mut data = vec![0; 400_000];
        rng.fill(&mut data);
        fuzz_model(&data);
    }
}
