//! The conditions of SET and DELEX on the value that a key holds.
//!
//! ```text
//!              absent   present, string            present, another type
//!  NX          yes      no                         no
//!  XX          no       yes                        yes
//!  IFEQ  v     no       equal to v                 WRONGTYPE
//!  IFNE  v     yes      not equal to v             WRONGTYPE
//!  IFDEQ d     no       its digest is d            WRONGTYPE
//!  IFDNE d     yes      its digest is not d        WRONGTYPE
//! ```
//!
//! Always true: a digest is compared in any case of its letters, and must have all its digits.
//! Not here: what the commands answer when a condition fails.

use russet_base::xxh3::digest_text;
use russet_engine::{StringRef, ValueRef};

use crate::error::CommandError;

/// A condition on what a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// `NX`: nothing.
    Absent,
    /// `XX`: anything.
    Present,
    /// `IFEQ`: these bytes.
    Equal,
    /// `IFNE`: nothing, or other bytes.
    NotEqual,
    /// `IFDEQ`: bytes with this digest.
    DigestEqual,
    /// `IFDNE`: nothing, or bytes with another digest.
    DigestNotEqual,
}

impl Condition {
    /// Whether it holds for a key without a value.
    pub(super) const fn holds_absent(self) -> bool {
        matches!(self, Self::Absent | Self::NotEqual | Self::DigestNotEqual)
    }

    /// Whether it holds for this value, given the operand of the condition.
    pub(super) fn holds(self, value: ValueRef<'_>, operand: &[u8]) -> Result<bool, CommandError> {
        match self {
            Self::Absent => Ok(false),
            Self::Present => Ok(true),
            _ => self.holds_string(value.string()?, operand),
        }
    }

    /// Whether it holds for this string.
    pub(super) fn holds_string(
        self,
        value: StringRef<'_>,
        operand: &[u8],
    ) -> Result<bool, CommandError> {
        let bytes = value.as_bytes();
        match self {
            Self::Absent => Ok(false),
            Self::Present => Ok(true),
            Self::Equal => Ok(*bytes == *operand),
            Self::NotEqual => Ok(*bytes != *operand),
            Self::DigestEqual => has_digest(&bytes, operand),
            Self::DigestNotEqual => Ok(!has_digest(&bytes, operand)?),
        }
    }
}

fn has_digest(bytes: &[u8], digest: &[u8]) -> Result<bool, CommandError> {
    // COMPAT: only the length is checked; other characters are digests that nothing has.
    if digest.len() != DIGEST_LEN {
        return Err(CommandError::DigestLength);
    }
    Ok(digest_text(bytes).eq_ignore_ascii_case(digest))
}

/// The digits of a digest.
const DIGEST_LEN: usize = 16;
