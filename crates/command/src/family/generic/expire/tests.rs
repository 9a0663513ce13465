//! Every condition against every kind of old deadline.

use super::Conditions;
use russet_resp::ArgBuf;

fn read(words: &str) -> Result<Conditions, String> {
    let request: ArgBuf = words.split_whitespace().collect();
    Conditions::read(request.args()).map_err(|error| error.to_string())
}

#[test]
fn conditions_decide_by_old_and_new_deadline() {
    // Columns: no deadline before, an earlier one, the same one, a later one.
    let cases = [
        ("", [true, true, true, true]),
        ("NX", [true, false, false, false]),
        ("XX", [false, true, true, true]),
        ("GT", [false, true, false, false]),
        ("LT", [true, false, false, true]),
        ("XX GT", [false, true, false, false]),
        ("xx lt LT", [false, false, false, true]),
    ];
    for (words, expected) in cases {
        let conditions = read(words).unwrap();
        let old = [None, Some(99), Some(100), Some(101)];
        assert_eq!(
            old.map(|old| conditions.admit(old, 100)),
            expected,
            "{words}"
        );
    }
}

#[test]
fn conditions_that_exclude_one_another_are_refused() {
    let nx = "ERR NX and XX, GT or LT options at the same time are not compatible";
    let both = "ERR GT and LT options at the same time are not compatible";
    let cases = [
        ("NX XX", nx),
        ("NX GT LT", nx),
        ("lt NX", nx),
        ("GT LT", both),
        ("XX LT GT", both),
        ("NX what", "ERR Unsupported option what"),
        ("NXX", "ERR Unsupported option NXX"),
    ];
    for (words, error) in cases {
        assert_eq!(read(words).map(|_| ()), Err(error.to_owned()), "{words}");
    }
}
