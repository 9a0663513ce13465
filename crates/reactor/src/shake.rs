//! TLS handshakes under way: a bounded number of them, and a bounded number of steps a turn.
//!
//! ```text
//!  accepted, dialed ─► begin ─► step ─┬─ Done ─► the service hears of the connection
//!                       ▲   event, or │
//!                       └─ more there ┼─ Waiting, Going
//!                                     └─ failed, too late, or the oldest of too many: dropped
//! ```
//! A handshake costs as much as some hundred requests, and anyone may ask for one. A step that
//! calculates counts; those that only take in bytes do so less.
//!
//! Always true: the service knows of no connection whose handshake has not ended.
//! Always true: at most [`HANDSHAKES_MAX`] are under way. The oldest makes room, for peers that
//! mean it are done within moments.
//! Not here: what a step does — `tls/stream.rs`; who calls — `reactor/shake.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;
use mio::{Interest, Registry};
use russet_io::Origin;
use socket2::Socket;

use crate::tls::Stream;
use crate::token;

/// Handshakes that are under way at most.
pub(crate) const HANDSHAKES_MAX: usize = 512;

/// The time that a handshake has, in microseconds.
pub(crate) const TIME_MAX_US: u64 = 10_000_000;

/// Steps of one turn that calculate nothing.
const CHEAP_MAX: usize = 64;

/// How far a handshake has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "tls"),
    expect(dead_code, reason = "nobody shakes hands")
)]
pub(crate) enum Stage {
    /// An edge of the socket comes before it can go on.
    Waiting,
    /// It can go on at once.
    Going,
    /// It has ended well.
    Done,
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shaken {
    pub(crate) stage: Stage,
    /// Keys were agreed on, signatures made or checked.
    pub(crate) is_costly: bool,
}

/// A connection before the service knows of it.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) socket: Socket,
    pub(crate) stream: Box<Stream>,
    pub(crate) origin: Origin,
    due_us: u64,
    /// It stands among those that can go on.
    is_queued: bool,
}

/// The end of a handshake.
#[derive(Debug)]
pub(crate) enum ShakeEnd {
    /// The connection is not registered anywhere.
    Done(Box<Handshake>),
    Failed(Origin, io::Error),
}

/// All handshakes under way, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Handshakes {
    list: BTreeMap<u64, Box<Handshake>>,
    numbers: u64,
    going: VecDeque<u64>,
    /// Steps that calculate, of one turn; 0 counts as 1.
    costly_max: usize,
}

impl Handshakes {
    /// Bounds the steps of a turn that calculate.
    pub(crate) fn set_per_turn(&mut self, steps: u32) {
        self.costly_max = steps as usize;
    }

    /// Begins one. Another may have to end for it.
    ///
    /// # Errors
    /// The socket cannot be registered.
    pub(crate) fn begin(
        &mut self,
        (socket, stream): (Socket, Stream),
        origin: Origin,
        now_us: u64,
        registry: &Registry,
    ) -> io::Result<Option<ShakeEnd>> {
        self.numbers += 1;
        let number = self.numbers;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = token::of_handshake(number);
        registry.register(&mut SourceFd(&socket.as_raw_fd()), token, interest)?;
        let handshake = Handshake {
            socket,
            stream: Box::new(stream),
            origin,
            due_us: now_us.saturating_add(TIME_MAX_US),
            is_queued: true,
        };
        self.list.insert(number, Box::new(handshake));
        self.going.push_back(number);
        if self.list.len() <= HANDSHAKES_MAX {
            return Ok(None);
        }
        let oldest = self.list.pop_first();
        Ok(oldest.map(|(_, shake)| fail(*shake, ErrorKind::ConnectionAborted.into())))
    }

    /// An event of its socket came.
    pub(crate) fn note(&mut self, number: u64) {
        if let Some(handshake) = self.list.get_mut(&number)
            && !handshake.is_queued
        {
            handshake.is_queued = true;
            self.going.push_back(number);
        }
    }

    /// Makes the steps of a turn.
    pub(crate) fn step(&mut self, registry: &Registry, ends: &mut Vec<ShakeEnd>) {
        let mut costly = 0;
        for _ in 0..CHEAP_MAX.min(self.going.len()) {
            let Some(number) = self.going.pop_front() else {
                return;
            };
            let Some(handshake) = self.list.get_mut(&number) else {
                continue;
            };
            handshake.is_queued = false;
            let shaken = match handshake.stream.shake(&handshake.socket) {
                Ok(shaken) => shaken,
                Err(error) => {
                    let gone = self.list.remove(&number);
                    ends.extend(gone.map(|handshake| fail(*handshake, error)));
                    Shaken {
                        stage: Stage::Waiting,
                        is_costly: true,
                    }
                }
            };
            costly += usize::from(shaken.is_costly);
            match shaken.stage {
                Stage::Waiting => {}
                Stage::Going => self.note(number),
                Stage::Done => {
                    let done = self.list.remove(&number);
                    ends.extend(done.map(|handshake| release(handshake, registry)));
                }
            }
            if costly >= self.costly_max.max(1) {
                return;
            }
        }
    }

    /// One whose time is over.
    pub(crate) fn overdue(&mut self, now_us: u64) -> Option<ShakeEnd> {
        let first = self.list.first_entry()?;
        let is_over = first.get().due_us <= now_us;
        is_over.then(|| fail(*first.remove(), ErrorKind::TimedOut.into()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one can go on at once.
    pub(crate) fn is_any_going(&self) -> bool {
        !self.going.is_empty()
    }

    /// The time that the oldest has until.
    pub(crate) fn due_us(&self) -> Option<u64> {
        self.list.first_key_value().map(|(_, shake)| shake.due_us)
    }
}

fn fail(handshake: Handshake, error: io::Error) -> ShakeEnd {
    ShakeEnd::Failed(handshake.origin, error)
}

fn release(handshake: Box<Handshake>, registry: &Registry) -> ShakeEnd {
    let released = registry.deregister(&mut SourceFd(&handshake.socket.as_raw_fd()));
    match released {
        Ok(()) => ShakeEnd::Done(handshake),
        Err(error) => fail(*handshake, error),
    }
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use mio::Poll;
    use russet_io::{Address, PeerField};
    use rustls::crypto::ring;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl ResolvesServerCert for Nothing {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            None
        }
    }

    fn begin(shakes: &mut Handshakes, poll: &Poll, now_us: u64) -> Option<ShakeEnd> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Nothing));
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        let stream = Stream::new(tls.into(), PeerField::Nothing);
        let (ours, _) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let path = now_us.to_string();
        let origin = Origin::client(Address::Unix { path });
        let pair = (Socket::from(std::os::fd::OwnedFd::from(ours)), stream);
        shakes.begin(pair, origin, now_us, poll.registry()).unwrap()
    }

    fn kind(end: Option<ShakeEnd>) -> (String, ErrorKind) {
        match end {
            Some(ShakeEnd::Failed(origin, error)) => (origin.address.to_string(), error.kind()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_oldest_makes_room_and_time_ends_all() {
        let (mut shakes, poll) = (Handshakes::default(), Poll::new().unwrap());
        let count = HANDSHAKES_MAX as u64;
        for now_us in 0..count {
            assert!(begin(&mut shakes, &poll, now_us).is_none());
        }
        let oldest = begin(&mut shakes, &poll, count);
        assert_eq!(
            kind(oldest),
            ("0:0".to_owned(), ErrorKind::ConnectionAborted)
        );
        assert_eq!(shakes.due_us(), Some(TIME_MAX_US + 1));
        assert!(shakes.overdue(TIME_MAX_US).is_none());
        let overdue = shakes.overdue(TIME_MAX_US + 1);
        assert_eq!(kind(overdue), ("1:0".to_owned(), ErrorKind::TimedOut));
    }

    #[test]
    fn a_turn_makes_a_few_steps_and_the_others_wait() {
        let (mut shakes, poll) = (Handshakes::default(), Poll::new().unwrap());
        for now_us in 0..5 {
            begin(&mut shakes, &poll, now_us);
        }
        // The other ends are closed, so each step ends one.
        let mut ends = Vec::new();
        shakes.step(poll.registry(), &mut ends);
        assert_eq!(ends.len(), 1);
        shakes.set_per_turn(3);
        shakes.step(poll.registry(), &mut ends);
        assert_eq!(ends.len(), 4);
        assert!(shakes.is_any_going());
        shakes.step(poll.registry(), &mut ends);
        assert!(shakes.is_empty() && !shakes.is_any_going());
    }
}
