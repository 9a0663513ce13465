//! A table of records in hash order, made of pages: what large hashes and sets are kept in.
//!
//! ```text
//!  Table ─► index by the top bits ─► Node ─► index by the next 8 bits ─► Page (up to 4 KiB)
//!             one entry a node        Part     one byte an entry          Part, records packed
//! ```
//! Extendible hashing twice: a full page splits in two by one more bit of the hash, a node with
//! too many bits does too. No step costs more than the copy of one node. A clone shares all nodes;
//! a change copies one node, which counts its pages, and one page.
//!
//! A record is a field with a value and perhaps a deadline (`Table<true>`), or a field alone
//! (`Table<false>`, a set). Callers hash a field once (`Table::hash`) and hand the hash along.
//!
//! Always true: records are in the order of hashes as far as pages go; a scan relies on it.
//! Not here: deadlines as semantics — a record that is due is shown until it is removed.

mod node;
mod page;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use page::Ahead;
pub(crate) use record::Record;
pub(crate) use table::Table;
