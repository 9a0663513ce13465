//! Changes of users, carried over to their sessions.
//!
//! ```text
//!  a user is changed,
//!  or a role it holds ─► each session that has it gets the new one
//!                         unless it hears channels that its user may not use: closed
//!  a user is removed  ─► its sessions are closed
//!  all users are read ─► a session gets the user of the same name, or is closed
//! ```
//! Always true: no session has rights that its user has no longer.
//! Not here: rules — `acl/`; refusals — `denials.rs`; the commands — `control/acl.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use russet_io::{ConnId, LogLevel};

use crate::acl::{Changed, User, Users};
use crate::core::Core;
use crate::pubsub::Kind;
use crate::session::{Session, Sessions};

impl Core {
    /// Says which users of `redis.conf` cannot log in.
    pub(crate) fn name_disabled_users(&mut self) {
        for declared in self.config.declared_users() {
            let user = self.acl.users.find(&declared.name);
            if user.is_some_and(|user| !user.is_enabled()) {
                let line = format!(
                    "The user '{}' is disabled (there is no 'on' modifier in the user \
                     description). Make sure this is not a configuration error.",
                    String::from_utf8_lossy(&declared.name)
                );
                self.outbox.log(LogLevel::Notice, line);
            }
        }
    }

    /// Gives the default user the password of `requirepass`; its sessions get it by [`settle`].
    pub(crate) fn change_default_password(&mut self) {
        let old = Arc::clone(self.acl.users.default_user());
        let user = old.with_password(&self.config.requirepass);
        let new = self.acl.users.put(user);
        let old = Some(old);
        self.acl.unsettled = Some(Changed { old, new });
    }
}

/// Gives sessions the default user as a setting has changed it.
pub(crate) fn settle(core: &mut Core, sessions: &mut Sessions, running: Option<&mut Session>) {
    if let Some(changed) = core.acl.unsettled.take() {
        hand_over(core, sessions, running, &changed);
    }
}

/// Gives the sessions of a user the changed one.
pub(crate) fn hand_over(
    core: &mut Core,
    sessions: &mut Sessions,
    running: Option<&mut Session>,
    changed: &Changed,
) {
    let Some(old) = &changed.old else {
        return;
    };
    let mut change = Carried::new(old, &changed.new);
    if let Some(session) = running
        && !carry_over(core, session, &mut change)
    {
        close(core, session);
    }
    let mut gone: Vec<ConnId> = Vec::new();
    for session in sessions.iter_mut() {
        if !carry_over(core, session, &mut change) {
            gone.push(close(core, session));
        }
    }
    gone.into_iter().for_each(|conn| core.outgoing.kill(conn));
}

/// The change of a user, carried over to each of its sessions.
struct Carried {
    old: Arc<User>,
    new: Arc<User>,
    /// Whether a subscriber may hear what its user may not any more, once somebody had to know:
    /// there may be thousands of rules, and as many subscribers.
    may_lose_channels: Option<bool>,
}

impl Carried {
    fn new(old: &Arc<User>, new: &Arc<User>) -> Self {
        Self {
            old: Arc::clone(old),
            new: Arc::clone(new),
            may_lose_channels: None,
        }
    }

    fn may_lose_channels(&mut self) -> bool {
        let Self { old, new, .. } = self;
        *self
            .may_lose_channels
            .get_or_insert_with(|| !new.may_channels_of(old))
    }
}

/// Gives a session the changed user if it has the old one; false if it hears channels that its user
/// may not use any more.
fn carry_over(core: &mut Core, session: &mut Session, change: &mut Carried) -> bool {
    let user = session.user();
    if !user.is_some_and(|user| Arc::ptr_eq(user, &change.old)) {
        return true;
    }
    let conn = session.conn;
    let is_subscribed = core.pubsub.has(conn);
    if is_subscribed && change.may_lose_channels() && hears_too_much(core, conn, &change.new) {
        return false;
    }
    let is_open = core.acl.users.default_user().is_open();
    session.take_rights(Arc::clone(&change.new), is_open);
    core.follow_rights(session);
    true
}

/// Whether a subscriber hears what its user, as it is now, may not.
fn hears_too_much(core: &Core, conn: ConnId, user: &User) -> bool {
    Kind::ALL.iter().any(|&kind| {
        let names = core.pubsub.names_of(kind, conn);
        let is_pattern = kind == Kind::Pattern;
        !names.iter().all(|name| user.may_channel(name, is_pattern))
    })
}

/// Closes the sessions of a user that is removed; the one that runs, behind its reply.
pub(crate) fn expel(
    core: &mut Core,
    sessions: &mut Sessions,
    running: Option<&mut Session>,
    removed: &Arc<User>,
) {
    let has_it = |session: &Session| {
        session
            .user()
            .is_some_and(|user| Arc::ptr_eq(user, removed))
    };
    if let Some(session) = running.filter(|session| has_it(session)) {
        close(core, session);
    }
    let mut gone: Vec<ConnId> = Vec::new();
    for session in sessions.iter_mut().filter(|session| has_it(session)) {
        gone.push(close(core, session));
    }
    gone.into_iter().for_each(|conn| core.outgoing.kill(conn));
}

/// Puts users in place of all others.
pub(crate) fn replace(core: &mut Core, sessions: &mut Sessions, users: Users) {
    core.acl.users = users;
    let mut changes: BTreeMap<Box<[u8]>, Carried> = BTreeMap::new();
    let mut gone: Vec<ConnId> = Vec::new();
    for session in sessions.iter_mut() {
        let Some(user) = session.user() else {
            continue;
        };
        if !changes
            .get(&user.name)
            .is_some_and(|change| Arc::ptr_eq(&change.old, user))
            && let Some(new) = core.acl.users.find(&user.name)
        {
            changes.insert(user.name.clone(), Carried::new(user, new));
        }
        let change = changes.get_mut(&user.name);
        if !change.is_some_and(|change| carry_over(core, session, change)) {
            gone.push(close(core, session));
        }
    }
    gone.into_iter().for_each(|conn| core.outgoing.kill(conn));
}

/// Takes a session's rights away, and ends its wait.
fn close(core: &mut Core, session: &mut Session) -> ConnId {
    core.log_out(session);
    session.close();
    core.withdraw(session);
    session.conn
}
