//! Tables of doubles as text.

use super::{F64Buf, format_f64, format_f64_17g, parse_f64};

#[test]
fn layouts_switch_where_redis_switches() {
    let mut buf = F64Buf::new();
    for text in [
        "1",
        "-1",
        "10000000000",
        "1e+19",
        "1.5",
        "-1.5",
        "0.1",
        "0.000001",
        "1e-7",
        "1.5e-7",
        "123456.7",
        "0.0001234567890123",
        "4611686018427387904",
        "1.7976931348623157e+308",
        "5e-324",
        "-5e-324",
        "0.30000000000000004",
        "1234.5678901234567",
    ] {
        let value: f64 = text.parse().unwrap();
        let printed = format_f64(value, &mut buf).to_owned();
        assert_eq!(
            parse_f64(printed.as_bytes()),
            Some(value),
            "{text} printed as {printed}"
        );
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
