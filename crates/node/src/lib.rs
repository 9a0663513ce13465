#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod config;
pub mod environment;
mod evict;
mod evict_clients;
#[doc(hidden)]
pub mod fuzz;
pub mod loopback;
#[doc(hidden)]
pub mod manual;
#[doc(hidden)]
pub mod stats;

mod acknowledge;
mod acks;
mod acl;
mod batch;
mod block;
mod buffers;
mod certificates;
mod changes;
mod client_memory;
mod commandlog;
mod complete;
mod control;
mod core;
mod costs;
mod cron;
mod denials;
mod exec;
mod fieldsets;
mod gate;
mod hotkeys;
mod http;
mod hurdles;
mod info;
mod invalidate;
mod invoke;
mod journal;
mod last_words;
mod latency;
mod limit;
mod links;
mod machines;
mod metrics;
mod migrate;
mod monitors;
mod multi;
mod node;
mod notice;
mod open_unit;
mod outbox;
mod outgoing;
mod pages;
mod pause;
mod peer;
mod permissions;
mod persist;
mod postponed;
mod publish;
mod pubsub;
mod registry;
mod run;
mod running;
mod scripts;
mod secrets;
mod service;
mod session;
mod settle;
mod trace;
mod tracking;
mod unit;
mod waiters;
mod watchers;
mod weights;

pub use config::Config;
pub use environment::Environment;
pub use journal::{Lost, Offset, ReaderId};
pub use last_words::LastWords;
pub use node::Node;
pub use registry::{check_renames, check_users};
pub use running::RunningSession;
