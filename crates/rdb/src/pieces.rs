//! Pieces of long strings, joined.
//!
//! Always true: memory is taken for what has arrived, not for what a piece announces.
//! Not here: where pieces come from — `string.rs`

use std::borrow::Cow;

use crate::{Item, Text};

/// Joins the pieces of long strings, for callers that need every string as a whole.
///
/// # Examples
/// ```
/// use std::borrow::Cow;
/// use russet_rdb::{Item, Piece, Pieces, Text};
///
/// let piece = |bytes: &'static [u8], left| {
///     Item::Piece(Piece { bytes: Cow::Borrowed(bytes), left })
/// };
/// let mut pieces = Pieces::default();
/// assert_eq!(pieces.join(piece(b"one, ", 3)), None);
/// let whole = pieces.join(piece(b"two", 0));
/// assert_eq!(whole, Some(Item::Text(Text::from(&b"one, two"[..]))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    bytes: Vec<u8>,
}

impl Pieces {
    /// Returns an item as it is, unless it is a piece: the last piece of a string returns the
    /// string, the others return nothing.
    pub fn join<'a>(&mut self, item: Item<'a>) -> Option<Item<'a>> {
        let Item::Piece(piece) = item else {
            return Some(item);
        };
        self.bytes.extend_from_slice(&piece.bytes);
        match piece.left {
            0 => {
                let bytes = std::mem::take(&mut self.bytes);
                Some(Item::Text(Text::Bytes(Cow::Owned(bytes))))
            }
            _ => None,
        }
    }
}
