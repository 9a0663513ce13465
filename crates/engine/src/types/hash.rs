//! Hashes: fields with values, and deadlines of single fields.
//!
//! ```text
//!  Listpack     [field, value] …               in the order in which fields came
//!  ListpackEx   [field, value, deadline] …     earliest deadline first, those without (0) last
//!  Hashtable    pages, see `paged`
//! ```
//! A packed hash turns into pages when it gets too many fields or too long a field or value, and
//! into `ListpackEx` with its first deadline; never back.
//!
//! Always true: a field is absent after the millisecond of its deadline, whoever looks; what is
//! due is removed by [`Keyspace::expire_due`] or by whoever comes across it first.
//!
//! [`Keyspace::expire_due`]: crate::Keyspace::expire_due
//! Not here: which hashes have deadlines — `store/fields.rs`

mod draw;
mod edit;
mod field;
mod gate;
mod new;
mod packed;
pub(crate) mod pages;
mod sweep;
#[cfg(test)]
mod tests;
pub(crate) mod view;

pub use edit::{FieldTtl, HashMut};
pub use field::Field;
pub use new::NewHash;
pub use view::HashRef;
