//! The bytes of a stream that have arrived and were not used yet.
//!
//! Always true: it grows by what is appended, never by what a length declares.
//! Not here: reading them — `read/`

use crate::Input;

/// Keeps the bytes that a [`Reader`](crate::Reader) has not used, until the ones that it needs
/// have arrived.
///
/// It may be as small as the pieces that are appended, and grows only as far as a single item
/// requires: see [`Limits`](crate::Limits).
///
/// # Examples
/// ```
/// use russet_rdb::{Buffer, Next, ObjectType, Reader, Version};
///
/// let mut reader = Reader::new(ObjectType::SET, Version::REDIS_7_0)?;
/// let mut buffer = Buffer::default();
/// let mut members = Vec::new();
/// for piece in [&b"\x02\x05app"[..], b"le", b"\xc0\x07"] {
///     buffer.append(piece);
///     loop {
///         let mut input = buffer.input();
///         let next = reader.next(&mut input)?;
///         let is_idle = matches!(next, Next::More | Next::End);
///         if let Next::Item(item) = next {
///             members.push(format!("{item:?}"));
///         }
///         buffer.keep(input.rest().len());
///         if is_idle {
///             break;
///         }
///     }
/// }
/// assert_eq!(members.len(), 2);
/// # Ok::<(), russet_rdb::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// How many of them were used.
    used: usize,
    is_ended: bool,
}

impl Buffer {
    /// Appends bytes that have arrived.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.used > 0 && self.bytes.len() + bytes.len() > self.bytes.capacity() {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Declares that no more bytes will arrive.
    pub fn end(&mut self) {
        self.is_ended = true;
    }

    /// The window on the bytes that were not used.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        let bytes = &self.bytes[self.used..];
        match self.is_ended {
            true => Input::whole(bytes),
            false => Input::partial(bytes),
        }
    }

    /// Drops all bytes but the last `count`: what a window that was read from has as its
    /// [`rest`](Input::rest).
    pub fn keep(&mut self, count: usize) {
        self.used = self.bytes.len() - count.min(self.bytes.len());
        if count == 0 {
            self.bytes.clear();
            self.used = 0;
        }
    }

    /// The memory that is reserved.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}
