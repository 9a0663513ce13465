//! One rule of ACL SETUSER, as text and as a value.
//!
//! ```text
//!  on off nopass resetpass reset            about the user: only outside parentheses
//!  >password <password #digest !digest
//!  sanitize-payload skip-sanitize-payload
//!  role=name,name resetroles
//!  clearselectors (rules)                   about selectors: outside parentheses
//!  ~pattern %R~ %W~ %RW~ allkeys resetkeys  grants: outside parentheses and within
//!  &pattern allchannels resetchannels
//!  +command -command +@category -@category +command|argument allcommands nocommands
//!  db=1,2 alldbs resetdbs
//! ```
//! Always true: reading a rule needs no table of commands; whether a command or category exists is
//! found when the rule is applied.
//! Not here: what a rule changes — `user.rs`, `selector.rs`.

use super::digest::Digest;

/// Why a rule is refused. Displays as the reply's text about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// A channel pattern beside the one of all channels.
    #[error(
        "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does \
         not have any effect. Try 'resetchannels' to start with an empty list of channels"
    )]
    AfterAllChannels,
    /// A key pattern beside the one of all keys.
    #[error(
        "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not \
         have any effect. Try 'resetkeys' to start with an empty list of patterns"
    )]
    AfterAllKeys,
    /// An invalid digest.
    #[error(
        "The password hash must be exactly 64 characters and contain only lowercase hexadecimal \
         characters"
    )]
    BadDigest,
    /// A number that no database can have.
    #[error("The provided database ID is out of range")]
    DatabaseRange,
    /// A user that was defined before.
    #[error("Duplicate user found. A user can only be defined once in config files")]
    Duplicate,
    /// A role that was defined before.
    #[error("Duplicate role found. A role can only be defined once in config files")]
    DuplicateRole,
    /// A first argument of a subcommand.
    #[error("Allowing first-arg of a subcommand is not supported")]
    FirstArgument,
    /// A role that does not exist.
    #[error("The specified ACL role does not exist")]
    NoSuchRole,
    /// A password to be removed that is not there.
    #[error("The password you are trying to remove from the user does not exist")]
    NoSuchPassword,
    /// A rule of no known form.
    #[error("Syntax error")]
    Syntax,
    /// A command or category that does not exist.
    #[error("Unknown command or category name in ACL")]
    Unknown,
}

/// Access to keys that a pattern allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access(u8);

impl Access {
    /// None.
    pub(crate) const NONE: Self = Self(0);
    /// To read them.
    pub(crate) const READ: Self = Self(1);
    /// To change them.
    pub(crate) const WRITE: Self = Self(2);
    /// Both.
    pub(crate) const ALL: Self = Self(3);

    /// Both sets.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[inline]
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A rule about a user, or one of its grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rule<'a> {
    /// It may log in, or not any more.
    Enabled(bool),
    /// Any password is right.
    NoPassword,
    /// No password is right.
    ResetPasswords,
    /// Whether payloads of RESTORE are taken as they are.
    SkipsSanitizing(bool),
    /// One more password is right.
    AddPassword(Digest),
    /// A password is right no longer.
    RemovePassword(Digest),
    /// One more selector, with these rules.
    Selector(&'a [u8]),
    /// The root is the only selector.
    ClearSelectors,
    /// These roles, and no others.
    Roles(Vec<&'a [u8]>),
    /// No roles.
    ResetRoles,
    /// As if it were new.
    Reset,
    /// A rule of the root selector.
    Grant(Grant<'a>),
}

/// A rule about a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant<'a> {
    /// Every key.
    AllKeys,
    /// No key.
    ResetKeys,
    /// Keys that match.
    Keys(Access, &'a [u8]),
    /// Every channel.
    AllChannels,
    /// No channel.
    ResetChannels,
    /// Channels that match.
    Channels(&'a [u8]),
    /// Every command (true), or none.
    EveryCommand(bool),
    /// A command is allowed or not.
    Command(bool, &'a [u8]),
    /// The commands of a category are allowed or not.
    Category(bool, &'a [u8]),
    /// Every database.
    AllDatabases,
    /// No database.
    ResetDatabases,
    /// These databases only, in order.
    Databases(Vec<u32>),
}

/// The number that no database reaches.
const DATABASES_MAX: u64 = 1 << 31;

impl<'a> Rule<'a> {
    /// Reads a rule.
    ///
    /// # Errors
    /// Why it is invalid.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, RuleError> {
        let word = text.to_ascii_lowercase();
        Ok(match word.as_slice() {
            b"on" => Self::Enabled(true),
            b"off" => Self::Enabled(false),
            b"nopass" => Self::NoPassword,
            b"resetpass" => Self::ResetPasswords,
            b"skip-sanitize-payload" => Self::SkipsSanitizing(true),
            b"sanitize-payload" => Self::SkipsSanitizing(false),
            b"clearselectors" => Self::ClearSelectors,
            b"reset" => Self::Reset,
            b"resetroles" => Self::ResetRoles,
            [b'r', b'o', b'l', b'e', b'=', ..] => Self::Roles(roles(&text[5..])?),
            [b'>', ..] => Self::AddPassword(Digest::of(&text[1..])),
            [b'<', ..] => Self::RemovePassword(Digest::of(&text[1..])),
            [b'#', ..] => Self::AddPassword(digest(&text[1..])?),
            [b'!', ..] => Self::RemovePassword(digest(&text[1..])?),
            [b'(', .., b')'] => Self::Selector(&text[1..text.len() - 1]),
            _ => Self::Grant(Grant::parse(text)?),
        })
    }
}

/// Names of roles with commas between them, each once.
fn roles(text: &[u8]) -> Result<Vec<&[u8]>, RuleError> {
    let mut names = Vec::new();
    for name in text.split(|&byte| byte == b',') {
        if name.is_empty() {
            return Err(RuleError::Syntax);
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn digest(hex: &[u8]) -> Result<Digest, RuleError> {
    Digest::from_hex(hex).ok_or(RuleError::BadDigest)
}

impl<'a> Grant<'a> {
    /// Reads a rule about a selector.
    ///
    /// # Errors
    /// Why it is invalid.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, RuleError> {
        let word = text.to_ascii_lowercase();
        Ok(match word.as_slice() {
            b"allkeys" | b"~*" => Self::AllKeys,
            b"resetkeys" => Self::ResetKeys,
            b"allchannels" | b"&*" => Self::AllChannels,
            b"resetchannels" => Self::ResetChannels,
            b"allcommands" | b"+@all" => Self::EveryCommand(true),
            b"nocommands" | b"-@all" => Self::EveryCommand(false),
            b"alldbs" => Self::AllDatabases,
            b"resetdbs" => Self::ResetDatabases,
            [b'~', ..] => Self::Keys(Access::ALL, pattern(&text[1..])?),
            [b'%', ..] => {
                let (access, rest) = access(&text[1..])?;
                Self::Keys(access, pattern(rest)?)
            }
            [b'&', ..] => Self::Channels(pattern(&text[1..])?),
            [b'+', b'@', ..] => Self::Category(true, &text[2..]),
            [b'-', b'@', ..] => Self::Category(false, &text[2..]),
            [b'+', ..] => Self::Command(true, &text[1..]),
            [b'-', ..] => Self::Command(false, &text[1..]),
            [b'd', b'b', b'=', ..] => Self::Databases(databases(&text[3..])?),
            _ => return Err(RuleError::Syntax),
        })
    }
}

/// The letters before `~`, each once.
fn access(text: &[u8]) -> Result<(Access, &[u8]), RuleError> {
    let mut access = Access::NONE;
    for (at, letter) in text.iter().enumerate() {
        let one = match letter.to_ascii_uppercase() {
            b'R' => Access::READ,
            b'W' => Access::WRITE,
            b'~' if access != Access::NONE => return Ok((access, &text[at + 1..])),
            _ => return Err(RuleError::Syntax),
        };
        if access.has(one) {
            return Err(RuleError::Syntax);
        }
        access = access.with(one);
    }
    Err(RuleError::Syntax)
}

fn pattern(text: &[u8]) -> Result<&[u8], RuleError> {
    match has_spaces(text) {
        true => Err(RuleError::Syntax),
        false => Ok(text),
    }
}

/// Whether a text has white space or a NUL, with which no list of rules could hold it.
pub(crate) fn has_spaces(text: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r' | 0);
    text.iter().any(is_space)
}

/// Numbers of databases with commas between them, in order.
fn databases(text: &[u8]) -> Result<Vec<u32>, RuleError> {
    let mut list = Vec::new();
    for item in text.split(|&byte| byte == b',') {
        let (is_negative, digits) = match item {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(RuleError::Syntax);
        }
        let add = |number: u64, digit: &u8| {
            let number = number.saturating_mul(10);
            number.saturating_add(u64::from(digit - b'0'))
        };
        let number = digits.iter().fold(0, add);
        match u32::try_from(number) {
            Ok(id) if number < DATABASES_MAX && !is_negative => list.push(id),
            _ => return Err(RuleError::DatabaseRange),
        }
    }
    list.sort_unstable();
    list.dedup();
    Ok(list)
}
