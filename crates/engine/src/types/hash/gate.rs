//! Hashes as values of keys.
//!
//! Always true: a look-up that names a key with another type of value is refused.
//! Not here: what is read and changed then — `view.rs`, `edit.rs`

use super::{HashMut, HashRef};
use crate::db::Db;
use crate::key::Key;
use crate::value::{Kind, Millis, Touch, WrongType};
use crate::value_ref::ValueRef;

impl<'a> ValueRef<'a> {
    /// The value as a hash, with all fields that are stored: those too whose deadline has passed.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    pub fn hash(&self) -> Result<HashRef<'a>, WrongType> {
        let form = self.form(Kind::Hash)?;
        Ok(HashRef::new(form, self.encoding(), Millis::MIN))
    }
}

impl Db<'_> {
    /// The hash at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a hash.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{FieldTtl, Keyspace, Options, StringRef, Touch};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// db.hash_mut(b"user")?.set(b"name", b"Ada", FieldTtl::Clear);
    /// let user = db.hash_ref(b"user", Touch::Yes)?.expect("it was just set");
    /// assert!(matches!(user.get(b"name"), Some(StringRef::Bytes(b"Ada"))));
    /// assert!(user.get(b"age").is_none());
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    #[inline]
    pub fn hash_ref<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        touch: Touch,
    ) -> Result<Option<HashRef<'_>>, WrongType> {
        let horizon = self.shared.horizon;
        match self.read(key, touch) {
            None => Ok(None),
            Some(value) => {
                let form = value.form(Kind::Hash)?;
                Ok(Some(HashRef::new(form, value.encoding(), horizon)))
            }
        }
    }

    /// The hash at a key, for writing. An absent one is empty: its first field creates the key, and
    /// with its last field the key goes.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a hash.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{FieldTtl, Keyspace, Options};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// let mut cart = db.hash_mut(b"cart")?;
    /// assert!(cart.set(b"apples", b"3", FieldTtl::Clear));
    /// assert!(!cart.set(b"apples", b"4", FieldTtl::Clear));
    /// assert!(cart.remove(b"apples"));
    /// assert!(!db.contains(b"cart"));
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    #[inline]
    pub fn hash_mut<'a>(&'a mut self, key: impl Into<Key<'a>>) -> Result<HashMut<'a>, WrongType> {
        Ok(HashMut::new(self.held(key, Kind::Hash)?))
    }
}
