//! Removing fields that are due.
//!
//! Always true: each that goes is an event, and so is a key that goes with its last field.
//! Not here: which hash is next — `store/fields.rs`

use smallvec::SmallVec;

use super::edit::HashMut;
use super::view::{HashForm, HashRef};
use crate::db::Db;
use crate::key::KeyHash;
use crate::value::{Kind, is_past};

impl Db<'_> {
    /// Removes the fields of a hash that are due, if a key holds one: what is left is what a copy
    /// or another name is to have. No use of the key.
    pub(crate) fn expire_fields(&mut self, key: &[u8]) {
        let clocks = std::mem::replace(&mut self.shared.keeps_clocks, true);
        if let Ok(mut hash) = self.hash_mut(key) {
            hash.expire();
        }
        self.shared.keeps_clocks = clocks;
    }

    /// Removes up to `budget` fields that are due, earliest hashes first; returns how many.
    pub(crate) fn expire_due_fields(&mut self, budget: usize) -> usize {
        let mut removed = 0;
        while removed < budget
            && let Some(place) = self.store.overdue_hash(self.shared)
        {
            let key: SmallVec<[u8; 64]> = SmallVec::from_slice(self.store.shown(place.cell).key);
            let clocks = std::mem::replace(&mut self.shared.keeps_clocks, true);
            let held = self.held((KeyHash::new(place.hash), &*key), Kind::Hash);
            let gone = held.map(|held| HashMut::new(held).expire_some(budget - removed));
            self.shared.keeps_clocks = clocks;
            // A hash whose earliest deadline was cleared has none that is due; its key may have
            // expired itself.
            removed += gone.unwrap_or(0).max(1);
        }
        removed
    }
}

impl HashMut<'_> {
    /// Removes all fields that are due; returns how many.
    pub fn expire(&mut self) -> usize {
        self.expire_some(usize::MAX)
    }

    /// Removes those of some fields that are due; returns how many.
    pub fn expire_among<'f>(&mut self, fields: impl Iterator<Item = &'f [u8]>) -> usize {
        let mut gone = 0;
        if !self.view().is_some_and(|view| view.is_overdue()) {
            return 0;
        }
        for field in fields {
            let is_due = self.stored_deadline(field).flatten();
            if is_due.is_some_and(|at| is_past(at, self.held.horizon())) {
                self.remove_stored(field);
                self.held.note_expired_field(field);
                gone += 1;
            }
        }
        if gone > 0 && self.is_empty() {
            self.held.note_emptied();
        }
        gone
    }

    /// Removes up to `budget` fields that are due; returns how many.
    pub(super) fn expire_some(&mut self, budget: usize) -> usize {
        let horizon = self.held.horizon();
        let Some(view) = self.view() else {
            return 0;
        };
        let gone = match view.form {
            HashForm::Packed(_) => self.expire_packed(budget),
            HashForm::Pages(_) => {
                let mut fields: Vec<Box<[u8]>> = Vec::new();
                let gone = self.change(|hash| {
                    hash.expire(horizon, budget, &mut |field| fields.push(field.into()))
                });
                fields
                    .iter()
                    .for_each(|field| self.held.note_expired_field(field));
                gone
            }
        };
        if self.is_empty() {
            self.held.remove();
            self.held.note_emptied();
        }
        gone
    }

    /// The first fields of a packed hash are the earliest.
    fn expire_packed(&mut self, budget: usize) -> usize {
        let horizon = self.held.horizon();
        let mut gone: Vec<Vec<u8>> = Vec::new();
        let mut end = 0;
        if let Some(HashRef {
            form: HashForm::Packed(packed),
            ..
        }) = self.view()
        {
            let due = packed.fields().take(budget);
            for (at, field) in
                due.take_while(|(_, f)| f.deadline.is_some_and(|at| is_past(at, horizon)))
            {
                gone.push(field.field.to_vec());
                end = packed.place(at).map_or(end, |place| place.end);
            }
        }
        if !gone.is_empty() {
            self.cut_packed(end, gone.len());
        }
        gone.iter()
            .for_each(|field| self.held.note_expired_field(field));
        gone.len()
    }
}
