//! A packed hash: reading and placing its entries.
//!
//! Always true: nothing here changes bytes; edits are planned here and made in `edit.rs`.

use russet_pack::listpack::{self, Entry, Listpack};

use super::field::Field;
use crate::value::{Millis, StringRef};

/// A listpack of fields and values, and of deadlines if it is timed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<'a> {
    pub(super) list: Listpack<'a>,
    pub(super) is_timed: bool,
}

/// Where a field lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) at: usize,
    pub(super) value_at: usize,
    pub(super) value_end: usize,
    /// Behind its last entry.
    pub(super) end: usize,
    pub(super) value: StringRef<'a>,
    pub(super) deadline: Option<Millis>,
}

impl<'a> Packed<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a [u8], is_timed: bool) -> Self {
        Self {
            list: Listpack::new(bytes),
            is_timed,
        }
    }

    /// How many entries a field takes.
    #[inline]
    pub(super) fn width(self) -> usize {
        if self.is_timed { 3 } else { 2 }
    }

    /// How many fields there are.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.list.len() / self.width()
    }

    /// Finds a field.
    #[inline]
    pub(super) fn find(self, field: &[u8]) -> Option<Place<'a>> {
        self.place(self.list.find(field, self.width() - 1)?)
    }

    /// The field whose entries begin at an offset.
    #[inline]
    pub(super) fn place(self, at: usize) -> Option<Place<'a>> {
        let value_at = at + self.list.span(at)?;
        let (value, value_end) = self.list.read(value_at)?;
        let (mut end, mut deadline) = (value_end, None);
        if self.is_timed {
            let (entry, next) = self.list.read(value_end)?;
            (end, deadline) = (next, deadline_of(entry));
        }
        Some(Place {
            at,
            value_at,
            value_end,
            end,
            value: text(value),
            deadline,
        })
    }

    /// The earliest deadline: that of the first field.
    pub(super) fn due(self) -> Option<Millis> {
        self.place(self.list.first()?)?.deadline
    }

    /// The place of a field with that deadline: in front of those with the same.
    pub(super) fn place_for(self, deadline: Option<Millis>) -> usize {
        let Some(deadline) = deadline else {
            return self.list.end();
        };
        let later = |field: &Field<'a>| field.deadline.is_none_or(|at| at >= deadline);
        let found = self.fields().find(|(_, field)| later(field));
        found.map_or(self.list.end(), |(at, _)| at)
    }

    /// The fields with where they begin.
    pub(super) fn fields(self) -> impl Iterator<Item = (usize, Field<'a>)> + Clone {
        let mut at = self.list.first().unwrap_or(self.list.end());
        std::iter::from_fn(move || {
            let (field, value_at) = self.list.read(at)?;
            let place = self.place(at).filter(|place| place.value_at == value_at)?;
            let shown = Field {
                field: text(field),
                value: place.value,
                deadline: place.deadline,
            };
            let began = std::mem::replace(&mut at, place.end);
            Some((began, shown))
        })
    }
}

/// The text of an entry.
#[inline]
fn text(entry: Entry<'_>) -> StringRef<'_> {
    match entry {
        Entry::Int(n) => StringRef::Int(n),
        Entry::Str(bytes) => StringRef::Bytes(bytes),
    }
}

fn deadline_of(entry: Entry<'_>) -> Option<Millis> {
    entry.as_i64().filter(|&at| at != 0)
}

/// Appends the entries of a field.
pub(super) fn encode_field<B: russet_pack::Buffer>(
    field: &[u8],
    value: &[u8],
    deadline: Option<Option<Millis>>,
    into: &mut B,
) {
    listpack::encode(field, into);
    listpack::encode(value, into);
    if let Some(deadline) = deadline {
        listpack::encode_int(deadline.unwrap_or(0), into);
    }
}
