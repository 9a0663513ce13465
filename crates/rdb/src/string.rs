//! Strings: as they are, as integers, or compressed; whole or in pieces.
//!
//! ```text
//!              all of it in the window ─────────────────────► Text
//!  element ──┤
//!              longer than `Limits::text_max` ──► Long ─────► Piece … Piece (left: 0)
//! ```
//! Only strings that are items by themselves come in pieces. A member with its score, or a field
//! with its value, is read as a whole.
//!
//! Always true: an integer is one whose text is canonical, so nothing is lost by keeping it so;
//! nothing is decompressed before all of its item has arrived, or it is long.
//! Not here: strings that are listpacks — `check.rs`; joining pieces — `pieces.rs`

use std::borrow::Cow;
use std::fmt;

use russet_base::num::{self, I64Buf};
use russet_pack::Malformed;
use russet_pack::listpack::Entry;
use russet_pack::lzf::{self, Decoder};

use crate::error::Error;
use crate::input::{Input, Stop};
use crate::limits::Limits;
use crate::wire;

/// A string, or the integer that it spells.
///
/// # Examples
/// ```
/// use russet_rdb::{Entry, Text};
///
/// let text = Text::from(&b"caf\xe9"[..]);
/// assert_eq!(format!("{text:?}"), "Bytes(\"caf\\xe9\")");
/// // Elements of packed collections are entries of listpacks.
/// assert_eq!(Text::from(Entry::Int(7)), Text::Int(7));
/// ```
#[derive(Clone, PartialEq, Eq)]
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

impl<'a> From<Entry<'a>> for Text<'a> {
    fn from(entry: Entry<'a>) -> Self {
        match entry {
            Entry::Int(n) => Self::Int(n),
            Entry::Str(bytes) => Self::from(bytes),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "Int({n})"),
            Self::Bytes(bytes) => write!(f, "Bytes(\"{}\")", bytes.escape_ascii()),
        }
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

    /// The same string, independent of the bytes that it was read from.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        match self {
            Self::Int(n) => Text::Int(n),
            Self::Bytes(bytes) => Text::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// A piece of a long string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The bytes of the piece, never empty.
    pub bytes: Cow<'a, [u8]>,
    /// The number of bytes of the string behind this piece: 0 in its last piece.
    pub left: u64,
}

/// Strings up to this length are not worth compressing.
pub(crate) const COMPRESSED_LEN_MIN: usize = 21;
/// The number of bytes that compression must save.
pub(crate) const COMPRESSION_SAVES_MIN: usize = 4;
/// The longest piece of a string that was compressed.
const UNPACKED_PIECE_MAX: usize = 64 << 10;

/// A string that has arrived as a whole and was not decoded yet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Raw<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Compressed { packed: &'a [u8], len: u64 },
}

impl<'a> Raw<'a> {
    pub(crate) fn text(self) -> Result<Text<'a>, Error> {
        Ok(match self {
            Self::Int(n) => Text::Int(n),
            Self::Bytes(bytes) => Text::from(bytes),
            Self::Compressed { packed, len } => Text::Bytes(Cow::Owned(unpacked(packed, len)?)),
        })
    }

    pub(crate) fn bytes(self) -> Result<Cow<'a, [u8]>, Error> {
        Ok(match self.text()? {
            Text::Bytes(bytes) => bytes,
            int @ Text::Int(_) => Cow::Owned(int.into_vec()),
        })
    }
}

fn unpacked(packed: &[u8], len: u64) -> Result<Vec<u8>, Error> {
    let len = usize::try_from(len).map_err(|_| Error::TooLong { len })?;
    let mut bytes = Vec::new();
    lzf::decompress(packed, len, &mut bytes).map_err(Error::Compressed)?;
    Ok(bytes)
}

/// The front of a string.
enum Head {
    Int(i64),
    Plain(u64),
    Compressed { packed_len: u64, len: u64 },
}

/// A string that is an item by itself.
pub(crate) enum Element<'a> {
    Whole(Text<'a>),
    Long(Long),
}

impl<'a> Input<'a> {
    /// A string that is not longer than `len_max`, as a whole.
    pub(crate) fn string(&mut self, len_max: u64) -> Result<Raw<'a>, Stop> {
        let bounded = |len: u64| match len <= len_max {
            true => Ok(len),
            false => Err(Error::TooLong { len }),
        };
        Ok(match self.head()? {
            Head::Int(n) => Raw::Int(n),
            Head::Plain(len) => Raw::Bytes(self.take(bounded(len)?)?),
            Head::Compressed { packed_len, len } => Raw::Compressed {
                packed: self.take(bounded(packed_len)?)?,
                len: bounded(len)?,
            },
        })
    }

    /// A string that is an item by itself: whole if it is here or short, else the way to its
    /// pieces.
    pub(crate) fn element(&mut self, limits: Limits) -> Result<Element<'a>, Stop> {
        Ok(match self.head()? {
            Head::Int(n) => Element::Whole(Text::Int(n)),
            Head::Plain(len) if len <= limits.text_max || len <= self.rest().len() as u64 => {
                Element::Whole(Text::from(self.take(len)?))
            }
            Head::Plain(len) => Element::Long(Long::Plain(len)),
            Head::Compressed { packed_len, len } if packed_len.max(len) <= limits.text_max => {
                let packed = self.take(packed_len)?;
                Element::Whole(Raw::Compressed { packed, len }.text()?)
            }
            Head::Compressed { packed_len, len } => {
                let decoder = Decoder::new(packed_len, len).map_err(Error::Compressed)?;
                Element::Long(Long::Compressed(Box::new(Unpacking {
                    decoder,
                    packed_left: packed_len,
                    left: len,
                    history: Vec::new(),
                })))
            }
        })
    }

    fn head(&mut self) -> Result<Head, Stop> {
        Ok(match self.length_or_form()? {
            Ok(len) => Head::Plain(len),
            Err(wire::FORM_I8) => Head::Int(i64::from(i8::from_le_bytes(self.array()?))),
            Err(wire::FORM_I16) => Head::Int(i64::from(i16::from_le_bytes(self.array()?))),
            Err(wire::FORM_I32) => Head::Int(i64::from(i32::from_le_bytes(self.array()?))),
            Err(wire::FORM_LZF) => Head::Compressed {
                packed_len: self.length()?,
                len: self.length()?,
            },
            Err(_) => return Err(Error::Form.into()),
        })
    }
}

/// A string of which a part was read.
#[derive(Clone, Debug)]
pub(crate) enum Long {
    /// How many bytes are left.
    Plain(u64),
    Compressed(Box<Unpacking>),
}

/// A compressed string of which a part was read.
#[derive(Clone, Debug)]
pub(crate) struct Unpacking {
    decoder: Decoder,
    packed_left: u64,
    left: u64,
    /// The last bytes that were decoded: later ones may repeat them.
    history: Vec<u8>,
}

impl Long {
    pub(crate) fn next<'a>(&mut self, input: &mut Input<'a>) -> Result<Piece<'a>, Stop> {
        match self {
            Self::Plain(left) => {
                let bytes = input.take_some(*left)?;
                *left -= bytes.len() as u64;
                Ok(Piece {
                    bytes: Cow::Borrowed(bytes),
                    left: *left,
                })
            }
            Self::Compressed(unpacking) => unpacking.next(input),
        }
    }
}

impl Unpacking {
    fn next<'a>(&mut self, input: &mut Input<'a>) -> Result<Piece<'a>, Stop> {
        // Nothing changes here until something was decoded: the caller restores the window then.
        let mut decoder = self.decoder;
        let here = self.packed_left.min(input.rest().len() as u64);
        let packed = &input.rest()[..here as usize];
        let mut behind = packed;
        let had = self.history.len();
        let decoded = decoder.decode(&mut behind, UNPACKED_PIECE_MAX, &mut self.history);
        decoded.map_err(Error::Compressed)?;
        let len = (self.history.len() - had) as u64;
        let read = (packed.len() - behind.len()) as u64;
        if len == 0 && read < self.packed_left {
            return Err(input.beyond());
        }
        if len == self.left && read < self.packed_left {
            let at = decoder.offset();
            return Err(Error::Compressed(Malformed::Element { at }).into());
        }
        if len == self.left || len == 0 {
            decoder.finish().map_err(Error::Compressed)?;
        }
        input.take(read)?;
        (self.decoder, self.packed_left, self.left) =
            (decoder, self.packed_left - read, self.left - len);
        let bytes = self.history[had..].to_vec();
        let past = self.history.len().saturating_sub(lzf::HISTORY_MAX);
        self.history.drain(..past);
        Ok(Piece {
            bytes: Cow::Owned(bytes),
            left: self.left,
        })
    }
}
