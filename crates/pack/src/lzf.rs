//! LZF: the fast compression of long strings in RDB.
//!
//! ```text
//!  000lllll  bytes               l + 1 bytes as they are, 1 … 32
//!  lllooooo  oooooooo            l + 2 bytes from o + 1 bytes back, l of 1 … 6
//!  111ooooo  llllllll  oooooooo  l + 9 bytes from o + 1 bytes back
//! ```
//!
//! Always true: decoding writes no byte beyond the declared length, and does not reserve what was
//! only declared.
//! Not here: which strings are compressed — `crates/rdb/src/string.rs`

use crate::{Buffer, Malformed};

/// The most bytes that one reference stands for.
const REFERENCE_MAX: usize = 9 + 255;
/// The most bytes of one literal.
const LITERAL_MAX: usize = 32;
/// How many bytes of what was written a [`Decoder`] may still need.
pub const HISTORY_MAX: usize = DISTANCE_MAX;
/// How far back a reference reaches.
const DISTANCE_MAX: usize = 1 << 13;
/// Text seldom shrinks further.
const RESERVED_FACTOR: usize = 4;
const HASH_BITS: u32 = 14;
const HASH_BITS_MIN: u32 = 6;
/// After each 2 to the power of this many places without a match, steps are one byte longer.
const MISSES_TOLERATED_BITS: usize = 6;

/// Appends the compressed form of `input` if it is shorter than `len_max` bytes or just as long;
/// otherwise leaves `out` alone and returns `false`.
///
/// # Examples
/// ```
/// use russet_pack::lzf;
/// let text = [b'x'; 1000];
/// let mut packed = Vec::new();
/// assert!(lzf::compress(&text, 990, &mut packed));
/// let mut unpacked = Vec::new();
/// lzf::decompress(&packed, 1000, &mut unpacked)?;
/// assert_eq!(unpacked, text);
/// # Ok::<(), russet_pack::Malformed>(())
/// ```
pub fn compress(input: &[u8], len_max: usize, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let fits = encode(input, len_max, out).is_some();
    if !fits {
        out.truncate(start);
    }
    fits
}

/// Returns the length of the compressed form of `input` if that is at most `len_max`, keeping none
/// of it: with [`compress_into`] a long string is compressed without a buffer of its size.
#[must_use]
pub fn compressed_len(input: &[u8], len_max: usize) -> Option<usize> {
    encode(input, len_max, &mut Nowhere)
}

/// Appends the compressed form of `input`, whatever its length, in pieces of at most 33 bytes.
/// Returns `false` if the input cannot be compressed at all: below 4 bytes, or beyond 32 bits.
pub fn compress_into<B: Buffer>(input: &[u8], out: &mut B) -> bool {
    encode(input, usize::MAX, out).is_some()
}

/// Discards what is written.
struct Nowhere;

impl Buffer for Nowhere {
    fn push_bytes(&mut self, _: &[u8]) {}
}

/// Appends the compressed form and returns its length; stops with `None` beyond `len_max`.
fn encode<B: Buffer>(input: &[u8], len_max: usize, out: &mut B) -> Option<usize> {
    if input.len() < 4 || u32::try_from(input.len()).is_err() {
        return None;
    }
    // PERF: clearing a table is most of the work for short strings, so theirs is small, and on the
    // stack.
    let bits = (input.len().ilog2() + 1).clamp(HASH_BITS_MIN, HASH_BITS);
    match bits {
        ..=8 => encode_with(&mut [0; 1 << 8][..1 << bits], bits, input, len_max, out),
        9..=10 => encode_with(&mut [0; 1 << 10][..1 << bits], bits, input, len_max, out),
        _ => encode_with(&mut vec![0; 1 << bits], bits, input, len_max, out),
    }
}

/// Encodes with a table of places by hash, all of them 0 at first: the place of the first bytes,
/// which is as good a guess as any.
fn encode_with<B: Buffer>(
    seen: &mut [u32],
    bits: u32,
    input: &[u8],
    len_max: usize,
    out: &mut B,
) -> Option<usize> {
    let (mut at, mut literal, mut written, mut misses) = (1, 0, 0, 0);
    while let Some(three) = three_at(input, at) {
        let slot = &mut seen[hash(three, bits)];
        let mut from = std::mem::replace(slot, at as u32) as usize;
        // PERF: bytes first, since they seldom match: a branch that can be predicted.
        // A match that was extended backwards ends before the place that was noted for it, if it is
        // as long as matches get: what is noted may then be ahead.
        let beyond_one = at.wrapping_sub(from).wrapping_sub(1);
        if three_at(input, from) != Some(three) || beyond_one >= DISTANCE_MAX {
            // What does not compress is passed faster and faster.
            at += 1 + (misses >> MISSES_TOLERATED_BITS);
            misses += 1;
            continue;
        }
        while at > literal && from > 0 && input[at - 1] == input[from - 1] {
            (at, from) = (at - 1, from - 1);
        }
        let len = 3 + same(&input[from + 3..], &input[at + 3..]);
        written += push_literals(&input[literal..at], out);
        written += push_reference(at - from - 1, len, out);
        if written > len_max {
            return None;
        }
        at += len;
        (literal, misses) = (at, 0);
    }
    written += push_literals(&input[literal..], out);
    (written <= len_max).then_some(written)
}

/// Three bytes, unless they are the last three.
fn three_at(input: &[u8], at: usize) -> Option<u32> {
    let four = input.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*four) & 0x00ff_ffff)
}

/// Decompresses `input` and appends the result, which must be exactly `len` bytes.
///
/// # Errors
/// The result has another length, or a reference leads out of it; `out` then holds a part.
pub fn decompress(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut decoder = Decoder::new(input.len() as u64, len as u64)?;
    out.reserve(len.min(input.len().saturating_mul(RESERVED_FACTOR)));
    let mut rest = input;
    decoder.decode(&mut rest, usize::MAX, out)?;
    decoder.finish()
}

/// Decompression of a string that arrives in pieces and leaves in pieces.
///
/// # Examples
/// ```
/// use russet_pack::lzf;
/// let text = [b'x'; 1000];
/// let mut packed = Vec::new();
/// assert!(lzf::compress(&text, 990, &mut packed));
/// let mut decoder = lzf::Decoder::new(packed.len() as u64, 1000)?;
/// let mut unpacked = Vec::new();
/// for mut piece in packed.chunks(3) {
///     decoder.decode(&mut piece, usize::MAX, &mut unpacked)?;
/// }
/// decoder.finish()?;
/// assert_eq!(unpacked, text);
/// # Ok::<(), russet_pack::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    step: Step,
    /// The number of bytes that the elements still to come must stand for.
    left: u64,
    /// Bytes of the string that were written.
    written: u64,
    /// Bytes of the input that were read, and how many of them before the current element.
    read: usize,
    element_at: usize,
}

/// The part of an element that a decoder expects next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The first byte of an element.
    Head,
    /// Bytes that stand for themselves.
    Literal(usize),
    /// The length of a long reference, given the high bits of its distance.
    Length(u8),
    /// The low byte of the distance of a reference to that many bytes.
    Distance { count: usize, high: u8 },
    /// Room for the rest of a reference.
    Copy { count: usize, back: usize },
}

impl Decoder {
    /// Begins a string of `len` bytes, whose compressed form has `packed_len`.
    ///
    /// # Errors
    /// [`Malformed::Header`] if that few bytes cannot stand for that many.
    pub fn new(packed_len: u64, len: u64) -> Result<Self, Malformed> {
        // Three bytes stand for at most REFERENCE_MAX.
        if len > packed_len.saturating_mul(REFERENCE_MAX as u64 / 3) {
            return Err(Malformed::Header);
        }
        Ok(Self {
            step: Step::Head,
            left: len,
            written: 0,
            read: 0,
            element_at: 0,
        })
    }

    /// Reads from the front of `input` and appends to `out`, until there is nothing more to read or
    /// `room` bytes were appended.
    ///
    /// # Errors
    /// An element is broken; nothing must be decoded after that.
    ///
    /// # Panics
    /// If `out` does not end with what was written before, of which the last [`HISTORY_MAX`] bytes
    /// are enough.
    pub fn decode(
        &mut self,
        input: &mut &[u8],
        mut room: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        loop {
            self.step = match self.step {
                Step::Literal(count) => {
                    let (taken, rest) = input.split_at(count.min(room).min(input.len()));
                    if taken.is_empty() {
                        return Ok(());
                    }
                    out.extend_from_slice(taken);
                    (*input, room) = (rest, room - taken.len());
                    self.read += taken.len();
                    self.written += taken.len() as u64;
                    match count - taken.len() {
                        0 => Step::Head,
                        count => Step::Literal(count),
                    }
                }
                Step::Copy { count, back } => {
                    let copied = count.min(room);
                    if copied == 0 {
                        return Ok(());
                    }
                    copy_back(out, back, copied);
                    room -= copied;
                    self.written += copied as u64;
                    match count - copied {
                        0 => Step::Head,
                        count => Step::Copy { count, back },
                    }
                }
                step => {
                    if step == Step::Head {
                        room -= self.take_whole(input, room, out);
                    }
                    let Some((&byte, rest)) = input.split_first() else {
                        return Ok(());
                    };
                    *input = rest;
                    self.take(step, byte)?
                }
            };
        }
    }

    /// Decodes the elements at the front that are here, valid, and within the room; returns the
    /// number of bytes that they stand for.
    // PERF: twice as fast as byte by byte, which is for what is cut or broken.
    fn take_whole(&mut self, input: &mut &[u8], room: usize, out: &mut Vec<u8>) -> usize {
        let (mut rest, start) = (*input, out.len());
        let room = usize::try_from(self.left).map_or(room, |left| left.min(room));
        let reach = usize::try_from(self.written).unwrap_or(DISTANCE_MAX);
        while let Some((&head, tail)) = rest.split_first() {
            let written = out.len() - start;
            let count = usize::from(head) + 1;
            if count <= LITERAL_MAX {
                let Some((literal, behind)) = tail.split_at_checked(count) else {
                    break;
                };
                if count > room - written {
                    break;
                }
                out.extend_from_slice(literal);
                rest = behind;
                continue;
            }
            let Some((count, low, behind)) = reference(head, tail) else {
                break;
            };
            let back = (usize::from(head & 0x1f) << 8 | usize::from(low)) + 1;
            if count > room - written || back > reach + written {
                break;
            }
            copy_back(out, back, count);
            rest = behind;
        }
        let written = out.len() - start;
        self.left -= written as u64;
        self.written += written as u64;
        self.read += input.len() - rest.len();
        *input = rest;
        written
    }

    /// Checks that the string is whole.
    ///
    /// # Errors
    /// The input ended within an element, or before the declared length.
    pub fn finish(&self) -> Result<(), Malformed> {
        match self.step {
            Step::Head if self.left == 0 => Ok(()),
            Step::Head => Err(Malformed::End),
            _ => Err(self.broken()),
        }
    }

    /// The offset in the compressed form at which the current element begins, or the next one.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self.step {
            Step::Head => self.read,
            _ => self.element_at,
        }
    }

    /// Takes a byte that is not one of a literal; returns the step that follows it.
    fn take(&mut self, step: Step, byte: u8) -> Result<Step, Malformed> {
        if step == Step::Head {
            self.element_at = self.read;
        }
        self.read += 1;
        Ok(match step {
            Step::Length(high) => Step::Distance {
                count: 9 + usize::from(byte),
                high,
            },
            Step::Distance { count, high } => {
                let back = (usize::from(high) << 8 | usize::from(byte)) + 1;
                if back as u64 > self.written {
                    return Err(self.broken());
                }
                self.claim(count)?;
                Step::Copy { count, back }
            }
            _ => match (byte >> 5, byte & 0x1f) {
                (0, count) => {
                    let count = usize::from(count) + 1;
                    self.claim(count)?;
                    Step::Literal(count)
                }
                (7, high) => Step::Length(high),
                (len, high) => Step::Distance {
                    count: usize::from(len) + 2,
                    high,
                },
            },
        })
    }

    fn claim(&mut self, count: usize) -> Result<(), Malformed> {
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| self.broken())?;
        Ok(())
    }

    fn broken(&self) -> Malformed {
        Malformed::Element {
            at: self.element_at,
        }
    }
}

/// The length of a reference, the low byte of its distance, and what is behind it.
fn reference(head: u8, tail: &[u8]) -> Option<(usize, u8, &[u8])> {
    match (head >> 5, tail) {
        (7, [more, low, behind @ ..]) => Some((9 + usize::from(*more), *low, behind)),
        (7, _) => None,
        (len, [low, behind @ ..]) => Some((usize::from(len) + 2, *low, behind)),
        _ => None,
    }
}

/// Repeats `count` bytes from `back` bytes before the end; the two may overlap.
fn copy_back(out: &mut Vec<u8>, back: usize, mut count: usize) {
    let from = out.len() - back;
    while count > 0 {
        // Bytes that were repeated can be repeated again.
        let piece = count.min(out.len() - from);
        out.extend_from_within(from..from + piece);
        count -= piece;
    }
}

fn push_literals<B: Buffer>(literals: &[u8], out: &mut B) -> usize {
    let mut written = 0;
    for run in literals.chunks(LITERAL_MAX) {
        out.push_bytes(&[(run.len() - 1) as u8]);
        out.push_bytes(run);
        written += 1 + run.len();
    }
    written
}

fn push_reference<B: Buffer>(offset: usize, len: usize, out: &mut B) -> usize {
    let [high, low] = (offset as u16).to_be_bytes();
    if len < 9 {
        out.push_bytes(&[((len - 2) as u8) << 5 | high, low]);
        return 2;
    }
    out.push_bytes(&[7 << 5 | high, (len - 9) as u8, low]);
    3
}

/// How many bytes at the beginning are the same, of those that one reference can stand for.
fn same(a: &[u8], b: &[u8]) -> usize {
    let len = b.len().min(REFERENCE_MAX - 3);
    let (a, b) = (&a[..len], &b[..len]);
    let (a_words, b_words) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let words = a_words
        .iter()
        .zip(b_words)
        .take_while(|(a, b)| a == b)
        .count();
    let rest = a[words * 8..].iter().zip(&b[words * 8..]);
    words * 8 + rest.take_while(|(a, b)| a == b).count()
}

fn hash(three: u32, bits: u32) -> usize {
    (three.wrapping_mul(0x9e37_79b1) >> (32 - bits)) as usize
}
