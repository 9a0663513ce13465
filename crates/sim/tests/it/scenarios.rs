//! A few seeds of every scenario, each twice.

use russet_sim::Record;
use russet_sim::scenario::{SCENARIOS, play};

#[test]
fn scenarios_pass_and_repeat_themselves() {
    for scenario in SCENARIOS {
        for seed in 0..20 {
            let name = Some(scenario.name);
            let first = play(seed, name, Record::default());
            let first = first.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            let traced = play(seed, name, Record::with_trace(100, 10));
            assert_eq!(Ok(first), traced, "seed {seed} of {}", scenario.name);
        }
    }
}

#[test]
fn different_seeds_differ() {
    let digests = (0..50).map(|seed| play(seed, Some("echo"), Record::default()));
    let mut digests: Vec<u64> = digests.map(|end| end.expect("no complaint")).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 50);
}
