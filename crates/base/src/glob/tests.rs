//! Tables of patterns, the odd ones first.

use super::{matches, matches_nocase};

#[test]
fn unfinished_patterns_have_a_meaning() {
    for (pattern, text, expect) in [
        ("[", "a", false),
        ("[^", "a", true),
        ("[ab", "b", true),
        ("[ab", "c", false),
        ("[^ab", "c", true),
        ("[]", "a", false),
        ("[^]", "a", true),
        ("[a-", "-", true),
        ("[a-]", "-", false),
        ("[z-a]", "m", true),
        ("[\\]]", "]", true),
        ("a\\", "a\\", true),
        ("\\", "\\", true),
        ("", "", true),
        ("", "a", false),
        ("a", "", false),
        ("a**", "a", true),
        ("**", "", false),
    ] {
        assert_eq!(
            matches(pattern.as_bytes(), text.as_bytes()),
            expect,
            "{pattern} {text}"
        );
    }
}

#[test]
fn case_is_ignored_on_request() {
    assert!(matches_nocase(b"MaxMem*", b"maxmemory"));
    assert!(matches_nocase(b"[A-C]x", b"bX"));
    assert!(!matches(b"[A-C]x", b"bX"));
}

#[test]
fn more_than_a_thousand_stars_match_nothing() {
    let text = b"a".repeat(2000);
    for (stars, end, expected) in [(1000, "", true), (1000, "*", true), (1001, "", false)] {
        let pattern = "*?".repeat(stars) + end;
        assert_eq!(
            matches(pattern.as_bytes(), &text),
            expected,
            "{stars} {end}"
        );
    }
    let side_by_side = b"*".repeat(5000);
    assert!(matches(&side_by_side, &text));
    assert!(matches(&[&side_by_side[..], b"a"].concat(), &text));
}
