//! Scripted parties outside, to which services may connect.
//!
//! Always true: a peer acts only when bytes or an end arrive.

/// The next act of a peer on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The connection stays.
    Keep,
    /// It closes after what was written.
    Close,
    /// It breaks at once.
    Reset,
}

/// A party outside that accepts connections.
pub trait Peer {
    /// Bytes arrived on a connection, or it was just made (`bytes` is empty then); what is written
    /// to `reply` is sent. Connections count from 0.
    fn heard(&mut self, conn: usize, bytes: &[u8], reply: &mut Vec<u8>) -> Next;
}

/// A closure is a peer.
impl<F: FnMut(usize, &[u8], &mut Vec<u8>) -> Next> Peer for F {
    fn heard(&mut self, conn: usize, bytes: &[u8], reply: &mut Vec<u8>) -> Next {
        self(conn, bytes, reply)
    }
}
