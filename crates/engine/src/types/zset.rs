//! Sorted sets.

mod code;
mod index;
mod leaf;
mod leaves;
mod paged;
mod tree;

pub(crate) use paged::Zset;
