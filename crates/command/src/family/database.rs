//! Numbers of databases, as arguments give them.
//!
//! Always true: an index that is returned is that of a database which exists.

use crate::args::integer;
use crate::ctx::Ctx;
use crate::error::CommandError;

/// Reads the index of a database that exists.
pub(super) fn database_index(cx: &Ctx<'_>, arg: &[u8]) -> Result<usize, CommandError> {
    existing_database(cx, database_number(arg)?)
}

/// Reads a number that may be the index of a database.
pub(super) fn database_number(arg: &[u8]) -> Result<i32, CommandError> {
    i32::try_from(integer(arg)?).map_err(|_| CommandError::IntRange)
}

/// Checks that there is such a database.
pub(super) fn existing_database(cx: &Ctx<'_>, number: i32) -> Result<usize, CommandError> {
    let index = usize::try_from(number).ok();
    index
        .filter(|&index| index < cx.keyspace.databases())
        .ok_or(CommandError::DbIndex)
}
