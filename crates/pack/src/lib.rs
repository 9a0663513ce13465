#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod buffer;
pub mod crc64;
mod error;
#[doc(hidden)]
pub mod fuzz;
pub mod intset;
pub mod listpack;
pub mod lzf;
pub mod ziplist;
pub mod zipmap;

pub use buffer::Buffer;
pub use error::Malformed;
