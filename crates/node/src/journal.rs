//! The journal: the sequence of changes as bytes with positions, for files, replicas and tests.
//!
//! ```text
//!  record  record   end_unit          record   end_unit     seal
//!  ───────►───────►─────┬───────────►───────►─────┬───────────┬──► chunk, shared by count
//!  [MULTI SELECT a  b EXEC][ SELECT c             ]           │
//!  ▲ start                 ▲ end = Offset         ▲ end       │
//!                                                   readers: an offset and a limit each
//! ```
//! A unit is what one command, transaction or script changed. The journal frames it: SELECT where
//! the database differs from the one before, MULTI and EXEC around two records or more. A request
//! that was received in its canonical form is copied verbatim.
//!
//! | state | record | end_unit | seal | attach |
//! |---|---|---|---|---|
//! | idle (no reader) | ignored | nothing | nothing | → between units |
//! | between units | → in a unit | nothing | → a chunk | a reader more, SELECT anew |
//! | in a unit of one record | → MULTI, of several | → between, offset moves | refused | refused |
//! | in a unit of several | stays | EXEC, → between, offset moves | refused | refused |
//!
//! Always true: an offset is the end of a unit; what is in no unit has no offset.
//! Always true: a reader sees whole units, in order, from the offset at which it was attached.
//! Not here: which commands are recorded, and in which form — `russet_command::Effects`,
//! `effects.rs`.

mod readers;

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use russet_base::num::{I64Buf, format_u64};
use russet_resp::{Args, encode_request};

use readers::Readers;
pub use readers::{Lost, ReaderId};

/// A position in the journal, in bytes from its beginning; always the end of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

/// The frame around a unit of several records.
const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

/// The room that is taken for bytes at a time.
const ROOM_SIZE: usize = 64 << 10;

/// The sequence of changes.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Sealed bytes that a reader may still want, oldest first.
    chunks: VecDeque<Bytes>,
    /// The position of the first byte of `chunks`, or of `open` when there is none.
    start: u64,
    /// Bytes behind the chunks: whole units, then the unit that is open.
    open: BytesMut,
    /// The length of the whole units in `open`.
    closed: usize,
    /// The number of records in the unit that is open.
    records: u32,
    /// The end of the last unit.
    end: u64,
    /// The database that a reader has selected behind the last record.
    selected: Option<usize>,
    readers: Readers,
}

impl Journal {
    /// Whether anybody reads, so that changes are to be recorded.
    pub(crate) fn has_readers(&self) -> bool {
        !self.readers.is_empty()
    }

    /// The end of the last unit.
    #[inline]
    pub(crate) fn end(&self) -> Offset {
        Offset(self.end)
    }

    /// Records a request as it was received, for this database.
    #[inline]
    pub(crate) fn record(&mut self, db: usize, request: Args<'_>) {
        match request.verbatim() {
            Some(bytes) => self.record_bytes(db, bytes, 1),
            None => {
                let mut bytes = Vec::with_capacity(request.size() + 16 * (request.len() + 1));
                request.encode(&mut bytes);
                self.record_bytes(db, &bytes, 1);
            }
        }
    }

    /// Records requests that are encoded one after the other.
    #[inline]
    pub(crate) fn record_bytes(&mut self, db: usize, bytes: &[u8], count: u32) {
        if count == 0 {
            return;
        }
        if self.records == 1 || (self.records == 0 && count > 1) {
            self.frame_unit();
        }
        self.reserve(bytes.len());
        if self.selected != Some(db) {
            self.select(db);
        }
        self.open.extend_from_slice(bytes);
        self.records = self.records.saturating_add(count);
    }

    /// Records one request of these words.
    pub(crate) fn record_words(&mut self, db: usize, words: &[&[u8]]) {
        let mut bytes = Vec::new();
        encode_request(words, &mut bytes);
        self.record_bytes(db, &bytes, 1);
    }

    /// Whether the open unit has a record.
    #[inline]
    pub(crate) fn is_in_unit(&self) -> bool {
        self.records > 0
    }

    /// Ends the unit, if it has a record.
    #[inline]
    pub(crate) fn end_unit(&mut self) {
        if self.records == 0 {
            return;
        }
        if self.records > 1 {
            self.close_frame();
        }
        self.records = 0;
        self.end += (self.open.len() - self.closed) as u64;
        self.closed = self.open.len();
    }

    /// Makes all whole units readable. Called once a turn.
    pub(crate) fn seal(&mut self) {
        debug_assert!(self.records == 0, "a unit is sealed as a whole");
        if self.closed > 0 {
            let chunk = self.open.split_to(self.closed).freeze();
            self.closed = 0;
            self.chunks.push_back(chunk);
            self.readers.check_limits(self.end);
            self.trim();
        }
    }

    /// Adds a reader behind the last unit. It is lost once it is more than `limit` bytes behind.
    pub(crate) fn attach(&mut self, limit: u64) -> ReaderId {
        debug_assert!(self.records == 0, "a reader begins between units");
        self.seal();
        // Whoever begins here does not know which database was selected before.
        self.selected = None;
        self.readers.attach(self.end, limit)
    }

    /// Removes a reader.
    pub(crate) fn detach(&mut self, reader: ReaderId) {
        self.readers.detach(reader);
        self.trim();
    }

    /// The next sealed bytes for a reader, which then stands behind them; `None` when there are
    /// none.
    ///
    /// # Errors
    /// The reader fell further behind than its limit, or was detached.
    pub(crate) fn read(&mut self, reader: ReaderId) -> Result<Option<Bytes>, Lost> {
        let at = self.readers.position(reader)?;
        let mut chunk_at = self.start;
        let mut found = None;
        for chunk in &self.chunks {
            let chunk_end = chunk_at + chunk.len() as u64;
            if at < chunk_end {
                let skipped = usize::try_from(at - chunk_at).unwrap_or(0);
                found = Some((chunk.slice(skipped..), chunk_end));
                break;
            }
            chunk_at = chunk_end;
        }
        let Some((bytes, end)) = found else {
            return Ok(None);
        };
        self.readers.advance(reader, end);
        self.trim();
        Ok(Some(bytes))
    }

    /// Bytes that it holds.
    pub(crate) fn memory(&self) -> u64 {
        let chunks: usize = self.chunks.iter().map(Bytes::len).sum();
        (chunks + self.open.capacity()) as u64
    }

    /// Puts MULTI in front of the unit that is open.
    #[cold]
    fn frame_unit(&mut self) {
        self.reserve(MULTI.len());
        self.open.extend_from_slice(MULTI);
        self.open[self.closed..].rotate_right(MULTI.len());
    }

    /// Puts EXEC behind the unit that is open.
    #[cold]
    fn close_frame(&mut self) {
        self.open.extend_from_slice(EXEC);
    }

    #[cold]
    fn select(&mut self, db: usize) {
        let mut digits = I64Buf::new();
        let mut bytes = Vec::with_capacity(32);
        encode_request([b"SELECT", format_u64(db as u64, &mut digits)], &mut bytes);
        self.open.extend_from_slice(&bytes);
        self.selected = Some(db);
    }

    #[inline]
    fn reserve(&mut self, count: usize) {
        if self.open.capacity() - self.open.len() < count {
            self.open.reserve(count.max(ROOM_SIZE));
        }
    }

    /// Forgets chunks that every reader has read.
    fn trim(&mut self) {
        let wanted = self.readers.oldest().unwrap_or(self.end);
        while let Some(chunk) = self.chunks.front() {
            let chunk_end = self.start + chunk.len() as u64;
            if chunk_end > wanted {
                break;
            }
            self.start = chunk_end;
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
