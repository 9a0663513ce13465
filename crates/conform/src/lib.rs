#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod parse;
mod pattern;
mod report;
mod run;
mod script;

pub use parse::values;
pub use pattern::{Kind, Pattern, render};
pub use report::{rewritten, told};
pub use run::{Answer, Difference, Peer, Want, run, run_into};
pub use script::{Action, Script, Step, load, paths};
