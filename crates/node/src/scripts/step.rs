//! Running a script or function: begun by a command, paused and gone on with, ended with a reply.
//!
//! Always true: at its end the session is as it was, whatever the script selected.
//! Not here: what its commands may do — `rules.rs`; the turn — `service.rs`

use russet_command::registry::Recent;
use russet_io::{ConnId, LogLevel};
use russet_resp::{Mark, Reply};
use russet_script::Progress;

use super::host::Host;
use super::run::Run;
use crate::block::release_postponed;
use crate::complete::Answer;
use crate::core::Core;
use crate::node::Node;
use crate::session::{For, Session, Sessions};
use crate::stats::Meter;

/// How many instructions run in a turn, about a millisecond.
const BUDGET: u64 = 100_000;

impl Run {
    /// Lets it end with an error that nothing in it catches.
    pub(crate) fn kill(&mut self, core: &mut Core) {
        let killer = self.what.killer();
        let line = format!("Lua script killed by user with {killer}.");
        core.outbox.log(LogLevel::Notice, line);
        self.engine
            .kill(&format!("Script killed by user with {killer}."));
        if let Some(debugger) = &mut self.debugger {
            debugger.resume(false);
        }
    }

    /// Runs a part of it, whose commands are those of the session that runs.
    pub(crate) fn step(
        &mut self,
        core: &mut Core,
        sessions: &mut Sessions,
        session: &mut Session,
    ) -> Progress {
        self.with_host(core, sessions, session, |run, host| match host.debugger {
            Some(_) => run.step_watched(host),
            None => run.engine.step(host, BUDGET),
        })
    }

    /// Lets something be done to the script with the session that runs as its host.
    pub(super) fn with_host<T>(
        &mut self,
        core: &mut Core,
        sessions: &mut Sessions,
        session: &mut Session,
        work: impl FnOnce(&mut Self, &mut Host<'_>) -> T,
    ) -> T {
        let of_client = (session.protocol, session.db);
        session.db = self.db;
        let capture = core.outgoing.begin_capture();
        core.scripts.is_within = true;
        // PERF: most commands of scripts are brief, and seldom measured.
        let meter = core.meter_at_rest();
        let mut rules = std::mem::take(&mut self.rules);
        let mut debugger = self.debugger.take();
        let mut host = Host {
            core,
            sessions,
            session,
            rules: &mut rules,
            meter,
            recent: Recent::default(),
            has_run: false,
            debugger: debugger.as_deref_mut(),
        };
        let done = work(self, &mut host);
        (self.rules, self.debugger) = (rules, debugger);
        core.scripts.is_within = false;
        core.scripts.is_silent = false;
        core.outgoing.end_capture(capture);
        self.db = session.db;
        (session.protocol, session.db) = of_client;
        done
    }

    /// Writes the reply, once it is done.
    pub(crate) fn finish(mut self, core: &mut Core, session: &Session) {
        let output = core.outgoing.output(session.conn);
        let mut reply = Reply::new(output, session.protocol);
        let errors = self.engine.finish(&mut reply);
        core.scripts.engines.put(self.what, self.engine);
        if errors.count > 0 {
            core.stats.failed(self.command);
        }
        for line in errors.new {
            core.stats.error(&String::from_utf8_lossy(&line));
        }
    }
}

impl Core {
    /// The script of the command that is measured goes on in the next turns.
    pub(crate) fn suspend_script(&mut self, meter: &mut Meter) {
        if let Some(run) = &mut self.scripts.run
            && meter.has_own()
        {
            run.took_ns = meter.suspend();
        }
    }

    /// Ends the script that runs, since the server is to end, unless it has written.
    pub(crate) fn kill_for_end(&mut self) {
        if let Some(mut run) = self.scripts.run.take() {
            if !run.rules.has_written {
                run.kill(self);
            }
            self.scripts.run = Some(run);
        }
    }

    /// Writes the reply of the script that went on over several turns, behind the mark.
    pub(crate) fn end_script(&mut self, session: &Session, mark: Mark) {
        let Some(mut run) = self.scripts.run.take() else {
            return;
        };
        let request = std::mem::take(&mut run.request);
        let (command, took_ns) = (run.command, run.took_ns);
        run.finish(self, session);
        let asked = (command, &request.args());
        self.end_suspended(session, asked, (took_ns, mark));
    }
}

impl Node {
    /// Goes on with the script whose unit is open.
    #[cold]
    pub(crate) fn step_script(&mut self) {
        let Some(open) = &mut self.core.open else {
            return;
        };
        if open.waits_for != For::Script {
            return;
        }
        let (conn, orphan) = (open.conn, open.orphan.take());
        let is_orphan = orphan.is_some();
        let Some(mut session) = orphan.or_else(|| self.sessions.take(conn)) else {
            return;
        };
        let Some(mut run) = self.core.scripts.run.take() else {
            return;
        };
        let before = self.core.outgoing.begin(conn);
        let view = self.core.look_as(&session);
        let now = std::mem::replace(&mut self.core.now, run.now);
        self.core.keyspace.freeze(run.now.wall_ms());
        let begun_ns = self.core.stopwatch_ns();
        if is_orphan {
            run.debugger = None;
        }
        run.debug(&mut self.core, &mut self.sessions, &mut session);
        let progress = match run.waits_for_debugger() {
            true => Progress::Paused,
            false => run.step(&mut self.core, &mut self.sessions, &mut session),
        };
        run.send_lines(&mut self.core, &session);
        let is_watched = run.debugger.is_some();
        run.took_ns += self.core.stopwatch_ns().saturating_sub(begun_ns);
        self.core.now = now;
        self.core.keyspace.freeze(now.wall_ms());
        self.core.look_as_before(view);
        self.core.outgoing.end(before);
        match (is_orphan, &mut self.core.open) {
            (true, Some(open)) => open.orphan = Some(session),
            _ => self.sessions.put(session),
        }
        if progress == Progress::Paused {
            self.note_busy(&mut run);
        }
        self.core.scripts.run = Some(run);
        if progress == Progress::Done {
            self.end_wait(conn, Answer::Script);
        }
        if is_watched {
            self.end_debugging(conn, progress);
        }
    }

    /// Lets the lines of a debugger leave; at the end its client is closed, which shows it the end.
    #[cold]
    fn end_debugging(&mut self, conn: ConnId, progress: Progress) {
        if progress == Progress::Done
            && let Some(session) = self.sessions.get_mut(conn)
        {
            session.close();
        }
        self.after(conn);
    }

    /// Lets others be refused once a script takes longer than they can be expected to wait.
    fn note_busy(&mut self, run: &mut Run) {
        let elapsed_ms = self.core.now.mono_ms().saturating_sub(run.now.mono_ms());
        if run.is_busy || elapsed_ms < self.core.config.busy_reply_threshold {
            return;
        }
        run.is_busy = true;
        if let Some(debugger) = run.debugger.as_mut().filter(|debugger| !debugger.waits) {
            (debugger.steps, debugger.is_late) = (true, true);
        }
        let line = format!(
            "Slow script detected: still in execution after {elapsed_ms} milliseconds. You can try \
             killing the script using the {} command. Script name is: {}.",
            run.what.killer(),
            String::from_utf8_lossy(run.name()),
        );
        self.core.outbox.log(LogLevel::Warning, line);
        release_postponed(&mut self.core, &mut self.sessions);
    }
}
