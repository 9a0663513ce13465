//! Collections where they lie: packed bytes edited in cells and buffers, pages changed in place.
//!
//! Packed bytes live in the cell of their key as long as they fit, and in a buffer beside it from
//! then on.
//!
//! Always true: a cell has no room to spare beyond its size class.
//! Not here: what the bytes mean — `types/`

use super::{Due, Place, Shared, Store};
use crate::arena::class;
use crate::cell::{self, Body, Head};
use crate::heap::Large;
use crate::store::strings;
use crate::types::form::Collection;
use crate::value::{Encoding, Kind};

/// Above this many bytes a cell that is half empty is too large.
const ROOMY_MIN: usize = 64;

/// The form in which packed bytes are stored beside a key, where cells may have a size of `room`.
pub(crate) fn packed_body<'b>(key: &[u8], bytes: &'b [u8], room: usize) -> Body<'b> {
    if cell::fits(key.len(), bytes.len(), room) {
        Body::Bytes(bytes)
    } else {
        Body::Large(strings::object(key, Large::Packed(bytes.to_vec())))
    }
}

impl Store {
    /// Replaces `remove` packed bytes from `at` on by others.
    pub(crate) fn splice(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        (at, remove): (usize, usize),
        insert: &[u8],
    ) {
        let head = Head::of(&self.arena.memory, place.cell);
        if head.encoding() != Encoding::ListpackEx {
            return self.splice_bytes(cx, key, place, (at, remove), insert);
        }
        let before = self.field_due(place.cell);
        self.splice_bytes(cx, key, place, (at, remove), insert);
        self.note_field_due(place, before);
    }

    fn splice_bytes(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        (at, remove): (usize, usize),
        insert: &[u8],
    ) {
        let head = Head::of(&self.arena.memory, place.cell);
        if head.is_large() {
            self.ready(cx, place, 0);
            return self.with_object(place, |value| match value {
                Large::Packed(bytes) => splice_buffer(bytes, (at, remove), insert),
                _ => unreachable!("only packed collections are spliced"),
            });
        }
        let had = cell::value_range(&self.arena.memory, place.cell).1;
        let len = had - remove + insert.len();
        if !cell::fits(key.len(), len, self.arena.room()) {
            let bytes = cell::value_range(&self.arena.memory, place.cell);
            let bytes = self.arena.memory.bytes(place.cell, bytes.0, bytes.1);
            let mut buffer = Vec::with_capacity(len + len / 8);
            buffer.extend_from_slice(&bytes[..at]);
            buffer.extend_from_slice(insert);
            buffer.extend_from_slice(&bytes[at + remove..]);
            let object = strings::object(key, Large::Packed(buffer));
            let value = (head.kind(), head.encoding(), Body::Large(object));
            self.replace_collection(cx, key, place, value);
            return;
        }
        self.splice_cell(cx, place, (at, remove, had), insert);
    }

    fn splice_cell(
        &mut self,
        cx: &mut Shared,
        place: &mut Place,
        (at, remove, had): (usize, usize, usize),
        insert: &[u8],
    ) {
        let head = Head::of(&self.arena.memory, place.cell);
        let len = had - remove + insert.len();
        let wide = if len > usize::from(u8::MAX) { 2 } else { 0 };
        let size = cell::size(&self.arena.memory, place.cell) - had + len + wide;
        self.ready(cx, place, if len > had { size } else { 0 });
        let cell = place.cell;
        if len > had {
            cell::set_len(&mut self.arena.memory, cell, len, head.encoding());
        }
        let from = cell::value_range(&self.arena.memory, cell).0;
        let bytes = self.arena.memory.bytes_mut(cell, from, len.max(had));
        bytes.copy_within(at + remove..had, at + insert.len());
        bytes[at..at + insert.len()].copy_from_slice(insert);
        if len < had {
            cell::set_len(&mut self.arena.memory, cell, len, head.encoding());
            let room = class::size(self.arena.class_of(cell));
            let size = cell::size(&self.arena.memory, cell);
            if room > ROOMY_MIN && size * 2 < room {
                self.move_entry(cx, place, size, false);
            }
        }
    }

    /// Packed bytes, writable where they are.
    pub(crate) fn packed_mut(&mut self, cx: &mut Shared, place: &mut Place) -> &mut [u8] {
        self.ready(cx, place, 0);
        if Head::of(&self.arena.memory, place.cell).is_large() {
            let object = cell::large_mut(&mut self.arena.memory, place.cell);
            return match object.map(|object| &mut object.value) {
                Some(Large::Packed(bytes)) => bytes,
                _ => unreachable!("only packed collections are changed as bytes"),
            };
        }
        let (at, len) = cell::value_range(&self.arena.memory, place.cell);
        self.arena.memory.bytes_mut(place.cell, at, len)
    }

    /// Changes pages. What a snapshot sees of them is preserved, and the change is weighed.
    pub(crate) fn change_pages<T>(
        &mut self,
        cx: &mut Shared,
        place: &mut Place,
        change: impl FnOnce(&mut Collection) -> T,
    ) -> T {
        self.ready(cx, place, 0);
        let before = self.field_due(place.cell);
        let result = self.with_object(place, |value| match value {
            Large::Paged(collection) => change(collection),
            _ => unreachable!("only collections of pages are changed as such"),
        });
        self.note_field_due(place, before);
        result
    }

    /// Gives a value another encoding.
    pub(crate) fn set_encoding(&mut self, cx: &mut Shared, place: &mut Place, encoding: Encoding) {
        self.ready(cx, place, 0);
        cell::set_encoding(&mut self.arena.memory, place.cell, encoding);
    }

    /// Replaces the value of an entry by a collection, keeping its deadline.
    pub(crate) fn replace_collection(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        value: (Kind, Encoding, Body<'_>),
    ) {
        self.replace(cx, key, place, value, Due::Keep);
    }

    /// Changes the object of a cell that is ready and has one.
    fn with_object<T>(&mut self, place: &Place, change: impl FnOnce(&mut Large) -> T) -> T {
        let object = cell::large_mut(&mut self.arena.memory, place.cell);
        let object = object.expect("the caller looked");
        let before = object.weight();
        let result = change(&mut object.value);
        self.large_weight = self.large_weight + object.weight() - before;
        result
    }
}

fn splice_buffer(bytes: &mut Vec<u8>, (at, remove): (usize, usize), insert: &[u8]) {
    let len = bytes.len() - remove + insert.len();
    if len > bytes.capacity() {
        bytes.reserve_exact(len - bytes.len() + len / 8);
    }
    let had = bytes.len();
    if len > had {
        bytes.resize(len, 0);
    }
    bytes.copy_within(at + remove..had, at + insert.len());
    bytes[at..at + insert.len()].copy_from_slice(insert);
    bytes.truncate(len);
    if bytes.capacity() > 2 * len + ROOMY_MIN {
        bytes.shrink_to(len + len / 8);
    }
}
