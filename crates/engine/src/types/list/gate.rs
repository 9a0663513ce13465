//! Lists as values of keys.
//!
//! Always true: a look-up that names a key with another type of value is refused.
//! Not here: what is read and changed then — `view.rs`, `edit.rs`

use super::{ListMut, ListRef};
use crate::db::Db;
use crate::key::Key;
use crate::value::{Kind, Touch, WrongType};
use crate::value_ref::ValueRef;

impl<'a> ValueRef<'a> {
    /// The value as a list.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    #[inline]
    pub fn list(&self) -> Result<ListRef<'a>, WrongType> {
        self.form(Kind::List).map(ListRef::new)
    }
}

impl Db<'_> {
    /// The list at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        touch: Touch,
    ) -> Result<Option<ListRef<'_>>, WrongType> {
        let value = self.read(key, touch);
        value.map(|value| value.list()).transpose()
    }

    /// The list at a key, to be changed; an absent key is an empty list.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list_mut<'a>(&'a mut self, key: impl Into<Key<'a>>) -> Result<ListMut<'a>, WrongType> {
        Ok(ListMut::new(self.held(key, Kind::List)?))
    }
}
