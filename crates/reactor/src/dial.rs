//! Connections that are being made to other processes.
//!
//! ```text
//!  dial ─► host is an address? ─ no ─► Resolving ── no address ──► failed
//!                 │                       │ addresses
//!                 └──────► Connecting ◄───┘
//!                           │      │ └─ refused: the next address, or failed
//!                 connected ┘      └─ time is over: failed, also while resolving
//! ```
//! | state      | `resolved`             | `ready`                          | time is over |
//! |------------|------------------------|----------------------------------|--------------|
//! | Resolving  | Connecting, or failed  | ·                                | failed       |
//! | Connecting | never                  | ·, connected, the next, or failed | failed       |
//!
//! Always true: a dial ends once, by a connected socket or by a failure; it is forgotten then.
//! Not here: resolving — `names.rs`; the connection afterwards — `socket.rs`.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::vec;

use mio::unix::SourceFd;
use mio::{Interest, Registry};
use russet_io::{Address, Dial, Failure, JobId, Origin};
use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

use crate::log::failure;
use crate::{names, token, transport};

/// All dials under way.
#[derive(Debug, Default)]
pub(crate) struct Dials {
    list: Vec<Dialing>,
    numbers: u32,
}

/// One dial.
#[derive(Debug)]
struct Dialing {
    job: JobId,
    dial: Dial,
    due_us: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The addresses of the host are asked for.
    Resolving,
    /// The socket tells when it is connected.
    Connecting {
        /// The number in the token of the socket.
        number: u32,
        socket: Socket,
        /// Addresses to be tried after this one.
        rest: vec::IntoIter<SocketAddr>,
    },
}

/// The end of a dial.
#[derive(Debug)]
pub(crate) enum DialEnd {
    /// The socket is connected, and not registered anywhere.
    Connected(Socket, Origin),
    /// The job failed.
    Failed(JobId, Failure),
}

/// The state after a step of a dial.
type Next = Result<State, DialEnd>;

impl Dials {
    /// Begins a dial. Says whether its host is to be resolved.
    ///
    /// # Errors
    /// The dial has ended already.
    pub(crate) fn begin(
        &mut self,
        job: JobId,
        dial: Dial,
        now_us: u64,
        registry: &Registry,
    ) -> Result<bool, DialEnd> {
        transport::check(&dial.transport).map_err(|error| failed(job, &error))?;
        let due_us = now_us.saturating_add(dial.timeout_ms.saturating_mul(1_000));
        let state = match names::literal(&dial.host, dial.port) {
            None => State::Resolving,
            Some(address) => self.connect(job, &dial, vec![address].into_iter(), registry)?,
        };
        let is_name = matches!(state, State::Resolving);
        self.list.push(Dialing {
            job,
            dial,
            due_us,
            state,
        });
        Ok(is_name)
    }

    /// The addresses of a dial's host are known, or will not be.
    pub(crate) fn resolved(
        &mut self,
        job: JobId,
        found: Result<Vec<SocketAddr>, Failure>,
        registry: &Registry,
    ) -> Option<DialEnd> {
        let place = self.list.iter().position(|dialing| dialing.job == job)?;
        let dialing = self.list.swap_remove(place);
        let next = match found {
            Ok(addresses) => self.connect(job, &dialing.dial, addresses.into_iter(), registry),
            Err(failure) => Err(DialEnd::Failed(job, failure)),
        };
        self.go_on(dialing, next)
    }

    /// The socket of a number is connected, or has failed.
    pub(crate) fn ready(&mut self, number: u32, registry: &Registry) -> Option<DialEnd> {
        let is_it = |dialing: &Dialing| dialing.number() == Some(number);
        let place = self.list.iter().position(is_it)?;
        let mut dialing = self.list.swap_remove(place);
        let state = std::mem::replace(&mut dialing.state, State::Resolving);
        let State::Connecting { socket, rest, .. } = state else {
            return None;
        };
        let next = match finish(&socket, &dialing, registry) {
            Ok(Some(origin)) => Err(DialEnd::Connected(socket, origin)),
            Ok(None) => Ok(State::Connecting {
                number,
                socket,
                rest,
            }),
            Err(error) if rest.len() == 0 => Err(failed(dialing.job, &error)),
            Err(_) => self.connect(dialing.job, &dialing.dial, rest, registry),
        };
        self.go_on(dialing, next)
    }

    /// A dial whose time is over.
    pub(crate) fn overdue(&mut self, now_us: u64) -> Option<DialEnd> {
        let is_due = |dialing: &Dialing| dialing.due_us <= now_us;
        let place = self.list.iter().position(is_due)?;
        let job = self.list.swap_remove(place).job;
        Some(failed(job, &Errno::TIMEDOUT.into()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The time that the next dial has until.
    pub(crate) fn due_us(&self) -> Option<u64> {
        self.list.iter().map(|dialing| dialing.due_us).min()
    }

    fn go_on(&mut self, mut dialing: Dialing, next: Next) -> Option<DialEnd> {
        match next {
            Ok(state) => {
                dialing.state = state;
                self.list.push(dialing);
                None
            }
            Err(end) => Some(end),
        }
    }

    /// Begins to connect to the first address that does not fail at once.
    fn connect(
        &mut self,
        job: JobId,
        dial: &Dial,
        mut rest: vec::IntoIter<SocketAddr>,
        registry: &Registry,
    ) -> Next {
        let mut last = names::unknown();
        while let Some(address) = rest.next() {
            self.numbers = self.numbers.wrapping_add(1) & 0x7fff_ffff;
            match connect_to(address, &dial.source, self.numbers, registry) {
                Ok(socket) => {
                    return Ok(State::Connecting {
                        number: self.numbers,
                        socket,
                        rest,
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(failed(job, &last))
    }
}

impl Dialing {
    fn number(&self) -> Option<u32> {
        match self.state {
            State::Connecting { number, .. } => Some(number),
            State::Resolving => None,
        }
    }
}

fn failed(job: JobId, error: &io::Error) -> DialEnd {
    DialEnd::Failed(job, failure(error))
}

fn connect_to(
    address: SocketAddr,
    source: &str,
    number: u32,
    registry: &Registry,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if !source.is_empty() {
        let ip: IpAddr = source.parse().map_err(|_| no_source())?;
        socket.bind(&SocketAddr::new(ip, 0).into())?;
    }
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => return Err(error),
        _ => {}
    }
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(
        &mut SourceFd(&socket.as_raw_fd()),
        token::of_dial(number),
        interest,
    )?;
    Ok(socket)
}

fn no_source() -> io::Error {
    let text = "the source is not an address";
    io::Error::new(ErrorKind::InvalidInput, text)
}

fn is_under_way(error: &io::Error) -> bool {
    let under_way = [Errno::INPROGRESS, Errno::INTR];
    Errno::from_io_error(error).is_some_and(|errno| under_way.contains(&errno))
}

/// The two ends of a socket that is connected; nothing while it is not yet.
fn finish(socket: &Socket, dialing: &Dialing, registry: &Registry) -> io::Result<Option<Origin>> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    let peer = match socket.peer_addr() {
        Ok(peer) => peer.as_socket(),
        Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(None),
        Err(error) => return Err(error),
    };
    let (Some(peer), Some(local)) = (peer, socket.local_addr()?.as_socket()) else {
        return Err(ErrorKind::Unsupported.into());
    };
    registry.deregister(&mut SourceFd(&socket.as_raw_fd()))?;
    Ok(Some(Origin {
        role: dialing.dial.role,
        transport: dialing.dial.transport.clone(),
        address: Address::Tcp { peer, local },
        dialed: Some(dialing.job),
    }))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use mio::{Events, Poll};
    use russet_io::{Role, Transport};

    use super::*;
    use crate::token::Addressee;

    const JOB: JobId = JobId(1);

    fn dial(host: &str) -> Dial {
        Dial {
            host: host.to_owned(),
            port: 1,
            role: Role::Client,
            transport: Transport::Plain,
            source: String::new(),
            timeout_ms: 5,
        }
    }

    /// An address that somebody listens on, and one that nobody does.
    fn addresses() -> (TcpListener, SocketAddr, SocketAddr) {
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (open, closed) = (bind(), bind().local_addr().unwrap());
        let address = open.local_addr().unwrap();
        (open, address, closed)
    }

    /// Lets events come until a dial ends.
    fn end(dials: &mut Dials, poll: &mut Poll) -> DialEnd {
        let mut events = Events::with_capacity(8);
        loop {
            let timeout = Some(Duration::from_secs(20));
            poll.poll(&mut events, timeout).unwrap();
            assert!(!events.is_empty(), "nothing happens");
            for event in &events {
                let Addressee::Dial(number) = Addressee::of(event.token()) else {
                    panic!("{event:?}")
                };
                if let Some(end) = dials.ready(number, poll.registry()) {
                    return end;
                }
            }
        }
    }

    fn kind(end: Option<DialEnd>) -> ErrorKind {
        match end {
            Some(DialEnd::Failed(JOB, failure)) => failure.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_resolved_and_its_addresses_are_tried_in_turn() {
        let mut poll = Poll::new().unwrap();
        let mut dials = Dials::default();
        let (_listener, open, closed) = addresses();
        let is_name = dials.begin(JOB, dial("a.name"), 0, poll.registry());
        assert!(is_name.unwrap());
        // While resolving, no socket can be ready.
        assert!(dials.ready(0, poll.registry()).is_none());
        let found = Ok(vec![closed, closed, open]);
        assert!(dials.resolved(JOB, found, poll.registry()).is_none());
        let DialEnd::Connected(socket, origin) = end(&mut dials, &mut poll) else {
            panic!()
        };
        assert_eq!(socket.peer_addr().unwrap().as_socket(), Some(open));
        assert_eq!(origin.dialed, Some(JOB));
        assert!(dials.is_empty());
    }

    #[test]
    fn a_dial_fails_when_the_last_address_has() {
        let mut poll = Poll::new().unwrap();
        let mut dials = Dials::default();
        let (_listener, _, closed) = addresses();
        dials
            .begin(JOB, dial("a.name"), 0, poll.registry())
            .unwrap();
        let found = Ok(vec![closed, closed]);
        let at_once = dials.resolved(JOB, found, poll.registry());
        let end = at_once.unwrap_or_else(|| end(&mut dials, &mut poll));
        assert_eq!(kind(Some(end)), ErrorKind::ConnectionRefused);
        // What is heard of it later concerns nobody.
        assert!(dials.ready(1, poll.registry()).is_none());
        assert!(
            dials
                .resolved(JOB, Ok(vec![closed]), poll.registry())
                .is_none()
        );
    }

    #[test]
    fn a_name_without_addresses_fails() {
        let poll = Poll::new().unwrap();
        let mut dials = Dials::default();
        dials
            .begin(JOB, dial("a.name"), 0, poll.registry())
            .unwrap();
        let end = dials.resolved(JOB, Ok(Vec::new()), poll.registry());
        assert_eq!(kind(end), ErrorKind::NotFound);
    }

    #[test]
    fn time_is_over_for_a_dial_in_any_state() {
        let poll = Poll::new().unwrap();
        let mut dials = Dials::default();
        let (_listener, open, _) = addresses();
        dials
            .begin(JOB, dial("a.name"), 0, poll.registry())
            .unwrap();
        assert_eq!(dials.due_us(), Some(5_000));
        assert!(dials.overdue(4_999).is_none());
        assert_eq!(kind(dials.overdue(5_000)), ErrorKind::TimedOut);
        dials
            .begin(JOB, dial("a.name"), 0, poll.registry())
            .unwrap();
        assert!(
            dials
                .resolved(JOB, Ok(vec![open]), poll.registry())
                .is_none()
        );
        assert_eq!(kind(dials.overdue(5_000)), ErrorKind::TimedOut);
        assert_eq!((dials.due_us(), dials.is_empty()), (None, true));
    }
}
