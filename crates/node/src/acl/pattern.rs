//! Patterns of keys and channels, in the form that is matched fastest.
//!
//! Always true: a pattern matches what the glob of its text matches.
//! Not here: globs — `russet_base::glob`.

use russet_base::glob;

use super::rule::Access;

/// A glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: Box<[u8]>,
    form: Form,
}

/// The kind of a glob, by which it is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It matches itself only.
    Literal,
    /// It matches what begins with all of it but its star.
    Prefix,
    Any,
}

impl Pattern {
    /// Takes a glob.
    pub(crate) fn new(text: &[u8]) -> Self {
        let form = match text {
            _ if glob::is_literal(text) => Form::Literal,
            [prefix @ .., b'*'] if glob::is_literal(prefix) => Form::Prefix,
            _ => Form::Any,
        };
        let text = text.into();
        Self { text, form }
    }

    /// Its text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether a key or channel matches.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self.form {
            Form::Literal => *self.text == *text,
            // COMPAT: a star does not match the empty text.
            Form::Prefix => {
                let prefix = &self.text[..self.text.len() - 1];
                // PERF: a call to compare the rest is rarely needed.
                let may = prefix.is_empty() || text.first() == prefix.first();
                may && text.starts_with(prefix) && !text.is_empty()
            }
            Form::Any => glob::matches(&self.text, text),
        }
    }
}

/// Keys that may be accessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPattern {
    /// Which keys.
    pub pattern: Pattern,
    /// How.
    pub access: Access,
}

impl KeyPattern {
    /// Whether it allows this access to every key, but for the empty one.
    pub(crate) fn is_for_all(&self, access: Access) -> bool {
        self.access.has(access) && self.pattern.text() == b"*"
    }

    /// The rule that gives it.
    pub(crate) fn rule(&self) -> Vec<u8> {
        let sign: &[u8] = match self.access {
            Access::READ => b"%R~",
            Access::WRITE => b"%W~",
            _ => b"~",
        };
        [sign, self.pattern.text()].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_glob_does(
            text in "[a-c*?\\[\\]\\\\]{0,6}",
            key in "[a-c*]{0,6}",
        ) {
            let (text, key) = (text.as_bytes(), key.as_bytes());
            prop_assert_eq!(Pattern::new(text).matches(key), glob::matches(text, key));
        }
    }
}
