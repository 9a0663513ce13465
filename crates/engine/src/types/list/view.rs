//! Reading lists, packed or not.
//!
//! Elements are shown to closures rather than returned: some are decompressed on the way, and
//! nothing is copied that the reader does not want.
//!
//! Always true: what is read is one moment of the list.
//! Not here: changes — `edit.rs`

use std::ops::ControlFlow;

use russet_pack::listpack::{HEADER_LEN, Listpack};

use super::entry;
use super::page::Content;
use super::pages::{List, walk_entries, walk_entries_back};
use crate::types::form::{Collection, Form};
use crate::value::StringRef;

/// A list, borrowed.
///
/// # Examples
/// ```
/// use russet_engine::{End, Keyspace, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// db.list_mut(b"queue")?.push(End::Back, [&b"a"[..], b"b", b"c"]);
/// let list = db.list(b"queue", Touch::Yes)?.expect("it was just filled");
/// assert_eq!(list.len(), 3);
/// assert_eq!(list.get(1).as_deref(), Some(&b"b"[..]));
/// assert_eq!(list.to_vec(), [b"a", b"b", b"c"]);
/// # Ok::<(), russet_engine::WrongType>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ListRef<'a> {
    form: ListForm<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ListForm<'a> {
    Packed { entries: &'a [u8], count: usize },
    Paged(&'a List),
}

impl<'a> ListForm<'a> {
    /// The list in a value that is one.
    #[inline]
    pub(super) fn new(form: Form<'a>) -> Self {
        match form {
            Form::Packed(listpack) => Self::of_listpack(listpack),
            Form::Paged(Collection::List(list)) => Self::Paged(list),
            Form::Paged(_) => unreachable!("a list is packed or has pages of lists"),
        }
    }

    #[inline]
    fn of_listpack(bytes: &'a [u8]) -> Self {
        let entries = &bytes[HEADER_LEN..bytes.len() - 1];
        let count = Listpack::new(bytes).len();
        Self::Packed { entries, count }
    }
}

impl<'a> ListRef<'a> {
    #[inline]
    pub(crate) fn new(form: Form<'a>) -> Self {
        Self {
            form: ListForm::new(form),
        }
    }

    /// How many elements there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self.form {
            ListForm::Packed { count, .. } => count,
            ListForm::Paged(list) => list.len(),
        }
    }

    /// Whether there are none; a list that a key holds has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the element at an index.
    pub fn get(&self, index: usize) -> Option<Vec<u8>> {
        self.show(index, |element| element.to_vec())
    }

    /// Copies of all elements.
    pub fn to_vec(&self) -> Vec<Vec<u8>> {
        let mut elements = Vec::with_capacity(self.len());
        self.each(0, usize::MAX, |element| elements.push(element.to_vec()));
        elements
    }

    /// Shows the element at an index; `None` if there is none.
    pub fn show<T>(&self, index: usize, visit: impl FnOnce(StringRef<'_>) -> T) -> Option<T> {
        match self.form {
            ListForm::Paged(list) => list.get(index, visit),
            ListForm::Packed { entries, count } => (index < count).then(|| {
                let at = entry::start_of(entries, count, index);
                visit(entry::first(&entries[at..]).0)
            }),
        }
    }

    /// Shows `count` elements from an index on, or as many as there are.
    #[inline]
    pub fn each(&self, from: usize, count: usize, mut visit: impl FnMut(StringRef<'_>)) {
        let mut left = count;
        self.walk(from, |element| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            visit(element);
            ControlFlow::Continue(())
        });
    }

    /// Shows elements from an index on, towards the back, until `visit` breaks; returns the value
    /// of the break.
    #[inline]
    pub fn walk<B>(
        &self,
        from: usize,
        mut visit: impl FnMut(StringRef<'_>) -> ControlFlow<B>,
    ) -> Option<B> {
        let flow = match self.form {
            ListForm::Paged(list) => list.walk(from, &mut visit),
            ListForm::Packed { count, .. } if from >= count => ControlFlow::Continue(()),
            ListForm::Packed { entries, count } => {
                let at = entry::start_of(entries, count, from);
                walk_entries(&entries[at..], &mut visit)
            }
        };
        flow.break_value()
    }

    /// Shows elements from an index on, towards the front, until `visit` breaks; returns the value
    /// of the break.
    pub fn walk_back<B>(
        &self,
        from: usize,
        mut visit: impl FnMut(StringRef<'_>) -> ControlFlow<B>,
    ) -> Option<B> {
        let flow = match self.form {
            ListForm::Paged(list) => list.walk_back(from, &mut visit),
            ListForm::Packed { count, .. } if from >= count => ControlFlow::Continue(()),
            ListForm::Packed { entries, count } => {
                let end = entry::start_of(entries, count, from + 1);
                walk_entries_back(&entries[..end], &mut visit)
            }
        };
        flow.break_value()
    }

    /// Shows the list in the parts that it consists of, which is how RDB writes it.
    pub fn parts(&self, mut visit: impl FnMut(ListPart<'_>)) {
        match self.form {
            ListForm::Packed { entries, count } => visit(ListPart::Entries { entries, count }),
            ListForm::Paged(list) => list.pages(|content, count| {
                visit(match content {
                    Content::Element(bytes) => ListPart::Element(bytes),
                    Content::Entries(entries) => ListPart::Entries { entries, count },
                });
            }),
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub enum ListPart<'a> {
    /// The entries of a listpack, without its header and its end.
    Entries {
        /// Their bytes.
        entries: &'a [u8],
        /// How many there are.
        count: usize,
    },
    /// One element that is too large for a listpack.
    Element(&'a [u8]),
}
