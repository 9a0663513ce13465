use super::*;
use crate::writer::GroupWriter;

const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

fn options(expect: Expect) -> CheckOptions {
    CheckOptions {
        expect,
        start: 0,
        line: 1,
        until: None,
    }
}

fn check_with(options: CheckOptions, file: &[u8], piece: usize) -> Report {
    let mut check = FileCheck::new(options);
    file.chunks(piece).for_each(|bytes| check.feed(bytes));
    check.finish()
}

/// Checks a file in pieces of every size up to its own, which must not matter.
fn check(expect: Expect, file: &[u8]) -> Report {
    let whole = check_with(options(expect), file, usize::MAX);
    for piece in 1..file.len() {
        let split = check_with(options(expect), file, piece);
        assert_eq!(split.problem, whole.problem, "{piece}");
        assert_eq!(
            (split.ok_up_to, split.line),
            (whole.ok_up_to, whole.line),
            "{piece}"
        );
    }
    whole
}

fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The output of `redis-check-aof` 7.0.15 for these files, but for garbage behind a line.
#[test]
fn texts_and_lines_are_those_of_redis() {
    let cases: &[(&[&[u8]], u64, u64, &str)] = &[
        (&[SET, SET], 54, 15, ""),
        (
            &[SET, b"*3\r\n$3\r\nSET\r\n$1\r\nk"],
            27,
            12,
            "0x              2c: Expected to read 3 bytes, got 1 bytes",
        ),
        (&[SET, b"*3\r\n$3\r\nSET\r\n"], 27, 11, ""),
        (
            &[SET, b"*3"],
            27,
            8,
            "0x              1b: Expected \\r\\n, got: 0000",
        ),
        (
            &[SET, b"*3\r\n$3"],
            27,
            9,
            "0x              1f: Expected \\r\\n, got: 0000",
        ),
        (
            &[SET, b"*1\r\n$9223372036854775806\r\nabc"],
            27,
            10,
            "0x              1f: Expected to read string of 9223372036854775806 bytes, which is not in the suitable range",
        ),
        (&[SET, b"hello"], 27, 8, "AOF f format error"),
        (
            &[SET, MULTI, SET],
            27,
            18,
            "0x              42: Reached EOF before reading EXEC for MULTI",
        ),
        (
            &[SET, MULTI, MULTI],
            27,
            14,
            "0x              32: Unexpected MULTI in AOF f",
        ),
        (
            &[SET, EXEC],
            27,
            11,
            "0x              23: Unexpected EXEC in AOF f",
        ),
        (
            &[SET, b"*1\r\n:3\r\n"],
            27,
            9,
            "0x              1f: Expected prefix '$', got: ':'",
        ),
        (
            &[SET, b"*1\r\n$3\r\nabcde"],
            27,
            10,
            "0x              23: Expected \\r\\n, got: 6465",
        ),
        (
            &[SET, b"*1\r\n$3\r\nab\xff\xff\xff\xff"],
            27,
            10,
            "0x              23: Expected \\r\\n, got: ffffffffffffffff",
        ),
        (
            &[SET, b"*1\r\n$-3\r\nabcde"],
            27,
            9 + 1,
            "0x              1f: Expected to read string of -3 bytes, which is not in the suitable range",
        ),
        (
            &[SET, b"*x\r\n"],
            27,
            8,
            "0x              1b: Expected \\r\\n, got: 780d",
        ),
        (
            &[SET, b"*1\r\n$99999999999\r\nabc"],
            27,
            10,
            "0x              2d: Expected to read 100000000001 bytes, got 3 bytes",
        ),
        (&[b"#TS:1\r\n", MULTI, SET, EXEC, b"#x\n"], 66, 14, ""),
    ];
    for (parts, ok_up_to, line, text) in cases {
        let file = cat(parts);
        let report = check(Expect::Unknown, &file);
        let shown = report
            .problem
            .map_or(String::new(), |problem| problem.text("f", "f"));
        assert_eq!(shown, *text, "{}", file.escape_ascii());
        assert_eq!(
            (report.ok_up_to, report.line),
            (*ok_up_to, *line),
            "{}",
            file.escape_ascii()
        );
    }
}

#[test]
fn what_a_server_refuses_is_a_problem_too() {
    for bad in [&b"*0\r\n"[..], b"*+1\r\n$3\r\nabc\r\n", b"*-1\r\n"] {
        let report = check(Expect::Unknown, &cat(&[SET, bad]));
        assert!(matches!(
            report.problem,
            Some(Problem::At {
                offset: 27,
                what: Unexpected::Unit(_)
            })
        ));
        assert_eq!(report.ok_up_to, 27);
    }
    let report = check(Expect::Unknown, &cat(&[SET, b"#TS:1"]));
    assert_eq!((report.ok_up_to, report.problem.is_some()), (27, true));
}

/// Three groups of two units, and where they end.
fn checked() -> (Vec<u8>, Vec<u64>) {
    let mut writer = GroupWriter::new(3, 0);
    let (mut file, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let group = cat(&[SET, SET]);
        writer.cover(&group);
        file.extend_from_slice(writer.line().as_bytes());
        file.extend_from_slice(&group);
        ends.push(writer.offset());
    }
    (file, ends)
}

#[test]
fn every_flipped_bit_of_a_checked_file_is_a_problem() {
    let (file, ends) = checked();
    for expect in [Expect::Checked { seq: 3 }, Expect::Unknown] {
        let well = check(expect, &file);
        assert_eq!((well.problem, well.ok_up_to), (None, ends[2]));
        assert_eq!((well.units, well.groups), (6, 3));
    }
    for bit in 0..file.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let report = check_with(options(Expect::Checked { seq: 3 }), &flipped, 64);
        let ok = ends
            .iter()
            .rfind(|&&end| end <= bit as u64 / 8)
            .map_or(0, |end| *end);
        assert_eq!(report.ok_up_to, ok, "{bit}");
        let cut = check_with(
            options(Expect::Checked { seq: 3 }),
            &flipped[..ok as usize],
            64,
        );
        assert_eq!((cut.problem, cut.ok_up_to), (None, ok));
    }
}

#[test]
fn a_cut_of_a_checked_file_ends_at_a_group() {
    let (file, ends) = checked();
    for len in 0..file.len() {
        let report = check_with(options(Expect::Checked { seq: 3 }), &file[..len], 7);
        let ok = ends
            .iter()
            .rfind(|&&end| end <= len as u64)
            .map_or(0, |end| *end);
        assert_eq!(report.ok_up_to, ok, "{len}");
        assert_eq!(report.ok_up_to < report.size, ok < len as u64);
    }
}

#[test]
fn the_first_later_timestamp_is_found() {
    let file = cat(&[b"#TS:10\r\n", SET, b"#TS:20\r\n", SET, b"#TS:30\r\n", SET]);
    for (until, later) in [
        (5, Some(Later::At(0))),
        (10, Some(Later::At(35))),
        (19, Some(Later::At(35))),
        (20, Some(Later::At(70))),
        (30, None),
    ] {
        let options = CheckOptions {
            until: Some(until),
            ..options(Expect::Unknown)
        };
        assert_eq!(check_with(options, &file, 5).later, later, "{until}");
    }
    let options = CheckOptions {
        until: Some(5),
        ..options(Expect::Unknown)
    };
    assert_eq!(
        check_with(options, b"#TS:1x\r\n", 3).later,
        Some(Later::Malformed)
    );
}

#[test]
fn a_line_that_is_too_long_is_a_problem_however_it_arrives() {
    let long = [b"*1".as_slice(), &[b'1'; 300], b"\r\n"].concat();
    let report = check(Expect::Unknown, &cat(&[SET, &long]));
    assert!(matches!(
        report.problem,
        Some(Problem::At { offset: 27, .. })
    ));
    assert_eq!((report.ok_up_to, report.line), (27, 8));
}

#[test]
fn all_in_front_of_a_later_timestamp_is_read_and_nothing_behind_it() {
    let file = cat(&[b"#TS:10\r\n", SET, SET, b"#TS:20\r\n", SET, SET]);
    let options = CheckOptions {
        until: Some(10),
        ..options(Expect::Unknown)
    };
    for piece in [1, 7, usize::MAX] {
        let report = check_with(options, &file, piece);
        assert_eq!(report.later, Some(Later::At(62)));
        assert_eq!((report.ok_up_to, report.units), (62, 2), "{piece}");
    }
}
