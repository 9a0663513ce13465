//! Rules as they arrive: a selector may be spread over several words.
//!
//! ```text
//!  [on] [(~a] [+get] [+set)]  ─►  [on] [(~a +get +set)]
//! ```
//! Always true: words that are no part of a selector stay as they are.
//! Not here: what the rules mean — `rule.rs`.

use std::borrow::Cow;

/// A parenthesis that nothing closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unmatched {
    /// The place of the word that opens it.
    pub at: usize,
}

/// Joins the words of each selector.
///
/// # Errors
/// A selector has no end.
pub(crate) fn join<'w>(
    words: impl IntoIterator<Item = &'w [u8]>,
) -> Result<Vec<Cow<'w, [u8]>>, Unmatched> {
    let mut rules: Vec<Cow<'w, [u8]>> = Vec::new();
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (at, word) in words.into_iter().enumerate() {
        match open.take() {
            Some((at, mut rule)) => {
                rule.push(b' ');
                rule.extend_from_slice(word);
                match word.ends_with(b")") {
                    true => rules.push(Cow::Owned(rule)),
                    false => open = Some((at, rule)),
                }
            }
            None if word.starts_with(b"(") && !word.ends_with(b")") => {
                open = Some((at, word.to_vec()));
            }
            None => rules.push(Cow::Borrowed(word)),
        }
    }
    match open {
        Some((at, _)) => Err(Unmatched { at }),
        None => Ok(rules),
    }
}
