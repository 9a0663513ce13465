//! Parts of values that several copies of a value share until one of them changes.
//!
//! A [`Part`] is a reference-counted object that cannot be pointed to weakly. So a count of one,
//! seen by whoever owns that count, means that nobody else can get at the object, and a plain load
//! tells it. `Arc::make_mut` must take weak pointers into account and pays two locked instructions
//! for it, on every change of every collection.
//!
//! Duties of this file:
//! 1. No weak pointer to a part is ever made: the `Arc` is private and its methods are few.
//! 2. A reference for writing is given out only while the count is one, and borrows the part.
//!
//! Always true: what one copy of a value changes, no other copy sees.
//! Not here: objects that cells point to — `heap.rs`

#![expect(
    unsafe_code,
    reason = "a count of one is proof of being alone, which `Arc` asks more for"
)]

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

/// A part of a value, shared between the copies of the value that have not changed it.
#[derive(Debug)]
pub(crate) struct Part<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Part<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Part<T> {
    /// A part that nobody shares.
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> Default for Part<T>
where
    Arc<T>: Default,
{
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Copy> From<&[T]> for Part<[T]> {
    fn from(items: &[T]) -> Self {
        Self(Arc::from(items))
    }
}

impl<T> From<Vec<T>> for Part<[T]> {
    fn from(items: Vec<T>) -> Self {
        Self(Arc::from(items))
    }
}

impl<T> FromIterator<T> for Part<[T]> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: ?Sized> Part<T> {
    /// The object for writing, if no other copy has it.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        if Arc::strong_count(&self.0) != 1 {
            return None;
        }
        // What the last other owner did happened before it gave its count up.
        fence(Ordering::Acquire);
        // SAFETY: duty 2: the only count is ours, and by duty 1 nobody can make another while
        // `self` is borrowed.
        Some(unsafe { &mut *Arc::as_ptr(&self.0).cast_mut() })
    }
}

impl<T: Clone> Part<T> {
    /// The object for writing: a copy of it if another has it too.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut T {
        if Arc::strong_count(&self.0) != 1 {
            self.copy();
        }
        self.get_mut().expect("it is nobody else's now")
    }

    #[cold]
    fn copy(&mut self) {
        *self = Self::new(T::clone(self));
    }
}

impl<T: Copy> Part<[T]> {
    /// The items for writing: a copy of them if another has them too.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut [T] {
        if Arc::strong_count(&self.0) != 1 {
            self.copy();
        }
        self.get_mut().expect("they are nobody else's now")
    }

    #[cold]
    fn copy(&mut self) {
        *self = Self::from(&**self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_changed_where_it_lies_until_another_copy_has_it() {
        let mut one = Part::new(vec![1]);
        let at = std::ptr::from_ref(one.make_mut());
        one.make_mut().push(2);
        assert_eq!(std::ptr::from_ref(&*one), at);
        let mut other = one.clone();
        assert!(one.get_mut().is_none());
        other.make_mut().push(3);
        assert_eq!((&**one, &**other), (&[1, 2][..], &[1, 2, 3][..]));
        // Each is alone again.
        assert!(one.get_mut().is_some() && other.get_mut().is_some());
    }

    #[test]
    fn bytes_are_copied_for_the_first_change_after_a_clone() {
        let mut one: Part<[u8]> = Part::from(&b"abc"[..]);
        let other = one.clone();
        one.make_mut()[0] = b'x';
        assert_eq!((&*one, &*other), (&b"xbc"[..], &b"abc"[..]));
        drop(other);
        assert!(one.get_mut().is_some());
    }
}
