//! The sockets that accept: made from a plan, replaced in one step.
//!
//! A new plan keeps the listeners that it shares with the old one, binds its own beside them, and
//! only then closes the others. An address that collides with one of ours that is about to close
//! (`*:6379` with `127.0.0.1:6379`) makes that one close first; it is bound again on failure.
//!
//! Always true: after a failure the addresses are those from before.
//! Not here: accepting — `reactor/accept.rs`.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use mio::Registry;
use mio::event::Source;
use russet_io::{ListenPlan, Role, TcpBind, Transport, UnixBind};
use socket2::{SockRef, TcpKeepalive};

use crate::log::os_text;
use crate::token;

mod bind;

/// Why a plan could not be carried out. Displays as Redis words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// A TCP address could not be listened on.
    #[error("Could not create server TCP listening socket {host}:{port}: {reason}")]
    Tcp {
        /// The host of the plan.
        host: String,
        /// The port.
        port: u16,
        /// The failing call and the system's text.
        reason: String,
        /// The kind of the error.
        kind: io::ErrorKind,
    },
    /// The Unix socket could not be listened on.
    #[error("Failed opening Unix socket '{path}': {reason}")]
    Unix {
        /// The path of the plan.
        path: String,
        /// The failing call and the system's text.
        reason: String,
        /// The kind of the error.
        kind: io::ErrorKind,
    },
}

impl ListenError {
    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Tcp { kind, .. } | Self::Unix { kind, .. } => *kind,
        }
    }
}

/// The plan of a listener; once it listens, with the port that the system chose for 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bind {
    Tcp(TcpBind),
    Unix(UnixBind),
}

/// The socket of a listener.
#[derive(Debug)]
pub(crate) enum Acceptor {
    Tcp(mio::net::TcpListener),
    Unix(mio::net::UnixListener),
}

/// One listening socket.
#[derive(Debug)]
pub(crate) struct Listener {
    number: u32,
    bind: Bind,
    pub(crate) acceptor: Acceptor,
    /// Connections may be waiting.
    pub(crate) is_pending: bool,
}

/// All listening sockets.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    list: Vec<Listener>,
    numbers: u32,
    backlog: u32,
    keepalive_s: u32,
}

impl Listeners {
    /// Listens on exactly the plan's addresses. Each address that failed becomes a warning, also
    /// those that may be missing.
    pub(crate) fn replace(
        &mut self,
        plan: &ListenPlan,
        registry: &Registry,
        warnings: &mut Vec<String>,
    ) -> Result<(), ListenError> {
        self.backlog = plan.backlog;
        self.keepalive_s = plan.keepalive_s;
        let wanted = wanted(plan);
        let (kept, leaving): (Vec<_>, Vec<_>) = mem::take(&mut self.list)
            .into_iter()
            .partition(|l| wanted.contains(&l.bind));
        self.list = kept;
        let kept_count = self.list.len();
        let mut old = Outgoing {
            leaving,
            closed: Vec::new(),
        };
        for bind in &wanted {
            if self.list[..kept_count].iter().any(|l| l.bind == *bind) {
                continue;
            }
            let Err(refusal) = self.add(bind, registry, &mut old) else {
                continue;
            };
            let error = refusal.describe(bind);
            if matches!(bind, Bind::Tcp(_)) {
                warnings.push(format!("Warning: {error}"));
            }
            if !refusal.is_passed_over(bind) {
                self.list.truncate(kept_count);
                self.list.append(&mut old.leaving);
                self.reopen(old.closed, registry);
                return Err(error);
            }
        }
        let path = self.unix_path();
        let unused = old.leaving.iter().filter(|l| l.unix_path() != path);
        unused.for_each(remove_socket_file);
        self.set_keepalive(plan.keepalive_s);
        Ok(())
    }

    fn add(&mut self, bind: &Bind, registry: &Registry, old: &mut Outgoing) -> Result<(), Refusal> {
        let mut opened = bind::open(bind, self.backlog);
        if is_in_use(&opened) && old.close_on(bind.port()) {
            opened = bind::open(bind, self.backlog);
        }
        self.push(bind, opened?, registry)
    }

    fn push(
        &mut self,
        bind: &Bind,
        mut acceptor: Acceptor,
        registry: &Registry,
    ) -> Result<(), Refusal> {
        self.numbers = self.numbers.wrapping_add(1) & 0x7fff_ffff;
        let number = self.numbers;
        acceptor
            .source()
            .register(
                registry,
                token::of_listener(number),
                mio::Interest::READABLE,
            )
            .map_err(|error| Refusal {
                call: "listen",
                error,
            })?;
        let mut bind = bind.clone();
        if let (Bind::Tcp(bind), Acceptor::Tcp(tcp)) = (&mut bind, &acceptor)
            && let Ok(address) = tcp.local_addr()
        {
            bind.port = address.port();
        }
        let listener = Listener {
            number,
            bind,
            acceptor,
            is_pending: true,
        };
        listener.set_keepalive(self.keepalive_s);
        self.list.push(listener);
        Ok(())
    }

    /// Binds again what had to close for a plan that then failed. It was ours a moment ago, so
    /// this fails only if somebody else took it meanwhile.
    fn reopen(&mut self, closed: Vec<Bind>, registry: &Registry) {
        for bind in closed {
            if let Ok(acceptor) = bind::open(&bind, self.backlog) {
                let _ = self.push(&bind, acceptor, registry);
            }
        }
    }

    /// Lets sockets accepted from now on probe a silent peer after `seconds`; 0: never.
    pub(crate) fn set_keepalive(&mut self, seconds: u32) {
        self.keepalive_s = seconds;
        self.list
            .iter()
            .for_each(|listener| listener.set_keepalive(seconds));
    }

    /// Remembers that connections wait at a listener.
    pub(crate) fn note(&mut self, number: u32) {
        if let Some(listener) = self.list.iter_mut().find(|l| l.number == number) {
            listener.is_pending = true;
        }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Listener> {
        self.list.iter_mut()
    }

    pub(crate) fn is_any_pending(&self) -> bool {
        self.list.iter().any(|listener| listener.is_pending)
    }

    /// The TCP addresses that are listened on, with the ports that the system chose for 0.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let address = |listener: &Listener| match &listener.acceptor {
            Acceptor::Tcp(tcp) => tcp.local_addr().ok(),
            Acceptor::Unix(_) => None,
        };
        self.list.iter().filter_map(address).collect()
    }

    /// The path of the Unix socket.
    pub(crate) fn unix_path(&self) -> Option<&str> {
        self.list.iter().find_map(Listener::unix_path)
    }

    /// Closes all. Says whether the file of a Unix socket was removed.
    pub(crate) fn close(&mut self) -> bool {
        let had_file = self.unix_path().is_some();
        self.list.iter().for_each(remove_socket_file);
        self.list.clear();
        had_file
    }
}

impl Listener {
    /// The role and the transport of its connections.
    pub(crate) fn purpose(&self) -> (Role, Transport) {
        match &self.bind {
            Bind::Tcp(tcp) => (tcp.role, tcp.transport.clone()),
            Bind::Unix(unix) => (unix.role, Transport::Plain),
        }
    }

    /// The path of a Unix listener.
    pub(crate) fn unix_path(&self) -> Option<&str> {
        match &self.bind {
            Bind::Unix(unix) => Some(&unix.path),
            Bind::Tcp(_) => None,
        }
    }

    /// Accepted sockets inherit the options of their listener, which saves setting five options
    /// on each of them. A system that refuses one of them is no worse off than without.
    fn set_keepalive(&self, seconds: u32) {
        let Acceptor::Tcp(tcp) = &self.acceptor else {
            return;
        };
        let socket = SockRef::from(tcp);
        if seconds == 0 {
            let _ = socket.set_keepalive(false);
            return;
        }
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(seconds.into()))
            .with_interval(Duration::from_secs((seconds / 3).max(1).into()))
            .with_retries(3);
        let _ = socket.set_tcp_keepalive(&keepalive);
    }
}

impl Acceptor {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(tcp) => tcp,
            Self::Unix(unix) => unix,
        }
    }
}

impl Bind {
    fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(tcp) => Some(tcp.port),
            Self::Unix(_) => None,
        }
    }
}

/// The listeners that a new plan does without.
struct Outgoing {
    leaving: Vec<Listener>,
    /// The plans of listeners that had to close early.
    closed: Vec<Bind>,
}

impl Outgoing {
    /// Closes those on a port. Says whether there were any.
    fn close_on(&mut self, port: Option<u16>) -> bool {
        let had = self.closed.len();
        let is_colliding = |l: &mut Listener| port.is_some() && l.bind.port() == port;
        let colliding = self.leaving.extract_if(.., is_colliding);
        self.closed.extend(colliding.map(|l| l.bind));
        self.closed.len() > had
    }
}

/// The system's refusal of one address.
#[derive(Debug)]
struct Refusal {
    /// The failing call; nothing when a name could not be resolved.
    call: &'static str,
    error: io::Error,
}

impl Refusal {
    fn describe(&self, bind: &Bind) -> ListenError {
        let (text, kind) = (os_text(&self.error), self.error.kind());
        let reason = match self.call {
            "" => text,
            call => format!("{call}: {text}"),
        };
        match bind {
            Bind::Tcp(tcp) => ListenError::Tcp {
                host: tcp.host.clone(),
                port: tcp.port,
                reason,
                kind,
            },
            Bind::Unix(unix) => ListenError::Unix {
                path: unix.path.clone(),
                reason,
                kind,
            },
        }
    }

    /// COMPAT: a family that the system lacks is passed over even where not marked optional.
    fn is_passed_over(&self, bind: &Bind) -> bool {
        use rustix::io::Errno;
        let (Bind::Tcp(bind), Some(errno)) = (bind, Errno::from_io_error(&self.error)) else {
            return false;
        };
        let lacking = [
            Errno::NOPROTOOPT,
            Errno::PROTONOSUPPORT,
            Errno::SOCKTNOSUPPORT,
            Errno::PFNOSUPPORT,
            Errno::AFNOSUPPORT,
        ];
        lacking.contains(&errno) || bind.optional && errno == Errno::ADDRNOTAVAIL
    }
}

fn wanted(plan: &ListenPlan) -> Vec<Bind> {
    let mut wanted: Vec<Bind> = Vec::with_capacity(plan.tcp.len() + 1);
    let unix = plan.unix.iter().cloned().map(Bind::Unix);
    for bind in plan.tcp.iter().cloned().map(Bind::Tcp).chain(unix) {
        // Port 0 means any free one, so two of them are two listeners.
        if bind.port() == Some(0) || !wanted.contains(&bind) {
            wanted.push(bind);
        }
    }
    wanted
}

fn is_in_use(opened: &Result<Acceptor, Refusal>) -> bool {
    matches!(opened, Err(refusal) if refusal.error.kind() == io::ErrorKind::AddrInUse)
}

/// A file that somebody removed already is as good as removed.
fn remove_socket_file(listener: &Listener) {
    if let Some(path) = listener.unix_path() {
        let _ = std::fs::remove_file(path);
    }
}
