//! A key looked up for writing: found or not, with what can be done to it then.
//!
//! Always true: an entry is found or not at one moment; an expired key is vacant.
//! Not here: look-ups for reading — `db/mod.rs`; what a value looks like inside — `cell.rs`

use std::sync::atomic::Ordering::Relaxed;

use russet_base::num::{I64Buf, format_i64};

use crate::access::AccessPolicy;
use crate::cell::{self, Image};
use crate::store::{Due, Place, Shared, Store, strings};
use crate::value::{Access, Kind, Millis, NewValue, StringRef, WrongType};
use crate::value_ref::ValueRef;

/// A key looked up for writing.
#[derive(Debug)]
pub enum Entry<'a> {
    /// The key exists.
    Occupied(Occupied<'a>),
    /// It does not.
    Vacant(Vacant<'a>),
}

impl Entry<'_> {
    /// Sets value and deadline, whether the key exists or not.
    pub fn set(self, value: NewValue<'_>, deadline: Option<Millis>) {
        match self {
            Self::Occupied(mut entry) => entry.replace(value, deadline),
            Self::Vacant(entry) => entry.insert(value, deadline),
        }
    }
}

/// A key that exists.
#[derive(Debug)]
pub struct Occupied<'a> {
    pub(super) store: &'a mut Store,
    pub(super) shared: &'a mut Shared,
    pub(super) key: &'a [u8],
    pub(super) place: Place,
    pub(super) index: usize,
}

impl Occupied<'_> {
    /// The value, borrowed.
    pub fn value(&self) -> ValueRef<'_> {
        let (policy, now) = (self.shared.policy, self.shared.now);
        cell::view(&self.store.arena.memory, self.place.cell, policy, now)
    }

    /// The deadline, if there is one.
    pub fn deadline(&self) -> Option<Millis> {
        cell::deadline(&self.store.arena.memory, self.place.cell).map(|deadline| deadline.at)
    }

    /// Replaces the value, keeping the deadline.
    #[inline]
    pub fn set(&mut self, value: NewValue<'_>) {
        if let NewValue::Int(number) = value
            && self.is_replaced(number)
        {
            return self.note();
        }
        self.put(value, Due::Keep);
    }

    /// Replaces an integer by another where it lies, if nothing else has to happen; says whether.
    // PERF: counters; half of what `put` costs, which any value may come through.
    #[inline]
    fn is_replaced(&mut self, number: i64) -> bool {
        let is_all = !self.shared.keeps_clocks && self.shared.epochs.newest() == 0;
        is_all && cell::replace_int(&mut self.store.arena.memory, self.place.cell, number)
    }

    /// Replaces value and deadline at once. Cheaper than one after the other.
    #[inline]
    pub fn replace(&mut self, value: NewValue<'_>, deadline: Option<Millis>) {
        self.put(value, Due::Set(deadline));
    }

    #[inline]
    fn put(&mut self, value: NewValue<'_>, due: Due) {
        if self.shared.keeps_clocks && self.shared.policy == AccessPolicy::Lru {
            let fresh = self.shared.clock;
            self.store
                .arena
                .memory
                .atomic(self.place.cell)
                .store(fresh, Relaxed);
        }
        let (encoding, body) = strings::encode(&value, self.key, self.store.arena.room());
        let value = (Kind::String, encoding, body);
        self.store
            .replace(self.shared, self.key, &mut self.place, value, due);
        self.note();
    }

    /// Sets or clears the deadline. A deadline in the past is stored as it is; the next look-up
    /// removes the key.
    pub fn set_deadline(&mut self, deadline: Option<Millis>) {
        self.store.set_due(self.shared, &mut self.place, deadline);
        self.note();
    }

    /// Sets the access clock (`RESTORE … IDLETIME`, `FREQ`).
    pub fn set_access(&mut self, access: Access) {
        let word = self.shared.policy.encode(access, self.shared.now);
        self.store
            .arena
            .memory
            .atomic(self.place.cell)
            .store(word, Relaxed);
    }

    /// Appends bytes to a string and returns its new length; the value becomes `raw`.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    pub fn append(&mut self, bytes: &[u8]) -> Result<usize, WrongType> {
        self.string()?;
        self.note();
        Ok(self
            .store
            .append(self.shared, self.key, &mut self.place, bytes))
    }

    /// The bytes of a string, writable in place and at least `len_min` long (zero bytes are
    /// added); the value becomes `raw`.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    pub fn string_mut(&mut self, len_min: usize) -> Result<&mut [u8], WrongType> {
        self.string()?;
        self.note();
        Ok(self
            .store
            .string_mut(self.shared, self.key, &mut self.place, len_min))
    }

    /// Changes the bytes of a string as [`Occupied::string_mut`] does; `change` also says whether
    /// it changed any. If it did not, and the string has not grown, observers of the key do not
    /// hear of it.
    ///
    /// # Errors
    /// [`WrongType`] when the value is not a string.
    pub fn edit_string<T>(
        &mut self,
        len_min: usize,
        change: impl FnOnce(&mut [u8]) -> (T, bool),
    ) -> Result<T, WrongType> {
        let len = match self.string()? {
            StringRef::Bytes(bytes) => bytes.len(),
            StringRef::Shared(bytes) => bytes.len(),
            StringRef::Int(number) => format_i64(number, &mut I64Buf::new()).len(),
        };
        let bytes = self
            .store
            .string_mut(self.shared, self.key, &mut self.place, len_min);
        let (answer, has_changed) = change(bytes);
        if len < len_min || has_changed {
            self.note();
        }
        Ok(answer)
    }

    /// The value as a string.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    #[inline]
    pub fn string(&self) -> Result<StringRef<'_>, WrongType> {
        let memory = &self.store.arena.memory;
        match cell::Head::of(memory, self.place.cell).kind() {
            Kind::String => Ok(cell::string(memory, self.place.cell)),
            _ => Err(WrongType),
        }
    }

    /// Removes the key; a large value becomes garbage.
    pub fn remove(mut self) {
        self.note();
        self.store.remove(self.shared, self.place);
    }

    #[inline]
    fn note(&mut self) {
        self.shared.wrote(&self.store.arena.memory, self.place.cell);
        self.shared
            .observed
            .note(self.index, self.place.hash, self.key);
    }
}

/// A key that does not exist.
#[derive(Debug)]
pub struct Vacant<'a> {
    pub(super) store: &'a mut Store,
    pub(super) shared: &'a mut Shared,
    pub(super) key: &'a [u8],
    pub(super) hash: u64,
    pub(super) index: usize,
}

impl Vacant<'_> {
    /// Creates the key.
    pub fn insert(self, value: NewValue<'_>, deadline: Option<Millis>) {
        let (encoding, body) = strings::encode(&value, self.key, self.store.arena.room());
        let access = self.shared.clock;
        let image = Image {
            kind: Kind::String,
            encoding,
            key: self.key,
            body,
            access,
        };
        self.store.insert(self.shared, self.hash, image, deadline);
        self.shared.observed.note(self.index, self.hash, self.key);
    }
}
