//! The reply scripts against a node, and what they must cover.
//!
//! `UPDATE=1 cargo test -p russet-node --test it scripts` writes what our node answers over
//! every expectation that it does not meet. Only `cargo xtask conform --against` tells whether
//! that is right. `SCRIPTS=string/set,list/pop` plays these alone.
//!
//! Always true: every script starts with an empty node of its own.
//! Not here: the notation — `crates/conform/`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "scripts are files, UPDATE is asked of the environment, and tests may panic"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use russet_conform::{
    Action, Answer, Difference, Peer, Script, Want, paths, render, rewritten, run, told, values,
};
use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value};

#[test]
fn every_script_gets_the_replies_it_expects() {
    let is_update = std::env::var("UPDATE").is_ok_and(|value| value == "1");
    let chosen = std::env::var("SCRIPTS").unwrap_or_default();
    let mut failures = String::new();
    for path in script_paths()
        .into_iter()
        .filter(|path| is_chosen(&chosen, path))
    {
        let text = fs::read_to_string(&path).unwrap();
        let differences = match play(&text) {
            Ok(differences) => differences,
            Err(error) => {
                failures += &format!("{}:{error}\n", path.display());
                continue;
            }
        };
        let script = Script::parse(&text).unwrap();
        if is_update && !differences.is_empty() {
            fs::write(&path, rewritten(&text, &script, &differences)).unwrap();
        }
        for difference in &differences {
            failures += &told(&path, &text, &script, difference);
        }
    }
    assert!(failures.is_empty() || is_update, "\n{failures}");
}

#[test]
fn every_command_and_subcommand_stands_in_a_script() {
    let asked = commands_asked();
    let mut node = Node::new();
    let mut missing = Vec::new();
    for name in commands_there(&mut node) {
        if !asked.contains(&name) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "no script asks {}", missing.join(", "));
}

#[test]
fn what_is_rendered_reads_back_as_what_it_was() {
    let wire = b"*9\r\n+O K\r\n-ERR \"x\r\n:-5\r\n$3\r\na\"\n\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n\
                 %1\r\n+k\r\n~2\r\n(12\r\n=5\r\ntxt:x\r\n>1\r\n!4\r\nERR \r\n|1\r\n:1\r\n:2\r\n+x\r\n\
                 -\"q\"\r\n+~x\r\n";
    let mut rest = &wire[..];
    let mut decoder = ReplyDecoder::new();
    while let Some(value) = decoder.decode(&mut rest).unwrap() {
        let text = render(&value);
        let read = values(&text).unwrap();
        assert_eq!(read.len(), 1, "{text}");
        assert!(read[0].matches(&value), "{text}");
    }
    assert!(rest.is_empty());
}

/// A node with connections by name.
struct Node {
    server: Loopback,
    clients: Vec<(String, ConnId, ReplyDecoder)>,
}

impl Node {
    fn new() -> Self {
        let text = Text {
            name: "settings of scripts".to_owned(),
            text: b"enable-debug-command local".to_vec(),
        };
        let config = Config::load(&[text], &mut |_| Err("no files".to_owned())).unwrap();
        Self {
            server: Loopback::new(config),
            clients: Vec::new(),
        }
    }

    fn client(&mut self, name: &str) -> usize {
        let found = self.clients.iter().position(|(other, ..)| other == name);
        found.unwrap_or_else(|| {
            let conn = self.server.connect();
            self.clients
                .push((name.to_owned(), conn, ReplyDecoder::new()));
            self.clients.len() - 1
        })
    }
}

impl Peer for Node {
    fn send(&mut self, client: &str, bytes: &[u8]) -> Result<(), String> {
        let client = self.client(client);
        self.server.send(self.clients[client].1, bytes);
        Ok(())
    }

    fn receive(&mut self, client: &str, _: Want) -> Result<Answer, String> {
        let client = self.client(client);
        let (_, conn, decoder) = &mut self.clients[client];
        let mut bytes = Vec::new();
        self.server.receive_into(*conn, &mut bytes);
        let mut answer = Answer {
            values: Vec::new(),
            is_closed: self.server.is_closed(*conn),
        };
        let mut rest = &bytes[..];
        while let Some(value) = decoder
            .decode(&mut rest)
            .map_err(|error| error.to_string())?
        {
            answer.values.push(value);
        }
        Ok(answer)
    }

    fn wait(&mut self, millis: u64) {
        self.server.advance(millis);
    }
}

fn play(text: &str) -> Result<Vec<Difference>, String> {
    run(&Script::parse(text)?, &mut Node::new())
}

fn script_paths() -> Vec<PathBuf> {
    paths(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")).unwrap()
}

/// Whether a list of names such as `string/set` has this one; an empty list has all.
fn is_chosen(names: &str, path: &Path) -> bool {
    let path = path.with_extension("");
    names.is_empty() || names.split(',').any(|name| path.ends_with(name))
}

/// The first word of every request, and the first two, as COMMAND LIST would name them.
fn commands_asked() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for path in script_paths() {
        let script = Script::parse(&fs::read_to_string(path).unwrap()).unwrap();
        for step in script.steps {
            let Action::Ask(words) = step.action else {
                continue;
            };
            let word = |at: usize| {
                let word: &Vec<u8> = words.get(at)?;
                Some(String::from_utf8_lossy(word).to_lowercase())
            };
            let Some(name) = word(0) else { continue };
            if let Some(sub) = word(1) {
                asked.insert(format!("{name}|{sub}"));
            }
            asked.insert(name);
        }
    }
    asked
}

fn commands_there(node: &mut Node) -> Vec<String> {
    let mut ask = |request: &[u8]| {
        node.send("main", request).unwrap();
        let want = Want {
            values: 1,
            end: false,
        };
        let answer = node.receive("main", want).unwrap();
        let [value] = answer.values.as_slice() else {
            panic!("one reply")
        };
        value.clone()
    };
    let mut names = strings(&ask(b"COMMAND LIST\r\n"));
    for command in ask(b"COMMAND INFO\r\n").as_elements().unwrap() {
        let subcommands = command.as_elements().unwrap()[9].as_elements().unwrap();
        let first = |sub: &Value| sub.as_elements().unwrap()[0].clone();
        names.extend(strings(&Value::Array(
            subcommands.iter().map(first).collect(),
        )));
    }
    names
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_elements().unwrap().iter();
    items
        .map(|item| String::from_utf8_lossy(item.as_bytes().unwrap()).into_owned())
        .collect()
}
