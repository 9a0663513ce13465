//! Running a script that is watched: from stop to stop, by the commands of its client.
//!
//! Always true: the unit is open meanwhile, so that nobody else changes data; a client that goes
//! lets its script run to the end.
//! Not here: breakpoints and lines — `debugger.rs`

use russet_resp::{ArgBuf, Args, wire};
use russet_script::{CallContext, Halt, Progress, ScriptHost};

use super::debugger::UNKNOWN;
use super::host::Host;
use super::run::Run;
use crate::core::Core;
use crate::run::decode_apart;
use crate::session::{Session, Sessions};

/// How many instructions run between two looks at time and at others.
const BUDGET: u64 = 20_000;

impl Run {
    /// Whether it waits for a command of its client.
    pub(crate) fn waits_for_debugger(&self) -> bool {
        self.debugger
            .as_ref()
            .is_some_and(|debugger| debugger.waits)
    }

    /// Runs to the next stop, or to the end of a slice.
    pub(super) fn step_watched(&mut self, host: &mut Host<'_>) -> Progress {
        loop {
            let halt = self.engine.step_line(host, BUDGET);
            let Some(debugger) = host.debugger.as_deref_mut() else {
                return Progress::Paused;
            };
            for message in self.engine.take_messages() {
                let line = format!("<debug> line {}: ", message.line);
                debugger.say([line.as_bytes(), &message.text].concat());
            }
            match halt {
                Halt::Done => {
                    debugger.say("<endsession>");
                    return Progress::Done;
                }
                Halt::Paused => return Progress::Paused,
                Halt::Line(line) => {
                    let breaks = self.engine.take_breakpoint();
                    if debugger.reaches(line, breaks) {
                        return Progress::Paused;
                    }
                }
            }
        }
    }

    /// Does what the client asks for where the script has stopped.
    pub(super) fn obey(&mut self, host: &mut Host<'_>, request: Args<'_>) {
        let Some(debugger) = host.debugger.as_deref_mut() else {
            return;
        };
        let name = request.get(0).unwrap_or_default().to_ascii_lowercase();
        match &name[..] {
            b"h" | b"help" => debugger.show_help(),
            b"s" | b"step" | b"n" | b"next" => debugger.resume(true),
            b"c" | b"continue" => debugger.resume(false),
            b"l" | b"list" => debugger.list_asked(request),
            b"w" | b"whole" => debugger.list_all(),
            b"b" | b"break" => debugger.change_breakpoints(request),
            b"t" | b"trace" => debugger.show_trace(&self.engine.trace()),
            b"m" | b"maxlen" => debugger.change_cut(request),
            b"a" | b"abort" => {
                debugger.resume(false);
                self.engine.kill("script aborted for user request");
            }
            b"p" | b"print" => match request.get(1) {
                None => {
                    let locals = self.engine.locals();
                    if locals.is_empty() {
                        debugger.say("No local variables in the current context.");
                    }
                    for (name, value) in locals {
                        debugger.say_value(&[b"<value> ", &name[..], b" = "].concat(), &value);
                    }
                }
                Some(name) => match self.engine.variable(name) {
                    Some(value) => debugger.say_value(b"<value> ", &value),
                    None => debugger.say("No such variable."),
                },
            },
            b"e" | b"eval" => {
                let words: Vec<&[u8]> = request.skip(1).iter().collect();
                let code = words.join(&b' ');
                debugger.steps = true;
                let shown = self.engine.evaluate(&code, host, 10 * BUDGET);
                if let Some(debugger) = host.debugger.as_deref_mut() {
                    debugger.steps = false;
                    match shown {
                        Ok(value) => debugger.say_value(b"<retval> ", &value),
                        Err(text) => debugger.say([b"<error> ", &text[..]].concat()),
                    }
                }
            }
            b"r" | b"redis" if request.len() > 1 => {
                debugger.steps = true;
                let context = CallContext {
                    protocol: russet_resp::Protocol::Resp2,
                    to_aof: true,
                    to_replicas: true,
                    is_protected: true,
                };
                host.call(request.skip(1), context, &mut Vec::new());
                if let Some(debugger) = host.debugger.as_deref_mut() {
                    debugger.steps = false;
                }
            }
            _ => debugger.say(UNKNOWN),
        }
    }

    /// Does what its client has asked for since it stopped, until it goes on.
    pub(super) fn debug(
        &mut self,
        core: &mut Core,
        sessions: &mut Sessions,
        session: &mut Session,
    ) {
        while self.waits_for_debugger() {
            let Some(request) = Self::next_request(core, session) else {
                break;
            };
            let work = |run: &mut Self, host: &mut Host<'_>| run.obey(host, request.args());
            self.with_host(core, sessions, session, work);
            if self.waits_for_debugger() {
                self.send_lines(core, session);
            }
            if std::mem::take(&mut session.paused) {
                core.outgoing.resume.push(session.conn);
            }
        }
    }

    /// The next request of the client that debugs, if it has sent one.
    pub(super) fn next_request(core: &mut Core, session: &mut Session) -> Option<ArgBuf> {
        if session.deferred.is_empty() {
            // PERF: by the function of the batches, as a second caller of the decoder would make
            // every request of any client pay for a call.
            decode_apart(core, session);
        }
        session.deferred.pop_front()
    }

    /// Sends the lines that the client has not got.
    pub(crate) fn send_lines(&mut self, core: &mut Core, session: &Session) {
        let Some(debugger) = &mut self.debugger else {
            return;
        };
        if debugger.lines.is_empty() {
            return;
        }
        let mut reply = core.outgoing.reply(session.conn, session.protocol);
        reply.array(debugger.lines.len());
        for line in debugger.lines.drain(..) {
            let mut wire = vec![wire::SIMPLE];
            wire.extend_from_slice(&line);
            wire.extend_from_slice(wire::CRLF);
            reply.raw(&wire);
        }
    }
}
