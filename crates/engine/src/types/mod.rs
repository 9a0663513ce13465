//! Collections: the types of value that hold more than one thing.
//!
//! A small collection is packed: the bytes of a listpack or an intset, in the cell of its key or in
//! a buffer beside it. A large one is made of pages that a snapshot can share with the owner:
//! cloning it copies the spine and counts the pages, and a page is copied when it changes.
//!
//! Always true: a collection that a key holds is not empty, streams aside.
//! Not here: where the packed bytes lie, and what snapshots share — `db/held.rs`

pub(crate) mod form;
pub(crate) mod hash;
pub(crate) mod hyperloglog;
pub(crate) mod list;
pub(crate) mod paged;
pub(crate) mod set;
pub(crate) mod stream;
pub(crate) mod zset;
