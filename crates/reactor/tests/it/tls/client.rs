//! A client that speaks TLS, turned by hand beside the loop.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use russet_io::{Identity, PeerCertificate, TlsSettings, Transport};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use super::certs::{Files, Subject, key};
use crate::echo::{World, plan, tcp};

/// Settings of a server that asks clients for nothing.
pub(crate) fn settings(files: &Files) -> TlsSettings {
    TlsSettings {
        server: Identity {
            cert_file: files.path("server.crt"),
            key_file: files.path("server.key"),
            passphrase: Vec::new(),
        },
        ca_file: files.path("ca.crt"),
        peer_certificate: PeerCertificate::Unwanted,
        resumes: true,
        sessions_max: 100,
        session_s: 300,
        ..TlsSettings::default()
    }
}

/// A loop that listens for TLS.
pub(crate) fn listening(settings: &TlsSettings) -> World {
    let mut world = World::silent();
    world.reactor.load_tls(settings).unwrap();
    let mut bind = tcp("127.0.0.1", 0);
    bind.transport = Transport::tls();
    world.reactor.listen(&plan(vec![bind])).unwrap();
    world
}

/// What a client offers.
pub(crate) fn config(
    versions: &[&'static SupportedProtocolVersion],
    certificate: Option<CertificateDer<'static>>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(Subject::authority(b"Test CA").certificate())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match certificate {
        Some(certificate) => builder
            .with_client_auth_cert(vec![certificate], key())
            .unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

/// A client's end.
pub(crate) struct Client {
    pub(crate) tls: ClientConnection,
    pub(crate) socket: TcpStream,
    /// Bytes that one write of the socket carries at most.
    pub(crate) piece: usize,
}

impl Client {
    /// Connects the socket, and nothing more.
    pub(crate) fn new(world: &World, config: Arc<ClientConfig>) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", world.port())).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Self {
            tls: ClientConnection::new(config, name).unwrap(),
            socket,
            piece: usize::MAX,
        }
    }

    /// Connects, and shakes hands.
    pub(crate) fn connect(world: &mut World, config: Arc<ClientConfig>) -> Self {
        let mut client = Self::new(world, config);
        client.shake(world).unwrap();
        client
    }

    /// Shakes hands until both ends are done, or one of them has had enough.
    pub(crate) fn shake(&mut self, world: &mut World) -> io::Result<()> {
        let count = world.echo().sessions.len() + 1;
        let mut is_done = false;
        while !is_done {
            self.pump()?;
            let is_ours_done = world.echo().sessions.len() == count;
            is_done = is_ours_done && !self.tls.is_handshaking();
            assert_eq!(world.turn(), None);
        }
        self.pump()
    }

    /// Sends what waits, and takes in what has come.
    pub(crate) fn pump(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            let mut few = Few(&mut self.socket, self.piece);
            match self.tls.write_tls(&mut few) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                other => drop(other?),
            }
            if self.piece != usize::MAX {
                break;
            }
        }
        loop {
            match self.tls.read_tls(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Ok(0) if self.tls.is_handshaking() => {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Ok(0) => return Ok(()),
                other => drop(other?),
            }
            let state = self.tls.process_new_packets();
            let state = state.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            if state.plaintext_bytes_to_read() > 8 << 10 {
                return Ok(());
            }
        }
    }

    /// Encrypts and sends.
    pub(crate) fn say(&mut self, text: &[u8]) {
        assert_eq!(self.tls.writer().write(text).unwrap(), text.len());
        self.pump().unwrap();
    }
}

/// Writes no more than so many bytes at once.
struct Few<'a>(&'a mut TcpStream, usize);

impl Write for Few<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(self.1)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Client {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.pump()?;
        self.tls.reader().read(space)
    }
}
