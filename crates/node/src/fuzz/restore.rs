//! Payloads of strangers, restored and then used.
//!
//! Each is restored under a key. If that succeeds the value is copied by DUMP and RESTORE, read and
//! changed by every command that knows its type, and copied again: what is restored must be the
//! value that was dumped.
//!
//! Always true: it panics only on a defect.
//! Not here: payloads that are right — the tests and the corpus

use russet_base::rng::Rng;
use russet_io::ConnId;
use russet_rdb::{Version, payload};

use crate::config::Text;
use crate::loopback::Loopback;

/// A node that restores payloads.
pub struct Restorer {
    server: Loopback,
    client: ConnId,
    /// How many payloads were taken.
    pub taken: u64,
    /// How many were refused.
    pub refused: u64,
}

/// Requests that read a value of a type, and then change it.
type Uses = &'static [&'static [&'static str]];

const LIST: Uses = &[
    &["LLEN", "k"],
    &["LRANGE", "k", "0", "-1"],
    &["LINDEX", "k", "-2"],
    &["LPOS", "k", "a"],
    &["LINSERT", "k", "BEFORE", "a", "x"],
    &["LSET", "k", "0", "changed"],
    &["RPUSH", "k", "1", "b"],
    &["LPUSH", "k", "-77777"],
    &["LREM", "k", "1", "a"],
    &["LPOP", "k"],
    &["RPOP", "k"],
    &["LTRIM", "k", "0", "50"],
];
const SET: Uses = &[
    &["SCARD", "k"],
    &["SMEMBERS", "k"],
    &["SSCAN", "k", "0"],
    &["SISMEMBER", "k", "1"],
    &["SRANDMEMBER", "k", "-5"],
    &["SADD", "k", "1", "a", "5000000000", "-9"],
    &["SREM", "k", "2", "b"],
    &["SPOP", "k"],
    &["SUNIONSTORE", "u", "k", "k"],
];
const ZSET: Uses = &[
    &["ZCARD", "k"],
    &["ZRANGE", "k", "0", "-1", "WITHSCORES"],
    &["ZREVRANGE", "k", "0", "-1"],
    &["ZRANGEBYSCORE", "k", "-inf", "+inf"],
    &["ZCOUNT", "k", "(1", "5"],
    &["ZRANK", "k", "a"],
    &["ZSCAN", "k", "0"],
    &["ZADD", "k", "1.5", "a", "-inf", "new", "7", "70"],
    &["ZINCRBY", "k", "1", "b"],
    &["ZREM", "k", "c"],
    &["ZPOPMIN", "k"],
    &["ZREMRANGEBYRANK", "k", "0", "0"],
];
const HASH: Uses = &[
    &["HLEN", "k"],
    &["HGETALL", "k"],
    &["HSCAN", "k", "0"],
    &["HTTL", "k", "FIELDS", "1", "f"],
    &["HRANDFIELD", "k", "-3", "WITHVALUES"],
    &["HSET", "k", "f", "1", "new", "x"],
    &["HINCRBY", "k", "f", "5"],
    &["HPEXPIRE", "k", "100000", "FIELDS", "2", "f", "g"],
    &["HPERSIST", "k", "FIELDS", "1", "f"],
    &["HDEL", "k", "g"],
    &["HGETDEL", "k", "FIELDS", "1", "h"],
];
const STREAM: Uses = &[
    &["XLEN", "k"],
    &["XRANGE", "k", "-", "+"],
    &["XREVRANGE", "k", "+", "-", "COUNT", "3"],
    &["XINFO", "STREAM", "k", "FULL"],
    &["XINFO", "GROUPS", "k"],
    &["XINFO", "CONSUMERS", "k", "g"],
    &["XPENDING", "k", "g"],
    &["XPENDING", "k", "g", "-", "+", "10"],
    &[
        "XREADGROUP",
        "GROUP",
        "g",
        "al",
        "COUNT",
        "1",
        "STREAMS",
        "k",
        ">",
    ],
    &["XAUTOCLAIM", "k", "g", "cc", "0", "0"],
    &["XACK", "k", "g", "1-1", "5-1"],
    &["XADD", "k", "18446744073709551615-1", "f", "v"],
    &["XDEL", "k", "5-1", "6-1"],
    &["XGROUP", "DELCONSUMER", "k", "g", "bo"],
    &["XTRIM", "k", "MAXLEN", "1"],
];
const STRING: Uses = &[
    &["GET", "k"],
    &["GETRANGE", "k", "-3", "-1"],
    &["BITCOUNT", "k"],
    &["PFCOUNT", "k"],
    &["APPEND", "k", "1"],
    &["SETRANGE", "k", "5", "x"],
];

impl Default for Restorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Restorer {
    /// A node of its own.
    ///
    /// # Panics
    /// Never: its settings are right.
    #[must_use]
    pub fn new() -> Self {
        let settings = Text {
            name: "fuzz".into(),
            text: b"enable-debug-command yes".to_vec(),
        };
        let config = crate::Config::load(&[settings], &mut |_| Err(String::new()));
        let mut server = Loopback::new(config.expect("the setting exists"));
        let client = server.connect();
        Self {
            server,
            client,
            taken: 0,
            refused: 0,
        }
    }

    /// Restores a type code and a value, as of that version, and uses them; true if they are
    /// taken.
    ///
    /// # Panics
    /// The node is defective.
    pub fn restore(&mut self, object: &[u8], version: Version) -> bool {
        let mut bytes = object.to_vec();
        payload::seal(&mut bytes, version);
        let reply = self.ask(&[b"RESTORE", b"k", b"0", &bytes, b"REPLACE"]);
        if reply != b"+OK\r\n" {
            let known = [
                &b"-ERR Bad data format\r\n"[..],
                b"-ERR DUMP payload version",
            ];
            assert!(
                known.iter().any(|text| reply.starts_with(text)),
                "{}",
                reply.escape_ascii()
            );
            self.refused += 1;
            self.ask(&[b"DEL", b"k"]);
            return false;
        }
        self.taken += 1;
        self.copies();
        self.use_it();
        self.copies();
        self.ask(&[b"DEL", b"k", b"u", b"c"]);
        assert_eq!(self.ask(&[b"DBSIZE"]), b":0\r\n");
        true
    }

    /// Checks that RESTORE of the DUMP of the value makes the same value.
    fn copies(&mut self) {
        let dumped = self.ask(&[b"DUMP", b"k"]);
        let Some(dumped) = bulk(&dumped) else {
            // It may have lost all its elements.
            assert_eq!(self.ask(&[b"EXISTS", b"k"]), b":0\r\n");
            return;
        };
        let reply = self.ask(&[b"RESTORE", b"c", b"0", dumped, b"REPLACE"]);
        assert_eq!(reply, b"+OK\r\n", "{}", dumped.escape_ascii());
        let digests = self.ask(&[b"DEBUG", b"DIGEST-VALUE", b"k", b"c"]);
        let mut lines = digests.split(|&byte| byte == b'\n').skip(1);
        assert_eq!(lines.next(), lines.next(), "{}", dumped.escape_ascii());
    }

    fn use_it(&mut self) {
        let kind = self.ask(&[b"TYPE", b"k"]);
        self.ask(&[b"OBJECT", b"ENCODING", b"k"]);
        self.ask(&[b"MEMORY", b"USAGE", b"k"]);
        let uses = match &kind[..] {
            b"+string\r\n" => STRING,
            b"+list\r\n" => LIST,
            b"+set\r\n" => SET,
            b"+zset\r\n" => ZSET,
            b"+hash\r\n" => HASH,
            b"+stream\r\n" => STREAM,
            // A hash whose fields were all due is gone with the last of them.
            b"+none\r\n" => return,
            other => panic!("a value of type {}", other.escape_ascii()),
        };
        for request in uses {
            let request: Vec<&[u8]> = request.iter().map(|word| word.as_bytes()).collect();
            self.ask(&request);
        }
    }

    fn ask(&mut self, request: &[&[u8]]) -> Vec<u8> {
        let mut bytes = format!("*{}\r\n", request.len()).into_bytes();
        for word in request {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        let reply = self.server.call(self.client, &bytes);
        assert!(!reply.is_empty(), "every request gets a reply");
        reply
    }
}

/// The bytes of a bulk reply.
fn bulk(reply: &[u8]) -> Option<&[u8]> {
    let at = reply.iter().position(|&byte| byte == b'\n')?;
    match reply.first()? {
        b'$' => reply.get(at + 1..reply.len().checked_sub(2)?),
        _ => None,
    }
}

/// The body of the fuzz target `rdb_restore`: the first byte picks a version, the rest is a type
/// code and a value.
pub fn object(input: &[u8]) {
    let Some((&pick, object)) = input.split_first() else {
        return;
    };
    Restorer::new().restore(object, version(pick));
}

/// One of the versions that are known.
#[must_use]
pub fn version(pick: u8) -> Version {
    match pick % 5 {
        0 => Version::REDIS_7_0,
        1 => Version::REDIS_7_2,
        2 => Version::REDIS_7_4,
        3 => Version::REDIS_NEWEST,
        _ => Version::VALKEY_9,
    }
}

/// Changes a few bytes of a payload: most often only one, and lengths more often than others.
pub fn mutate(object: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..1 + rng.below(4) * rng.below(2) {
        if object.is_empty() {
            return;
        }
        let at = rng.index(object.len());
        match rng.below(10) {
            0 => object[at] ^= 1 << rng.below(8),
            1 => object[at] = rng.u64() as u8,
            2 => object[at] = object[at].wrapping_add(1),
            3 => object[at] = object[at].wrapping_sub(1),
            4 => object[at] = INTERESTING[rng.index(INTERESTING.len())],
            5 => {
                object.remove(at);
            }
            6 => object.insert(at, rng.u64() as u8),
            7 => object.truncate(at),
            8 => {
                let end = (at + 1 + rng.index(16)).min(object.len());
                let piece = object[at..end].to_vec();
                let to = rng.index(object.len());
                object.splice(to..to, piece);
            }
            _ => {
                // The tail of another payload.
                let from = rng.index(other.len().max(1)).min(other.len());
                object.truncate(at);
                object.extend_from_slice(&other[from..]);
            }
        }
    }
}

const INTERESTING: [u8; 14] = [
    0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xf0, 0xf4, 0xfe, 0xff,
];
