//! Replies in arbitrary pieces decode as in one piece.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| russet_resp::fuzz::reply_decoder(input));
