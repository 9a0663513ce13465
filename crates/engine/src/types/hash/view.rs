//! A hash, read.
//!
//! Always true: no field is shown whose deadline has passed, unless all are asked for.
//! Not here: random fields — `draw.rs`

use super::field::Field;
use super::packed::Packed;
use super::pages::Hash;
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Millis, StringRef, is_past};

/// A hash, borrowed from the key space.
#[derive(Debug, Clone, Copy)]
pub struct HashRef<'a> {
    pub(super) form: HashForm<'a>,
    /// Fields whose deadline is earlier are not there.
    pub(super) horizon: Millis,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum HashForm<'a> {
    Packed(Packed<'a>),
    Pages(&'a Hash),
}

impl<'a> HashForm<'a> {
    #[inline]
    pub(super) fn new(form: Form<'a>, encoding: Encoding) -> Self {
        match form {
            Form::Packed(bytes) => {
                Self::Packed(Packed::new(bytes, encoding == Encoding::ListpackEx))
            }
            Form::Paged(Collection::Hash(hash)) => Self::Pages(hash),
            Form::Paged(_) => unreachable!("the kind was looked at"),
        }
    }
}

impl<'a> HashRef<'a> {
    #[inline]
    pub(super) fn new(form: Form<'a>, encoding: Encoding, horizon: Millis) -> Self {
        let form = HashForm::new(form, encoding);
        Self { form, horizon }
    }

    /// How many fields are stored: those too whose deadline has passed, but which nobody removed
    /// yet.
    #[expect(clippy::len_without_is_empty, reason = "no key holds an empty hash")]
    pub fn len(&self) -> usize {
        match self.form {
            HashForm::Packed(packed) => packed.len(),
            HashForm::Pages(hash) => hash.len(),
        }
    }

    /// The value of a field.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<StringRef<'a>> {
        let (value, deadline) = self.find(field)?;
        (!self.is_due(deadline)).then_some(value)
    }

    /// The deadline of a field that is there, if it has one.
    pub fn deadline(&self, field: &[u8]) -> Option<Option<Millis>> {
        let (_, deadline) = self.find(field)?;
        (!self.is_due(deadline)).then_some(deadline)
    }

    /// Whether a field is stored that may be due: [`HashMut::expire`] has work then.
    ///
    /// [`HashMut::expire`]: super::HashMut::expire
    #[inline]
    pub fn is_overdue(&self) -> bool {
        let due = match self.form {
            HashForm::Packed(packed) if packed.is_timed => packed.due(),
            HashForm::Packed(_) => None,
            HashForm::Pages(hash) => hash.due(),
        };
        self.is_due(due)
    }

    /// When the first field may be due, if any has a deadline.
    pub fn first_deadline(&self) -> Option<Millis> {
        match self.form {
            HashForm::Packed(packed) if packed.is_timed => packed.due(),
            HashForm::Packed(_) => None,
            HashForm::Pages(hash) => hash.due(),
        }
    }

    /// Shows all fields.
    pub fn each(&self, mut visit: impl FnMut(Field<'a>)) {
        let mut show = |field: Field<'a>| {
            if !self.is_due(field.deadline) {
                visit(field);
            }
        };
        match self.form {
            HashForm::Packed(packed) => packed.fields().for_each(|(_, field)| show(field)),
            HashForm::Pages(hash) => hash.table().iter().for_each(|record| show(record.into())),
        }
    }

    /// Shows about `count` fields from a cursor (0 starts) and returns the next cursor (0 ends). A
    /// packed hash is shown whole.
    ///
    /// Every field that is there from the first call to the last is shown exactly once, unless the
    /// hash turns into pages meanwhile. Cursors are below 2^48, and any number is safe to pass.
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(Field<'_>)) -> u64 {
        match self.form {
            HashForm::Packed(_) => {
                self.each(visit);
                0
            }
            HashForm::Pages(hash) => hash.table().scan(cursor, count, &mut |record| {
                if !self.is_due(record.deadline) {
                    visit(record.into());
                }
            }),
        }
    }

    /// The bytes of a packed hash, with its encoding; nothing for one of pages.
    pub fn packed(&self) -> Option<(Encoding, &'a [u8])> {
        match self.form {
            HashForm::Packed(packed) if packed.is_timed => {
                Some((Encoding::ListpackEx, packed.list.bytes()))
            }
            HashForm::Packed(packed) => Some((Encoding::Listpack, packed.list.bytes())),
            HashForm::Pages(_) => None,
        }
    }

    #[inline]
    fn find(&self, field: &[u8]) -> Option<(StringRef<'a>, Option<Millis>)> {
        match self.form {
            HashForm::Packed(packed) => {
                let place = packed.find(field)?;
                Some((place.value, place.deadline))
            }
            HashForm::Pages(hash) => {
                let record = hash.get(field)?;
                Some((StringRef::Bytes(record.value), record.deadline))
            }
        }
    }

    #[inline]
    pub(super) fn is_due(&self, deadline: Option<Millis>) -> bool {
        deadline.is_some_and(|at| is_past(at, self.horizon))
    }
}

/// When the first field of a hash may be due.
pub(crate) fn due(form: Form<'_>, encoding: Encoding) -> Option<Millis> {
    match form {
        Form::Packed(bytes) if encoding == Encoding::ListpackEx => Packed::new(bytes, true).due(),
        Form::Paged(Collection::Hash(hash)) => hash.due(),
        _ => None,
    }
}
