//! Rules of users, and files of them: whatever is taken is shown so that it reads back the same.

use std::sync::OnceLock;

use russet_command::Registry;

use crate::acl::selector::Channels;
use crate::acl::{Rulebook, Users, file};
use crate::core::Handler;
use crate::registry;

/// Applies each line of the input as a rule of ACL SETUSER, or of ACL SETROLE if it begins with
/// `role `, then reads back what a file would hold.
pub fn rules(data: &[u8]) {
    let book = book();
    let mut users = Users::default();
    for rule in data.split(|&byte| byte == b'\n') {
        let _ = match rule.strip_prefix(b"role ") {
            Some(rule) => users.set_role(b"reader", [rule], &book).map(drop),
            None => users.set(b"alice", [rule], &book).map(drop),
        };
    }
    reads_back(&users);
}

/// Reads the input as a file of users, then reads back what would be written of it.
pub fn users(data: &[u8]) {
    if let Ok(users) = file::read(data, "users.acl", &book()) {
        reads_back(&users);
    }
}

fn reads_back(users: &Users) {
    let text = file::write(users);
    let again = file::read(&text, "users.acl", &book());
    let again = again.map_err(|errors| String::from_utf8_lossy(&errors).into_owned());
    let again = again.expect("what is written of users can be read");
    assert_eq!(file::write(&again), text, "users are the same again");
}

fn book() -> Rulebook<'static, Handler> {
    static TABLE: OnceLock<Registry<Handler>> = OnceLock::new();
    Rulebook {
        table: TABLE.get_or_init(|| registry::commands(&[])),
        channels: Channels::by_default(false),
    }
}
