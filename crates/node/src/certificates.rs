//! Certificates: whom a client's names, and when those of the server are read again.
//!
//! Always true: names are compared whole, byte by byte.
//! Always true: a certificate that names nobody who may log in stands in ACL LOG.
//! Not here: reading and checking certificates — the loop; settings — `config/table.rs`.

use std::sync::Arc;

use russet_io::{Job, LogLevel, Outcome, Transport};

use crate::acl::log::{Context, Refusal};
use crate::acl::permission::Reason;
use crate::core::Core;
use crate::machines::Machine;
use crate::node::Node;
use crate::session::Session;

impl Node {
    /// Has the files of TLS read again when that is due.
    pub(crate) fn reload_certificates(&mut self) {
        let now_us = self.core.now.mono_us;
        let period_us = u64::from(self.core.config.tls_auto_reload_interval) * 1_000_000;
        if now_us.saturating_sub(self.turn.certificates_us) < period_us {
            return;
        }
        self.turn.certificates_us = now_us;
        if period_us > 0
            && let Some(settings) = self.core.config.tls_settings()
        {
            let job = Job::Tls(Box::new(settings));
            self.core.outbox.start_apart(job, Machine::Tls);
        }
    }
}

impl Core {
    /// Lets a new session be the user that its certificate names. If it names users and none of
    /// them may log in, that is counted and logged, and the session stays who it is.
    pub(crate) fn log_in_certified(&mut self, session: &mut Session) {
        let Transport::Tls { peer_names } = &session.origin.transport else {
            return;
        };
        let Some(first) = peer_names.first() else {
            return;
        };
        let users = &self.acl.users;
        let mut named = peer_names.iter().filter_map(|name| users.find(name));
        if let Some(user) = named.find(|user| user.is_enabled()) {
            return session.log_in(Arc::clone(user));
        }
        let refusal = Refusal {
            reason: Reason::Certificate,
            context: Context::TopLevel,
            object: Box::default(),
            user: first.clone(),
        };
        self.note_refusal(session, refusal);
    }

    /// The files were read again, or not: then the old certificates stay.
    pub(crate) fn end_tls_reload(&mut self, outcome: &Outcome) {
        if let Some(reason) = outcome.failure() {
            let line = format!("Failed to reload TLS certificates: {reason}");
            self.outbox.log(LogLevel::Warning, line);
        }
    }
}
