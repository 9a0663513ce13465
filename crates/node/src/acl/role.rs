//! A role: a name and selectors, which each user that holds it has beside its own.
//!
//! Always true: what the rules of a role say, read back, makes it again.
//! Not here: who holds a role — `user.rs`; all roles — `users.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use russet_base::quote::{quote_into, split_words};

use super::rule::{Grant, Rule, RuleError};
use super::selector::{Channels, Selector};
use super::user::Rulebook;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its name.
    pub name: Box<[u8]>,
    /// The root first.
    selectors: Vec<Selector>,
}

/// All roles by name.
pub(crate) type Roles = BTreeMap<Box<[u8]>, Arc<Role>>;

/// Why a role cannot have a name. Displays as the reply's text about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// A comma, which stands between the names of `role=`.
    #[error("Role names can't contain commas")]
    Comma,
    /// No name.
    #[error("Role names can't be empty")]
    Empty,
    /// A character that would end the word, or that clients may show differently.
    #[error("Role names can only contain printable ASCII characters other than space")]
    NotPrintable,
    /// A character that words in quotes read otherwise.
    #[error("Role names can't contain quotes or backslashes")]
    Quote,
}

/// Checks the name of a role.
///
/// # Errors
/// Why no role can have it.
pub(crate) fn check_name(name: &[u8]) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    for byte in name {
        match byte {
            b',' => return Err(NameError::Comma),
            b'"' | b'\'' | b'\\' => return Err(NameError::Quote),
            b'!'..=b'~' => {}
            _ => return Err(NameError::NotPrintable),
        }
    }
    Ok(())
}

impl Role {
    /// A role without rights.
    pub(crate) fn new(name: &[u8], channels: &Channels) -> Self {
        Self {
            name: name.into(),
            selectors: vec![Selector::new(channels)],
        }
    }

    /// Changes it by a rule; the empty one changes nothing.
    ///
    /// # Errors
    /// Why the rule does not fit. Nothing has changed then.
    pub(crate) fn apply<H>(
        &mut self,
        rule: &[u8],
        book: &Rulebook<'_, H>,
    ) -> Result<(), RuleError> {
        if rule.is_empty() {
            return Ok(());
        }
        match Rule::parse(rule) {
            // A role has no passwords.
            Err(RuleError::BadDigest) => Err(RuleError::Syntax),
            rule => change(&mut self.selectors, rule?, book),
        }
    }

    /// The selectors, the root first.
    pub(crate) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// Its rules as words, in the order in which they are shown: a selector takes several.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        words(&self.selectors)
    }

    /// The line that defines it, as ACL LIST and files have it.
    pub(crate) fn line(&self) -> Vec<u8> {
        line("role", &self.name, self.words())
    }
}

/// Changes selectors, the root first, by a rule that is about nothing else.
///
/// # Errors
/// Why the rule does not fit. Nothing has changed then.
pub(super) fn change<H>(
    selectors: &mut Vec<Selector>,
    rule: Rule<'_>,
    book: &Rulebook<'_, H>,
) -> Result<(), RuleError> {
    match rule {
        Rule::Selector(rules) => selectors.push(selector(rules, book)?),
        Rule::ClearSelectors => selectors.truncate(1),
        Rule::Grant(grant) => {
            if let Some(root) = selectors.first_mut() {
                root.apply(grant, book.table)?;
            }
        }
        _ => return Err(RuleError::Syntax),
    }
    Ok(())
}

/// A selector with these rules, which are words like those of an inline request.
fn selector<H>(rules: &[u8], book: &Rulebook<'_, H>) -> Result<Selector, RuleError> {
    let mut selector = Selector::new(&book.channels);
    for word in split_words(rules).map_err(|_| RuleError::Syntax)? {
        selector.apply(Grant::parse(&word)?, book.table)?;
    }
    Ok(selector)
}

/// The words of selectors, the root first.
pub(super) fn words(selectors: &[Selector]) -> Vec<Vec<u8>> {
    let Some((root, others)) = selectors.split_first() else {
        return Vec::new();
    };
    let mut words = root.words();
    for selector in others {
        let mut inner: Vec<Vec<u8>> = selector.words().iter().map(|w| guarded(w)).collect();
        if let Some(first) = inner.first_mut() {
            first.insert(0, b'(');
        }
        if let Some(last) = inner.last_mut() {
            last.push(b')');
        }
        words.append(&mut inner);
    }
    words
}

/// A word within parentheses, in quotes if it would be read as something else.
fn guarded(word: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\'');
    if word.iter().all(is_plain) && !word.ends_with(b")") {
        return word.to_vec();
    }
    let mut quoted = Vec::new();
    quote_into(word, &mut quoted);
    quoted
}

/// The line of a role or a user.
pub(super) fn line(what: &str, name: &[u8], words: Vec<Vec<u8>>) -> Vec<u8> {
    let mut line = what.as_bytes().to_vec();
    line.push(b' ');
    line.extend_from_slice(name);
    for word in words {
        line.push(b' ');
        line.extend_from_slice(&word);
    }
    line
}
