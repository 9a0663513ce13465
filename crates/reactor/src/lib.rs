#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clock;
mod exchange;
mod files;
mod gather;
pub mod listener;
pub mod log;
pub mod reactor;
pub mod remote;
mod socket;
mod table;
mod token;
mod worker;

pub use clock::Clock;
pub use listener::ListenError;
pub use log::LogSink;
pub use reactor::Reactor;
pub use remote::{Remote, Signal};
