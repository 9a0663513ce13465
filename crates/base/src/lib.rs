#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod fuzz;
pub mod glob;
pub mod num;
pub mod quote;
pub mod rng;
pub mod slot;
pub mod time;
pub mod xxh3;

pub use rng::Rng;
pub use time::Now;
