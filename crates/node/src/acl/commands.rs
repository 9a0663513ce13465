//! The commands that a selector allows: a bitmap by place in the table of commands, and the rules
//! that made it.
//!
//! ```text
//!  -@all +@read -keys +config|get +select|0
//!  bits    one for each command and subcommand          asked when a command comes
//!  rules   [+@read] [-keys] [+config|get] [+select|0]   shown, and read back
//!  first arguments   select: 0                          of commands that are not allowed whole
//! ```
//! Always true: applying the rules to an empty bitmap, or a full one if it began with all, gives
//! the bits.
//! Always true: a command that the bitmap has no room for is not allowed.
//! Not here: the syntax of rules — `rule.rs`.

use russet_command::registry::{Command, CommandId};
use russet_command::{Categories, Flags, Registry};

use super::rule::{RuleError, has_spaces};

/// Commands and subcommands that fit.
const WORDS: usize = 16;

/// The commands of a selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Commands {
    /// Whether every command is allowed, known here or not.
    all: bool,
    /// Whether the rules begin with all commands.
    from_all: bool,
    bits: [u64; WORDS],
    rules: Vec<CommandRule>,
    /// First arguments with which a command is allowed that is not allowed otherwise.
    first: Vec<(CommandId, Vec<Box<[u8]>>)>,
}

/// A rule as it was given, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CommandRule {
    is_allowed: bool,
    /// With `@` in front if it is a category's.
    name: Box<[u8]>,
}

impl Commands {
    /// Whether every command is allowed.
    pub(crate) fn are_all(&self) -> bool {
        self.all
    }

    /// Whether a request may run.
    #[inline]
    pub(crate) fn allow<H>(&self, command: &Command<H>, first: Option<&[u8]>) -> bool {
        self.all
            || self.has(command.id)
            || command.spec.flags.has(Flags::NO_AUTH)
            || first.is_some_and(|first| self.has_first(command.id, first))
    }

    /// Whether it allows a command, whatever its arguments.
    #[inline]
    pub(super) fn has(&self, id: CommandId) -> bool {
        let (word, bit) = place(id);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    fn has_first(&self, id: CommandId, argument: &[u8]) -> bool {
        let mut lists = self.first.iter();
        let list = lists.find(|(command, _)| *command == id);
        list.is_some_and(|(_, list)| list.iter().any(|one| one.eq_ignore_ascii_case(argument)))
    }

    /// Allows every command, or none.
    pub(crate) fn set_every(&mut self, is_allowed: bool) {
        *self = Self {
            all: is_allowed,
            from_all: is_allowed,
            bits: [if is_allowed { u64::MAX } else { 0 }; WORDS],
            ..Self::default()
        };
    }

    /// Allows a command, with its subcommands, or one subcommand, or a first argument; or takes
    /// that away.
    ///
    /// # Errors
    /// There is no such command, or it has no first arguments of this kind.
    pub(crate) fn set<H>(
        &mut self,
        is_allowed: bool,
        name: &[u8],
        table: &Registry<H>,
    ) -> Result<(), RuleError> {
        let bar = name.iter().rposition(|&byte| byte == b'|');
        if let Some(bar) = bar.filter(|_| is_allowed) {
            return self.allow_part((name, bar), table);
        }
        let command = find(table, name).ok_or(RuleError::Unknown)?;
        self.put(command, is_allowed);
        self.note(is_allowed, command.full_name.as_bytes());
        Ok(())
    }

    /// Allows a subcommand, or a command with a first argument.
    fn allow_part<H>(
        &mut self,
        (name, bar): (&[u8], usize),
        table: &Registry<H>,
    ) -> Result<(), RuleError> {
        let command = find(table, &name[..bar]).ok_or(RuleError::Unknown)?;
        let part = &name[bar + 1..];
        if command.parent.is_some() {
            return Err(RuleError::FirstArgument);
        }
        if part.is_empty() || has_spaces(part) {
            return Err(RuleError::Syntax);
        }
        if command.is_container() {
            self.put(find(table, name).ok_or(RuleError::Unknown)?, true);
        } else {
            self.add_first(command.id, part);
        }
        self.note(true, &name.to_ascii_lowercase());
        Ok(())
    }

    fn add_first(&mut self, id: CommandId, argument: &[u8]) {
        if self.has_first(id, argument) {
            return;
        }
        match self.first.iter_mut().find(|(command, _)| *command == id) {
            Some((_, list)) => list.push(argument.into()),
            None => self.first.push((id, vec![argument.into()])),
        }
    }

    /// Allows the commands of a category, or takes them away. A container brings all of its
    /// subcommands along.
    ///
    /// # Errors
    /// There is no such category.
    pub(crate) fn set_category<H>(
        &mut self,
        is_allowed: bool,
        name: &[u8],
        table: &Registry<H>,
    ) -> Result<(), RuleError> {
        let category = Categories::by_name(name).ok_or(RuleError::Unknown)?;
        for command in table.iter().filter(|c| c.categories.has(category)) {
            self.put(command, is_allowed);
        }
        let name = [b"@", name.to_ascii_lowercase().as_slice()].concat();
        self.note(is_allowed, &name);
        Ok(())
    }

    fn put<H>(&mut self, command: &Command<H>, is_allowed: bool) {
        self.all &= is_allowed;
        self.first.retain(|(id, _)| *id != command.id);
        for &id in [&command.id].into_iter().chain(&command.subcommands) {
            let (word, bit) = place(id);
            match self.bits.get_mut(word) {
                Some(word) if is_allowed => *word |= bit,
                Some(word) => *word &= !bit,
                None => {}
            }
        }
    }

    /// Puts a rule behind all others, in place of those that it makes needless.
    fn note(&mut self, is_allowed: bool, name: &[u8]) {
        self.rules.retain(|old| {
            let rest = old.name.strip_prefix(name);
            !rest.is_some_and(|rest| matches!(rest, [] | [b'|', ..]))
        });
        let name = name.into();
        self.rules.push(CommandRule { is_allowed, name });
    }

    /// The rules as words, beginning with that about all commands.
    pub(crate) fn words(&self) -> impl Iterator<Item = Vec<u8>> {
        let first: &[u8] = if self.from_all { b"+@all" } else { b"-@all" };
        let rules = self.rules.iter().map(|rule| {
            let sign: &[u8] = if rule.is_allowed { b"+" } else { b"-" };
            [sign, &rule.name].concat()
        });
        std::iter::once(first.to_vec()).chain(rules)
    }
}

/// Where the bit of a command is.
#[inline]
fn place(id: CommandId) -> (usize, u64) {
    (id.index() / 64, 1 << (id.index() % 64))
}

/// The command or subcommand with this name: its own, whatever clients call it.
fn find<'t, H>(table: &'t Registry<H>, name: &[u8]) -> Option<&'t Command<H>> {
    let is_it = |command: &&Command<H>| command.full_name.as_bytes().eq_ignore_ascii_case(name);
    table.iter().find(is_it)
}
