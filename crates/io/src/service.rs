//! The trait that a server core implements, and the names of its parties.
//!
//! Not here: the actions a core asks for in return — [`Ready`], [`Job`](crate::Job).

use core::fmt;
use core::net::SocketAddr;

use bytes::Bytes;
use russet_base::time::Now;

use crate::failure::Failure;
use crate::job::{JobId, Outcome};
use crate::listen::{Role, Transport};
use crate::ready::{Append, Ready};
use crate::usage::Usage;

/// A connection: an index that the loop reuses and a generation that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId {
    /// The place in the loop's table; small and reused.
    pub index: u32,
    /// Differs for every user of that place.
    pub generation: u32,
}

/// The two ends of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP connection.
    Tcp {
        /// The address of the other end.
        peer: SocketAddr,
        /// Our address.
        local: SocketAddr,
    },
    /// A Unix socket connection.
    Unix {
        /// The path that we listen on.
        path: String,
    },
}

/// An address shows as clients are shown it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { peer, .. } => write!(f, "{peer}"),
            Self::Unix { path } => write!(f, "{path}:0"),
        }
    }
}

/// How a connection came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its purpose.
    pub role: Role,
    /// The layer above its socket.
    pub transport: Transport,
    /// Its two ends.
    pub address: Address,
    /// The dial that made it; `None` when a listener accepted it.
    pub dialed: Option<JobId>,
}

impl Origin {
    /// A plain client connection that a listener accepted.
    #[must_use]
    pub fn client(address: Address) -> Self {
        Self {
            role: Role::Client,
            transport: Transport::Plain,
            address,
            dialed: None,
        }
    }
}

/// The answer of a service to a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The service has a session for it.
    Accept,
    /// Write these bytes, as far as they go at once, and close. The service has forgotten it; no
    /// `hung_up` follows.
    Refuse(&'static str),
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// The peer closed its end, or we closed ours.
    Closed,
    /// Reading or writing failed.
    Failed,
}

/// A piece of output. A loop copies the first kind, and may keep the second by its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes that belong to the service.
    Bytes(&'a [u8]),
    /// Bytes that are shared by reference count.
    Shared(&'a Bytes),
}

impl Piece<'_> {
    /// The bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Piece::Bytes(bytes) => bytes,
            Piece::Shared(bytes) => bytes,
        }
    }
}

/// A deterministic server core, driven by a loop.
///
/// # Contract
/// 1. One turn: `opened`, `space`/`received`, `taken`, `held`, `hung_up`, `completed` in any
///    order, as events arrive; then `run` once; then `ready` once; then the loop acts on the list,
///    strictly in the order of its fields.
/// 2. *Taken is gone*: bytes reported by [`taken`](Self::taken) may leave at any time and are the
///    service's no more. The gate of a fence is [`output`](Self::output), which never gives a byte
///    that may not leave yet; a loop has no second gate.
///    Output that was given and not taken is given again, as the beginning of what is given next,
///    unless the connection is killed. A connection is named in [`Ready::close`] only when all of
///    its output may leave: an empty `output` then means that it has left.
/// 3. The service never asks about a socket. Whatever it wants to know arrives by calls, so no
///    thread of a loop is ever paused.
/// 4. When [`space`](Self::space) is empty the loop keeps what it has read ahead, in order, within
///    a fixed bound, and asks again after [`Ready::resume`].
/// 5. Everything in [`Ready`], [`Origin`] and [`Piece::Shared`] is `Send`; the service need not be.
/// 6. Order is promised for each connection by itself only. An end ([`hung_up`](Self::hung_up)) may
///    come in any turn after it happened; after [`Ready::kill`] it comes before the next `run`.
/// 7. Jobs run on a pool of their own, never where sockets are served: an `fsync` stops no client.
/// 8. [`Ready::exit`] is a barrier: output that was taken leaves first, for as long as it says.
///
/// # Examples
/// A service that sends everything back:
/// ```
/// use russet_io::{Admission, ConnId, HangUp, JobId, Now, Origin, Outcome, Piece, Ready, Service};
///
/// #[derive(Default)]
/// struct Echo {
///     input: Vec<u8>,
///     output: Vec<u8>,
///     flush: Vec<ConnId>,
/// }
///
/// impl Service for Echo {
///     fn opened(&mut self, _: ConnId, _: &Origin, _: Now) -> Admission {
///         self.input.resize(1024, 0);
///         Admission::Accept
///     }
///     fn space(&mut self, _: ConnId) -> &mut [u8] {
///         &mut self.input
///     }
///     fn received(&mut self, conn: ConnId, count: usize) {
///         self.output.extend_from_slice(&self.input[..count]);
///         self.flush.push(conn);
///     }
///     fn hung_up(&mut self, _: ConnId, _: HangUp) {}
///     fn run(&mut self, _: Now) {}
///     fn ready(&mut self, ready: &mut Ready) {
///         ready.flush.append(&mut self.flush);
///     }
///     fn output<'s>(&'s self, _: ConnId, pieces: &mut [Piece<'s>]) -> usize {
///         pieces[0] = Piece::Bytes(&self.output);
///         usize::from(!self.output.is_empty())
///     }
///     fn taken(&mut self, _: ConnId, count: usize) {
///         self.output.drain(..count);
///     }
///     fn completed(&mut self, _: JobId, _: Outcome) {}
/// }
///
/// let (mut echo, conn) = (Echo::default(), ConnId { index: 0, generation: 1 });
/// echo.input.resize(1024, 0);
/// echo.space(conn)[..2].copy_from_slice(b"hi");
/// echo.received(conn, 2);
/// let mut pieces = [Piece::Bytes(&[]); 4];
/// assert_eq!(echo.output(conn, &mut pieces), 1);
/// assert_eq!(pieces[0].bytes(), b"hi");
/// ```
pub trait Service {
    /// A connection was accepted, or a dial succeeded; after the handshake, if there is one.
    fn opened(&mut self, conn: ConnId, origin: &Origin, now: Now) -> Admission;

    /// A connection was accepted that cannot be kept, since descriptors have run out. These bytes
    /// are written to it, as far as they go at once, before it is closed.
    fn turned_away(&mut self) -> &'static str {
        ""
    }

    /// Where to read bytes of this connection into. May be asked several times a turn. Empty when
    /// the service wants no more for now: it will name the connection in [`Ready::resume`].
    fn space(&mut self, conn: ConnId) -> &mut [u8];

    /// That many bytes were read into the last [`Self::space`].
    fn received(&mut self, conn: ConnId, count: usize);

    /// The connection is no more; the service forgets it.
    fn hung_up(&mut self, conn: ConnId, why: HangUp);

    /// Executes everything that was received, and whatever time has made due.
    fn run(&mut self, now: Now);

    /// Moves the actions of this turn into `ready`, whose vectors arrive empty (their capacity is
    /// reused from turn to turn).
    fn ready(&mut self, ready: &mut Ready);

    /// Fills `pieces` with output of this connection that may leave now, and says how many it
    /// filled. Never gives a byte behind a fence.
    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize;

    /// The loop took this many bytes of the output.
    fn taken(&mut self, conn: ConnId, count: usize);

    /// The number of bytes that were taken and have not left yet. Said only when it is not 0, and
    /// once when it is 0 again; nothing is taken in between.
    fn held(&mut self, conn: ConnId, count: usize) {
        let _ = (conn, count);
    }

    /// A job ended.
    fn completed(&mut self, job: JobId, outcome: Outcome);

    /// Bytes of [`Ready::append`] could not be written whole. The part that was is unknown; appends
    /// to the same file that were behind them fail too, each by a call of its own. Said before any
    /// output of that list is asked for, so that [`output`](Self::output) may hold it back.
    fn append_failed(&mut self, append: Append, failure: Failure) {
        let _ = (append, failure);
    }

    /// The latest measurements of the process, a few times a second.
    fn measured(&mut self, usage: &Usage) {
        let _ = usage;
    }

    /// Somebody outside asks the server to end in good order; the name of the signal, for the log.
    fn shutdown_requested(&mut self, now: Now, signal: &'static str) {
        let _ = (now, signal);
    }
}
