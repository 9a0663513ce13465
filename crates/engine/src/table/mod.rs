//! The table's shape: directory, segments, lines. Plain integers without memory or ownership.
//!
//! ```text
//! Directory ─► Slot ─► segment: 1–18 Lines ─► handles of cells
//! ```
//! Not here: the table at work — `store/`

pub(crate) mod directory;
mod line;
pub(crate) mod segment;

pub(crate) use directory::{Directory, Slot};
pub(crate) use line::{Line, SLOTS, Slots};

/// The number of bits of a hash that order entries, from the highest on.
pub(crate) const POSITION_BITS: u32 = 48;

/// The place of a hash in the order in which tables are walked.
#[inline]
pub(crate) fn position(hash: u64) -> u64 {
    hash >> (u64::BITS - POSITION_BITS)
}
