//! Work that a service cannot do itself: files, listeners, freeing on another thread.
//!
//! Always true: every job but those that say otherwise is answered by exactly one completion.
//! Not here: words with other servers, which nothing may overtake — `exchange.rs`.

use crate::exchange::LinkId;

/// Names a job until its completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// A TCP address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpBind {
    /// A host name or address; `*` and `::*` mean all addresses of IPv4 and IPv6.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether an address that does not exist here is passed over in silence (`-` before it).
    pub optional: bool,
}

/// A Unix socket to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixBind {
    /// Its path.
    pub path: String,
    /// Its permission bits; 0 leaves them to the umask.
    pub mode: u32,
}

/// All that the server should be listening on from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListenPlan {
    /// TCP addresses.
    pub tcp: Vec<TcpBind>,
    /// The Unix socket.
    pub unix: Option<UnixBind>,
    /// The length of the accept queue.
    pub backlog: u32,
    /// Seconds of TCP keepalive for accepted sockets; 0 turns it off.
    pub keepalive_s: u32,
}

/// Work for the loop.
pub enum Job {
    /// Listen on exactly these addresses. On failure the old listeners stay.
    Listen(ListenPlan),
    /// Replace a file's contents in one step (temporary file, fsync, rename, fsync of the folder).
    ReplaceFile {
        /// The file.
        path: String,
        /// The new contents.
        contents: Vec<u8>,
    },
    /// Change the working directory.
    ChangeDir(String),
    /// Drop this on another thread. No completion follows.
    Discard(Box<dyn Send>),
    /// Use this log file (empty: standard output) and level from now on. No completion follows.
    Log {
        /// The path, or nothing.
        file: String,
        /// The lowest level that is written; `None`: no line is.
        level: Option<crate::ready::LogLevel>,
    },
    /// The keepalive of sockets accepted from now on changed. No completion follows.
    Keepalive(u32),
    /// Close a connection that an exchange left open. No completion follows.
    DropLink(LinkId),
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(plan) => f.debug_tuple("Listen").field(plan).finish(),
            Self::ReplaceFile { path, contents } => f
                .debug_struct("ReplaceFile")
                .field("path", path)
                .field("size", &contents.len())
                .finish(),
            Self::ChangeDir(path) => f.debug_tuple("ChangeDir").field(path).finish(),
            Self::Discard(_) => f.write_str("Discard"),
            Self::Log { file, level } => f
                .debug_struct("Log")
                .field("file", file)
                .field("level", level)
                .finish(),
            Self::Keepalive(seconds) => f.debug_tuple("Keepalive").field(seconds).finish(),
            Self::DropLink(link) => f.debug_tuple("DropLink").field(link).finish(),
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed; the text is the operating system's (`strerror`).
    Failed(String),
}
