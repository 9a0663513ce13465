//! Tests of the key space through its public interface.

mod expiry;
mod memory;
mod model;
mod sampling;
mod scan;
mod snapshot;
