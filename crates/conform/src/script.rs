//! Reply scripts: requests with the replies they must get, as text.
//!
//! ```text
//!  # a comment; `# COMPAT: why` before a request says that other servers may answer otherwise
//!  > SET k "a b" EX 10          a request: words, quoted as inline requests are
//!  +OK                          what must come back; more values below if more must come
//!  >> "PING\r\n"                bytes sent as they are; `""` only hears what has come
//!  @ +10s  @ +500ms             time passes
//!  @ client NAME                another connection speaks from here on; `main` speaks first
//!  @ resp3                      HELLO 3
//!  @ let NAME                   the last reply, as the word $NAME of later requests
//!  @ needs COMMAND [SUB]        what follows is not for servers without that command
//! ```
//! The notation of values is described in `pattern.rs`.
//!
//! Always true: a script that does not parse fails with its line.
//! Not here: who answers — `crates/node/tests/it/scripts.rs` (our node), `tools/src/bin/conform.rs`
//! (any server), `crates/sim/src/scenario/scripts.rs` (our node in a simulated world).

#![expect(clippy::disallowed_methods, reason = "scripts are files")]

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use russet_base::quote::split_words;

use crate::parse;
use crate::pattern::Pattern;

/// A script.
pub struct Script {
    /// Its requests and directives, in order.
    pub steps: Vec<Step>,
}

/// One request, or one directive.
pub struct Step {
    /// Where it stands; lines count from one.
    pub line: usize,
    /// Its action.
    pub action: Action,
    /// The replies that must arrive.
    pub expected: Vec<Pattern>,
    /// The lines of the expectation, as indices.
    pub expected_at: Range<usize>,
    /// Whether other servers may answer otherwise.
    pub compat: bool,
}

/// The action of a step.
pub enum Action {
    /// A request.
    Ask(Vec<Vec<u8>>),
    /// Bytes as they are.
    Send(Vec<u8>),
    /// Time passes.
    Wait(u64),
    /// Another connection speaks.
    Client(String),
    /// The connection speaks RESP3.
    Resp3,
    /// The last reply gets a name.
    Let(String),
    /// Servers without this command stop here.
    Needs(Vec<Vec<u8>>),
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first line that cannot be read, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<&str> = text.lines().collect();
        let mut steps: Vec<Step> = Vec::new();
        let mut compat = false;
        let mut at = 0;
        while at < lines.len() {
            let fail = |why: String| format!("{}: {why}", at + 1);
            match kind(lines[at]) {
                Line::Blank => {}
                Line::Comment(text) => compat |= text.trim_start().starts_with("COMPAT:"),
                Line::Value => return Err(fail("a reply to nothing".to_owned())),
                Line::Request(text) | Line::Raw(text) => {
                    let end = end_of_expectation(&lines, at + 1);
                    let expected = parse::values(&lines[at + 1..end].join("\n")).map_err(fail)?;
                    let mut words =
                        split_words(text.as_bytes()).map_err(|e| fail(e.to_string()))?;
                    let action = match kind(lines[at]) {
                        Line::Raw(_) => Action::Send(words.concat()),
                        _ => Action::Ask(std::mem::take(&mut words)),
                    };
                    steps.push(Step {
                        line: at + 1,
                        action,
                        expected,
                        expected_at: at + 1..end,
                        compat: std::mem::take(&mut compat),
                    });
                    at = end;
                    continue;
                }
                Line::Directive(text) => steps.push(Step {
                    line: at + 1,
                    action: directive(text).ok_or_else(|| fail(format!("@ {text}?")))?,
                    expected: Vec::new(),
                    expected_at: at + 1..at + 1,
                    compat: false,
                }),
            }
            at += 1;
        }
        Ok(Self { steps })
    }
}

/// The scripts of all families, in order.
///
/// # Errors
/// When a directory cannot be read.
pub fn paths(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for family in fs::read_dir(root)? {
        for topic in fs::read_dir(family?.path())? {
            paths.push(topic?.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The scripts of all families with their texts, in order.
///
/// # Errors
/// When a directory or a script cannot be read.
pub fn load(root: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let read = |path: PathBuf| fs::read_to_string(&path).map(|text| (path, text));
    paths(root)?.into_iter().map(read).collect()
}

/// The kind of a line.
enum Line<'l> {
    Blank,
    Comment(&'l str),
    Request(&'l str),
    Raw(&'l str),
    Directive(&'l str),
    Value,
}

fn kind(line: &str) -> Line<'_> {
    if line.trim().is_empty() {
        Line::Blank
    } else if let Some(text) = line.strip_prefix("> ") {
        Line::Request(text)
    } else if let Some(text) = line.strip_prefix(">> ") {
        Line::Raw(text)
    } else if let Some(text) = line.strip_prefix("@ ") {
        Line::Directive(text.trim())
    } else if let Some(text) = line.strip_prefix("# ") {
        Line::Comment(text)
    } else if line == "#" {
        Line::Comment("")
    } else {
        Line::Value
    }
}

fn end_of_expectation(lines: &[&str], from: usize) -> usize {
    let after = lines[from..].iter();
    from + after
        .take_while(|line| matches!(kind(line), Line::Value))
        .count()
}

fn directive(text: &str) -> Option<Action> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "resp3" => Some(Action::Resp3),
        "client" => Some(Action::Client(rest.to_owned())),
        "let" => Some(Action::Let(rest.to_owned())),
        "needs" => split_words(rest.as_bytes()).ok().map(Action::Needs),
        _ => {
            let amount = word.strip_prefix('+')?;
            let (number, unit) = match amount.strip_suffix("ms") {
                Some(number) => (number, 1),
                None => (amount.strip_suffix('s')?, 1000),
            };
            let number: u64 = number.parse().ok()?;
            Some(Action::Wait(number.saturating_mul(unit)))
        }
    }
}
