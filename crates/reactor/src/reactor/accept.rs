//! Accepting: a bounded number of connections a turn from each listener, each announced to the
//! service.
//!
//! Always true: a listener stays pending until the system says that nobody waits, for the edge
//! that announced them comes once. When descriptors run out, clients are turned away by means of
//! the reserve; when the system refuses to accept for another reason, accepting rests for a while.

use std::io;
use std::os::fd::OwnedFd;

use russet_io::{Address, Admission, HangUp, LogLevel, Origin, Service, Transport};
use rustix::io::Errno;
use socket2::Socket;

use super::Reactor;
use crate::flow::{InputEvent, OutputEvent};
use crate::listener::{Acceptor, Listener};
use crate::log::os_text;
use crate::socket::Kind;
use crate::token;
use crate::transport::Layer;

/// Connections that one turn accepts from one listener.
// PERF: each takes 20 to 40 µs, nearly all of it in the system.
const ACCEPTS_MAX: usize = 16;

/// How long accepting rests after the system refused.
const REST_US: u64 = 100_000;

/// How long all must be well before the log says again that it is not.
const COMPLAINT_US: u64 = 1_000_000;

/// A connection that was accepted, or why the batch ends.
enum Accepted {
    New(Socket, Kind, Origin),
    /// This one went away before we took it.
    Gone,
    /// Nobody waits.
    None,
    Failed(io::Error),
}

impl<S: Service> Reactor<S> {
    /// Accepts from all listeners where somebody waits.
    pub(super) fn accept_all(&mut self) {
        if self.now.mono_us < self.accept_at_us || !self.listeners.is_any_pending() {
            return;
        }
        self.reserve.fill();
        // The list leaves its place while its listeners feed the table.
        let mut listeners = std::mem::take(&mut self.listeners);
        for listener in listeners.iter_mut().filter(|listener| listener.is_pending) {
            self.accept_from(listener);
        }
        self.listeners = listeners;
    }

    fn accept_from(&mut self, listener: &mut Listener) {
        for _ in 0..ACCEPTS_MAX {
            match accept(listener) {
                Accepted::New(socket, kind, origin) => self.greet(socket, kind, origin),
                Accepted::Gone => {}
                Accepted::None => {
                    listener.is_pending = false;
                    return;
                }
                Accepted::Failed(error) => match self.turn_away(listener, error) {
                    Ok(true) => {}
                    Ok(false) => {
                        listener.is_pending = false;
                        return;
                    }
                    Err(error) => {
                        self.complain(&error);
                        self.accept_at_us = self.now.mono_us.saturating_add(REST_US);
                        return;
                    }
                },
            }
        }
    }

    /// Accepts with the descriptor in reserve when there is no other, and closes what came. Says
    /// whether somebody waited.
    #[cold]
    fn turn_away(&mut self, listener: &Listener, error: io::Error) -> io::Result<bool> {
        if !is_shortage(&error) || !self.reserve.give_up() {
            return Err(error);
        }
        let had_waited = match accept(listener) {
            Accepted::New(socket, _, origin) => {
                self.complain(&error);
                let text = self.service.turned_away();
                if origin.transport == Transport::Plain {
                    // A peer that does not take it is not waited for.
                    let _ = socket.send(text.as_bytes());
                }
                Ok(true)
            }
            Accepted::Gone => Ok(true),
            Accepted::None => Ok(false),
            Accepted::Failed(error) => Err(error),
        };
        self.reserve.fill();
        had_waited
    }

    /// Says why clients are not accepted, once while that lasts.
    fn complain(&mut self, error: &io::Error) {
        let now_us = self.now.mono_us;
        if now_us >= self.complain_at_us {
            let text = format!("Accepting client connection: accept: {}", os_text(error));
            self.log.line(LogLevel::Warning, &text);
        }
        self.complain_at_us = now_us.saturating_add(COMPLAINT_US);
    }

    /// Announces a connected socket to the service, and serves it from now on.
    pub(super) fn welcome(&mut self, socket: Socket, layer: Layer, kind: Kind, origin: &Origin) {
        let may_have_bytes = matches!(layer, Layer::Tls(_));
        let conn = self.table.insert(socket, layer, kind);
        let admission = self.service.opened(conn, origin, self.now);
        let Some(connection) = self.table.get_mut(conn) else {
            return;
        };
        if let Admission::Refuse(text) = admission {
            connection.dismiss(text);
            self.table.remove(conn);
            return;
        }
        if let Err(error) = connection.register(self.poll.registry(), token::of_connection(conn)) {
            let text = format!("Registering client connection: {}", os_text(&error));
            self.log.line(LogLevel::Warning, &text);
            return self.hang_up(conn, HangUp::Failed);
        }
        // What came with the end of a handshake has no edge of its own any more.
        if may_have_bytes {
            if connection.step_input(InputEvent::Arrived) {
                self.reads.push(conn);
            }
            if connection.step_output(OutputEvent::Flush) {
                self.writes.push(conn);
            }
        }
    }
}

fn accept(listener: &Listener) -> Accepted {
    let accepted = match &listener.acceptor {
        Acceptor::Tcp(tcp) => tcp.accept().and_then(|(stream, peer)| {
            let local = stream.local_addr()?;
            let stream = std::net::TcpStream::from(stream);
            Ok((stream.into(), Kind::Tcp, Address::Tcp { peer, local }))
        }),
        Acceptor::Unix(unix) => unix.accept().map(|(stream, _)| {
            let path = listener.unix_path().unwrap_or_default().to_owned();
            let socket = Socket::from(OwnedFd::from(stream));
            (socket, Kind::Unix, Address::Unix { path })
        }),
    };
    match accepted {
        Ok((socket, kind, address)) => {
            let (role, transport) = listener.purpose();
            let origin = Origin {
                role,
                transport,
                address,
                dialed: None,
            };
            Accepted::New(socket, kind, origin)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Accepted::None,
        Err(error) if is_of_one(&error) => Accepted::Gone,
        Err(error) => Accepted::Failed(error),
    }
}

/// Whether the process or the system has no descriptor left.
fn is_shortage(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::MFILE | Errno::NFILE))
}

/// Whether an error concerns only the connection that was first in line: its peer gave up, or the
/// network reported an error of it. The next one may be well.
fn is_of_one(error: &io::Error) -> bool {
    const OF_ONE: [Errno; 13] = [
        Errno::CONNABORTED,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::INTR,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::NONET,
        Errno::NOPROTOOPT,
        Errno::NOTCONN,
        Errno::OPNOTSUPP,
        Errno::PERM,
        Errno::PROTO,
        Errno::TIMEDOUT,
    ];
    Errno::from_io_error(error).is_some_and(|errno| OF_ONE.contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_peer_does_stops_no_other() {
        let cases = [
            (Errno::CONNABORTED, true),
            (Errno::MFILE, false),
            (Errno::NOBUFS, false),
        ];
        for (errno, expect) in cases {
            assert_eq!(is_of_one(&errno.into()), expect, "{errno}");
        }
    }
}
