//! A share of the crashes of `russet-sim crash`.

use russet_sim::crash::run;

#[test]
fn nothing_that_was_acknowledged_is_lost_by_crashes() {
    let tally = run(0, 2_000, &mut |_| true).unwrap_or_else(|why| panic!("{why}"));
    assert!(tally.second >= 2_000 && tally.first >= tally.second);
}

#[test]
fn nothing_that_was_acknowledged_is_lost_on_a_failing_disk() {
    // The disks of the seeds from 4 to 7 fail.
    let tally = run(4, 500, &mut |_| true).unwrap_or_else(|why| panic!("{why}"));
    assert!(tally.second >= 500);
}
