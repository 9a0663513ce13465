//! Properties of the base crate, over arbitrary bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod float;
mod glob;
mod int;
mod long_double;
mod quote;
