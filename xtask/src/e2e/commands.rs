//! The table of commands beside that of a Redis server of this machine: COMMAND and ACL CAT.
//!
//! Arity, flags, key positions, ACL categories and key specs of every command and subcommand that
//! both have must be equal, but for what a newer Redis than that of Debian changed.
//!
//! Always true: a difference that is listed and not found is an offence, too.
//! Not here: summaries, arguments and tips, whose words are ours — `docs/commands.md`

use std::collections::{BTreeMap, BTreeSet};

use crate::server::{Client, Server};
use crate::tool;

/// Differences from Redis 7.0 that a newer version made, as they are shown below.
const NEWER: &[&str] = &[
    "blmove: flags -noscript",
    "blpop: flags -noscript",
    "brpop: flags -noscript",
    "brpoplpush: flags -noscript",
    "bzpopmax: flags -noscript",
    "bzpopmin: flags -noscript",
    "command|getkeys: arity :-3, not :-4",
    "command|getkeysandflags: arity :-3, not :-4",
    "sinterstore: keys OW, not RW",
    "wait: categories +@blocking",
    "wait: flags +blocking -noscript",
    "zrank: arity :-3, not :3",
    "zrevrank: arity :-3, not :3",
];

/// Compares the two tables.
pub(super) fn compare(ours: &Server) -> Result<(), String> {
    let theirs = tool::find("redis-server").ok_or("redis-server is not installed")?;
    let theirs = Server::start(&theirs, None)?;
    let (mut ours, mut theirs) = (ours.connect()?, theirs.connect()?);
    let (here, there) = (table(&mut ours)?, table(&mut theirs)?);
    let mut found = BTreeSet::new();
    for (name, theirs) in &there {
        if let Some(ours) = here.get(name) {
            found.append(&mut ours.differences(name, theirs));
        }
    }
    let common = |name: &String| here.contains_key(name) && there.contains_key(name);
    for category in strings(&ask(&mut theirs, &["ACL", "CAT"])?) {
        let words = ["ACL", "CAT", &category];
        let inside = |client: &mut Client| -> Result<BTreeSet<String>, String> {
            let names = strings(&ask(client, &words)?);
            Ok(names.into_iter().filter(&common).collect())
        };
        let (ours, theirs) = (inside(&mut ours)?, inside(&mut theirs)?);
        for name in ours.symmetric_difference(&theirs) {
            // The line about its categories says so already.
            let is_told = found.iter().any(|line| {
                line.starts_with(&format!("{name}: categories")) && line.contains(&category)
            });
            if !is_told {
                found.insert(format!("{name}: ACL CAT {category}"));
            }
        }
    }
    let known: BTreeSet<String> = NEWER.iter().map(|line| (*line).to_owned()).collect();
    let offences: Vec<String> = found
        .difference(&known)
        .map(|line| format!("  {line}"))
        .chain(
            known
                .difference(&found)
                .map(|line| format!("  not any more: {line}")),
        )
        .collect();
    match offences.is_empty() {
        true => Ok(()),
        false => Err(offences.join("\n")),
    }
}

/// The facts about a command.
struct Facts {
    arity: String,
    positions: String,
    flags: BTreeSet<String>,
    categories: BTreeSet<String>,
    keys: Vec<String>,
}

impl Facts {
    /// How these differ from those of the other server.
    fn differences(&self, name: &str, other: &Self) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        for (what, here, there) in [
            ("arity", &self.arity, &other.arity),
            ("positions", &self.positions, &other.positions),
        ] {
            if here != there {
                lines.insert(format!("{name}: {what} {here}, not {there}"));
            }
        }
        for (what, here, there) in [
            ("flags", &self.flags, &other.flags),
            ("categories", &self.categories, &other.categories),
        ] {
            let more = here.difference(there).map(|word| format!(" +{word}"));
            let less = there.difference(here).map(|word| format!(" -{word}"));
            let words: String = more.chain(less).collect();
            if !words.is_empty() {
                lines.insert(format!("{name}: {what}{words}"));
            }
        }
        for (here, there) in self.keys.iter().zip(&other.keys) {
            if here != there {
                let (here, there) = apart(here, there);
                lines.insert(format!("{name}: keys {here}, not {there}"));
            }
        }
        if self.keys.len() != other.keys.len() {
            let (here, there) = (self.keys.len(), other.keys.len());
            lines.insert(format!("{name}: {here} key specs, not {there}"));
        }
        lines
    }
}

/// The words in which two lines of equal length differ, or all of both.
fn apart<'l>(here: &'l str, there: &'l str) -> (String, String) {
    let (a, b): (Vec<&'l str>, Vec<&'l str>) =
        (here.split(' ').collect(), there.split(' ').collect());
    if a.len() != b.len() {
        return (here.to_owned(), there.to_owned());
    }
    let pairs = a.iter().zip(&b).filter(|(a, b)| a != b);
    let (a, b): (Vec<&str>, Vec<&str>) = pairs.map(|(a, b)| (*a, *b)).unzip();
    (a.join(" "), b.join(" "))
}

/// All commands and subcommands of a server.
fn table(client: &mut Client) -> Result<BTreeMap<String, Facts>, String> {
    let mut table = BTreeMap::new();
    let mut left = match ask(client, &["COMMAND"])? {
        Value::List(commands) => commands,
        Value::Text(text) => return Err(format!("COMMAND: {text}")),
    };
    while let Some(command) = left.pop() {
        let Value::List(mut fields) = command else {
            continue;
        };
        if fields.len() < 10 {
            return Err(format!("COMMAND: {} fields", fields.len()));
        }
        if let Value::List(mut subcommands) = fields.remove(9) {
            left.append(&mut subcommands);
        }
        let set = |value: &Value| -> BTreeSet<String> {
            let words = strings(value).into_iter();
            words
                .map(|word| word.trim_start_matches('+').to_owned())
                .collect()
        };
        let keys = match &fields[8] {
            Value::List(keys) => keys.iter().map(key).collect(),
            Value::Text(_) => Vec::new(),
        };
        let facts = Facts {
            arity: fields[1].flat(),
            positions: format!(
                "{} {} {}",
                fields[3].flat(),
                fields[4].flat(),
                fields[5].flat()
            ),
            flags: set(&fields[2]),
            categories: set(&fields[6]),
            keys,
        };
        table.insert(fields[0].flat(), facts);
    }
    Ok(table)
}

/// A key spec in one line: its flags in order, and no remark.
fn key(spec: &Value) -> String {
    let Value::List(fields) = spec else {
        return spec.flat();
    };
    let mut shown = Vec::new();
    for pair in fields.chunks_exact(2) {
        match pair[0].flat().as_str() {
            "notes" => {}
            "flags" => {
                let flags: BTreeSet<String> = strings(&pair[1]).into_iter().collect();
                let flags = flags.iter().map(|flag| flag.trim_start_matches('+'));
                shown.push(flags.collect::<Vec<_>>().join(" "));
            }
            _ => shown.push(pair[1].flat()),
        }
    }
    shown.join(" ")
}

/// A reply, as far as these commands need them.
enum Value {
    /// A string, a status or a number.
    Text(String),
    /// An array.
    List(Vec<Self>),
}

impl Value {
    /// All of it in one line.
    fn flat(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(items) => items.iter().map(Self::flat).collect::<Vec<_>>().join(" "),
        }
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().map(Value::flat).collect(),
        Value::Text(text) => vec![text.clone()],
    }
}

fn ask(client: &mut Client, words: &[&str]) -> Result<Value, String> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let reply = client.ask(&words)?;
    let mut rest = reply.as_slice();
    read(&mut rest).ok_or_else(|| "a reply is not whole".to_owned())
}

fn read(rest: &mut &[u8]) -> Option<Value> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = &rest[end + 2..];
    let count = || line.get(1..)?.parse::<usize>().ok();
    Some(match line.as_bytes().first()? {
        b'$' => {
            let len = count()?;
            let text = rest.get(..len)?;
            *rest = rest.get(len + 2..)?;
            Value::Text(String::from_utf8_lossy(text).into_owned())
        }
        b'*' => Value::List((0..count()?).map(|_| read(rest)).collect::<Option<_>>()?),
        _ => Value::Text(line),
    })
}
