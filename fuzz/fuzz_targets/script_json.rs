//! Any bytes as JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_script::fuzz::json(input));
