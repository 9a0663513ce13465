//! The settings: their table, their values, the file they come from and go back to.
//!
//! ```text
//!  redis.conf ─► file::load ─┐                            ┌─► typed fields (read by everybody)
//!  CONFIG SET ─► change::set ┴─► values, one for each row ┼─► CONFIG GET
//!                                                         └─► rewrite::rewrite ─► redis.conf
//! ```
//! One row of `table.rs` says everything about a setting. All values, those without effect yet
//! among them, are held by row; those that the server reads are mirrored into typed fields, which
//! [`Config`] shows by dereference: `config.maxclients`.
//!
//! Always true: nothing here knows a command or a session. Whoever has both the configuration and
//! the commands checks the one against the other.
//! Not here: acts that a change entails, and the commands — `control/config.rs`; the check of
//! renamed commands — `registry.rs`.

pub(crate) mod change;
mod check;
mod current;
mod effect;
mod file;
mod kind;
pub(crate) mod rewrite;
pub(crate) mod setting;
mod special;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod typed;
mod value;

pub use check::{Finding, Verdict};
pub use current::Config;
pub(crate) use current::{is_sensitive, rows};
pub use effect::Ineffective;
pub(crate) use setting::Effect;
pub(crate) use special::{CLIENT_CLASSES, show_percentile};
pub use special::{EVENTS_KEYEVENT, EVENTS_KEYSPACE};
pub use text::{FileError, Line, Rename, Text};
pub use typed::Typed;
pub use value::{AppendSync, EvictionPolicy, OutputLimit, Permission, SavePoint, ShutdownFlags};
