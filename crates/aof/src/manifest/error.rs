//! Why a manifest is refused.
//!
//! Always true: the texts are those that Redis logs; tools and tests look for them.

use std::fmt;

use thiserror::Error;

/// A manifest that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}")]
pub struct ManifestError {
    /// The reason.
    pub fault: ManifestFault,
    /// The line at fault, if there is a single one: its number, from 1, and its text.
    pub line: Option<(usize, Vec<u8>)>,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestFault {
    /// There is no line.
    Empty,
    /// A line is too long, or the last one has no end.
    LineTooLong,
    /// A line is blank, lacks a key, has a key without a value, or an unknown kind of checksum.
    Format,
    /// The name of a file is a path, or would be one.
    Path,
    /// There are two base files.
    DuplicateBase,
    /// The number of an increment is not above that of the one before.
    NotMonotonic,
    /// The type is none of base, increment and history.
    UnknownType,
    /// The text differs from what was written.
    Checksum,
    /// A file is checked, or has its size listed, and the manifest itself has no checksum.
    ChecksumMissing,
}

impl fmt::Display for ManifestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Found an empty AOF manifest",
            Self::LineTooLong => "The AOF manifest file contains too long line",
            Self::Format => "Invalid AOF manifest file format",
            Self::Path => "File can't be a path, just a filename",
            Self::DuplicateBase => "Found duplicate base file information",
            Self::NotMonotonic => "Found a non-monotonic sequence number",
            Self::UnknownType => "Unknown AOF file type",
            Self::Checksum => "The checksum of the AOF manifest does not match",
            Self::ChecksumMissing => "The AOF manifest lacks its checksum",
        })
    }
}
