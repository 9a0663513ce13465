//! Any bytes as a script of Lua.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_script::fuzz::source(input));
