//! The loop over real loopback sockets, turned by hand: no threads, no sleeps, ports of the
//! system's choice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dialing;
mod echo;
mod files;
mod jobs;
mod listening;
#[cfg(feature = "tls")]
mod tls;
mod traffic;
mod turns;
