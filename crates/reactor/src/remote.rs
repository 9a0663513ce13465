//! A handle that other threads use to speak to the loop.
//!
//! Always true: the loop hears of every request, at the latest after the turn it is in.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use mio::{Registry, Waker};

use crate::token::REMOTE;

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `SIGINT`.
    Int,
    /// `SIGTERM`.
    Term,
}

impl Signal {
    /// Its name, as log lines write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "SIGINT",
            Self::Term => "SIGTERM",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Int => 0b01,
            Self::Term => 0b10,
        }
    }
}

/// Speaks to a loop from another thread. Clones speak to the same loop.
#[derive(Debug, Clone)]
pub struct Remote {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waker: Waker,
    signals: AtomicU8,
    /// The service was asked to end, and did not refuse.
    is_ending: AtomicBool,
    /// The loop was woken and has not listened yet.
    is_calling: AtomicBool,
}

impl Remote {
    pub(crate) fn new(registry: &Registry) -> io::Result<Self> {
        let waker = Waker::new(registry, REMOTE)?;
        Ok(Self {
            shared: Arc::new(Shared {
                waker,
                signals: AtomicU8::new(0),
                is_ending: AtomicBool::new(false),
                is_calling: AtomicBool::new(false),
            }),
        })
    }

    /// Asks the service to end in good order.
    ///
    /// # Errors
    /// The loop could not be woken; it sees the request at its next turn.
    pub fn request_shutdown(&self, signal: Signal) -> io::Result<()> {
        self.shared.is_ending.store(true, Ordering::Release);
        self.shared.signals.fetch_or(signal.bit(), Ordering::AcqRel);
        self.call()
    }

    /// Whether the service was asked to end, is not there yet, and has not refused.
    #[must_use]
    pub fn is_shutdown_pending(&self) -> bool {
        self.shared.is_ending.load(Ordering::Acquire)
    }

    /// The service is about to end, or stays.
    pub(crate) fn note_ending(&self, is_ending: bool) {
        self.shared.is_ending.store(is_ending, Ordering::Release);
    }

    /// Wakes the loop, unless somebody did already.
    pub(crate) fn call(&self) -> io::Result<()> {
        if self.shared.is_calling.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let woken = self.shared.waker.wake();
        if woken.is_err() {
            self.listen();
        }
        woken
    }

    /// The loop listens from now on: what is said later wakes it again.
    pub(crate) fn listen(&self) {
        self.shared.is_calling.swap(false, Ordering::AcqRel);
    }

    /// The signals that arrived since the last call.
    pub(crate) fn take_signals(&self) -> impl Iterator<Item = Signal> + use<> {
        let bits = self.shared.signals.swap(0, Ordering::AcqRel);
        [Signal::Int, Signal::Term]
            .into_iter()
            .filter(move |signal| bits & signal.bit() != 0)
    }
}
