//! Connections whose bytes are lines, for services to build upon.
//!
//! Always true: a loop that breaks the contract panics here: a connection is opened before it is
//! used, and not used after it hung up.

use std::collections::BTreeMap;

use russet_io::{ConnId, Piece, Ready};

/// Output in bytes beyond which a connection has no space.
const OUTPUT_SIZE_MAX: usize = 2_000;

/// Bytes that one read may bring.
const SPACE_SIZE: usize = 700;

#[derive(Debug, Default)]
struct Session {
    space: Vec<u8>,
    input: Vec<u8>,
    output: Vec<u8>,
    taken: usize,
    held: usize,
    is_paused: bool,
}

impl Session {
    fn unsent(&self) -> usize {
        self.output.len() - self.taken
    }
}

/// The connections of a service.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    sessions: BTreeMap<ConnId, Session>,
    actions: Ready,
    killed: Vec<ConnId>,
}

impl Desk {
    pub(crate) fn opened(&mut self, conn: ConnId) {
        let session = Session {
            space: vec![0; SPACE_SIZE],
            ..Session::default()
        };
        let before = self.sessions.insert(conn, session);
        assert!(before.is_none(), "{conn:?} is opened twice");
    }

    fn session(&mut self, conn: ConnId) -> &mut Session {
        let session = self.sessions.get_mut(&conn);
        session.expect("a loop speaks of open connections only")
    }

    pub(crate) fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let session = self.session(conn);
        session.is_paused = session.unsent() > OUTPUT_SIZE_MAX;
        match session.is_paused {
            true => &mut [],
            false => &mut session.space,
        }
    }

    pub(crate) fn received(&mut self, conn: ConnId, count: usize) {
        let session = self.session(conn);
        assert!(0 < count && count <= session.space.len() && !session.is_paused);
        let bytes = &session.space[..count];
        session.input.extend_from_slice(bytes);
    }

    pub(crate) fn hung_up(&mut self, conn: ConnId) {
        let gone = self.sessions.remove(&conn);
        assert!(gone.is_some(), "{conn:?} hangs up and is not open");
        self.killed.retain(|other| *other != conn);
        let Ready {
            flush,
            resume,
            close,
            kill,
            ..
        } = &mut self.actions;
        for list in [flush, resume, close, kill] {
            list.retain(|other| *other != conn);
        }
    }

    /// Takes the lines that have arrived whole, without their ends.
    pub(crate) fn lines(&mut self) -> Vec<(ConnId, Vec<u8>)> {
        assert!(self.killed.is_empty(), "a killed connection is still open");
        let mut lines = Vec::new();
        for (conn, session) in &mut self.sessions {
            while let Some(end) = session.input.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = session.input.drain(..=end).collect();
                line.pop();
                lines.push((*conn, line));
            }
        }
        lines
    }

    pub(crate) fn is_open(&self, conn: ConnId) -> bool {
        self.sessions.contains_key(&conn)
    }

    /// Adds a line to the output of a connection, if it is still open.
    pub(crate) fn say(&mut self, conn: ConnId, line: &[u8]) {
        let Some(session) = self.sessions.get_mut(&conn) else {
            return;
        };
        session.output.extend_from_slice(line);
        session.output.push(b'\n');
        if !self.actions.flush.contains(&conn) {
            self.actions.flush.push(conn);
        }
    }

    /// Closes a connection when its output has left.
    pub(crate) fn close(&mut self, conn: ConnId) {
        if self.is_open(conn) && !self.actions.close.contains(&conn) {
            self.actions.close.push(conn);
        }
    }

    /// Closes a connection at once.
    pub(crate) fn kill(&mut self, conn: ConnId) {
        if self.is_open(conn) && !self.actions.kill.contains(&conn) {
            self.actions.kill.push(conn);
        }
    }

    pub(crate) fn ready(&mut self, ready: &mut Ready) {
        self.killed.extend_from_slice(&self.actions.kill);
        ready.flush.append(&mut self.actions.flush);
        ready.resume.append(&mut self.actions.resume);
        ready.close.append(&mut self.actions.close);
        ready.kill.append(&mut self.actions.kill);
    }

    pub(crate) fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        let session = &self.sessions[&conn];
        // In pieces of odd sizes, so that a loop has to put them together.
        let chunks = session.output[session.taken..].chunks(97);
        let mut filled = 0;
        for (piece, chunk) in pieces.iter_mut().zip(chunks) {
            *piece = Piece::Bytes(chunk);
            filled += 1;
        }
        filled
    }

    pub(crate) fn taken(&mut self, conn: ConnId, count: usize) {
        let session = self.session(conn);
        assert!(session.held == 0, "output is taken while some is held");
        assert!(0 < count && count <= session.unsent());
        session.taken += count;
        if session.taken == session.output.len() {
            session.output.clear();
            session.taken = 0;
        }
        if session.is_paused && session.unsent() <= OUTPUT_SIZE_MAX {
            session.is_paused = false;
            self.actions.resume.push(conn);
        }
    }

    pub(crate) fn held(&mut self, conn: ConnId, count: usize) {
        let session = self.session(conn);
        assert!(session.held != count, "nothing new is said");
        session.held = count;
    }
}
