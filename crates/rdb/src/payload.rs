//! What DUMP returns: a value with a version and a checksum behind it.
//!
//! Always true: what [`seal`] closes, [`open`] opens.
//! Not here: the value — `ObjectReader`, `Writer`

use russet_pack::crc64;

use crate::{Error, Version};

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

/// Whether the checksum of a payload is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It must match.
    Verified,
    /// It may be any: for tests that break payloads on purpose.
    Ignored,
}

/// Puts version and checksum behind a type code and a value.
pub fn seal(bytes: &mut Vec<u8>, version: Version) {
    bytes.extend_from_slice(&version.0.to_le_bytes());
    let checksum = crc64::checksum(bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
}

/// Checks version and checksum.
///
/// # Errors
/// [`Error::Version`] and [`Error::Checksum`].
pub fn open(bytes: &[u8]) -> Result<Payload<'_>, Error> {
    open_with(bytes, Checksum::Verified)
}

/// [`open`], with a choice.
///
/// # Errors
/// [`Error::Version`] and [`Error::Checksum`].
pub fn open_with(bytes: &[u8], checksum: Checksum) -> Result<Payload<'_>, Error> {
    let at = bytes.len().checked_sub(FOOTER_LEN).ok_or(Error::Checksum)?;
    let (object, footer) = bytes.split_at(at);
    let [a, b, sum @ ..] = *footer.first_chunk::<FOOTER_LEN>().ok_or(Error::Checksum)?;
    let version = Version(u16::from_le_bytes([a, b]));
    if !version.is_readable() {
        return Err(Error::Version(version));
    }
    let is_right = || crc64::checksum(&bytes[..at + 2]) == u64::from_le_bytes(sum);
    match checksum {
        Checksum::Verified if !is_right() => Err(Error::Checksum),
        _ => Ok(Payload { object, version }),
    }
}
