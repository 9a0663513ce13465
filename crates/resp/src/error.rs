//! Errors in the bytes of a peer.
//!
//! A [`ProtocolError`] shows the text that a server answers after `-ERR ` before it closes the
//! connection; the texts are the field's own, tools match on them.
//!
//! Always true: *more bytes needed* is never an error.
//! Not here: errors of commands — they are replies, see [`crate::Reply::error`].

use thiserror::Error;

/// A request that breaks the protocol. The connection cannot be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// An inline request without an end.
    #[error("Protocol error: too big inline request")]
    InlineTooBig,
    /// An inline request with a quote that does not close, or closes inside a word.
    #[error("Protocol error: unbalanced quotes in request")]
    UnbalancedQuotes,
    /// The line that declares the number of arguments has no end.
    #[error("Protocol error: too big mbulk count string")]
    MultibulkLineTooBig,
    /// The number of arguments is not a number or out of range.
    #[error("Protocol error: invalid multibulk length")]
    InvalidMultibulkLength,
    /// More arguments than a stranger may send.
    #[error("Protocol error: unauthenticated multibulk length")]
    StrangerMultibulkLength,
    /// The line that declares the length of an argument has no end.
    #[error("Protocol error: too big bulk count string")]
    BulkLineTooBig,
    /// Something else where an argument must begin.
    #[error("Protocol error: expected '$', got '{}'", printable(*got))]
    ExpectedBulk {
        /// The byte found.
        got: u8,
    },
    /// The length of an argument is not a number or out of range.
    #[error("Protocol error: invalid bulk length")]
    InvalidBulkLength,
    /// A longer argument than a stranger may send.
    #[error("Protocol error: unauthenticated bulk length")]
    StrangerBulkLength,
    /// A line or an argument that does not end in CR LF.
    // COMPAT: Redis skips the two bytes unseen, Valkey 9 refuses them with this text.
    #[error("Protocol error: invalid CRLF in request")]
    InvalidCrlf,
    /// A request whose bytes exceed what a span can address (4 GiB).
    #[error("Protocol error: request too large")]
    RequestTooLarge,
}

/// A reply that breaks the protocol or the client's limits. The stream cannot be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// No reply starts with this byte.
    #[error("unknown reply type byte {got:#04x}")]
    UnknownType {
        /// The byte found.
        got: u8,
    },
    /// A length or a count that is not a number.
    #[error("invalid length of a reply")]
    InvalidLength,
    /// A line that does not say what its type demands.
    #[error("invalid reply of type '{}'", char::from(*kind))]
    InvalidLine {
        /// The type byte.
        kind: u8,
    },
    /// A line or a string that does not end in CR LF.
    #[error("missing CR LF")]
    MissingCrlf,
    /// A chunk or an end without a stream, or something else inside a streamed string.
    #[error("streamed reply out of order at byte {got:#04x}")]
    StreamOrder {
        /// The type byte found.
        got: u8,
    },
    /// Attributes with no reply after them.
    #[error("attributes without a reply")]
    AttributeWithoutReply,
    /// A line without an end.
    #[error("reply line longer than {limit} bytes")]
    LineTooLong {
        /// The limit that was passed.
        limit: usize,
    },
    /// A string longer than the client accepts.
    #[error("reply string of {len} bytes, limit {limit}")]
    StringTooLong {
        /// The declared length, or the length so far of a streamed string.
        len: u64,
        /// The limit that was passed.
        limit: u64,
    },
    /// An aggregate with more elements than the client accepts.
    #[error("reply of {count} elements, limit {limit}")]
    TooManyElements {
        /// The declared count, or the count so far of a streamed aggregate.
        count: u64,
        /// The limit that was passed.
        limit: u64,
    },
    /// Aggregates nested too deeply.
    #[error("reply nested deeper than {limit}")]
    TooDeep {
        /// The limit that was passed.
        limit: u8,
    },
}

/// The byte as a character that cannot break the error line.
fn printable(byte: u8) -> char {
    match byte {
        b'\r' | b'\n' | 0 => ' ',
        _ => char::from(byte),
    }
}
