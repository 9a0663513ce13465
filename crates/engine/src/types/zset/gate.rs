//! Sorted sets as values of keys.
//!
//! Always true: a look-up that names a key with another type of value is refused.
//! Not here: what is read and changed then — `view.rs`, `edit.rs`

use super::{ZsetMut, ZsetRef};
use crate::db::Db;
use crate::key::Key;
use crate::value::{Kind, Touch, WrongType};
use crate::value_ref::ValueRef;

impl<'a> ValueRef<'a> {
    /// The value as a sorted set.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    #[inline]
    pub fn zset(&self) -> Result<ZsetRef<'a>, WrongType> {
        self.form(Kind::Zset).map(ZsetRef::new)
    }
}

impl Db<'_> {
    /// The sorted set at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn zset<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        touch: Touch,
    ) -> Result<Option<ZsetRef<'_>>, WrongType> {
        let value = self.read(key, touch);
        value.map(|value| value.zset()).transpose()
    }

    /// Looks at a sorted set without any trace, as [`Self::peek`] does: several can be combined.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    pub fn peek_zset(&self, key: &[u8]) -> Result<Option<ZsetRef<'_>>, WrongType> {
        self.peek(key).map(|value| value.zset()).transpose()
    }

    /// The sorted set at a key, to be changed; an absent key is an empty one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn zset_mut<'a>(&'a mut self, key: impl Into<Key<'a>>) -> Result<ZsetMut<'a>, WrongType> {
        Ok(ZsetMut::new(self.held(key, Kind::Zset)?))
    }
}
