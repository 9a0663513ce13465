//! One broken rule: where it is, what it is called and how to fix it.
//!
//! Always true: the whole list is printed, sorted by place, before the chore fails.

use std::fmt;

/// A broken rule of tidy or layers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offence {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) fix: String,
}

impl Offence {
    /// An offence at a line of a file; lines count from one.
    pub(crate) fn new(path: &str, line: usize, rule: &'static str, fix: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            fix: fix.into(),
        }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.fix
        )
    }
}

/// Prints all offences; an error that counts them when there are any.
pub(crate) fn report(mut offences: Vec<Offence>) -> Result<(), String> {
    offences.sort();
    for offence in &offences {
        println!("{offence}");
    }
    match offences.len() {
        0 => Ok(()),
        1 => Err("1 offence".to_owned()),
        count => Err(format!("{count} offences")),
    }
}
