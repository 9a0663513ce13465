#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod clock;
mod dial;
mod flow;
mod gather;
mod listener;
pub mod log;
mod names;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod oom_score;
pub mod open_files;
mod order;
mod pool;
mod pulse;
mod reactor;
mod remote;
mod shake;
mod socket;
mod table;
#[cfg(feature = "tls")]
mod tls;
mod token;
mod transport;

pub use clock::Clock;
pub use listener::ListenError;
pub use log::LogSink;
#[cfg(not(feature = "tls"))]
use no_tls as tls;
pub use pool::Affinity;
pub use pulse::Pulse;
pub use reactor::Reactor;
pub use remote::{Remote, Signal};
