//! The errors of commands; what they display is the protocol's own text.
//!
//! Always true: every text begins with its code; all texts stand here and nowhere else, in
//! alphabetical order of their variants.

use std::borrow::Cow;

/// An error reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A database index that is none (SELECT, MOVE, COPY, SWAPDB).
    #[error("ERR DB index is out of range")]
    DbIndex,
    /// A decrement that cannot be negated (DECRBY).
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    /// A float result that is not finite (INCRBYFLOAT).
    #[error("ERR increment would produce NaN or Infinity")]
    IncrementNan,
    /// An integer result beyond 64 bits (INCR and its kin).
    #[error("ERR increment or decrement would overflow")]
    IncrementOverflow,
    /// A deadline that makes no sense; the command's name in lower case.
    #[error("ERR invalid expire time in '{0}' command")]
    InvalidExpire(&'static str),
    /// A SCAN cursor that is not a number.
    #[error("ERR invalid cursor")]
    InvalidCursor,
    /// RENAME and its kin without a source; COPY.
    #[error("ERR no such key")]
    NoSuchKey,
    /// Not a floating point number.
    #[error("ERR value is not a valid float")]
    NotFloat,
    /// Not a 64-bit integer.
    #[error("ERR value is not an integer or out of range")]
    NotInteger,
    /// An offset beyond what a string may have (SETRANGE).
    #[error("ERR offset is out of range")]
    OffsetRange,
    /// Source and destination are the same object (MOVE, COPY).
    #[error("ERR source and destination objects are the same")]
    SameObject,
    /// A result longer than `proto-max-bulk-len` (APPEND, SETRANGE).
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    StringTooLong,
    /// Options that do not go together, or are unknown.
    #[error("ERR syntax error")]
    Syntax,
    /// The wrong number of arguments; the command's full name in lower case.
    #[error("ERR wrong number of arguments for '{0}' command")]
    WrongArity(Cow<'static, str>),
    /// The key holds another type.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    /// Any other text, complete with its code.
    #[error("{0}")]
    Text(Cow<'static, str>),
}

impl CommandError {
    /// An error with a fixed text, complete with its code.
    pub const fn text(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<russet_engine::WrongType> for CommandError {
    fn from(_: russet_engine::WrongType) -> Self {
        Self::WrongType
    }
}
