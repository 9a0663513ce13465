//! Walking a listpack from either end.
//!
//! Always true: a walk ends, whatever the bytes are: each step leaves fewer of them.

use std::iter::FusedIterator;

use super::{Entry, Listpack, wire};

/// The entries of a listpack.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Iter<'a> {
    pub(super) fn new(list: Listpack<'a>, at: usize, end: usize) -> Self {
        Self {
            bytes: list.bytes(),
            at,
            end,
        }
    }

    /// The offset of the entry that `next` returns.
    #[inline]
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Entry<'a>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'a>> {
        if self.at >= self.end {
            return None;
        }
        let Some((entry, next)) = wire::read(self.bytes, self.at) else {
            self.at = self.end;
            return None;
        };
        self.at = next;
        Some(entry)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        // An entry has two bytes at least.
        let bytes = self.end.saturating_sub(self.at);
        (usize::from(bytes > 0), Some(bytes / 2))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let start = wire::step_back(self.bytes, self.end).filter(|&start| start >= self.at);
        self.end = start.unwrap_or(self.at);
        let (entry, _) = wire::read(self.bytes, start?)?;
        Some(entry)
    }
}

impl FusedIterator for Iter<'_> {}

/// Where the entries of a listpack begin.
#[derive(Clone, Debug)]
pub struct Offsets<'a>(Iter<'a>);

impl<'a> Offsets<'a> {
    pub(super) fn new(list: Listpack<'a>, at: usize, end: usize) -> Self {
        Self(Iter::new(list, at, end))
    }
}

impl Iterator for Offsets<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let at = self.0.at;
        self.0.next().map(|_| at)
    }
}

impl DoubleEndedIterator for Offsets<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<usize> {
        self.0.next_back().map(|_| self.0.end)
    }
}

impl FusedIterator for Offsets<'_> {}
