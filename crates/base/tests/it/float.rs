//! Doubles: printing loses nothing, reading accepts exactly what it should.

use proptest::prelude::*;
use russet_base::num::{F64Buf, format_f64, format_f64_17g, parse_f64};

proptest! {
    #[test]
    fn every_double_survives_both_ways_of_printing(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        let mut buf = F64Buf::new();
        let shortest = parse_f64(format_f64(value, &mut buf).as_bytes()).map(f64::to_bits);
        prop_assert_eq!(shortest, Some(bits));
        let long = parse_f64(format_f64_17g(value, &mut buf).as_bytes()).map(f64::to_bits);
        prop_assert_eq!(long, Some(bits));
    }

    #[test]
    fn decimals_read_as_std_reads_them(text in "[-+]?[0-9]{0,5}\\.?[0-9]{0,5}(e[-+]?[0-9]{0,3})?") {
        let std = text.parse::<f64>().ok();
        let mine = parse_f64(text.as_bytes());
        match std {
            Some(value) if value.is_finite() && value != 0.0 => {
                prop_assert_eq!(mine, Some(value));
            }
            Some(value) if value.is_infinite() => prop_assert_eq!(mine, None),
            Some(_) => prop_assert!(mine.is_none() || mine == Some(0.0)),
            None => prop_assert_eq!(mine, None),
        }
    }

    #[test]
    fn whole_hex_floats_read_as_integers(n: u64, shift in 0u32..64) {
        let n = n >> shift;
        prop_assert_eq!(parse_f64(format!("0x{n:x}").as_bytes()), Some(n as f64));
    }

    #[test]
    fn arbitrary_bytes_never_panic(text in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = parse_f64(&text);
    }
}
