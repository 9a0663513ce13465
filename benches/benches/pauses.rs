//! Pauses of the loop when one request deletes, overwrites or expires a huge collection.
//!
//! Every case builds a collection by commands, then times the one turn of the node that removes
//! it. Discarded values are dropped after that, as a worker thread would do.
//!
//! `RUSSET_BENCH_KEYS` sets the number of elements: 200,000 unless it is set. The project's
//! target is 1 ms at 10,000,000.
//!
//! Always true: the collection is gone after the timed turn.
//! Not here: pauses of the table of keys — `engine.rs`

#![expect(clippy::print_stdout, reason = "pauses are printed, one call each")]

use std::time::{Duration, Instant};

use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::encode_request;

/// Elements of one request while a collection is built.
const CHUNK: u64 = 500;

/// The words of a request.
type Request = Vec<Vec<u8>>;

/// A type of collection: its name, and the requests that add a run of elements.
type Builder = (&'static str, fn(u64) -> Vec<Request>);

const BUILDERS: &[Builder] = &[
    ("list", |from| {
        request(b"RPUSH", from, |n, words| words.push(element(n)))
    }),
    ("set", |from| {
        request(b"SADD", from, |n, words| words.push(element(n)))
    }),
    ("set of integers", |from| {
        request(b"SADD", from, |n, words| words.push(n.to_string().into()))
    }),
    ("hash", |from| {
        request(b"HSET", from, |n, words| {
            words.extend([element(n), n.to_string().into()]);
        })
    }),
    ("sorted set", |from| {
        request(b"ZADD", from, |n, words| {
            let score = n.wrapping_mul(7919) % 10_000_000;
            words.extend([score.to_string().into(), element(n)]);
        })
    }),
    ("stream", |from| {
        let entry = |n: u64| {
            [
                b"XADD".to_vec(),
                b"big".to_vec(),
                id(n),
                b"f".to_vec(),
                element(n),
            ]
        };
        (from..from + CHUNK).map(|n| entry(n).to_vec()).collect()
    }),
];

fn id(n: u64) -> Vec<u8> {
    format!("{}-1", n + 1).into_bytes()
}

fn element(n: u64) -> Vec<u8> {
    format!("element:{n:012}").into_bytes()
}

fn request(name: &[u8], from: u64, add: fn(u64, &mut Request)) -> Vec<Request> {
    let mut words = vec![name.to_vec(), b"big".to_vec()];
    (from..from + CHUNK).for_each(|n| add(n, &mut words));
    vec![words]
}

/// The commands that remove the key `big`, each in its own way.
const ENDS: &[(&str, &[&str])] = &[
    ("DEL", &["DEL big"]),
    ("UNLINK", &["UNLINK big"]),
    ("SET", &["SET big x"]),
    ("FLUSHALL", &["FLUSHALL"]),
    ("expiry", &["PEXPIRE big 5"]),
    ("RENAME", &["SET other x", "RENAME other big"]),
];

struct Server {
    loopback: Loopback,
    client: ConnId,
}

impl Server {
    fn ask(&mut self, requests: &[Request]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for words in requests {
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            encode_request(&words, &mut bytes);
        }
        self.loopback.call(self.client, &bytes)
    }

    fn ask_text(&mut self, text: &str) -> Vec<u8> {
        let words = text.split(' ').map(|word| word.into()).collect();
        self.ask(&[words])
    }

    /// The longest of the turns that these requests take, and of the one after them.
    fn end(&mut self, requests: &[&str]) -> Duration {
        let mut worst = Duration::ZERO;
        for text in requests {
            let start = Instant::now();
            self.ask_text(text);
            worst = worst.max(start.elapsed());
        }
        let start = Instant::now();
        self.loopback.advance(10);
        worst.max(start.elapsed())
    }
}

fn main() {
    let set = std::env::var("RUSSET_BENCH_KEYS").ok();
    let count = set
        .and_then(|text| text.parse().ok())
        .unwrap_or(200_000_u64);
    // Names of types to measure, beside the flags that cargo passes; all if there are none.
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wanted: Vec<&String> = wanted.iter().filter(|arg| !arg.starts_with('-')).collect();
    println!("one request that ends a collection of {count} elements:");
    for (name, chunk) in BUILDERS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        for (end, requests) in ENDS {
            let mut loopback = Loopback::new(Config::default());
            loopback.keep_discards();
            let client = loopback.connect();
            let mut server = Server { loopback, client };
            for from in (0..count).step_by(CHUNK as usize) {
                let reply = server.ask(&chunk(from));
                let is_error = reply.starts_with(b"-");
                assert!(!is_error && !reply.is_empty(), "elements are added");
            }
            let span = server.end(requests);
            let left = server.ask_text("EXISTS big");
            let is_replaced = matches!(*end, "SET" | "RENAME");
            assert_eq!(left == b":1\r\n", is_replaced, "the collection is gone");
            server.loopback.drop_discards();
            println!("  {name}, {end}: {span:?}");
        }
    }
}
