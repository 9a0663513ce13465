//! Bytes of a file, gathered for the checksum and the sink.
//!
//! Always true: the sink gets bytes in order, and the checksum is that of all that it has.
//! Not here: what is written — `write.rs`

use russet_pack::crc64;

use crate::Sink;

/// Gathers bytes for the checksum and the sink.
#[derive(Debug)]
pub(super) struct Gather<S> {
    sink: S,
    gathered: Vec<u8>,
    /// A buffer that is lent.
    spare: Vec<u8>,
    /// The checksum and the number of the bytes that the sink has.
    crc: u64,
    given: u64,
}

/// The size of the pieces that a sink gets.
const GATHERED_MAX: usize = 64 << 10;

impl<S> Gather<S> {
    /// Goes on with another sink, and returns the one before.
    pub(super) fn replace_sink<T>(self, sink: T) -> (Gather<T>, S) {
        let Self {
            sink: before,
            gathered,
            spare,
            crc,
            given,
        } = self;
        let gather = Gather {
            sink,
            gathered,
            spare,
            crc,
            given,
        };
        (gather, before)
    }

    pub(super) fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The number of bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.given + self.gathered.len() as u64
    }
}

impl<S: Sink> Gather<S> {
    pub(super) fn new(sink: S) -> Self {
        Self {
            sink,
            gathered: Vec::with_capacity(GATHERED_MAX),
            spare: Vec::new(),
            crc: 0,
            given: 0,
        }
    }

    /// Gives the rest to the sink, and returns it with the checksum of all bytes.
    pub(super) fn finish(mut self) -> Result<(S, u64), S::Error> {
        self.flush()?;
        Ok((self.sink, self.crc))
    }

    fn flush(&mut self) -> Result<(), S::Error> {
        let gathered = std::mem::take(&mut self.gathered);
        let given = self.give(&gathered);
        self.gathered = gathered;
        self.gathered.clear();
        given
    }

    fn give(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.crc = crc64::update(self.crc, bytes);
        self.given += bytes.len() as u64;
        self.sink.write(bytes)
    }

    #[cold]
    fn write_full(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.flush()?;
        let (pieces, rest) = bytes.split_at(bytes.len() - bytes.len() % GATHERED_MAX);
        for piece in pieces.chunks(GATHERED_MAX) {
            self.give(piece)?;
        }
        self.gathered.extend_from_slice(rest);
        Ok(())
    }
}

impl<S: Sink> Sink for Gather<S> {
    type Error = S::Error;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        if self.gathered.len() + bytes.len() > GATHERED_MAX {
            return self.write_full(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn lend_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    #[inline]
    fn take_back_buffer(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.spare = buffer;
    }
}
