//! Random sessions beside a model: every reply is the one expected, nobody hears what he may not.

mod model;

use russet_base::rng::Rng;
use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value};

use model::{CHANNELS, Client, Kind, LISTS, Model, Op, PATTERNS, STRINGS, TIMEOUT_MS, USERS, User};

const CLIENTS: usize = 6;

struct World {
    server: Loopback,
    /// A subscriber, which no timeout closes.
    root: ConnId,
    conns: Vec<ConnId>,
    connected: u64,
    model: Model,
    rng: Rng,
    past: Vec<String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut server = Loopback::new(Config::default());
        let root = server.connect();
        let setup = "HELLO 3\r\nCLIENT ID\r\nCONFIG SET timeout 100 maxmemory-clients 1mb \
                     maxmemory-policy allkeys-lru\r\nSUBSCRIBE root\r\n";
        let replies = server.call(root, setup.as_bytes());
        assert!(
            String::from_utf8_lossy(&replies).contains("\r\n:1\r\n"),
            "the first client has the number 1"
        );
        let conns: Vec<ConnId> = (0..CLIENTS).map(|_| server.connect()).collect();
        let connected = 1 + CLIENTS as u64;
        let now_ms = server.now().mono_us / 1000;
        Self {
            root,
            conns,
            connected,
            model: Model::new(CLIENTS, now_ms),
            rng: Rng::new(seed),
            past: Vec::new(),
            server,
        }
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.rng.index(all.len())].clone()
    }

    fn step(&mut self) {
        if self.rng.below(12) == 0 {
            self.pass();
        } else if self.rng.below(60) == 0 {
            self.evict();
        } else {
            let at = self.rng.index(CLIENTS);
            let client = &self.model.clients[at];
            if !client.is_open {
                self.connect(at);
            } else if self.rng.below(60) == 0 {
                self.past.push(format!("{at}: gone"));
                self.server.hang_up(self.conns[at]);
                self.model.close(at);
            } else if !client.waits() && self.rng.below(80) == 0 {
                self.past.push(format!("{at}: grows beyond the limit"));
                self.server.send(self.conns[at], &beyond_limit());
                self.model.close(at);
            } else if !client.waits() {
                let op = self.op(at);
                self.past.push(format!("{at}: {op:?}"));
                let text = self.text(&op);
                self.server.send(self.conns[at], text.as_bytes());
                self.model.step(at, op);
            }
        }
        self.compare();
    }

    fn pass(&mut self) {
        let is_long = self.rng.below(20) == 0 && self.model.pause.is_none();
        let ms = match is_long {
            true => TIMEOUT_MS + 1 + self.rng.below(1000),
            false => 100 + self.rng.below(2000),
        };
        self.past.push(format!("{ms} ms"));
        self.server.advance(ms);
        self.model.pass(ms);
    }

    /// Lowers the limit of memory for a turn: every key is evicted, unless requests are paused.
    fn evict(&mut self) {
        if self.model.pause.is_some_and(|(_, is_for_all)| is_for_all) {
            return;
        }
        self.past.push("no memory".to_owned());
        for limit in ["1", "0"] {
            let request = format!("CONFIG SET maxmemory {limit}\r\n");
            let reply = self.server.call(self.root, request.as_bytes());
            assert_eq!(reply, b"+OK\r\n", "{}", self.story());
        }
        self.model.evict();
    }

    fn connect(&mut self, at: usize) {
        self.past.push(format!("{at}: connects"));
        self.conns[at] = self.server.connect();
        self.connected += 1;
        self.model.clients[at] = Client::new(self.connected, self.model.now_ms);
    }

    fn op(&mut self, at: usize) -> Op {
        let is_queuing = self.model.clients[at].queued.is_some();
        let is_resp3 = self.model.clients[at].protocol == 3;
        let is_bound = self.model.is_subscribed(at);
        if is_bound && self.rng.below(3) == 0 {
            return self.pick(&[Op::Reset, Op::Ping]);
        }
        let kinds = match is_queuing {
            true => 11,
            false => 26,
        };
        match self.rng.below(kinds) {
            0 => Op::Ping,
            1 => Op::Get(self.pick(&STRINGS)),
            2 => Op::Set(self.pick(&STRINGS)),
            3 | 4 => Op::Push(self.pick(&LISTS)),
            5 => Op::Pop(self.pick(&LISTS)),
            6 => Op::Publish(self.pick(&CHANNELS)),
            7 => Op::Spublish(self.pick(&CHANNELS)),
            8 => Op::Exec,
            9 => self.pick(&[Op::Exec, Op::Discard, Op::Multi]),
            10 => self.pick(&[Op::Exec, Op::Exec, Op::Reset, Op::Ping]),
            11..=13 => {
                let (kind, name) = self.channel();
                Op::Subscribe(kind, name)
            }
            14 => {
                let (kind, name) = self.channel();
                Op::Unsubscribe(kind, name)
            }
            15 | 16 => Op::Multi,
            17 if is_resp3 => Op::Track {
                is_broadcast: self.rng.below(2) == 0,
            },
            17 => Op::Hello(3),
            18 => self.pick(&[Op::Untrack, Op::Hello(2), Op::Hello(3), Op::Hello(3)]),
            19 | 20 => Op::Auth(self.pick(&USERS)),
            21 => self.pause(),
            22 => Op::Unpause,
            23 => self.towards(at),
            24 => Op::SetUser(self.pick(&USERS), self.user()),
            _ => match self.rng.below(4) {
                0 => Op::DelUser(self.pick(&USERS)),
                1 => Op::Reset,
                _ => Op::SetUser(self.pick(&USERS), self.user()),
            },
        }
    }

    fn channel(&mut self) -> (Kind, &'static str) {
        match self.rng.below(4) {
            0 => (Kind::Pattern, self.pick(&PATTERNS)),
            1 => (Kind::Shard, self.pick(&CHANNELS)),
            _ => (Kind::Channel, self.pick(&CHANNELS)),
        }
    }

    fn pause(&mut self) -> Op {
        match self.rng.below(3) {
            0 => Op::Pause {
                ms: 500 + self.rng.below(3000),
                is_for_all: self.rng.below(3) == 0,
            },
            _ => Op::Unpause,
        }
    }

    /// Something done to another client.
    fn towards(&mut self, at: usize) -> Op {
        let other = self.rng.index(CLIENTS);
        let id = self.model.clients[other].id;
        match other != at && self.rng.below(3) == 0 {
            true => Op::Kill(id),
            false => Op::Unblock(id),
        }
    }

    fn user(&mut self) -> User {
        let mut some = |all: &[&'static str]| match self.rng.below(4) {
            0 => None,
            _ => Some(
                all.iter()
                    .copied()
                    .filter(|_| self.rng.below(2) == 0)
                    .collect(),
            ),
        };
        User {
            channels: some(&["c0", "c1", "d0", "c*"]),
            keys: some(&["k0", "k1", "m0", "l0", "l1"]),
        }
    }

    fn text(&self, op: &Op) -> String {
        let text = match op {
            Op::Ping => "PING".to_owned(),
            Op::Get(key) => format!("GET {key}"),
            Op::Set(key) => format!("SET {key} v"),
            Op::Push(list) => format!("RPUSH {list} v"),
            Op::Pop(list) => format!("BLPOP {list} 0"),
            Op::Publish(name) => format!("PUBLISH {name} v"),
            Op::Spublish(name) => format!("SPUBLISH {name} v"),
            Op::Subscribe(kind, name) => format!("{} {name}", kind.verb()),
            Op::Unsubscribe(kind, name) => format!("{} {name}", kind.unverb()),
            Op::Multi => "MULTI".to_owned(),
            Op::Exec => "EXEC".to_owned(),
            Op::Discard => "DISCARD".to_owned(),
            Op::Track { is_broadcast: true } => "CLIENT TRACKING on BCAST".to_owned(),
            Op::Track { .. } => "CLIENT TRACKING on".to_owned(),
            Op::Untrack => "CLIENT TRACKING off".to_owned(),
            Op::Auth(name) => format!("AUTH {name} any"),
            Op::Hello(protocol) => format!("HELLO {protocol}"),
            Op::Reset => "RESET".to_owned(),
            Op::Pause { ms, is_for_all } => {
                let mode = if *is_for_all { "ALL" } else { "WRITE" };
                format!("CLIENT PAUSE {ms} {mode}")
            }
            Op::Unpause => "CLIENT UNPAUSE".to_owned(),
            Op::Kill(other) => format!("CLIENT KILL ID {other}"),
            Op::Unblock(other) => format!("CLIENT UNBLOCK {other}"),
            Op::SetUser(name, user) => format!("ACL SETUSER {name} {}", user.rules()),
            Op::DelUser(name) => format!("ACL DELUSER {name}"),
        };
        text + "\r\n"
    }

    /// Compares the output of each client with the model, and which clients are closed.
    fn compare(&mut self) {
        for at in 0..CLIENTS {
            let client = &mut self.model.clients[at];
            let mut expected = std::mem::take(&mut client.messages);
            let replies = std::mem::take(&mut client.replies);
            if !replies.is_empty() || !expected.is_empty() {
                self.past
                    .push(format!("    {at} gets {replies:?} {expected:?}"));
            }
            let is_closed = self.server.is_closed(self.conns[at]);
            if !client.is_open || is_closed {
                assert!(
                    client.is_open != is_closed,
                    "client {at} is closed: {is_closed}\n{}",
                    self.story()
                );
                continue;
            }
            let mut bytes = Vec::new();
            self.server.receive_into(self.conns[at], &mut bytes);
            let (got, mut messages) = self.parse(at, &bytes);
            messages.sort();
            expected.sort();
            assert_eq!(
                (got, messages),
                (replies, expected),
                "client {at}\n{}",
                self.story()
            );
        }
        let mut bytes = Vec::new();
        self.server.receive_into(self.root, &mut bytes);
        assert!(bytes.is_empty(), "nobody told the root anything");
    }

    /// Replies, and messages, of a stream that must be whole.
    fn parse(&self, at: usize, mut bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let (mut replies, mut messages) = (Vec::new(), Vec::new());
        let mut decoder = ReplyDecoder::default();
        while !bytes.is_empty() {
            match decoder.decode(&mut bytes) {
                Ok(Some(value)) => match message(&value) {
                    Some(text) => messages.push(text),
                    None => replies.push(shown(&value)),
                },
                other => panic!("client {at}: {other:?}\n{}", self.story()),
            }
        }
        (replies, messages)
    }

    fn story(&self) -> String {
        let from = self.past.len().saturating_sub(400);
        self.past[from..].join("\n")
    }
}

/// The beginning of a request that is larger than all clients together may be.
fn beyond_limit() -> Vec<u8> {
    let mut bytes = b"*2\r\n$50000000\r\n".to_vec();
    bytes.resize(1_500_000, b'x');
    bytes
}

/// The text of a message, and of a confirmation, which answers no request in RESP3.
fn message(value: &Value) -> Option<String> {
    let parts = match value {
        Value::Push(parts) => parts,
        Value::Array(parts) => {
            let first = parts.first().map(shown)?;
            let is_one = first.ends_with("message") || first.ends_with("subscribe");
            parts.get(..).filter(|_| is_one && parts.len() > 2)?
        }
        _ => return None,
    };
    let parts: Vec<String> = parts.iter().map(shown).collect();
    Some(format!("@{}", parts.join(" ")))
}

fn shown(value: &Value) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = |values: &[Value]| values.iter().map(shown).collect::<Vec<_>>().join(" ");
    match value {
        Value::Simple(bytes) => format!("+{}", text(bytes)),
        Value::Error(bytes) => {
            let line = text(bytes);
            format!("-{}", line.split(' ').next().unwrap_or_default())
        }
        Value::Integer(number) => format!(":{number}"),
        Value::Bulk(bytes) => text(bytes),
        Value::Map(_) => "hello".to_owned(),
        Value::Array(values) if values.first() == Some(&Value::bulk("server")) => {
            "hello".to_owned()
        }
        Value::Array(values) => format!("[{}]", all(values)),
        value if value.is_null() => "_".to_owned(),
        other => format!("{other:?}"),
    }
}

fn walk(seed: u64, steps: usize) {
    let mut world = World::new(seed);
    for _ in 0..steps {
        world.step();
    }
}

#[test]
fn sessions_get_what_the_model_says() {
    for seed in 0..20 {
        walk(seed, 1000);
    }
}

/// A million steps take minutes: `cargo test -p russet-node a_million -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn sessions_get_what_the_model_says_for_a_million_steps() {
    for seed in 0..100 {
        walk(1000 + seed, 10_000);
    }
}
