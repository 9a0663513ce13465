//! A `user` line of `redis.conf`, as far as it can be checked without the table of commands.
//!
//! Always true: a line that is kept has no error but that of a command or category that is unknown.
//! Not here: users made of it — `file.rs`.

use russet_command::Registry;

use super::rule::RuleError;
use super::selector::Channels;
use super::user::{Rulebook, User};
use super::words;

/// A user that `redis.conf` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The name.
    pub name: Vec<u8>,
    /// The rules, each selector as one.
    pub rules: Vec<Vec<u8>>,
}

impl Declared {
    /// Reads the words behind `user`, given the lines before.
    ///
    /// # Errors
    /// The message about the line.
    pub(crate) fn read(
        words: &[&[u8]],
        before: &[Self],
        channels: Channels,
    ) -> Result<Self, String> {
        let Some((name, rules)) = words.split_first() else {
            return Err(refused(b"user", "Syntax error"));
        };
        if before.iter().any(|user| user.name == *name) {
            return Err(refused(name, &RuleError::Duplicate.to_string()));
        }
        let rules = words::join(rules.iter().copied()).map_err(|unmatched| {
            let word = rules.get(unmatched.at).copied();
            refused(word.unwrap_or_default(), "Unmatched parenthesis")
        })?;
        let table = Registry::<()>::new();
        let book = Rulebook {
            table: &table,
            channels,
        };
        let mut user = User::new(name, &book.channels);
        for rule in &rules {
            match user.apply(rule, &book) {
                Ok(()) | Err(RuleError::Unknown) => {}
                Err(why) => return Err(refused(rule, &why.to_string())),
            }
        }
        let rules = rules.into_iter().map(std::borrow::Cow::into_owned);
        Ok(Self {
            name: name.to_vec(),
            rules: rules.collect(),
        })
    }
}

fn refused(word: &[u8], why: &str) -> String {
    let word = String::from_utf8_lossy(word);
    format!("Error in user declaration '{word}': {why}")
}
