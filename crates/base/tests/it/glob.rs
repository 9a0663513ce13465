//! The matcher: equal to a plain recursive reading, and done soon with crafted patterns.

use proptest::prelude::*;
use russet_base::glob::{is_literal, matches, matches_nocase};

/// The meaning of `*`, `?` and literals, spelled out by recursion.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|from| naive(rest, &text[from..])),
        ([b'?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
        ([a, rest @ ..], [b, tail @ ..]) => a == b && naive(rest, tail),
        _ => false,
    }
}

proptest! {
    #[test]
    fn stars_mean_any_run(pattern in "[ab*?]{0,9}", text in "[ab]{1,9}") {
        let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
        prop_assert_eq!(matches(pattern, text), naive(pattern, text));
    }

    #[test]
    fn a_literal_pattern_matches_itself_only(a in "[a-z:]{0,6}", b in "[a-z:]{0,6}") {
        prop_assert!(is_literal(a.as_bytes()));
        prop_assert!(matches(a.as_bytes(), a.as_bytes()));
        prop_assert_eq!(matches(a.as_bytes(), b.as_bytes()), a == b);
    }

    #[test]
    fn an_escaped_text_matches_itself_only(text in prop::collection::vec(any::<u8>(), 1..20)) {
        let escaped: Vec<u8> = text.iter().flat_map(|&byte| [b'\\', byte]).collect();
        prop_assert!(matches(&escaped, &text));
        prop_assert!(!matches(&escaped, &text[1..]));
    }

    #[test]
    fn ignoring_case_equals_matching_in_lower_case(
        pattern in "[a-cA-C*?]{0,8}",
        text in "[a-cA-C]{1,8}",
    ) {
        let lower = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
        prop_assert_eq!(
            matches_nocase(pattern.as_bytes(), text.as_bytes()),
            matches(lower.0.as_bytes(), lower.1.as_bytes())
        );
    }

    #[test]
    fn arbitrary_patterns_never_panic(
        pattern in prop::collection::vec(prop::sample::select(b"[]^-\\*?ab\xff".to_vec()), 0..20),
        text in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let _ = matches(&pattern, &text);
        let _ = matches_nocase(&pattern, &text);
    }
}

/// A matcher that goes back to every star would not finish these at all.
#[test]
fn crafted_patterns_finish() {
    let text = vec![b'a'; 100_000];
    let stars = b"*?".repeat(1000);
    assert!(matches(&stars, &text));
    assert!(!matches(&[&stars[..], b"b"].concat(), &text));
    assert!(!matches(&b"*?".repeat(30_000), &text));
    let nested = b"*a".repeat(1000);
    assert!(!matches(&[&nested[..], b"*b"].concat(), &text));
    assert!(!matches(&b"[a".repeat(10_000), &text));
}
