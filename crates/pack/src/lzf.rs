//! LZF: the fast compression of long strings in RDB.
//!
//! ```text
//!  000lllll  bytes               l + 1 bytes as they are, 1 … 32
//!  lllooooo  oooooooo            l + 2 bytes from o + 1 bytes back, l of 1 … 6
//!  111ooooo  llllllll  oooooooo  l + 9 bytes from o + 1 bytes back
//! ```
//!
//! Always true: [`decompress`] writes no byte beyond the declared length, and does not reserve what
//! was only declared.
//! Not here: which strings are compressed — `crates/rdb/src/string.rs`

use crate::Malformed;

/// The most bytes that one reference stands for.
const REFERENCE_MAX: usize = 9 + 255;
/// The most bytes of one literal.
const LITERAL_MAX: usize = 32;
/// How far back a reference reaches.
const DISTANCE_MAX: usize = 1 << 13;
/// Text seldom shrinks further.
const RESERVED_FACTOR: usize = 4;
const HASH_BITS: u32 = 14;
const HASH_BITS_MIN: u32 = 6;

/// Appends the compressed form of `input` if it is shorter than `len_max` bytes or just as long;
/// otherwise leaves `out` alone and says `false`.
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
    if input.len() < 4 || u32::try_from(input.len()).is_err() {
        return false;
    }
    // PERF: clearing a table is most of the work for short strings, so theirs is small.
    let bits = (input.len().ilog2() + 1).clamp(HASH_BITS_MIN, HASH_BITS);
    let mut seen = vec![0u32; 1 << bits];
    let (mut at, mut literal) = (0, 0);
    while let Some(&[a, b, c]) = input.get(at..).and_then(|rest| rest.first_chunk()) {
        let slot = &mut seen[hash([a, b, c], bits)];
        // One more than the place, so that 0 means none.
        let place = std::mem::replace(slot, (at + 1) as u32) as usize;
        let from = place.wrapping_sub(1);
        let is_near = place > 0 && at - from <= DISTANCE_MAX;
        if !is_near || input[from..from + 3] != [a, b, c] {
            at += 1;
            continue;
        }
        let len = 3 + same(&input[from + 3..], &input[at + 3..]);
        push_literals(&input[literal..at], out);
        push_reference(at - from - 1, len, out);
        if out.len() - start > len_max {
            out.truncate(start);
            return false;
        }
        at += len;
        literal = at;
    }
    push_literals(&input[literal..], out);
    let fits = out.len() - start <= len_max;
    if !fits {
        out.truncate(start);
    }
    fits
}

/// Appends what `input` stands for, which must be exactly `len` bytes.
///
/// # Errors
/// It is not, or a reference leads out of it; `out` then holds a part.
pub fn decompress(input: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let start = out.len();
    // Three bytes stand for at most REFERENCE_MAX.
    if len > input.len().saturating_mul(REFERENCE_MAX / 3) {
        return Err(Malformed::Header);
    }
    out.reserve(len.min(input.len().saturating_mul(RESERVED_FACTOR)));
    let mut rest = input;
    while let Some((&head, tail)) = rest.split_first() {
        let broken = Malformed::Element {
            at: input.len() - rest.len(),
        };
        let room = len - (out.len() - start);
        let count = usize::from(head) + 1;
        if count <= LITERAL_MAX {
            let (literal, behind) = tail.split_at_checked(count).ok_or(broken)?;
            if count > room {
                return Err(broken);
            }
            out.extend_from_slice(literal);
            rest = behind;
            continue;
        }
        let (count, low, behind) = reference(head, tail).ok_or(broken)?;
        let back = (usize::from(head & 0x1f) << 8 | usize::from(low)) + 1;
        if count > room || back > out.len() - start {
            return Err(broken);
        }
        copy_back(out, back, count);
        rest = behind;
    }
    if out.len() - start == len {
        Ok(())
    } else {
        Err(Malformed::End)
    }
}

/// The length of a reference, the low byte of its offset, and what is behind it.
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
        // What has been repeated already can be repeated again.
        let piece = count.min(out.len() - from);
        out.extend_from_within(from..from + piece);
        count -= piece;
    }
}

fn push_literals(literals: &[u8], out: &mut Vec<u8>) {
    for run in literals.chunks(LITERAL_MAX) {
        out.push((run.len() - 1) as u8);
        out.extend_from_slice(run);
    }
}

fn push_reference(offset: usize, len: usize, out: &mut Vec<u8>) {
    let [high, low] = (offset as u16).to_be_bytes();
    match len {
        ..9 => out.extend_from_slice(&[((len - 2) as u8) << 5 | high, low]),
        _ => out.extend_from_slice(&[7 << 5 | high, (len - 9) as u8, low]),
    }
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

fn hash([a, b, c]: [u8; 3], bits: u32) -> usize {
    let mixed = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1);
    (mixed >> (32 - bits)) as usize
}
