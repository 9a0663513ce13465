//! Which hashes have fields with deadlines: an index by the earliest of each.
//!
//! A hash is known by the hash of its key, so the index does not care where cells move. An entry is
//! made and moved wherever a value is: here for whole values, in `packed.rs` for edits.
//!
//! Always true: there is one entry for each hash whose `due` is some, and that is its moment.
//! Not here: removing the fields — `types/hash/sweep.rs`

use std::collections::BTreeSet;

use super::{Place, Shared, Store};
use crate::arena::Handle;
use crate::cell::{self, Head};
use crate::types::hash::view::due;
use crate::value::{Kind, Millis, is_past};
use crate::value_ref::Content;

/// Bytes of an entry, with its share of the tree.
const ENTRY_SIZE: u64 = 24;

/// The hashes with fields that have deadlines.
#[derive(Debug, Default)]
pub(crate) struct FieldIndex {
    due: BTreeSet<(Millis, u64)>,
}

impl FieldIndex {
    /// How many hashes there are.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// When the first field of all is gone: in the millisecond after its deadline.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.due.first().map(|&(due, _)| due.saturating_add(1))
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        self.due.len() as u64 * ENTRY_SIZE
    }

    fn shift(&mut self, hash: u64, before: Option<Millis>, after: Option<Millis>) {
        if before == after {
            return;
        }
        if let Some(due) = before {
            self.due.remove(&(due, hash));
        }
        if let Some(due) = after {
            self.due.insert((due, hash));
        }
    }
}

impl Store {
    /// When the first field of a value may be due, if it is a hash with such fields.
    #[inline]
    pub(crate) fn field_due(&self, cell: Handle) -> Option<Millis> {
        let head = Head::of(&self.arena.memory, cell);
        if head.kind() != Kind::Hash {
            return None;
        }
        match cell::content(&self.arena.memory, cell, head) {
            Content::Collection(form) => due(form, head.encoding()),
            Content::String(_) => None,
        }
    }

    /// Brings the index up to date after the value of an entry changed, given what
    /// [`Self::field_due`] said before.
    #[inline]
    pub(crate) fn note_field_due(&mut self, place: &Place, before: Option<Millis>) {
        let after = self.field_due(place.cell);
        if before != after {
            self.fields.shift(place.hash, before, after);
        }
    }

    /// Forgets a value that goes, given what [`Self::field_due`] said of it.
    #[inline]
    pub(super) fn forget_field_due(&mut self, hash: u64, due: Option<Millis>) {
        if due.is_some() {
            self.fields.shift(hash, due, None);
        }
    }

    /// A hash that may have a field that is due.
    pub(crate) fn overdue_hash(&mut self, cx: &Shared) -> Option<Place> {
        loop {
            let first = self.fields.due.first();
            let &(due, hash) = first.filter(|(due, _)| is_past(*due, cx.horizon))?;
            let is_it = |cell| self.field_due(cell) == Some(due) && self.rehash(cx, cell) == hash;
            let found = self.search(hash, is_it);
            debug_assert!(found.is_some(), "an entry has a hash");
            if let Some((cell, _)) = found {
                return Some(Place { hash, cell });
            }
            self.fields.due.pop_first();
        }
    }
}
