//! A large argument on its way into a buffer of its own.
//!
//! ```text
//!  buf   [ arrived ........ | zeroed room | capacity ]   declared: ──────────────────────────────►
//!        0             filled       buf.len()                                                need
//! ```
//!
//! Always true: the buffer is at most twice as long as what has arrived, or 64 KiB longer. What is
//! offered at once is bounded: zeroing megabytes would keep others waiting.
//! Not here: when an argument is large — `request.rs`.

use bytes::Bytes;

use crate::error::ProtocolError;
use crate::wire;

/// The least room offered for more, unless less is missing.
const SPACE_MIN: usize = 64 << 10;

/// The most room offered at once.
const SPACE_MAX: usize = 256 << 10;

/// A large argument, with the CR LF behind it.
#[derive(Debug)]
pub(crate) struct BigArg {
    /// Zeroed room; the first `filled` bytes have arrived.
    buf: Vec<u8>,
    filled: usize,
    /// The argument's length and two.
    need: usize,
}

impl BigArg {
    /// An argument of this length, of which something has arrived.
    pub(crate) fn new(len: usize, arrived: &[u8]) -> Self {
        Self {
            buf: arrived.to_vec(),
            filled: arrived.len(),
            need: len.saturating_add(wire::CRLF.len()),
        }
    }

    /// Room for what comes next; empty when nothing is missing.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.buf.len() == self.filled {
            if self.buf.capacity() == self.filled {
                let step = self.filled.max(SPACE_MIN).min(self.need - self.filled);
                self.buf.reserve_exact(step);
            }
            let room = self.buf.capacity().min(self.need) - self.filled;
            self.buf.resize(self.filled + room.min(SPACE_MAX), 0);
        }
        &mut self.buf[self.filled..]
    }

    /// Notes that the first `n` bytes of the room have arrived.
    pub(crate) fn fill(&mut self, n: usize) {
        assert!(
            n <= self.buf.len() - self.filled,
            "more than there was room for"
        );
        self.filled += n;
    }

    /// Takes what is missing from the front of `bytes`; gives how much that was.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_complete() {
            let space = self.space();
            let n = space.len().min(rest.len());
            let (now, later) = rest.split_at(n);
            space[..n].copy_from_slice(now);
            self.fill(n);
            rest = later;
        }
        bytes.len() - rest.len()
    }

    /// Whether nothing is missing.
    pub(crate) const fn is_complete(&self) -> bool {
        self.filled == self.need
    }

    /// The argument.
    pub(crate) fn finish(mut self) -> Result<Bytes, ProtocolError> {
        self.buf.truncate(self.filled);
        if !self.buf.ends_with(wire::CRLF) {
            return Err(ProtocolError::InvalidCrlf);
        }
        self.buf.truncate(self.filled - wire::CRLF.len());
        Ok(Bytes::from(self.buf))
    }

    /// How much has arrived.
    pub(crate) const fn len(&self) -> usize {
        self.filled
    }

    /// The memory that the argument holds.
    pub(crate) const fn memory(&self) -> usize {
        self.buf.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_memory_follows_what_has_arrived() {
        let len = 50 << 20;
        let mut arg = BigArg::new(len, b"some");
        while !arg.is_complete() {
            let room = arg.space().len();
            assert!(0 < room && room <= SPACE_MAX, "{room} after {}", arg.len());
            assert!(arg.memory() <= (2 * arg.len()).max(arg.len() + SPACE_MIN));
            arg.fill(room);
        }
        assert!(arg.space().is_empty());
        assert_eq!(arg.memory(), len + wire::CRLF.len());
    }
}
