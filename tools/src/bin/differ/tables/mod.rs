//! Every case of a few tables, instead of random commands: every number argument at its limits, and
//! every way in which the keys of a command can be the same.
//!
//! ```text
//!  rows ─► syntax trees ─► forms ─┬─► numbers ─┐
//!                                 └─► aliases ─┴─► keys restored, command, keys shown
//! ```
//! Keys are restored by COPY before a command that meets them changed, and shown after a command
//! that may change them.
//!
//! Always true: the same rows give the same cases in the same order.
//! Not here: how replies are compared — `compare.rs`; what is left out — `harmless.rs`.

mod aliases;
mod contents;
mod forms;
mod numbers;
mod valid;

use std::collections::BTreeSet;

use russet_resp::Value;

use crate::findings::{Findings, Verdict};
use crate::generate::{Request, settings, transaction};
use crate::harmless::{comes_soon, is_comparable};
use crate::peer::Sides;
use crate::rows::Command;
use forms::{Form, Role};

/// The number of requests that are sent at once.
const BATCH: usize = 400;

/// Asks the cases of these commands, one in `thin`; gives how many there were.
pub(crate) fn run(
    commands: &[Command],
    (is_resp3, thin): (bool, usize),
    sides: &mut Sides,
    findings: &mut Findings,
) -> Result<usize, String> {
    let mut opening = settings(is_resp3);
    opening.extend(contents::base());
    for (request, (our, their)) in opening.iter().zip(sides.ask(&opening)?) {
        let is_known = request.name == "HELLO" || request.name == "DISCARD";
        if !is_known && our != their {
            return Err(format!("the sides begin apart: {}", request.shown()));
        }
    }
    let payload = sides.theirs.ask(&[Request::plain(&["DUMP", "=ls1"])])?;
    let payload = payload.first().and_then(Value::as_bytes);
    let mut table = Table {
        sides,
        findings,
        payload: payload.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        changed: BTreeSet::new(),
        unseen: BTreeSet::new(),
        cases: Vec::new(),
        waiting: 0,
        thin,
        met: 0,
        sent: 0,
        left_out: 0,
    };
    for command in commands {
        numbers::ask(&mut table, command)?;
        aliases::ask(&mut table, command)?;
        table.close(command)?;
    }
    println!("{} cases left out", table.left_out);
    Ok(table.sent)
}

/// A command with what comes before and after it.
struct Case {
    before: Vec<Request>,
    asked: Vec<Request>,
    after: Vec<Request>,
}

/// The runner of the cases.
pub(crate) struct Table<'r> {
    sides: &'r mut Sides,
    findings: &'r mut Findings,
    /// The placeholder of a value that was dumped.
    payload: Vec<u8>,
    /// Keys that may have another content than they began with.
    changed: BTreeSet<String>,
    /// Keys that were read since they were last shown, with their kinds.
    unseen: BTreeSet<(String, String)>,
    cases: Vec<Case>,
    /// How many requests wait to be sent.
    waiting: usize,
    /// One case in this many is sent.
    thin: usize,
    met: usize,
    sent: usize,
    left_out: usize,
}

impl Table<'_> {
    /// The version of the other side.
    pub(crate) fn version(&self) -> String {
        self.findings.version.clone()
    }

    /// Asks a command in one form with these kinds of keys, each with its number among those.
    pub(crate) fn ask(
        &mut self,
        command: &Command,
        form: &Form,
        keys: &[(&str, usize)],
    ) -> Result<(), String> {
        self.met += 1;
        if !self.met.is_multiple_of(self.thin) {
            return Ok(());
        }
        let words = self.words(command, form, keys);
        let texts = words.iter();
        let texts: Vec<String> = texts
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        if !is_comparable(&command.name, &texts) {
            self.left_out += 1;
            return Ok(());
        }
        let keys: BTreeSet<(String, &str)> = keys
            .iter()
            .map(|(kind, at)| (contents::key(kind, *at), *kind))
            .collect();
        let mut before = Vec::new();
        if changes_database(command, form) {
            before = tidy_databases();
        }
        let changed = keys.iter().filter(|(key, _)| self.changed.remove(key));
        before.extend(changed.map(|(key, _)| contents::restored(key)));
        let after = if command.writes {
            let shows = !comes_soon(&command.name, &texts);
            self.changed.extend(keys.iter().map(|(key, _)| key.clone()));
            after(command, form, &keys, shows)
        } else {
            let read = keys
                .iter()
                .map(|(key, kind)| (key.clone(), (*kind).to_owned()));
            self.unseen.extend(read);
            Vec::new()
        };
        let request = Request {
            name: command.name.clone(),
            words,
            inner: Vec::new(),
        };
        let may_wait = command.blocks && (form.has("BLOCK") || !command.name.starts_with("XREAD"));
        let asked = if may_wait {
            transaction(vec![request])
        } else {
            vec![request]
        };
        self.sent += 1;
        self.take(Case {
            before,
            asked,
            after,
        })
    }

    /// The words of a command, with keys in their places.
    fn words(&self, command: &Command, form: &Form, keys: &[(&str, usize)]) -> Vec<Vec<u8>> {
        let mut names = keys.iter().map(|(kind, at)| contents::key(kind, *at));
        let given = form.slots.iter().map(|slot| match slot.role {
            Role::Key => names.next().unwrap_or_default().into_bytes(),
            _ if slot.word == valid::PAYLOAD => self.payload.clone(),
            _ => slot.word.clone(),
        });
        let name = command.words.iter().map(|word| word.as_bytes().into());
        name.chain(given).collect()
    }

    /// Looks at what is left when all cases of a command have been asked.
    fn close(&mut self, command: &Command) -> Result<(), String> {
        let unseen = std::mem::take(&mut self.unseen);
        let changed = std::mem::take(&mut self.changed);
        let unseen = unseen.iter().filter(|(key, _)| !changed.contains(key));
        let seen = unseen.flat_map(|(key, kind)| contents::shown(key, command, &[kind]));
        let asked = seen.collect();
        let restored = changed.iter().map(|key| contents::restored(key));
        self.take(Case {
            before: Vec::new(),
            asked,
            after: Vec::new(),
        })?;
        self.take(Case {
            before: restored.collect(),
            asked: vec![Request::plain(&["DBSIZE"])],
            after: Vec::new(),
        })?;
        self.send()
    }

    fn take(&mut self, case: Case) -> Result<(), String> {
        self.waiting += case.before.len() + case.asked.len() + case.after.len();
        self.cases.push(case);
        if self.waiting < BATCH {
            return Ok(());
        }
        self.send()
    }

    fn send(&mut self) -> Result<(), String> {
        self.waiting = 0;
        let mut requests = Vec::new();
        let mut spans = Vec::new();
        for case in std::mem::take(&mut self.cases) {
            let begin = requests.len();
            requests.extend(case.before);
            let asked = requests.len();
            requests.extend(case.asked);
            requests.extend(case.after);
            spans.push((begin, asked, requests.len()));
        }
        let replies = self.sides.ask(&requests)?;
        for (begin, asked, end) in spans {
            // What restores keys may meet what only one side did before.
            for at in asked..end {
                let (our, their) = &replies[at];
                let before = || requests[begin..at].to_vec();
                let verdict = self.findings.judge(&requests[at], (our, their), before);
                if verdict == Verdict::Apart {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Whether a command works on another database than the first.
fn changes_database(command: &Command, form: &Form) -> bool {
    matches!(&*command.name, "SELECT" | "MOVE") || form.has("destination-db")
}

/// The databases that cases choose among, other than the first.
const DATABASES: [&str; 2] = ["1", "2"];

fn tidy_databases() -> Vec<Request> {
    let tidy = DATABASES.iter().flat_map(|database| {
        [
            Request::plain(&["SELECT", database]),
            Request::plain(&["FLUSHDB"]),
        ]
    });
    let back = Request::plain(&["SELECT", "0"]);
    tidy.chain(std::iter::once(back)).collect()
}

/// Requests that show the effect of a command.
fn after(
    command: &Command,
    form: &Form,
    keys: &BTreeSet<(String, &str)>,
    shows: bool,
) -> Vec<Request> {
    let mut requests = Vec::new();
    if changes_database(command, form) {
        for database in DATABASES {
            requests.push(Request::plain(&["SELECT", database]));
            requests.push(Request::plain(&["KEYS", "*"]));
        }
        requests.push(Request::plain(&["SELECT", "0"]));
    }
    if shows {
        let kinds: Vec<&str> = keys.iter().map(|(_, kind)| *kind).collect();
        let shown = keys.iter();
        requests.extend(shown.flat_map(|(key, _)| contents::shown(key, command, &kinds)));
    }
    requests
}
