//! Payloads of `DUMP` and `RESTORE`: a type code and a value, with a version and a checksum behind.
//!
//! Always true: what [`seal`] closes, [`open`] opens.
//! Not here: the value — `read/`, `write.rs`

use russet_pack::crc64;

use crate::input::Stop;
use crate::{Error, Input, ObjectType, Reader, Version};

/// Bytes behind the value.
const FOOTER_LEN: usize = 2 + 8;

/// An opened payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The type code and the value.
    pub object: &'a [u8],
    /// The version.
    pub version: Version,
}

impl<'a> Payload<'a> {
    /// Returns a reader of the value, and the bytes of the value.
    ///
    /// # Errors
    /// The type is unknown, or there is no type code.
    ///
    /// # Examples
    /// ```
    /// use russet_rdb::{Item, Next, Text, Version, payload};
    ///
    /// let mut bytes = b"\x00\x05hello".to_vec();
    /// payload::seal(&mut bytes, Version::REDIS_7_0);
    /// let (mut reader, mut input) = payload::open(&bytes)?.reader()?;
    /// let hello = Item::Text(Text::from(&b"hello"[..]));
    /// assert_eq!(reader.next(&mut input)?, Next::Item(hello));
    /// assert_eq!(reader.next(&mut input)?, Next::End);
    /// # Ok::<(), russet_rdb::Error>(())
    /// ```
    pub fn reader(self) -> Result<(Reader, Input<'a>), Error> {
        let mut input = Input::whole(self.object);
        let code = input.byte().map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::More => Error::Cut,
        })?;
        Ok((Reader::new(ObjectType(code), self.version)?, input))
    }
}

/// Whether the checksum of a payload is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It must match.
    Verified,
    /// It may be anything: for tests that break payloads on purpose.
    Ignored,
}

/// Appends version and checksum to a type code and a value.
pub fn seal(bytes: &mut Vec<u8>, version: Version) {
    bytes.extend_from_slice(&version.0.to_le_bytes());
    let checksum = crc64::checksum(bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
}

/// Checks version and checksum.
///
/// # Errors
/// [`Error::Cut`], [`Error::Version`] or [`Error::Checksum`].
pub fn open(bytes: &[u8]) -> Result<Payload<'_>, Error> {
    open_with(bytes, Checksum::Verified)
}

/// Opens a payload like [`open`], verifying the checksum or not.
///
/// # Errors
/// [`Error::Cut`], [`Error::Version`] or [`Error::Checksum`].
pub fn open_with(bytes: &[u8], checksum: Checksum) -> Result<Payload<'_>, Error> {
    let (object, footer) = bytes.split_last_chunk::<FOOTER_LEN>().ok_or(Error::Cut)?;
    let [a, b, sum @ ..] = *footer;
    let version = Version(u16::from_le_bytes([a, b]));
    if !version.is_readable() {
        return Err(Error::Version(version));
    }
    let is_right = || crc64::checksum(&bytes[..object.len() + 2]) == u64::from_le_bytes(sum);
    match checksum {
        Checksum::Verified if !is_right() => Err(Error::Checksum),
        _ => Ok(Payload { object, version }),
    }
}
