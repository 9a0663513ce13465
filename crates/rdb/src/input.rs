//! The bytes that have arrived, and the small parts that every value consists of.
//!
//! ```text
//!  bytes of a value   │ read │ window: Input │ not here yet │
//!                            ▲               ▲
//!                            │               Input::partial: more may come
//!                            rest()          Input::whole: the value ends here at the latest
//! ```
//! Reading past the window stops with [`Stop::More`] if more bytes may come, and is an error if
//! they may not. The reader of a value then restores the window, so bytes that it did not use are
//! looked at again together with the ones that follow.
//!
//! Always true: after an error the place in the bytes means nothing, unless only the end of an
//! empty value was reached.
//! Not here: strings — `string.rs`; keeping unused bytes — `buffer.rs`

use crate::error::Error;
use crate::shape::StreamId;
use crate::wire;

/// A window on the bytes of a value: those that have arrived and were not read yet.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
    is_last: bool,
}

/// Why reading stops inside a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The rest has not arrived yet.
    More,
    /// The bytes are invalid.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<'a> Input<'a> {
    /// A window that nothing follows.
    #[must_use]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            is_last: true,
        }
    }

    /// A window that more bytes may follow.
    #[must_use]
    pub const fn partial(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            is_last: false,
        }
    }

    /// The bytes that were not read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether no more bytes may follow the window.
    pub(crate) const fn is_last(&self) -> bool {
        self.is_last
    }

    /// The stop of whoever needs bytes beyond the window.
    pub(crate) const fn beyond(&self) -> Stop {
        match self.is_last {
            true => Stop::Error(Error::Cut),
            false => Stop::More,
        }
    }

    pub(crate) fn take(&mut self, count: u64) -> Result<&'a [u8], Stop> {
        let taken = usize::try_from(count).ok();
        let taken = taken.and_then(|count| self.rest.split_at_checked(count));
        let (taken, rest) = taken.ok_or(self.beyond())?;
        self.rest = rest;
        Ok(taken)
    }

    /// As many of `count` bytes as have arrived, but not none.
    pub(crate) fn take_some(&mut self, count: u64) -> Result<&'a [u8], Stop> {
        match count.min(self.rest.len() as u64) {
            0 => Err(self.beyond()),
            count => self.take(count),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.beyond())?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Stop> {
        self.array().map(|[byte]| byte)
    }

    /// A length.
    pub(crate) fn length(&mut self) -> Result<u64, Stop> {
        match self.length_or_form()? {
            Ok(length) => Ok(length),
            Err(_) => Err(Error::Form.into()),
        }
    }

    /// A length, or the code of a special form of string that has none.
    pub(crate) fn length_or_form(&mut self) -> Result<Result<u64, u8>, Stop> {
        let first = self.byte()?;
        Ok(match first >> 6 {
            0 => Ok(u64::from(first)),
            1 => Ok(u64::from(u16::from_be_bytes([first & 0x3f, self.byte()?]))),
            2 => match first {
                wire::LEN_32BIT => Ok(u64::from(u32::from_be_bytes(self.array()?))),
                wire::LEN_64BIT => Ok(u64::from_be_bytes(self.array()?)),
                _ => return Err(Error::Form.into()),
            },
            _ => Err(first & !wire::FORM),
        })
    }

    /// A time in milliseconds.
    pub(crate) fn millis(&mut self) -> Result<i64, Stop> {
        self.array().map(i64::from_le_bytes)
    }

    /// A score as eight bytes.
    pub(crate) fn double(&mut self) -> Result<f64, Stop> {
        self.array().map(f64::from_le_bytes)
    }

    /// A score as text.
    pub(crate) fn double_as_text(&mut self) -> Result<f64, Stop> {
        match self.byte()? {
            wire::SCORE_NAN => Ok(f64::NAN),
            wire::SCORE_INF => Ok(f64::INFINITY),
            wire::SCORE_NEG_INF => Ok(f64::NEG_INFINITY),
            len => {
                let text = self.take(u64::from(len))?;
                Ok(russet_base::num::parse_f64(text).ok_or(Error::Form)?)
            }
        }
    }

    /// An identifier as two lengths.
    pub(crate) fn id(&mut self) -> Result<StreamId, Stop> {
        Ok(StreamId {
            ms: self.length()?,
            seq: self.length()?,
        })
    }

    /// An identifier as sixteen bytes.
    pub(crate) fn raw_id(&mut self) -> Result<StreamId, Stop> {
        let ms = u64::from_be_bytes(self.array()?);
        Ok(StreamId {
            ms,
            seq: u64::from_be_bytes(self.array()?),
        })
    }
}
