//! Checking a file, and saying what it holds.
//!
//! ```text
//!  bytes ─► FileReader ─► Tally: keys by database and kind, sizes, the largest
//!                │
//!                └─► lines, as `redis-check-rdb` prints them
//! ```
//!
//! Always true: memory is bounded, whatever the file holds.
//! Not here: reading the file — the caller

mod tally;
mod words;

use std::fmt::Write as _;

use super::{Dialect, FileError, FileReader, Next, Seal};
use crate::payload::Checksum;
use crate::{Buffer, Version};

pub use tally::{DbTally, KindTally, LargeKey, Tally};

/// Checks a file whose bytes are given piece by piece.
///
/// # Examples
/// ```
/// use russet_rdb::file::Report;
///
/// let mut lines = String::new();
/// let mut report = Report::new(1_800_000_000_000);
/// report.feed(b"REDIS0003\xfe\x00\x00\x05fruit", &mut lines);
/// report.feed(b"\x05apple\xff", &mut lines);
/// assert!(report.finish(&mut lines).is_ok());
/// assert!(lines.starts_with("[offset 11] Selecting DB ID 0\n"));
/// assert!(lines.contains("[info] 1 keys read\n"));
/// assert_eq!(report.tally().keys(), 1);
/// ```
#[derive(Debug)]
pub struct Report {
    reader: FileReader,
    buffer: Buffer,
    tally: Tally,
    error: Option<FileError>,
    behind: Behind,
}

/// The kind of bytes that may follow the end of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    Nothing,
    /// Something that is left to others.
    Commands,
}

impl Report {
    /// Begins a report. Keys whose deadline is before this Unix time in milliseconds are expired.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        Self {
            reader: FileReader::default(),
            buffer: Buffer::default(),
            tally: Tally::new(now_ms),
            error: None,
            behind: Behind::Nothing,
        }
    }

    /// Lets commands follow the dump, as in an append-only file. They are not looked at.
    #[must_use]
    pub fn with_commands_behind(mut self) -> Self {
        self.behind = Behind::Commands;
        self
    }

    /// The number of bytes of the dump, once it is complete.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.tally.is_complete().then(|| self.reader.offset())
    }

    /// Sets whether the checksum is compared.
    #[must_use]
    pub fn with_checksum(mut self, checksum: Checksum) -> Self {
        self.reader = self.reader.with_checksum(checksum);
        self
    }

    /// The keys that were seen so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes the next bytes of the file, and appends lines to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut String) {
        if self.error.is_none() {
            self.buffer.append(bytes);
            self.read(out);
        }
    }

    /// Declares that the file has no more bytes, and appends the last lines to `out`.
    ///
    /// # Errors
    /// The file is not in order.
    pub fn finish(&mut self, out: &mut String) -> Result<(), FileError> {
        if self.error.is_none() {
            self.buffer.end();
            self.read(out);
        }
        if let Some(error) = &self.error {
            words::error(error, out);
        } else {
            line(
                out,
                self.reader.offset(),
                format_args!("\\o/ RDB looks OK! \\o/"),
            );
        }
        self.tally.write(out);
        self.error.clone().map_or(Ok(()), Err)
    }

    fn read(&mut self, out: &mut String) {
        let may_follow = self.behind == Behind::Commands;
        let mut is_ended = may_follow && self.tally.is_complete();
        while self.error.is_none() && !is_ended {
            let mut input = self.buffer.input();
            match self.reader.next(&mut input) {
                Ok(Next::More) => is_ended = true,
                Ok(Next::End(seal)) => {
                    // The end is told again once no more bytes may follow.
                    is_ended = may_follow || input.is_last();
                    if !self.tally.is_complete() {
                        self.tally.complete();
                        sealed(seal, self.reader.offset(), out);
                    }
                }
                Ok(next) => {
                    let at = self.reader.offset();
                    told(&next, at, out);
                    self.tally.note(&next, at);
                }
                Err(error) => self.error = Some(error),
            }
            let left = input.rest().len();
            self.buffer.keep(left);
        }
    }
}

/// Appends the line about a part that has one.
fn told(next: &Next<'_>, at: u64, out: &mut String) {
    match next {
        Next::Aux { name, value } => {
            let (name, value) = (shown(name), shown(value));
            line(out, at, format_args!("AUX FIELD {name} = '{value}'"));
        }
        Next::SelectDb(db) => line(out, at, format_args!("Selecting DB ID {db}")),
        Next::ModuleAux(module) => line(out, at, format_args!("MODULE AUX for: {module}")),
        Next::SlotImport => line(
            out,
            at,
            format_args!("Import of slots, unfinished: skipped"),
        ),
        _ => {}
    }
}

/// The front of a text, with escapes.
fn shown(text: &[u8]) -> std::slice::EscapeAscii<'_> {
    text[..text.len().min(SHOWN_MAX)].escape_ascii()
}

/// How many bytes of a fact are shown.
const SHOWN_MAX: usize = 512;

fn sealed(seal: Seal, at: u64, out: &mut String) {
    line(
        out,
        at,
        format_args!(
            "{}",
            match seal {
                Seal::Verified => "Checksum OK",
                Seal::Disabled => {
                    "RDB file was saved with checksum disabled: no check performed."
                }
                Seal::Absent => "RDB files of this version have no checksum: no check performed.",
                Seal::Ignored => "Checksums are disabled: no check performed.",
            }
        ),
    );
}

fn line(out: &mut String, at: u64, text: std::fmt::Arguments<'_>) {
    // Appending to a string cannot fail.
    let _ = writeln!(out, "[offset {at}] {text}");
}

/// The version of a file, for a reader of lines.
fn version_named(dialect: Dialect, version: Version) -> String {
    let family = match dialect {
        Dialect::Redis => "Redis",
        Dialect::Valkey => "Valkey",
    };
    format!("{} of {family}", version.0)
}
