//! Plays a script to somebody who answers, and tells the differences.
//!
//! Always true: a script continues after a difference, so one run reports all of them.
//! Not here: what is equal — `pattern.rs`.

use russet_resp::{Value, encode_request};

use crate::pattern::{Pattern, render};
use crate::script::{Action, Script, Step};

/// Somebody who answers: our node, or a server far away.
pub trait Peer {
    /// Sends bytes over the connection of this name, which is opened when it is new.
    ///
    /// # Errors
    /// The peer cannot be talked to.
    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<(), String>;

    /// Replies that have arrived or arrive soon; waits until there are as many as `want` says.
    ///
    /// # Errors
    /// The peer cannot be talked to, or what it says cannot be read.
    fn receive(&mut self, client: &str, want: Want) -> Result<Answer, String>;

    /// Lets time pass.
    fn wait(&mut self, millis: u64);
}

/// How much to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// The number of values.
    pub values: usize,
    /// The end of the connection.
    pub end: bool,
}

/// Replies as they arrived.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The replies, in order.
    pub values: Vec<Value>,
    /// Whether the connection ended after them.
    pub is_closed: bool,
}

/// A reply that is not as it must be.
#[derive(Debug)]
pub struct Difference {
    /// The step, counted from zero.
    pub step: usize,
    /// The answer, in the notation of scripts.
    pub got: String,
    /// The answer.
    pub answer: Answer,
}

/// Plays a script; gives the differences.
///
/// # Errors
/// When the peer cannot be talked to.
pub fn run(script: &Script, peer: &mut dyn Peer) -> Result<Vec<Difference>, String> {
    let mut differences = Vec::new();
    run_into(script, peer, &mut differences)?;
    Ok(differences)
}

/// Plays a script; adds the differences, also those before an error.
///
/// # Errors
/// When the peer cannot be talked to.
pub fn run_into(
    script: &Script,
    peer: &mut dyn Peer,
    differences: &mut Vec<Difference>,
) -> Result<(), String> {
    let mut player = Player {
        peer,
        client: "main".to_owned(),
        names: Vec::new(),
        last: None,
    };
    for (index, step) in script.steps.iter().enumerate() {
        let outcome = player
            .play(step)
            .map_err(|error| format!("{}: {error}", step.line))?;
        match outcome {
            Outcome::Good => {}
            Outcome::Other(answer) => differences.push(Difference {
                step: index,
                got: told(&answer),
                answer,
            }),
            Outcome::Stop => break,
        }
    }
    Ok(())
}

enum Outcome {
    Good,
    /// This came back instead.
    Other(Answer),
    /// The rest is not for this peer.
    Stop,
}

struct Player<'p> {
    peer: &'p mut dyn Peer,
    client: String,
    names: Vec<(Vec<u8>, Vec<u8>)>,
    last: Option<Value>,
}

impl Player<'_> {
    fn play(&mut self, step: &Step) -> Result<Outcome, String> {
        match &step.action {
            Action::Ask(words) => {
                let words: Vec<&[u8]> = words.iter().map(|word| self.meant(word)).collect();
                let mut bytes = Vec::new();
                encode_request(words, &mut bytes);
                self.exchange(&bytes, &step.expected)
            }
            Action::Send(bytes) => self.exchange(bytes, &step.expected),
            Action::Wait(millis) => {
                self.peer.wait(*millis);
                Ok(Outcome::Good)
            }
            Action::Client(name) => {
                self.client.clone_from(name);
                Ok(Outcome::Good)
            }
            Action::Resp3 => self.one(&[b"HELLO", b"3"]).map(|_| Outcome::Good),
            Action::Let(name) => {
                let word = match &self.last {
                    Some(Value::Integer(n)) => n.to_string().into_bytes(),
                    Some(value) => value.as_bytes().map(|b| b.to_vec()).unwrap_or_default(),
                    None => return Err("no reply to name".to_owned()),
                };
                self.names
                    .insert(0, ([b"$", name.as_bytes()].concat(), word));
                Ok(Outcome::Good)
            }
            Action::Needs(words) => self.has(words),
        }
    }

    /// The word, or what it is a name of.
    fn meant<'w>(&'w self, word: &'w [u8]) -> &'w [u8] {
        let named = self.names.iter().find(|(name, _)| name == word);
        named.map_or(word, |(_, meaning)| meaning)
    }

    fn one(&mut self, words: &[&[u8]]) -> Result<Value, String> {
        let mut bytes = Vec::new();
        encode_request(words, &mut bytes);
        self.peer.send(&self.client, &bytes)?;
        let want = Want {
            values: 1,
            end: false,
        };
        let answer = self.peer.receive(&self.client, want)?;
        answer
            .values
            .into_iter()
            .next()
            .ok_or_else(|| "no reply".to_owned())
    }

    fn has(&mut self, words: &[Vec<u8>]) -> Result<Outcome, String> {
        let name = words.join(&b'|');
        let reply = self.one(&[b"COMMAND", b"INFO", &name])?;
        match reply.as_elements() {
            Some([command]) if !command.is_null() => Ok(Outcome::Good),
            _ => Ok(Outcome::Stop),
        }
    }

    fn exchange(&mut self, bytes: &[u8], expected: &[Pattern]) -> Result<Outcome, String> {
        self.peer.send(&self.client, bytes)?;
        let values = expected.iter().filter(|pattern| pattern.is_value()).count();
        let end = expected.contains(&Pattern::Closed);
        let values = if expected.is_empty() { 1 } else { values };
        let answer = self.peer.receive(&self.client, Want { values, end })?;
        let wanted = expected.iter().filter(|pattern| pattern.is_value());
        let is_good = !expected.is_empty()
            && answer.values.len() == values
            && wanted
                .zip(&answer.values)
                .all(|(pattern, value)| pattern.matches(value))
            && answer.is_closed == end;
        self.last = answer.values.last().cloned();
        match is_good {
            true => Ok(Outcome::Good),
            false => Ok(Outcome::Other(answer)),
        }
    }
}

/// The replies in the notation of scripts.
fn told(answer: &Answer) -> String {
    let mut lines: Vec<String> = answer.values.iter().map(render).collect();
    if answer.is_closed {
        lines.push("closed".to_owned());
    }
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    lines.join("\n")
}
