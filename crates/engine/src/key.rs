//! A key as a look-up is given it: its bytes, and their hash if that is known already.
//!
//! Always true: a hash leads to the same places for as long as its key space lives.
//! Not here: how the hash is made — `hash.rs`

use std::num::NonZeroU64;

use russet_base::slot::SLOT_BITS;

/// The hash of a key in one key space, as [`Db::hash`] and [`Db::prefetch`] return it.
///
/// [`Db::hash`]: crate::Db::hash
/// [`Db::prefetch`]: crate::Db::prefetch
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(NonZeroU64);

const _: () = assert!(size_of::<Option<KeyHash>>() == 8);

/// A bit that neither the place of a key nor its tag depends on.
const SPARE: u64 = 1 << 8;

impl KeyHash {
    #[inline]
    pub(crate) fn new(hash: u64) -> Self {
        Self(NonZeroU64::MIN | (hash | SPARE))
    }

    /// The slot of the key, in a key space with [`Options::slots`].
    ///
    /// [`Options::slots`]: crate::Options::slots
    #[inline]
    pub fn slot(self) -> u16 {
        (self.get() >> (64 - SLOT_BITS)) as u16
    }

    /// All bits.
    #[inline]
    pub(crate) fn get(self) -> u64 {
        self.0.get()
    }
}

/// The hash of a member or field, for [`Keyspace::prefetch_members`].
///
/// [`Keyspace::prefetch_members`]: crate::Keyspace::prefetch_members
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberHash(NonZeroU64);

impl MemberHash {
    #[inline]
    pub(crate) fn new(hash: u64) -> Self {
        // Only a hint: that one hash in 2^64 is another costs a cache miss.
        Self(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN))
    }

    #[inline]
    pub(crate) fn get(self) -> u64 {
        self.0.get()
    }
}

/// A key to look up: bytes, or bytes with their hash where a caller has it.
///
/// # Examples
/// ```
/// use russet_engine::{Keyspace, Options, Touch};
///
/// let mut keyspace = Keyspace::new(Options::default());
/// let mut db = keyspace.db(0);
/// db.set(b"city", b"Oslo", None);
/// let hash = db.prefetch(b"city");
/// assert!(db.read(b"city", Touch::Yes).is_some());
/// assert!(db.read((hash, b"city"), Touch::Yes).is_some());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Key<'k> {
    pub(crate) bytes: &'k [u8],
    pub(crate) hash: Option<KeyHash>,
}

impl<'k> Key<'k> {
    /// The bytes.
    #[inline]
    pub fn bytes(self) -> &'k [u8] {
        self.bytes
    }
}

impl<'k, B: AsRef<[u8]> + ?Sized> From<&'k B> for Key<'k> {
    #[inline]
    fn from(bytes: &'k B) -> Self {
        let bytes = bytes.as_ref();
        Self { bytes, hash: None }
    }
}

impl<'k, B: AsRef<[u8]> + ?Sized> From<(KeyHash, &'k B)> for Key<'k> {
    #[inline]
    fn from((hash, bytes): (KeyHash, &'k B)) -> Self {
        (Some(hash), bytes).into()
    }
}

impl<'k, B: AsRef<[u8]> + ?Sized> From<(Option<KeyHash>, &'k B)> for Key<'k> {
    #[inline]
    fn from((hash, bytes): (Option<KeyHash>, &'k B)) -> Self {
        let bytes = bytes.as_ref();
        Self { bytes, hash }
    }
}
