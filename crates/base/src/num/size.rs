//! Amounts of memory as people write and read them.
//!
//! In settings `k` is 1000 and `kb` is 1024; in INFO every step is 1024.
//!
//! Always true: an amount that does not fit 64 bits is refused, never wrapped.
//! Not here: percentages (`maxmemory-clients 5%`), which are their setting's own business.

/// Reads an amount of memory: digits and one of `b k kb m mb g gb` in any case, or nothing.
///
/// # Examples
/// ```
/// use russet_base::num::parse_memory;
/// assert_eq!(parse_memory(b"64mb"), Some(64 << 20));
/// assert_eq!(parse_memory(b"2K"), Some(2000));
/// for refused in ["-1", "1.5g", "1 kb", "1tb"] {
///     assert_eq!(parse_memory(refused.as_bytes()), None);
/// }
/// ```
#[must_use]
pub fn parse_memory(text: &[u8]) -> Option<u64> {
    // COMPAT: as in Redis no digits are 0 and a number beyond 64 bits is the greatest; its product
    // with the unit wraps there, which would turn the greatest limit into none, and does not here.
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit.to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    // Leading zeros are fine here, unlike in commands.
    let append = |number: u64, digit: &u8| {
        let number = number.saturating_mul(10);
        number.saturating_add(u64::from(digit - b'0'))
    };
    Some(number.iter().fold(0, append).saturating_mul(scale))
}

/// Prints an amount of memory as INFO's `…_human` fields do: `512B`, `1.50K`, `2.00G`.
///
/// # Examples
/// ```
/// use russet_base::num::human_bytes;
/// assert_eq!(human_bytes(1023), "1023B");
/// assert_eq!(human_bytes(1536), "1.50K");
/// assert_eq!(human_bytes(3 << 40), "3.00T");
/// ```
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    let steps = match bytes {
        0..0x400 => return format!("{bytes}B"),
        0x400..0x10_0000 => (10, 'K'),
        0x10_0000..0x4000_0000 => (20, 'M'),
        0x4000_0000..0x100_0000_0000 => (30, 'G'),
        0x100_0000_0000..0x4_0000_0000_0000 => (40, 'T'),
        0x4_0000_0000_0000..0x1000_0000_0000_0000 => (50, 'P'),
        _ => return format!("{bytes}B"),
    };
    let (shift, unit) = steps;
    format!("{:.2}{unit}", bytes as f64 / (1u64 << shift) as f64)
}

#[cfg(test)]
mod tests {
    use super::{human_bytes, parse_memory};

    #[test]
    fn units_are_read_in_any_case() {
        for (text, bytes) in [
            ("0", 0),
            ("007", 7),
            ("1b", 1),
            ("1B", 1),
            ("1kB", 1024),
            ("1Mb", 1 << 20),
            ("1m", 1_000_000),
            ("3G", 3_000_000_000),
            ("3gB", 3 << 30),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("99999999999999999999999999", u64::MAX),
            ("17179869184gb", u64::MAX),
            ("", 0),
            ("kb", 0),
        ] {
            assert_eq!(parse_memory(text.as_bytes()), Some(bytes), "{text}");
        }
    }

    #[test]
    fn the_largest_amounts_print_as_bytes() {
        assert_eq!(human_bytes(0), "0B");
        assert_eq!(human_bytes(1 << 50), "1.00P");
        assert_eq!(human_bytes(1 << 60), "1152921504606846976B");
        assert_eq!(human_bytes((1 << 20) - 1), "1024.00K");
    }
}
