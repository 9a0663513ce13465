//! The workloads: one row each, naming the command, the pipeline and what must be there before.
//!
//! Always true: a random key is twelve digits, so a batch is encoded once and only its digits change.
//! Not here: how a batch is sent — `load.rs`

use crate::server::{Client, Server, encode};

/// A word of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    Is(&'static str),
    /// A prefix with twelve digits behind it: a random key below the workload's range.
    Key(&'static str),
    /// The number of bytes.
    Value(usize),
}

/// Data that reading workloads expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Nothing,
    /// A million `key:` of 64 bytes.
    Small,
    /// A hundred thousand `k1:` of 1 KiB.
    Kilo,
    /// A thousand `k16:` of 16 KiB.
    Large,
}

impl Fill {
    /// Loads the data.
    pub(crate) fn load(self, client: &mut Client) -> Result<(), String> {
        let (prefix, keys, len) = match self {
            Self::Nothing => return Ok(()),
            Self::Small => ("key:", SMALL_KEYS, 64),
            Self::Kilo => ("k1:", KILO_KEYS, 1 << 10),
            Self::Large => ("k16:", LARGE_KEYS, 16 << 10),
        };
        let value = vec![b'x'; len];
        let step = (1 << 20) / (len + 64);
        for start in (0..keys).step_by(step) {
            let end = keys.min(start + step as u64);
            let mut batch = Vec::new();
            for key in start..end {
                encode(
                    &[b"SET", format!("{prefix}{key:012}").as_bytes(), &value],
                    &mut batch,
                );
            }
            client.send(&batch)?;
            client.receive((end - start) as usize)?;
        }
        Ok(())
    }
}

/// One row of the comparison.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Requests of a round at scale 1.
    pub(crate) requests: u64,
    pub(crate) connections: usize,
    pub(crate) pipeline: usize,
    pub(crate) command: &'static [Word],
    /// Random keys are below this.
    pub(crate) keys: u64,
    pub(crate) fill: Fill,
    /// Connections that hear every request, or nobody.
    pub(crate) listeners: Listeners,
    /// Whether the connections are of a user with ten rules.
    pub(crate) is_of_user: bool,
    /// More of the servers' command line.
    pub(crate) settings: &'static [&'static str],
}

/// Connections that hear what the requests publish, each of them once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listeners {
    Nobody,
    /// That many subscribers of the channel `news`.
    OfChannel(usize),
    /// One subscriber of that many patterns, of which a channel `p:` with its digits matches one.
    OfPatterns(u64),
}

impl Listeners {
    /// Opens the connections, and has them subscribe.
    pub(crate) fn connect(self, server: &Server) -> Result<Vec<Client>, String> {
        let count = match self {
            Self::Nobody => 0,
            Self::OfChannel(count) => count,
            Self::OfPatterns(_) => 1,
        };
        let mut clients = (0..count)
            .map(|_| server.connect())
            .collect::<Result<Vec<_>, _>>()?;
        for client in &mut clients {
            if let Self::OfPatterns(patterns) = self {
                for pattern in 0..patterns {
                    let pattern = format!("p:{pattern:012}*");
                    client.ask(&[b"PSUBSCRIBE", pattern.as_bytes()])?;
                }
            } else {
                client.ask(&[b"SUBSCRIBE", b"news"])?;
            }
        }
        Ok(clients)
    }
}

/// Settings of servers that append every change to a file and never rewrite it.
const EVERY_SECOND: &[&str] = &[
    "--appendonly",
    "yes",
    "--appendfsync",
    "everysec",
    "--auto-aof-rewrite-percentage",
    "0",
];

const ALWAYS: &[&str] = &[
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--auto-aof-rewrite-percentage",
    "0",
];

/// Settings of servers that evict a key for each new one.
const SHORT_OF_MEMORY: &[&str] = &["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"];

impl Workload {
    /// The same with keys below another number.
    const fn over(self, keys: u64) -> Self {
        Self { keys, ..self }
    }

    /// The same with servers that have these settings.
    const fn with(self, settings: &'static [&'static str]) -> Self {
        Self { settings, ..self }
    }

    /// The same by a user with ten rules.
    const fn of_user(self) -> Self {
        Self {
            is_of_user: true,
            ..self
        }
    }

    /// The same, sent by one connection and heard by these.
    const fn to(self, listeners: Listeners) -> Self {
        let keys = match listeners {
            Listeners::OfPatterns(patterns) => patterns,
            _ => self.keys,
        };
        Self {
            listeners,
            keys,
            connections: 1,
            ..self
        }
    }
}

/// A user with ten rules.
const USER: &[&str] = &[
    "ACL",
    "SETUSER",
    "user",
    "on",
    "nopass",
    "~a:*",
    "~b:*",
    "~key:*",
    "&news:*",
    "+@read",
    "+@write",
    "-@dangerous",
    "+config|get",
];

/// Lets the connections of a workload be of its user.
pub(crate) fn log_in(workload: &Workload, clients: &mut [Client]) -> Result<(), String> {
    let words: Vec<&[u8]> = USER.iter().map(|word| word.as_bytes()).collect();
    for client in clients.iter_mut().filter(|_| workload.is_of_user) {
        client.ask(&words)?;
        let reply = client.ask(&[b"AUTH", b"user", b"any"])?;
        if reply != b"+OK\r\n" {
            return Err(String::from_utf8_lossy(&reply).into_owned());
        }
    }
    Ok(())
}

const SMALL_KEYS: u64 = 1_000_000;
const KILO_KEYS: u64 = 100_000;
const LARGE_KEYS: u64 = 1_000;

use Word::{Is, Key, Value};

const PING: &[Word] = &[Is("PING")];
const SET: &[Word] = &[Is("SET"), Key("key:"), Value(64)];
const GET: &[Word] = &[Is("GET"), Key("key:")];
const PUBLISH: &[Word] = &[Is("PUBLISH"), Is("news"), Value(64)];

const fn row(
    name: &'static str,
    requests: u64,
    pipeline: usize,
    command: &'static [Word],
    fill: Fill,
) -> Workload {
    let keys = match fill {
        Fill::Kilo => KILO_KEYS,
        Fill::Large => LARGE_KEYS,
        Fill::Small | Fill::Nothing => SMALL_KEYS,
    };
    let connections = if pipeline > 16 { 20 } else { 50 };
    Workload {
        name,
        requests,
        connections,
        pipeline,
        command,
        keys,
        fill,
        listeners: Listeners::Nobody,
        is_of_user: false,
        settings: &[],
    }
}

#[rustfmt::skip]
pub(crate) const WORKLOADS: &[Workload] = &[
    row("ping-p1", 150_000, 1, PING, Fill::Nothing),
    row("set-p1", 150_000, 1, SET, Fill::Small),
    row("get-p1", 150_000, 1, GET, Fill::Small),
    row("set-p16", 1_500_000, 16, SET, Fill::Small),
    row("get-p16", 1_500_000, 16, GET, Fill::Small),
    row("set-p100", 2_000_000, 100, SET, Fill::Small),
    row("get-p100", 2_000_000, 100, GET, Fill::Small),
    row("incr-p16", 1_500_000, 16, &[Is("INCR"), Key("n:")], Fill::Nothing),
    row("setex-p16", 1_500_000, 16, &[Is("SET"), Key("ttl:"), Value(16), Is("EX"), Is("3600")], Fill::Nothing),
    row("mset10-p1", 80_000, 1, MSET, Fill::Small),
    row("mget10-p1", 80_000, 1, MGET, Fill::Small),
    row("get1k-p16", 800_000, 16, &[Is("GET"), Key("k1:")], Fill::Kilo),
    row("get16k-p1", 60_000, 1, &[Is("GET"), Key("k16:")], Fill::Large),
    row("lpush-p16", 1_000_000, 16, &[Is("LPUSH"), Is("list"), Value(16)], Fill::Nothing),
    row("sadd-p16", 1_000_000, 16, &[Is("SADD"), Is("set"), Key("member:")], Fill::Nothing),
    row("hset-p16", 1_000_000, 16, &[Is("HSET"), Is("hash"), Key("field:"), Value(16)], Fill::Nothing),
    row("zadd-p16", 1_000_000, 16, &[Is("ZADD"), Is("zset"), Key(""), Key("member:")], Fill::Nothing),
    row("acl-get-p1", 150_000, 1, GET, Fill::Small).of_user(),
    row("acl-get-p16", 1_500_000, 16, GET, Fill::Small).of_user(),
    row("publish-1", 50_000, 1, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(1)),
    row("publish-1-p16", 400_000, 16, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(1)),
    row("publish-100", 3_000, 1, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(100)),
    row("publish-100-p16", 16_000, 16, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(100)),
    row("publish-5k", 60, 1, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(5_000)),
    row("publish-5k-p16", 480, 16, PUBLISH, Fill::Nothing).to(Listeners::OfChannel(5_000)),
    row("publish-patterns", 10_000, 1, &[Is("PUBLISH"), Key("p:"), Value(64)], Fill::Nothing).to(Listeners::OfPatterns(10_000)),
    row("set-everysec", 150_000, 1, SET, Fill::Small).with(EVERY_SECOND),
    row("set-everysec-p16", 1_500_000, 16, SET, Fill::Small).with(EVERY_SECOND),
    row("evict-set-p16", 1_500_000, 16, SET, Fill::Small).with(SHORT_OF_MEMORY).over(1 << 31),
    row("set-always", 40_000, 1, SET, Fill::Nothing).with(ALWAYS),
    row("set-always-p16", 400_000, 16, SET, Fill::Nothing).with(ALWAYS),
];

const MSET: &[Word] = &[
    Is("MSET"),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
    Key("key:"),
    Value(64),
];

const MGET: &[Word] = &[
    Is("MGET"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
    Key("key:"),
];

/// A pipeline's worth of one command, encoded once, and where its random digits stand.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    digits: Vec<usize>,
}

/// Digits of a random key.
const DIGITS: usize = 12;

impl Batch {
    /// Encodes `pipeline` commands of a workload.
    pub(crate) fn new(command: &[Word], pipeline: usize) -> Self {
        let mut batch = Self {
            bytes: Vec::new(),
            digits: Vec::new(),
        };
        for _ in 0..pipeline {
            batch
                .bytes
                .extend_from_slice(format!("*{}\r\n", command.len()).as_bytes());
            for word in command {
                batch.word(*word);
            }
        }
        batch
    }

    fn word(&mut self, word: Word) {
        let (text, digits) = match word {
            Is(text) => (text.as_bytes().to_vec(), 0),
            Key(prefix) => ([prefix.as_bytes(), &[b'0'; DIGITS]].concat(), DIGITS),
            Value(len) => (vec![b'x'; len], 0),
        };
        self.bytes
            .extend_from_slice(format!("${}\r\n", text.len()).as_bytes());
        self.bytes.extend_from_slice(&text);
        if digits > 0 {
            self.digits.push(self.bytes.len() - digits);
        }
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Writes new random keys over the old ones.
    pub(crate) fn shuffle(&mut self, chance: &mut Chance, keys: u64) {
        for at in &self.digits {
            let mut key = chance.below(keys);
            for digit in self.bytes[*at..*at + DIGITS].iter_mut().rev() {
                *digit = b'0' + (key % 10) as u8;
                key /= 10;
            }
        }
    }
}

/// A small generator of numbers that look random (xorshift64*), seeded, so that rounds repeat.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A generator; any seed will do.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below a limit.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        (mixed * limit) >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Chance, GET, WORKLOADS};

    #[test]
    fn batches_keep_their_shape_when_their_keys_change() {
        let mut batch = Batch::new(GET, 2);
        let one = "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000000\r\n";
        assert_eq!(batch.bytes, [one, one].concat().as_bytes());
        let mut chance = Chance::new(7);
        batch.shuffle(&mut chance, 1_000);
        assert_eq!(batch.bytes.len(), one.len() * 2);
        let text = String::from_utf8(batch.bytes).expect("digits are text");
        assert!(text.contains("key:000000000") && text != [one, one].concat());
    }

    #[test]
    fn chance_stays_below_its_limit_and_reaches_most_of_it() {
        let mut chance = Chance::new(1);
        let mut seen = [false; 16];
        for _ in 0..1_000 {
            seen[chance.below(16) as usize] = true;
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn names_of_workloads_are_unique() {
        for (idx, workload) in WORKLOADS.iter().enumerate() {
            assert!(
                WORKLOADS[..idx]
                    .iter()
                    .all(|other| other.name != workload.name)
            );
        }
    }
}
