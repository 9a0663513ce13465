//! Files of users, written and read back.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::acl::users(input));
