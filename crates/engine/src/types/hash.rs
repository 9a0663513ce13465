//! Hashes: fields with values, and deadlines of single fields.
//!
//! ```text
//!  Listpack     [field, value] …               in the order in which fields came
//!  ListpackEx   [field, value, deadline] …     earliest deadline first, those without (0) last
//!  Hashtable    pages, see `paged`
//! ```
//! A packed hash turns into pages when it gets too many fields or too long a field or value, and
//! into `ListpackEx` with its first deadline; never back.
//!
//! Always true: a field is absent from the millisecond of its deadline on, whoever looks; what is
//! due is removed by [`Keyspace::expire_due`] or by whoever comes across it first.
//!
//! [`Keyspace::expire_due`]: crate::Keyspace::expire_due
//! Not here: which hashes have deadlines — `store/fields.rs`

mod draw;
mod edit;
mod packed;
mod pages;
mod sweep;
#[cfg(test)]
mod tests;
mod view;

pub use edit::{FieldTtl, HashMut};
pub(crate) use pages::Hash;
pub use view::{Field, HashRef};

use super::{Collection, Form};
use crate::db::Db;
use crate::value::{Encoding, Kind, Millis, Touch, ValueRef, WrongType};
use packed::Packed;

/// When the first field of a hash may be due.
pub(crate) fn due(form: Form<'_>, encoding: Encoding) -> Option<Millis> {
    match form {
        Form::Packed(bytes) if encoding == Encoding::ListpackEx => Packed::new(bytes, true).due(),
        Form::Paged(Collection::Hash(hash)) => hash.due(),
        _ => None,
    }
}

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
    pub fn hash_ref(&mut self, key: &[u8], touch: Touch) -> Result<Option<HashRef<'_>>, WrongType> {
        self.hash_ref_hashed(self.hash(key), key, touch)
    }

    /// [`Self::hash_ref`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a hash.
    #[inline]
    pub fn hash_ref_hashed(
        &mut self,
        hash: u64,
        key: &[u8],
        touch: Touch,
    ) -> Result<Option<HashRef<'_>>, WrongType> {
        let now = self.now();
        match self.read_hashed(hash, key, touch) {
            None => Ok(None),
            Some(value) => {
                let form = value.form(Kind::Hash)?;
                Ok(Some(HashRef::new(form, value.encoding(), now)))
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
    pub fn hash_mut<'a>(&'a mut self, key: &'a [u8]) -> Result<HashMut<'a>, WrongType> {
        self.hash_mut_hashed(self.hash(key), key)
    }

    /// [`Self::hash_mut`] with the hash of the key, as [`Self::prefetch`] returned it.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a hash.
    #[inline]
    pub fn hash_mut_hashed<'a>(
        &'a mut self,
        hash: u64,
        key: &'a [u8],
    ) -> Result<HashMut<'a>, WrongType> {
        Ok(HashMut::new(self.held_hashed(hash, key, Kind::Hash)?))
    }
}
