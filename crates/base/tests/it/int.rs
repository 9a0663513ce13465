//! Integers: reading is exactly the inverse of printing.

use proptest::prelude::*;
use russet_base::num::{I64Buf, digits10, format_i64, format_u64, parse_i64, parse_u64};

proptest! {
    #[test]
    fn every_integer_survives_printing(n: i64, shift in 0u32..64) {
        let n = n >> shift;
        prop_assert_eq!(parse_i64(format_i64(n, &mut I64Buf::new())), Some(n));
    }

    #[test]
    fn every_unsigned_survives_printing_and_has_its_digits(n: u64, shift in 0u32..64) {
        let n = n >> shift;
        let mut buf = I64Buf::new();
        let text = format_u64(n, &mut buf);
        prop_assert_eq!(parse_u64(text), Some(n));
        prop_assert_eq!(digits10(n), text.len());
    }

    #[test]
    fn only_what_printing_gives_is_a_number(text in "[-+ 0]{0,2}[0-9]{0,21}[ .]?") {
        let bytes = text.as_bytes();
        let expect = text.parse::<i64>().ok().filter(|n| n.to_string() == text);
        prop_assert_eq!(parse_i64(bytes), expect);
        let expect = text.parse::<u64>().ok().filter(|n| n.to_string() == text);
        prop_assert_eq!(parse_u64(bytes), expect);
    }
}
