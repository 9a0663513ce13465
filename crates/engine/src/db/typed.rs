//! Operations on strings for programs that embed the key space, named after the commands.
//!
//! Always true: each is a short composition of the entry calls in `db/entry.rs`, nothing more.
//! Not here: arguments and replies — crate `russet-command`

use bytes::Bytes;

use super::{Db, Entry};
use crate::value::{Millis, NewValue, StringRef, Touch, WrongType};

/// Under which condition [`Db::set_when`] sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetWhen {
    /// Always.
    Always,
    /// Only if the key does not exist.
    Absent,
    /// Only if it does.
    Present,
}

/// Why a number could not be added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncrError {
    /// The sum does not fit 64 bits.
    #[error("the sum is out of range")]
    Overflow,
    /// The value is a string, but not an integer.
    #[error("the value is not an integer")]
    NotAnInteger,
    /// The value is not a string.
    #[error(transparent)]
    WrongType(#[from] WrongType),
}

impl Db<'_> {
    /// The string at a key, if there is one. A large one is shared, not copied.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{Keyspace, Options};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// db.set(b"city", b"Oslo", None);
    /// assert_eq!(db.get(b"city")?.as_deref(), Some(&b"Oslo"[..]));
    /// assert_eq!(db.get(b"country")?, None);
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, WrongType> {
        let Some(value) = self.read(key, Touch::Yes) else {
            return Ok(None);
        };
        Ok(Some(match value.string()? {
            StringRef::Shared(bytes) => bytes.clone(),
            string => Bytes::copy_from_slice(&string.as_bytes()),
        }))
    }

    /// Sets a key to a string, with a deadline or without one.
    pub fn set(&mut self, key: &[u8], value: &[u8], deadline: Option<Millis>) {
        self.entry(key).set(NewValue::Plain(value), deadline);
    }

    /// Sets a key if the condition holds, and says whether it did.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{Keyspace, Options, SetWhen};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// assert!(db.set_when(b"lock", b"me", Some(5_000), SetWhen::Absent));
    /// assert!(!db.set_when(b"lock", b"you", Some(5_000), SetWhen::Absent));
    /// ```
    pub fn set_when(
        &mut self,
        key: &[u8],
        value: &[u8],
        deadline: Option<Millis>,
        when: SetWhen,
    ) -> bool {
        let entry = self.entry(key);
        let holds = match (&entry, when) {
            (_, SetWhen::Always) => true,
            (Entry::Vacant(_), when) => when == SetWhen::Absent,
            (Entry::Occupied(_), when) => when == SetWhen::Present,
        };
        if holds {
            entry.set(NewValue::Plain(value), deadline);
        }
        holds
    }

    /// Appends to the string at a key, which is created if it is absent; returns the new length.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{Keyspace, Options};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// assert_eq!(db.append(b"log", b"one,")?, 4);
    /// assert_eq!(db.append(b"log", b"two,")?, 8);
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    pub fn append(&mut self, key: &[u8], bytes: &[u8]) -> Result<usize, WrongType> {
        match self.entry(key) {
            Entry::Occupied(mut entry) => entry.append(bytes),
            Entry::Vacant(entry) => {
                entry.insert(NewValue::Plain(bytes), None);
                Ok(bytes.len())
            }
        }
    }

    /// Adds to the integer at a key, which counts as 0 if it is absent; returns the sum.
    ///
    /// # Errors
    /// When the value is not an integer, or the sum does not fit.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{IncrError, Keyspace, Options};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// assert_eq!(db.incr_by(b"visits", 5), Ok(5));
    /// assert_eq!(db.incr_by(b"visits", -7), Ok(-2));
    /// db.set(b"name", b"x", None);
    /// assert_eq!(db.incr_by(b"name", 1), Err(IncrError::NotAnInteger));
    /// ```
    pub fn incr_by(&mut self, key: &[u8], by: i64) -> Result<i64, IncrError> {
        match self.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(NewValue::Int(by), None);
                Ok(by)
            }
            Entry::Occupied(mut entry) => {
                let n = match entry.string()? {
                    StringRef::Int(n) => n,
                    StringRef::Bytes(bytes) => parse(bytes)?,
                    StringRef::Shared(bytes) => parse(bytes)?,
                };
                let sum = n.checked_add(by).ok_or(IncrError::Overflow)?;
                entry.set(NewValue::Int(sum));
                Ok(sum)
            }
        }
    }

    /// Overwrites part of the string at a key from an offset on, with zero bytes before it where
    /// the string was shorter; returns the new length. Empty bytes change nothing.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    ///
    /// # Panics
    /// When offset and length overflow `usize`; the caller bounds how long strings may become.
    pub fn set_range(
        &mut self,
        key: &[u8],
        offset: usize,
        bytes: &[u8],
    ) -> Result<usize, WrongType> {
        let end = offset
            .checked_add(bytes.len())
            .expect("strings end within memory");
        match self.entry(key) {
            Entry::Vacant(_) if bytes.is_empty() => return Ok(0),
            Entry::Vacant(entry) => entry.insert(NewValue::Raw(b""), None),
            Entry::Occupied(entry) if bytes.is_empty() => return Ok(entry.string()?.len()),
            Entry::Occupied(_) => {}
        }
        let Entry::Occupied(mut entry) = self.entry(key) else {
            return Ok(0);
        };
        let target = entry.string_mut(end)?;
        target[offset..end].copy_from_slice(bytes);
        Ok(target.len())
    }

    /// The time to live of a key in milliseconds: `None` if it is absent, `Some(None)` if it has no
    /// deadline.
    pub fn ttl(&mut self, key: &[u8]) -> Option<Option<Millis>> {
        let now = self.now();
        let deadline = self.read(key, Touch::No)?.deadline();
        Some(deadline.map(|at| at.saturating_sub(now)))
    }

    /// Sets or clears the deadline of a key; says whether it exists.
    pub fn expire_at(&mut self, key: &[u8], deadline: Option<Millis>) -> bool {
        match self.entry(key) {
            Entry::Occupied(mut entry) => {
                entry.set_deadline(deadline);
                true
            }
            Entry::Vacant(_) => false,
        }
    }
}

fn parse(bytes: &[u8]) -> Result<i64, IncrError> {
    russet_base::num::parse_i64(bytes).ok_or(IncrError::NotAnInteger)
}
