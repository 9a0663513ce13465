//! Trimming: the oldest entries go.
//!
//! Always true: an approximate trim removes whole blocks only.
//! Not here: what trimming does to consumer groups — the caller's choice of [`Refs`]

use super::Stream;
use super::id::StreamId;

/// Entries that a trim keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimTo {
    /// This many of the newest entries.
    Len(u64),
    /// The entries from this identifier on.
    Id(StreamId),
}

/// How a stream is trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trim {
    /// The part that stays.
    pub to: TrimTo,
    /// Whether more may stay: only whole blocks go then.
    pub is_approximate: bool,
    /// How many entries are removed at most, as far as whole blocks go; 0 is no limit.
    pub limit: u64,
}

/// Treatment of references in consumer groups when an entry is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refs {
    /// They stay.
    Keep,
    /// They go.
    Delete,
    /// An entry goes only when every group has read and acknowledged it.
    Acknowledged,
}

impl Stream {
    /// Trims the stream; returns how many entries were removed.
    pub fn trim(&mut self, trim: &Trim, refs: Refs) -> u64 {
        let len = self.len();
        if let TrimTo::Len(kept) = trim.to
            && len <= kept
        {
            return 0;
        }
        match refs {
            Refs::Keep => self.trim_plain(trim),
            Refs::Delete | Refs::Acknowledged => self.trim_referenced(trim, refs),
        }
        if self.len() < len {
            self.find_first();
        }
        len - self.len()
    }

    fn trim_plain(&mut self, trim: &Trim) {
        let mut removed = 0;
        while let Some(slot) = self.slots.front() {
            let count = slot.block.len() as u64;
            let goes_whole = match trim.to {
                TrimTo::Len(kept) if self.len <= kept => return,
                TrimTo::Len(kept) => self.len - count >= kept,
                TrimTo::Id(id) => slot.block.last() < id,
            };
            if trim.limit != 0 && removed + count > trim.limit {
                return;
            }
            if !goes_whole {
                if !trim.is_approximate {
                    self.trim_front(trim.to);
                }
                return;
            }
            self.weight -= slot.block.weight();
            self.slots.pop_front();
            self.len -= count;
            removed += count;
        }
    }

    /// Removes entries of the first block, some of which stay.
    fn trim_front(&mut self, to: TrimTo) {
        let Some(slot) = self.slots.front() else {
            return;
        };
        let live = slot.block.places(slot.first).filter(|p| !p.is_deleted());
        let gone: Vec<_> = match to {
            TrimTo::Len(kept) => {
                let count = usize::try_from(self.len - kept).unwrap_or(usize::MAX);
                live.take(count).collect()
            }
            TrimTo::Id(id) => live.take_while(|place| place.id < id).collect(),
        };
        self.delete_places(0, &gone);
    }

    /// Removes entry after entry, looking at what groups know of each.
    fn trim_referenced(&mut self, trim: &Trim, refs: Refs) {
        let mut removed = 0;
        let mut index = 0;
        while let Some(slot) = self.slots.get(index) {
            let (count, blocks) = (slot.block.len() as u64, self.slots.len());
            let goes_whole = match trim.to {
                TrimTo::Len(kept) if self.len <= kept => return,
                TrimTo::Len(kept) => self.len - count >= kept,
                TrimTo::Id(id) if slot.first >= id => return,
                TrimTo::Id(id) => slot.block.last() < id,
            };
            let is_over = trim.limit != 0 && removed + count > trim.limit;
            if is_over || (trim.is_approximate && !goes_whole) {
                return;
            }
            let live = slot.block.places(slot.first).filter(|p| !p.is_deleted());
            let mut gone: Vec<_> = match trim.to {
                TrimTo::Len(_) => live.collect(),
                TrimTo::Id(id) => live.take_while(|place| place.id < id).collect(),
            };
            if refs == Refs::Acknowledged {
                gone.retain(|place| !self.is_referenced(place.id));
            }
            if let TrimTo::Len(kept) = trim.to {
                gone.truncate(usize::try_from(self.len - kept).unwrap_or(usize::MAX));
            }
            if refs == Refs::Delete {
                gone.iter().for_each(|place| self.forget(place.id));
            }
            removed += gone.len() as u64;
            self.delete_places(index, &gone);
            index += usize::from(self.slots.len() == blocks);
        }
    }
}
