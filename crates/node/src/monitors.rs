//! Monitors: clients that see each request of any client as it runs (MONITOR).
//!
//! ```text
//!  run_one ─► invoke ─► reply ─┐
//!  EXEC    ─► invoke ─► reply ─┴─► +1704067200.000000 [0 127.0.0.1:50000] "set" "k" "v"
//!                                     └─ encoded once, for all monitors ─► outgoing.deliver
//! ```
//! A line tells the database that is selected behind the request. A request that waits is shown
//! when it begins to. Refused requests are not shown, nor are those of commands that are
//! administrative or have the flag `skip_monitor`, nor anything while data is loaded.
//!
//! Always true: no line holds a password.
//! Always true: a monitor sees its own request behind the reply to it.
//! Not here: which arguments are hidden — `secrets.rs`; the command — `control/server.rs`; what a
//! monitor may ask for — `gate.rs`.

use std::io::Write;

use bytes::Bytes;
use russet_base::quote::quote_into;
use russet_command::Flags;
use russet_command::registry::CommandId;
use russet_io::{Address, ConnId};
use russet_resp::Args;

use crate::core::Core;
use crate::secrets::{REDACTED, Secrets};
use crate::session::{Replies, Session, Sessions};

/// The connections that monitor.
#[derive(Debug, Default)]
pub(crate) struct Monitors {
    conns: Vec<ConnId>,
}

impl Monitors {
    /// Whether nobody monitors.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.conns.is_empty()
    }
}

impl Core {
    /// Lets a session see all requests from now on.
    pub(crate) fn begin_monitoring(&mut self, session: &mut Session) {
        session.set_monitor(true);
        self.monitors.conns.push(session.conn);
    }

    /// Lets a session see no more requests.
    pub(crate) fn end_monitoring(&mut self, session: &mut Session) {
        if session.is_monitor() {
            session.set_monitor(false);
            self.monitors.conns.retain(|conn| *conn != session.conn);
        }
    }

    /// Shows a request that has run, or waits, to all monitors.
    #[cold]
    #[inline(never)]
    pub(crate) fn show_to_monitors(
        &mut self,
        sessions: &mut Sessions,
        session: &Session,
        (id, args): (CommandId, &Args<'_>),
    ) {
        let flags = self.commands.get(id).spec.flags;
        if !flags.has_any(Flags::ADMIN.with(Flags::SKIP_MONITOR)) {
            self.show_anyway(sessions, session, (id, args));
        }
    }

    /// Shows a request, whatever its flags.
    #[cold]
    pub(crate) fn show_anyway(
        &mut self,
        sessions: &mut Sessions,
        session: &Session,
        (id, args): (CommandId, &Args<'_>),
    ) {
        if self.loading.is_some() {
            return;
        }
        let command = self.commands.get(id);
        let secrets = Secrets::of(&command.full_name, args);
        let from = match self.scripts.is_within {
            true => Asker::Script,
            false => Asker::Client(&session.origin.address),
        };
        let line = line((self.now.wall_us, session.db), from, args, &secrets);
        let line = Bytes::from(line);
        // Messages of this request stand before its line.
        self.deliver_gathered();
        let Self {
            monitors, outgoing, ..
        } = self;
        for &conn in &monitors.conns {
            let is_silent = match sessions.get_mut(conn) {
                Some(monitor) => monitor.replies == Replies::Off,
                // It is the session that runs.
                None => session.replies.are_dropped(),
            };
            if !is_silent {
                outgoing.deliver(conn, &line);
            }
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy)]
enum Asker<'f> {
    /// A client with this address.
    Client(&'f Address),
    /// A script.
    Script,
}

/// The line about a request.
fn line(
    (wall_us, db): (i64, usize),
    from: Asker<'_>,
    args: &Args<'_>,
    secrets: &Secrets,
) -> Vec<u8> {
    let mut line = Vec::with_capacity(64 + args.size());
    let (seconds, micros) = (wall_us.div_euclid(1_000_000), wall_us.rem_euclid(1_000_000));
    // Nothing is lost: memory takes all that is written to it.
    let _ = write!(line, "+{seconds}.{micros:06} [{db} ");
    let _ = match from {
        Asker::Client(Address::Tcp { peer, .. }) => write!(line, "{peer}]"),
        Asker::Client(Address::Unix { path }) => write!(line, "unix:{path}]"),
        Asker::Script => write!(line, "lua]"),
    };
    for (at, arg) in args.iter().enumerate() {
        line.push(b' ');
        match secrets.has(at) {
            true => quote_into(REDACTED, &mut line),
            false => quote_into(arg, &mut line),
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use russet_resp::ArgBuf;

    use super::*;

    fn shown(address: Address, wall_us: i64, words: &[&[u8]]) -> String {
        let request = ArgBuf::from_slices(words);
        let from = Asker::Client(&address);
        let line = line((wall_us, 3), from, &request.args(), &Secrets::default());
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_line_tells_time_database_address_and_arguments() {
        let tcp = |peer: &str| Address::Tcp {
            peer: peer.parse().unwrap(),
            local: "127.0.0.1:6379".parse().unwrap(),
        };
        let path = "/run/a b.sock".to_owned();
        assert_eq!(
            shown(
                tcp("127.0.0.1:50000"),
                1_700_000_000_000_042,
                &[b"get", b"k"]
            ),
            "+1700000000.000042 [3 127.0.0.1:50000] \"get\" \"k\"\r\n"
        );
        assert_eq!(
            shown(
                tcp("[::1]:7"),
                1_999_999,
                &[b"SET", b"", b"\"\\\n\r\t\x07\x08\x00\xff~"]
            ),
            "+1.999999 [3 [::1]:7] \"SET\" \"\" \"\\\"\\\\\\n\\r\\t\\a\\b\\x00\\xff~\"\r\n"
        );
        assert_eq!(
            shown(Address::Unix { path }, 0, &[b"PING"]),
            "+0.000000 [3 unix:/run/a b.sock] \"PING\"\r\n"
        );
    }
}
