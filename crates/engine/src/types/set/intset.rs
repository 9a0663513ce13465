//! The bytes of an intset: a small set of integers.
//!
//! ```text
//!  width: u32 │ count: u32 │ count × width bytes, ascending           all little endian
//! ```
//! All members are as wide as the widest: 2, 4 or 8 bytes.
//!
//! Always true: a view of any bytes reads without panic; what is written is what RDB has.
//! Not here: where the bytes lie, and up to which size — `edit.rs`

use smallvec::SmallVec;

/// Bytes before the first member.
pub(super) const HEADER_LEN: usize = 8;

/// A view of the bytes of an intset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intset<'a> {
    width: usize,
    members: &'a [u8],
}

/// How bytes change to take one more member.
#[derive(Debug)]
pub(super) enum Insertion {
    /// These bytes are inserted there.
    Splice(usize, SmallVec<[u8; 8]>),
    /// The whole is rebuilt with wider members.
    Rebuilt(Vec<u8>),
}

impl<'a> Intset<'a> {
    /// A view of trusted bytes.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let width = match bytes.first() {
            Some(4) => 4,
            Some(8) => 8,
            _ => 2,
        };
        Self {
            width,
            members: bytes.get(HEADER_LEN..).unwrap_or_default(),
        }
    }

    /// How many members there are.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.members.len() / self.width
    }

    /// The member at a place.
    #[inline]
    pub(super) fn get(self, at: usize) -> i64 {
        let bytes = &self.members[at * self.width..];
        match self.width {
            2 => i64::from(i16::from_le_bytes([bytes[0], bytes[1]])),
            4 => i64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
            _ => {
                let mut word = [0; 8];
                word.copy_from_slice(&bytes[..8]);
                i64::from_le_bytes(word)
            }
        }
    }

    /// The place of a number, or the place where it belongs.
    #[inline]
    pub(super) fn find(self, number: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(&number) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The members in ascending order.
    pub(super) fn iter(self) -> impl Iterator<Item = i64> + 'a {
        (0..self.len()).map(move |at| self.get(at))
    }

    /// How to insert a number where it belongs.
    pub(super) fn insertion(self, at: usize, number: i64) -> Insertion {
        let width = width_of(number);
        if width > self.width {
            let mut numbers: Vec<i64> = self.iter().collect();
            numbers.insert(at, number);
            return Insertion::Rebuilt(encode(&numbers));
        }
        let bytes = SmallVec::from_slice(&number.to_le_bytes()[..self.width]);
        Insertion::Splice(self.offset(at), bytes)
    }

    /// Where the member at a place lies, and how many bytes it takes.
    pub(super) fn span(self, at: usize) -> (usize, usize) {
        (self.offset(at), self.width)
    }

    fn offset(self, at: usize) -> usize {
        HEADER_LEN + at * self.width
    }
}

/// The bytes of a set of ascending numbers.
pub(super) fn encode(numbers: &[i64]) -> Vec<u8> {
    let widths = numbers.iter().map(|number| width_of(*number));
    let width = widths.max().unwrap_or(2);
    let mut bytes = Vec::with_capacity(HEADER_LEN + width * numbers.len());
    bytes.extend_from_slice(&(width as u32).to_le_bytes());
    bytes.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes()[..width]);
    }
    bytes
}

/// Brings the count in the header up to date.
pub(super) fn fix_header(bytes: &mut [u8]) {
    let len = Intset::new(bytes).len() as u32;
    if let Some(count) = bytes.get_mut(4..HEADER_LEN) {
        count.copy_from_slice(&len.to_le_bytes());
    }
}

#[inline]
fn width_of(number: i64) -> usize {
    if i16::try_from(number).is_ok() {
        2
    } else if i32::try_from(number).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_where_they_belong_and_widen_the_whole() {
        let mut bytes = encode(&[]);
        assert_eq!(bytes, [2, 0, 0, 0, 0, 0, 0, 0]);
        let numbers = [5, -7, 40_000, 5_000_000_000, -40_000, 6, i64::MIN, i64::MAX];
        let mut model = std::collections::BTreeSet::new();
        for number in numbers {
            let set = Intset::new(&bytes);
            let at = set.find(number).expect_err("it is new");
            match set.insertion(at, number) {
                Insertion::Rebuilt(whole) => bytes = whole,
                Insertion::Splice(at, member) => {
                    bytes.splice(at..at, member);
                    fix_header(&mut bytes);
                }
            }
            model.insert(number);
            let sorted: Vec<i64> = model.iter().copied().collect();
            assert_eq!(bytes, encode(&sorted));
            for (at, number) in sorted.iter().enumerate() {
                assert_eq!(Intset::new(&bytes).find(*number), Ok(at));
            }
        }
    }

    #[test]
    fn any_bytes_can_be_viewed() {
        for bytes in [&[][..], &[8], &[4, 0, 0, 0, 9, 9, 9, 9, 1, 2, 3]] {
            let set = Intset::new(bytes);
            assert_eq!((set.len(), set.find(1)), (0, Err(0)));
        }
    }
}
