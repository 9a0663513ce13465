#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clock;
mod dial;
mod flow;
mod gather;
mod listener;
pub mod log;
mod names;
pub mod open_files;
mod order;
mod pool;
mod reactor;
mod remote;
mod socket;
mod table;
mod token;
mod transport;

pub use clock::Clock;
pub use listener::ListenError;
pub use log::LogSink;
pub use reactor::Reactor;
pub use remote::{Remote, Signal};
