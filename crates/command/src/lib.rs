#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod args;
mod category;
pub mod ctx;
pub mod effects;
pub mod error;
pub mod family;
pub mod help;
pub mod keys;
mod lookahead;
pub mod registry;
pub mod row;
pub mod syntax;
pub mod views;

pub use category::Categories;
pub use ctx::{Ctx, Flow, Handler, NoReply, Settings, Wait};
pub use effects::{Effects, NotifyClass, Propagate};
pub use error::CommandError;
pub use registry::{Command, CommandId, Registry};
pub use row::{Arity, Channels, Family, Flags, Group, KeySpec, Row, Spec};
