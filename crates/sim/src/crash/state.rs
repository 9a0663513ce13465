//! All keys of a node, to be compared with those of another one.
//!
//! Always true: equal data gives equal states, whatever its history.
//! Not here: which states a crash may leave — `promise.rs`

use russet_resp::{ReplyDecoder, Value};

/// The number of databases that are looked at.
pub(crate) const DATABASES: usize = 3;

/// A key, its deadline in wall milliseconds (negative: none), and a digest of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    db: usize,
    name: String,
    deadline_ms: i64,
    digest: String,
}

/// All keys, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct State(Vec<Key>);

/// Gives the replies to requests, one a line.
pub(crate) type Ask<'a> = dyn FnMut(&str) -> Vec<Value> + 'a;

impl State {
    /// The state of the node that answers.
    pub(crate) fn read(ask: &mut Ask<'_>) -> Self {
        let lists: String = (0..DATABASES)
            .map(|db| format!("SELECT {db}\r\nKEYS *\r\n"))
            .collect();
        let mut lines = String::new();
        let mut keys = Vec::new();
        for (db, list) in ask(&lists).chunks(2).enumerate() {
            let names = list.get(1).and_then(Value::as_elements).unwrap_or_default();
            if names.is_empty() {
                continue;
            }
            lines.push_str(&format!("SELECT {db}\r\n"));
            for name in names {
                let name = text(name);
                lines.push_str(&format!(
                    "PEXPIRETIME {name}\r\nDEBUG DIGEST-VALUE {name}\r\n"
                ));
                keys.push((db, name));
            }
        }
        let mut replies = ask(&lines).into_iter().peekable();
        let mut found = Vec::new();
        for (db, name) in keys {
            replies.next_if(|reply| reply.as_bytes().is_some_and(|bytes| &**bytes == b"OK"));
            let deadline_ms = match replies.next() {
                Some(Value::Integer(deadline_ms)) => deadline_ms,
                other => panic!("the deadline of {name} is {other:?}"),
            };
            let digest = replies.next().map(|reply| text(&reply)).unwrap_or_default();
            // It expired in between.
            if deadline_ms != GONE {
                found.push(Key {
                    db,
                    name,
                    deadline_ms,
                    digest,
                });
            }
        }
        found.sort_by(|a, b| (a.db, &a.name).cmp(&(b.db, &b.name)));
        Self(found)
    }

    /// Whether both hold the same at this time.
    pub(crate) fn is_same(&self, other: &Self, now_ms: i64) -> bool {
        self.alive(now_ms).eq(other.alive(now_ms))
    }

    fn alive(&self, now_ms: i64) -> impl Iterator<Item = &Key> {
        let is_alive = move |key: &&Key| key.deadline_ms < 0 || key.deadline_ms > now_ms;
        self.0.iter().filter(is_alive)
    }

    /// The differences to another state.
    pub(crate) fn difference(&self, other: &Self, now_ms: i64) -> String {
        let missing = self.alive(now_ms).filter(|key| !other.0.contains(key));
        let surplus = other.alive(now_ms).filter(|key| !self.0.contains(key));
        let text = |key: &Key| format!("{}:{} {}", key.db, key.name, key.deadline_ms);
        let missing: Vec<String> = missing.map(text).collect();
        let surplus: Vec<String> = surplus.map(text).collect();
        format!("missing or changed {missing:?}, instead {surplus:?}")
    }
}

/// The reply of PEXPIRETIME for a key that is not there.
const GONE: i64 = -2;

fn text(value: &Value) -> String {
    let bytes = value.as_bytes().or_else(|| match value {
        Value::Array(items) => items.first().and_then(Value::as_bytes),
        _ => None,
    });
    let bytes = bytes.unwrap_or_else(|| panic!("not a text: {value:?}"));
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads replies.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Value> {
    let (mut decoder, mut rest) = (ReplyDecoder::new(), bytes);
    let mut values = Vec::new();
    while let Some(value) = decoder.decode(&mut rest).expect("a reply is well-formed") {
        values.push(value);
    }
    values
}
