//! The Russet key space: numbered databases of expiring keys, as a Rust library.
//!
//! Time is an argument: the owner calls [`Keyspace::freeze`] before a unit of work, and every
//! look-up of that unit sees the same moment. Nothing here touches the OS.

mod keyspace;
mod value;

pub use keyspace::{Db, Entry, Keyspace, Occupied, Options, Vacant};
pub use value::{
    Access, Encoding, Event, EventKind, Garbage, Kind, Millis, NewValue, ScannedKey, Stats, StringRef,
    Touch, ValueRef, WrongType,
};
