//! Steps of a migration that need the core: connections, and bytes on their way.
//!
//! Not here: the migration — `migrate.rs`; the effects of its end — `control/migrate.rs`.

use russet_io::{ConnId, Dial, Job, Role, Transport};

use crate::core::Core;
use crate::links::Target;
use crate::machines::Machine;
use crate::migrate::{End, Next};

/// No client: a dial answers nobody by itself.
const NOBODY: ConnId = ConnId {
    index: u32::MAX,
    generation: 0,
};

impl Core {
    /// Does what a migration needs next; gives back its end.
    pub(crate) fn follow_migration(&mut self, next: Next) -> Option<End> {
        match next {
            Next::Wait(migrate) => self.migrating = Some(migrate),
            Next::Send(migrate, bytes) => {
                if let Some(link) = migrate.link() {
                    self.outgoing.output(link).extend_shared(bytes.into());
                    self.outgoing.settle(link);
                }
                self.migrating = Some(migrate);
            }
            Next::Dial(migrate) => {
                let plan = migrate.plan();
                // COMPAT: a server of a cluster that speaks TLS is spoken to in TLS.
                let transport = match self.config.tls_cluster {
                    true => Transport::tls(),
                    false => Transport::Plain,
                };
                let dial = dial(&plan.target, transport, plan.timeout_us / 1_000);
                self.outbox
                    .start_for(NOBODY, Job::Dial(dial), Machine::Dial);
                self.migrating = Some(migrate);
            }
            Next::End(end) => return Some(*end),
        }
        None
    }
}

fn dial((host, port): &Target, transport: Transport, timeout_ms: u64) -> Dial {
    Dial {
        host: host.clone(),
        port: *port,
        role: Role::Client,
        transport,
        source: String::new(),
        timeout_ms,
    }
}
