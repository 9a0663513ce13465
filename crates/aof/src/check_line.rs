//! Annotation lines: the check line in front of a group of units, and the timestamp.
//!
//! ```text
//!  group   #U:4;120;97;120;9f1c…\r\n  *3 $3 SET …  *1 $5 MULTI … *1 $4 EXEC
//!             │  │   │   │    │       └──────────── len bytes ────────────┘
//!             │  │   │   │    └ CRC-64, 16 digits
//!             │  │   │   └ synced: the file was on the disk up to there
//!             │  │   └ len
//!             │  └ start: the offset of the line itself
//!             └ number of the file
//!  time    #TS:1628217470\r\n
//! ```
//! Redis and Valkey skip every line that begins with `#` between commands, so files with check
//! lines load there too. They go on appending to such a file without telling the manifest; since a
//! line stands in front of its group, their units are known by having none, and are no torn group.
//!
//! The checksum covers the group and the line up to the checksum. Each line stands for itself: a
//! checksum that continued over the file would make everything behind one wrong byte unreadable,
//! and could not go on behind a cut. What a continued checksum would find, the line's place finds:
//! a group that is missing, repeated, moved, or from another file does not stand where its line
//! says.
//!
//! `synced` tells a torn tail from decay: what lies before it had reached the disk when the line
//! was made, so damage there is none of a crash.
//!
//! Always true: a line has one spelling; whatever differs from it by a bit is no valid line.
//! Not here: where groups end when a file is read — `reader.rs`

use russet_base::num::{I64Buf, format_i64, format_u64, parse_i64, parse_u64};
use russet_pack::crc64;

/// One annotation line, ready to be appended to a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line {
    bytes: [u8; LINE_SIZE_MAX],
    len: u8,
}

impl Line {
    const EMPTY: Self = Self {
        bytes: [0; LINE_SIZE_MAX],
        len: 0,
    };

    /// A line that was read. It must not be longer than the longest that is written.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut line = Self::EMPTY;
        line.push(bytes);
        line
    }

    /// The annotation that says at which second (of Unix time) the commands behind it ran.
    #[must_use]
    pub fn timestamp(unix_secs: i64) -> Self {
        let mut line = Self::EMPTY;
        line.push(TIMESTAMP);
        line.push(format_i64(unix_secs, &mut I64Buf::new()));
        line.push(b"\r\n");
        line
    }

    /// The bytes of the line, with its end.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let start = usize::from(self.len);
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
        // Nothing is truncated: a line is shorter than 256 bytes.
        self.len += bytes.len() as u8;
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({:?})", self.as_bytes().escape_ascii().to_string())
    }
}

/// The facts that a check line states of itself and of the group behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Check {
    /// The number of the file.
    pub(crate) seq: i64,
    /// The offset of the line.
    pub(crate) start: u64,
    /// The length of the units behind the line.
    pub(crate) len: u64,
    /// The offset up to which the file was on the disk when the line was made.
    pub(crate) synced: u64,
}

impl Check {
    /// The line, given the checksum of the units.
    pub(crate) fn line(&self, units_crc: u64) -> Line {
        let mut line = Line::EMPTY;
        line.push(CHECK);
        line.push(format_i64(self.seq, &mut I64Buf::new()));
        for number in [self.start, self.len, self.synced] {
            line.push(b";");
            line.push(format_u64(number, &mut I64Buf::new()));
        }
        line.push(b";");
        let mut crc = crc64::update(units_crc, line.as_bytes());
        let mut digits = [0; 16];
        for digit in digits.iter_mut().rev() {
            *digit = HEX[(crc & 15) as usize];
            crc >>= 4;
        }
        line.push(&digits);
        line.push(b"\r\n");
        line
    }

    /// The parts of a line, unless it is spelled otherwise than [`Check::line`] does. The checksum
    /// is the caller's to compare: only the line that is made anew tells.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        if line.len() > LINE_SIZE_MAX {
            return None;
        }
        let fields = line.strip_prefix(CHECK)?.strip_suffix(b"\r\n")?;
        let mut fields = fields.split(|&byte| byte == b';');
        let seq = parse_i64(fields.next()?)?;
        let mut number = || parse_u64(fields.next()?);
        let check = Self {
            seq,
            start: number()?,
            len: number()?,
            synced: number()?,
        };
        let digits = fields.next()?;
        (digits.len() == 16 && fields.next().is_none()).then_some(check)
    }
}

/// The second that a timestamp annotation names: `None` for other annotations, an error for one
/// that is malformed.
pub(crate) fn timestamp(line: &[u8]) -> Option<Result<i64, ()>> {
    let text = line.strip_prefix(TIMESTAMP)?;
    let text = text.strip_suffix(b"\r\n").ok_or(());
    Some(text.and_then(|text| parse_i64(text).ok_or(())))
}

/// The first byte of every annotation.
pub(crate) const ANNOTATION: u8 = b'#';
/// How a check line begins.
pub(crate) const CHECK: &[u8] = b"#U:";
/// How a timestamp begins.
pub(crate) const TIMESTAMP: &[u8] = b"#TS:";
/// The longest line that this crate writes: four numbers of 64 bits, their ends, the checksum.
pub(crate) const LINE_SIZE_MAX: usize = CHECK.len() + 4 * (20 + 1) + 16 + 2;
/// The longest annotation, with its end, that Redis reads as one line.
pub(crate) const ANNOTATION_SIZE_MAX: usize = 1023;

const HEX: &[u8; 16] = b"0123456789abcdef";

const _: () = assert!(LINE_SIZE_MAX < 128 && LINE_SIZE_MAX < ANNOTATION_SIZE_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_at_their_greatest_length_and_in_one_spelling_only() {
        let check = Check {
            seq: i64::MIN,
            start: u64::MAX,
            len: u64::MAX,
            synced: u64::MAX,
        };
        let line = check.line(0);
        assert_eq!(line.as_bytes().len(), LINE_SIZE_MAX);
        assert_eq!(Check::parse(line.as_bytes()), Some(check));
        for malformed in [
            &b"#U:1;0;0;0;0123456789abcdef;\r\n"[..],
            b"#U:1;0;0;0;0123456789abcdef;0123456789abcdef\r\n",
            b"#U:1;0;0;0;0123456789abcde\r\n",
            b"#U:1;0;0;0;\r\n",
            b"#U:1;0;0;0\r\n",
            b"#U:1;0;0;0;0123456789abcdef\n",
            b"#U:01;0;0;0;0123456789abcdef\r\n",
        ] {
            assert_eq!(Check::parse(malformed), None);
        }
    }
}
