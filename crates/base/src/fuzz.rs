//! The body of the fuzz target `base_text`.
//!
//! Always true: it panics only on a defect of this crate.
//! Not here: the target itself — the workspace's `fuzz/`

use crate::num::{self, F64Buf, I64Buf, LongDouble};
use crate::{glob, quote, xxh3};

/// Reads the input as every kind of text this crate knows, and checks what must hold.
///
/// The first byte says where to cut the rest in two: pattern and text, or the terms of a sum.
pub fn text(input: &[u8]) {
    let Some((&cut, rest)) = input.split_first() else {
        return;
    };
    let (left, right) = rest.split_at(usize::from(cut).min(rest.len()));
    numbers(rest);
    if let (Some(a), Some(b)) = (LongDouble::parse(left), LongDouble::parse(right)) {
        let _ = a.checked_add(b).map(LongDouble::to_text);
    }
    let found = glob::matches(left, right);
    assert!(!found || glob::matches_nocase(left, right) || left.contains(&b'['));
    assert_eq!(
        quote::split_words(&quote::quoted(rest)),
        Ok(vec![rest.to_vec()])
    );
    let _ = quote::split_words(rest);
    let _ = xxh3::xxh3_64(rest);
}

fn numbers(text: &[u8]) {
    if let Some(n) = num::parse_i64(text) {
        assert_eq!(num::format_i64(n, &mut I64Buf::new()), text);
        assert_eq!(LongDouble::parse(text), Some(LongDouble::from_i64(n)));
        assert_eq!(num::parse_f64(text), Some(n as f64));
    }
    if let Some(n) = num::parse_u64(text) {
        assert_eq!(num::format_u64(n, &mut I64Buf::new()), text);
    }
    if let Some(value) = num::parse_f64(text) {
        let mut buf = F64Buf::new();
        let printed = num::format_f64(value, &mut buf).to_owned();
        assert_eq!(num::parse_f64(printed.as_bytes()), Some(value));
        let printed = num::format_f64_17g(value, &mut buf).to_owned();
        assert_eq!(num::parse_f64(printed.as_bytes()), Some(value));
        let fits = text.len() < 5 * 1024;
        assert!(!fits || LongDouble::parse(text).is_some());
    }
    if let Some(value) = LongDouble::parse(text) {
        let _ = value.to_text();
    }
    if let Some(bytes) = num::parse_memory(text) {
        let _ = num::human_bytes(bytes);
    }
}
