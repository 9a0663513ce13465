use proptest::prelude::*;

use super::*;

fn patterns() -> Patterns {
    Patterns::new(&RandomState::with_seeds(1, 2, 3, 4))
}

fn found(patterns: &Patterns, channel: &[u8]) -> Vec<Name> {
    let mut found = Vec::new();
    patterns.matching(channel, |pattern| found.push(Name::clone(pattern)));
    found.sort();
    found
}

proptest! {
    #[test]
    fn the_index_finds_what_comparing_with_each_pattern_finds(
        words in prop::collection::btree_set("[ab*?\\[\\]\\\\^-]{0,6}", 0..20),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        channels in prop::collection::vec("[ab\\[\\]\\\\^-]{0,6}", 1..20),
    ) {
        let mut names: Vec<Name> = words.iter().map(|word| Name::from(word.as_bytes())).collect();
        let mut patterns = patterns();
        names.iter().for_each(|name| patterns.insert(name));
        for index in removed {
            if !names.is_empty() {
                patterns.remove(&names.swap_remove(index.index(names.len())));
            }
        }
        for channel in channels {
            let matches = |name: &&Name| glob::matches(name, channel.as_bytes());
            let mut expected: Vec<Name> = names.iter().filter(matches).cloned().collect();
            expected.sort();
            prop_assert_eq!(found(&patterns, channel.as_bytes()), expected);
        }
    }
}

#[test]
fn only_patterns_with_a_part_of_the_channel_are_compared() {
    let mut patterns = patterns();
    for index in 0..1000 {
        patterns.insert(&Name::from(format!("news.{index}.*").as_bytes()));
        patterns.insert(&Name::from(format!("*.{index}").as_bytes()));
    }
    assert_eq!(patterns.by_start.lengths.len(), 3);
    assert_eq!(patterns.by_end.lengths.len(), 3);
    assert_eq!(
        found(&patterns, b"news.7.8"),
        [Name::from(&b"*.8"[..]), Name::from(&b"news.7.*"[..])]
    );
    for index in 0..1000 {
        patterns.remove(format!("news.{index}.*").as_bytes());
        patterns.remove(format!("*.{index}").as_bytes());
    }
    assert!(patterns.by_start.lengths.is_empty() && patterns.by_start.patterns.is_empty());
    assert!(patterns.by_end.lengths.is_empty() && patterns.by_end.patterns.is_empty());
}

#[test]
fn patterns_are_looked_up_by_few_lengths() {
    let mut patterns = patterns();
    for len in 1..500 {
        patterns.insert(&Name::from(format!("{}*", "x".repeat(len)).as_bytes()));
        patterns.insert(&Name::from(format!("*{}", "x".repeat(len)).as_bytes()));
    }
    assert_eq!(patterns.by_start.lengths.len(), PART_LEN_MAX);
    assert_eq!(patterns.by_end.lengths.len(), PART_LEN_MAX);
    assert_eq!(found(&patterns, "x".repeat(300).as_bytes()).len(), 600);
    assert_eq!(
        found(&patterns, format!("y{}", "x".repeat(299)).as_bytes()).len(),
        299
    );
    for len in 1..500 {
        patterns.remove(format!("{}*", "x".repeat(len)).as_bytes());
        patterns.remove(format!("*{}", "x".repeat(len)).as_bytes());
    }
    assert!(patterns.by_start.patterns.is_empty() && patterns.by_end.patterns.is_empty());
}

#[test]
fn many_patterns_of_one_bucket_are_removed_in_any_order() {
    let mut patterns = patterns();
    let names: Vec<Name> = (0..20_000)
        .map(|index| Name::from(format!("*{index}*").as_bytes()))
        .collect();
    names.iter().for_each(|name| patterns.insert(name));
    assert_eq!(found(&patterns, b"7").len(), 1);
    names.iter().rev().for_each(|name| patterns.remove(name));
    assert!(patterns.by_end.patterns.is_empty());
}
