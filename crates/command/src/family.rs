//! The families of data commands: one table each, rows beside their handlers.

pub mod generic;
pub mod string;

use crate::ctx::Handler;
use crate::row::Family;

/// Every family of data commands.
pub const FAMILIES: &[Family<Handler>] = &[generic::FAMILY, string::FAMILY];
