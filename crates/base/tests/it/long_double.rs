//! Long doubles: exact where integers and halves are, and never a panic.

use proptest::prelude::*;
use russet_base::num::LongDouble;

fn text(value: LongDouble) -> String {
    String::from_utf8(value.to_text()).unwrap()
}

proptest! {
    #[test]
    fn every_integer_is_exact(n: i64) {
        prop_assert_eq!(text(LongDouble::from_i64(n)), n.to_string());
        let parsed = LongDouble::parse(n.to_string().as_bytes());
        prop_assert_eq!(parsed, Some(LongDouble::from_i64(n)));
    }

    #[test]
    fn sums_of_integers_are_integers(a in -(1i64 << 62)..1 << 62, b in -(1i64 << 62)..1 << 62) {
        let sum = LongDouble::from_i64(a).checked_add(LongDouble::from_i64(b));
        prop_assert_eq!(sum.map(text), Some((a + b).to_string()));
    }

    #[test]
    // Beyond 64 bits of digits the 17 decimals show the rounding, here as in Redis.
    fn small_decimals_add_up(a in -1599i64..1600, b in -1599i64..1600) {
        let money = |cents: i64| {
            let sign = if cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        };
        let read = |cents| LongDouble::parse(money(cents).as_bytes()).unwrap();
        let expect = money(a + b);
        let expect = expect.trim_end_matches('0').trim_end_matches('.');
        let expect = if expect == "-0" { "0" } else { expect };
        prop_assert_eq!(text(read(a).checked_add(read(b)).unwrap()), expect);
    }

    #[test]
    fn short_texts_read_as_long_ones_do(n: u64, shift in 0u32..64, point in 0..20usize) {
        let mut text = format!("{:020}", n >> shift)[1..].to_owned();
        text.insert(point, '.');
        let general = LongDouble::parse(format!("{text}e0").as_bytes());
        prop_assert_eq!(LongDouble::parse(text.as_bytes()), general);
    }

    #[test]
    fn what_printed_reads_back_and_prints_the_same(
        mantissa in "[0-9]{1,25}(\\.[0-9]{1,25})?",
        exponent in -6000i32..6000,
    ) {
        if let Some(value) = LongDouble::parse(format!("{mantissa}e{exponent}").as_bytes()) {
            let once = value.to_text();
            if let Some(again) = LongDouble::parse(&once) {
                prop_assert_eq!(again.to_text(), once);
            }
        }
    }

    #[test]
    fn hex_and_other_bytes_never_panic(
        hex in "[-+]?0[xX][0-9a-fA-F]{0,40}\\.?[0-9a-fA-F]{0,40}([pP][-+]?[0-9]{0,25})?",
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        for input in [hex.as_bytes(), &bytes] {
            if let Some(value) = LongDouble::parse(input) {
                let _ = value.to_text();
            }
        }
    }
}
