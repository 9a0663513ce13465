//! A connection: a nonblocking socket, its layer, and the states of its two directions.
//!
//! ```text
//!  event ─► note ─► lists of the loop ─► read: space ─► layer ─► received
//!                                   └──► write: output ─► layer ─► taken
//! ```
//! A connection knows neither the loop nor its lists: it takes a service and says how a read or a
//! write ended, so that anyone who owns an event queue can drive it.
//!
//! Always true: one call of `read` or `write` reads and writes the socket at most once.
//! Always true: nothing is taken from a service but what left, or what the layer holds; as long as
//! it holds something, nothing more is taken.
//! Not here: the states and their steps — `flow.rs`; what more there is to read — `transport.rs`;
//! identity — `table.rs`.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use russet_io::{ConnId, Piece, Service};
use socket2::Socket;

use crate::flow::{End, Input, InputEvent, Output, OutputEvent};
use crate::transport::{Got, Layer, PIECES_FEW, PIECES_MANY, Sent};

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
    /// Bytes arrived, and the service has them.
    Some,
    /// Nothing is there, or the service has no space.
    Nothing,
    /// The peer closed its end.
    Closed,
    /// The connection broke.
    Failed,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteEnd {
    /// The output's state says how far it came.
    Done,
    /// The connection broke.
    Failed,
}

/// The lists that an event puts a connection into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    layer: Layer,
    kind: Kind,
    pub(crate) generation: u32,
    /// When the turn began that wrote to it last; 0 for never.
    pub(crate) replied_us: u64,
    pub(crate) input: Input,
    pub(crate) output: Output,
    /// Interest in room is registered, where the kind needs it.
    is_room_awaited: bool,
}

impl Connection {
    pub(crate) fn new(socket: Socket, layer: Layer, kind: Kind, generation: u32) -> Self {
        Self {
            socket,
            layer,
            kind,
            generation,
            replied_us: 0,
            input: Input::Idle,
            output: Output::Idle,
            is_room_awaited: false,
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
    #[inline]
    pub(crate) fn await_room(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        if self.kind == Kind::Tcp {
            return Ok(());
        }
        let is_blocked = self.output == Output::Blocked;
        if self.is_room_awaited == is_blocked {
            return Ok(());
        }
        self.is_room_awaited = is_blocked;
        let interest = if is_blocked {
            Interest::READABLE | Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        registry.reregister(&mut SourceFd(&self.socket.as_raw_fd()), token, interest)
    }

    /// Whether it is not read any more, and closes when all its output left.
    pub(crate) fn is_closing(&self) -> bool {
        self.input == Input::Over
    }

    /// Remembers what an event says, and into which lists it puts the connection.
    #[inline]
    pub(crate) fn note(&mut self, event: &Event) -> Due {
        let is_ending = event.is_read_closed() || event.is_error();
        let mut due = Due {
            read: false,
            write: false,
        };
        if is_ending || event.is_readable() {
            let arrival = if is_ending {
                InputEvent::Ended
            } else {
                InputEvent::Arrived
            };
            due.read = self.step_input(arrival);
        }
        // A socket that broke is written to as well: the write tells.
        if event.is_writable() || event.is_write_closed() {
            due.write = self.step_output(OutputEvent::Room);
        }
        due
    }

    /// Takes an event of the input. Says whether it enters the list of reads by it.
    #[inline]
    pub(crate) fn step_input(&mut self, event: InputEvent) -> bool {
        let was_queued = self.input.is_queued();
        self.input = self.input.after(event);
        self.input.is_queued() && !was_queued
    }

    /// Takes an event of the output. Says whether it enters the list of writes by it.
    #[inline]
    pub(crate) fn step_output(&mut self, event: OutputEvent) -> bool {
        let was_queued = self.output == Output::Queued;
        self.output = self.output.after(event);
        self.output == Output::Queued && !was_queued
    }

    /// Reads once into the service's space, and tells it.
    #[inline]
    pub(crate) fn read<S: Service>(&mut self, conn: ConnId, service: &mut S) -> ReadEnd {
        let space = service.space(conn);
        if space.is_empty() {
            return self.pause();
        }
        match self.layer.read(&self.socket, space) {
            Ok(Got::Some {
                count,
                may_have_more,
            }) => {
                self.note_read(may_have_more);
                service.received(conn, count);
                ReadEnd::Some
            }
            Ok(Got::Nothing { may_have_more }) => {
                self.note_read(may_have_more);
                ReadEnd::Nothing
            }
            Ok(Got::End) => ReadEnd::Closed,
            Err(error) => self.failed_to_read(error.kind()),
        }
    }

    #[inline]
    fn note_read(&mut self, may_have_more: bool) {
        self.input = self.input.after(if may_have_more {
            InputEvent::More
        } else {
            InputEvent::Emptied
        });
    }

    fn failed_to_read(&mut self, kind: ErrorKind) -> ReadEnd {
        match kind {
            ErrorKind::WouldBlock => {
                self.input = self.input.after(InputEvent::Nothing);
                ReadEnd::Nothing
            }
            ErrorKind::Interrupted => ReadEnd::Nothing,
            _ => ReadEnd::Failed,
        }
    }

    /// Without space nothing can be read, but an end that nothing precedes can be seen.
    fn pause(&mut self) -> ReadEnd {
        self.input = self.input.after(InputEvent::NoSpace);
        if self.input != Input::Paused(End::Announced) {
            return ReadEnd::Nothing;
        }
        match self.layer.peek(&self.socket) {
            Ok(true) => ReadEnd::Nothing,
            Ok(false) => ReadEnd::Closed,
            Err(error) => self.failed_to_read(error.kind()),
        }
    }

    /// Takes output from the service, writes it once, and tells the service how much left.
    #[inline]
    pub(crate) fn write<S: Service>(&mut self, conn: ConnId, service: &mut S) -> WriteEnd {
        if self.layer.owes() {
            match self.pay(conn, service) {
                Ok(true) => {}
                Ok(false) => return WriteEnd::Done,
                Err(_) => return WriteEnd::Failed,
            }
        }
        let mut few = [Piece::Bytes(&[]); PIECES_FEW];
        let count = service.output(conn, &mut few);
        if count == 0 {
            self.output = self.output.after(OutputEvent::Whole);
            return WriteEnd::Done;
        }
        let sent = if count < PIECES_FEW {
            self.send(&few[..count])
        } else {
            let mut many = [Piece::Bytes(&[]); PIECES_MANY];
            let count = service.output(conn, &mut many);
            self.send(&many[..count])
        };
        match sent {
            Ok((count, event)) => {
                self.output = self.output.after(event);
                if count > 0 {
                    service.taken(conn, count);
                }
                if self.layer.owes() {
                    service.held(conn, self.layer.owed());
                }
                WriteEnd::Done
            }
            Err(_) => WriteEnd::Failed,
        }
    }

    /// Writes what was taken before. Says whether all of it left.
    #[cold]
    fn pay<S: Service>(&mut self, conn: ConnId, service: &mut S) -> io::Result<bool> {
        self.layer.pay(&self.socket)?;
        let is_paid = !self.layer.owes();
        if !is_paid {
            self.output = self.output.after(OutputEvent::Part);
        }
        service.held(conn, self.layer.owed());
        Ok(is_paid)
    }

    /// Whether bytes wait in the layer that the service does not know of.
    #[inline]
    pub(crate) fn owes(&self) -> bool {
        self.layer.owes()
    }

    #[inline]
    fn send(&mut self, pieces: &[Piece<'_>]) -> io::Result<(usize, OutputEvent)> {
        let sent = match self.layer.write(&self.socket, pieces) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Sent {
                count: 0,
                has_room: false,
                is_all: false,
            },
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                return Ok((0, OutputEvent::Full));
            }
            other => other?,
        };
        let event = match (sent.has_room, sent.is_all, pieces.len() == PIECES_MANY) {
            (false, ..) => OutputEvent::Part,
            (true, false, _) | (true, true, true) => OutputEvent::Full,
            (true, true, false) => OutputEvent::Whole,
        };
        Ok((sent.count, event))
    }

    /// Writes a few last words. A peer that does not take them is not waited for.
    pub(crate) fn dismiss(&mut self, text: &str) {
        let _ = self
            .layer
            .write(&self.socket, &[Piece::Bytes(text.as_bytes())]);
        if let Layer::Tls(_) = self.layer {
            // It may have sent requests together with the end of its handshake.
            self.layer.close(&self.socket);
            self.drain();
        }
    }

    /// Reads what arrived and forgets it, before closing.
    pub(crate) fn drain(&mut self) {
        Layer::drain(&self.socket);
    }

    /// Tells the peer of the end, as far as the layer can.
    pub(crate) fn close(&mut self) {
        self.layer.close(&self.socket);
    }
}
