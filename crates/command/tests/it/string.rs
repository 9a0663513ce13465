//! The string family.

mod bounds;
mod effects;
mod models;
mod replies;
