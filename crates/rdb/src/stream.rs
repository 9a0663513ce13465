//! Blocks of streams: listpacks with a grammar.
//!
//! ```text
//!  block     live │ deleted │ count │ name × count │ 0 │ entry …
//!  entry     flags │ ms │ seq │ value × count                 │ elements     names of the block
//!            flags │ ms │ seq │ count │ (name │ value) × count │ elements
//!
//!  flags     bit 0: deleted    bit 1: names of the block
//!  ms, seq   what is to be added to the identifier of the block
//!  elements  their number in front of it: the way back for a walk from the end
//! ```
//!
//! Always true: the identifiers in a [`StreamBlock`] rise, and every entry has a field.
//! Not here: counters and groups of streams — `read/stream.rs`

use std::borrow::Cow;

use russet_pack::listpack::{self, Builder, Entry, Listpack};

use crate::check;
use crate::error::{Error, Part};
use crate::shape::StreamId;

const DELETED: i64 = 1;
const BLOCK_NAMES: i64 = 2;

/// Some entries of a stream, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamBlock<'a> {
    first: StreamId,
    bytes: Cow<'a, [u8]>,
    len: u64,
}

/// An entry of a block.
#[derive(Clone, Debug)]
pub struct BlockEntry<'b> {
    /// The identifier of the entry.
    pub id: StreamId,
    /// Whether the entry was deleted.
    pub is_deleted: bool,
    count: usize,
    /// The names, if they do not stand between the values.
    names: Option<listpack::Iter<'b>>,
    values: listpack::Iter<'b>,
}

impl<'b> BlockEntry<'b> {
    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the entry has no fields, which is never the case.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The names and values of the fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (Entry<'b>, Entry<'b>)> + Clone + 'b {
        let (mut names, mut values) = (self.names.clone(), self.values.clone());
        (0..self.count).map_while(move |_| {
            let name = match &mut names {
                Some(names) => names.next()?,
                None => values.next()?,
            };
            Some((name, values.next()?))
        })
    }
}

impl<'a> StreamBlock<'a> {
    /// Checks a block.
    ///
    /// # Errors
    /// The bytes are not a listpack, or do not follow the grammar.
    pub fn validate(first: StreamId, bytes: Cow<'a, [u8]>) -> Result<Self, Error> {
        let broken = |why| Error::Packed {
            part: Part::Stream,
            why,
        };
        let bytes = check::canonical(bytes).map_err(broken)?;
        let len = validate(first, Listpack::new(&bytes)).ok_or(Error::StreamBlock)?;
        Ok(Self { first, bytes, len })
    }

    /// The same block, independent of the bytes that it was read from.
    #[must_use]
    pub fn into_owned(self) -> StreamBlock<'static> {
        StreamBlock {
            first: self.first,
            bytes: Cow::Owned(self.bytes.into_owned()),
            len: self.len,
        }
    }

    /// The identifier of the block, which the entries are numbered relative to.
    #[must_use]
    pub fn first_id(&self) -> StreamId {
        self.first
    }

    /// The bytes of the block: a listpack.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of entries that were not deleted.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether all entries were deleted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All entries in order, including the deleted ones.
    pub fn entries(&self) -> impl Iterator<Item = BlockEntry<'_>> + '_ {
        let mut walk = Walk::new(self.first, Listpack::new(&self.bytes));
        std::iter::from_fn(move || walk.as_mut()?.next_entry())
    }
}

/// How many entries are live, if all follow the grammar.
fn validate(first: StreamId, list: Listpack<'_>) -> Option<u64> {
    let mut walk = Walk::new(first, list)?;
    let (live, deleted) = (walk.live, walk.deleted);
    let (mut found_live, mut found_deleted) = (0u64, 0u64);
    let mut before = None;
    while !walk.is_at_end() {
        let entry = walk.next_entry()?;
        if before.is_some_and(|before| before >= entry.id) {
            return None;
        }
        before = Some(entry.id);
        match entry.is_deleted {
            true => found_deleted += 1,
            false => found_live += 1,
        }
    }
    (live == found_live && deleted == found_deleted).then_some(live)
}

struct Walk<'b> {
    first: StreamId,
    live: u64,
    deleted: u64,
    names: listpack::Iter<'b>,
    count: usize,
    rest: listpack::Iter<'b>,
}

impl<'b> Walk<'b> {
    /// Reads the head of a block.
    fn new(first: StreamId, list: Listpack<'b>) -> Option<Self> {
        let mut rest = list.iter();
        let live = number(&mut rest)?;
        let deleted = number(&mut rest)?;
        let count = usize::try_from(number(&mut rest)?)
            .ok()
            .filter(|&count| count > 0)?;
        let names = rest.clone();
        skip(&mut rest, count)?;
        if number(&mut rest)? != 0 {
            return None;
        }
        Some(Self {
            first,
            live,
            deleted,
            names,
            count,
            rest,
        })
    }

    fn is_at_end(&self) -> bool {
        self.rest.clone().next().is_none()
    }

    fn next_entry(&mut self) -> Option<BlockEntry<'b>> {
        let rest = &mut self.rest;
        let flags = integer(rest)?;
        if flags & !(DELETED | BLOCK_NAMES) != 0 {
            return None;
        }
        let (ms, seq) = (integer(rest)?, integer(rest)?);
        let has_block_names = flags & BLOCK_NAMES != 0;
        let (count, elements) = match has_block_names {
            true => (self.count, self.count),
            false => {
                let count = usize::try_from(number(rest)?)
                    .ok()
                    .filter(|&count| count > 0)?;
                (count, count.checked_mul(2)?)
            }
        };
        let values = rest.clone();
        skip(rest, elements)?;
        let in_front = elements.checked_add(if has_block_names { 3 } else { 4 })?;
        if number(rest)? != u64::try_from(in_front).ok()? {
            return None;
        }
        Some(BlockEntry {
            id: StreamId {
                ms: self.first.ms.wrapping_add_signed(ms),
                seq: self.first.seq.wrapping_add_signed(seq),
            },
            is_deleted: flags & DELETED != 0,
            count,
            names: has_block_names.then(|| self.names.clone()),
            values,
        })
    }
}

/// Steps over entries, which are all there; at least one.
fn skip(rest: &mut listpack::Iter<'_>, count: usize) -> Option<()> {
    rest.nth(count.checked_sub(1)?).map(|_| ())
}

fn integer(rest: &mut listpack::Iter<'_>) -> Option<i64> {
    match rest.next()? {
        Entry::Int(n) => Some(n),
        Entry::Str(_) => None,
    }
}

fn number(rest: &mut listpack::Iter<'_>) -> Option<u64> {
    u64::try_from(integer(rest)?).ok()
}

/// Writes a block of entries that were not deleted.
#[derive(Debug)]
pub struct BlockWriter {
    first: StreamId,
    names: usize,
    builder: Builder,
}

impl BlockWriter {
    /// Begins a block of `live` entries, with the names of fields that entries need not repeat.
    pub fn new<'n>(
        first: StreamId,
        live: usize,
        names: impl Iterator<Item = &'n [u8]> + Clone,
    ) -> Self {
        let mut builder = Builder::new();
        let count = names.clone().count();
        push_count(&mut builder, live);
        builder.push_int(0);
        push_count(&mut builder, count);
        names.for_each(|name| builder.push(name));
        builder.push_int(0);
        Self {
            first,
            names: count,
            builder,
        }
    }

    /// Appends an entry whose fields have the names of the block.
    pub fn with_block_names<'v>(&mut self, id: StreamId, values: impl Iterator<Item = Entry<'v>>) {
        self.head(id, BLOCK_NAMES);
        values.for_each(|value| self.builder.push_entry(value));
        push_count(&mut self.builder, self.names + 3);
    }

    /// Appends an entry with names of its own.
    pub fn with_own_names<'v>(
        &mut self,
        id: StreamId,
        fields: impl ExactSizeIterator<Item = (&'v [u8], Entry<'v>)>,
    ) {
        self.head(id, 0);
        let count = fields.len();
        push_count(&mut self.builder, count);
        for (name, value) in fields {
            self.builder.push(name);
            self.builder.push_entry(value);
        }
        push_count(&mut self.builder, 2 * count + 4);
    }

    /// Returns the block.
    ///
    /// # Errors
    /// The entries that were written do not follow the grammar.
    pub fn finish(self) -> Result<StreamBlock<'static>, Error> {
        StreamBlock::validate(self.first, Cow::Owned(self.builder.finish()))
    }

    fn head(&mut self, id: StreamId, flags: i64) {
        self.builder.push_int(flags);
        self.builder
            .push_int(id.ms.wrapping_sub(self.first.ms).cast_signed());
        self.builder
            .push_int(id.seq.wrapping_sub(self.first.seq).cast_signed());
    }
}

fn push_count(builder: &mut Builder, count: usize) {
    builder.push_int(i64::try_from(count).unwrap_or(i64::MAX));
}
