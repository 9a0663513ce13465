//! Certificates: whom a client's names, and when those of the server are read again.
//!
//! Always true: names are compared whole, byte by byte.
//! Not here: reading and checking certificates — the loop; settings — `config/table.rs`.

use std::sync::Arc;

use russet_io::{Job, LogLevel, Origin, Outcome, Transport};

use crate::acl::User;
use crate::core::Core;
use crate::machines::Machine;
use crate::node::Node;

impl Node {
    /// The user that a client's certificate names. One that does not exist or is off leaves the
    /// client who it is.
    pub(crate) fn certified_user(&self, origin: &Origin) -> Option<Arc<User>> {
        let Transport::Tls { peer_names } = &origin.transport else {
            return None;
        };
        let users = &self.core.acl.users;
        let mut named = peer_names.iter().filter_map(|name| users.find(name));
        named.find(|user| user.is_enabled()).map(Arc::clone)
    }

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
    /// The files were read again, or not: then the old certificates stay.
    pub(crate) fn end_tls_reload(&mut self, outcome: &Outcome) {
        if let Some(reason) = outcome.failure() {
            let line = format!("Failed to reload TLS certificates: {reason}");
            self.outbox.log(LogLevel::Warning, line);
        }
    }
}
