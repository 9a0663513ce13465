//! HTTP/1.1, as much of it as a page of metrics needs: requests from bytes, responses to bytes.
//!
//! ```text
//!  bytes ─► session ─► head ─► Request ─► whoever has pages ─► Response ─► session ─► bytes
//! ```
//! This room knows neither the core nor a page. It serves GET and HEAD, keeps connections alive,
//! and refuses bodies, so that the end of a head is the end of a request.
//!
//! Always true: a connection holds one request head and one response at most.
//! Not here: the pages — `pages.rs`; calls of the loop — `service.rs`.

mod basic;
mod connections;
mod head;
mod query;
mod response;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use basic::credentials;
pub(crate) use connections::Connections;
pub(crate) use head::{Method, Request};
pub(crate) use query::values;
pub(crate) use response::{Response, Status};
