//! The families of data commands: one table each, rows beside their handlers.
//!
//! Every family is checked while it compiles: `const _: () = FAMILY.check();` beside it.
//!
//! Always true: a row that contradicts itself does not compile.
//! Not here: names looked up — `registry.rs`; replies about rows — `views.rs`.

pub mod bitmap;
mod check;
pub mod connection;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod list;
pub mod server;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
mod walk;

use crate::args::integer;
use crate::ctx::{Ctx, Handler};
use crate::error::CommandError;
use crate::row::{Family, Row};

/// Every family of data commands.
pub const FAMILIES: &[Family<Handler>] = &[
    bitmap::FAMILY,
    connection::FAMILY,
    generic::FAMILY,
    geo::FAMILY,
    hash::FAMILY,
    hyperloglog::FAMILY,
    list::FAMILY,
    server::FAMILY,
    set::FAMILY,
    sorted_set::FAMILY,
    stream::FAMILY,
    string::FAMILY,
];

/// A row of a data command. Tables name this type, so that handlers are stored as pointers.
pub(crate) type DataRow = Row<Handler>;

/// Reads the index of a database that exists.
fn database_index(cx: &Ctx<'_>, arg: &[u8]) -> Result<usize, CommandError> {
    existing_database(cx, database_number(arg)?)
}

/// Reads a number that may be the index of a database.
fn database_number(arg: &[u8]) -> Result<i32, CommandError> {
    i32::try_from(integer(arg)?).map_err(|_| CommandError::IntRange)
}

/// Checks that there is such a database.
fn existing_database(cx: &Ctx<'_>, number: i32) -> Result<usize, CommandError> {
    let index = usize::try_from(number).ok();
    index
        .filter(|&index| index < cx.keyspace.databases())
        .ok_or(CommandError::DbIndex)
}

#[cfg(test)]
mod tests;
