#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod buffer;
mod error;
pub mod listpack;

pub use buffer::Buffer;
pub use error::Malformed;
