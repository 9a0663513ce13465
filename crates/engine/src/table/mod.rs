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
