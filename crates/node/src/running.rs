//! The request that runs: where it lies, for a report of a crash.
//!
//! ```text
//!  run.rs ─► begin(session) ─► runs(request) … ─► end     crash ─► addresses ─► last_words
//! ```
//! Always true: between `begin` and `end` the session is where its address says, and so is the
//! request between `runs` and the next `runs` or `end`. Nothing in this crate follows them.
//! Not here: who follows them when the process is lost — crate `russet-server`; what is told then —
//! `last_words.rs`.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use russet_resp::Args;

use crate::session::Session;

/// A session, opaque to whoever follows its address.
#[repr(transparent)]
pub struct RunningSession(pub(crate) Session);

/// The addresses of a session and its request; null while none runs.
// Atomic, since a handler of signals reads them; each is written by a plain store.
#[derive(Debug, Default)]
pub(crate) struct Running {
    session: AtomicPtr<RunningSession>,
    args: AtomicPtr<Args<'static>>,
}

impl Running {
    /// Requests of this session run from now on.
    #[inline]
    pub(crate) fn begin(&self, session: &Session) {
        let address = ptr::from_ref(session).cast_mut().cast();
        self.session.store(address, Ordering::Relaxed);
    }

    /// This request runs from now on.
    #[inline]
    pub(crate) fn runs(&self, args: &Args<'_>) {
        let address = ptr::from_ref(args).cast_mut().cast();
        self.args.store(address, Ordering::Relaxed);
    }

    /// No request runs.
    #[inline]
    pub(crate) fn end(&self) {
        self.session.store(ptr::null_mut(), Ordering::Relaxed);
        self.args.store(ptr::null_mut(), Ordering::Relaxed);
    }
    /// Both addresses; null while no request runs.
    pub(crate) fn addresses(&self) -> (*const RunningSession, *const Args<'static>) {
        let session = self.session.load(Ordering::Relaxed);
        (session, self.args.load(Ordering::Relaxed))
    }
}
