//! Lists as values of keys.
//!
//! Always true: a look-up that names a key with another type of value is refused.
//! Not here: what is read and changed then — `view.rs`, `edit.rs`

use super::{ListMut, ListRef};
use crate::db::Db;
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
    pub fn list(&mut self, key: &[u8], touch: Touch) -> Result<Option<ListRef<'_>>, WrongType> {
        self.list_hashed(self.hash(key), key, touch)
    }

    /// [`Self::list`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        touch: Touch,
    ) -> Result<Option<ListRef<'_>>, WrongType> {
        let value = self.read_hashed(hash, key, touch);
        value.map(|value| value.list()).transpose()
    }

    /// The list at a key, to be changed; an absent key is an empty list.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn list_mut<'a>(&'a mut self, key: &'a [u8]) -> Result<ListMut<'a>, WrongType> {
        self.list_mut_hashed(self.hash(key), key)
    }

    /// [`Self::list_mut`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn list_mut_hashed<'a>(
        &'a mut self,
        hash: u64,
        key: &'a [u8],
    ) -> Result<ListMut<'a>, WrongType> {
        Ok(ListMut::new(self.held_hashed(hash, key, Kind::List)?))
    }
}
