//! The layer between a socket and the bytes that a service sees.
//!
//! ```text
//!  socket ─► read ─► plaintext ─► service        Plain: the socket's own bytes
//!  socket ◄─ write ◄─ plaintext ◄─ service       Tls: records, `tls/stream.rs`
//! ```
//! A layer alone knows whether more can be read without a new edge of the socket: plain bytes are
//! left when a read filled its space, a layer that decrypts may hold plaintext while its socket is
//! empty. The rules of a connection ask it and never compare sizes themselves.
//!
//! A layer that encrypts may have taken bytes that did not leave yet. It owes them, and takes no
//! more before they left.
//!
//! Always true: whoever got `may_have_more` as false hears a new edge before there is more.
//! Not here: what follows for the connection — `flow.rs`.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;

use russet_io::{Piece, Transport};
use socket2::Socket;

use crate::tls::Stream;

/// Pieces that a first gathering asks for; most outputs are one.
pub(crate) const PIECES_FEW: usize = 8;

/// Pieces that one write carries at most.
pub(crate) const PIECES_MANY: usize = 64;

/// Reads at most from a connection that is about to close: a bound for a peer that floods.
const DRAIN_READS: usize = 64;
const DRAIN_SIZE: usize = 8 << 10;

/// A layer, with what it keeps for one connection.
#[derive(Debug)]
pub(crate) enum Layer {
    /// The bytes of the socket.
    Plain,
    /// Records, after the handshake.
    Tls(Box<Stream>),
}

/// The result of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Got {
    /// Bytes for the service.
    Some {
        count: usize,
        /// More can be read at once, as far as is known.
        may_have_more: bool,
    },
    /// Bytes came that are nothing for the service, or not yet.
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "plain bytes are all for it")
    )]
    Nothing { may_have_more: bool },
    /// Nothing comes any more.
    End,
}

/// The result of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Bytes of the pieces that the layer took.
    pub(crate) count: usize,
    /// The socket took all that it was given: there may be room for more.
    pub(crate) has_room: bool,
    /// These were all bytes of the pieces.
    pub(crate) is_all: bool,
}

/// The error of a build without TLS.
pub(crate) fn unavailable() -> io::Error {
    let text = "TLS is not available in this build";
    io::Error::new(ErrorKind::Unsupported, text)
}

/// Whether a transport can be spoken.
///
/// # Errors
/// This build lacks it.
pub(crate) fn check(transport: &Transport) -> io::Result<()> {
    match transport {
        Transport::Plain => Ok(()),
        Transport::Tls { .. } if cfg!(feature = "tls") => Ok(()),
        _ => Err(unavailable()),
    }
}

impl Layer {
    /// Reads once.
    #[inline]
    pub(crate) fn read(&mut self, mut socket: &Socket, space: &mut [u8]) -> io::Result<Got> {
        match self {
            Self::Plain => {
                let size = space.len();
                Ok(match socket.read(space)? {
                    0 => Got::End,
                    count => Got::Some {
                        count,
                        may_have_more: count == size,
                    },
                })
            }
            Self::Tls(stream) => stream.read(socket, space),
        }
    }

    /// Whether something can be read now; false at the end.
    pub(crate) fn peek(&mut self, socket: &Socket) -> io::Result<bool> {
        match self {
            Self::Plain => Ok(socket.peek(&mut [MaybeUninit::uninit()])? > 0),
            Self::Tls(stream) => stream.peek(socket),
        }
    }

    /// Writes once. A single piece takes the cheaper call.
    #[inline]
    pub(crate) fn write(&mut self, mut socket: &Socket, pieces: &[Piece<'_>]) -> io::Result<Sent> {
        let count = match (self, pieces) {
            (Self::Plain, [one]) => socket.write(one.bytes())?,
            (Self::Plain, few) if few.len() <= PIECES_FEW => write_some::<PIECES_FEW>(socket, few)?,
            (Self::Plain, many) => write_some::<PIECES_MANY>(socket, many)?,
            (Self::Tls(stream), pieces) => return stream.write(socket, pieces),
        };
        let is_all = count == size_of(pieces);
        Ok(Sent {
            count,
            has_room: is_all,
            is_all,
        })
    }

    /// Whether it took bytes that did not leave yet.
    #[inline]
    pub(crate) fn owes(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Tls(stream) => stream.owes(),
        }
    }

    /// Writes once what it owes.
    pub(crate) fn pay(&mut self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::Plain => Ok(()),
            Self::Tls(stream) => stream.pay(socket),
        }
    }

    /// How many bytes it owes, as they leave.
    pub(crate) fn owed(&mut self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Tls(stream) => stream.owed(),
        }
    }

    /// Tells the peer that nothing more comes, where a layer can.
    pub(crate) fn close(&mut self, socket: &Socket) {
        match self {
            Self::Plain => {}
            Self::Tls(stream) => stream.close(socket),
        }
    }

    /// Reads what arrived and forgets it. Closing a socket with unread bytes resets it, and the
    /// answer that was just written would be lost on its way.
    /// What the bytes mean does not matter any more.
    pub(crate) fn drain(mut socket: &Socket) {
        let mut bytes = [0; DRAIN_SIZE];
        for _ in 0..DRAIN_READS {
            match socket.read(&mut bytes) {
                Ok(DRAIN_SIZE) => {}
                _ => return,
            }
        }
    }
}

/// How many bytes pieces have together.
#[inline]
pub(crate) fn size_of(pieces: &[Piece<'_>]) -> usize {
    match pieces {
        [one] => one.bytes().len(),
        several => several.iter().map(|piece| piece.bytes().len()).sum(),
    }
}

fn write_some<const N: usize>(mut socket: &Socket, pieces: &[Piece<'_>]) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); N];
    for (slice, piece) in slices.iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece.bytes());
    }
    socket.write_vectored(&slices[..pieces.len().min(N)])
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn pair() -> (Socket, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Socket::from(OwnedFd::from(ours)), theirs)
    }

    #[test]
    fn a_full_space_may_have_left_something_and_a_short_read_has_not() {
        let (ours, mut theirs) = pair();
        let mut layer = Layer::Plain;
        theirs.write_all(b"abcde").unwrap();
        let mut space = [0; 4];
        let some = |count, may_have_more| Got::Some {
            count,
            may_have_more,
        };
        assert_eq!(layer.read(&ours, &mut space).unwrap(), some(4, true));
        assert!(layer.peek(&ours).unwrap());
        assert_eq!(layer.read(&ours, &mut space).unwrap(), some(1, false));
        assert_eq!(layer.peek(&ours).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(theirs);
        assert!(!layer.peek(&ours).unwrap());
        assert_eq!(layer.read(&ours, &mut space).unwrap(), Got::End);
    }

    #[test]
    fn pieces_leave_in_order_however_many_there_are() {
        let (ours, mut theirs) = pair();
        let mut layer = Layer::Plain;
        for count in [1, 2, PIECES_FEW, PIECES_FEW + 1, PIECES_MANY] {
            let bytes: Vec<u8> = (0..count).map(|i| i as u8).collect();
            let pieces: Vec<_> = bytes.chunks(1).map(Piece::Bytes).collect();
            let (has_room, is_all) = (true, true);
            let sent = layer.write(&ours, &pieces).unwrap();
            assert_eq!(
                sent,
                Sent {
                    count,
                    has_room,
                    is_all
                }
            );
            let mut arrived = vec![0; count];
            theirs.read_exact(&mut arrived).unwrap();
            assert_eq!(arrived, bytes);
        }
    }
}
