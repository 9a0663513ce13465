//! Several sessions of a node: subscriptions, tracking, transactions, pauses, users that change.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_node::fuzz::sessions::sessions(input));
