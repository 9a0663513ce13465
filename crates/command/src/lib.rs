#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod args;
pub mod ctx;
pub mod effects;
pub mod error;
pub mod family;
pub mod row;

pub use ctx::{Ctx, Flow, Handler, Settings};
pub use effects::{Effects, NotifyClass, Propagate};
pub use error::CommandError;
pub use row::{Arity, Family, Flags, Group, KeySpec, Row, Spec};
