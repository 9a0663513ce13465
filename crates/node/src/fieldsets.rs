//! Fieldsets: lists of field names that a client declares once, to create many hashes of them.
//!
//! Always true: no fieldset names a field twice; those of one client stay within [`COUNT_MAX`] and
//! [`SIZE_MAX`] together.
//! Not here: the commands — `control/himport.rs`.

use std::collections::BTreeMap;

use russet_resp::{ArgBuf, Args};

/// How many fieldsets a client may have.
pub(crate) const COUNT_MAX: usize = 1024;

/// How many bytes the fieldsets of a client may take.
pub(crate) const SIZE_MAX: usize = 16 << 20;

/// Why a fieldset was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A field is named twice.
    FieldTwice,
    /// The client has as many as it may have.
    TooMany,
    /// They would take too many bytes.
    TooLarge,
}

/// The fieldsets of one client.
#[derive(Debug, Default)]
pub(crate) struct Fieldsets {
    by_name: BTreeMap<Box<[u8]>, ArgBuf>,
    /// The sum of [`memory_of`] all of them.
    size: usize,
}

impl Fieldsets {
    /// Keeps a fieldset, in place of one of the same name.
    ///
    /// # Errors
    /// A [`Refusal`]; everything is as before then.
    pub(crate) fn prepare(&mut self, name: &[u8], fields: Args<'_>) -> Result<(), Refusal> {
        let former = self.by_name.get(name).map(|former| memory_of(name, former));
        if former.is_none() && self.by_name.len() >= COUNT_MAX {
            return Err(Refusal::TooMany);
        }
        let others = self.size - former.unwrap_or(0);
        // What is far too large need be neither sorted nor copied.
        if others + name.len() + fields.size() > SIZE_MAX {
            return Err(Refusal::TooLarge);
        }
        if names_one_twice(fields) {
            return Err(Refusal::FieldTwice);
        }
        let fields = ArgBuf::from(fields);
        let size = others + memory_of(name, &fields);
        if size > SIZE_MAX {
            return Err(Refusal::TooLarge);
        }
        self.by_name.insert(name.into(), fields);
        self.size = size;
        Ok(())
    }

    /// Forgets a fieldset; says whether there was one.
    pub(crate) fn discard(&mut self, name: &[u8]) -> bool {
        let Some(fields) = self.by_name.remove(name) else {
            return false;
        };
        self.size -= memory_of(name, &fields);
        true
    }

    /// The fields of a fieldset, in the order they were declared.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Args<'_>> {
        self.by_name.get(name).map(ArgBuf::args)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// The memory they hold, for accounting.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.size
    }
}

fn memory_of(name: &[u8], fields: &ArgBuf) -> usize {
    name.len() + fields.memory() + size_of::<(Box<[u8]>, ArgBuf)>()
}

fn names_one_twice(fields: Args<'_>) -> bool {
    let mut sorted: Vec<&[u8]> = fields.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use russet_resp::ArgBuf;

    use super::{COUNT_MAX, Fieldsets, Refusal, SIZE_MAX};

    fn prepare(sets: &mut Fieldsets, name: &str, fields: &[&str]) -> Result<(), Refusal> {
        let fields: ArgBuf = fields.iter().collect();
        sets.prepare(name.as_bytes(), fields.args())
    }

    fn fields(sets: &Fieldsets, name: &str) -> Option<Vec<Vec<u8>>> {
        let found = sets.find(name.as_bytes())?;
        Some(found.iter().map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn fields_keep_the_order_they_were_declared_in() {
        let mut sets = Fieldsets::default();
        assert_eq!(prepare(&mut sets, "f", &["b", "", "a"]), Ok(()));
        let expected = Some(vec![b"b".to_vec(), b"".to_vec(), b"a".to_vec()]);
        assert_eq!(fields(&sets, "f"), expected);
        assert_eq!(fields(&sets, "g"), None);
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut sets = Fieldsets::default();
        prepare(&mut sets, "f", &["a", "b"]).unwrap();
        let before = (sets.memory(), fields(&sets, "f"));
        let twice = prepare(&mut sets, "f", &["c", "d", "c"]);
        assert_eq!(twice, Err(Refusal::FieldTwice));
        let long = "x".repeat(SIZE_MAX);
        assert_eq!(
            prepare(&mut sets, "f", &[&long[..]]),
            Err(Refusal::TooLarge)
        );
        assert_eq!((sets.memory(), fields(&sets, "f")), before);
    }

    #[test]
    fn memory_is_given_back_with_the_fieldsets() {
        let mut sets = Fieldsets::default();
        let empty = sets.memory();
        prepare(&mut sets, "f", &["a", "b"]).unwrap();
        prepare(&mut sets, "f", &["a"]).unwrap();
        prepare(&mut sets, "g", &["a", "b", "c"]).unwrap();
        assert!(sets.memory() > empty);
        assert_eq!(sets.len(), 2);
        assert!(sets.discard(b"f") && !sets.discard(b"f"));
        assert!(sets.discard(b"g"));
        assert_eq!((sets.memory(), sets.len()), (empty, 0));
    }

    #[test]
    fn a_client_has_so_many_and_no_more() {
        let mut sets = Fieldsets::default();
        for i in 0..COUNT_MAX {
            prepare(&mut sets, &i.to_string(), &["a"]).unwrap();
        }
        assert_eq!(prepare(&mut sets, "one", &["a"]), Err(Refusal::TooMany));
        assert_eq!(prepare(&mut sets, "0", &["b"]), Ok(()));
        assert!(sets.discard(b"1"));
        assert_eq!(prepare(&mut sets, "one", &["a"]), Ok(()));
    }
}
