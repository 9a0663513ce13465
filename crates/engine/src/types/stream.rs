//! Streams: entries that are appended, read from anywhere, and given to groups of consumers.
//!
//! ```text
//!  Stream ─► slots, in order ─► first id · Part<Block>       up to 100 entries or 4 KiB each
//!         └► groups, by name ─► Part<StreamGroup>            pending entries, consumers
//! ```
//! Entries come at the end and go at the front, so blocks fill one after the other and are freed
//! whole. A snapshot shares the blocks and groups; the one that changes is copied.
//!
//! Always true: no block is without entries; identifiers rise; `first_id` is that of the first
//! entry, or zero without one; no entry has an identifier above `last_id`.
//! Not here: blocks — `stream/block.rs`; groups — `stream/group.rs`; keys — `stream/gate.rs`

mod block;
mod entry;
pub(crate) mod gate;
mod group;
mod id;
mod lag;
mod ordered;
mod producers;
mod shape;
mod size;
#[cfg(test)]
mod tests;
mod text;
mod trim;
mod walk;

use std::collections::VecDeque;

pub use entry::{StreamEntry, StreamFields};
pub use group::{Consumer, ConsumerId, Pending, StreamGroup};
pub use id::StreamId;
pub use producers::{Producers, Remembered};
pub use text::StreamText;
pub use trim::{Refs, Trim, TrimTo};
pub use walk::{StreamRange, StreamRangeBack};

use self::block::{Block, Place};
use crate::packing::Packing;
use crate::part::Part;

/// A stream.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    slots: VecDeque<Slot>,
    len: u64,
    first_id: StreamId,
    last_id: StreamId,
    max_deleted_id: StreamId,
    entries_added: u64,
    /// In the order of their names.
    groups: Vec<Part<StreamGroup>>,
    producers: Option<Part<Producers>>,
    /// Bytes that the blocks occupy.
    weight: u64,
    groups_weight: u64,
}

/// A block and the identifier that its entries are relative to.
#[derive(Debug, Clone)]
struct Slot {
    first: StreamId,
    block: Part<Block>,
}

/// The greatest size of a block, whatever the settings say.
const BLOCK_SIZE_MAX: usize = 1 << 30;

/// A block of a stream, as an RDB file tells it.
#[derive(Debug, Clone, Copy)]
pub struct StreamBlock<'a> {
    slot: &'a Slot,
}

impl<'a> StreamBlock<'a> {
    /// The identifier that the others are relative to: that of the first entry that was added, even
    /// if it was deleted.
    pub fn first_id(&self) -> StreamId {
        self.slot.first
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.slot.block.len()
    }

    /// Whether it has none, which no block of a stream has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names that its entries need not repeat; see [`StreamEntry::has_block_names`].
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.slot.block.own_names()
    }

    /// Its entries in order.
    pub fn entries(&self) -> impl Iterator<Item = StreamEntry<'a>> + use<'a> {
        let block = &*self.slot.block;
        let places = block.places(self.slot.first);
        places
            .filter(|place| !place.is_deleted())
            .map(|place| block.entry(&place))
    }
}

impl Stream {
    /// A stream without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry; names and values stand in turn in `items`.
    ///
    /// # Panics
    /// When the identifier is not above [`Self::last_id`]; the caller has checked it.
    pub fn append<'a>(
        &mut self,
        id: StreamId,
        items: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        packing: &Packing,
    ) {
        assert!(id > self.last_id, "identifiers rise");
        self.add(id, items, packing);
        self.entries_added = self.entries_added.wrapping_add(1);
        self.last_id = id;
    }

    /// Appends an entry without counting it.
    fn add<'a>(
        &mut self,
        id: StreamId,
        items: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        packing: &Packing,
    ) {
        let len = items.clone().map(<[u8]>::len).sum();
        let (bytes, entries) = (packing.stream_bytes_max, packing.stream_entries_max);
        let bytes = if bytes == 0 {
            BLOCK_SIZE_MAX
        } else {
            bytes.min(BLOCK_SIZE_MAX)
        };
        let has_room = |slot: &Slot| slot.block.has_room(len, bytes, entries);
        if !self.slots.back().is_some_and(has_room) {
            self.open_block(id, items.clone());
        }
        let slot = self.slots.back_mut().expect("there is a block with room");
        let before = slot.block.weight();
        let block = slot.block.make_mut();
        block.push((slot.first, id), items, len);
        self.weight = self.weight + block.weight() - before;
        if self.len == 0 {
            self.first_id = id;
        }
        self.len += 1;
    }

    /// Begins a block, with room for as much as the one before holds.
    fn open_block<'a>(&mut self, first: StreamId, items: impl ExactSizeIterator<Item = &'a [u8]>) {
        let mut capacity = 0;
        if let Some(slot) = self.slots.back_mut() {
            let before = slot.block.weight();
            let block = slot.block.make_mut();
            block.shrink();
            capacity = block.size() + 32;
            self.weight = self.weight + block.weight() - before;
        }
        let block = Part::new(Block::new(first, items, capacity));
        self.weight += block.weight();
        self.slots.push_back(Slot { first, block });
    }

    /// Removes an entry and remembers that it was; says whether it was there.
    pub fn delete(&mut self, id: StreamId) -> bool {
        let Some((index, place)) = self.find(id) else {
            return false;
        };
        self.delete_places(index, &[place]);
        self.max_deleted_id = self.max_deleted_id.max(id);
        if self.first_id == id {
            self.find_first();
        }
        true
    }

    /// Removes entries of one block, which goes when it has no other.
    fn delete_places(&mut self, index: usize, places: &[Place]) {
        let slot = &mut self.slots[index];
        self.weight -= slot.block.weight();
        self.len -= places.len() as u64;
        if slot.block.len() == places.len() {
            self.slots.remove(index);
            return;
        }
        if !places.is_empty() {
            let block = slot.block.make_mut();
            places.iter().for_each(|place| block.delete(place));
            block.tidy(slot.first);
        }
        self.weight += slot.block.weight();
    }

    /// Finds out which entry is the first.
    fn find_first(&mut self) {
        let first = self.entries().next().map(|entry| entry.id());
        self.first_id = first.unwrap_or(StreamId::MIN);
    }

    /// Sets the last identifier, which must not be below that of an entry.
    pub fn set_last_id(&mut self, id: StreamId) {
        self.last_id = id;
    }

    /// Sets the highest identifier that was deleted.
    pub fn set_max_deleted_id(&mut self, id: StreamId) {
        self.max_deleted_id = id;
    }

    /// Sets how many entries were ever added.
    pub fn set_entries_added(&mut self, count: u64) {
        self.entries_added = count;
    }

    /// Creates a group, unless there is one of that name; says whether it did.
    pub fn create_group(&mut self, name: &[u8], last_id: StreamId, read: Option<u64>) -> bool {
        let Err(at) = self.group_index(name) else {
            return false;
        };
        let group = StreamGroup::new(name, last_id, read);
        self.groups_weight += group.weight() as u64;
        self.groups.insert(at, Part::new(group));
        true
    }

    /// Removes a group; says whether it was there.
    pub fn remove_group(&mut self, name: &[u8]) -> bool {
        let Ok(at) = self.group_index(name) else {
            return false;
        };
        let group = self.groups.remove(at);
        self.groups_weight -= group.weight() as u64;
        true
    }

    /// Changes a group, if it is there.
    pub fn change_group<T>(
        &mut self,
        name: &[u8],
        change: impl FnOnce(&mut StreamGroup) -> T,
    ) -> Option<T> {
        let at = self.group_index(name).ok()?;
        Some(self.change_group_at(at, change))
    }

    fn change_group_at<T>(&mut self, at: usize, change: impl FnOnce(&mut StreamGroup) -> T) -> T {
        let group = &mut self.groups[at];
        let before = group.weight() as u64;
        let group = group.make_mut();
        let result = change(group);
        self.groups_weight = self.groups_weight + group.weight() as u64 - before;
        result
    }

    /// Makes every group forget an entry.
    pub fn forget(&mut self, id: StreamId) {
        for at in 0..self.groups.len() {
            if self.groups[at].pending(id).is_some() {
                self.change_group_at(at, |group| group.acknowledge(id));
            }
        }
    }

    /// Whether a group has an entry pending, or has not been given it yet.
    pub fn is_referenced(&self, id: StreamId) -> bool {
        let has_it = |group: &Part<StreamGroup>| group.last_id < id || group.pending(id).is_some();
        self.groups.iter().any(has_it)
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The identifier of the first entry, or zero.
    pub fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// The last identifier that was given; that entry may be gone.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// The highest identifier of an entry that was removed by its identifier, or zero.
    pub fn max_deleted_id(&self) -> StreamId {
        self.max_deleted_id
    }

    /// How many entries were ever added.
    pub fn entries_added(&self) -> u64 {
        self.entries_added
    }

    /// The entry with an identifier.
    pub fn entry(&self, id: StreamId) -> Option<StreamEntry<'_>> {
        let (index, place) = self.find(id)?;
        Some(self.slots[index].block.entry(&place))
    }

    /// The last entry.
    pub fn last_entry(&self) -> Option<StreamEntry<'_>> {
        self.range_back(StreamId::MIN, StreamId::MAX).next()
    }

    /// The blocks in order.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = StreamBlock<'_>> {
        self.slots.iter().map(|slot| StreamBlock { slot })
    }

    /// The group of that name.
    pub fn group(&self, name: &[u8]) -> Option<&StreamGroup> {
        let at = self.group_index(name).ok()?;
        Some(&self.groups[at])
    }

    /// All groups in the order of their names.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &StreamGroup> {
        self.groups.iter().map(|group| &**group)
    }

    /// Entries as their producers named them, if any did.
    pub fn producers(&self) -> Option<&Producers> {
        self.producers.as_deref()
    }

    /// The same to be changed.
    pub fn producers_mut(&mut self) -> &mut Producers {
        self.producers.get_or_insert_default().make_mut()
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        let slots = self.slots.capacity() * size_of::<Slot>();
        let producers = self.producers.as_ref().map_or(0, |p| p.weight());
        (size_of::<Self>() + slots + producers) as u64 + self.weight + self.groups_weight
    }

    fn group_index(&self, name: &[u8]) -> Result<usize, usize> {
        self.groups.binary_search_by(|group| group.name().cmp(name))
    }

    /// The block that an identifier is in, if it is anywhere.
    #[inline]
    fn slot_of(&self, id: StreamId) -> usize {
        // PERF: readers mostly are at the last block.
        match self.slots.back() {
            Some(slot) if slot.first <= id => self.slots.len() - 1,
            _ => self
                .slots
                .partition_point(|slot| slot.first <= id)
                .saturating_sub(1),
        }
    }

    fn find(&self, id: StreamId) -> Option<(usize, Place)> {
        let index = self.slot_of(id);
        let slot = self.slots.get(index)?;
        let mut places = slot.block.places(slot.first);
        let place = places.find(|place| place.id >= id)?;
        (place.id == id && !place.is_deleted()).then_some((index, place))
    }
}
