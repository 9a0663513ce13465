//! Strings on their way into cells, and strings changed where they are.
//!
//! A short string lives in its cell and grows there, to a cell with some room to spare, until it no
//! longer fits; from then on it is a buffer outside the arena that grows by a quarter.
//!
//! Always true: a cell holds a whole string or a pointer to one, never a part.
//! Not here: the layout of a cell — `cell.rs`; large values — `heap.rs`

use std::sync::Arc;

use bytes::Bytes;

use super::{Due, Place, Shared, Store};
use crate::arena::{CELL_SIZE_MAX, class};
use crate::cell::{self, Body};
use crate::heap::{Heap, Large};
use crate::value::{Encoding, Kind, NewValue, StringRef};

/// The longest string that is `embstr`.
const EMBSTR_LEN_MAX: usize = 44;

/// The encoding of a new value, and its form in or beside a cell, where cells may have a size of
/// `room`.
// PERF: a call of its own costs twenty instructions of each SET.
#[inline(always)]
pub(crate) fn encode<'v>(value: &'v NewValue<'_>, key: &[u8], room: usize) -> (Encoding, Body<'v>) {
    let (encoding, bytes) = match *value {
        NewValue::Int(n) => return (Encoding::Int, int_body(n, key)),
        NewValue::Plain(bytes) => match russet_base::num::parse_i64(bytes) {
            Some(n) => return (Encoding::Int, int_body(n, key)),
            None => (text_encoding(bytes), bytes),
        },
        NewValue::Text(bytes) => (text_encoding(bytes), bytes),
        NewValue::Raw(bytes) => (Encoding::Raw, bytes),
        // A short one is copied in, since its bytes may be a slice of something large.
        NewValue::Shared(ref bytes) if cell::fits(key.len(), bytes.len(), room) => {
            (Encoding::Raw, &**bytes)
        }
        NewValue::Shared(ref bytes) => {
            let value = Large::Shared(bytes.clone());
            return (Encoding::Raw, Body::Large(object(key, value)));
        }
    };
    if cell::fits(key.len(), bytes.len(), room) {
        return (encoding, Body::Bytes(bytes));
    }
    let value = Large::Shared(Bytes::copy_from_slice(bytes));
    (encoding, Body::Large(object(key, value)))
}

#[inline]
fn text_encoding(bytes: &[u8]) -> Encoding {
    if bytes.len() <= EMBSTR_LEN_MAX {
        Encoding::Embstr
    } else {
        Encoding::Raw
    }
}

#[inline]
fn int_body(n: i64, key: &[u8]) -> Body<'static> {
    if key.len() <= cell::KEY_LEN_MAX {
        Body::Int(n)
    } else {
        Body::Large(object(key, Large::Int(n)))
    }
}

/// An object with a value, and with the key if that is too long for a cell.
pub(crate) fn object(key: &[u8], value: Large) -> Arc<Heap> {
    let key = if key.len() > cell::KEY_LEN_MAX {
        key.into()
    } else {
        Box::default()
    };
    Arc::new(Heap { key, value })
}

impl Store {
    /// Appends bytes to a string and returns its new length.
    pub(crate) fn append(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        bytes: &[u8],
    ) -> usize {
        if !self.make_text(cx, key, place, bytes.len()) {
            let had = cell::value_range(&self.arena.memory, place.cell).1;
            self.resize(cx, place, had + bytes.len());
            let (at, len) = cell::value_range(&self.arena.memory, place.cell);
            self.arena.memory.fill(place.cell, at + had, bytes);
            return len;
        }
        self.with_buffer(place, |buffer| {
            reserve(buffer, bytes.len());
            buffer.extend_from_slice(bytes);
            buffer.len()
        })
    }

    /// The bytes of a string, at least `len_min` of them.
    pub(crate) fn string_mut(
        &mut self,
        cx: &mut Shared,
        key: &[u8],
        place: &mut Place,
        len_min: usize,
    ) -> &mut [u8] {
        let had = cell::string(&self.arena.memory, place.cell).len();
        if !self.make_text(cx, key, place, len_min.saturating_sub(had)) {
            let len = cell::value_range(&self.arena.memory, place.cell).1;
            self.resize(cx, place, len.max(len_min));
            let (at, len) = cell::value_range(&self.arena.memory, place.cell);
            return self.arena.memory.bytes_mut(place.cell, at, len);
        }
        self.with_buffer(place, |buffer| {
            if buffer.len() < len_min {
                reserve(buffer, len_min - buffer.len());
                buffer.resize(len_min, 0);
            }
        });
        let object = cell::large_mut(&mut self.arena.memory, place.cell);
        match object.map(|object| &mut object.value) {
            Some(Large::Buffer(buffer)) => buffer,
            _ => unreachable!("it was made a buffer above"),
        }
    }

    /// Gives a string that is to grow by `more` the form in which it can: true when that is an
    /// object outside the arena, whose cell is ready then.
    fn make_text(&mut self, cx: &mut Shared, key: &[u8], place: &mut Place, more: usize) -> bool {
        let (memory, room) = (&self.arena.memory, self.arena.room());
        if cell::Head::of(memory, place.cell).is_large() {
            self.ready(cx, place, 0);
            let encoding_is_raw = cell::Head::of(&self.arena.memory, place.cell).encoding();
            if encoding_is_raw != Encoding::Raw {
                cell::set_encoding(&mut self.arena.memory, place.cell, Encoding::Raw);
            }
            return true;
        }
        let text = match cell::string(memory, place.cell) {
            string @ StringRef::Int(_) => string.to_vec(),
            StringRef::Bytes(bytes) if !cell::fits(key.len(), bytes.len() + more, room) => {
                bytes.to_vec()
            }
            _ => return false,
        };
        if cell::fits(key.len(), text.len() + more, room) {
            let value = (Kind::String, Encoding::Raw, Body::Bytes(&text));
            self.replace(cx, key, place, value, Due::Keep);
            return false;
        }
        let object = object(key, Large::Buffer(text));
        self.replace(
            cx,
            key,
            place,
            (Kind::String, Encoding::Raw, Body::Large(object)),
            Due::Keep,
        );
        true
    }

    /// Changes the buffer of a cell that is ready and has an object.
    fn with_buffer<T>(&mut self, place: &Place, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        // Weighed before, since `large_mut` may replace a shared object by a smaller clone.
        let before = cell::large_weight(&self.arena.memory, place.cell);
        let object = cell::large_mut(&mut self.arena.memory, place.cell);
        let object = object.expect("the caller made it an object");
        let result = change(cell::buffer(&mut object.value));
        self.large_weight = self.large_weight + object.weight() - before;
        result
    }

    /// Gives a string in a cell another length, with zero bytes at the end where it grows.
    fn resize(&mut self, cx: &mut Shared, place: &mut Place, len: usize) {
        let memory = &self.arena.memory;
        let had = cell::value_range(memory, place.cell).1;
        let wide = 2;
        let size = cell::size(memory, place.cell) + wide + (len - had);
        let room = class::size(self.arena.class_of(place.cell));
        let size = if size > room { size + len / 4 } else { size };
        self.ready(cx, place, size.min(CELL_SIZE_MAX));
        cell::set_len(&mut self.arena.memory, place.cell, len, Encoding::Raw);
    }
}

/// Makes room for more bytes, and for a quarter more than that.
fn reserve(buffer: &mut Vec<u8>, more: usize) {
    if buffer.capacity() - buffer.len() < more {
        let spare = (buffer.len() + more) / 4;
        buffer.reserve_exact(more + spare);
    }
}
