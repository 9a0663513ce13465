//! `--check-config`: what a server would make of its configuration, line by line.
//!
//! ```text
//!  russet-server --check-config FILE [--SETTING VALUE ...]     0: a server would start with it
//!                                                              1: lines are unknown or invalid
//! ```
//! Always true: nothing is changed, and no secret is printed.
//! Not here: what the lines mean — `russet_node::config`; where they come from — `config.rs`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use russet_node::config::{Finding, Verdict};

use crate::args::Launch;
use crate::config::{self, COMMAND_LINE};

/// The configuration would be refused.
const BAD: i32 = 1;

/// Checks the configuration, prints a line about each of its lines, and returns the exit code.
pub(crate) fn check(launch: &Launch) -> i32 {
    if launch.is_bare() {
        return complain("Usage: russet-server --check-config FILE [--SETTING VALUE ...]");
    }
    let sources = match config::read(launch) {
        Ok(sources) => sources,
        Err(error) => return complain(error.to_string().trim_start()),
    };
    let (findings, loaded) = sources.check();
    let mut text = String::new();
    for found in &findings {
        describe(found, &mut text);
    }
    let mut count_wrong = findings
        .iter()
        .filter(|found| !found.verdict.is_accepted())
        .count();
    let fault = match loaded {
        Ok(mut config) => config::read_users(&mut config).err(),
        Err(error) => Some(error.message),
    };
    if let Some(fault) = fault {
        count_wrong += 1;
        let _ = writeln!(text, "invalid: {fault}");
    }
    let count = |is: fn(&Verdict) -> bool| findings.iter().filter(|f| is(&f.verdict)).count();
    let _ = writeln!(
        text,
        "{} understood, {} without effect, {} unknown, {} invalid",
        count(|verdict| *verdict == Verdict::Understood),
        count(|verdict| matches!(verdict, Verdict::WithoutEffect(_))),
        count(|verdict| *verdict == Verdict::Unknown),
        count_wrong - count(|verdict| *verdict == Verdict::Unknown),
    );
    // A closed output is not an error worth another.
    let _ = io::stdout().write_all(text.as_bytes());
    if count_wrong > 0 { BAD } else { 0 }
}

fn describe(found: &Finding, text: &mut String) {
    let Finding {
        source,
        number,
        line,
        ..
    } = found;
    let _ = match source.as_str() {
        COMMAND_LINE => write!(text, "--{line}: "),
        _ => write!(text, "{source}:{number}: {line}: "),
    };
    let _ = match &found.verdict {
        Verdict::Understood => writeln!(text, "understood"),
        Verdict::WithoutEffect(why) => writeln!(text, "without effect: {why}"),
        Verdict::Unknown => writeln!(text, "unknown"),
        Verdict::Invalid(why) => writeln!(text, "invalid: {why}"),
    };
}

fn complain(text: &str) -> i32 {
    // Standard error may be closed; then nobody wants to know.
    let _ = writeln!(io::stderr(), "{text}");
    BAD
}
