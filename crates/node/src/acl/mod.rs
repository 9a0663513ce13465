//! Users and their rights (ACL).
//!
//! ```text
//!  rules ─► rule ─► user, role ─► selectors: commands · keys · channels · databases
//!                    │
//!  request ─► permission: a selector that allows all of it, or the reason why none does
//! ```
//! This room knows neither the core nor a session. A user is a value that does not change, shared
//! by count; a session has its user, and gets another one when rules change.
//!
//! Always true: passwords are kept as digests only.
//! Not here: the order of checks — `gate.rs`; users of sessions — `permissions.rs`; the commands —
//! `control/acl.rs`, `control/connection.rs`.

mod commands;
mod databases;
pub(crate) mod declared;
pub(crate) mod digest;
pub(crate) mod file;
pub(crate) mod log;
mod pattern;
pub(crate) mod permission;
pub(crate) mod role;
pub(crate) mod rule;
pub(crate) mod selector;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub(crate) mod user;
pub(crate) mod users;
mod words;

use log::AclLog;
use russet_command::Registry;
pub(crate) use user::{Rulebook, User};
pub(crate) use users::{Changed, Users};

use crate::config::Config;

/// All users, and what was refused to them.
#[derive(Debug)]
pub(crate) struct Acl {
    /// All users.
    pub users: Users,
    /// A change of the default user that its sessions do not know yet.
    pub unsettled: Option<Changed>,
    /// Requests and passwords that were refused.
    pub log: AclLog,
    /// How many random blocks ACL GENPASS has drawn.
    pub drawn: u64,
}

impl Acl {
    /// The users of a configuration, to whom nothing was refused.
    ///
    /// # Panics
    /// When the users are wrong, which `check_users` finds out before.
    pub(crate) fn configured<H>(config: &Config, table: &Registry<H>) -> Self {
        let users = store::configured(config, table);
        Self {
            users: users.expect("who loaded the configuration has checked its users"),
            unsettled: None,
            log: AclLog::default(),
            drawn: 0,
        }
    }
}
