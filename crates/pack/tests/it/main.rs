//! Properties of the pack crate: against naive models, and over arbitrary bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod intset;
mod listpack;
mod lzf;
