//! Persistence: data that leaves memory as bytes, and comes back.
//!
//! ```text
//!  saves ─► dump ─► translate/save ─► commit ─► dump.rdb ─► loading ─► restore ─► translate/load
//!  (who asks)       (values)          (names)               (pieces)   (keys)     (values)
//! ```
//! Always true: what is written is what a Redis server of some version writes.
//! Always true: a file is created, synced and renamed in `commit.rs` only.
//! Not here: the format itself — crate `russet-rdb`; DUMP and RESTORE — `control/dump.rs`

pub(crate) mod aof;
pub(crate) mod appending;
pub(crate) mod backing;
pub(crate) mod backup;
mod base;
pub(crate) mod commit;
pub(crate) mod dump;
pub(crate) mod loading;
pub(crate) mod loads;
mod pinning;
pub(crate) mod preload;
pub(crate) mod reload;
mod replay;
pub(crate) mod restore;
pub(crate) mod rewriting;
pub(crate) mod saves;
pub(crate) mod saving;
mod sealing;
pub(crate) mod starting;
pub(crate) mod steps;
mod survey;
mod sweep;
pub(crate) mod translate;
