//! Detached values and keys: a value is given to a key, or a copy of one is taken from it.
//!
//! Always true: a key gets value, deadline and a fresh access clock in one step, which observers
//! hear of once; a copy shares no cell with its original.
//! Not here: values without a key — `detached.rs`; RENAME, COPY, MOVE — `mod.rs`, `keyspace.rs`

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;

use super::Db;
use crate::cell::{self, Body, Image};
use crate::detached::{Detached, Owned};
use crate::heap::Large;
use crate::key::Key;
use crate::store::{Due, strings};
use crate::types::form::Form;
use crate::value::{Kind, Millis, StringRef};
use crate::value_ref::Content;

impl Db<'_> {
    /// Gives a key this value and this deadline, whatever it held before. A large value that it
    /// held becomes garbage.
    pub fn place<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        value: Detached,
        deadline: Option<Millis>,
    ) {
        let (hash, key) = self.hashed(key.into());
        let Detached {
            kind,
            encoding,
            body,
        } = value;
        let bytes;
        let room = self.store.arena.room();
        let body = match beside(body, kind, key, room) {
            Owned::Int(n) => Body::Int(n),
            Owned::Large(object) => Body::Large(object),
            Owned::Bytes(found) => {
                bytes = found;
                Body::Bytes(&bytes)
            }
        };
        // COMPAT: a value with a new name begins anew, however much it was used under the old one.
        let access = self.shared.clock;
        match self.live(hash, key) {
            Some(mut place) => {
                let value = (kind, encoding, body);
                self.store
                    .replace(self.shared, key, &mut place, value, Due::Set(deadline));
                let clock = self.store.arena.memory.atomic(place.cell);
                clock.store(access, Relaxed);
            }
            None => {
                let image = Image {
                    kind,
                    encoding,
                    key,
                    body,
                    access,
                };
                self.store.insert(self.shared, hash, image, deadline);
            }
        }
        self.shared.observed.note(self.index, hash, key);
    }

    /// Takes a copy of the value of a key that exists, and its deadline. A large value is shared,
    /// not copied.
    pub(crate) fn export(&mut self, key: &[u8]) -> Option<(Detached, Option<Millis>)> {
        let cell = self.live(self.hash(key).get(), key)?.cell;
        let memory = &self.store.arena.memory;
        let head = cell::Head::of(memory, cell);
        let body = match (cell::large(memory, cell), cell::content(memory, cell, head)) {
            (Some(object), _) => Owned::Large(object),
            (None, Content::String(StringRef::Int(n))) => Owned::Int(n),
            (None, Content::String(StringRef::Bytes(bytes)))
            | (None, Content::Collection(Form::Packed(bytes))) => {
                Owned::Bytes(SmallVec::from_slice(bytes))
            }
            (None, _) => unreachable!("what is shared or paged is in an object"),
        };
        let value = Detached {
            kind: head.kind(),
            encoding: head.encoding(),
            body,
        };
        let deadline = cell::deadline(memory, cell).map(|deadline| deadline.at);
        Some((value, deadline))
    }
}

/// The form that a value has beside this key.
fn beside(body: Owned, kind: Kind, key: &[u8], room: usize) -> Owned {
    let is_long = key.len() > cell::KEY_LEN_MAX;
    let fits = |bytes: &[u8]| cell::fits(key.len(), bytes.len(), room);
    match body {
        Owned::Large(object) if !is_long && object.key.is_empty() => Owned::Large(object),
        // The object has a key of its own, or needs one: its value goes into another. One that is
        // short goes into the cell, as if it had been set there.
        Owned::Large(object) => match &object.value {
            Large::Int(n) if !is_long => Owned::Int(*n),
            Large::Buffer(bytes) | Large::Packed(bytes) if fits(bytes) => {
                Owned::Bytes(SmallVec::from_slice(bytes))
            }
            Large::Shared(bytes) if fits(bytes) => Owned::Bytes(SmallVec::from_slice(bytes)),
            _ => {
                let value = Arc::unwrap_or_clone(object).value;
                Owned::Large(strings::object(key, value))
            }
        },
        Owned::Int(n) if is_long => Owned::Large(strings::object(key, Large::Int(n))),
        Owned::Int(n) => Owned::Int(n),
        Owned::Bytes(bytes) if fits(&bytes) => Owned::Bytes(bytes),
        Owned::Bytes(bytes) => {
            let bytes = bytes.into_vec();
            let value = match kind {
                Kind::String => Large::Shared(bytes.into()),
                _ => Large::Packed(bytes),
            };
            Owned::Large(strings::object(key, value))
        }
    }
}

#[cfg(test)]
mod tests;
