//! A node fed arbitrary bytes in any pieces answers as it does to one piece, and keeps running.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::node_bytes(input));
