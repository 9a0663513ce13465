//! Work that a service cannot do itself: files, listeners, peers, other threads.
//!
//! ```text
//!  Ready::jobs (id, job) ─► loop or its pool ─► Service::completed(id, outcome)
//!                              Dial, accepted ─► Service::opened(origin.dialed = id)
//! ```
//! Always true: every job is answered by exactly one `completed`, but for a [`Job::Dial`] that
//! succeeds (answered by `opened`) and for the jobs that say that no completion follows.
//! Always true: a completion comes between two calls of `run`, in any later turn, in any order.

use core::any::Any;
use core::fmt;
use core::net::SocketAddr;

use crate::failure::Failure;
use crate::file::{FileOp, FileReply};
use crate::listen::{ListenPlan, Role, Transport};
use crate::log::LogLevel;
use crate::task::Task;
use crate::tls::TlsSettings;

/// Names a job until its completion; chosen by the service, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// A connection to be made to another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// A host name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The role of the connection.
    pub role: Role,
    /// The transport of the connection.
    pub transport: Transport,
    /// The local address to connect from; empty: the system chooses.
    pub source: String,
    /// The time for resolving the name and connecting together, in milliseconds.
    pub timeout_ms: u64,
}

/// A program to be run outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The path of the program.
    pub path: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// After this many milliseconds it is killed.
    pub timeout_ms: u64,
}

/// The score of the process for the out-of-memory killer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OomScore {
    /// The score that the process was started with.
    Unchanged,
    /// Its difference from that.
    Relative(i32),
    /// The score itself.
    Absolute(i32),
}

/// Work for the loop and its pool of threads.
#[non_exhaustive]
pub enum Job {
    /// Performs a file operation on the pool.
    File(FileOp),
    /// Runs a task on the pool.
    Task(Box<dyn Task>),
    /// Stops a task before its next step; the task is then answered by [`Outcome::Canceled`]. No
    /// completion of its own follows.
    Cancel(JobId),
    /// Connects to another process. Success is answered by `Service::opened` with this job's id in
    /// its [`Origin`](crate::Origin), failure by a completion.
    Dial(Dial),
    /// Resolves a host name; answered by [`Outcome::Resolved`].
    Resolve {
        /// A host name or address.
        host: String,
        /// The port to put into the addresses.
        port: u16,
    },
    /// Runs a program; answered by [`Outcome::Exited`].
    Script(Script),
    /// Listens on exactly these addresses. On failure the old listeners stay.
    Listen(ListenPlan),
    /// Has the process allowed to open files enough for this number of clients; answered by
    /// [`Outcome::Granted`].
    OpenFiles(u32),
    /// Sets the score by which the out-of-memory killer chooses this process.
    OomScore(OomScore),
    /// Reads certificates and keys, for handshakes that begin from now on. On failure the old ones
    /// stay.
    Tls(Box<TlsSettings>),
    /// Sets the keepalive of sockets accepted from now on, in seconds; 0 turns it off. No
    /// completion follows.
    Keepalive(u32),
    /// Redirects the log. No completion follows.
    Log {
        /// The path of the log file; empty for standard output.
        file: String,
        /// The lowest level that is written; `None` writes nothing.
        level: Option<LogLevel>,
    },
    /// Drops a value on another thread. No completion follows.
    Discard(Box<dyn Send>),
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(op) => f.debug_tuple("File").field(op).finish(),
            Self::Task(_) => f.write_str("Task"),
            Self::Cancel(id) => f.debug_tuple("Cancel").field(id).finish(),
            Self::Dial(dial) => f.debug_tuple("Dial").field(dial).finish(),
            Self::Resolve { host, port } => write!(f, "Resolve({host}:{port})"),
            Self::Script(script) => f.debug_tuple("Script").field(script).finish(),
            Self::Listen(plan) => f.debug_tuple("Listen").field(plan).finish(),
            Self::OpenFiles(clients) => f.debug_tuple("OpenFiles").field(clients).finish(),
            Self::OomScore(score) => f.debug_tuple("OomScore").field(score).finish(),
            Self::Tls(settings) => f.debug_tuple("Tls").field(settings).finish(),
            Self::Keepalive(seconds) => f.debug_tuple("Keepalive").field(seconds).finish(),
            Self::Log { file, level } => write!(f, "Log({file:?}, {level:?})"),
            Self::Discard(_) => f.write_str("Discard"),
        }
    }
}

/// The end of a job.
#[non_exhaustive]
pub enum Outcome {
    /// It succeeded, with nothing to add.
    Done,
    /// A file operation succeeded.
    File(FileReply),
    /// A task finished with this value.
    Finished(Box<dyn Any + Send>),
    /// A task was canceled.
    Canceled,
    /// The addresses of a host, at least one.
    Resolved(Vec<SocketAddr>),
    /// A program ended.
    Exited {
        /// Its exit code; `None` when a signal ended it, also for taking too long.
        code: Option<i32>,
    },
    /// The number of clients that there may be files for: the one asked for, or less.
    Granted(u32),
    /// It failed.
    Failed(Failure),
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("Done"),
            Self::File(reply) => f.debug_tuple("File").field(reply).finish(),
            Self::Finished(_) => f.write_str("Finished"),
            Self::Canceled => f.write_str("Canceled"),
            Self::Resolved(addresses) => f.debug_tuple("Resolved").field(addresses).finish(),
            Self::Exited { code } => f.debug_struct("Exited").field("code", code).finish(),
            Self::Granted(clients) => f.debug_tuple("Granted").field(clients).finish(),
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}

impl Outcome {
    /// The failure, if the job failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
