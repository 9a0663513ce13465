//! Values that leave the key space as bytes, and come back.
//!
//! Always true: what is written is what a Redis server of some version writes.
//! Not here: the format itself — crate `russet-rdb`; DUMP and RESTORE — `control/dump.rs`

pub(crate) mod translate;
