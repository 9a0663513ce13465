//! All users by name.
//!
//! Always true: there is a default user.
//! Not here: what becomes of sessions when a user changes — `permissions.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use russet_command::CommandError;

use super::rule::RuleError;
use super::user::{Rulebook, User};
use super::words;

/// The user of connections that name none.
pub(crate) const DEFAULT: &[u8] = b"default";

/// All users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Users {
    users: BTreeMap<Box<[u8]>, Arc<User>>,
    /// The one that is asked for most, once more.
    default: Arc<User>,
}

/// A user that was changed, or is new.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    /// As it was; `None` if it is new.
    pub old: Option<Arc<User>>,
    /// As it is.
    pub new: Arc<User>,
}

/// Why a user was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetError {
    /// A selector has no end; the word that begins it.
    Unmatched(Vec<u8>),
    /// A rule does not fit.
    Rule(Vec<u8>, RuleError),
}

impl From<SetError> for CommandError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Unmatched(word) => Self::quoting(&[
                b"ERR Unmatched parenthesis in acl selector starting at '",
                &word,
                b"'.",
            ]),
            SetError::Rule(rule, why) => Self::quoting(&[
                b"ERR Error in ACL SETUSER modifier '",
                &rule,
                b"': ",
                why.to_string().as_bytes(),
            ]),
        }
    }
}

impl Users {
    /// The user of connections that name none.
    #[inline]
    pub(crate) fn default_user(&self) -> &Arc<User> {
        &self.default
    }

    /// A user by name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Arc<User>> {
        self.users.get(name)
    }

    /// All users by name.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The user whose credentials these are.
    pub(crate) fn authenticate(&self, name: &[u8], password: &[u8]) -> Option<&Arc<User>> {
        self.find(name).filter(|user| user.accepts(password))
    }

    /// Changes a user by rules, or makes it.
    ///
    /// # Errors
    /// The first rule that does not fit; nothing has changed then.
    pub(crate) fn set<'w, H>(
        &mut self,
        name: &[u8],
        rules: impl IntoIterator<Item = &'w [u8]> + Clone,
        book: &Rulebook<'_, H>,
    ) -> Result<Changed, SetError> {
        let joined = words::join(rules.clone()).map_err(|unmatched| {
            let word = rules.into_iter().nth(unmatched.at);
            SetError::Unmatched(word.unwrap_or_default().to_vec())
        })?;
        let old = self.find(name).cloned();
        let mut user = match &old {
            Some(user) => User::clone(user),
            None => User::new(name, &book.channels),
        };
        for rule in joined {
            let result = user.apply(&rule, book);
            result.map_err(|why| SetError::Rule(rule.into_owned(), why))?;
        }
        let new = self.put(user);
        Ok(Changed { old, new })
    }

    /// Puts a user in place of the one with its name.
    pub(crate) fn put(&mut self, user: User) -> Arc<User> {
        let user = Arc::new(user);
        if *user.name == *DEFAULT {
            self.default = Arc::clone(&user);
        }
        self.users.insert(user.name.clone(), Arc::clone(&user));
        user
    }

    /// Removes a user; the default one stays.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Arc<User>> {
        match name {
            DEFAULT => None,
            _ => self.users.remove(name),
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        let default = Arc::new(User::all_powerful(DEFAULT));
        Self {
            users: BTreeMap::from([(DEFAULT.into(), Arc::clone(&default))]),
            default,
        }
    }
}
