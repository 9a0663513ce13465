//! The layer between a socket and the bytes that a service sees.
//!
//! ```text
//!  socket ─► read ─► plaintext ─► service        one variant today: the socket's own bytes
//!  socket ◄─ write ◄─ plaintext ◄─ service
//! ```
//! A layer alone knows whether more can be read without a new edge of the socket: plain bytes are
//! left when a read filled its space, a layer that decrypts may hold plaintext while its socket is
//! empty. The rules of a connection ask it and never compare sizes themselves.
//!
//! Always true: whoever got [`Got::may_have_more`] as false hears a new edge before there is more.
//! Not here: what follows for the connection — `flow.rs`.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;

use russet_io::{Piece, Transport};
use socket2::Socket;

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
}

/// The result of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Got {
    /// Bytes for the service; 0 at the end.
    pub(crate) count: usize,
    /// More can be read at once, as far as is known.
    pub(crate) may_have_more: bool,
}

/// Whether a transport can be spoken.
///
/// # Errors
/// This build lacks it.
pub(crate) fn check(transport: &Transport) -> io::Result<()> {
    Layer::of(transport).map(drop)
}

impl Layer {
    /// The layer of a transport.
    ///
    /// # Errors
    /// This build lacks it.
    pub(crate) fn of(transport: &Transport) -> io::Result<Self> {
        match transport {
            Transport::Plain => Ok(Self::Plain),
            _ => {
                let text = "TLS is not available in this build";
                Err(io::Error::new(ErrorKind::Unsupported, text))
            }
        }
    }

    /// Reads once.
    #[inline]
    pub(crate) fn read(&mut self, mut socket: &Socket, space: &mut [u8]) -> io::Result<Got> {
        match self {
            Self::Plain => {
                let size = space.len();
                let count = socket.read(space)?;
                Ok(Got {
                    count,
                    may_have_more: count == size,
                })
            }
        }
    }

    /// Whether something can be read now; false at the end.
    pub(crate) fn peek(&self, socket: &Socket) -> io::Result<bool> {
        match self {
            Self::Plain => Ok(socket.peek(&mut [MaybeUninit::uninit()])? > 0),
        }
    }

    /// Writes once, and says how many bytes of the pieces left. A single piece takes the cheaper
    /// call.
    #[inline]
    pub(crate) fn write(&mut self, mut socket: &Socket, pieces: &[Piece<'_>]) -> io::Result<usize> {
        match (self, pieces) {
            (Self::Plain, [one]) => socket.write(one.bytes()),
            (Self::Plain, few) if few.len() <= PIECES_FEW => write_some::<PIECES_FEW>(socket, few),
            (Self::Plain, many) => write_some::<PIECES_MANY>(socket, many),
        }
    }

    /// Reads what arrived and forgets it. Closing a socket with unread bytes resets it, and the
    /// answer that was just written would be lost on its way.
    pub(crate) fn drain(&mut self, socket: &Socket) {
        let mut bytes = [0; DRAIN_SIZE];
        for _ in 0..DRAIN_READS {
            match self.read(socket, &mut bytes) {
                Ok(got) if got.may_have_more => {}
                _ => return,
            }
        }
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
        let mut layer = Layer::of(&Transport::Plain).unwrap();
        theirs.write_all(b"abcde").unwrap();
        let mut space = [0; 4];
        let got = layer.read(&ours, &mut space).unwrap();
        assert_eq!((got.count, got.may_have_more), (4, true));
        assert!(layer.peek(&ours).unwrap());
        let got = layer.read(&ours, &mut space).unwrap();
        assert_eq!((got.count, got.may_have_more), (1, false));
        assert_eq!(layer.peek(&ours).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(theirs);
        assert!(!layer.peek(&ours).unwrap());
    }

    #[test]
    fn pieces_leave_in_order_however_many_there_are() {
        let (ours, mut theirs) = pair();
        let mut layer = Layer::Plain;
        for count in [1, 2, PIECES_FEW, PIECES_FEW + 1, PIECES_MANY] {
            let bytes: Vec<u8> = (0..count).map(|i| i as u8).collect();
            let pieces: Vec<_> = bytes.chunks(1).map(Piece::Bytes).collect();
            assert_eq!(layer.write(&ours, &pieces).unwrap(), count);
            let mut arrived = vec![0; count];
            theirs.read_exact(&mut arrived).unwrap();
            assert_eq!(arrived, bytes);
        }
    }

    #[test]
    fn tls_is_refused_in_words() {
        let error = check(&Transport::Tls { peer_name: None }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "TLS is not available in this build");
    }
}
