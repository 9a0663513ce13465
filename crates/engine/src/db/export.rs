//! A key's value on its way to another key: RENAME, COPY, MOVE.
//!
//! Always true: a copy has the deadline of its original, an access clock of its own, and shares no
//! cell with it.
//! Not here: which databases take part — `keyspace.rs`

use std::sync::Arc;

use smallvec::SmallVec;

use super::Db;
use crate::cell::{self, Body, Image};
use crate::heap::{Heap, Large};
use crate::store::strings;
use crate::types::form::Form;
use crate::value::{Encoding, Kind, Millis, StringRef};
use crate::value_ref::Content;

/// Everything about a key but its name. A large value is shared, not copied.
#[derive(Debug)]
pub(crate) struct Export {
    kind: Kind,
    encoding: Encoding,
    body: Owned,
    deadline: Option<Millis>,
}

#[derive(Debug)]
enum Owned {
    Int(i64),
    Bytes(SmallVec<[u8; 64]>),
    Large(Arc<Heap>),
}

impl Db<'_> {
    /// Takes a copy of what belongs to a key that exists.
    pub(crate) fn export(&mut self, key: &[u8]) -> Option<Export> {
        let cell = self.live(self.hash(key), key)?.cell;
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
        Some(Export {
            kind: head.kind(),
            encoding: head.encoding(),
            body,
            deadline: cell::deadline(memory, cell).map(|deadline| deadline.at),
        })
    }

    /// Creates a key, which must not exist, from what belonged to another.
    pub(crate) fn import(&mut self, key: &[u8], export: Export) {
        let Export {
            kind,
            encoding,
            body,
            deadline,
        } = export;
        // COMPAT: a value with a new name begins anew, however much it was used under the old one.
        let access = self.shared.policy.fresh(self.shared.now);
        let is_long = key.len() > cell::KEY_LEN_MAX;
        let body = match &body {
            Owned::Large(object) if !is_long && object.key.is_empty() => {
                Body::Large(Arc::clone(object))
            }
            // The object has a key of its own, or needs one: its value goes into another. One that
            // is short goes into the cell, as if it had been set there.
            Owned::Large(object) => match &object.value {
                Large::Int(n) if !is_long => Body::Int(*n),
                Large::Buffer(bytes) | Large::Packed(bytes)
                    if cell::fits(key.len(), bytes.len()) =>
                {
                    Body::Bytes(bytes)
                }
                Large::Shared(bytes) if cell::fits(key.len(), bytes.len()) => Body::Bytes(bytes),
                value => Body::Large(strings::object(key, value.clone())),
            },
            Owned::Int(n) if is_long => Body::Large(strings::object(key, Large::Int(*n))),
            Owned::Int(n) => Body::Int(*n),
            Owned::Bytes(bytes) if cell::fits(key.len(), bytes.len()) => Body::Bytes(bytes),
            Owned::Bytes(bytes) => {
                let value = match kind {
                    Kind::String => Large::Shared(bytes.to_vec().into()),
                    _ => Large::Packed(bytes.to_vec()),
                };
                Body::Large(strings::object(key, value))
            }
        };
        let image = Image {
            kind,
            encoding,
            key,
            body,
            access,
        };
        let hash = self.hash(key);
        self.store.insert(self.shared, hash, image, deadline);
        self.shared.observed.note(self.index, hash, key);
    }
}
