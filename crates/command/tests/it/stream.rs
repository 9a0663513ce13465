//! Commands of streams.

mod effects;
mod replay;
