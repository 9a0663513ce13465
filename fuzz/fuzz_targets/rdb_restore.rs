//! Untrusted DUMP payloads, restored and used.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::restore::object(input));
