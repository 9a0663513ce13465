//! The bytes of RESP2 and RESP3: the one place that knows what `$` means.
//!
//! ```text
//!  request   *<args>\r\n  ( $<len>\r\n <bytes> \r\n ) …            or one inline line ending in \n
//!  reply     <type byte> <line> \r\n                               simple types
//!            <type byte> <len>  \r\n <bytes> \r\n                  $ ! =
//!            <type byte> <count>\r\n <replies …>                   * % ~ > |
//!            <type byte> ?      \r\n ( ;<len>\r\n<bytes>\r\n … ;0\r\n  |  <replies …> .\r\n )
//! ```
//!
//! Always true: every type byte is ASCII punctuation, so no reply type is mistaken for a length.
//! Not here: limits on what a peer may send — `limits.rs`.

/// The end of every line and of every bulk.
pub const CRLF: &[u8; 2] = b"\r\n";

/// `+` simple string (RESP2).
pub const SIMPLE: u8 = b'+';
/// `-` error line (RESP2).
pub const ERROR: u8 = b'-';
/// `:` signed 64-bit integer (RESP2).
pub const INTEGER: u8 = b':';
/// `$` bulk string (RESP2); `$-1` is the RESP2 null, `$?` a streamed string (RESP3).
pub const BULK: u8 = b'$';
/// `*` array (RESP2); `*-1` is the RESP2 null array, `*?` a streamed array (RESP3).
pub const ARRAY: u8 = b'*';
/// `_` null (RESP3).
pub const NULL: u8 = b'_';
/// `#` boolean, `#t` or `#f` (RESP3).
pub const BOOLEAN: u8 = b'#';
/// `,` double (RESP3).
pub const DOUBLE: u8 = b',';
/// `(` integer of any size (RESP3).
pub const BIG_NUMBER: u8 = b'(';
/// `!` error of any bytes, with a length (RESP3).
pub const BULK_ERROR: u8 = b'!';
/// `=` text with a three-byte format, as in `=7\r\ntxt:abc` (RESP3).
pub const VERBATIM: u8 = b'=';
/// `%` map, counted in pairs (RESP3).
pub const MAP: u8 = b'%';
/// `~` set (RESP3).
pub const SET: u8 = b'~';
/// `>` push: a message that answers no request (RESP3).
pub const PUSH: u8 = b'>';
/// `|` attributes, a map in front of the reply that it describes (RESP3).
pub const ATTRIBUTE: u8 = b'|';
/// `;` one chunk of a streamed string; an empty one ends it (RESP3).
pub const CHUNK: u8 = b';';
/// `.` end of a streamed aggregate (RESP3).
pub const END: u8 = b'.';
/// `?` in the place of a length: the length is not known yet (RESP3).
pub const STREAMED: u8 = b'?';

/// Bytes of the format and the colon in front of a verbatim text.
pub const VERBATIM_PREFIX_LEN: usize = 4;

/// The version of the protocol that a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The protocol every connection starts with.
    #[default]
    Resp2,
    /// RESP3, which `HELLO 3` switches to (since Redis 6.0).
    Resp3,
}

impl Protocol {
    /// The number that `HELLO` uses.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }

    /// The protocol with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            2 => Some(Self::Resp2),
            3 => Some(Self::Resp3),
            _ => None,
        }
    }
}
