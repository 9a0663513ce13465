//! The hot paths as small programs: `hot WORKLOAD N` does one operation about `N` times.
//!
//! `cargo xtask instructions` runs a workload at two lengths under callgrind and takes the slope,
//! so whatever happens before the first operation costs nothing in the figure.
//!
//! Always true: no clock, and numbers from a fixed seed, so two runs execute the same instructions.
//! Not here: wall time — `benches/`

#![expect(
    clippy::print_stdout,
    reason = "its answer to `list` is read by another program"
)]

use std::cell::Cell;
use std::hint::black_box;
use std::process::ExitCode;

use bytes::Bytes;
use russet_benches::script::{Machine, WORKS};
use russet_engine::{Keyspace, NewValue, Options, Touch};
use russet_io::ConnId;
use russet_node::loopback::Loopback;
use russet_resp::{Decoded, Limits, Output, Protocol, Reply, RequestDecoder, Span, encode_request};

/// A workload runs this many operations, or a few more to fill its last pipeline.
type Run = fn(usize);

/// One row a workload.
const WORKLOADS: &[(&str, Run)] = &[
    ("resp/get-p16", |count| decode(&[b"GET", KEY], count)),
    ("resp/set-p16", |count| {
        decode(&[b"SET", KEY, &VALUE], count)
    }),
    ("resp/reply-bulk", reply_bulk),
    ("engine/get", engine_get),
    ("engine/set", engine_set),
    ("script/load", script_load),
    ("script/short", |count| script_run("short", count)),
    ("script/call", |count| script_run("call", count)),
    ("script/loop", |count| script_run("loop", count)),
    ("script/function", |count| script_run("function", count)),
    ("script/insert", |count| script_run("insert", count)),
    ("script/concat", |count| script_run("concat", count)),
    ("script/json-decode", |count| {
        script_run("json-decode", count)
    }),
    ("script/json-encode", |count| {
        script_run("json-encode", count)
    }),
    ("script/pack", |count| script_run("pack", count)),
    ("node/get-p1", |count| {
        node(1, count, |key| vec![b"GET".to_vec(), key])
    }),
    ("node/get-p16", |count| {
        node(PIPELINE, count, |key| vec![b"GET".to_vec(), key])
    }),
    ("node/get-of-user-p1", |count| of_user(1, count)),
    ("node/get-of-user-p16", |count| of_user(PIPELINE, count)),
    ("node/get-observed-p1", |count| {
        observed(1, count, |key| vec![b"GET".to_vec(), key])
    }),
    ("node/get-observed-p16", |count| {
        observed(PIPELINE, count, |key| vec![b"GET".to_vec(), key])
    }),
    ("node/set-observed-p1", |count| {
        observed(1, count, set_request)
    }),
    ("node/set-observed-p16", |count| {
        observed(PIPELINE, count, set_request)
    }),
    ("node/set-p1", |count| node(1, count, set_request)),
    ("node/set-p16", |count| node(PIPELINE, count, set_request)),
    ("node/incr-p16", |count| node(PIPELINE, count, incr_request)),
    ("node/lpush-p16", |count| {
        node(PIPELINE, count, |_| push_request())
    }),
    ("node/rpop-p16", |count| {
        node(PIPELINE, count, |_| vec![b"RPOP".to_vec(), LIST.to_vec()])
    }),
    ("node/hset-p16", |count| node(PIPELINE, count, hset_request)),
    ("node/set-journalled-p16", |count| {
        journalled(count, set_request)
    }),
    ("node/incr-journalled-p16", |count| {
        journalled(count, incr_request)
    }),
    ("node/lpush-journalled-p16", |count| {
        journalled(count, |_| push_request())
    }),
    ("node/hset-journalled-p16", |count| {
        journalled(count, hset_request)
    }),
];

const PIPELINE: usize = 16;
const KEYS: usize = 10_000;
const KEY: &[u8] = b"key:000000000001";
const VALUE: [u8; 64] = [b'x'; 64];
const LIST: &[u8] = b"mylist";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (name, count) = match words.as_slice() {
        ["list"] => {
            for (name, _) in WORKLOADS {
                println!("{name}");
            }
            return ExitCode::SUCCESS;
        }
        [name, count] => (*name, count.parse().unwrap_or(0)),
        _ => return ExitCode::FAILURE,
    };
    match WORKLOADS.iter().find(|(other, _)| *other == name) {
        Some((_, run)) => {
            run(count);
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

/// The name of the n-th key, in an order that does not follow the table's.
fn key(n: usize) -> Vec<u8> {
    format!("key:{:012}", n.wrapping_mul(7_919) % KEYS).into_bytes()
}

fn set_request(key: Vec<u8>) -> Vec<Vec<u8>> {
    vec![b"SET".to_vec(), key, VALUE.to_vec()]
}

fn incr_request(key: Vec<u8>) -> Vec<Vec<u8>> {
    vec![b"INCR".to_vec(), [b"n:", &*key].concat()]
}

fn hset_request(key: Vec<u8>) -> Vec<Vec<u8>> {
    let hash = [b"h:", &key[key.len() - 3..]].concat();
    vec![b"HSET".to_vec(), hash, key, VALUE[..16].to_vec()]
}

fn push_request() -> Vec<Vec<u8>> {
    vec![b"LPUSH".to_vec(), LIST.to_vec(), VALUE[..16].to_vec()]
}

fn decode(request: &[&[u8]], count: usize) {
    let mut wire = Vec::new();
    for _ in 0..PIPELINE {
        encode_request(request, &mut wire);
    }
    let mut decoder = RequestDecoder::default();
    let (mut spans, mut bulks): (Vec<Span>, Vec<Bytes>) = (Vec::new(), Vec::new());
    for _ in 0..count.div_ceil(PIPELINE) {
        let input = black_box(&*wire);
        let mut at = 0;
        spans.clear();
        bulks.clear();
        while let Ok(Decoded::Frame(frame)) =
            decoder.decode(input, at, &Limits::DEFAULT, &mut spans, &mut bulks)
        {
            at = frame.end();
            black_box(frame.args(input, &spans, &bulks).size());
        }
    }
}

fn reply_bulk(count: usize) {
    let mut output = Output::default();
    for _ in 0..count.div_ceil(PIPELINE) {
        for _ in 0..PIPELINE {
            Reply::new(&mut output, Protocol::Resp2).bulk(black_box(&VALUE));
        }
        let len = output.len();
        output.advance(len);
    }
}

fn filled() -> (Keyspace, Vec<Vec<u8>>) {
    let mut keyspace = Keyspace::new(Options::default());
    let keys: Vec<Vec<u8>> = (0..KEYS).map(key).collect();
    for key in &keys {
        keyspace.db(0).set(key, &VALUE, None);
    }
    (keyspace, keys)
}

fn engine_get(count: usize) {
    let (mut keyspace, keys) = filled();
    let mut db = keyspace.db(0);
    for key in keys.iter().cycle().take(count) {
        black_box(db.read(key, Touch::Yes).is_some());
    }
}

fn engine_set(count: usize) {
    let (mut keyspace, keys) = filled();
    let mut db = keyspace.db(0);
    for key in keys.iter().cycle().take(count) {
        db.entry(key).set(NewValue::Plain(black_box(&VALUE)), None);
    }
}

/// A new text each time, which is compiled and run.
fn script_load(count: usize) {
    let mut machine = Machine::default();
    for n in 0..count {
        let text = format!("{} -- {n:08}", WORKS[0].1);
        let script = machine.load(text.as_bytes());
        black_box(machine.run(&script));
    }
}

/// A script whose runs are several operations each.
fn script_run(name: &str, count: usize) {
    let mut machine = Machine::default();
    for (_, text, operations) in WORKS.iter().filter(|(other, ..)| *other == name) {
        let script = machine.load(text.as_bytes());
        for _ in 0..count.div_ceil(*operations) {
            black_box(machine.run(&script));
        }
    }
}

/// A node under a pipeline of requests over all keys: bytes in, bytes out.
fn node(pipeline: usize, count: usize, request: fn(Vec<u8>) -> Vec<Vec<u8>>) {
    run(pipeline, count, request, Also::Nothing);
}

/// The same with a reader of the journal, which takes its bytes after each turn, as a file would.
fn journalled(count: usize, request: fn(Vec<u8>) -> Vec<Vec<u8>>) {
    run(PIPELINE, count, request, Also::Journalled);
}

/// GET by a user with ten rules.
fn of_user(pipeline: usize, count: usize) {
    let request = |key| vec![b"GET".to_vec(), key];
    run(pipeline, count, request, Also::OfUser);
}

/// A node under a pipeline that times its commands, and keeps what was slow or large.
fn observed(pipeline: usize, count: usize, request: fn(Vec<u8>) -> Vec<Vec<u8>>) {
    run(pipeline, count, request, Also::Observed);
}

/// A variant of a run.
#[derive(PartialEq, Eq)]
enum Also {
    Nothing,
    Journalled,
    OfUser,
    Observed,
}

/// Settings of a node that observes nothing.
const UNOBSERVED: &[u8] =
    b"CONFIG SET slowlog-log-slower-than -1 commandlog-request-larger-than -1 \
    commandlog-reply-larger-than -1 latency-tracking no\r\n";

thread_local! {
    static TIME: Cell<u64> = const { Cell::new(0) };
}

/// A clock whose readings are one microsecond apart.
fn tick_ns() -> u64 {
    TIME.with(|time| {
        time.set(time.get() + 1_000);
        time.get()
    })
}

const USER: &[u8] =
    b"ACL SETUSER user on nopass ~a:* ~b:* ~key:* &news:* +@read +@write -@dangerous \
    +config|get\r\n";

fn run(pipeline: usize, count: usize, request: fn(Vec<u8>) -> Vec<Vec<u8>>, also: Also) {
    let config = russet_node::Config::default();
    let mut server = match also {
        Also::Observed => Loopback::timed_by(config, tick_ns),
        _ => Loopback::new(config),
    };
    let client = server.connect();
    if also != Also::Observed {
        server.call(client, UNOBSERVED);
    }
    // Both the reads' values and what the workload itself writes are there before it begins.
    warm(&mut server, client, set_request);
    match &*request(key(0))[0] {
        b"GET" => {}
        // Twice, so that there is one for each that is popped.
        b"RPOP" => {
            warm(&mut server, client, |_| push_request());
            warm(&mut server, client, |_| push_request());
        }
        _ => warm(&mut server, client, request),
    }
    let batches: Vec<Vec<u8>> = (0..KEYS / pipeline)
        .map(|batch| wire((0..pipeline).map(|n| request(key(batch * pipeline + n)))))
        .collect();
    let reader = (also == Also::Journalled).then(|| server.node().attach_reader(u64::MAX));
    if also == Also::OfUser {
        server.call(client, USER);
        server.call(client, b"AUTH user any\r\n");
    }
    let mut replies = Vec::new();
    for batch in batches.iter().cycle().take(count.div_ceil(pipeline)) {
        replies.clear();
        server.send(client, batch);
        server.receive_into(client, &mut replies);
        black_box(&replies);
        if let Some(reader) = reader {
            while let Ok(Some(bytes)) = server.node().read_journal(reader) {
                black_box(&bytes);
            }
        }
    }
}

fn warm(server: &mut Loopback, client: ConnId, request: fn(Vec<u8>) -> Vec<Vec<u8>>) {
    for n in 0..KEYS {
        server.call(client, &wire([request(key(n))].into_iter()));
    }
}

fn wire(requests: impl Iterator<Item = Vec<Vec<u8>>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for request in requests {
        let words: Vec<&[u8]> = request.iter().map(Vec::as_slice).collect();
        encode_request(&words, &mut bytes);
    }
    bytes
}
