//! A `user` or `role` line of `redis.conf`, as far as it can be checked without the table of
//! commands and the other lines.
//!
//! Always true: a line that is kept has no error but that of a command, category or role that is
//! unknown.
//! Not here: users and roles made of it — `file.rs`.

use russet_command::Registry;

use super::role::{self, Role, Roles};
use super::rule::RuleError;
use super::selector::Channels;
use super::user::{Rulebook, User};
use super::words;

/// A user or a role that `redis.conf` names.
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
    pub(crate) fn user(
        words: &[&[u8]],
        before: &[Self],
        channels: Channels,
    ) -> Result<Self, String> {
        let user = Self::read("user", words)?;
        if before.iter().any(|other| other.name == user.name) {
            return Err(refused(
                "user",
                &user.name,
                &RuleError::Duplicate.to_string(),
            ));
        }
        let mut made = User::new(&user.name, &channels);
        let table = Registry::<()>::new();
        let (book, roles) = (
            Rulebook {
                table: &table,
                channels,
            },
            Roles::new(),
        );
        user.try_rules("user", |rule| made.apply(rule, &book, &roles))?;
        Ok(user)
    }

    /// Reads the words behind `role`, given the lines before.
    ///
    /// # Errors
    /// The message about the line.
    pub(crate) fn role(
        words: &[&[u8]],
        before: &[Self],
        channels: Channels,
    ) -> Result<Self, String> {
        let role = Self::read("role", words)?;
        if let Err(why) = role::check_name(&role.name) {
            return Err(refused("role", &role.name, &why.to_string()));
        }
        if before.iter().any(|other| other.name == role.name) {
            return Err(refused(
                "role",
                &role.name,
                &RuleError::DuplicateRole.to_string(),
            ));
        }
        let mut made = Role::new(&role.name, &channels);
        let table = Registry::<()>::new();
        let book = Rulebook {
            table: &table,
            channels,
        };
        role.try_rules("role", |rule| made.apply(rule, &book))?;
        Ok(role)
    }

    fn read(what: &str, words: &[&[u8]]) -> Result<Self, String> {
        let Some((name, rules)) = words.split_first() else {
            return Err(refused(what, what.as_bytes(), "Syntax error"));
        };
        let rules = words::join(rules.iter().copied()).map_err(|unmatched| {
            let word = rules.get(unmatched.at).copied();
            refused(what, word.unwrap_or_default(), "Unmatched parenthesis")
        })?;
        let rules = rules.into_iter().map(std::borrow::Cow::into_owned);
        Ok(Self {
            name: name.to_vec(),
            rules: rules.collect(),
        })
    }

    fn try_rules(
        &self,
        what: &str,
        mut apply: impl FnMut(&[u8]) -> Result<(), RuleError>,
    ) -> Result<(), String> {
        for rule in &self.rules {
            match apply(rule) {
                Ok(()) | Err(RuleError::Unknown | RuleError::NoSuchRole) => {}
                Err(why) => return Err(refused(what, rule, &why.to_string())),
            }
        }
        Ok(())
    }
}

fn refused(what: &str, word: &[u8], why: &str) -> String {
    let word = String::from_utf8_lossy(word);
    format!("Error in {what} declaration '{word}': {why}")
}
