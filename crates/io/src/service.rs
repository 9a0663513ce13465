//! The trait a server core implements, and the names of its parties.
//!
//! Always true: the loop calls `run` after it reported whatever arrived, and takes `ready` after
//! `run` and the exchanges that it asked for.
//! Not here: what the core asks for in return — `ready.rs`, `job.rs`,
//! `exchange.rs`.

use core::net::SocketAddr;
use std::io::IoSlice;

use russet_base::time::Now;

use crate::exchange::{Exchange, Exchanged};
use crate::job::{JobId, Outcome};
use crate::ready::Ready;

/// A connection: an index that the loop reuses and a generation that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId {
    /// The place in the loop's table; small and reused.
    pub index: u32,
    /// Differs for every user of that place.
    pub generation: u32,
}

/// Where a connection came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
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

/// What the service says to a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Welcome; the service has a session for it.
    Accept,
    /// Write these bytes, as far as they go at once, and close. The service has forgotten it.
    Refuse(&'static str),
}

/// Why a connection ended from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// The peer closed its end.
    Closed,
    /// Reading or writing failed.
    Failed,
}

/// A deterministic server core.
pub trait Service {
    /// A connection was accepted.
    fn opened(&mut self, conn: ConnId, origin: &Origin, now: Now) -> Admission;

    /// Where to read bytes of this connection into. Empty when the service wants no more for now:
    /// it will name the connection in [`Ready::resume`].
    fn space(&mut self, conn: ConnId) -> &mut [u8];

    /// That many bytes were read into the last [`Self::space`].
    fn received(&mut self, conn: ConnId, count: usize);

    /// The other side ended the connection; the service forgets it.
    fn hung_up(&mut self, conn: ConnId, why: HangUp);

    /// Executes everything that was received, and whatever time has made due.
    fn run(&mut self, now: Now);

    /// What must be said to another server before anything else happens. The loop asks after `run`
    /// and after each [`Self::exchanged`], until there is nothing.
    fn poll_exchange(&mut self) -> Option<Exchange> {
        None
    }

    /// The exchange that was asked for last has ended.
    fn exchanged(&mut self, end: Exchanged) {
        let _ = end;
    }

    /// Moves what must happen now into `ready`, whose vectors arrive empty (their capacity is
    /// reused from turn to turn).
    fn ready(&mut self, ready: &mut Ready);

    /// Fills `slices` with output of this connection that may leave, and says how many it filled.
    fn output<'s>(&'s self, conn: ConnId, slices: &mut [IoSlice<'s>]) -> usize;

    /// That many bytes of output were written.
    fn written(&mut self, conn: ConnId, count: usize);

    /// A job ended.
    fn completed(&mut self, job: JobId, outcome: Outcome);

    /// Somebody outside (a signal) asks the server to end in good order.
    fn shutdown_requested(&mut self, now: Now, signal: &'static str);
}
