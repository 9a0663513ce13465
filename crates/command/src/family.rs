//! The families of data commands: one table each, rows beside their handlers.
//!
//! Every family is checked while it compiles: `const _: () = FAMILY.check();` beside it.
//!
//! Always true: a row that contradicts itself does not compile.
//! Not here: names looked up — `registry.rs`; replies about rows — `views.rs`.

pub mod bitmap;
mod check;
pub mod connection;
mod database;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod list;
mod rows;
pub mod server;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;
mod walk;

use crate::ctx::Handler;
use crate::row::Family;

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

#[cfg(test)]
mod tests;
