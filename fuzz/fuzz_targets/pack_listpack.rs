//! Bytes as a listpack.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_pack::fuzz::listpack(input));
