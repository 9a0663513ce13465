//! Tables of doubles as text.

use super::{F64Buf, format_f64, format_f64_17g, parse_f64};

#[test]
fn layouts_switch_where_redis_switches() {
    let mut buf = F64Buf::new();
    for text in [
        "1",
        "-1",
        "1.5",
        "0.1",
        "9.765625e-4",
        "0.000001",
        "1e-7",
        "1.5e-7",
        "123456.7",
        "0.001234567890123",
        "1.234567890123e-4",
        "1.234567e-5",
        "1234.5678901234567",
        "10000000000",
        "4611686018427387904",
        "-4611686018427387904",
        "9223372036854776000",
        "1e+21",
        "-1.5e+300",
        "inf",
        "-inf",
        "-0",
    ] {
        let value = parse_f64(text.as_bytes()).unwrap();
        let printed = format_f64(value, &mut buf).to_owned();
        assert_eq!(printed, text);
    }
}

/// Answers of Redis 8.0; the shortest digits would be others.
#[test]
fn where_redis_is_not_shortest_neither_are_we() {
    let mut buf = F64Buf::new();
    for (text, shortest) in [
        ("6537.9000000000005", 6537.900000000001),
        ("254491309011802.63", 254491309011802.62),
        ("-7825999999999999000000", -7.826e21),
        ("69839999999999996000000", 6.984e22),
        ("1.3861324742046088e-143", 1.3861324742046089e-143),
        ("0.014182649806147401", 0.0141826498061474),
    ] {
        assert_eq!(format_f64(shortest, &mut buf), text);
    }
}

#[test]
fn powers_of_two_and_their_neighbours_read_back() {
    let mut buf = F64Buf::new();
    for exponent in 0..2047u64 {
        for bits in (exponent << 52).saturating_sub(2)..=(exponent << 52) + 2 {
            let text = format_f64(f64::from_bits(bits), &mut buf).as_bytes();
            assert_eq!(parse_f64(text).map(f64::to_bits), Some(bits));
        }
    }
}

#[test]
fn seventeen_digits_match_c() {
    let mut buf = F64Buf::new();
    for (value, text) in [
        (0.1, "0.10000000000000001"),
        (1e-5, "1.0000000000000001e-05"),
        (123456.0, "123456"),
        (1e16, "10000000000000000"),
        (1.5e300, "1.5000000000000001e+300"),
        (-0.0, "-0"),
        (5e-324, "4.9406564584124654e-324"),
    ] {
        assert_eq!(format_f64_17g(value, &mut buf), text);
    }
}
