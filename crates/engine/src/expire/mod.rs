//! Expiry by the clock: the timing wheel and its records.
//!
//! Not here: the check that every look-up makes — `db/mod.rs`; what firing does — `store/expiry.rs`

mod chunks;
mod heads;
mod wheel;

pub(crate) use wheel::{Nearest, Step, Wheel};
