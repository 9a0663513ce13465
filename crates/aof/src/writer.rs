//! The writer's side of check lines.
//!
//! ```text
//!  journal                │ unit │ unit │ unit │             │ unit │
//!                         └── cover(bytes) ────┘
//!  file       check line  │ unit │ unit │ unit │ check line  │ unit │
//!             └ line()
//! ```
//! The units themselves are not touched or copied: the line goes in front of them, as one more
//! piece of the same write.
//!
//! Always true: the offset is where the next line goes, if the caller wrote what it got.
//! Not here: the spelling of a line — `check_line.rs`

use russet_pack::crc64;

use crate::check_line::{Check, Line};

/// Makes the check lines of one increment.
///
/// # Examples
/// ```
/// use russet_aof::{GroupWriter, Line};
///
/// let mut writer = GroupWriter::new(1, 0);
/// let mut file = Vec::new();
/// for unit in [&b"*1\r\n$7\r\nFLUSHDB\r\n"[..], b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"] {
///     writer.cover(unit);
///     file.extend_from_slice(writer.line().as_bytes());
///     file.extend_from_slice(unit);
/// }
/// assert_eq!(writer.offset(), file.len() as u64);
/// ```
#[derive(Debug, Clone)]
pub struct GroupWriter {
    seq: i64,
    /// The end of the last group.
    start: u64,
    /// Bytes covered since then, and their checksum.
    len: u64,
    crc: u64,
    synced: u64,
}

impl GroupWriter {
    /// A writer for the increment with this number, which has `offset` bytes, all of them on the
    /// disk and read without an error.
    #[must_use]
    pub const fn new(seq: i64, offset: u64) -> Self {
        Self {
            seq,
            start: offset,
            len: 0,
            crc: 0,
            synced: offset,
        }
    }

    /// Notes bytes that go into the file: whole units, or a timestamp in front of them. Several
    /// calls may come before one [`GroupWriter::line`].
    #[inline]
    pub fn cover(&mut self, bytes: &[u8]) {
        self.crc = crc64::update(self.crc, bytes);
        self.len += bytes.len() as u64;
    }

    /// The check line of all that was covered since the line before. It goes right in front of it.
    #[must_use = "units without their line are not checked when the file is read"]
    pub fn line(&mut self) -> Line {
        let check = Check {
            seq: self.seq,
            start: self.start,
            len: self.len,
            synced: self.synced,
        };
        let line = check.line(self.crc);
        self.start += self.len + line.as_bytes().len() as u64;
        self.len = 0;
        self.crc = 0;
        line
    }

    /// Notes that the first `offset` bytes of the file are on the disk. Lines say so from now on.
    pub fn set_synced(&mut self, offset: u64) {
        self.synced = self.synced.max(offset.min(self.start));
    }

    /// The end of the last group: where the next line goes, and where the file is cut when what was
    /// to be written could not be.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.start
    }
}

/// Says when a timestamp annotation is due (`aof-timestamp-enabled`): once in every second in which
/// something is written.
#[derive(Debug, Clone, Default)]
pub struct Timestamps {
    last: i64,
}

impl Timestamps {
    /// The annotation for the commands that follow, if the last one is of an earlier second.
    pub fn next(&mut self, unix_secs: i64) -> Option<Line> {
        (self.last < unix_secs).then(|| {
            self.last = unix_secs;
            Line::timestamp(unix_secs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_due_once_in_a_second_and_never_goes_back() {
        let mut timestamps = Timestamps::default();
        let due = [5, 5, 6, 4, 6, 7].map(|secs| timestamps.next(secs).is_some());
        assert_eq!(due, [true, false, true, false, false, true]);
        let line = timestamps.next(8).map(|line| line.as_bytes().to_vec());
        assert_eq!(line.as_deref(), Some(&b"#TS:8\r\n"[..]));
    }
}
