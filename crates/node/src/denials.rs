//! Logins and refusals: counted, logged, and answered.
//!
//! Always true: every refusal is counted once, and stands in ACL LOG under the user to whom it
//! happened.
//! Not here: whether something is refused — `acl/permission.rs`, asked by `gate.rs`; what follows
//! when a user changes — `permissions.rs`.

use std::sync::Arc;

use russet_command::CommandError;
use russet_command::registry::CommandId;
use russet_resp::Args;

use crate::acl::Rulebook;
use crate::acl::log::{Context, Refusal};
use crate::acl::permission::{Denial, Reason};
use crate::acl::selector::Channels;
use crate::acl::users::DEFAULT;
use crate::control::client::describe::{Names, describe};
use crate::core::{Core, Handler};
use crate::session::Session;

impl Core {
    /// The tables that rules are read with.
    pub(crate) fn rulebook(&self) -> Rulebook<'_, Handler> {
        Rulebook {
            table: &self.commands,
            channels: Channels::by_default(self.config.acl_pubsub_default),
        }
    }

    /// Lets a session be the user whose credentials these are; others are counted and logged. The
    /// command is as the client wrote it.
    pub(crate) fn log_in(
        &mut self,
        session: &mut Session,
        (name, password): (&[u8], &[u8]),
        command: &[u8],
    ) -> bool {
        if let Some(user) = self.acl.users.authenticate(name, password) {
            session.log_in(Arc::clone(user));
            self.follow_rights(session);
            return true;
        }
        let context = match session.multi() {
            Some(_) => Context::Multi,
            None => Context::TopLevel,
        };
        let refusal = Refusal {
            reason: Reason::Auth,
            context,
            object: command.into(),
            user: name.into(),
        };
        self.note_refusal(session, refusal);
        false
    }

    /// Lets a session be the default user, as if it had just connected.
    pub(crate) fn log_out(&mut self, session: &mut Session) {
        session.log_out(Arc::clone(self.acl.users.default_user()));
        self.follow_rights(session);
    }

    /// Takes over which user a session has: its limits, and what it may hear of.
    pub(crate) fn follow_rights(&mut self, session: &mut Session) {
        self.follow_subscriptions(session);
        if let Some(tracker) = self.tracking.get_mut(session.conn) {
            tracker.user = session.restricted_user();
        }
    }

    /// Counts and logs that a session's user may not do something, and gives the error.
    #[cold]
    pub(crate) fn deny(
        &mut self,
        session: &mut Session,
        (id, args): (CommandId, &Args<'_>),
        denial: Denial,
        context: Context,
    ) -> CommandError {
        session.last_command = Some(id);
        let name = session.user().map_or(DEFAULT, |user| &user.name).to_vec();
        let command = &self.commands.get(id).full_name;
        let error = match denial.reason {
            Reason::Key => CommandError::text("NOPERM No permissions to access a key"),
            Reason::Channel => CommandError::text("NOPERM No permissions to access a channel"),
            Reason::Database => CommandError::text("NOPERM No permissions to access database"),
            Reason::Command | Reason::Auth | Reason::Certificate => CommandError::quoting(&[
                b"NOPERM User ",
                &name,
                b" has no permissions to run the '",
                command.as_bytes(),
                b"' command",
            ]),
        };
        let object = match denial.reason {
            Reason::Command => command.as_bytes(),
            // The selected database has no argument of its own.
            Reason::Database if denial.at == 0 => command.as_bytes(),
            _ => &args[denial.at],
        };
        let refusal = Refusal {
            reason: denial.reason,
            context,
            object: object.into(),
            user: name.into(),
        };
        self.note_refusal(session, refusal);
        error
    }

    /// Counts a refusal, and adds it to ACL LOG.
    pub(crate) fn note_refusal(&mut self, session: &Session, refusal: Refusal) {
        let stats = &mut self.stats;
        let count = match refusal.reason {
            Reason::Auth => &mut stats.denied_auth,
            Reason::Certificate => &mut stats.denied_certificate,
            Reason::Command => &mut stats.denied_command,
            Reason::Key => &mut stats.denied_key,
            Reason::Channel => &mut stats.denied_channel,
            Reason::Database => &mut stats.denied_database,
        };
        *count += 1;
        let len_max = usize::try_from(self.config.acllog_max_len).unwrap_or(usize::MAX);
        let mut log = std::mem::take(&mut self.acl.log);
        let client = || {
            let mut line = String::new();
            describe(self, session, Names::Shown, &mut line);
            line.truncate(line.trim_end().len());
            line
        };
        log.push(refusal, client, self.now.wall_ms(), len_max);
        self.acl.log = log;
    }
}

/// The error of a queued command that its user may not run any more.
#[cold]
pub(crate) fn no_longer(denial: Denial) -> CommandError {
    let reason = match denial.reason {
        Reason::Command => "no permission to execute the command or subcommand",
        Reason::Key => "no permission to touch the specified keys",
        Reason::Channel => "no permission to access one of the channels used as arguments",
        Reason::Auth | Reason::Certificate | Reason::Database => "no permission",
    };
    let text = format!(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC \
         call. This command is no longer allowed for the following reason: {reason}"
    );
    CommandError::Text(text.into())
}
