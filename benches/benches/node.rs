//! A whole node under load: bytes in, bytes out, as a loop would drive it.
//!
//! Every workload runs over 100,000 keys in random order, at pipelines of 1, 16 and 100 requests.
//! The operating system is left out, so a request costs less here than over a socket.
//!
//! Always true: requests are encoded before the clock starts; the throughput is requests a second.
//! Not here: instructions of the same paths — `examples/hot.rs`; real sockets —
//! `cargo xtask versus`

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use russet_benches::keys;
use russet_io::ConnId;
use russet_node::Config;
use russet_node::loopback::Loopback;
use russet_resp::encode_request;

const KEYS: usize = 100_000;
const PIPELINES: [usize; 3] = [1, 16, 100];
const VALUE: [u8; 64] = [b'x'; 64];

/// The words of one request over a run of keys.
type Request = fn(&[Vec<u8>]) -> Vec<Vec<u8>>;

/// A workload: its name, how many keys one request takes, the request.
const WORKLOADS: &[(&str, usize, Request)] = &[
    ("get_hit", 1, |keys| words(&[b"GET", &keys[0]])),
    ("get_miss", 1, |keys| {
        words(&[b"GET", &[b"no", &*keys[0]].concat()])
    }),
    ("set", 1, set),
    ("set_ex", 1, |keys| {
        words(&[b"SET", &keys[0], &VALUE, b"EX", b"1000"])
    }),
    ("incr", 1, |keys| {
        words(&[b"INCR", &[b"n:", &*keys[0]].concat()])
    }),
    ("mset_10", 10, mset),
];

fn set(keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    words(&[b"SET", &keys[0], &VALUE])
}

fn mset(keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut request = words(&[b"MSET"]);
    for key in keys {
        request.push(key.clone());
        request.push(VALUE.to_vec());
    }
    request
}

fn words(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}

/// A node with a client and all keys.
struct Server {
    loopback: Loopback,
    client: ConnId,
    replies: Vec<u8>,
}

impl Server {
    fn with_keys(keys: &[Vec<u8>]) -> Self {
        let mut loopback = Loopback::new(Config::default());
        let client = loopback.connect();
        let mut server = Self {
            loopback,
            client,
            replies: Vec::new(),
        };
        for bytes in pipelines(keys, 1, PIPELINES[2], set) {
            server.answer(&bytes);
        }
        server
    }

    /// Takes a pipeline; gives the number of bytes that come back.
    fn answer(&mut self, bytes: &[u8]) -> usize {
        self.replies.clear();
        self.loopback.send(self.client, bytes);
        self.loopback.receive_into(self.client, &mut self.replies);
        black_box(&self.replies).len()
    }
}

/// The bytes of all pipelines of one workload.
fn pipelines(keys: &[Vec<u8>], step: usize, len: usize, request: Request) -> Vec<Vec<u8>> {
    let mut pipelines = Vec::new();
    let requests: Vec<&[Vec<u8>]> = keys.chunks_exact(step).collect();
    for group in requests.chunks(len) {
        let mut bytes = Vec::new();
        for keys in group {
            encode_request(request(keys), &mut bytes);
        }
        pipelines.push(bytes);
    }
    pipelines
}

fn requests(c: &mut Criterion) {
    let keys = keys(KEYS);
    for (name, step, request) in WORKLOADS {
        let mut group = c.benchmark_group(format!("node/{name}"));
        for len in PIPELINES {
            let pipelines = pipelines(&keys, *step, len, *request);
            let mut server = Server::with_keys(&keys);
            let mut next = pipelines.iter().cycle();
            group.throughput(Throughput::Elements(len as u64));
            group.bench_function(BenchmarkId::from_parameter(len), |b| {
                b.iter(|| next.next().map(|bytes| server.answer(bytes)));
            });
        }
        group.finish();
    }
}

/// The longest a client can wait: all keys, gone in one request, or due at one moment.
fn pauses(c: &mut Criterion) {
    let keys = keys(KEYS);
    let mut group = c.benchmark_group("node/pause");
    group.sample_size(10);
    group.bench_function("flushall_100k", |b| {
        b.iter_batched_ref(
            || Server::with_keys(&keys),
            |server| server.answer(b"FLUSHALL\r\n"),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("expiry_100k_turn", |b| {
        b.iter_batched_ref(
            || {
                let mut server = Server::with_keys(&keys);
                for key in &keys {
                    let mut bytes = Vec::new();
                    encode_request([b"PEXPIRE", &key[..], b"1"], &mut bytes);
                    server.answer(&bytes);
                }
                server
            },
            |server| server.loopback.advance(2),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(node, requests, pauses);
criterion_main!(node);
