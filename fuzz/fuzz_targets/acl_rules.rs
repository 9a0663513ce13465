//! Rules of ACL SETUSER, shown and read back.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::acl::rules(input));
