#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod air;
pub mod crash;
mod faulty;
mod host;
mod jobs;
mod leaps;
mod link;
mod options;
mod peer;
mod play;
mod record;
mod requests;
pub mod scenario;
pub mod services;
pub mod sweep;
mod world;

pub use options::Options;
pub use peer::{Next, Peer};
pub use play::Play;
pub use record::Record;
pub use world::{ClientId, HostId, World};
