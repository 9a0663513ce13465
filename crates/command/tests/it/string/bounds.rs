//! Every integer argument at its limits, and what only looks like an integer.

use russet_resp::Protocol;

use crate::world::{BEGINNING, World};

const INTEGERS: [i64; 10] = [
    i64::MIN,
    i64::MIN + 1,
    -(1 << 31),
    -1,
    0,
    1,
    1 << 31,
    1 << 53,
    i64::MAX - 1,
    i64::MAX,
];

const NO_INTEGERS: [&str; 12] = [
    "1e400",
    "nan",
    " 1",
    "1 ",
    "+1",
    "01",
    "-0",
    "",
    "1.0",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999",
];

/// Runs a command with every number in the place of `{}`; a fresh world holds `n` = 0 and
/// `s` = "hello".
fn check(command: &[&str], expected: impl Fn(i64) -> String) {
    let cases = INTEGERS.iter().map(|n| (n.to_string(), expected(*n)));
    for (number, expected) in cases {
        assert_eq!(run(command, &number), expected, "{command:?} with {number}");
    }
}

/// The same for what is no number, all of which are refused alike.
fn check_refused(command: &[&str], expected: &str) {
    for text in NO_INTEGERS {
        assert_eq!(run(command, text), expected, "{command:?} with {text:?}");
    }
}

fn run(command: &[&str], number: &str) -> String {
    let mut world = World::new(Protocol::Resp2);
    world.run("MSET n 0 s hello");
    let words: Vec<&str> = command
        .iter()
        .map(|word| if *word == "{}" { number } else { *word })
        .collect();
    world.run_words(&words)
}

const NOT_INTEGER: &str = "-ERR value is not an integer or out of range";

#[test]
fn increments_at_their_limits() {
    check(&["INCRBY", "n", "{}"], |n| format!(":{n}"));
    check(&["INCRBY", "absent", "{}"], |n| format!(":{n}"));
    check(&["DECRBY", "n", "{}"], |n| match n.checked_neg() {
        Some(negated) => format!(":{negated}"),
        None => "-ERR decrement would overflow".to_owned(),
    });
    check_refused(&["INCRBY", "n", "{}"], NOT_INTEGER);
    check_refused(&["DECRBY", "n", "{}"], NOT_INTEGER);
    check(&["INCREX", "n", "BYINT", "{}"], |n| format!("*2 :{n} :{n}"));
    check(&["INCREX", "n", "LBOUND", "{}"], |n| match n <= 1 {
        true => "*2 :1 :1".to_owned(),
        false => "*2 :0 :0".to_owned(),
    });
    check(&["INCREX", "n", "UBOUND", "{}", "SATURATE"], |n| {
        let sum = n.min(1);
        format!("*2 :{sum} :{sum}")
    });
    check_refused(
        &["INCREX", "n", "BYINT", "{}"],
        "-ERR Increment is not an integer or out of range",
    );
    check_refused(
        &["INCREX", "n", "LBOUND", "{}"],
        "-ERR LBOUND is not an integer or out of range",
    );
}

#[test]
fn positions_at_their_limits() {
    check(&["GETRANGE", "s", "{}", "-1"], |n| match n {
        1 => "$4 ello".to_owned(),
        -1 => "$1 o".to_owned(),
        ..=0 => "$5 hello".to_owned(),
        _ => "$0 ".to_owned(),
    });
    check(&["SUBSTR", "s", "0", "{}"], |n| match n {
        1 => "$2 he".to_owned(),
        -1 => "$5 hello".to_owned(),
        ..=0 => "$1 h".to_owned(),
        _ => "$5 hello".to_owned(),
    });
    check(&["SETRANGE", "s", "{}", "xy"], |n| match n {
        ..0 => "-ERR offset is out of range".to_owned(),
        0 | 1 => ":5".to_owned(),
        _ => "-ERR string exceeds maximum allowed size (proto-max-bulk-len)".to_owned(),
    });
    check(&["SETRANGE", "absent", "{}", "xy"], |n| match n {
        ..0 => "-ERR offset is out of range".to_owned(),
        0 | 1 => format!(":{}", n + 2),
        _ => "-ERR string exceeds maximum allowed size (proto-max-bulk-len)".to_owned(),
    });
    check(&["SETRANGE", "s", "{}", ""], |n| match n {
        ..0 => "-ERR offset is out of range".to_owned(),
        _ => ":5".to_owned(),
    });
    for command in [
        &["GETRANGE", "s", "{}", "1"][..],
        &["GETRANGE", "absent", "1", "{}"],
        &["SUBSTR", "s", "{}", "1"],
        &["SETRANGE", "s", "{}", "x"],
        &["SETRANGE", "s", "{}", ""],
    ] {
        check_refused(command, NOT_INTEGER);
    }
}

#[test]
fn deadlines_at_their_limits() {
    let seconds = |n: i64| n.checked_mul(1000).filter(|_| n > 0);
    let millis = |n: i64| Some(n).filter(|n| *n > 0);
    let from_now = |n: Option<i64>| n.and_then(|n| n.checked_add(BEGINNING));
    let answer = |moment: Option<i64>, ok: &str, command: &str| match moment {
        Some(_) => ok.to_owned(),
        None => format!("-ERR invalid expire time in '{command}' command"),
    };
    for (command, name, ok) in [
        (&["SET", "s", "v"][..], "set", "+OK"),
        (&["GETEX", "s"], "getex", "$5 hello"),
        (&["MSETEX", "1", "s", "v"], "msetex", ":1"),
        (&["INCREX", "n"], "increx", "*2 :1 :1"),
    ] {
        let with = |option| [command, &[option, "{}"]].concat();
        check(&with("EX"), |n| answer(from_now(seconds(n)), ok, name));
        check(&with("PX"), |n| answer(from_now(millis(n)), ok, name));
        check(&with("EXAT"), |n| answer(seconds(n), ok, name));
        check(&with("PXAT"), |n| answer(millis(n), ok, name));
        for option in ["EX", "PX", "EXAT", "PXAT"] {
            check_refused(&with(option), NOT_INTEGER);
        }
    }
    check(&["SETEX", "s", "{}", "v"], |n| {
        answer(from_now(seconds(n)), "+OK", "setex")
    });
    check(&["PSETEX", "s", "{}", "v"], |n| {
        answer(from_now(millis(n)), "+OK", "psetex")
    });
    check_refused(&["SETEX", "s", "{}", "v"], NOT_INTEGER);
    check_refused(&["PSETEX", "s", "{}", "v"], NOT_INTEGER);
}

#[test]
fn counts_at_their_limits() {
    check(&["MSETEX", "{}", "a", "1", "b", "2"], |n| match n {
        1 => "-ERR syntax error".to_owned(),
        ..=0 | 0x8000_0000.. => "-ERR invalid numkeys value".to_owned(),
        _ => "-ERR wrong number of key-value pairs".to_owned(),
    });
    check_refused(&["MSETEX", "{}", "a", "1"], "-ERR invalid numkeys value");
    check(
        &["LCS", "s", "s", "IDX", "MINMATCHLEN", "{}"],
        |n| match n {
            ..=5 => "*4 $7 matches *1 *2 *2 :0 :4 *2 :0 :4 $3 len :5".to_owned(),
            _ => "*4 $7 matches *0 $3 len :5".to_owned(),
        },
    );
    check_refused(&["LCS", "s", "s", "MINMATCHLEN", "{}"], NOT_INTEGER);
}

#[test]
fn floats_that_are_none_are_refused() {
    for text in [
        "nan", " 1", "1 ", "", "1e5000", "1e-5000", "1_0", "0x", "--1", "1e",
    ] {
        let refused = "-ERR value is not a valid float";
        assert_eq!(run(&["INCRBYFLOAT", "n", "{}"], text), refused, "{text:?}");
        let refused = "-ERR Increment is not a valid float";
        assert_eq!(
            run(&["INCREX", "n", "BYFLOAT", "{}"], text),
            refused,
            "{text:?}"
        );
    }
    for (text, sum) in [
        ("+1", "$1 1"),
        ("01", "$1 1"),
        (".5", "$3 0.5"),
        ("-0", "$1 0"),
    ] {
        assert_eq!(run(&["INCRBYFLOAT", "n", "{}"], text), sum, "{text:?}");
    }
}
