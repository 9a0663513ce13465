//! A page of integers: ascending, as distances from a base.
//!
//! Always true: the body may belong to several clones; it changes only through `Part::make_mut`.
//! Not here: which page a number belongs to — `ints.rs`

use std::iter;

use crate::part::Part;

/// The most members of a page.
pub(super) const LEN_MAX: usize = 512;
/// Bytes of an allocation of shared bytes besides them: two counts and the allocator's head.
const ALLOCATION_SIZE: usize = 24;

/// Some integers.
#[derive(Debug, Clone)]
pub(super) struct Page {
    base: i64,
    body: Part<[u8]>,
    len: u16,
    /// Bytes of a distance, 1–8.
    width: u8,
}

/// Calls a function that is generic over the width of distances.
macro_rules! with_width {
    ($width:expr, $call:ident $args:tt) => {
        match $width {
            1 => $call::<1> $args,
            2 => $call::<2> $args,
            3 => $call::<3> $args,
            4 => $call::<4> $args,
            5 => $call::<5> $args,
            6 => $call::<6> $args,
            7 => $call::<7> $args,
            _ => $call::<8> $args,
        }
    };
}

impl Page {
    /// A page of ascending numbers, of which there is one at least.
    pub(super) fn of(numbers: &[i64]) -> Self {
        let base = numbers[0];
        let largest = distance(base, numbers[numbers.len() - 1]);
        let width = width_of(largest);
        let mut page = Self {
            base,
            body: room(numbers.len(), width),
            len: numbers.len() as u16,
            width: width as u8,
        };
        let body = page.body.make_mut();
        for (place, number) in body.chunks_exact_mut(width).zip(numbers) {
            let bytes = distance(base, *number).to_le_bytes();
            place.copy_from_slice(&bytes[..width]);
        }
        page
    }

    /// No member is smaller.
    #[inline]
    pub(super) fn base(&self) -> i64 {
        self.base
    }

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Bytes that it occupies.
    #[inline]
    pub(super) fn weight(&self) -> u64 {
        (size_of::<Self>() + self.body.len() + ALLOCATION_SIZE) as u64
    }

    /// The number at a place.
    #[inline]
    pub(super) fn get(&self, at: usize) -> i64 {
        let distance = with_width!(self.width, load(&self.body, at));
        self.base.wrapping_add_unsigned(distance)
    }

    /// The place of a number, or the place where it belongs.
    #[inline]
    pub(super) fn find(&self, number: i64) -> Result<usize, usize> {
        if number < self.base {
            return Err(0);
        }
        let wanted = distance(self.base, number);
        with_width!(self.width, search(&self.body, self.len(), wanted))
    }

    /// Inserts a number at the place where it belongs.
    pub(super) fn insert(&mut self, at: usize, number: i64) {
        let (len, width) = (self.len(), usize::from(self.width));
        let is_near = number >= self.base && width_of(distance(self.base, number)) <= width;
        if !is_near || self.body.len() < (len + 1) * width {
            let mut numbers: Vec<i64> = Vec::with_capacity(len + 1);
            numbers.extend(self.iter());
            numbers.insert(at, number);
            *self = Self::of(&numbers);
            return;
        }
        let bytes = distance(self.base, number).to_le_bytes();
        let body = self.body.make_mut();
        body.copy_within(at * width..len * width, (at + 1) * width);
        body[at * width..][..width].copy_from_slice(&bytes[..width]);
        self.len += 1;
    }

    /// Removes the number at a place.
    pub(super) fn remove(&mut self, at: usize) {
        let (len, width) = (self.len(), usize::from(self.width));
        self.body
            .make_mut()
            .copy_within((at + 1) * width..len * width, at * width);
        self.len -= 1;
        let is_sparse = self.body.len() > 2 * (len - 1) * width + 64;
        if is_sparse && len > 1 {
            *self = Self::of(&self.iter().collect::<Vec<_>>());
        }
    }

    /// Takes away the numbers from a place on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let numbers: Vec<i64> = self.iter().collect();
        *self = Self::of(&numbers[..at]);
        Self::of(&numbers[at..])
    }

    /// Adds the numbers of the page behind it.
    pub(super) fn append(&mut self, other: &Self) {
        let numbers: Vec<i64> = self.iter().chain(other.iter()).collect();
        *self = Self::of(&numbers);
    }

    fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.len()).map(|at| self.get(at))
    }
}

/// A body for `len` distances and a few more.
fn room(len: usize, width: usize) -> Part<[u8]> {
    let more = if len >= LEN_MAX / 2 {
        len / 16
    } else {
        len / 8
    };
    let wanted = (len + more).min(LEN_MAX) * width + ALLOCATION_SIZE;
    let size = wanted.next_multiple_of(16) - ALLOCATION_SIZE;
    iter::repeat_n(0, size).collect()
}

#[inline]
const fn distance(base: i64, number: i64) -> u64 {
    number.wrapping_sub(base).cast_unsigned()
}

/// How many bytes a distance takes.
#[inline]
const fn width_of(distance: u64) -> usize {
    match distance {
        0 => 1,
        _ => 8 - distance.leading_zeros() as usize / 8,
    }
}

#[inline]
fn load<const WIDTH: usize>(body: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes[..WIDTH].copy_from_slice(&body[at * WIDTH..][..WIDTH]);
    u64::from_le_bytes(bytes)
}

#[inline]
fn search<const WIDTH: usize>(body: &[u8], len: usize, wanted: u64) -> Result<usize, usize> {
    let (mut low, mut size) = (0, len);
    while size > 0 {
        let half = size / 2;
        let middle = low + half;
        if load::<WIDTH>(body, middle) < wanted {
            low = middle + 1;
            size -= half + 1;
        } else {
            size = half;
        }
    }
    match low < len && load::<WIDTH>(body, low) == wanted {
        true => Ok(low),
        false => Err(low),
    }
}
