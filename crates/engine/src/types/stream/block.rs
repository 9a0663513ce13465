//! Blocks: some entries in a row, packed into one buffer.
//!
//! ```text
//!  names    count · that many names           those of the first entry of the block
//!  entry    flags · [ms] · [seq] · values     with names of its own: count · name, value …
//!
//!  flags    bit 0  deleted
//!           bit 1  names of its own
//!           bit 2  the same ms as the entry before; else how much later follows
//!           bit 3  the next seq (of another ms: 0); else how much later (of another ms: which)
//! ```
//! Identifiers are relative to the entry before, so entries are read from the front.
//!
//! Always true: the bytes were written here. A block knows how large it would be as a listpack with
//! all entries that were ever added, since that decides where the next block begins.
//! Not here: which block an entry is in — `stream.rs`; values — `text.rs`

use super::entry::StreamEntry;
use super::id::StreamId;
use super::size;
use super::text;

const DELETED: u8 = 1;
const OWN_NAMES: u8 = 1 << 1;
const SAME_MS: u8 = 1 << 2;
const NEXT_SEQ: u8 = 1 << 3;

/// Entries in a row. The identifier of the first one is kept beside the block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// The identifier of the last entry in the bytes.
    last: StreamId,
    /// How many entries are not deleted.
    live: u32,
    /// How many deleted entries are in the bytes.
    dead: u32,
    /// How many entries were added.
    added: u32,
    /// The size as a listpack, without the two counts at its front.
    size: u32,
}

/// An entry where it lies in a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: StreamId,
    /// Where its flags are.
    at: usize,
    /// Where its values are, or its count and names.
    body: usize,
    /// Where the next entry is.
    end: usize,
    flags: u8,
}

impl Place {
    pub(super) fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }
}

/// Bytes of a block beside its buffer: itself, its counters, the words of the allocator.
const OVERHEAD: usize = size_of::<Block>() + 32;

impl Block {
    /// A block without entries, for entries with the names that stand in `items` at every other
    /// place.
    pub(super) fn new<'a>(
        first: StreamId,
        items: impl ExactSizeIterator<Item = &'a [u8]>,
        capacity: usize,
    ) -> Self {
        let count = items.len() / 2;
        let mut bytes = Vec::with_capacity(capacity);
        text::push_varint(&mut bytes, count as u64);
        let mut size = size::EMPTY + size::of_int(count as i64) + size::of_int(0);
        for name in items.step_by(2) {
            text::push_bytes(&mut bytes, name);
            size += size::of_text(text::parse(name));
        }
        Self {
            bytes,
            last: before(first),
            live: 0,
            dead: 0,
            added: 0,
            size: clamp(size),
        }
    }

    /// Appends an entry; names and values stand in turn in `items` and are `len` bytes together.
    pub(super) fn push<'a>(
        &mut self,
        (first, id): (StreamId, StreamId),
        items: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        len: usize,
    ) {
        // Enough for nearly all entries; the buffer grows on its own for the others.
        self.bytes.reserve(len + 2 * items.len() + len / 4096 + 8);
        let count = items.len() / 2;
        let has_own = !self.has_names(items.clone());
        let flags = if has_own { OWN_NAMES } else { 0 };
        push_head(&mut self.bytes, self.last, id, flags);
        let ms = id.ms.wrapping_sub(first.ms) as i64;
        let seq = id.seq.wrapping_sub(first.seq) as i64;
        let mut elements = count + 3;
        let mut size = size::of_int(0) + size::of_int(ms) + size::of_int(seq);
        if has_own {
            text::push_varint(&mut self.bytes, count as u64);
            elements += count + 1;
            size += size::of_int(count as i64);
        }
        let mut is_name = true;
        for item in items {
            let is_value = !is_name;
            is_name = is_value;
            if is_value || has_own {
                let parsed = text::parse(item);
                size += size::of_text(parsed);
                match is_value {
                    true => text::push_text(&mut self.bytes, item, parsed),
                    false => text::push_bytes(&mut self.bytes, item),
                }
            }
        }
        size += size::of_int(elements as i64);
        self.size = self.size.saturating_add(clamp(size));
        self.last = id;
        self.live += 1;
        self.added += 1;
    }

    /// Whether an entry of `len` bytes still goes into this block.
    #[inline]
    pub(super) fn has_room(&self, len: usize, bytes_max: usize, entries_max: usize) -> bool {
        let counts =
            size::of_int(i64::from(self.live)) + size::of_int(i64::from(self.added - self.live));
        let size = self.size as usize + counts + len;
        size < bytes_max && (entries_max == 0 || (self.added as usize) < entries_max)
    }

    /// Marks an entry as deleted.
    pub(super) fn delete(&mut self, place: &Place) {
        debug_assert!(!place.is_deleted());
        self.bytes[place.at] |= DELETED;
        self.live -= 1;
        self.dead += 1;
    }

    /// Drops the bytes of deleted entries when they are more than the others.
    pub(super) fn tidy(&mut self, first: StreamId) {
        if self.dead <= self.live {
            return;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len() / 2);
        bytes.extend_from_slice(&self.bytes[..self.names().2]);
        let mut last = before(first);
        for place in self.places(first).filter(|place| !place.is_deleted()) {
            push_head(&mut bytes, last, place.id, place.flags & OWN_NAMES);
            bytes.extend_from_slice(&self.bytes[place.body..place.end]);
            last = place.id;
        }
        bytes.shrink_to_fit();
        self.bytes = bytes;
        self.last = last;
        self.dead = 0;
    }

    /// Gives back the room behind the entries.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// How many entries are not deleted.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live as usize
    }

    /// The last identifier in the block, which may be that of a deleted entry.
    pub(super) fn last(&self) -> StreamId {
        self.last
    }

    /// Bytes of entries and names.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that the block occupies.
    #[inline]
    pub(super) fn weight(&self) -> u64 {
        (self.bytes.capacity() + OVERHEAD) as u64
    }

    /// The entries in order, deleted ones too.
    #[inline]
    pub(super) fn places(&self, first: StreamId) -> Places<'_> {
        let (count, _, at) = self.names();
        Places {
            bytes: &self.bytes,
            at,
            last: before(first),
            count,
        }
    }

    /// The entry at a place.
    #[inline]
    pub(super) fn entry(&self, place: &Place) -> StreamEntry<'_> {
        let mut body = place.body;
        let (count, names) = match place.flags & OWN_NAMES {
            0 => {
                let (count, names, end) = self.names();
                (count, Some(&self.bytes[names..end]))
            }
            _ => (text::read_varint(&self.bytes, &mut body) as usize, None),
        };
        StreamEntry::new(place.id, count, names, &self.bytes[body..place.end])
    }

    /// The names of the block: how many, where they begin and where they end.
    #[inline]
    fn names(&self) -> (usize, usize, usize) {
        let mut at = 0;
        let count = text::read_varint(&self.bytes, &mut at) as usize;
        let begin = at;
        for _ in 0..count {
            text::skip_text(&self.bytes, &mut at);
        }
        (count, begin, at)
    }

    /// The names of the block.
    pub(super) fn own_names(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = 0;
        let count = text::read_varint(&self.bytes, &mut at);
        (0..count).map(move |_| text::read_bytes(&self.bytes, &mut at))
    }

    /// Whether an entry has the names of the block.
    #[inline]
    fn has_names<'a>(&self, items: impl ExactSizeIterator<Item = &'a [u8]>) -> bool {
        let mut at = 0;
        let count = text::read_varint(&self.bytes, &mut at) as usize;
        count == items.len() / 2
            && items.step_by(2).all(|name| {
                let len = (text::read_varint(&self.bytes, &mut at) >> 1) as usize;
                let own = &self.bytes[at..at + len];
                at += len;
                own == name
            })
    }
}

/// The identifier that the first entry of a block is relative to: the next seq is its own.
fn before(first: StreamId) -> StreamId {
    StreamId::new(first.ms, first.seq.wrapping_sub(1))
}

fn clamp(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Writes what stands before the values of an entry.
#[inline]
fn push_head(bytes: &mut Vec<u8>, last: StreamId, id: StreamId, flags: u8) {
    let later = id.ms.wrapping_sub(last.ms);
    let seq = match later {
        0 => id.seq.wrapping_sub(last.seq).wrapping_sub(1),
        _ => id.seq,
    };
    let same_ms = if later == 0 { SAME_MS } else { 0 };
    let next_seq = if seq == 0 { NEXT_SEQ } else { 0 };
    bytes.push(flags | same_ms | next_seq);
    if later != 0 {
        text::push_varint(bytes, later);
    }
    if seq != 0 {
        text::push_varint(bytes, seq);
    }
}

/// The entries of a block in order, deleted ones too.
#[derive(Debug, Clone)]
pub(super) struct Places<'a> {
    bytes: &'a [u8],
    at: usize,
    last: StreamId,
    /// How many names the block has.
    count: usize,
}

impl Iterator for Places<'_> {
    type Item = Place;

    #[inline]
    fn next(&mut self) -> Option<Place> {
        let at = self.at;
        let flags = *self.bytes.get(at)?;
        let mut next = at + 1;
        let later = match flags & SAME_MS {
            0 => text::read_varint(self.bytes, &mut next),
            _ => 0,
        };
        let seq = match flags & NEXT_SEQ {
            0 => text::read_varint(self.bytes, &mut next),
            _ => 0,
        };
        let id = StreamId {
            ms: self.last.ms.wrapping_add(later),
            seq: match later {
                0 => self.last.seq.wrapping_add(seq).wrapping_add(1),
                _ => seq,
            },
        };
        let body = next;
        let texts = match flags & OWN_NAMES {
            0 => self.count,
            _ => 2 * text::read_varint(self.bytes, &mut next) as usize,
        };
        for _ in 0..texts {
            text::skip_text(self.bytes, &mut next);
        }
        self.at = next;
        self.last = id;
        Some(Place {
            id,
            at,
            body,
            end: next,
            flags,
        })
    }
}
