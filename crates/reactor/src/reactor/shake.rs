//! Handshakes: connections that the service hears of when both ends agree on keys, and the
//! certificates that they begin with.
//!
//! ```text
//!  accepted, dialed ─► greet ─┬─ plain ─────────────────────────► welcome ─► opened
//!                             └─ TLS ─► handshake ─┬─ done ───────┘
//!                                                  └─ failed ─► a log line, or the dial's failure
//! ```
//! Always true: a handshake begins with the certificates that were loaded last.
//! Not here: which handshake goes on — `shake.rs`; files and settings — `tls/load.rs`.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use russet_io::{
    Address, Disk, JobId, LogLevel, Origin, Outcome, Service, Step, Task, TlsSettings, Transport,
};
use socket2::Socket;

use super::Reactor;
use crate::log::{failure, os_text};
use crate::pool::{Ticket, Work};
use crate::shake::ShakeEnd;
use crate::socket::Kind;
use crate::tls::{self, Loaded};
use crate::transport::Layer;

impl<S: Service> Reactor<S> {
    /// Loads certificates and keys for handshakes that begin from now on. Nothing changes on
    /// failure.
    ///
    /// # Errors
    /// The line for the log.
    pub fn load_tls(&mut self, settings: &TlsSettings) -> Result<(), String> {
        let before = self.tls.as_ref().map(tls::Context::fingerprint);
        let loaded = tls::load(settings, before)?;
        self.take_tls(loaded);
        Ok(())
    }

    fn take_tls(&mut self, loaded: Loaded) {
        for warning in loaded.warnings {
            self.log.line(LogLevel::Warning, &warning);
        }
        if loaded.context.is_some() {
            self.tls = loaded.context;
        }
    }

    /// Loads on another thread: files are read, and a passphrase takes its time on purpose.
    pub(super) fn start_loading_tls(&mut self, job: JobId, settings: Box<TlsSettings>) {
        let loading = Loading {
            settings,
            before: self.tls.as_ref().map(tls::Context::fingerprint),
        };
        let work = Work::Task(Box::new(loading), Arc::<AtomicBool>::default());
        self.pool.start(Ticket::Tls(job), work);
    }

    /// The files were read.
    pub(super) fn end_loading_tls(&mut self, job: JobId, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Finished(value) => {
                if let Ok(loaded) = value.downcast::<Loaded>() {
                    self.take_tls(*loaded);
                }
                Outcome::Done
            }
            other => other,
        };
        self.complete(job, outcome);
    }

    /// Serves a connected socket: at once, or after its handshake.
    pub(super) fn greet(&mut self, socket: Socket, kind: Kind, origin: Origin) {
        if origin.transport == Transport::Plain {
            return self.welcome(socket, Layer::Plain, kind, &origin);
        }
        let refused = || io::Error::new(io::ErrorKind::Unsupported, "TLS is not configured");
        let stream = match (&self.tls, &origin.dialed, &origin.address) {
            (Some(tls), None, _) => tls.accept(),
            (Some(tls), Some(_), Address::Tcp { peer, .. }) => tls.connect(peer.ip()),
            _ => Err(refused()),
        };
        let now_us = self.now.mono_us;
        let begun = stream.and_then(|stream| {
            let registry = self.poll.registry();
            let pair = (socket, stream);
            self.handshakes
                .begin(pair, origin.clone(), now_us, registry)
        });
        match begun {
            Ok(oldest) => {
                if let Some(end) = oldest {
                    self.end_handshake(end);
                }
            }
            Err(error) => self.end_handshake(ShakeEnd::Failed(origin, error)),
        }
    }

    /// Goes on with the handshakes that can, and ends those whose time is over.
    pub(super) fn shake_all(&mut self) {
        let mut ends = mem::take(&mut self.shaken);
        self.handshakes.step(self.poll.registry(), &mut ends);
        while let Some(end) = self.handshakes.overdue(self.now.mono_us) {
            ends.push(end);
        }
        for end in ends.drain(..) {
            self.end_handshake(end);
        }
        self.shaken = ends;
    }

    fn end_handshake(&mut self, end: ShakeEnd) {
        match end {
            ShakeEnd::Done(handshake) => {
                let mut origin = handshake.origin;
                origin.transport = Transport::Tls {
                    peer_names: handshake.stream.peer_names(),
                };
                let layer = Layer::Tls(handshake.stream);
                self.welcome(handshake.socket, layer, Kind::Tcp, &origin);
            }
            ShakeEnd::Failed(origin, error) => match (origin.dialed, &origin.address) {
                (Some(job), _) => self.complete(job, Outcome::Failed(failure(&error))),
                (None, Address::Tcp { peer, local }) => {
                    let reason = os_text(&error);
                    let ends = format!("addr={peer} laddr={local}");
                    let text = format!("Error accepting a client connection: {reason} ({ends})");
                    self.log.line(LogLevel::Verbose, &text);
                }
                (None, Address::Unix { .. }) => {}
            },
        }
    }
}

/// Files of TLS that are read on another thread.
struct Loading {
    settings: Box<TlsSettings>,
    before: Option<u64>,
}

impl Task for Loading {
    fn step(&mut self, _disk: &mut dyn Disk) -> Step {
        match tls::load(&self.settings, self.before) {
            Ok(loaded) => Step::Finished(Box::new(loaded)),
            Err(text) => Step::Failed(failure(&io::Error::other(text))),
        }
    }
}
