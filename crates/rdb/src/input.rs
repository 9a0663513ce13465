//! Reading the pieces that everything consists of.
//!
//! Always true: after an error the place in the bytes means nothing.
//! Not here: strings — `string.rs`

use crate::item::StreamId;
use crate::{Error, wire};

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// From the first of these bytes on.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, count: u64) -> Result<&'a [u8], Error> {
        let count = usize::try_from(count).map_err(|_| Error::Cut)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Error::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Error::Cut)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    /// A length.
    pub(crate) fn length(&mut self) -> Result<u64, Error> {
        match self.length_or_form()? {
            Ok(length) => Ok(length),
            Err(_) => Err(Error::Form),
        }
    }

    /// A length, or the form of a string that has none.
    pub(crate) fn length_or_form(&mut self) -> Result<Result<u64, u8>, Error> {
        let first = self.byte()?;
        Ok(match first >> 6 {
            0 => Ok(u64::from(first)),
            1 => Ok(u64::from(u16::from_be_bytes([first & 0x3f, self.byte()?]))),
            2 => match first {
                wire::LEN_32BIT => Ok(u64::from(u32::from_be_bytes(self.array()?))),
                wire::LEN_64BIT => Ok(u64::from_be_bytes(self.array()?)),
                _ => return Err(Error::Form),
            },
            _ => Err(first & !wire::FORM),
        })
    }

    /// A moment in milliseconds.
    pub(crate) fn millis(&mut self) -> Result<i64, Error> {
        self.array().map(i64::from_le_bytes)
    }

    /// A score as eight bytes.
    pub(crate) fn double(&mut self) -> Result<f64, Error> {
        self.array().map(f64::from_le_bytes)
    }

    /// A score as text.
    pub(crate) fn double_as_text(&mut self) -> Result<f64, Error> {
        match self.byte()? {
            wire::SCORE_NAN => Ok(f64::NAN),
            wire::SCORE_INF => Ok(f64::INFINITY),
            wire::SCORE_NEG_INF => Ok(f64::NEG_INFINITY),
            len => {
                let text = self.take(u64::from(len))?;
                russet_base::num::parse_f64(text).ok_or(Error::Form)
            }
        }
    }

    /// An identifier as two lengths.
    pub(crate) fn id(&mut self) -> Result<StreamId, Error> {
        Ok(StreamId {
            ms: self.length()?,
            seq: self.length()?,
        })
    }

    /// An identifier as sixteen bytes.
    pub(crate) fn raw_id(&mut self) -> Result<StreamId, Error> {
        let ms = u64::from_be_bytes(self.array()?);
        Ok(StreamId {
            ms,
            seq: u64::from_be_bytes(self.array()?),
        })
    }
}
