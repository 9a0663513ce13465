//! A hash of pages: a table, and what is known of its deadlines.
//!
//! Always true: `due` is some exactly while fields have deadlines, and none is earlier.

use ahash::RandomState;

use crate::types::paged::{Record, Table};
use crate::value::{Millis, is_past};

/// A hash of pages.
#[derive(Debug, Clone)]
pub(crate) struct Hash {
    table: Table<true>,
    due: Millis,
    /// How many fields have deadlines.
    timed: usize,
}

impl Hash {
    /// A hash without fields.
    pub(super) fn new(hasher: &RandomState) -> Self {
        Self {
            table: Table::new(hasher),
            due: Millis::MAX,
            timed: 0,
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn weight(&self) -> u64 {
        self.table.weight() + 16
    }

    /// How many fields it stores.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// When the first field may be due.
    #[inline]
    pub(super) fn due(&self) -> Option<Millis> {
        (self.timed > 0).then_some(self.due)
    }

    /// The table.
    #[inline]
    pub(crate) fn table(&self) -> &Table<true> {
        &self.table
    }

    /// The record of a field.
    #[inline]
    pub(super) fn get(&self, field: &[u8]) -> Option<Record<'_>> {
        self.table.get(self.table.hash(field), field)
    }

    /// Sets a field; `deadline` gets the old one, unless the field is new or was due. Says whether
    /// it is new, and shows `expired` a field that was due.
    #[inline]
    pub(super) fn set(
        &mut self,
        field: &[u8],
        value: &[u8],
        deadline: impl FnOnce(Option<Millis>) -> Option<Millis>,
        horizon: Millis,
    ) -> Set {
        let hash = self.table.hash(field);
        let Some(found) = self.table.find(hash, field) else {
            let deadline = deadline(None);
            self.count(None, deadline);
            self.table.add(
                hash,
                Record {
                    field,
                    value,
                    deadline,
                },
            );
            return Set::New;
        };
        let old = self.table.at(found).deadline;
        let is_due = old.is_some_and(|at| is_past(at, horizon));
        let deadline = deadline(old.filter(|_| !is_due));
        self.count(old, deadline);
        self.table.replace(
            hash,
            found,
            Record {
                field,
                value,
                deadline,
            },
        );
        if is_due { Set::Expired } else { Set::Replaced }
    }

    /// Sets or clears the deadline of a field that is there.
    pub(super) fn set_deadline(&mut self, field: &[u8], deadline: Option<Millis>) {
        let hash = self.table.hash(field);
        let Some(found) = self.table.find(hash, field) else {
            return;
        };
        let record = self.table.at(found);
        let (old, value) = (record.deadline, record.value.to_vec());
        if old == deadline {
            return;
        }
        self.count(old, deadline);
        let record = Record {
            field,
            value: &value,
            deadline,
        };
        self.table.replace(hash, found, record);
    }

    /// Removes a field; says whether it was there.
    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let hash = self.table.hash(field);
        let Some(found) = self.table.find(hash, field) else {
            return false;
        };
        self.count(self.table.at(found).deadline, None);
        self.table.remove(hash, found);
        true
    }

    /// Removes up to `budget` fields that are due, showing each before; returns how many.
    pub(super) fn expire(
        &mut self,
        horizon: Millis,
        budget: usize,
        visit: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let removed = self.table.expire(horizon, budget, visit);
        self.timed -= removed;
        self.due = self.table.due().unwrap_or(Millis::MAX);
        removed
    }

    fn count(&mut self, old: Option<Millis>, new: Option<Millis>) {
        self.timed -= usize::from(old.is_some());
        self.timed += usize::from(new.is_some());
        if self.timed == 0 {
            self.due = Millis::MAX;
        } else if let Some(new) = new {
            self.due = self.due.min(new);
        }
    }
}

/// Result of setting a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// It was not there.
    New,
    /// It was, with another value.
    Replaced,
    /// It was, but its deadline had passed.
    Expired,
}
