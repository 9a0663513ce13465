//! Strings: as they are, as integers, or compressed.
//!
//! Always true: an integer is one whose text is canonical, so nothing is lost by keeping it so.
//! Not here: strings that are listpacks — `check.rs`

use std::borrow::Cow;

use russet_base::num::{self, I64Buf};
use russet_pack::lzf;

use crate::{Error, Input, wire};

/// A string, or the integer that it spells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// An integer in canonical form.
    Int(i64),
    /// Any bytes.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl Text<'_> {
    /// The bytes; the digits of an integer are put into `buf`.
    #[must_use]
    pub fn bytes<'b>(&'b self, buf: &'b mut I64Buf) -> &'b [u8] {
        match self {
            Self::Int(n) => num::format_i64(*n, buf),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The bytes as a vector of their own.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Int(n) => num::format_i64(n, &mut I64Buf::new()).to_vec(),
            Self::Bytes(bytes) => bytes.into_owned(),
        }
    }
}

/// Strings up to this length are not worth compressing.
pub(crate) const COMPRESSED_LEN_MIN: usize = 21;
/// What compression must save.
pub(crate) const COMPRESSION_SAVES_MIN: usize = 4;

impl<'a> Input<'a> {
    /// A string.
    pub(crate) fn text(&mut self) -> Result<Text<'a>, Error> {
        Ok(match self.length_or_form()? {
            Ok(length) => Text::from(self.take(length)?),
            Err(wire::FORM_I8) => Text::Int(i64::from(i8::from_le_bytes(self.array()?))),
            Err(wire::FORM_I16) => Text::Int(i64::from(i16::from_le_bytes(self.array()?))),
            Err(wire::FORM_I32) => Text::Int(i64::from(i32::from_le_bytes(self.array()?))),
            Err(wire::FORM_LZF) => {
                let (packed_len, len) = (self.length()?, self.length()?);
                let packed = self.take(packed_len)?;
                let len = usize::try_from(len).map_err(|_| Error::Form)?;
                let mut bytes = Vec::new();
                lzf::decompress(packed, len, &mut bytes).map_err(Error::Compressed)?;
                Text::Bytes(Cow::Owned(bytes))
            }
            Err(_) => return Err(Error::Form),
        })
    }

    /// A string as bytes.
    pub(crate) fn bytes(&mut self) -> Result<Cow<'a, [u8]>, Error> {
        Ok(match self.text()? {
            Text::Bytes(bytes) => bytes,
            int @ Text::Int(_) => Cow::Owned(int.into_vec()),
        })
    }
}
