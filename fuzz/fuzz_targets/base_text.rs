//! Numbers, globs and quoting over arbitrary bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_base::fuzz::text(input));
