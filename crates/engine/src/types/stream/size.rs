//! How large a block would be as a listpack: that decides where blocks end.
//!
//! Users see where blocks end: trimming with `~` removes whole blocks. So blocks are cut by the
//! size they have in an RDB file, not by the bytes they occupy here.
//!
//! Always true: these are the sizes of elements with their back length.
//! Not here: the listpack format itself — `russet_pack`

use super::text::StreamText;

/// A listpack without elements.
pub(super) const EMPTY: usize = 7;

/// An element that holds an integer.
#[inline]
pub(super) fn of_int(n: i64) -> usize {
    // The back length of any of them takes one byte.
    1 + match n {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}

/// An element that holds text of this length.
#[inline]
pub(super) fn of_bytes(len: usize) -> usize {
    let size = match len {
        0..64 => 1 + len,
        64..4096 => 2 + len,
        _ => 5 + len,
    };
    let back = match size {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    size + back
}

/// An element that holds this value.
#[inline]
pub(super) fn of_text(text: StreamText<'_>) -> usize {
    match text {
        StreamText::Int(n) => of_int(n),
        StreamText::Bytes(bytes) => of_bytes(bytes.len()),
    }
}
