//! Values as the commands that make them (`aof-use-rdb-preamble no`).
//!
//! ```text
//!  string  SET                    hash    HMSET, HPEXPIREAT
//!  list    RPUSH                  stream  XADD, XSETID, XGROUP, XCLAIM
//!  set     SADD                           RESTORE, where these would lose something
//!  zset    ZADD                   then    PEXPIREAT, if the key has a deadline
//! ```
//! Always true: a command has at most 64 elements of a collection, and ends as soon as it is large.
//! Not here: the file — `persist/base.rs`; values as RDB — `save.rs`

use russet_base::num::{F64Buf, I64Buf, format_f64, format_i64};
use russet_engine::{
    Consumer, Field, HashRef, Kind, Pending, Stream, StreamGroup, StreamId, ValueRef,
};
use russet_rdb::payload;
use russet_resp::encode_request;

use super::save;

/// The elements of a collection in one command.
const ELEMENTS_MAX: usize = 64;

/// A command that has so many bytes takes no further element.
const COMMAND_SIZE: usize = 64 << 10;

/// Takes whole commands, one after the other.
pub(crate) struct Commands<'f, E> {
    bytes: &'f mut Vec<u8>,
    /// Called with all that is there after each command.
    take: &'f mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
    result: Result<(), E>,
}

impl<'f, E> Commands<'f, E> {
    /// Commands are appended to `bytes`; `take` may empty it.
    pub(crate) fn new(
        bytes: &'f mut Vec<u8>,
        take: &'f mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
    ) -> Self {
        Self {
            bytes,
            take,
            result: Ok(()),
        }
    }

    /// Adds a command.
    pub(crate) fn add(&mut self, words: &[&[u8]]) {
        if self.result.is_ok() {
            encode_request(words, self.bytes);
            self.result = (self.take)(self.bytes);
        }
    }

    /// Adds the commands that make a key.
    pub(crate) fn add_key(&mut self, key: &[u8], value: &ValueRef<'_>) {
        match value.kind() {
            Kind::String => {
                if let Ok(string) = value.string() {
                    self.add(&[b"SET", key, &string.as_bytes()]);
                }
            }
            Kind::List => {
                let mut many = Many::new(self, b"RPUSH", key);
                if let Ok(list) = value.list() {
                    list.each(0, usize::MAX, |element| many.add(&[&element.as_bytes()]));
                }
                many.end();
            }
            Kind::Set => {
                let mut many = Many::new(self, b"SADD", key);
                for member in value.set().iter().flat_map(|set| set.iter()) {
                    many.add(&[member.as_bytes(&mut I64Buf::new())]);
                }
                many.end();
            }
            Kind::Zset => {
                let mut many = Many::new(self, b"ZADD", key);
                for scored in value.zset().iter().flat_map(|zset| zset.iter()) {
                    let (mut score, mut digits) = (F64Buf::new(), I64Buf::new());
                    let score = format_f64(scored.score, &mut score).as_bytes();
                    many.add(&[score, scored.member.as_bytes(&mut digits)]);
                }
                many.end();
            }
            Kind::Hash => {
                if let Ok(hash) = value.hash() {
                    self.add_hash(key, hash);
                }
            }
            Kind::Stream => match value.stream() {
                Ok(stream) if !is_beyond_commands(stream) => self.add_stream(key, stream),
                _ => {
                    let mut bytes = Vec::new();
                    let Ok(version) = save(value, &mut bytes, false);
                    payload::seal(&mut bytes, version);
                    self.add(&[b"RESTORE", key, b"0", &bytes]);
                }
            },
        }
        if let Some(at) = value.deadline() {
            self.add(&[b"PEXPIREAT", key, format_i64(at, &mut I64Buf::new())]);
        }
    }

    /// The outcome of all commands.
    pub(crate) fn end(self) -> Result<(), E> {
        self.result
    }

    fn add_hash(&mut self, key: &[u8], hash: HashRef<'_>) {
        let mut many = Many::new(self, b"HMSET", key);
        hash.each(|Field { field, value, .. }| many.add(&[&field.as_bytes(), &value.as_bytes()]));
        many.end();
        hash.each(
            |Field {
                 field, deadline, ..
             }| {
                if let Some(at) = deadline {
                    let mut digits = I64Buf::new();
                    let at = format_i64(at, &mut digits);
                    self.add(&[b"HPEXPIREAT", key, at, b"FIELDS", b"1", &field.as_bytes()]);
                }
            },
        );
    }

    fn add_stream(&mut self, key: &[u8], stream: &Stream) {
        for entry in stream.entries() {
            let id = text_of(entry.id());
            let mut many = Many::new(self, b"XADD", key);
            many.put(&[id.as_bytes()]);
            for (name, value) in entry.fields() {
                many.put(&[name, value.bytes(&mut I64Buf::new())]);
            }
            many.end();
        }
        if stream.is_empty() {
            self.add(&[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"]);
        }
        let (last, deleted) = (text_of(stream.last_id()), text_of(stream.max_deleted_id()));
        self.add(&[
            b"XSETID",
            key,
            last.as_bytes(),
            b"ENTRIESADDED",
            stream.entries_added().to_string().as_bytes(),
            b"MAXDELETEDID",
            deleted.as_bytes(),
        ]);
        for group in stream.groups() {
            let read = group
                .entries_read
                .map_or("-1".to_owned(), |n| n.to_string());
            self.add(&[
                b"XGROUP",
                b"CREATE",
                key,
                group.name(),
                text_of(group.last_id).as_bytes(),
                b"ENTRIESREAD",
                read.as_bytes(),
            ]);
            for consumer in group.consumers() {
                self.add_consumer((key, group), consumer);
            }
        }
    }

    fn add_consumer(&mut self, (key, group): (&[u8], &StreamGroup), consumer: &Consumer) {
        let (group_name, name) = (group.name(), consumer.name());
        self.add(&[b"XGROUP", b"CREATECONSUMER", key, group_name, name]);
        let owned = consumer.pending_from(StreamId::MIN);
        for pending in owned.filter_map(|id| group.pending(id)) {
            self.add(&[
                b"XCLAIM",
                key,
                group_name,
                name,
                b"0",
                text_of(pending.id).as_bytes(),
                b"TIME",
                format_i64(pending.delivered_at, &mut I64Buf::new()),
                b"RETRYCOUNT",
                pending.deliveries.to_string().as_bytes(),
                b"JUSTID",
                b"FORCE",
            ]);
        }
    }
}

/// Whether a stream has what the commands of streams cannot make: producers, pending entries that
/// nobody has, or that were deleted.
fn is_beyond_commands(stream: &Stream) -> bool {
    let is_lost =
        |pending: &Pending| pending.consumer.is_none() || stream.entry(pending.id).is_none();
    stream.producers().is_some()
        || stream
            .groups()
            .any(|group| group.pending_from(StreamId::MIN).any(is_lost))
}

fn text_of(id: StreamId) -> String {
    format!("{}-{}", id.ms, id.seq)
}

/// A command with elements of a collection, which becomes several if there are many.
struct Many<'c, 'f, 'w, E> {
    commands: &'c mut Commands<'f, E>,
    name: &'static [u8],
    key: &'w [u8],
    /// The elements as bulk strings.
    body: Vec<u8>,
    words: usize,
    elements: usize,
}

impl<'c, 'f, 'w, E> Many<'c, 'f, 'w, E> {
    fn new(commands: &'c mut Commands<'f, E>, name: &'static [u8], key: &'w [u8]) -> Self {
        Self {
            commands,
            name,
            key,
            body: Vec::new(),
            words: 0,
            elements: 0,
        }
    }

    /// Adds an element, of some words.
    fn add(&mut self, words: &[&[u8]]) {
        self.put(words);
        self.elements += 1;
        if self.elements == ELEMENTS_MAX || self.body.len() >= COMMAND_SIZE {
            self.end();
        }
    }

    fn put(&mut self, words: &[&[u8]]) {
        for word in words {
            bulk(word, &mut self.body);
        }
        self.words += words.len();
    }

    /// Adds the command that was begun.
    fn end(&mut self) {
        let commands = &mut *self.commands;
        if self.words > 0 && commands.result.is_ok() {
            let out = &mut *commands.bytes;
            out.extend_from_slice(format!("*{}\r\n", self.words + 2).as_bytes());
            bulk(self.name, out);
            bulk(self.key, out);
            out.extend_from_slice(&self.body);
            commands.result = (commands.take)(commands.bytes);
        }
        self.body.clear();
        (self.words, self.elements) = (0, 0);
    }
}

fn bulk(word: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
    out.extend_from_slice(word);
    out.extend_from_slice(b"\r\n");
}
