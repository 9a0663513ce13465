//! The type that the tables of families are made of.
//!
//! Not here: what a row says — `row.rs`

use crate::ctx::Handler;
use crate::row::Row;

/// A row of a data command. Tables name this type, so that handlers are stored as pointers.
pub(crate) type DataRow = Row<Handler>;
