//! The dump that a file may begin with.
//!
//! Always true: its bytes are handed on as they are; its reader knows where it ends.
//! Not here: reading it — crate `russet-rdb`

use super::{Expect, Reader, Stage, Stop};

impl Reader {
    /// The bytes of the dump that were fed and not read yet.
    #[must_use]
    pub fn preamble(&self) -> &[u8] {
        match self.stage {
            Stage::Preamble => &self.buffer[self.group..],
            _ => &[],
        }
    }

    /// Notes that the first `count` bytes of [`Reader::preamble`] were read.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn read_preamble(&mut self, count: usize) {
        assert!(count <= self.preamble().len(), "these bytes were not given");
        self.group += count;
        self.whole = self.group_start();
    }

    /// Notes that the dump is over: what follows are units.
    pub fn end_preamble(&mut self) {
        if self.stage == Stage::Preamble {
            self.stage = Stage::Open;
        }
    }

    /// Whether the file begins with a dump.
    pub(super) fn has_preamble(&mut self) -> Result<bool, Stop> {
        let is_possible = !matches!(self.expect, Expect::Checked { .. });
        for magic in MAGICS {
            let len = magic.len().min(self.buffer.len());
            if is_possible && self.buffer[..len] == magic[..len] {
                if len == magic.len() {
                    return Ok(true);
                }
                if !self.is_last {
                    return Err(Stop::More);
                }
            }
        }
        self.stage = Stage::Open;
        Ok(false)
    }
}

/// How dumps of Redis, and those of Valkey that others cannot read, begin.
const MAGICS: [&[u8]; 2] = [b"REDIS", b"VALKEY"];
