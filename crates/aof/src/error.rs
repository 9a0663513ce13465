//! Why a file is not read to its end.
//!
//! Always true: needing more bytes is not an error as long as more may come.
//! Not here: errors of manifests — `manifest/error.rs`

use russet_resp::ProtocolError;
use thiserror::Error;

/// Why reading of a file stopped. Offsets are from the beginning of the file.
///
/// [`Reader::whole`](crate::Reader::whole) says up to where all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file ends too early. Only the last file of a manifest may, and it is cut at
    /// [`Reader::whole`](crate::Reader::whole).
    #[error("the file ends at offset {at}, {missing}")]
    Truncated {
        /// The size of the file.
        at: u64,
        /// The part that should have followed.
        missing: Missing,
    },
    /// The bytes are neither a command nor an annotation.
    #[error("invalid bytes at offset {at}")]
    Format {
        /// The offset of the line or command.
        at: u64,
    },
    /// A command breaks the protocol.
    #[error("invalid command at offset {at}: {why}")]
    Command {
        /// The offset of the command.
        at: u64,
        /// The error of its decoder.
        why: ProtocolError,
    },
    /// MULTI inside a transaction, or EXEC outside.
    #[error("MULTI or EXEC out of order at offset {at}")]
    Order {
        /// The offset of the command.
        at: u64,
    },
    /// A line in a checked file is no annotation that belongs there, or a check line inside a
    /// group.
    #[error("invalid check line at offset {at}")]
    CheckLine {
        /// The offset of the line.
        at: u64,
    },
    /// A check line is valid for another place: units are missing, repeated, moved or of another
    /// file.
    #[error("misplaced check line at offset {at}")]
    Misplaced {
        /// The offset of the line.
        at: u64,
    },
    /// The bytes differ from those that were written.
    #[error("checksum mismatch between the offsets {start} and {end}")]
    Checksum {
        /// The offset of the check line.
        start: u64,
        /// The offset behind the last unit of its group.
        end: u64,
    },
}

impl Error {
    /// The offset of the bytes that are at fault; of a group with a wrong checksum, its check line.
    #[must_use]
    pub const fn at(&self) -> u64 {
        match *self {
            Self::Truncated { at, .. }
            | Self::Format { at }
            | Self::Command { at, .. }
            | Self::Order { at }
            | Self::CheckLine { at }
            | Self::Misplaced { at }
            | Self::Checksum { start: at, .. } => at,
        }
    }
}

/// The part that is missing at the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The rest of a command or of an annotation.
    Bytes,
    /// The EXEC of a transaction.
    Exec,
    /// The rest of a group whose check line is there.
    Group,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bytes => "inside a command or an annotation",
            Self::Exec => "before the EXEC of a transaction",
            Self::Group => "inside a group of units",
        })
    }
}
