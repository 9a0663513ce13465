//! The binary as its users see it: options, log lines, signals, files. It listens on Unix sockets
//! in folders of its own, so that no port is taken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod append_only;
mod backup;
mod check;
mod check_aof;
mod command_line;
mod descriptors;
mod life;
mod metrics;
mod operation;
mod process;
#[cfg(feature = "tls")]
mod tls;
mod unread;
