//! TLS: certificates and keys that were read, and the connections that speak with them.
//!
//! ```text
//!  settings ─► load.rs ─► Context ─ accept ─► Stream ─ shake … Done ─► read, write, close
//!              keys, suites, sessions   connect ─┘          peer.rs: who it is
//! ```
//! Always true: a context never changes. Another one takes its place for handshakes that begin
//! later; sessions of the old one cannot be resumed with it.
//! Not here: handshakes under way — `shake.rs`; what a build without TLS does — `no_tls.rs`.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use russet_io::PeerField;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

mod keys;
mod load;
mod peer;
mod sessions;
mod stream;
mod suites;
mod verify;

pub(crate) use load::load;
pub(crate) use stream::Stream;

/// All that connections share.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    server: Arc<ServerConfig>,
    /// There is none as long as no certificates to trust are named.
    client: Option<Arc<ClientConfig>>,
    field: PeerField,
    /// Of the settings and the files that it was made from.
    fingerprint: u64,
}

/// The result of reading the files.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Nothing when it would equal the one before.
    pub(crate) context: Option<Context>,
    /// Lines for the log.
    pub(crate) warnings: Vec<String>,
}

impl Context {
    /// The side of an accepted connection.
    pub(crate) fn accept(&self) -> io::Result<Stream> {
        let server = ServerConnection::new(Arc::clone(&self.server)).map_err(io::Error::other)?;
        Ok(Stream::new(server.into(), self.field))
    }

    /// The side of a connection that we dialed.
    pub(crate) fn connect(&self, peer: IpAddr) -> io::Result<Stream> {
        let Some(client) = &self.client else {
            let text = "no certificates are configured that a TLS peer could be trusted by";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        };
        let client = ClientConnection::new(Arc::clone(client), peer.into());
        let client = client.map_err(io::Error::other)?;
        Ok(Stream::new(client.into(), PeerField::Nothing))
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
