//! Files of strangers, read as a whole and in pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_rdb::fuzz::file(input));
