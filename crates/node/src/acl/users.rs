//! All users and all roles by name.
//!
//! Always true: there is a default user; the roles that users hold are these.
//! Not here: what becomes of sessions when a user changes — `permissions.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use russet_command::CommandError;

use super::role::{Role, Roles};
use super::rule::RuleError;
use super::user::{Rulebook, User};
use super::words;

/// The user of connections that name none.
pub(crate) const DEFAULT: &[u8] = b"default";

/// All users, and all roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Users {
    roles: Roles,
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

/// Why a user or a role was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetError {
    /// A selector has no end; the word that begins it.
    Unmatched(Vec<u8>),
    /// A rule of a user does not fit.
    Rule(Vec<u8>, RuleError),
    /// A rule of a role does not fit.
    RoleRule(Vec<u8>, RuleError),
}

impl From<SetError> for CommandError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Unmatched(word) => Self::quoting(&[
                b"ERR Unmatched parenthesis in acl selector starting at '",
                &word,
                b"'.",
            ]),
            SetError::Rule(rule, why) => misfit(b"SETUSER", &rule, why),
            SetError::RoleRule(rule, why) => misfit(b"SETROLE", &rule, why),
        }
    }
}

fn misfit(command: &[u8], rule: &[u8], why: RuleError) -> CommandError {
    CommandError::quoting(&[
        b"ERR Error in ACL ",
        command,
        b" modifier '",
        rule,
        b"': ",
        why.to_string().as_bytes(),
    ])
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
        let rules = joined(rules)?;
        let old = self.find(name).cloned();
        let mut user = match &old {
            Some(user) => User::clone(user),
            None => User::new(name, &book.channels),
        };
        for rule in rules {
            let result = user.apply(&rule, book, &self.roles);
            result.map_err(|why| SetError::Rule(rule.into_owned(), why))?;
        }
        let new = self.put(user);
        Ok(Changed { old, new })
    }

    /// All roles by name.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// The users that hold a role.
    pub(crate) fn holders(&self, role: &[u8]) -> impl Iterator<Item = &Arc<User>> {
        self.users.values().filter(move |user| user.holds(role))
    }

    /// Changes a role by rules, or makes it; gives the users that hold it, who have changed.
    ///
    /// # Errors
    /// The first rule that does not fit; nothing has changed then.
    pub(crate) fn set_role<'w, H>(
        &mut self,
        name: &[u8],
        rules: impl IntoIterator<Item = &'w [u8]> + Clone,
        book: &Rulebook<'_, H>,
    ) -> Result<Vec<Changed>, SetError> {
        let mut role = match self.roles.get(name) {
            Some(role) => Role::clone(role),
            None => Role::new(name, &book.channels),
        };
        for rule in joined(rules)? {
            let result = role.apply(&rule, book);
            result.map_err(|why| SetError::RoleRule(rule.into_owned(), why))?;
        }
        let role = self.put_role(role);
        let holders: Vec<Arc<User>> = self.holders(name).cloned().collect();
        let changed = holders.into_iter().map(|old| {
            let new = self.put(old.with_role(&role));
            let old = Some(old);
            Changed { old, new }
        });
        Ok(changed.collect())
    }

    /// Puts a role in place of the one with its name, which nobody holds.
    pub(crate) fn put_role(&mut self, role: Role) -> Arc<Role> {
        let role = Arc::new(role);
        self.roles.insert(role.name.clone(), Arc::clone(&role));
        role
    }

    /// Removes a role, which nobody holds; false if there is none of that name.
    pub(crate) fn remove_role(&mut self, name: &[u8]) -> bool {
        self.roles.remove(name).is_some()
    }

    /// Puts a user in place of the one with its name.
    pub(crate) fn put(&mut self, user: User) -> Arc<User> {
        let user = Arc::new(user.finished());
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
            roles: Roles::new(),
            users: BTreeMap::from([(DEFAULT.into(), Arc::clone(&default))]),
            default,
        }
    }
}

/// Rules with the words of each selector joined.
fn joined<'w>(
    rules: impl IntoIterator<Item = &'w [u8]> + Clone,
) -> Result<Vec<Cow<'w, [u8]>>, SetError> {
    words::join(rules.clone()).map_err(|unmatched| {
        let word = rules.into_iter().nth(unmatched.at);
        SetError::Unmatched(word.unwrap_or_default().to_vec())
    })
}
