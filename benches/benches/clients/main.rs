//! Memory of clients that receive: a thousand that read nothing, ten thousand with a message each.
//!
//! ```text
//!  1,000 connections ─ ask, read nothing ─► server ─ beyond the limit of output ─► closed
//!  10,000 sessions ◄─ one message or reply each, then idle
//! ```
//! The server is a process of its own, so that nothing of the clients' memory counts as its.
//! `RUSSET_BENCH_CLIENTS` sets the number of those that read nothing: 1,000 unless it is set.
//!
//! Always true: it fails when a target is missed: 64 MiB beyond the sum of limits, 1 KiB a session.
//! Not here: how a limit closes a client — tests of `russet-node`

#![expect(clippy::print_stdout, reason = "figures are printed, one call each")]

#[expect(dead_code, unused_imports, reason = "only the count is used")]
#[path = "../../../crates/server/src/alloc/mod.rs"]
mod alloc;
mod receivers;
mod server;
mod unread;

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[global_allocator]
static ALLOCATOR: alloc::CountingAllocator = alloc::CountingAllocator;

/// Allows as many open files as the system does.
fn raise_open_files() -> io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, limit)?)
}

fn main() -> io::Result<()> {
    alloc::tune();
    raise_open_files()?;
    let set = std::env::var("RUSSET_BENCH_CLIENTS").ok();
    let clients = set.and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let binary = server::binary()?;
    unread::measure(&binary, clients)?;
    receivers::pushed()?;
    receivers::answered(&binary)
}
