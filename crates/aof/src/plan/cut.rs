//! The end of the last file after a crash: torn, or decayed.
//!
//! ```text
//!  │ whole groups │ damage … to the end of the file │
//!                 ▲ whole                ▲
//!                 │                      └ a valid group that says "synced up to S"
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
///     writer.cover(b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n");
///     file.extend_from_slice(writer.line().as_bytes());
///     file.extend_from_slice(b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n");
///     writer.set_synced(writer.offset());
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
    /// The end of the line so far, which may be a check line: the damage may be the end of the
    /// line before.
    line: Vec<u8>,
    /// Groups whose check line stands where it says, and whose units pass by.
    groups: Vec<Group>,
    synced: u64,
}

/// A group that may be valid.
#[derive(Debug, Clone)]
struct Group {
    check: Check,
    line: Vec<u8>,
    /// The bytes of its units that are still to come, and the checksum of the others.
    missing: u64,
    crc: u64,
}

impl TailScan {
    /// A scan of the file with this number from the offset `whole` on.
    #[must_use]
    pub const fn new(seq: i64, whole: u64) -> Self {
        Self {
            seq,
            whole,
            at: whole,
            line: Vec::new(),
            groups: Vec::new(),
            synced: 0,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.at += piece.len() as u64;
            self.pass(piece);
            self.line
                .extend_from_slice(&piece[piece.len().saturating_sub(LINE_SIZE_MAX)..]);
            let excess = self.line.len().saturating_sub(LINE_SIZE_MAX);
            self.line.drain(..excess);
            if piece.ends_with(b"\n") {
                self.begin();
                self.line.clear();
            }
        }
    }

    /// The largest offset of which a valid group says that the file was on the disk up to there.
    #[must_use]
    pub const fn synced(&self) -> u64 {
        self.synced
    }

    /// Whether the tail, or its beginning, had been on the disk: no crash has torn it then.
    #[must_use]
    pub const fn has_decayed(&self) -> bool {
        self.synced > self.whole
    }

    /// Takes bytes of the units of groups.
    fn pass(&mut self, bytes: &[u8]) {
        let synced = &mut self.synced;
        self.groups.retain_mut(|group| {
            let len = usize::try_from(group.missing).unwrap_or(usize::MAX);
            let taken = &bytes[..len.min(bytes.len())];
            group.crc = crc64::update(group.crc, taken);
            group.missing -= taken.len() as u64;
            if group.missing == 0 && group.is_valid() {
                *synced = (*synced).max(group.check.synced);
            }
            group.missing > 0
        });
    }

    /// Begins a group if the line ends with a check line that stands where it says.
    fn begin(&mut self) {
        let mut places = self.line.windows(CHECK.len());
        let Some(place) = places.rposition(|window| window == CHECK) else {
            return;
        };
        let line = self.line[place..].to_vec();
        let line_start = self.at - line.len() as u64;
        let stands = |check: &Check| {
            check.seq == self.seq && check.start == line_start && check.synced <= check.start
        };
        // Lines inside a group are none of this server's; a damaged length only makes them look so.
        if let Some(check) = Check::parse(&line).filter(stands)
            && self.groups.len() < GROUPS_MAX
        {
            self.groups.push(Group {
                missing: check.len,
                check,
                line,
                crc: 0,
            });
        }
    }
}

impl Group {
    fn is_valid(&self) -> bool {
        *self.check.line(self.crc).as_bytes() == *self.line
    }
}

/// The most groups that are looked at at the same time.
const GROUPS_MAX: usize = 4;

#[cfg(test)]
mod tests;
