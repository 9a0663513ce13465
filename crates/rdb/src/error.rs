//! Why bytes are not a value.
//!
//! Always true: an error says what is wrong; what a client is told is its caller's.

use std::fmt;

use russet_pack::Malformed;
use thiserror::Error;

use crate::{ObjectType, Shape, Version};

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The checksum at the end is of other bytes.
    #[error("the checksum does not match")]
    Checksum,
    /// A version that is not known.
    #[error("version {} is not known", .0.0)]
    Version(Version),
    /// A type that is not known, or that of a module.
    #[error("type {} is not known", .0.0)]
    UnknownType(ObjectType),
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Cut,
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
    /// A length, a string or a number in a form that is not known.
    #[error("a form that is not known")]
    Form,
    /// A packed part is broken.
    #[error("{part} integrity check failed: {why}")]
    Packed {
        /// Which one.
        part: Part,
        /// What is wrong with it.
        why: Malformed,
    },
    /// A packed part whose elements do not go together: half a pair, out of order, not a score.
    #[error("{part} integrity check failed: elements that do not go together")]
    Elements {
        /// Which one.
        part: Part,
    },
    /// A packed part with an element twice.
    #[error("{part} with dup elements: integrity check failed")]
    Repeated {
        /// Which one.
        part: Part,
    },
    /// A compressed string is broken.
    #[error("a compressed string: {0}")]
    Compressed(Malformed),
    /// A collection without elements.
    #[error("a collection without elements")]
    Empty,
    /// A score that is no number, or a deadline that is no moment.
    #[error("a score or a deadline that is none")]
    Number,
    /// A block of a stream that does not follow its grammar.
    #[error("Stream listpack integrity check failed: not entries of a stream")]
    StreamBlock,
    /// Parts of a stream that contradict each other.
    #[error("a stream whose parts contradict each other")]
    Stream,
}

/// A packed part, in the words of those who look for it in a log.
// COMPAT: tools and tests match on `… integrity check failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A ziplist.
    Ziplist(Shape),
    /// A listpack.
    Listpack(Shape),
    /// A zipmap.
    Zipmap,
    /// An intset.
    Intset,
    /// A block of a stream.
    Stream,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shape, form) = match self {
            Self::Ziplist(shape) => (shape, "ziplist"),
            Self::Listpack(shape) => (shape, "listpack"),
            Self::Zipmap => return f.write_str("Zipmap"),
            Self::Intset => return f.write_str("Intset"),
            Self::Stream => return f.write_str("Stream listpack"),
        };
        let name = match shape {
            Shape::List => "List",
            Shape::Intset | Shape::Set => "Set",
            Shape::Zset => "Zset",
            Shape::Hash | Shape::HashEx => "Hash",
        };
        write!(f, "{name} {form}")
    }
}
