//! The end of the last file after a crash: torn, or decayed.
//!
//! ```text
//!  │ whole groups │ damage … to the end of the file │
//!                 ▲ whole                ▲
//!                 │                      └ a valid check line that says "synced up to S"
//!                 └ S > whole: these bytes had been on the disk. They have decayed: refuse
//!                   else: a crash may have torn them. Keep them aside and cut
//! ```
//! Writes that were not synced reach the disk in any order, so a torn tail may have holes and still
//! hold valid groups behind them. Only `synced` tells them from decay.
//!
//! Always true: cutting loses no bytes: they are copied and synced first.
//! Not here: finding the damage — `reader.rs`

use russet_pack::crc64;

use super::Step;
use crate::check_line::{CHECK, Check, LINE_SIZE_MAX};
use crate::layout::FileName;

/// The steps that cut a file, and where its tail is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The file with the tail.
    pub aside: FileName,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Cuts a file at the end of its last whole unit, and keeps the tail in a file of its own whose
/// name ends in the moment.
#[must_use]
pub fn cut(name: &FileName, whole: u64, unix_secs: i64) -> Cut {
    let aside = name.with_suffix(&format!(".cut-{unix_secs}"));
    let steps = vec![
        Step::CopyTail {
            from: name.clone(),
            at: whole,
            to: aside.clone(),
        },
        Step::Sync(aside.clone()),
        Step::SyncDir,
        Step::Cut {
            name: name.clone(),
            size: whole,
        },
        Step::Sync(name.clone()),
    ];
    Cut { aside, steps }
}

/// Looks through the bytes behind the last whole group of a checked file for proof that they had
/// been on the disk.
///
/// # Examples
/// ```
/// use russet_aof::GroupWriter;
/// use russet_aof::plan::TailScan;
///
/// let mut writer = GroupWriter::new(1, 0);
/// let mut file = Vec::new();
/// for _ in 0..4 {
///     file.extend_from_slice(b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n");
///     writer.cover(b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n");
///     file.extend_from_slice(writer.line().as_bytes());
///     writer.set_synced(file.len() as u64);
/// }
/// file[3] = 0; // the first group is damaged
/// let mut scan = TailScan::new(1, 0);
/// scan.feed(&file);
/// assert!(scan.has_decayed());
/// ```
#[derive(Debug, Clone)]
pub struct TailScan {
    seq: i64,
    /// The offset of the tail in the file, and that of the next byte.
    whole: u64,
    at: u64,
    /// The line so far, as long as it may be a check line.
    line: Option<Vec<u8>>,
    line_start: u64,
    /// The end of the last check line that stands where it says, and the checksum since.
    group_start: u64,
    crc: u64,
    synced: u64,
}

impl TailScan {
    /// A scan of the file with this number from the offset `whole` on.
    #[must_use]
    pub const fn new(seq: i64, whole: u64) -> Self {
        Self {
            seq,
            whole,
            at: whole,
            line: Some(Vec::new()),
            line_start: whole,
            group_start: whole,
            crc: 0,
            synced: 0,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.at += piece.len() as u64;
            if let Some(mut line) = self.line.take() {
                let (seen, len) = (line.len(), line.len() + piece.len());
                line.extend_from_slice(&piece[..piece.len().min(LINE_SIZE_MAX)]);
                let begins = line.iter().zip(CHECK).all(|(byte, check)| byte == check);
                if begins && len <= LINE_SIZE_MAX {
                    self.line = Some(line);
                } else {
                    self.pass(&line[..seen]);
                    self.pass(piece);
                }
            } else {
                self.pass(piece);
            }
            if piece.ends_with(b"\n") {
                if let Some(line) = self.line.take() {
                    self.check(&line);
                }
                self.line = Some(Vec::new());
                self.line_start = self.at;
            }
        }
    }

    /// The largest offset of which a valid check line says that the file was on the disk up to
    /// there.
    #[must_use]
    pub const fn synced(&self) -> u64 {
        self.synced
    }

    /// Whether the tail, or its beginning, had been on the disk: no crash has torn it then.
    #[must_use]
    pub const fn has_decayed(&self) -> bool {
        self.synced > self.whole
    }

    /// Takes bytes that are no check line.
    fn pass(&mut self, bytes: &[u8]) {
        self.crc = crc64::update(self.crc, bytes);
    }

    /// Looks at a line that begins as check lines do.
    fn check(&mut self, line: &[u8]) {
        let stands = |check: &Check| {
            check.seq == self.seq && check.start.checked_add(check.len) == Some(self.line_start)
        };
        let Some(check) = Check::parse(line).filter(stands) else {
            return self.pass(line);
        };
        if check.start == self.group_start && *check.line(self.crc).as_bytes() == *line {
            self.synced = self.synced.max(check.synced.min(check.start));
        }
        self.group_start = self.at;
        self.crc = 0;
    }
}

#[cfg(test)]
mod tests;
