//! The types of replies: every reply script in RESP2 and in RESP3, side by side.
//!
//! Always true: no reply has a type of the other protocol; the values in it are the same, however
//! they are nested.
//! Not here: which type a reply has — the scripts themselves, with their expectations.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "scripts are files, and tests may panic"
)]

use std::fs;
use std::path::Path;

use russet_conform::{Action, Script, paths};
use russet_io::ConnId;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value, encode_request};

struct Side {
    server: Loopback,
    protocol: &'static [u8],
    /// Each with whether it was refused its protocol, since it had not authenticated.
    clients: Vec<(String, ConnId, bool)>,
    current: usize,
}

impl Side {
    fn new(protocol: &'static [u8]) -> Self {
        let text = Text {
            name: "settings of scripts".to_owned(),
            text: b"enable-debug-command local".to_vec(),
        };
        let config = Config::load(&[text], &mut |_| Err("no files".to_owned())).unwrap();
        let mut side = Self {
            server: Loopback::new(config),
            protocol,
            clients: Vec::new(),
            current: 0,
        };
        side.turn_to("main");
        side
    }

    /// Another connection speaks, in the protocol of this side.
    fn turn_to(&mut self, name: &str) {
        let found = self.clients.iter().position(|(other, ..)| other == name);
        self.current = found.unwrap_or_else(|| {
            let conn = self.server.connect();
            let hello = request(&[b"HELLO", self.protocol]);
            let is_refused = self.server.call(conn, &hello).starts_with(b"-");
            self.clients.push((name.to_owned(), conn, is_refused));
            self.clients.len() - 1
        });
    }

    fn ask(&mut self, bytes: &[u8]) -> Vec<Value> {
        let bytes = self.server.call(self.clients[self.current].1, bytes);
        let (mut rest, mut values) = (&bytes[..], Vec::new());
        let mut decoder = ReplyDecoder::new();
        while let Some(value) = decoder.decode(&mut rest).unwrap() {
            values.push(value);
        }
        values
    }
}

fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request(words, &mut bytes);
    bytes
}

/// A type that only the other protocol has, anywhere in a value.
fn foreign(value: &Value, is_resp3: bool) -> bool {
    let is_foreign = match value {
        Value::NullBulk | Value::NullArray => is_resp3,
        Value::Null
        | Value::Boolean(_)
        | Value::Double(_)
        | Value::BigNumber(_)
        | Value::BulkError(_)
        | Value::Verbatim { .. }
        | Value::Map(_)
        | Value::Set(_)
        | Value::Push(_)
        | Value::Attribute { .. } => !is_resp3,
        _ => false,
    };
    is_foreign || parts(value).into_iter().any(|part| foreign(part, is_resp3))
}

fn parts(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(all) | Value::Set(all) | Value::Push(all) => all.iter().collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        Value::Attribute { value, .. } => vec![value],
        _ => Vec::new(),
    }
}

/// What stands in a value, in order. Texts that count the bytes of replies are all the same.
fn leaves(value: &Value, all: &mut Vec<String>) {
    let text = |bytes: &[u8]| {
        let text = bytes.escape_ascii().to_string();
        match text.parse::<f64>() {
            Ok(number) => number.to_string(),
            Err(_) if text.contains("tot-net-out=") || text.starts_with("# ") => String::new(),
            Err(_) => text,
        }
    };
    match value {
        Value::Array(_) | Value::Set(_) | Value::Push(_) | Value::Map(_) => {
            parts(value).into_iter().for_each(|part| leaves(part, all));
        }
        Value::Attribute { value, .. } => leaves(value, all),
        Value::Simple(bytes) | Value::Bulk(bytes) | Value::BigNumber(bytes) => {
            all.push(text(bytes));
        }
        Value::Verbatim { text: bytes, .. } => all.push(text(bytes)),
        Value::Error(bytes) | Value::BulkError(bytes) => all.push(text(bytes)),
        Value::Integer(number) => all.push(number.to_string()),
        Value::Boolean(truth) => all.push(i32::from(*truth).to_string()),
        Value::Double(number) => all.push(number.to_string()),
        _ => all.push("null".to_owned()),
    }
}

/// Scripts about the protocol itself, and about messages, for which RESP2 has a mode of its own.
const APART: &[&str] = &[
    "acl/channels",
    "connection/",
    "pubsub/",
    "server/debug",
    "tracking/",
];

#[test]
fn replies_have_the_types_of_their_protocol_and_the_same_values() {
    let mut faults = String::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut replies = 0;
    for path in paths(&dir).unwrap() {
        let script = Script::parse(&fs::read_to_string(&path).unwrap()).unwrap();
        let name = path
            .strip_prefix(&dir)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let is_apart = APART.iter().any(|start| name.starts_with(start));
        let (mut old, mut new) = (Side::new(b"2"), Side::new(b"3"));
        for step in &script.steps {
            let bytes = match &step.action {
                Action::Client(name) => {
                    old.turn_to(name);
                    new.turn_to(name);
                    continue;
                }
                Action::Wait(millis) => {
                    old.server.advance(*millis);
                    new.server.advance(*millis);
                    continue;
                }
                Action::Ask(words) if is_of_protocol(words) => continue,
                Action::Ask(words) => request(&words.iter().map(|w| &**w).collect::<Vec<_>>()),
                Action::Send(_) | Action::Resp3 | Action::Let(_) | Action::Needs(_) => continue,
            };
            let (two, three) = (old.ask(&bytes), new.ask(&bytes));
            replies += three.len();
            if new.clients[new.current].2 {
                continue;
            }
            let is_wrong = two.iter().any(|value| foreign(value, false))
                || three.iter().any(|value| foreign(value, true));
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            two.iter().for_each(|value| leaves(value, &mut ours));
            three.iter().for_each(|value| leaves(value, &mut theirs));
            if is_wrong || (ours != theirs && !is_apart) {
                let line = step.line;
                faults += &format!("{}:{line}: {two:?}\n{three:?}\n\n", path.display());
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(replies > 3000, "{replies} replies were looked at");
}

/// Whether a request chooses the protocol.
fn is_of_protocol(words: &[Vec<u8>]) -> bool {
    let first = words.first().map(|word| word.to_ascii_uppercase());
    first.is_some_and(|first| matches!(&*first, b"HELLO" | b"RESET"))
}
