//! A share of the sweeps of `russet-sim sweep`.

use russet_sim::sweep::run;

#[test]
fn damage_is_found_and_what_was_whole_is_loaded() {
    let mut lines = Vec::new();
    let swept = run((2_003, ""), &mut |line| lines.push(line.to_owned()));
    assert_eq!(swept, Ok(()), "after {lines:?}");
    assert_eq!(lines.len(), 8);
}
