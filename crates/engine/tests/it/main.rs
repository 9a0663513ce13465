//! Tests of the key space through its public interface.

#![expect(clippy::disallowed_methods, reason = "snapshots are walked on threads")]

mod expiry;
mod list;
mod memory;
mod model;
mod sampling;
mod scan;
mod scan_members;
mod slots;
mod snapshot;
mod zset;
