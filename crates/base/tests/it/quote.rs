//! Quoting: splitting is its inverse.

use proptest::prelude::*;
use russet_base::quote::{quoted, split_words};

proptest! {
    #[test]
    fn quoted_words_split_back(
        words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..6),
    ) {
        let line = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(&b' ');
        prop_assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)));
        prop_assert_eq!(split_words(&line), Ok(words));
    }

    #[test]
    fn bare_words_split_at_blanks(words in prop::collection::vec("[!#-&(-~]{1,8}", 0..6)) {
        let expect: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        prop_assert_eq!(split_words(words.join("  \t").as_bytes()), Ok(expect));
    }

    #[test]
    fn arbitrary_lines_never_panic(line in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = split_words(&line);
    }
}
