//! Words with another server, while everything else waits.
//!
//! ```text
//!  run ─► poll_exchange ─► attempt ─┬─ the lines arrived ──────────────────────► exchanged
//!                                   ├─ broken off before an answer ─► next one ─►    │
//!                                   └─ too late, or in the middle ──────────────►    │
//!                             ▲                                                      │
//!                             └────── until the service has no more of them ◄────────┘
//!                                                                          then: ready
//! ```
//! The loop knows no protocol: it sends bytes and counts the lines that come back.
//!
//! Always true: the service is told nothing between a `poll_exchange` that gave something and the
//! `exchanged` that answers it.
//! Not here: the loop's side — `russet_reactor`, `exchange.rs`.

/// Names a connection to another server; the service never uses a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What is to be said to another server, and how much of an answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// A host name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How long connecting, each write and each read may take.
    pub timeout_ms: u64,
    /// What to try, in this order. The next is tried when one was broken off, not for want of time,
    /// before the first line that answers `load`.
    pub attempts: Vec<Attempt>,
    /// What is sent after the opening of an attempt.
    pub load: Vec<u8>,
    /// How many lines answer it.
    pub lines: usize,
}

/// One way to carry out an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The connection.
    pub link: LinkId,
    /// Where it is from.
    pub source: Source,
    /// What is sent first.
    pub opening: Vec<u8>,
    /// How many lines answer that.
    pub lines: usize,
}

/// Where a connection for an attempt is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An earlier exchange left it open.
    Kept,
    /// It is made now.
    New,
}

/// What an exchange broke off in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Finding the host, or waiting for it to accept.
    Connecting,
    /// Sending, to a host that refuses the connection, too.
    Writing,
    /// Awaiting the lines.
    Reading,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The index of the attempt that was the last.
    pub attempt: usize,
    /// The lines that it brought, no more than were awaited, with their ends.
    pub answer: Vec<u8>,
    /// What it broke off in; `None` when every line arrived.
    pub broken: Option<Phase>,
    /// Whether the connection is still open for another exchange.
    pub is_kept: bool,
    /// How long all of it took.
    pub took_us: u64,
}

impl Exchanged {
    /// The first attempt broke off without an answer.
    #[must_use]
    pub const fn broken(phase: Phase) -> Self {
        Self {
            attempt: 0,
            answer: Vec::new(),
            broken: Some(phase),
            is_kept: false,
            took_us: 0,
        }
    }
}
