//! The suite's log, parsed: a mark per test, and how the file as a whole ended.
//!
//! Always true: a log that breaks off before its end carries a flag.

use std::collections::BTreeMap;
use std::fmt;

/// The verdict on one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Ok,
    Err,
    Skip,
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Ok => "ok",
            Self::Err => "err",
            Self::Skip => "skip",
        })
    }
}

/// Something that ended a file early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    Exception,
    NoProgress,
    Aborted,
    TimedOut,
}

impl fmt::Display for Flag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Exception => "EXCEPTION",
            Self::NoProgress => "NOPROGRESS",
            Self::Aborted => "ABORTED",
            Self::TimedOut => "TIMEOUT",
        })
    }
}

/// All of a file's log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) tests: Vec<(Mark, String)>,
    pub(crate) flags: Vec<Flag>,
}

impl Marks {
    /// How many tests carry this mark.
    pub(crate) fn count(&self, mark: Mark) -> usize {
        self.tests
            .iter()
            .filter(|(other, _)| *other == mark)
            .count()
    }

    /// Names of a reference that never reported here; a name may stand for several tests.
    pub(crate) fn missing(&self, expected: &[String]) -> Vec<String> {
        let mut left = expected.to_vec();
        for (_, name) in &self.tests {
            if let Some(at) = left.iter().position(|other| other == name) {
                left.remove(at);
            }
        }
        left
    }
}

/// Reads a log. Failures are repeated after `The End`, so nothing behind it counts.
pub(crate) fn parse(text: &str) -> Marks {
    let mut marks = Marks::default();
    let mut has_ended = false;
    for line in text.lines() {
        if line.trim() == "The End" {
            has_ended = true;
            break;
        }
        let Some((word, rest)) = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]:"))
        else {
            continue;
        };
        let rest = rest.trim_start();
        match word {
            "ok" => marks.tests.push((Mark::Ok, without_time(rest).to_owned())),
            "err" => marks
                .tests
                .push((Mark::Err, without_place(rest).to_owned())),
            "skip" | "ignore" => marks.tests.push((Mark::Skip, rest.to_owned())),
            "exception" => {
                marks.flags.push(Flag::Exception);
                marks.tests.push((Mark::Err, format!("exception: {rest}")));
            }
            "TIMEOUT" => marks.flags.push(Flag::NoProgress),
            _ => {}
        }
    }
    if !has_ended && marks.flags.is_empty() {
        marks.flags.push(Flag::Aborted);
    }
    marks
}

/// `name (12 ms)` without its time.
fn without_time(text: &str) -> &str {
    let Some((name, time)) = text.rsplit_once(" (") else {
        return text;
    };
    let is_time = time
        .strip_suffix(" ms)")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if is_time { name } else { text }
}

/// `name in tests/unit/x.tcl` without its place.
fn without_place(text: &str) -> &str {
    match text.rsplit_once(" in tests/") {
        Some((name, place)) if place.ends_with(".tcl") && !place.contains(' ') => name,
        _ => text,
    }
}

/// The passing tests of a `results.tsv`, by file.
pub(crate) fn baseline(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let mut cells = line.splitn(3, '\t');
        if let (Some(file), Some("ok"), Some(name)) = (cells.next(), cells.next(), cells.next()) {
            files
                .entry(file.to_owned())
                .or_default()
                .push(name.to_owned());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::{Flag, Mark, baseline, parse};

    #[test]
    fn a_whole_log_gives_its_marks_and_no_flag() {
        let log = "Testing unit/x\n[ok]: A (b) (12 ms)\n[err]: C in tests/unit/x.tcl\nExpected 1\n[skip]: D\n[ignore]: E: tag\n\n                   The End\n\n[err]: C again\n";
        let marks = parse(log);
        let expect = [
            (Mark::Ok, "A (b)"),
            (Mark::Err, "C"),
            (Mark::Skip, "D"),
            (Mark::Skip, "E: tag"),
        ];
        let found: Vec<_> = marks
            .tests
            .iter()
            .map(|(mark, name)| (*mark, &**name))
            .collect();
        assert_eq!(found, expect);
        assert_eq!(marks.flags, []);
        assert_eq!(marks.count(Mark::Skip), 2);
    }

    #[test]
    fn a_log_that_breaks_off_is_flagged() {
        assert_eq!(parse("[ok]: A\n").flags, [Flag::Aborted]);
        let marks = parse("[exception]: Executing test client: boom.\nstack\n");
        assert_eq!(marks.flags, [Flag::Exception]);
        assert_eq!(marks.count(Mark::Err), 1);
        assert_eq!(
            parse("[TIMEOUT]: clients state report follows.\n").flags,
            [Flag::NoProgress]
        );
    }

    #[test]
    fn tests_that_never_report_are_missing() {
        let base = baseline("unit/x\tok\tA\nunit/x\tok\tA\nunit/x\terr\tB\nunit/y\tok\tC\n");
        let marks = parse("[ok]: A (1 ms)\nThe End\n");
        assert_eq!(marks.missing(&base["unit/x"]), ["A"]);
        assert_eq!(marks.missing(&base["unit/y"]), ["C"]);
    }
}
