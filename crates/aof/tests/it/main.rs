//! Tests of the crate as its users see it.

mod damage;
mod disk;
mod files;
mod hostile;
mod large;
mod plans;
mod splits;
