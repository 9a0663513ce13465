//! Scripts and functions: what is known of them, and the run that is on its way.
//!
//! ```text
//!  EVAL ──► cache ──────► script ───┐       ┌─ Done ────────────────────────────► reply
//!  FCALL ─► libraries ──► function ─┴─► Run ┤
//!                                           └─ Paused ─► open unit ─► a step each turn ─► …
//! ```
//! | state | step | busy-reply-threshold passes | SCRIPT KILL | client hangs up |
//! |---|---|---|---|---|
//! | none | – | – | NOTBUSY | – |
//! | runs | → runs, or done | → busy: others get BUSY | → done, unless it has written | goes on |
//! | busy | → busy, or done | – | → done, unless it has written | goes on |
//!
//! Always true: one script at a time; time stands still for it; what it does is one unit.
//! Not here: the language — crate `russet-script`; commands — `control/eval.rs`,
//! `control/function.rs`.

pub(crate) mod cache;
pub(crate) mod debugger;
mod debugging;
mod engines;
mod host;
pub(crate) mod libraries;
mod pace;
mod rules;
pub(crate) mod run;
pub(crate) mod state;
mod step;
