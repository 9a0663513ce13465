//! A value that a read found, borrowed from the key space.
//!
//! Always true: it says where a value lies and copies nothing.
//! Not here: what a reader of each type can ask — `types/`

use crate::types::form::Form;
use crate::value::{Access, Encoding, Kind, Millis, StringRef, WrongType};

/// The content of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A string.
    String(StringRef<'a>),
    /// Any other kind.
    Collection(Form<'a>),
}

/// A value found by a read, borrowed from the key space.
#[derive(Debug, Clone, Copy)]
pub struct ValueRef<'a> {
    pub(crate) kind: Kind,
    pub(crate) encoding: Encoding,
    pub(crate) deadline: Option<Millis>,
    pub(crate) access: Access,
    pub(crate) content: Content<'a>,
}

impl<'a> ValueRef<'a> {
    /// The kind of the value.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How it is encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The key's deadline, if it has one.
    pub fn deadline(&self) -> Option<Millis> {
        self.deadline
    }

    /// When the key was last used, as of before this read.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The value as a string.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    pub fn string(&self) -> Result<StringRef<'a>, WrongType> {
        match self.content {
            Content::String(string) => Ok(string),
            Content::Collection(_) => Err(WrongType),
        }
    }

    /// The bytes of a collection that is packed; nothing of other values.
    #[must_use]
    pub fn packed(&self) -> Option<&'a [u8]> {
        match self.content {
            Content::Collection(Form::Packed(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The value as a collection of that kind, where it lies.
    ///
    /// # Errors
    /// [`WrongType`] when it is of another kind.
    #[inline]
    pub(crate) fn form(&self, kind: Kind) -> Result<Form<'a>, WrongType> {
        match self.content {
            Content::Collection(form) if self.kind == kind => Ok(form),
            _ => Err(WrongType),
        }
    }
}
