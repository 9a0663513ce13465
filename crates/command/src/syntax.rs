//! The argument grammar of [`Row::takes`](crate::Row::takes): documentation notation, parsed.
//!
//! ```text
//!  key                    a parameter; its type follows from its name, or stands behind it:
//!                         min:integer, ID:string
//!  key [key ...]          once or more; several items become a block:
//!                         key value [key value ...]:data
//!  NX                     a token alone (`NX:nx` when a parameter follows it)
//!  "normal"               a token in lower case, or of other signs
//!  EX seconds             a token before a parameter, before <…> or before (…)
//!  [ … ]                  optional
//!  <A | B>:name           one of them, also [A | B]:name
//!  [A | B ...]:name       any number of them
//!  (a b):name             a block, also [a b]:name; after a token it needs no name
//!  pattern=by-pattern     shown as `pattern`, named `by-pattern`
//!  …@1                    its key spec, when it is not the next one
//!  …{6.2.0}  …{-2.8}      its first version; deprecated since
//! ```
//! The notation is read twice: at compile time only to count ([`Extent`]), at run time into a tree
//! for COMMAND DOCS.
//!
//! Always true: every node of a tree has a name; blocks and choices have children, others none.
//! Not here: key positions — `keys.rs`; which command takes what — the families.

mod extent;
mod parse;
mod types;

pub use extent::Extent;
pub use parse::{SyntaxError, parse};

use std::borrow::Cow;

/// The types of arguments, in the words of COMMAND DOCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Any bytes.
    String,
    /// A 64-bit integer.
    Integer,
    /// A floating point number.
    Double,
    /// The name of a key.
    Key,
    /// A glob pattern.
    Pattern,
    /// A moment.
    UnixTime,
    /// A fixed word and nothing else.
    PureToken,
    /// One of the arguments within.
    OneOf,
    /// The arguments within, in order.
    Block,
}

impl ArgumentKind {
    /// The name that COMMAND DOCS shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::PureToken => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }

    /// Whether arguments stand within it.
    pub const fn is_group(self) -> bool {
        matches!(self, Self::OneOf | Self::Block)
    }
}

/// One node of an argument tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument<'s> {
    /// Its name.
    pub name: Cow<'s, str>,
    /// Its type.
    pub kind: ArgumentKind,
    /// How documentation shows it; equal to the name unless the notation says otherwise.
    pub display: Cow<'s, str>,
    /// The word that stands before it, or is it.
    pub token: Option<Cow<'s, str>>,
    /// The key spec that finds it.
    pub key_spec: Option<u8>,
    /// Since which version.
    pub since: Option<&'s str>,
    /// Deprecated since which version.
    pub deprecated_since: Option<&'s str>,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it may be repeated.
    pub multiple: bool,
    /// Whether its token is repeated with it.
    pub multiple_token: bool,
    /// The arguments within a block or a choice.
    pub arguments: Vec<Self>,
}

#[cfg(test)]
mod tests;
