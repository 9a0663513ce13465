//! A share of the crashes of `russet-sim crash`.

use russet_sim::crash::{run, run_from};

#[test]
fn nothing_that_was_acknowledged_is_lost_by_crashes() {
    let tally = run(1, 2_000).unwrap_or_else(|why| panic!("{why}"));
    assert!(tally.second >= 2_000 && tally.first >= tally.second);
}

#[test]
fn nothing_that_was_acknowledged_is_lost_on_a_failing_disk() {
    // The fifth workload is the first on such a disk.
    let tally = run_from(4, 1, 500).unwrap_or_else(|why| panic!("{why}"));
    assert!(tally.second >= 500);
}
