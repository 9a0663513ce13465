//! Payloads of `FUNCTION DUMP` and `FUNCTION RESTORE`: the texts of libraries, as in a file.
//!
//! ```text
//!  245 text … 245 text │ version: u16 LE │ CRC-64: u64 LE
//! ```
//! Always true: what [`encode`] gives, [`decode`] takes.
//! Not here: libraries in files — `file/`; version and checksum — `payload.rs`

use std::borrow::Cow;

use crate::file::opcode::{FUNCTION, FUNCTION_EARLY};
use crate::{Input, Version, Writer, payload};

/// Why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionsError {
    /// Its version cannot be read, or its checksum is another one.
    #[error("DUMP payload version or checksum are wrong")]
    Footer,
    /// It holds something else.
    #[error("given type is not a function")]
    NotFunction,
    /// It was written by a release candidate of Redis 7.0.
    #[error("Pre-GA function format not supported")]
    Early,
    /// A text is cut or damaged.
    #[error("Failed loading library data")]
    Damaged,
}

/// Writes texts of libraries, whose version is that of Redis 7.0. O(N).
///
/// # Examples
/// ```
/// use russet_rdb::functions;
///
/// let bytes = functions::encode([&b"#!lua name=a"[..], b"#!lua name=b"]);
/// let texts = functions::decode(&bytes)?;
/// assert_eq!(texts.len(), 2);
/// assert_eq!(&texts[1][..], b"#!lua name=b");
/// # Ok::<(), functions::FunctionsError>(())
/// ```
pub fn encode<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.push(FUNCTION);
        let Ok(()) = Writer::new(&mut bytes).compressing(true).bytes(text);
    }
    payload::seal(&mut bytes, Version::REDIS_7_0);
    bytes
}

/// Reads the texts of libraries. O(N), and no text beyond [`TEXT_MAX`].
///
/// # Errors
/// [`FunctionsError`]
pub fn decode(bytes: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, FunctionsError> {
    let opened = payload::open(bytes).map_err(|_| FunctionsError::Footer)?;
    let mut input = Input::whole(opened.object);
    let mut texts = Vec::new();
    while let Ok(code) = input.byte() {
        match code {
            FUNCTION => {}
            FUNCTION_EARLY => return Err(FunctionsError::Early),
            _ => return Err(FunctionsError::NotFunction),
        }
        let raw = input.string(TEXT_MAX).ok();
        let text = raw.and_then(|raw| raw.bytes().ok());
        texts.push(text.ok_or(FunctionsError::Damaged)?);
    }
    Ok(texts)
}

/// The longest text of a library, in bytes.
pub const TEXT_MAX: u64 = 512 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_that_is_damaged_is_refused() {
        let long = vec![b'x'; 1000];
        let bytes = encode([&long[..], b"y"]);
        assert_eq!(decode(&bytes).map(|texts| texts.len()), Ok(2));
        for at in 0..bytes.len() {
            assert!(decode(&bytes[..at]).is_err());
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(&damaged).is_err());
        }
    }

    #[test]
    fn a_refusal_tells_what_is_wrong() {
        let sealed = |object: &[u8]| {
            let mut bytes = object.to_vec();
            payload::seal(&mut bytes, Version::REDIS_7_0);
            decode(&bytes).map(|texts| texts.len())
        };
        assert_eq!(sealed(b""), Ok(0));
        assert_eq!(sealed(b"\x00\x01a"), Err(FunctionsError::NotFunction));
        assert_eq!(sealed(b"\xf6\x01a"), Err(FunctionsError::Early));
        assert_eq!(sealed(b"\xf5\x05a"), Err(FunctionsError::Damaged));
        assert_eq!(sealed(b"\xf5"), Err(FunctionsError::Damaged));
    }
}
