//! One TLS connection above a socket: records come in and go out, plaintext is taken and given.
//!
//! ```text
//!  socket ─ one read ─► records ─► plaintext ─► the service's space, in as many calls as it takes
//!  socket ◄─ one write ◄─ records ◄─ output of a turn, at most BUFFER_SIZE at once
//! ```
//! The state machine makes no system call; here each call of it is put together with at most one
//! read and one write of the socket.
//!
//! Always true: as long as plaintext waits, or the end does, a read says that there may be more: no
//! edge of the socket would ever announce it.
//! Always true: plaintext is taken only while no record waits for room in the socket, so a peer
//! that reads nothing holds BUFFER_SIZE here and the rest where its limits count it.
//! Not here: certificates — `load.rs`; the bound on handshakes — `shake.rs`.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;

use russet_io::{PeerField, Piece};
use rustls::{Connection, Error};
use socket2::Socket;

use super::peer;
use crate::shake::{Shaken, Stage};
use crate::transport::{Got, PIECES_MANY, Sent, size_of};

/// The size of a read of the socket: a record of full size and its header fit in.
const READ_SIZE: usize = 17 << 10;

/// Plaintext above which no further record is decrypted: rustls takes no more either.
const PLAINTEXT_MAX: usize = 16 << 10;

/// Records that wait for room in the socket, at most (a little more, for their headers).
const BUFFER_SIZE: usize = 64 << 10;

/// Reads at most to find out whether a paused connection has ended.
const PEEKS_MAX: usize = 64;

thread_local! {
    /// Where records are read to before the state machine copies them.
    static RECORDS: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_SIZE].into());
}

/// A TLS connection.
#[derive(Debug)]
pub(crate) struct Stream {
    tls: Connection,
    field: PeerField,
    /// Bytes of plaintext that nobody has read.
    plaintext: usize,
    /// Bytes that were read, and that wait until the plaintext before them is read.
    encrypted: Vec<u8>,
    /// The peer says that it will send no more, or does not say anything any more.
    is_ended: bool,
}

impl Stream {
    pub(crate) fn new(mut tls: Connection, field: PeerField) -> Self {
        tls.set_buffer_limit(Some(BUFFER_SIZE));
        Self {
            tls,
            field,
            plaintext: 0,
            encrypted: Vec::new(),
            is_ended: false,
        }
    }

    /// Goes on with the handshake: writes what waits, reads once, and writes the answer.
    ///
    /// # Errors
    /// The handshake failed; the peer was sent the reason, as far as that was possible.
    pub(crate) fn shake(&mut self, socket: &Socket) -> io::Result<Shaken> {
        let waits = |stage| Shaken {
            stage,
            is_costly: false,
        };
        if !self.flush(socket)? && self.tls.is_handshaking() {
            return Ok(waits(Stage::Waiting));
        }
        if !self.tls.is_handshaking() {
            return Ok(waits(Stage::Done));
        }
        let may_have_more = match self.receive(socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(waits(Stage::Waiting));
            }
            received => received?,
        };
        let is_over = !self.tls.is_handshaking();
        let is_costly = is_over || self.tls.wants_write();
        self.flush(socket)?;
        if self.is_ended && !is_over {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let stage = match (is_over, may_have_more) {
            (true, _) => Stage::Done,
            (false, true) => Stage::Going,
            (false, false) => Stage::Waiting,
        };
        Ok(Shaken { stage, is_costly })
    }

    /// Names of the peer's user in the certificate that it proved to own.
    pub(crate) fn peer_names(&self) -> Box<[Box<[u8]>]> {
        let chain = self.tls.peer_certificates().unwrap_or_default();
        chain
            .first()
            .map(|certificate| peer::names(certificate, self.field))
            .unwrap_or_default()
    }

    /// Gives plaintext. Reads the socket once if there is none.
    pub(crate) fn read(&mut self, socket: &Socket, space: &mut [u8]) -> io::Result<Got> {
        // An edge that came since the last read of the socket was not heeded.
        let mut may_have_more = true;
        if self.plaintext == 0 && !self.is_ended {
            may_have_more = self.receive(socket)?;
            if self.tls.wants_write() {
                self.flush(socket)?;
            }
        }
        if self.plaintext == 0 {
            return Ok(match self.is_ended {
                true => Got::End,
                false => Got::Nothing { may_have_more },
            });
        }
        let count = self.tls.reader().read(space)?;
        self.plaintext = self.plaintext.saturating_sub(count);
        Ok(Got::Some {
            count,
            may_have_more: may_have_more || self.plaintext > 0 || self.is_ended,
        })
    }

    /// Whether something can be read now; false at the end.
    pub(crate) fn peek(&mut self, socket: &Socket) -> io::Result<bool> {
        for _ in 0..PEEKS_MAX {
            if self.plaintext > 0 {
                return Ok(true);
            }
            if self.is_ended {
                return Ok(false);
            }
            self.receive(socket)?;
        }
        Ok(true)
    }

    /// Takes plaintext, as much as fits, and writes once. Nothing may wait from an earlier write.
    pub(crate) fn write(&mut self, socket: &Socket, pieces: &[Piece<'_>]) -> io::Result<Sent> {
        let mut writer = self.tls.writer();
        let count = match pieces {
            [one] => writer.write(one.bytes())?,
            several => {
                let mut slices = [IoSlice::new(&[]); PIECES_MANY];
                for (slice, piece) in slices.iter_mut().zip(several) {
                    *slice = IoSlice::new(piece.bytes());
                }
                writer.write_vectored(&slices[..several.len().min(PIECES_MANY)])?
            }
        };
        let has_room = self.flush(socket)?;
        Ok(Sent {
            count,
            has_room,
            is_all: count == size_of(pieces),
        })
    }

    /// Whether records wait for room in the socket.
    #[inline]
    pub(crate) fn owes(&self) -> bool {
        self.tls.wants_write()
    }

    /// Writes once what waits.
    pub(crate) fn pay(&mut self, socket: &Socket) -> io::Result<()> {
        self.flush(socket).map(drop)
    }

    /// The bytes of the records that wait.
    pub(crate) fn owed(&mut self) -> usize {
        let state = self.tls.process_new_packets();
        state.map_or(0, |state| state.tls_bytes_to_write())
    }

    /// Says that nothing more comes. A peer that does not take it is not waited for.
    pub(crate) fn close(&mut self, socket: &Socket) {
        self.tls.send_close_notify();
        let _ = self.flush(socket);
    }

    /// Decrypts what was read, or reads the socket once. Says whether there may be more to read.
    fn receive(&mut self, mut socket: &Socket) -> io::Result<bool> {
        if !self.encrypted.is_empty() {
            let records = mem::take(&mut self.encrypted);
            let used = self.feed(&records, socket)?;
            self.encrypted = records[used..].to_vec();
            return Ok(true);
        }
        RECORDS.with_borrow_mut(|records| {
            let count = socket.read(records)?;
            self.is_ended |= count == 0;
            let used = self.feed(&records[..count], socket)?;
            self.encrypted = records[used..count].to_vec();
            Ok(count == records.len() || used < count)
        })
    }

    /// Decrypts until there is enough plaintext. Says how many bytes that took.
    fn feed(&mut self, records: &[u8], socket: &Socket) -> io::Result<usize> {
        let mut left = records;
        while !left.is_empty() && !self.is_ended && self.plaintext < PLAINTEXT_MAX {
            if self.tls.read_tls(&mut left)? == 0 {
                break;
            }
            self.decrypt(socket)?;
        }
        Ok(records.len() - left.len())
    }

    fn decrypt(&mut self, socket: &Socket) -> io::Result<()> {
        match self.tls.process_new_packets() {
            Ok(state) => {
                self.plaintext = state.plaintext_bytes_to_read();
                self.is_ended |= state.peer_has_closed();
                Ok(())
            }
            Err(error) => {
                // COMPAT: who speaks no TLS is told nothing in TLS, as by OpenSSL.
                let is_foreign = matches!(error, Error::InvalidMessage(_));
                if !(is_foreign && self.tls.is_handshaking()) {
                    // The alert that says why.
                    let _ = self.flush(socket);
                }
                Err(io::Error::new(ErrorKind::InvalidData, error))
            }
        }
    }

    /// Writes once what waits, if anything does. Says whether all of it left.
    fn flush(&mut self, mut socket: &Socket) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                written => {
                    written?;
                    return Ok(!self.tls.wants_write());
                }
            }
        }
        Ok(true)
    }
}
