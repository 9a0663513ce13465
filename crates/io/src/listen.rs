//! Addresses to listen on, and the roles and transports of connections.
//!
//! Always true: a connection keeps the role and the transport of the listener or the dial that
//! made it.

/// The purpose of a connection: decides which protocol the service speaks on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Clients and replicas: the server's own protocol.
    #[default]
    Client,
    /// HTTP, for metrics.
    Http,
    /// The bus among the nodes of a cluster.
    Bus,
}

/// The layer between the socket and the bytes that a service sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// The bytes of the socket.
    #[default]
    Plain,
    /// TLS; the service sees plaintext.
    Tls {
        /// Names of the peer's user in the certificate that it proved to own, byte for byte, in the
        /// certificate's order. Empty in what is asked for.
        peer_names: Box<[Box<[u8]>]>,
    },
}

impl Transport {
    /// TLS that is asked for.
    #[must_use]
    pub fn tls() -> Self {
        Self::Tls {
            peer_names: Box::default(),
        }
    }
}

/// A TCP address to listen on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TcpBind {
    /// A host name or address; `*` and `::*` mean all addresses of IPv4 and IPv6.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// Whether an address that does not exist on this machine is skipped instead of failing
    /// (`-` before it).
    pub optional: bool,
    /// The role of its connections.
    pub role: Role,
    /// The transport of its connections.
    pub transport: Transport,
}

/// A Unix socket to listen on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnixBind {
    /// Its path.
    pub path: String,
    /// Its permission bits; 0 leaves them to the umask.
    pub mode: u32,
    /// The name or number of its group; empty leaves it to the process.
    pub group: String,
    /// The role of its connections.
    pub role: Role,
}

/// The complete set of addresses that a loop listens on from now on.
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
    /// Steps of TLS handshakes that one turn of the loop makes at most; 0 counts as 1.
    pub handshakes_per_turn: u32,
}
