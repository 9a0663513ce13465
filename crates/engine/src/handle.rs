//! Handles: 32 bits that name a place in the arena of one database.
//!
//! Not here: the memory that they lead to — `arena/memory.rs`

/// Where a cell or a segment starts, in granules; 0 is nowhere.
pub(crate) type Handle = u32;
