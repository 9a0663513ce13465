//! The readers of the journal: an offset and a limit each.
//!
//! Always true: a reader that was lost keeps nothing alive.

/// Names a reader of the journal; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReaderId(u64);

/// The reader fell further behind than its limit, or was detached: there is a gap in what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reader fell behind the journal, or was detached")]
pub struct Lost;

#[derive(Debug)]
struct Reader {
    id: ReaderId,
    at: u64,
    limit: u64,
    is_lost: bool,
}

/// All readers; few.
#[derive(Debug, Default)]
pub(super) struct Readers {
    readers: Vec<Reader>,
    attached: u64,
}

impl Readers {
    pub(super) fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    pub(super) fn attach(&mut self, at: u64, limit: u64) -> ReaderId {
        self.attached += 1;
        let id = ReaderId(self.attached);
        self.readers.push(Reader {
            id,
            at,
            limit,
            is_lost: false,
        });
        id
    }

    pub(super) fn detach(&mut self, id: ReaderId) {
        self.readers.retain(|reader| reader.id != id);
    }

    pub(super) fn position(&self, id: ReaderId) -> Result<u64, Lost> {
        let reader = self.readers.iter().find(|reader| reader.id == id);
        let reader = reader.filter(|reader| !reader.is_lost).ok_or(Lost)?;
        Ok(reader.at)
    }

    pub(super) fn advance(&mut self, id: ReaderId, at: u64) {
        if let Some(reader) = self.readers.iter_mut().find(|reader| reader.id == id) {
            reader.at = at;
        }
    }

    /// Loses the readers that are too far behind this position.
    pub(super) fn check_limits(&mut self, end: u64) {
        for reader in &mut self.readers {
            reader.is_lost |= end - reader.at > reader.limit;
        }
    }

    /// The position of the reader that is furthest behind.
    pub(super) fn oldest(&self) -> Option<u64> {
        let readers = self.readers.iter().filter(|reader| !reader.is_lost);
        readers.map(|reader| reader.at).min()
    }
}
