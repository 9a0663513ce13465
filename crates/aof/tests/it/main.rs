//! Tests of the crate as its users see it.

mod damage;
mod files;
mod splits;
