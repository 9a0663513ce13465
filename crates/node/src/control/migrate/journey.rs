//! Keys on their way to another server, and what its answer brings about.
//!
//! Always true: a key that was not acknowledged stays, whatever was answered for others.

use std::borrow::Cow;

use russet_command::{CommandError, NotifyClass};
use russet_io::{Exchanged, Job, LinkId, Phase};
use russet_resp::{ArgBuf, Reply, ReplyDecoder, Value};

use crate::core::Core;
use crate::links::{Kept, Target};
use crate::registry::CommandId;
use crate::session::Session;
use crate::unit::{fail, take_late_effects};

/// What is needed when the exchange has ended.
pub(super) struct Journey {
    /// The command, for statistics.
    pub command: Option<CommandId>,
    /// The database that the keys leave.
    pub db: usize,
    /// The keys, in the order of their RESTOREs.
    pub keys: Vec<Vec<u8>>,
    /// Whether they stay here, too.
    pub is_copy: bool,
    /// Whether the client wants no reply.
    pub is_silent: bool,
    /// The other server.
    pub target: Target,
    /// The database there.
    pub target_db: i64,
    /// The link of each attempt, and how many replies come before those to RESTORE.
    pub attempts: Vec<(LinkId, usize)>,
}

/// What the other server said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    /// For each key that was answered, whether it arrived.
    acknowledged: Vec<bool>,
    /// The first error.
    error: Option<String>,
}

/// The error of an exchange that broke off.
pub(super) fn broken_off(phase: Phase) -> CommandError {
    CommandError::text(match phase {
        Phase::Connecting => "IOERR error or timeout connecting to the client",
        Phase::Writing => "IOERR error or timeout writing to target instance",
        Phase::Reading => "IOERR error or timeout reading to target instance",
    })
}

impl Journey {
    /// Deletes what arrived, and answers.
    pub(super) fn finish(self, core: &mut Core, session: Option<&mut Session>, end: &Exchanged) {
        let attempt = self.attempts.get(end.attempt).copied();
        let opening = attempt.map_or(0, |(_, lines)| lines);
        let verdict = read(&end.answer, opening, self.keys.len());
        let is_whole = verdict.acknowledged.len() == self.keys.len();
        let broken = end.broken.or((!is_whole).then_some(Phase::Reading));
        if let Some((link, _)) = attempt {
            let is_usable = end.is_kept && broken.is_none();
            self.note_link(core, (link, end.is_kept), is_usable, &verdict);
        }
        if !self.is_copy {
            self.delete(core, &verdict.acknowledged);
        }
        let error = match (verdict.error, broken) {
            (Some(text), _) => {
                let text = format!("ERR Target instance replied with error: {text}");
                Some(CommandError::Text(Cow::Owned(text)))
            }
            (None, Some(phase)) => Some(broken_off(phase)),
            (None, None) => None,
        };
        self.answer(core, session, error, end.took_us);
    }

    /// Remembers the connection, or that there is none any more.
    fn note_link(
        &self,
        core: &mut Core,
        (link, is_open): (LinkId, bool),
        is_usable: bool,
        verdict: &Verdict,
    ) {
        let gone = if is_usable {
            let kept = Kept {
                link,
                // After an error we cannot tell which one is selected.
                db: verdict.error.is_none().then_some(self.target_db),
                used_ms: core.now.mono_ms(),
            };
            core.links.keep(self.target.clone(), kept)
        } else {
            core.links.forget(&self.target);
            is_open.then_some(link)
        };
        if let Some(gone) = gone {
            core.outbox.start(Job::DropLink(gone));
        }
    }

    /// Deletes the keys that arrived; the log holds one DEL of them all.
    fn delete(&self, core: &mut Core, acknowledged: &[bool]) {
        let mut request: Vec<&[u8]> = vec![b"DEL"];
        for (key, _) in self.keys.iter().zip(acknowledged).filter(|(_, is)| **is) {
            core.keyspace.db(self.db).remove(key);
            let effects = &mut core.effects;
            effects.notify(NotifyClass::GENERIC, "del", self.db, key);
            effects.dirty += 1;
            request.push(key);
        }
        if request.len() > 1 {
            let request = ArgBuf::from_slices(&request);
            take_late_effects(core, self.db, &request.args());
        }
    }

    fn answer(
        &self,
        core: &mut Core,
        session: Option<&mut Session>,
        error: Option<CommandError>,
        took_us: u64,
    ) {
        if let Some(id) = self.command {
            let took = (took_us.saturating_mul(1_000), 1);
            core.stats.took(id, took, core.config.latency_tracking);
            if error.is_some() {
                core.stats.failed(id);
            }
        }
        let Some(session) = session else { return };
        let mark = session.output.mark();
        match error {
            Some(error) => fail(core, session, &error),
            None => Reply::new(&mut session.output, session.protocol).ok(),
        }
        if self.is_silent {
            session.output.rollback(mark);
        }
    }
}

/// Reads an answer: replies to what opened the connection, then one for each of so many keys.
///
/// An error in the opening is one for every key. Bytes that are no replies end the answer.
fn read(answer: &[u8], opening: usize, keys: usize) -> Verdict {
    let mut decoder = ReplyDecoder::new();
    let mut rest = answer;
    let mut next = || decoder.decode(&mut rest).ok().flatten();
    let (mut opened, mut verdict) = (Ok(()), Verdict::default());
    for _ in 0..opening {
        let Some(reply) = next() else {
            return verdict;
        };
        opened = opened.and(told(&reply));
    }
    for _ in 0..keys {
        let Some(reply) = next() else {
            break;
        };
        let arrived = opened.clone().and(told(&reply));
        verdict.acknowledged.push(arrived.is_ok());
        verdict.error = verdict.error.or(arrived.err());
    }
    verdict
}

/// What a reply says: well, or the text of an error.
fn told(reply: &Value) -> Result<(), String> {
    match reply {
        Value::Error(text) | Value::BulkError(text) => {
            let text = String::from_utf8_lossy(text);
            Err(text.replace(['\r', '\n'], " "))
        }
        Value::Attribute { value, .. } => told(value),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, opening: usize, acknowledged: &[bool], error: Option<&str>) {
        let verdict = read(answer.as_bytes(), opening, 2);
        assert_eq!(verdict.acknowledged, acknowledged, "{answer:?}");
        assert_eq!(verdict.error.as_deref(), error, "{answer:?}");
    }

    #[test]
    fn a_key_arrived_when_neither_its_reply_nor_one_before_the_first_is_an_error() {
        check("+OK\r\n+OK\r\n", 0, &[true, true], None);
        check("+OK\r\n-A b\r\n+OK\r\n", 1, &[false, true], Some("A b"));
        check("+OK\r\n-B\r\n", 0, &[true, false], Some("B"));
        check("-A\r\n-B\r\n+OK\r\n-C\r\n", 2, &[false, false], Some("A"));
        check("-A\r\n+OK\r\n+OK\r\n", 1, &[false, false], Some("A"));
    }

    #[test]
    fn an_answer_that_breaks_off_or_is_none_acknowledges_what_came_before() {
        check("", 1, &[], None);
        check("-A\r\n", 1, &[], None);
        check("+OK\r\n+O", 0, &[true], None);
        check("+OK\r\nHTTP/1.1 200\r\n", 0, &[true], None);
        check("$-1\r\n$4294967296\r\n", 0, &[true], None);
        check("*1000000\r\n*1000000\r\n", 0, &[], None);
        check(
            "!6\r\na\r\nb c\r\n+OK\r\n",
            0,
            &[false, true],
            Some("a  b c"),
        );
    }
}
