//! Entries in order, from one identifier to another, forwards or backwards.
//!
//! Always true: deleted entries are not shown.
//! Not here: single entries — `stream.rs`

use super::block::{Block, Place, Places};
use super::entry::StreamEntry;
use super::id::StreamId;
use super::{Slot, Stream};

impl Stream {
    /// The entries between two identifiers, both included, in order.
    pub fn range(&self, from: StreamId, to: StreamId) -> StreamRange<'_> {
        // PERF: readers that wait for new entries ask for what comes after the last one.
        let next = match from > self.last_id {
            true => self.slots.len(),
            false => self.slot_of(from),
        };
        StreamRange {
            stream: self,
            next,
            current: None,
            from,
            to,
        }
    }

    /// The entries between two identifiers, both included, in reverse order.
    pub fn range_back(&self, from: StreamId, to: StreamId) -> StreamRangeBack<'_> {
        let next = match self.slots.is_empty() {
            true => 0,
            false => self.slot_of(to) + 1,
        };
        StreamRangeBack {
            stream: self,
            next,
            current: None,
            places: Vec::new(),
            from,
            to,
        }
    }

    /// All entries.
    pub fn entries(&self) -> StreamRange<'_> {
        self.range(StreamId::MIN, StreamId::MAX)
    }
}

/// Entries in order.
#[derive(Debug, Clone)]
pub struct StreamRange<'a> {
    stream: &'a Stream,
    /// The block after the current one.
    next: usize,
    current: Option<(&'a Block, Places<'a>)>,
    from: StreamId,
    to: StreamId,
}

impl<'a> Iterator for StreamRange<'a> {
    type Item = StreamEntry<'a>;

    #[inline]
    fn next(&mut self) -> Option<StreamEntry<'a>> {
        loop {
            let Some((block, places)) = &mut self.current else {
                let slot = self.stream.slots.get(self.next)?;
                if slot.first > self.to {
                    return None;
                }
                self.next += 1;
                self.current = Some((&slot.block, slot.block.places(slot.first)));
                continue;
            };
            let shown = |place: &Place| place.id >= self.from && !place.is_deleted();
            let Some(place) = places.find(shown) else {
                self.current = None;
                continue;
            };
            return (place.id <= self.to).then(|| block.entry(&place));
        }
    }
}

/// Entries in reverse order.
#[derive(Debug, Clone)]
pub struct StreamRangeBack<'a> {
    stream: &'a Stream,
    /// How many blocks are left.
    next: usize,
    current: Option<&'a Block>,
    /// The rest of the current block, in order.
    places: Vec<Place>,
    from: StreamId,
    to: StreamId,
}

impl<'a> Iterator for StreamRangeBack<'a> {
    type Item = StreamEntry<'a>;

    fn next(&mut self) -> Option<StreamEntry<'a>> {
        loop {
            if let Some(block) = self.current
                && let Some(place) = self.places.pop()
            {
                return Some(block.entry(&place));
            }
            self.next = self.next.checked_sub(1)?;
            let Slot { first, block } = self.stream.slots.get(self.next)?;
            if block.last() < self.from {
                self.next = 0;
                return None;
            }
            let (from, to) = (self.from, self.to);
            let places = block.places(*first).take_while(|place| place.id <= to);
            let shown = places.filter(|place| place.id >= from && !place.is_deleted());
            self.places.extend(shown);
            self.current = Some(block);
        }
    }
}
