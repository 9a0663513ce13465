//! Any bytes for the libraries of scripts.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_script::fuzz::libraries(input));
