//! Data commands without a server: requests in, replies and effects out.

mod generic;
mod hash;
mod limit;
mod list;
mod recorded;
mod set;
mod sorted_set;
mod stream;
mod string;
mod world;
