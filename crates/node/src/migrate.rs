//! A MIGRATE on its way: a machine that talks to one other server, and what it answered.
//!
//! ```text
//!             connected                     every reply arrived
//!  Dialing ──────────────► Talking ───────────────────────────────► End: deleted here, +OK
//!     │  ▲                   │ │ broken off before an answer
//!     │  └───────────────────┼─┘ to the first RESTORE, once
//!     │ refused, too late    │ too late, or in the middle
//!     └──────────────────────┴─────────────────────────────────────► End: what was acknowledged
//! ```
//! | state | Connected | Failed | Received | HungUp | TimedOut |
//! |---|---|---|---|---|---|
//! | Dialing | → Talking, sends all | → End: connecting or writing | – | – | → End: connecting |
//! | Talking | – | – | stays, or → End when whole | → Dialing once, or → End | → End: I/O timeout |
//!
//! Always true: a key is acknowledged only by a reply of its own that is no error, after an opening
//! without error.
//! Not here: what the end brings about — `control/migrate.rs`; connections — `links.rs`.

use std::io::ErrorKind;

use russet_command::registry::CommandId;
use russet_io::{ConnId, Failure};
use russet_resp::{ReplyDecoder, Value, encode_request};

use crate::links::Target;

/// The step in which a migration broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Finding the host, or waiting for it to accept.
    Connecting,
    /// Sending; also to a host that refuses the connection, as in Redis.
    Writing,
    /// Awaiting the replies.
    Reading,
}

/// Keys to move, and the server they move to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The command, for statistics.
    pub command: Option<CommandId>,
    /// The database that the keys leave.
    pub db: usize,
    /// The keys, in the order of their RESTOREs.
    pub keys: Vec<Vec<u8>>,
    /// Whether they stay here, too.
    pub is_copy: bool,
    /// The other server.
    pub target: Target,
    /// The database there.
    pub target_db: i64,
    /// The words of AUTH, if there are any.
    pub credentials: Vec<Vec<u8>>,
    /// The RESTOREs, encoded.
    pub load: Vec<u8>,
    /// The time for connecting, and for each reply, in microseconds.
    pub timeout_us: u64,
    /// When it began, in monotonic microseconds.
    pub began_us: u64,
}

/// The state of a migration.
#[derive(Debug)]
pub(crate) enum Migrate {
    /// A connection is being made.
    Dialing {
        /// The keys to move.
        plan: Plan,
        /// Whether an earlier connection broke off.
        is_second: bool,
    },
    /// Requests were sent, and replies are awaited.
    Talking {
        /// The keys to move.
        plan: Plan,
        /// Whether an earlier connection broke off.
        is_second: bool,
        /// The connection.
        link: ConnId,
        /// The replies so far.
        replies: Box<Replies>,
        /// When the next reply is too late, in monotonic microseconds.
        deadline_us: u64,
    },
}

/// An event that a migration awaits.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// A connection stands; the database that is selected there, if we know.
    Connected(ConnId, Option<i64>),
    /// No connection could be made.
    Failed(&'a Failure),
    /// Bytes arrived.
    Received(&'a [u8]),
    /// The connection ended; whether all requests had left.
    HungUp(IsSent),
    /// The deadline passed; whether all requests had left.
    TimedOut(IsSent),
}

/// Whether all requests have left.
pub(crate) type IsSent = bool;

/// The step that follows.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing but to wait.
    Wait(Migrate),
    /// Send this, and wait.
    Send(Migrate, Vec<u8>),
    /// Make a new connection, and wait.
    Dial(Migrate),
    /// It has ended.
    End(Box<End>),
}

/// How a migration ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The keys that were to move.
    pub plan: Plan,
    /// For each key that was answered, whether it arrived.
    pub acknowledged: Vec<bool>,
    /// The first error that the other server answered.
    pub error: Option<String>,
    /// The step in which it broke off, if it did.
    pub broken: Option<Phase>,
    /// The connection, and whether it may be used again.
    pub link: Option<(ConnId, bool)>,
}

impl Migrate {
    /// Begins over a connection that is open, or a new one.
    pub(crate) fn begin(plan: Plan, kept: Option<(ConnId, Option<i64>)>, now_us: u64) -> Next {
        let dialing = Self::Dialing {
            plan,
            is_second: false,
        };
        match kept {
            Some((link, db)) => dialing.step(Input::Connected(link, db), now_us),
            None => Next::Dial(dialing),
        }
    }

    /// When the next step is too late, in monotonic microseconds. A dial has a time limit of its
    /// own.
    pub(crate) fn deadline_us(&self) -> Option<u64> {
        match self {
            Self::Dialing { .. } => None,
            Self::Talking { deadline_us, .. } => Some(*deadline_us),
        }
    }

    /// The keys to move.
    pub(crate) fn plan(&self) -> &Plan {
        match self {
            Self::Dialing { plan, .. } | Self::Talking { plan, .. } => plan,
        }
    }

    /// The connection, once there is one.
    pub(crate) fn link(&self) -> Option<ConnId> {
        match self {
            Self::Dialing { .. } => None,
            Self::Talking { link, .. } => Some(*link),
        }
    }

    /// Takes what happened.
    pub(crate) fn step(self, input: Input<'_>, now_us: u64) -> Next {
        match self {
            Self::Dialing { plan, is_second } => match input {
                Input::Connected(link, db) => connected((plan, is_second), (link, db), now_us),
                Input::Failed(failure) => broken(plan, phase_of(failure.kind)),
                Input::TimedOut(_) => broken(plan, Phase::Connecting),
                Input::Received(_) | Input::HungUp(_) => {
                    Next::Wait(Self::Dialing { plan, is_second })
                }
            },
            Self::Talking {
                plan,
                is_second,
                link,
                mut replies,
                deadline_us,
            } => match input {
                Input::Received(bytes) => {
                    let deadline_us = match replies.take(bytes) {
                        true => now_us.saturating_add(plan.timeout_us),
                        false => deadline_us,
                    };
                    if replies.is_whole() || replies.is_spoilt {
                        let broken = replies.is_spoilt.then_some(Phase::Reading);
                        return end(plan, replies, link, broken);
                    }
                    Next::Wait(Self::Talking {
                        plan,
                        is_second,
                        link,
                        replies,
                        deadline_us,
                    })
                }
                Input::HungUp(_) if !is_second && !replies.is_answered() => {
                    let is_second = true;
                    Next::Dial(Self::Dialing { plan, is_second })
                }
                Input::HungUp(is_sent) | Input::TimedOut(is_sent) => {
                    let phase = match is_sent {
                        true => Phase::Reading,
                        false => Phase::Writing,
                    };
                    end(plan, replies, link, Some(phase))
                }
                Input::Connected(..) | Input::Failed(_) => Next::Wait(Self::Talking {
                    plan,
                    is_second,
                    link,
                    replies,
                    deadline_us,
                }),
            },
        }
    }
}

/// COMPAT: that a connection was refused is found out by writing, as in Redis.
fn phase_of(kind: ErrorKind) -> Phase {
    match kind {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::HostUnreachable => {
            Phase::Writing
        }
        _ => Phase::Connecting,
    }
}

fn connected(
    (plan, is_second): (Plan, bool),
    (link, selected): (ConnId, Option<i64>),
    now_us: u64,
) -> Next {
    let (mut bytes, mut opening) = (Vec::new(), 0);
    if !plan.credentials.is_empty() {
        opening += 1;
        encode_request(&plan.credentials, &mut bytes);
    }
    if selected != Some(plan.target_db) {
        opening += 1;
        encode_request(["SELECT", &plan.target_db.to_string()], &mut bytes);
    }
    bytes.extend_from_slice(&plan.load);
    let replies = Box::new(Replies::await_for(opening, plan.keys.len()));
    let deadline_us = now_us.saturating_add(plan.timeout_us);
    let talking = Migrate::Talking {
        plan,
        is_second,
        link,
        replies,
        deadline_us,
    };
    Next::Send(talking, bytes)
}

fn broken(plan: Plan, phase: Phase) -> Next {
    Next::End(Box::new(End {
        plan,
        acknowledged: Vec::new(),
        error: None,
        broken: Some(phase),
        link: None,
    }))
}

fn end(plan: Plan, replies: Box<Replies>, link: ConnId, broken: Option<Phase>) -> Next {
    let is_usable = broken.is_none() && !replies.has_surplus;
    Next::End(Box::new(End {
        plan,
        acknowledged: replies.acknowledged,
        error: replies.error,
        broken,
        link: Some((link, is_usable)),
    }))
}

/// The replies of the other server: to the opening, then one for each key.
///
/// An error in the opening is one for every key.
#[derive(Debug)]
pub(crate) struct Replies {
    decoder: ReplyDecoder,
    /// Bytes that are no whole reply yet.
    rest: Vec<u8>,
    /// Replies to the opening that are missing.
    opening: usize,
    /// The first error in the opening.
    opened: Result<(), String>,
    keys: usize,
    acknowledged: Vec<bool>,
    error: Option<String>,
    /// The bytes that arrived are not the protocol.
    is_spoilt: bool,
    /// More arrived than was awaited.
    has_surplus: bool,
}

impl Replies {
    fn await_for(opening: usize, keys: usize) -> Self {
        Self {
            decoder: ReplyDecoder::new(),
            rest: Vec::new(),
            opening,
            opened: Ok(()),
            keys,
            acknowledged: Vec::new(),
            error: None,
            is_spoilt: false,
            has_surplus: false,
        }
    }

    fn is_whole(&self) -> bool {
        self.opening == 0 && self.acknowledged.len() == self.keys
    }

    /// Whether a reply to a RESTORE has arrived.
    fn is_answered(&self) -> bool {
        !self.acknowledged.is_empty()
    }

    /// Takes bytes; says whether they completed a reply.
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        let rest = std::mem::take(&mut self.rest);
        let mut unread = &rest[..];
        let mut is_any = false;
        while !self.is_whole() {
            match self.decoder.decode(&mut unread) {
                Ok(Some(reply)) => {
                    is_any = true;
                    self.note(&reply);
                }
                Ok(None) => break,
                Err(_) => {
                    self.is_spoilt = true;
                    break;
                }
            }
        }
        self.has_surplus |= self.is_whole() && !unread.is_empty();
        self.rest = unread.to_vec();
        is_any
    }

    fn note(&mut self, reply: &Value) {
        if self.opening > 0 {
            self.opening -= 1;
            let opened = std::mem::replace(&mut self.opened, Ok(()));
            self.opened = opened.and(verdict(reply));
            return;
        }
        let arrived = self.opened.clone().and(verdict(reply));
        self.acknowledged.push(arrived.is_ok());
        if self.error.is_none() {
            self.error = arrived.err();
        }
    }
}

/// Whether a reply is an error, and its text.
fn verdict(reply: &Value) -> Result<(), String> {
    match reply {
        Value::Error(text) | Value::BulkError(text) => {
            let text = String::from_utf8_lossy(text);
            Err(text.replace(['\r', '\n'], " "))
        }
        Value::Attribute { value, .. } => verdict(value),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
