//! A key that holds a collection, or is to hold one, looked up for writing.
//!
//! Always true: every change goes through here, so snapshots keep what they see, weights add up,
//! and observers of the key hear of it.
//! Not here: what collections are — `types/`

use super::Db;
use crate::cell::{self, Body, Head, Image};
use crate::heap::Large;
use crate::key::Key;
use crate::packing::Packing;
use crate::store::{Place, Shared, Store, packed, strings};
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Event, EventKind, Kind, Millis, WrongType};

/// A key that holds a collection of one kind, or nothing yet.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    store: &'a mut Store,
    shared: &'a mut Shared,
    index: usize,
    key: &'a [u8],
    hash: u64,
    kind: Kind,
    place: Option<Place>,
}

impl Db<'_> {
    /// Looks a key up that is to hold a collection of that kind, given the hash of the key: a use,
    /// but neither a hit nor a miss.
    ///
    /// # Errors
    /// [`WrongType`] when it holds something else.
    #[inline]
    pub(crate) fn held<'a>(
        &'a mut self,
        key: impl Into<Key<'a>>,
        kind: Kind,
    ) -> Result<Held<'a>, WrongType> {
        let (hash, key) = self.hashed(key.into());
        let place = self.live(hash, key);
        if let Some(place) = &place {
            let memory = &self.store.arena.memory;
            if Head::of(memory, place.cell).kind() != kind {
                return Err(WrongType);
            }
            self.shared.touch(memory, place.cell);
        }
        Ok(Held {
            store: self.store,
            shared: self.shared,
            index: self.index,
            key,
            hash,
            kind,
            place,
        })
    }
}

impl Held<'_> {
    /// Counts the look-up as a hit or a miss, as that of a read.
    pub(crate) fn count_as_read(&mut self) {
        let stats = &mut self.shared.stats;
        match self.place {
            Some(_) => stats.hits += 1,
            None => stats.misses += 1,
        }
    }

    /// Whether the key exists.
    #[inline]
    pub(crate) fn exists(&self) -> bool {
        self.place.is_some()
    }

    /// The collection where it lies; `None` if the key does not exist.
    #[inline]
    pub(crate) fn form(&self) -> Option<Form<'_>> {
        let place = self.place.as_ref()?;
        Some(cell::form(&self.store.arena.memory, place.cell))
    }

    /// Its encoding.
    pub(crate) fn encoding(&self) -> Option<Encoding> {
        let place = self.place.as_ref()?;
        Some(Head::of(&self.store.arena.memory, place.cell).encoding())
    }

    /// The deadline of the key, if it has one.
    #[cfg(test)]
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let place = self.place.as_ref()?;
        cell::deadline(&self.store.arena.memory, place.cell).map(|deadline| deadline.at)
    }

    /// The thresholds.
    #[inline]
    pub(crate) fn packing(&self) -> Packing {
        self.shared.packing
    }

    /// The moment before which deadlines have passed.
    pub(crate) fn horizon(&self) -> Millis {
        self.shared.horizon
    }

    /// The hash functions of members, which are those of keys.
    pub(crate) fn hasher(&self) -> &ahash::RandomState {
        &self.shared.hashing.members
    }

    /// Says that a field of the hash expired.
    pub(crate) fn note_expired_field(&mut self, field: &[u8]) {
        self.shared.stats.expired_fields += 1;
        self.note_event(|| EventKind::FieldExpired(field.into()));
    }

    /// Says that the hash is gone, as its last field expired.
    pub(crate) fn note_emptied(&mut self) {
        self.note_event(|| EventKind::Emptied);
    }

    /// Says that the hash went as its last field expired, and came anew with the same field: the
    /// key has no deadline any more.
    #[cold]
    pub(crate) fn note_anew(&mut self) {
        self.note_emptied();
        if let Some(place) = &mut self.place {
            self.store.set_due(self.shared, place, None);
        }
    }

    fn note_event(&mut self, kind: impl FnOnce() -> EventKind) {
        if self.shared.records_events {
            self.shared.events.push(Event {
                db: self.index,
                key: self.key.into(),
                kind: kind(),
            });
        }
    }

    /// Stores packed bytes: creates the key, or replaces its value and keeps its deadline.
    pub(crate) fn put_packed(&mut self, encoding: Encoding, bytes: &[u8]) {
        self.put(
            encoding,
            packed::packed_body(self.key, bytes, self.store.arena.room()),
        );
    }

    /// Replaces packed bytes by others that say the same, so that observers of the key need not
    /// hear of it.
    pub(crate) fn repack(&mut self, encoding: Encoding, bytes: &[u8]) {
        self.put_quietly(
            encoding,
            packed::packed_body(self.key, bytes, self.store.arena.room()),
        );
    }

    /// Stores pages: creates the key, or replaces its value and keeps its deadline.
    pub(crate) fn put_paged(&mut self, encoding: Encoding, collection: Collection) {
        debug_assert_eq!(collection.kind(), self.kind);
        let object = strings::object(self.key, Large::Paged(collection));
        self.put(encoding, Body::Large(object));
    }

    fn put(&mut self, encoding: Encoding, body: Body<'_>) {
        self.note();
        self.put_quietly(encoding, body);
    }

    fn put_quietly(&mut self, encoding: Encoding, body: Body<'_>) {
        let kind = self.kind;
        match &mut self.place {
            Some(place) => {
                let value = (kind, encoding, body);
                self.store
                    .replace_collection(self.shared, self.key, place, value);
            }
            None => {
                let image = Image {
                    kind,
                    encoding,
                    key: self.key,
                    body,
                    access: self.shared.clock,
                };
                self.place = Some(self.store.insert(self.shared, self.hash, image, None));
            }
        }
    }

    /// Replaces `remove` packed bytes from `at` on by others.
    ///
    /// # Panics
    /// When the value is not packed, or the range is not inside it.
    pub(crate) fn splice(&mut self, at: usize, remove: usize, insert: &[u8]) {
        self.note();
        let place = self.place.as_mut().expect("a value that exists is edited");
        self.store
            .splice(self.shared, self.key, place, (at, remove), insert);
    }

    /// The packed bytes, for changes that keep their length.
    ///
    /// # Panics
    /// When the value is not packed.
    pub(crate) fn packed_mut(&mut self) -> &mut [u8] {
        self.note();
        let place = self.place.as_mut().expect("a value that exists is edited");
        self.store.packed_mut(self.shared, place)
    }

    /// Changes the pages.
    ///
    /// # Panics
    /// When the value is packed.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut Collection) -> T) -> T {
        self.note();
        let place = self.place.as_mut().expect("a value that exists is changed");
        self.store.change_pages(self.shared, place, change)
    }

    /// Changes the pages in a way that observers of the key need not hear of.
    ///
    /// # Panics
    /// When the value is packed.
    pub(crate) fn change_quietly<T>(&mut self, change: impl FnOnce(&mut Collection) -> T) -> T {
        let place = self.place.as_mut().expect("a value that exists is changed");
        self.store.change_pages(self.shared, place, change)
    }

    /// Gives the value another encoding.
    pub(crate) fn set_encoding(&mut self, encoding: Encoding) {
        if let Some(place) = &mut self.place {
            self.store.set_encoding(self.shared, place, encoding);
        }
    }

    /// Removes the key, if it exists.
    pub(crate) fn remove(&mut self) {
        if let Some(place) = self.place.take() {
            self.note();
            self.store.remove(self.shared, place);
        }
    }

    /// Lets observers of the key hear that it has changed.
    #[inline]
    pub(crate) fn note(&mut self) {
        if let Some(place) = self.place {
            self.shared.wrote(&self.store.arena.memory, place.cell);
        }
        self.shared.observed.note(self.index, self.hash, self.key);
    }
}

#[cfg(test)]
mod tests;
