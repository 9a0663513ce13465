//! A user: a name, passwords, selectors, and roles, whose selectors it has too.
//!
//! A user does not change: whoever changes one makes another of the same name, and gives it to the
//! sessions that have the old one.
//!
//! Always true: a user has a root selector; what its rules say, read back, makes it again.
//! Not here: all users — `users.rs`; what a request needs — `permission.rs`.

use std::sync::Arc;

use russet_command::Registry;

use super::digest::Digest;
use super::role::{self, Role, Roles};
use super::rule::{Rule, RuleError};
use super::selector::{Channels, Selector};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// Its name.
    pub name: Box<[u8]>,
    is_enabled: bool,
    needs_no_password: bool,
    skips_sanitizing: bool,
    passwords: Vec<Digest>,
    /// The root first, those of its roles last.
    selectors: Vec<Selector>,
    /// How many of them are its own.
    own: usize,
    roles: Vec<Arc<Role>>,
    /// Whether a selector allows everything; known once it is [`Self::finished`].
    allows_all: bool,
}

/// The tables that rules are read with.
#[derive(Debug)]
pub(crate) struct Rulebook<'r, H> {
    /// The commands that rules name.
    pub table: &'r Registry<H>,
    /// The channels of new selectors.
    pub channels: Channels,
}

impl User {
    /// A user that may do nothing.
    pub(crate) fn new(name: &[u8], channels: &Channels) -> Self {
        Self {
            name: name.into(),
            is_enabled: false,
            needs_no_password: false,
            skips_sanitizing: false,
            passwords: Vec::new(),
            selectors: vec![Selector::new(channels)],
            own: 1,
            roles: Vec::new(),
            allows_all: false,
        }
    }

    /// The user of connections that name none, as long as nobody has changed it.
    pub(crate) fn all_powerful(name: &[u8]) -> Self {
        Self {
            is_enabled: true,
            needs_no_password: true,
            selectors: vec![Selector::all()],
            allows_all: true,
            ..Self::new(name, &Channels::All)
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
        roles: &Roles,
    ) -> Result<(), RuleError> {
        if rule.is_empty() {
            return Ok(());
        }
        match Rule::parse(rule)? {
            Rule::Enabled(is_enabled) => self.is_enabled = is_enabled,
            Rule::NoPassword => self.set_passwords(true),
            Rule::ResetPasswords => self.set_passwords(false),
            Rule::SkipsSanitizing(skips) => self.skips_sanitizing = skips,
            Rule::AddPassword(digest) => {
                self.needs_no_password = false;
                if !self.passwords.contains(&digest) {
                    self.passwords.push(digest);
                }
            }
            Rule::RemovePassword(digest) => {
                let at = self.passwords.iter().position(|one| *one == digest);
                self.passwords.remove(at.ok_or(RuleError::NoSuchPassword)?);
            }
            Rule::Roles(names) => {
                let found = names.iter().map(|name| roles.get(*name).cloned());
                let found: Option<Vec<Arc<Role>>> = found.collect();
                self.roles = found.ok_or(RuleError::NoSuchRole)?;
            }
            Rule::ResetRoles => self.roles.clear(),
            Rule::Reset => {
                let name = std::mem::take(&mut self.name);
                *self = Self::new(&name, &book.channels);
            }
            rule @ (Rule::Selector(_) | Rule::ClearSelectors | Rule::Grant(_)) => {
                self.selectors.truncate(self.own);
                let result = role::change(&mut self.selectors, rule, book);
                self.own = self.selectors.len();
                result?;
            }
        }
        Ok(())
    }

    /// The same user with the selectors of its roles behind its own. Nobody has a user that is not
    /// finished.
    // PERF: once for all rules; after each of them, 10,000 selectors took 1.4 s.
    pub(super) fn finished(mut self) -> Self {
        self.selectors.truncate(self.own);
        let selectors = self.roles.iter().flat_map(|role| role.selectors());
        self.selectors.extend(selectors.cloned());
        self.allows_all = self.selectors.iter().any(Selector::allows_all);
        self
    }

    /// Forgets all passwords; afterwards any is right, or none.
    fn set_passwords(&mut self, needs_none: bool) {
        self.needs_no_password = needs_none;
        self.passwords.clear();
    }

    /// The same user with one password, or without need of any if it is empty.
    pub(crate) fn with_password(&self, password: &[u8]) -> Self {
        let mut user = self.clone();
        user.set_passwords(password.is_empty());
        if !password.is_empty() {
            user.passwords.push(Digest::of(password));
        }
        user
    }

    /// Whether it holds the role of this name.
    pub(crate) fn holds(&self, role: &[u8]) -> bool {
        self.roles.iter().any(|one| *one.name == *role)
    }

    /// The same user with a role as it is now, which it holds.
    pub(crate) fn with_role(&self, role: &Arc<Role>) -> Self {
        let mut user = self.clone();
        let held = user.roles.iter_mut();
        for one in held.filter(|one| one.name == role.name) {
            *one = Arc::clone(role);
        }
        user
    }

    /// The roles that it holds.
    pub(crate) fn roles(&self) -> &[Arc<Role>] {
        &self.roles
    }

    /// Whether it may log in with this password.
    pub(crate) fn accepts(&self, password: &[u8]) -> bool {
        if !self.is_enabled || self.needs_no_password {
            return self.is_enabled;
        }
        let digest = Digest::of(password);
        let right = self.passwords.iter().filter(|one| **one == digest);
        right.count() > 0
    }

    /// Whether it may log in.
    pub(crate) fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Whether any password is right.
    pub(crate) fn needs_no_password(&self) -> bool {
        self.needs_no_password
    }

    /// Whether connections may have it without AUTH, if it is the default user.
    pub(crate) fn is_open(&self) -> bool {
        self.is_enabled && self.needs_no_password
    }

    /// Whether a request may be refused.
    pub(crate) fn is_restricted(&self) -> bool {
        !self.allows_all
    }

    /// The selectors, the root first, those of its roles last.
    pub(crate) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// The selectors that are its own, the root first.
    pub(crate) fn own_selectors(&self) -> &[Selector] {
        self.selectors.get(..self.own).unwrap_or_default()
    }

    /// The digests of its passwords.
    pub(crate) fn passwords(&self) -> impl ExactSizeIterator<Item = String> {
        self.passwords.iter().map(Digest::hex)
    }

    /// The words that say whether and how it may log in.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.is_enabled { "on" } else { "off" }];
        if self.needs_no_password {
            flags.push("nopass");
        }
        flags.push(match self.skips_sanitizing {
            true => "skip-sanitize-payload",
            false => "sanitize-payload",
        });
        flags
    }

    /// Its rules as words, in the order in which they are shown: a selector takes several.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        let flags = self
            .flags()
            .into_iter()
            .map(|flag| flag.as_bytes().to_vec());
        let passwords = self.passwords().map(|hex| format!("#{hex}").into_bytes());
        let mut words: Vec<Vec<u8>> = flags.chain(passwords).collect();
        words.append(&mut role::words(self.own_selectors()));
        if !self.roles.is_empty() {
            let names: Vec<&[u8]> = self.roles.iter().map(|role| &*role.name).collect();
            words.push([b"role=".as_slice(), &names.join(&b',')].concat());
        }
        words
    }

    /// The line that defines it, as ACL LIST and files have it.
    pub(crate) fn line(&self) -> Vec<u8> {
        role::line("user", &self.name, self.words())
    }
}
