//! Requests of HTTP, split anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::http::session(input));
