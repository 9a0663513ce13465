//! The contract between a deterministic server core and the loop that drives it.
