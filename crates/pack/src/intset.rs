//! Intsets: sorted integers, all of the width that the widest one needs.
//!
//! ```text
//!  intset    width: u32 LE, 2 · 4 · 8 │ count: u32 LE │ integers of width bytes, LE, ascending
//! ```
//!
//! An edit is an offset, the number of bytes to remove, and the bytes to insert ([`Edit`]), so it
//! works on any store of bytes; only an integer that is wider than all others rebuilds the whole.
//!
//! Always true: no bytes make a reader panic.
//! Not here: how many integers a set may keep so — `crates/engine/src/types/set.rs`

use crate::Malformed;

/// Bytes in front of the first integer.
pub const HEADER_LEN: usize = 8;
/// An intset without integers.
pub const EMPTY: [u8; HEADER_LEN] = [2, 0, 0, 0, 0, 0, 0, 0];

/// Bytes that every integer of a set occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Width {
    /// Two bytes: all integers fit an `i16`.
    Two = 2,
    /// Four bytes: all integers fit an `i32`.
    Four = 4,
    /// Eight bytes: all integers fit an `i64`.
    Eight = 8,
}

impl Width {
    /// The width that `n` needs.
    #[inline]
    #[must_use]
    pub const fn of(n: i64) -> Self {
        match n {
            -0x8000..0x8000 => Self::Two,
            -0x8000_0000..0x8000_0000 => Self::Four,
            _ => Self::Eight,
        }
    }

    /// The number of bytes.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    const fn from_wire(code: u32) -> Option<Self> {
        match code {
            2 => Some(Self::Two),
            4 => Some(Self::Four),
            8 => Some(Self::Eight),
            _ => None,
        }
    }
}

/// A change of an intset at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The offset of the change, from the first byte of the intset.
    pub at: usize,
    /// The number of bytes to remove.
    pub remove: usize,
    /// The bytes to insert: the first `insert_len` of these.
    insert: [u8; 8],
    insert_len: usize,
    /// The header after the change.
    pub header: [u8; HEADER_LEN],
}

impl Edit {
    /// The bytes to insert.
    #[inline]
    #[must_use]
    pub fn insert(&self) -> &[u8] {
        &self.insert[..self.insert_len]
    }

    /// Applies the change to a vector.
    ///
    /// # Panics
    /// The vector is not the intset that the edit was made for.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        bytes.splice(
            self.at..self.at + self.remove,
            self.insert().iter().copied(),
        );
        bytes[..HEADER_LEN].copy_from_slice(&self.header);
    }
}

/// The effect of adding an integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Insert {
    /// The integer is there already.
    Present,
    /// A few bytes are inserted.
    Edit(Edit),
    /// The integer is wider than all others: these are the bytes of the new intset.
    Rebuilt(Vec<u8>),
}

/// A view of bytes that are known to be an intset.
#[derive(Clone, Copy, Debug)]
pub struct Intset<'a> {
    width: Width,
    /// The integers only, of `width` bytes each.
    integers: &'a [u8],
}

impl<'a> Intset<'a> {
    /// A view of trusted bytes, header included; nothing is checked.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let code = bytes
            .first_chunk()
            .map_or(0, |code| u32::from_le_bytes(*code));
        Self {
            width: Width::from_wire(code).unwrap_or(Width::Eight),
            integers: bytes.get(HEADER_LEN..).unwrap_or_default(),
        }
    }

    /// A view of untrusted bytes, all of them checked.
    ///
    /// # Errors
    /// The bytes are not an intset, or its integers do not ascend.
    pub fn validate(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (code, rest) = bytes.split_first_chunk::<4>().ok_or(Malformed::Header)?;
        let (counted, integers) = rest.split_first_chunk::<4>().ok_or(Malformed::Header)?;
        let width = Width::from_wire(u32::from_le_bytes(*code)).ok_or(Malformed::Header)?;
        let counted = u64::from(u32::from_le_bytes(*counted));
        if Some(integers.len() as u64) != counted.checked_mul(width.bytes() as u64) {
            return Err(Malformed::Header);
        }
        let set = Self { width, integers };
        let ascends = set.iter().zip(set.iter().skip(1));
        match ascends.enumerate().find(|(_, (a, b))| a >= b) {
            Some((idx, _)) => Err(Malformed::Element {
                at: set.offset(idx + 1),
            }),
            None => Ok(set),
        }
    }

    /// The number of integers.
    #[inline]
    #[must_use]
    pub fn len(self) -> usize {
        self.integers.len() / self.width.bytes()
    }

    /// Whether there are no integers.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The width of each integer.
    #[inline]
    #[must_use]
    pub fn width(self) -> Width {
        self.width
    }

    /// The integer at an index, in ascending order.
    #[inline]
    #[must_use]
    pub fn get(self, idx: usize) -> Option<i64> {
        let rest = self.integers.get(idx.checked_mul(self.width.bytes())?..)?;
        Some(match self.width {
            Width::Two => i64::from(i16::from_le_bytes(*rest.first_chunk()?)),
            Width::Four => i64::from(i32::from_le_bytes(*rest.first_chunk()?)),
            Width::Eight => i64::from_le_bytes(*rest.first_chunk()?),
        })
    }

    /// The index of `n`.
    ///
    /// # Errors
    /// The index at which `n` would be inserted, if it is not there.
    pub fn search(self, n: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        if Width::of(n) > self.width {
            return Err(if n < 0 { 0 } else { high });
        }
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).map(|found| found.cmp(&n)) {
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok(middle),
                _ => high = middle,
            }
        }
        Err(low)
    }

    /// Whether `n` is there.
    #[inline]
    #[must_use]
    pub fn contains(self, n: i64) -> bool {
        self.search(n).is_ok()
    }

    /// The integers in ascending order; from both ends.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + Clone + 'a {
        // Every index below the length has an integer.
        (0..self.len()).map(move |idx| self.get(idx).unwrap_or_default())
    }

    /// Plans adding `n`.
    ///
    /// # Examples
    /// ```
    /// use russet_pack::intset::{self, Insert, Intset};
    /// let mut bytes = intset::EMPTY.to_vec();
    /// for n in [5, -7, 5] {
    ///     if let Insert::Edit(edit) = Intset::new(&bytes).insert(n) {
    ///         edit.apply(&mut bytes);
    ///     }
    /// }
    /// assert!(Intset::new(&bytes).iter().eq([-7, 5]));
    /// assert!(matches!(Intset::new(&bytes).insert(100_000), Insert::Rebuilt(_)));
    /// ```
    #[must_use]
    pub fn insert(self, n: i64) -> Insert {
        let Err(idx) = self.search(n) else {
            return Insert::Present;
        };
        if Width::of(n) > self.width {
            let mut bytes =
                Vec::with_capacity(HEADER_LEN + (self.len() + 1) * Width::of(n).bytes());
            bytes.extend_from_slice(&header(Width::of(n), self.len() + 1));
            let (before, after) = (self.iter().take(idx), self.iter().skip(idx));
            for each in before.chain([n]).chain(after) {
                bytes.extend_from_slice(&each.to_le_bytes()[..Width::of(n).bytes()]);
            }
            return Insert::Rebuilt(bytes);
        }
        Insert::Edit(Edit {
            at: self.offset(idx),
            remove: 0,
            insert: n.to_le_bytes(),
            insert_len: self.width.bytes(),
            header: header(self.width, self.len() + 1),
        })
    }

    /// Plans removing `n`, if it is there.
    #[must_use]
    pub fn remove(self, n: i64) -> Option<Edit> {
        self.search(n).ok().map(|idx| self.remove_at(idx))
    }

    /// Plans removing the integer at an index.
    #[must_use]
    pub fn remove_at(self, idx: usize) -> Edit {
        Edit {
            at: self.offset(idx),
            remove: self.width.bytes(),
            insert: [0; 8],
            insert_len: 0,
            header: header(self.width, self.len().saturating_sub(1)),
        }
    }

    fn offset(self, idx: usize) -> usize {
        HEADER_LEN + idx * self.width.bytes()
    }
}

/// The header of `count` integers.
///
/// # Panics
/// `count` does not fit four bytes.
#[inline]
#[must_use]
pub fn header(width: Width, count: usize) -> [u8; HEADER_LEN] {
    let [a, b, c, d] = u32::try_from(count)
        .expect("an intset has below 2^32 integers")
        .to_le_bytes();
    [width as u8, 0, 0, 0, a, b, c, d]
}

/// The intset of integers that ascend strictly.
#[must_use]
pub fn from_sorted(integers: &[i64]) -> Vec<u8> {
    let ends = [integers.first(), integers.last()];
    let width = ends
        .into_iter()
        .flatten()
        .map(|&n| Width::of(n))
        .max()
        .unwrap_or(Width::Two);
    let mut bytes = Vec::with_capacity(HEADER_LEN + integers.len() * width.bytes());
    bytes.extend_from_slice(&header(width, integers.len()));
    for n in integers {
        bytes.extend_from_slice(&n.to_le_bytes()[..width.bytes()]);
    }
    bytes
}
