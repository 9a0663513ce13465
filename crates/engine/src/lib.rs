//! The Russet key space: data types, expiry, scan and point-in-time snapshots as a Rust library.
