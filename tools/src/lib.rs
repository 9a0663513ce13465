//! The examples of the README at the root, compiled and run as tests.
//!
//! Not here: the tools — `bin/`

#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
