//! A program of operations on the key space answers as it does on plain maps.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_engine::fuzz::fuzz_model(input));
