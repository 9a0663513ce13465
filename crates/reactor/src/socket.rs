//! One connection: a nonblocking socket and what the loop remembers about it.
//!
//! Readiness is edge-triggered: the kernel says once that something arrived, so the loop must
//! remember it until a read comes back short. Writing is assumed possible until a write comes back
//! short.
//!
//! ```text
//!             full read, or the peer closed                 partial write
//!            ┌──────────────┐                             ┌────────────────┐
//!  edge ─► queued ──read──► idle      space empty ─► paused      flush ─► unsent ─► writable edge
//! ```
//!
//! Always true: a connection is in the list of reads at most once, and in that of writes.
//! Not here: who is told about the bytes — `reactor.rs`; identity — `table.rs`.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use russet_io::{ConnId, Service};
use socket2::Socket;

/// Slices that a first gathering asks for; most outputs are one.
const SLICES_FEW: usize = 8;

/// Slices that one write carries at most.
const SLICES_MANY: usize = 64;

/// What is read at most from a connection that is about to close: a bound for a peer that floods.
const DRAIN_READS: usize = 64;
const DRAIN_SIZE: usize = 8 << 10;

/// Which kind of socket it is; they differ in when the kernel reports room for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reports room only after a write failed to fit: both interests are registered once.
    Tcp,
    /// Reports room whenever the peer reads: interest in it is registered while output waits.
    Unix,
}

/// How a read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// So many bytes arrived.
    Some(usize),
    /// Nothing is there.
    Nothing,
    /// The service has no space.
    Paused,
    /// The peer closed its end.
    Closed,
    /// The connection broke.
    Failed,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteEnd {
    /// All output of the service left, or there was none.
    Done,
    /// All that was gathered left, and there may be more.
    More,
    /// The socket took only a part.
    Blocked,
    /// The connection broke.
    Failed,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: Socket,
    pub(crate) kind: Kind,
    pub(crate) generation: u32,
    /// When the turn began that wrote to it last; 0 for never.
    pub(crate) replied_us: u64,
    /// It is in the list of reads.
    pub(crate) is_queued: bool,
    /// There may be bytes to read.
    pub(crate) is_readable: bool,
    /// The peer closed its end, or the socket failed: a read will say so after the last bytes.
    pub(crate) is_ending: bool,
    /// The service gave no space and will name it in `Ready::resume`.
    pub(crate) is_paused: bool,
    /// It is in the list of writes.
    pub(crate) is_writing: bool,
    /// A write came back short; the rest waits for the socket.
    pub(crate) is_unsent: bool,
    /// It is not read any more, and closes when all its output left.
    pub(crate) is_closing: bool,
}

impl Connection {
    pub(crate) fn new(socket: Socket, kind: Kind, generation: u32) -> Self {
        Self {
            socket,
            kind,
            generation,
            replied_us: 0,
            is_queued: false,
            is_readable: false,
            is_ending: false,
            is_paused: false,
            is_writing: false,
            is_unsent: false,
            is_closing: false,
        }
    }

    pub(crate) fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = match self.kind {
            Kind::Tcp => Interest::READABLE | Interest::WRITABLE,
            Kind::Unix => Interest::READABLE,
        };
        registry.register(&mut SourceFd(&self.socket.as_raw_fd()), token, interest)
    }

    /// Asks to hear when there is room again, or no longer, where the kind needs asking.
    pub(crate) fn await_room(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = match (self.kind, self.is_unsent) {
            (Kind::Tcp, _) => return Ok(()),
            (Kind::Unix, true) => Interest::READABLE | Interest::WRITABLE,
            (Kind::Unix, false) => Interest::READABLE,
        };
        registry.reregister(&mut SourceFd(&self.socket.as_raw_fd()), token, interest)
    }

    /// Remembers what an event says.
    pub(crate) fn note(&mut self, event: &Event) {
        let is_ending = event.is_read_closed() || event.is_error();
        self.is_ending |= is_ending;
        self.is_readable |= is_ending || event.is_readable();
    }

    /// A paused connection is looked at only to see whether its peer went away.
    pub(crate) fn wants_read(&self, event: &Event) -> bool {
        let is_ending = event.is_read_closed() || event.is_error();
        self.is_readable && !self.is_closing && (!self.is_paused || is_ending)
    }

    /// A socket that broke is written to as well: the write tells.
    pub(crate) fn wants_write(&self, event: &Event) -> bool {
        self.is_unsent && (event.is_writable() || event.is_write_closed())
    }

    /// Reads once into the service's space, and tells it.
    pub(crate) fn read<S: Service>(&mut self, conn: ConnId, service: &mut S) -> ReadEnd {
        let space = service.space(conn);
        if space.is_empty() {
            return self.pause();
        }
        self.is_paused = false;
        let size = space.len();
        match (&self.socket).read(space) {
            Ok(0) => ReadEnd::Closed,
            Ok(count) => {
                // A short read emptied the socket: the next arrival is a new edge.
                self.is_readable = count == size || self.is_ending;
                service.received(conn, count);
                ReadEnd::Some(count)
            }
            Err(error) => self.read_failed(error.kind()),
        }
    }

    fn read_failed(&mut self, kind: ErrorKind) -> ReadEnd {
        match kind {
            ErrorKind::WouldBlock => {
                self.is_readable = false;
                self.is_ending = false;
                ReadEnd::Nothing
            }
            ErrorKind::Interrupted => ReadEnd::Nothing,
            _ => ReadEnd::Failed,
        }
    }

    /// Without space nothing can be read, but an end that nothing precedes can be seen.
    fn pause(&mut self) -> ReadEnd {
        self.is_paused = true;
        if !self.is_ending {
            return ReadEnd::Paused;
        }
        match self.socket.peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => ReadEnd::Closed,
            Ok(_) => ReadEnd::Paused,
            Err(error) => match self.read_failed(error.kind()) {
                ReadEnd::Failed => ReadEnd::Failed,
                _ => ReadEnd::Paused,
            },
        }
    }

    /// Reads what arrived and forgets it. Closing a socket with unread bytes resets it, and the
    /// answer that was just written would be lost on its way.
    pub(crate) fn drain(&self) {
        let mut bytes = [0; DRAIN_SIZE];
        for _ in 0..DRAIN_READS {
            match (&self.socket).read(&mut bytes) {
                Ok(DRAIN_SIZE) => {}
                _ => return,
            }
        }
    }

    /// Gathers output from the service, writes it once, and tells how much left.
    pub(crate) fn write<S: Service>(&mut self, conn: ConnId, service: &mut S) -> WriteEnd {
        let mut few = [IoSlice::new(&[]); SLICES_FEW];
        let count = service.output(conn, &mut few);
        if count == 0 {
            self.is_unsent = false;
            return WriteEnd::Done;
        }
        let sent = if count < SLICES_FEW {
            send(&self.socket, &few[..count])
        } else {
            let mut many = [IoSlice::new(&[]); SLICES_MANY];
            let count = service.output(conn, &mut many);
            send(&self.socket, &many[..count])
        };
        match sent {
            Ok(sent) => {
                if sent.count > 0 {
                    service.written(conn, sent.count);
                }
                self.is_unsent = !sent.is_whole;
                sent.end()
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => WriteEnd::More,
            Err(_) => WriteEnd::Failed,
        }
    }
}

/// What one write achieved.
struct Sent {
    count: usize,
    /// All that was gathered left.
    is_whole: bool,
    /// As much was gathered as one write takes.
    is_full: bool,
}

impl Sent {
    fn end(&self) -> WriteEnd {
        match (self.is_whole, self.is_full) {
            (false, _) => WriteEnd::Blocked,
            (true, true) => WriteEnd::More,
            (true, false) => WriteEnd::Done,
        }
    }
}

/// Writes once. A single slice takes the cheaper call.
fn send(mut socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<Sent> {
    let (written, size) = match slices {
        [one] => (socket.write(one), one.len()),
        several => (
            socket.write_vectored(several),
            several.iter().map(|slice| slice.len()).sum(),
        ),
    };
    let count = match written {
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        other => other?,
    };
    Ok(Sent {
        count,
        is_whole: count == size,
        is_full: slices.len() == SLICES_MANY,
    })
}
