//! Completions: jobs that ended and what other servers said, taken by the machines that await them.
//!
//! ```text
//!  completed(job) ─► its machine steps ─┬─ another job ─► waits on
//!                                       └─ the end ─► reply ─► the session, or its EXEC, goes on
//!  opened, received, hung_up, deadline ─► the migration steps ─► send · dial · wait · end
//! ```
//! Always true: a client that has gone gets no reply, but what it began is brought to its end.
//! Not here: machines — `machines.rs`, `migrate.rs`; holding all others — `open_unit.rs`.

use russet_command::CommandError;
use russet_io::ConnId;
use russet_resp::Mark;

use crate::block::{self, end_request, fail, release_postponed};
use crate::changes::Step;
use crate::control::{self, migrate};
use crate::core::Core;
use crate::exec;
use crate::machines::Machine;
use crate::migrate::{Input, Migrate};
use crate::node::Node;
use crate::open_unit::OpenUnit;
use crate::outgoing::Class;
use crate::permissions;
use crate::session::{For, Session, State};

/// The reply of a command that had to wait.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It succeeded.
    Ok,
    /// It failed.
    Error(CommandError),
    /// Its script is done, and has the reply.
    Script,
}

impl From<Option<CommandError>> for Answer {
    fn from(error: Option<CommandError>) -> Self {
        error.map_or(Self::Ok, Self::Error)
    }
}

impl Node {
    /// Lets machines take what has ended.
    pub(crate) fn finish_jobs(&mut self) {
        while let Some((conn, machine, outcome)) = self.core.outbox.next_finished() {
            let step = match machine {
                Machine::ConfigChange(change) => {
                    let progress = change.step(&outcome, &mut self.core.config);
                    let step = self.core.follow(conn, progress);
                    permissions::settle(&mut self.core, &mut self.sessions, None);
                    step
                }
                Machine::Acl(job) => {
                    let (core, sessions) = (&mut self.core, &mut self.sessions);
                    Step::End(control::acl::finish(core, sessions, job, outcome))
                }
                Machine::Rewrite(rewrite) => Step::End(self.core.end_rewrite(rewrite, &outcome)),
                Machine::Dump => {
                    if let Some((purpose, result)) = self.core.end_dump(outcome) {
                        self.follow_dump(purpose, result);
                    }
                    continue;
                }
                Machine::Load(file) => {
                    if let Some(ended) = self.step_loading(file, outcome) {
                        self.follow_load(ended);
                    }
                    continue;
                }
                Machine::Aof(job) => {
                    self.step_aof(job, outcome);
                    continue;
                }
                Machine::Backup(job) => {
                    for (conn, error) in self.core.follow_backup_task(job, outcome) {
                        self.end_wait(conn, error);
                    }
                    continue;
                }
                Machine::Tls => {
                    self.core.end_tls_reload(&outcome);
                    continue;
                }
                Machine::Dial => {
                    if let Some(failure) = outcome.failure() {
                        self.step_migration(Input::Failed(failure));
                    }
                    continue;
                }
            };
            match step {
                Step::Waits(waits_for) => self.wait_on(conn, waits_for),
                Step::End(result) => self.end_wait(conn, result.err()),
            }
        }
    }

    /// Lets the migration take what arrived on connections, and what came too late.
    pub(crate) fn run_links(&mut self) {
        for (conn, bytes) in self.core.links.take_arrived() {
            if self.core.migrating.as_ref().and_then(Migrate::link) == Some(conn) {
                self.step_migration(Input::Received(&bytes));
            }
        }
        for (conn, is_sent) in self.core.links.take_lost() {
            if self.core.migrating.as_ref().and_then(Migrate::link) == Some(conn) {
                self.step_migration(Input::HungUp(is_sent));
            }
        }
        let deadline_us = self.core.migrating.as_ref().and_then(Migrate::deadline_us);
        if deadline_us.is_some_and(|at_us| at_us <= self.core.now.mono_us) {
            let link = self.core.migrating.as_ref().and_then(Migrate::link);
            let is_sent = link.is_none_or(|link| self.core.outgoing.is_empty(link));
            self.step_migration(Input::TimedOut(is_sent));
        }
    }

    /// A connection was made that the migration asked for.
    pub(crate) fn link_opened(&mut self, conn: ConnId) -> bool {
        let Some(Migrate::Dialing { plan, .. }) = &self.core.migrating else {
            return false;
        };
        let target = plan.target.clone();
        self.core.links.opened(conn, target, self.core.now.mono_us);
        self.core.outgoing.open(conn, Class::Peer);
        self.step_migration(Input::Connected(conn, None));
        true
    }

    fn step_migration(&mut self, input: Input<'_>) {
        let Some(migrate) = self.core.migrating.take() else {
            return;
        };
        let next = migrate.step(input, self.core.now.mono_us);
        if let Some(end) = self.core.follow_migration(next) {
            let Some(conn) = self.core.open.as_ref().map(|open| open.conn) else {
                return;
            };
            let error = migrate::finish(&mut self.core, &end);
            self.end_wait(conn, error);
        }
    }

    /// Sets another condition that a session waits for.
    fn wait_on(&mut self, conn: ConnId, waits_for: For) {
        if let Some(open) = self.core.open.as_mut().filter(|open| open.conn == conn) {
            open.waits_for = waits_for;
        }
        if let Some(session) = self.sessions.get_mut(conn)
            && let State::Waits(what) = &mut session.state
        {
            *what = waits_for;
        }
    }

    /// Ends the wait of a session: it gets its reply and goes on.
    pub(crate) fn end_wait(&mut self, conn: ConnId, answer: impl Into<Answer>) {
        let open = match &self.core.open {
            Some(open) if open.conn == conn => self.core.open.take(),
            _ => None,
        };
        let is_open = open.is_some();
        let (exec, orphan) = match open {
            Some(open) => (open.exec, open.orphan),
            None => (None, None),
        };
        let is_orphan = orphan.is_some();
        let Some(mut session) = orphan.or_else(|| self.sessions.take(conn)) else {
            // What it began is done all the same.
            if is_open {
                self.close_unit();
            }
            return block::settle(&mut self.core, &mut self.sessions);
        };
        let before = self.core.outgoing.begin(conn);
        let mark = self.core.outgoing.output(conn).mark();
        self.core.answer(&session, answer.into(), mark);
        session.end_wait(self.core.now);
        let left = exec.and_then(|rest| {
            if session.replies.are_dropped() {
                self.core.outgoing.output(conn).rollback(mark);
            }
            exec::run(&mut self.core, &mut self.sessions, &mut session, rest)
        });
        match left {
            Some((waits_for, rest)) => {
                let mut open = OpenUnit::new(conn, waits_for, Some(rest));
                match is_orphan {
                    true => open.orphan = Some(session),
                    false => {
                        session.state = State::Waits(waits_for);
                        self.sessions.put(session);
                    }
                }
                self.core.outgoing.end(before);
                return self.core.set_open(Some(open));
            }
            None => end_request(&mut self.core, &mut session, mark),
        }
        self.core.outgoing.end(before);
        match is_orphan {
            true => self.forget(*session),
            false => self.sessions.put(session),
        }
        if is_open {
            self.close_unit();
        }
        block::settle(&mut self.core, &mut self.sessions);
        self.core.outgoing.note_written(conn);
        self.core.outgoing.settle(conn);
    }

    /// The open unit has ended: all others go on.
    fn close_unit(&mut self) {
        self.core.set_open(None);
        release_postponed(&mut self.core, &mut self.sessions);
        self.core.end_if_asked();
    }
}

impl Core {
    /// Writes the reply of a command that had to wait.
    fn answer(&mut self, session: &Session, answer: Answer, mark: Mark) {
        match answer {
            Answer::Script => self.end_script(session, mark),
            Answer::Error(error) => {
                if let Some(id) = session.last_command {
                    self.stats.failed(id);
                }
                fail(self, session, &error);
            }
            Answer::Ok => self.outgoing.reply(session.conn, session.protocol).ok(),
        }
    }
}
