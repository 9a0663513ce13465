//! Values and keys that are too large for a cell: reference-counted objects that cells point to.
//!
//! A cell holds one count of its object. Copying the cell for a snapshot adds a count, so an object
//! with a single count is reachable from one cell only and may be changed in place; any other is
//! cloned first. Large strings are [`Bytes`] that replies share, or a growing buffer while they are
//! being written to.
//!
//! Duties of this file:
//! 1. The pointer at `(cell, at)` came from `Arc::into_raw` in [`put`], and the cell owns one
//!    count.
//! 2. After [`take`] the cell's pointer is dead: it is overwritten, or its cell given back.
//! 3. Nobody makes a weak pointer to an object, so a count of one means that nobody else has it.
//!
//! Not here: which cells hold such a pointer — `cell.rs`

#![expect(
    unsafe_code,
    reason = "cells own counts of objects through raw pointers"
)]

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use bytes::Bytes;

use crate::arena::{Handle, Memory};
use crate::types::form::{Collection, Form};
use crate::value::StringRef;

/// An object outside the arena.
#[derive(Debug, Clone)]
pub(crate) struct Heap {
    /// The key, when it is too long for the cell; else empty.
    pub(crate) key: Box<[u8]>,
    /// The value.
    pub(crate) value: Large,
}

/// A value outside the arena.
#[derive(Debug, Clone)]
pub(crate) enum Large {
    /// An integer, beside a long key.
    Int(i64),
    /// Bytes that nobody changes.
    Shared(Bytes),
    /// Bytes that were changed in place, with room to grow.
    Buffer(Vec<u8>),
    /// A packed collection.
    Packed(Vec<u8>),
    /// A collection of pages.
    Paged(Collection),
}

impl Large {
    pub(crate) fn view(&self) -> StringRef<'_> {
        match self {
            Self::Int(n) => StringRef::Int(*n),
            Self::Shared(bytes) => StringRef::Shared(bytes),
            Self::Buffer(bytes) | Self::Packed(bytes) => StringRef::Bytes(bytes),
            Self::Paged(_) => unreachable!("pages are no string"),
        }
    }

    /// A collection's form.
    #[inline]
    pub(crate) fn form(&self) -> Form<'_> {
        match self {
            Self::Packed(bytes) => Form::Packed(bytes),
            Self::Paged(collection) => Form::Paged(collection),
            _ => unreachable!("a string is no collection"),
        }
    }
}

impl Heap {
    /// Bytes that the object takes, as the engine weighs it.
    #[inline]
    pub(crate) fn weight(&self) -> u64 {
        let value = match &self.value {
            Large::Int(_) => 0,
            Large::Shared(bytes) => bytes.len(),
            Large::Buffer(bytes) | Large::Packed(bytes) => bytes.capacity(),
            Large::Paged(collection) => collection.weight() as usize,
        };
        (size_of::<Self>() + 16 + self.key.len() + value) as u64
    }
}

/// Stores an object in a cell, which owns the count from now on.
pub(crate) fn put(memory: &mut Memory, cell: Handle, at: usize, object: Arc<Heap>) {
    memory.set_pointer(cell, at, Arc::into_raw(object));
}

/// The object of a cell.
pub(crate) fn get(memory: &Memory, cell: Handle, at: usize) -> &Heap {
    // SAFETY: duty 1: the count of the cell keeps the object alive while the cell is borrowed.
    unsafe { &*memory.pointer::<Heap>(cell, at) }
}

/// The object of a cell, for writing: a clone of it if something else points to it too.
pub(crate) fn make_mut(memory: &mut Memory, cell: Handle, at: usize) -> &mut Heap {
    let pointer = memory.pointer::<Heap>(cell, at);
    // SAFETY: duty 1; the count is only looked at, as the drop is suppressed.
    let object = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
    // PERF: a plain load; `Arc::get_mut` minds weak pointers and costs two locked instructions.
    if Arc::strong_count(&object) != 1 {
        let object = take(memory, cell, at);
        put(memory, cell, at, Arc::new(Heap::clone(&object)));
    }
    // What the last other owner did happened before it gave its count up.
    fence(Ordering::Acquire);
    let pointer = memory.pointer::<Heap>(cell, at);
    // SAFETY: the count of the cell is the only one, by duty 3, or the object is new; and `&mut
    // Memory` keeps it so.
    unsafe { &mut *pointer.cast_mut() }
}

/// One more count of the object of a cell.
pub(crate) fn share(memory: &Memory, cell: Handle, at: usize) -> Arc<Heap> {
    let pointer = memory.pointer::<Heap>(cell, at);
    // SAFETY: duty 1; the count is only looked at, as the drop is suppressed.
    let object = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
    Arc::clone(&object)
}

/// The count of a cell, which must not use its pointer again.
pub(crate) fn take(memory: &mut Memory, cell: Handle, at: usize) -> Arc<Heap> {
    // SAFETY: duties 1 and 2: the cell gives up the count that it owns.
    unsafe { Arc::from_raw(memory.pointer::<Heap>(cell, at)) }
}
