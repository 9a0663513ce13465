//! The codec alone: requests decoded, replies encoded and decoded, a large argument read.
//!
//! Numbers are requests or replies a second; bytes a second where size is the point.
//!
//! Always true: only the codec itself allocates per element.
//! Not here: commands — the suite of the node.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use russet_resp::{
    Decoded, Limits, Output, Protocol, Reply, ReplyDecoder, RequestDecoder, Span, encode_request,
};

/// Requests or replies in one pipeline.
const PIPELINE: usize = 1_000;

/// A decoder with room of its own, as a session has it.
#[derive(Default)]
struct Server {
    decoder: RequestDecoder,
    spans: Vec<Span>,
    bulks: Vec<Bytes>,
}

impl Server {
    /// Decodes all that is whole; gives the number of argument bytes.
    fn decode(&mut self, input: &[u8]) -> usize {
        self.spans.clear();
        self.bulks.clear();
        let (mut at, mut size) = (0, 0);
        while let Ok(Decoded::Frame(frame)) = self.decoder.decode(
            input,
            at,
            &Limits::DEFAULT,
            &mut self.spans,
            &mut self.bulks,
        ) {
            at = frame.end();
            size += frame.args(input, &self.spans, &self.bulks).size();
        }
        size
    }
}

fn repeated(request: &[&[u8]]) -> Vec<u8> {
    let mut wire = Vec::new();
    for _ in 0..PIPELINE {
        encode_request(request, &mut wire);
    }
    wire
}

fn decode_requests(c: &mut Criterion) {
    let mut group = c.benchmark_group("resp/decode");
    group.throughput(Throughput::Elements(PIPELINE as u64));
    let key = b"key:000000000001";
    let fields: Vec<&[u8]> = std::iter::repeat_n(&b"HSET"[..], 20).collect();
    let cases: [(&str, Vec<u8>); 5] = [
        ("get", repeated(&[b"GET", key])),
        ("set_64", repeated(&[b"SET", key, &[b'x'; 64]])),
        ("set_4096", repeated(&[b"SET", key, &[b'x'; 4096]])),
        ("hset_20", repeated(&fields)),
        ("inline", b"SET key:000000000001 value\r\n".repeat(PIPELINE)),
    ];
    for (name, wire) in &cases {
        let mut server = Server::default();
        group.bench_function(*name, |b| b.iter(|| server.decode(black_box(wire))));
    }
    group.finish();
}

/// Reads as a socket gives them: each ends inside a request.
fn decode_in_pieces(c: &mut Criterion) {
    let mut group = c.benchmark_group("resp/decode_in_pieces");
    group.throughput(Throughput::Elements(PIPELINE as u64));
    let wire = repeated(&[b"SET", b"key:000000000001", &[b'x'; 64]]);
    let mut server = Server::default();
    let mut input = Vec::new();
    group.bench_function("set_64_by_1500", |b| {
        b.iter(|| {
            let mut requests = 0;
            input.clear();
            for piece in wire.chunks(1500) {
                input.extend_from_slice(piece);
                server.spans.clear();
                let mut at = 0;
                while let Ok(Decoded::Frame(frame)) = server.decoder.decode(
                    &input,
                    at,
                    &Limits::DEFAULT,
                    &mut server.spans,
                    &mut server.bulks,
                ) {
                    at = frame.end();
                    requests += 1;
                }
                input.drain(..at);
            }
            assert_eq!(requests, PIPELINE);
        });
    });
    group.finish();
}

fn read_large_argument(c: &mut Criterion) {
    const LEN: usize = 8 << 20;
    let header = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${LEN}\r\n").into_bytes();
    let mut group = c.benchmark_group("resp/large_argument");
    group.throughput(Throughput::Bytes(LEN as u64));
    group.bench_function("8_mib", |b| {
        b.iter(|| {
            let mut server = Server::default();
            server.decode(black_box(&header));
            loop {
                let space = server.decoder.bulk_space();
                let n = space.len();
                if let [.., cr, lf] = space {
                    (*cr, *lf) = (b'\r', b'\n');
                }
                if server.decoder.bulk_filled(n) {
                    break;
                }
            }
            assert_eq!(server.decode(black_box(&header)), LEN + b"SETk".len());
        });
    });
    group.finish();
}

/// Writes a pipeline's worth of one reply.
fn write(out: &mut Output, protocol: Protocol, reply: impl Fn(&mut Reply<'_>)) -> usize {
    for _ in 0..PIPELINE {
        reply(&mut Reply::new(out, protocol));
    }
    let len = out.len();
    out.clear();
    len
}

fn encode_replies(c: &mut Criterion) {
    let mut group = c.benchmark_group("resp/encode");
    group.throughput(Throughput::Elements(PIPELINE as u64));
    let (small, large) = ([b'x'; 64], Bytes::from(vec![b'x'; 64 << 10]));
    let mut out = Output::new();
    let resp2 = Protocol::Resp2;
    group.bench_function("ok", |b| b.iter(|| write(&mut out, resp2, |r| r.ok())));
    group.bench_function("integer", |b| {
        b.iter(|| write(&mut out, resp2, |r| r.integer(black_box(123_456))));
    });
    group.bench_function("bulk_64", |b| {
        b.iter(|| write(&mut out, resp2, |r| r.bulk(black_box(&small))));
    });
    group.bench_function("bulk_64_kib_shared", |b| {
        b.iter(|| write(&mut out, resp2, |r| r.bulk_shared(large.clone())));
    });
    group.bench_function("double", |b| {
        b.iter(|| write(&mut out, Protocol::Resp3, |r| r.double(black_box(1.25))));
    });
    group.bench_function("array_of_10_deferred", |b| {
        b.iter(|| {
            write(&mut out, resp2, |r| {
                let begun = r.begin_array();
                for _ in 0..10 {
                    r.bulk(black_box(b"element"));
                }
                r.end_array(begun, 10);
            })
        });
    });
    group.finish();
}

fn decode_replies(c: &mut Criterion) {
    let mut group = c.benchmark_group("resp/decode_replies");
    group.throughput(Throughput::Elements(PIPELINE as u64));
    let element = "$7\r\nelement\r\n";
    let cases = [
        ("ok", "+OK\r\n".to_owned()),
        ("integer", ":123456\r\n".to_owned()),
        ("bulk_64", format!("$64\r\n{}\r\n", "x".repeat(64))),
        ("array_of_10", format!("*10\r\n{}", element.repeat(10))),
    ];
    for (name, reply) in cases {
        let wire = reply.repeat(PIPELINE);
        let mut decoder = ReplyDecoder::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut input = black_box(wire.as_bytes());
                let mut count = 0;
                while let Ok(Some(_)) = decoder.decode(&mut input) {
                    count += 1;
                }
                assert_eq!(count, PIPELINE);
            });
        });
    }
    group.finish();
}

criterion_group!(
    resp,
    decode_requests,
    decode_in_pieces,
    read_large_argument,
    encode_replies,
    decode_replies
);
criterion_main!(resp);
