//! Sets: packed while they are small, integers in order and a table of other members beyond that.
//!
//! ```text
//!  intset     bytes, ascending integers              up to `set-max-intset-entries`
//!  listpack   bytes, members as they came            up to `set-max-listpack-entries`
//!  Set        ints: integers in ascending order      beyond that, and the intsets that are long
//!             members: everything else, by hash
//! ```
//! The answer of `OBJECT ENCODING` is stored beside the value, and follows the rules of Redis
//! whatever the value is made of.
//!
//! Always true: a member that is the canonical spelling of an integer is an integer everywhere.
//! Not here: what sets have in common with one another — the set commands

mod build;
mod cursor;
mod edit;
mod ints;
mod ints_page;
pub(crate) mod paged;
#[cfg(test)]
mod tests;
mod view;

pub use self::build::NewSet;
pub use self::edit::SetMut;
pub use self::view::{Members, SetRef};
pub use russet_pack::listpack::Entry as Member;
