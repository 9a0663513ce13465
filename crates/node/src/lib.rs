#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod config;
pub mod environment;
pub mod fuzz;
pub mod loopback;
pub mod manual;
pub mod stats;

mod block;
mod control;
mod core;
mod cron;
mod fieldsets;
mod gate;
mod info;
mod links;
mod node;
mod notify;
mod pause;
mod persist;
pub mod record;
mod registry;
mod run;
mod session;
mod txn;
mod unit;

pub use config::Config;
pub use environment::Environment;
pub use node::Node;
pub use registry::check_renames;
