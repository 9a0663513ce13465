//! An entry of a stream, borrowed from its block.
//!
//! Always true: names and values are in the order in which they were added.
//! Not here: where entries lie — `block.rs`

use super::id::StreamId;
use super::text::{self, StreamText};

/// An entry of a stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamEntry<'a> {
    id: StreamId,
    count: usize,
    /// The names, if they are not between the values.
    names: Option<&'a [u8]>,
    values: &'a [u8],
}

impl<'a> StreamEntry<'a> {
    pub(super) fn new(
        id: StreamId,
        count: usize,
        names: Option<&'a [u8]>,
        values: &'a [u8],
    ) -> Self {
        Self {
            id,
            count,
            names,
            values,
        }
    }

    /// Its identifier.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether its names are those of the first entry of its block.
    pub fn has_block_names(&self) -> bool {
        self.names.is_some()
    }

    /// Names and values in order.
    pub fn fields(&self) -> StreamFields<'a> {
        StreamFields {
            left: self.count,
            names: self.names,
            values: self.values,
            name_at: 0,
            value_at: 0,
        }
    }
}

/// The fields of an entry: names and values.
#[derive(Debug, Clone)]
pub struct StreamFields<'a> {
    left: usize,
    names: Option<&'a [u8]>,
    values: &'a [u8],
    name_at: usize,
    value_at: usize,
}

impl<'a> Iterator for StreamFields<'a> {
    type Item = (&'a [u8], StreamText<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let name = match self.names {
            Some(names) => text::read_bytes(names, &mut self.name_at),
            None => text::read_bytes(self.values, &mut self.value_at),
        };
        Some((name, text::read_text(self.values, &mut self.value_at)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for StreamFields<'_> {}
