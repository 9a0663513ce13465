//! A selector: the rights of a user by one set of rules. Each user has a root, and may have more.
//!
//! Always true: a request is allowed by one selector alone, or not at all: rights of several are
//! not put together.
//! Not here: which request needs what — `permission.rs`.

use russet_command::Registry;
use russet_command::registry::CommandId;
use russet_command::row::KeyFlags;

use super::commands::Commands;
use super::pattern::{KeyPattern, Pattern};
use super::rule::{Access, Grant, RuleError};

/// A set of rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// The commands.
    pub commands: Commands,
    keys: Keys,
    channels: Channels,
    databases: Databases,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Keys {
    All,
    Matching(Vec<KeyPattern>),
}

/// Channels that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Every one.
    All,
    /// All that match.
    Matching(Vec<Pattern>),
}

/// Databases that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Databases {
    /// Every one.
    All,
    /// These, in order.
    Only(Vec<u32>),
}

impl Selector {
    /// A selector without rights, but perhaps for those to all channels.
    pub(crate) fn new(channels: &Channels) -> Self {
        Self {
            commands: Commands::default(),
            keys: Keys::Matching(Vec::new()),
            channels: channels.clone(),
            databases: Databases::All,
        }
    }

    /// A selector with every right.
    pub(crate) fn all() -> Self {
        let mut commands = Commands::default();
        commands.set_every(true);
        Self {
            commands,
            keys: Keys::All,
            channels: Channels::All,
            databases: Databases::All,
        }
    }

    /// Whether it allows everything.
    pub(crate) fn allows_all(&self) -> bool {
        self.commands.are_all()
            && self.keys == Keys::All
            && self.channels == Channels::All
            && self.databases == Databases::All
    }

    /// Changes it by a rule.
    ///
    /// # Errors
    /// Why the rule does not fit.
    pub(crate) fn apply<H>(
        &mut self,
        grant: Grant<'_>,
        table: &Registry<H>,
    ) -> Result<(), RuleError> {
        match grant {
            Grant::AllKeys => self.keys = Keys::All,
            Grant::ResetKeys => self.keys = Keys::Matching(Vec::new()),
            Grant::Keys(access, text) => self.keys.add(access, text)?,
            Grant::AllChannels => self.channels = Channels::All,
            Grant::ResetChannels => self.channels = Channels::Matching(Vec::new()),
            Grant::Channels(text) => self.channels.add(text)?,
            Grant::EveryCommand(is_allowed) => self.commands.set_every(is_allowed),
            Grant::Command(is_allowed, name) => self.commands.set(is_allowed, name, table)?,
            Grant::Category(is_allowed, name) => {
                self.commands.set_category(is_allowed, name, table)?;
            }
            Grant::AllDatabases => self.databases = Databases::All,
            Grant::ResetDatabases => self.databases = Databases::Only(Vec::new()),
            Grant::Databases(list) => self.databases = Databases::Only(list),
        }
        Ok(())
    }

    /// Whether every key may be accessed in every way.
    #[inline]
    pub(crate) fn has_all_keys(&self) -> bool {
        self.keys == Keys::All
    }

    /// Whether it allows a command with any argument, in any database.
    #[inline]
    pub(crate) fn allows_command_of(&self, id: CommandId) -> bool {
        self.databases == Databases::All && self.commands.has(id)
    }

    /// Whether a key may be accessed as a command does.
    #[inline]
    pub(crate) fn allows_key(&self, key: &[u8], flags: KeyFlags) -> bool {
        let Keys::Matching(patterns) = &self.keys else {
            return true;
        };
        let access = access_of(flags);
        let mut patterns = patterns.iter();
        patterns.any(|one| one.access.has(access) && one.pattern.matches(key))
    }

    /// Whether every key may be read.
    pub(crate) fn reads_all_keys(&self) -> bool {
        match &self.keys {
            Keys::All => true,
            Keys::Matching(patterns) => patterns.iter().any(|one| one.is_for_all(Access::READ)),
        }
    }

    /// Whether every channel may be used.
    pub(crate) fn has_all_channels(&self) -> bool {
        self.channels == Channels::All
    }

    /// The channels.
    pub(crate) fn channels(&self) -> &Channels {
        &self.channels
    }

    /// The databases.
    pub(crate) fn databases(&self) -> &Databases {
        &self.databases
    }

    /// The rules about keys.
    pub(crate) fn key_words(&self) -> Vec<Vec<u8>> {
        match &self.keys {
            Keys::All => vec![b"~*".to_vec()],
            Keys::Matching(patterns) => patterns.iter().map(KeyPattern::rule).collect(),
        }
    }

    /// All rules, in the order in which they are shown. They make the same selector again.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        let mut words = self.key_words();
        // No pattern may follow the one of all keys.
        if words.len() > 1 {
            let all = words.iter_mut().filter(|word| word.as_slice() == b"~*");
            all.for_each(|word| *word = b"%RW~*".to_vec());
        }
        if self.channels != Channels::All {
            words.push(b"resetchannels".to_vec());
        }
        words.extend(self.channels.words());
        match &self.databases {
            Databases::All => {}
            Databases::Only(list) if list.is_empty() => words.push(b"resetdbs".to_vec()),
            Databases::Only(_) => words.push(self.databases.text()),
        }
        words.extend(self.commands.words());
        words
    }
}

/// The access to a key that a key spec tells of.
#[inline]
fn access_of(flags: KeyFlags) -> Access {
    let changes = KeyFlags::INSERT.0 | KeyFlags::DELETE.0 | KeyFlags::UPDATE.0;
    let read = match flags.has(KeyFlags::ACCESS) {
        true => Access::READ,
        false => Access::NONE,
    };
    match flags.0 & changes {
        0 => read,
        _ => read.with(Access::WRITE),
    }
}

impl Keys {
    fn add(&mut self, access: Access, text: &[u8]) -> Result<(), RuleError> {
        let Self::Matching(patterns) = self else {
            return Err(RuleError::AfterAllKeys);
        };
        match patterns.iter_mut().find(|one| one.pattern.text() == text) {
            Some(one) => one.access = one.access.with(access),
            None => patterns.push(KeyPattern {
                pattern: Pattern::new(text),
                access,
            }),
        }
        Ok(())
    }
}

impl Channels {
    /// The channels of new users, by the setting `acl-pubsub-default`.
    pub(crate) fn by_default(has_all: bool) -> Self {
        match has_all {
            true => Self::All,
            false => Self::Matching(Vec::new()),
        }
    }

    fn add(&mut self, text: &[u8]) -> Result<(), RuleError> {
        let Self::Matching(patterns) = self else {
            return Err(RuleError::AfterAllChannels);
        };
        if !patterns.iter().any(|one| one.text() == text) {
            patterns.push(Pattern::new(text));
        }
        Ok(())
    }

    /// Whether a channel may be used. A pattern to subscribe to must stand in a rule as it is.
    pub(crate) fn allow(&self, channel: &[u8], is_pattern: bool) -> bool {
        let Self::Matching(patterns) = self else {
            return true;
        };
        patterns.iter().any(|one| match is_pattern {
            true => one.text() == channel,
            false => one.matches(channel),
        })
    }

    /// The rules about channels.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        match self {
            Self::All => vec![b"&*".to_vec()],
            Self::Matching(patterns) => {
                let rule = |one: &Pattern| [b"&", one.text()].concat();
                patterns.iter().map(rule).collect()
            }
        }
    }
}

impl Databases {
    /// Whether a database may be used.
    pub(crate) fn allow(&self, db: u64) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => u32::try_from(db).is_ok_and(|db| list.binary_search(&db).is_ok()),
        }
    }

    /// The rule that names them, as ACL GETUSER shows it: nothing if there is none.
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Self::All => b"alldbs".to_vec(),
            Self::Only(list) if list.is_empty() => Vec::new(),
            Self::Only(list) => {
                let list: Vec<String> = list.iter().map(u32::to_string).collect();
                format!("db={}", list.join(",")).into_bytes()
            }
        }
    }
}
