//! Collections that are packed already, taken over as they are.
//!
//! Always true: the bytes are in the form that the collection's type gives them; the caller has
//! checked them.
//! Not here: what packed bytes look like — `types/`

use super::Db;
use crate::types::form::Form;
use crate::value::{Encoding, Kind, WrongType};
use crate::value_ref::ValueRef;

impl Db<'_> {
    /// Gives a key that does not exist, or one of the same kind, a collection that is packed.
    ///
    /// The bytes must be as RDB has them, valid and canonical: an intset, a listpack of members, of
    /// fields and values, of members and scores in order. They must not be empty.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    ///
    /// # Examples
    /// ```
    /// use russet_engine::{Encoding, Keyspace, Kind, Options, Touch};
    ///
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// let three = [2, 0, 0, 0, 1, 0, 0, 0, 3, 0];
    /// db.adopt_packed(b"k", Kind::Set, Encoding::Intset, &three)?;
    /// let value = db.read(b"k", Touch::Yes).expect("it was just created");
    /// assert_eq!(value.packed(), Some(&three[..]));
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    pub fn adopt_packed(
        &mut self,
        key: &[u8],
        kind: Kind,
        encoding: Encoding,
        bytes: &[u8],
    ) -> Result<(), WrongType> {
        self.held(key, kind)?.put_packed(encoding, bytes);
        Ok(())
    }
}

impl<'a> ValueRef<'a> {
    /// The bytes of a collection that is packed; nothing of other values.
    #[must_use]
    pub fn packed(&self) -> Option<&'a [u8]> {
        match self.form(self.kind()) {
            Ok(Form::Packed(bytes)) => Some(bytes),
            _ => None,
        }
    }
}
