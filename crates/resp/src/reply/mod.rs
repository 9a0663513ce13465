//! Replies in both directions: written by servers, read by clients.
//!
//! Always true: `decode(encode(value)) == value` for every value but a NaN.
//! Not here: requests — `request.rs`.

pub(crate) mod bulks;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod value;
