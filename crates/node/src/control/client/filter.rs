//! Filters of CLIENT LIST and CLIENT KILL: conditions on a client.
//!
//! ```text
//!  TYPE normal NOT-ID 7 8 IDLE 60 SKIPME yes
//!  └─ kind ──┘ └─ not: id ┘ └ at least ┘ └─ not the one who asks
//! ```
//! Redis has ID, TYPE, ADDR, LADDR, USER, MAXAGE and SKIPME; the others, and all with `NOT-`, are
//! those of Valkey 9.
//!
//! Always true: a client is meant if all conditions hold; of two of one kind the later one counts.
//! Not here: what happens to those who are meant — `client.rs`.

use std::mem::discriminant;

use russet_base::num::parse_i64;
use russet_command::CommandError;
use russet_io::Address;
use russet_resp::Args;

use super::describe::{addresses, capabilities, flags};
use crate::acl::users::DEFAULT;
use crate::core::Core;
use crate::session::{Names, Session};

/// A kind of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientType {
    Normal,
    Pubsub,
    /// Another server; there are none yet.
    Server,
}

impl ClientType {
    fn of(core: &Core, session: &Session) -> Self {
        match core.pubsub.has(session.conn) {
            true => Self::Pubsub,
            false => Self::Normal,
        }
    }
}

/// A condition on a client.
#[derive(Debug)]
enum Condition<'a> {
    Id(Vec<i64>),
    Type(ClientType),
    Addr(&'a [u8]),
    Laddr(&'a [u8]),
    Ip(&'a [u8]),
    User(&'a [u8]),
    /// Connected for this number of seconds or longer.
    MaxAge(i64),
    /// Silent for this number of seconds or longer.
    Idle(i64),
    /// All of these letters.
    Flags(&'a [u8]),
    Name(&'a [u8]),
    LibName(&'a [u8]),
    LibVersion(&'a [u8]),
    Db(usize),
    /// All of these letters.
    Capa(&'a [u8]),
}

/// The command that has the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    List,
    Kill,
}

/// Which clients are meant.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    /// Each with whether it must hold, or must not.
    conditions: Vec<(bool, Condition<'a>)>,
    skips_me: bool,
}

/// Letters that CLIENT LIST has for flags.
const FLAGS: &[u8] = b"bcdeirtuxABEIMNOPRSTU";

/// Letters that CLIENT LIST has for capabilities.
const CAPABILITIES: &[u8] = b"r";

impl<'a> Filter<'a> {
    /// The one client at an address, whoever asks.
    pub(super) fn at(addr: &'a [u8]) -> Self {
        Self {
            conditions: vec![(true, Condition::Addr(addr))],
            skips_me: false,
        }
    }

    /// Reads the options of a command.
    ///
    /// # Errors
    /// The error reply.
    pub(super) fn parse(
        args: &Args<'a>,
        command: Command,
        core: &Core,
    ) -> Result<Self, CommandError> {
        let mut filter = Self {
            conditions: Vec::new(),
            skips_me: command == Command::Kill,
        };
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let value = args.get(at + 1);
            let name = word.to_ascii_uppercase();
            let is_behind_ids = matches!(filter.conditions.last(), Some((true, Condition::Id(_))));
            at += 2;
            let condition = match (name.strip_prefix(b"NOT-").unwrap_or(&name), value) {
                (b"ID", Some(_)) => {
                    let ids = ids(args, at - 1, command)?;
                    at += ids.len() - 1;
                    Condition::Id(ids)
                }
                (b"SKIPME", Some(value)) if name == b"SKIPME" => {
                    filter.skips_me = match value.to_ascii_lowercase().as_slice() {
                        b"yes" => true,
                        b"no" => false,
                        _ => return Err(CommandError::Syntax),
                    };
                    continue;
                }
                (b"MAXAGE", Some(_)) if name != b"MAXAGE" => return Err(CommandError::Syntax),
                (b"IDLE", Some(_)) if name != b"IDLE" => return Err(CommandError::Syntax),
                (option, Some(value)) => match Condition::parse(option, value, core)? {
                    Some(condition) => condition,
                    None if is_behind_ids && command == Command::List => return Err(NOT_AN_ID),
                    None => return Err(CommandError::Syntax),
                },
                (_, None) if is_behind_ids && command == Command::List => return Err(NOT_AN_ID),
                (_, None) => return Err(CommandError::Syntax),
            };
            filter.add(!name.starts_with(b"NOT-"), condition);
        }
        Ok(filter)
    }

    fn add(&mut self, holds: bool, condition: Condition<'a>) {
        let mut known = self.conditions.iter_mut();
        let before = known.find(|(other_holds, other)| {
            *other_holds == holds && discriminant(other) == discriminant(&condition)
        });
        match (before, condition) {
            (Some((_, Condition::Id(known))), Condition::Id(more)) => known.extend(more),
            (Some((_, before)), condition) => *before = condition,
            (None, condition) => self.conditions.push((holds, condition)),
        }
    }

    /// Whether another client is meant.
    pub(super) fn includes(&self, core: &Core, session: &Session) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|(holds, condition)| condition.is_met(core, session) == *holds)
    }

    /// Whether the client who asks is meant.
    pub(super) fn includes_me(&self, core: &Core, me: &Session) -> bool {
        !self.skips_me && self.includes(core, me)
    }
}

impl<'a> Condition<'a> {
    /// An option with one value; `None` if there is no such option.
    fn parse(option: &[u8], value: &'a [u8], core: &Core) -> Result<Option<Self>, CommandError> {
        Ok(Some(match option {
            b"TYPE" => Self::Type(client_type(value)?),
            b"ADDR" => Self::Addr(value),
            b"LADDR" => Self::Laddr(value),
            b"IP" => Self::Ip(value),
            b"USER" if core.acl.users.find(value).is_some() => Self::User(value),
            b"USER" => return Err(quoting(b"ERR No such user '", value, b"'")),
            b"MAXAGE" => Self::MaxAge(seconds("maxage", value)?),
            b"IDLE" => Self::Idle(seconds("idle", value)?),
            b"FLAGS" if value.iter().all(|letter| FLAGS.contains(letter)) => Self::Flags(value),
            b"FLAGS" => {
                let text = b"ERR Unknown flags found in the provided filter: ";
                return Err(quoting(text, value, b""));
            }
            b"NAME" => Self::Name(value),
            b"LIB-NAME" => Self::LibName(value),
            b"LIB-VER" => Self::LibVersion(value),
            b"DB" => Self::Db(database(value, core.config.databases as usize)?),
            b"CAPA" if value.iter().all(|letter| CAPABILITIES.contains(letter)) => {
                Self::Capa(value)
            }
            b"CAPA" => {
                let text = b"ERR Unknown capa found in the provided filter: ";
                return Err(quoting(text, value, b""));
            }
            _ => return Ok(None),
        }))
    }

    fn is_met(&self, core: &Core, session: &Session) -> bool {
        let names = session.names.as_deref();
        // What a client has not named is not named by the empty name either.
        let is_named = |wanted: &[u8], name: fn(&Names) -> &Vec<u8>| {
            names.is_some_and(|names| !wanted.is_empty() && name(names) == wanted)
        };
        match self {
            Self::Id(ids) => ids.iter().any(|id| u64::try_from(*id) == Ok(session.id)),
            Self::Type(kind) => *kind == ClientType::of(core, session),
            Self::Addr(addr) => addresses(&session.origin).0.as_bytes() == *addr,
            Self::Laddr(laddr) => addresses(&session.origin).1.as_bytes() == *laddr,
            Self::Ip(ip) => match &session.origin.address {
                Address::Tcp { peer, .. } => peer.ip().to_string().as_bytes() == *ip,
                Address::Unix { .. } => false,
            },
            Self::User(name) => session.user().map_or(DEFAULT, |user| &user.name) == *name,
            Self::MaxAge(seconds) => (core.now.wall_ms() - session.created_ms) / 1000 >= *seconds,
            Self::Idle(seconds) => {
                i64::try_from(core.idle_ms(session) / 1000).unwrap_or(i64::MAX) >= *seconds
            }
            Self::Flags(letters) => {
                let flags = flags(core, session);
                letters
                    .iter()
                    .all(|letter| flags.as_bytes().contains(letter))
            }
            Self::Name(name) => is_named(name, |names| &names.name),
            Self::LibName(name) => is_named(name, |names| &names.lib_name),
            Self::LibVersion(version) => is_named(version, |names| &names.lib_version),
            Self::Db(db) => session.db == *db,
            Self::Capa(letters) => {
                let known = capabilities(session).as_bytes();
                letters.iter().all(|letter| known.contains(letter))
            }
        }
    }
}

/// The numbers of clients from an argument on, at least one.
fn ids(args: &Args<'_>, from: usize, command: Command) -> Result<Vec<i64>, CommandError> {
    let refusal = match command {
        Command::List => NOT_AN_ID,
        Command::Kill => CommandError::text("ERR client-id should be greater than 0"),
    };
    // COMPAT: nobody has a number below 1, which is no error of LIST.
    let is_fit = |id: &i64| *id > 0 || command == Command::List;
    let mut ids = Vec::new();
    for arg in args.skip(from).iter() {
        match parse_i64(arg) {
            Some(id) if is_fit(&id) => ids.push(id),
            None if !ids.is_empty() => break,
            _ => return Err(refusal),
        }
    }
    Ok(ids)
}

fn client_type(word: &[u8]) -> Result<ClientType, CommandError> {
    match word.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(ClientType::Normal),
        b"pubsub" => Ok(ClientType::Pubsub),
        b"master" | b"primary" | b"slave" | b"replica" => Ok(ClientType::Server),
        _ => Err(quoting(b"ERR Unknown client type '", word, b"'")),
    }
}

fn seconds(name: &str, word: &[u8]) -> Result<i64, CommandError> {
    let seconds = parse_i64(word).ok_or_else(|| {
        let text = format!("ERR {name} is not an integer or out of range");
        CommandError::Text(text.into())
    })?;
    if seconds <= 0 {
        let text = format!("ERR {name} should be greater than 0");
        return Err(CommandError::Text(text.into()));
    }
    Ok(seconds)
}

fn database(word: &[u8], count: usize) -> Result<usize, CommandError> {
    let db = parse_i64(word).ok_or(CommandError::text(
        "ERR DB is not an integer or out of range",
    ))?;
    let db = usize::try_from(db).ok().filter(|db| *db < count);
    db.ok_or_else(|| {
        let text = format!("ERR DB number should be between 0 and {}", count - 1);
        CommandError::Text(text.into())
    })
}

fn quoting(before: &[u8], word: &[u8], after: &[u8]) -> CommandError {
    CommandError::quoting(&[before, word, after])
}

const NOT_AN_ID: CommandError = CommandError::text("ERR Invalid client ID");
