//! Manifests of strangers, read, written and planned with.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_aof::fuzz::manifest(input));
