//! Append-only files of strangers, read as a whole and in pieces, checked and cut.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_aof::fuzz::stream(input));
