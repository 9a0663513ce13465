//! A field of a hash as readers are shown it.

use crate::types::paged::Record;
use crate::value::{Millis, StringRef};

/// A field with its value.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The field.
    pub field: StringRef<'a>,
    /// Its value.
    pub value: StringRef<'a>,
    /// When it is due, if it has a deadline.
    pub deadline: Option<Millis>,
}

impl<'a> From<Record<'a>> for Field<'a> {
    fn from(record: Record<'a>) -> Self {
        Self {
            field: StringRef::Bytes(record.field),
            value: StringRef::Bytes(record.value),
            deadline: record.deadline,
        }
    }
}
