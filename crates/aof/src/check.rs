//! The check of one file, as `redis-check-aof` makes it, and of its check lines.
//!
//! ```text
//!  feed(bytes) ─► records (as the tool reads them: its texts, offsets and count of lines)
//!                    └ each whole record ─► Reader (as a server reads them: checksums)
//!  finish()    ─► Report: what is wrong, and up to where all is well
//! ```
//! Always true: a file that is well here loads; a file that is cut at `ok_up_to` is well.
//! Not here: printing, cutting, more than one file — crate `russet-server`

mod record;

use std::fmt;

use crate::error::Error;
use crate::reader::{Expect, Next, Reader};
use record::{Records, Step};

/// The extent of a check.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions {
    /// How units are expected to be protected.
    pub expect: Expect,
    /// The offset at which the units begin: the end of a dump in front of them.
    pub start: u64,
    /// The number of the first line, from 1. It goes on over the files of a manifest.
    pub line: u64,
    /// The second behind which the file is to be cut, if that is asked for.
    pub until: Option<i64>,
}

/// The findings of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The size of the file in bytes.
    pub size: u64,
    /// The offset up to which the file is valid, at the end of a unit.
    pub ok_up_to: u64,
    /// The number of the line at which the check ended.
    pub line: u64,
    /// The fault, if there is something to say about it: a file may also just end too early.
    pub problem: Option<Problem>,
    /// The first timestamp that is later than asked for.
    pub later: Option<Later>,
    /// The number of units.
    pub units: u64,
    /// The number of those that no check line covers.
    pub unchecked: u64,
    /// The number of check lines that were verified.
    pub groups: u64,
}

/// Where commands begin that are later than asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// The offset of their timestamp.
    At(u64),
    /// A timestamp is not a number, so nobody knows.
    Malformed,
}

/// The fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A byte with which neither a command nor an annotation begins.
    Format,
    /// Something else than expected at an offset.
    At {
        /// The offset.
        offset: u64,
        /// The bytes that were found there.
        what: Unexpected,
    },
}

/// The finding in place of something that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unexpected {
    /// Two bytes instead of the end of a line.
    LineEnd([u8; 2]),
    /// A byte instead of the one that says what follows.
    Prefix {
        /// The byte that belongs there.
        expected: u8,
        /// The byte found.
        got: u8,
    },
    /// A length that no string has.
    Length(i64),
    /// Fewer bytes than a string has with its end.
    Bytes {
        /// The bytes of the string and its end.
        expected: u64,
        /// The bytes found.
        got: u64,
    },
    /// MULTI inside a transaction.
    Multi,
    /// EXEC outside of transactions.
    Exec,
    /// The end of the file inside a transaction.
    NoExec,
    /// Something that a server would not load, though it is well formed.
    Unit(Error),
}

impl Problem {
    /// The text of the problem, for a file of this name and path.
    #[must_use]
    pub fn text(&self, name: &str, path: &str) -> String {
        match self {
            Self::Format => format!("AOF {name} format error"),
            Self::At { offset, what } => format!("0x{offset:16x}: {}", what.text(path)),
        }
    }
}

impl Unexpected {
    fn text(&self, path: &str) -> String {
        match self {
            Self::LineEnd(got) => {
                // COMPAT: the tool prints them as signed characters.
                let [a, b] = got.map(|byte| i32::from(byte.cast_signed()));
                format!("Expected \\r\\n, got: {a:02x}{b:02x}")
            }
            Self::Prefix { expected, got } => format!(
                "Expected prefix '{}', got: '{}'",
                char::from(*expected),
                char::from(*got)
            ),
            Self::Length(len) => format!(
                "Expected to read string of {len} bytes, which is not in the suitable range"
            ),
            Self::Bytes { expected, got } => {
                format!("Expected to read {expected} bytes, got {got} bytes")
            }
            Self::Multi => format!("Unexpected MULTI in AOF {path}"),
            Self::Exec => format!("Unexpected EXEC in AOF {path}"),
            Self::NoExec => "Reached EOF before reading EXEC for MULTI".to_owned(),
            Self::Unit(error) => error.to_string(),
        }
    }
}

impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(offset) => write!(f, "offset {offset}"),
            Self::Malformed => f.write_str("Invalid timestamp annotation"),
        }
    }
}

/// Checks one file.
///
/// # Examples
/// ```
/// use russet_aof::check::{CheckOptions, FileCheck};
/// use russet_aof::Expect;
///
/// let mut check = FileCheck::new(CheckOptions {
///     expect: Expect::Unknown,
///     start: 0,
///     line: 1,
///     until: None,
/// });
/// check.feed(b"*1\r\n$7\r\nFLUSHDB\r\n*1\r\n$4\r\nPI");
/// let report = check.finish();
/// assert_eq!((report.ok_up_to, report.line), (17, 6));
/// let text = report.problem.unwrap().text("a.aof", "a.aof");
/// assert_eq!(text, "0x              19: Expected to read 6 bytes, got 2 bytes");
/// ```
#[derive(Debug)]
pub struct FileCheck {
    records: Records,
    reader: Reader,
    start: u64,
    until: Option<i64>,
    size: u64,
    ok_up_to: u64,
    problem: Option<Problem>,
    later: Option<Later>,
    units: u64,
    is_over: bool,
}

impl FileCheck {
    /// A check from `options.start` on.
    #[must_use]
    pub fn new(options: CheckOptions) -> Self {
        Self {
            records: Records::new(options.start, options.line),
            reader: Reader::at(options.expect, options.start),
            start: options.start,
            until: options.until,
            size: options.start,
            ok_up_to: options.start,
            problem: None,
            later: None,
            units: 0,
            is_over: false,
        }
    }

    /// Takes the next bytes of the file, from `options.start` on.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_over {
            let before = rest;
            let step = self.records.next(&mut rest);
            self.reader.feed(&before[..before.len() - rest.len()]);
            match step {
                Step::More => {}
                Step::Whole => self.read(),
                Step::Annotation => {
                    self.look_for_later();
                    if !self.is_over {
                        self.read();
                    }
                }
                Step::Problem(problem) => self.stop(problem),
            }
        }
    }

    /// Ends the check: the file has no more bytes.
    #[must_use]
    pub fn finish(mut self) -> Report {
        if !self.is_over {
            let problem = self.records.end();
            self.ok_up_to = self.records.ok_up_to();
            match problem {
                Some(problem) => self.stop(problem),
                None if self.records.is_at_end() => {
                    self.reader.end();
                    self.read();
                }
                None => {}
            }
        }
        if self.later.is_none() {
            self.ok_up_to = self.ok_up_to.min(self.reader.whole());
        }
        Report {
            size: self.size,
            ok_up_to: self.ok_up_to.max(self.start),
            line: self.records.line(),
            problem: self.problem,
            later: self.later,
            units: self.units,
            unchecked: self.reader.unchecked(),
            groups: self.reader.groups(),
        }
    }

    fn stop(&mut self, problem: Problem) {
        self.ok_up_to = self.records.ok_up_to();
        self.problem = Some(problem);
        self.is_over = true;
    }

    /// Reads what the records have let through.
    fn read(&mut self) {
        loop {
            match self.reader.next() {
                Ok(Next::Unit(_)) => self.units += 1,
                Ok(Next::Annotation(_)) => {}
                Ok(Next::More | Next::End | Next::Preamble) => break,
                Err(error) => {
                    let offset = error.at();
                    let what = Unexpected::Unit(error);
                    self.stop(Problem::At { offset, what });
                    self.ok_up_to = self.reader.whole();
                    return;
                }
            }
        }
        self.ok_up_to = self.records.ok_up_to();
    }

    /// Compares the timestamp that was read with the one that is asked for.
    fn look_for_later(&mut self) {
        let (Some(until), Some(timestamp)) = (self.until, self.records.timestamp()) else {
            return;
        };
        match timestamp {
            Some(secs) if secs <= until => return,
            Some(_) => self.later = Some(Later::At(self.records.record_start())),
            None => self.later = Some(Later::Malformed),
        }
        self.is_over = true;
    }
}

#[cfg(test)]
mod tests;
