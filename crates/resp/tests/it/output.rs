//! The output queue against a plain vector.

use std::io::IoSlice;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use russet_resp::{Output, Protocol, Reply, SHARED_LEN_MIN};

/// One thing that is done to a queue.
#[derive(Clone, Debug)]
enum Op {
    Copy(usize),
    Share(usize),
    /// Sends this many thousandths of what is queued.
    Send(usize),
    /// Writes, then takes it back.
    Rollback(usize, bool),
    /// Writes elements, then their header.
    Deferred(usize, bool),
    /// Writes this many strings with room for some of them.
    Bulks(usize),
    /// Takes the buffer away and gives another one.
    Recycle,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0_usize..200_000).prop_map(Op::Copy),
        4 => (0_usize..100).prop_map(Op::Copy),
        3 => (0_usize..3 * SHARED_LEN_MIN).prop_map(Op::Share),
        5 => (0_usize..=1000).prop_map(Op::Send),
        1 => Just(Op::Send(1000)),
        2 => (0_usize..100_000, any::<bool>()).prop_map(|(n, share)| Op::Rollback(n, share)),
        2 => (0_usize..100_000, any::<bool>()).prop_map(|(n, share)| Op::Deferred(n, share)),
        2 => (0_usize..10_000).prop_map(Op::Bulks),
        1 => Just(Op::Recycle),
    ]
}

fn queued(output: &Output, room: usize) -> Vec<u8> {
    let mut slices = vec![IoSlice::new(&[]); room];
    let count = output.slices(&mut slices);
    slices[..count]
        .iter()
        .flat_map(|slice| slice.iter().copied())
        .collect()
}

struct Pair {
    output: Output,
    model: Vec<u8>,
    next: u8,
}

impl Pair {
    /// Bytes that tell places apart.
    fn bytes(&mut self, len: usize) -> Vec<u8> {
        self.next = self.next.wrapping_add(31);
        let first = self.next;
        (0..len)
            .map(|n| first.wrapping_add((n % 251) as u8))
            .collect()
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Copy(len) => {
                let bytes = self.bytes(len);
                self.output.extend(&bytes);
                self.model.extend_from_slice(&bytes);
            }
            Op::Share(len) => {
                let bytes = self.bytes(len);
                self.output.extend_shared(Bytes::from(bytes.clone()));
                self.model.extend_from_slice(&bytes);
            }
            Op::Send(thousandths) => {
                let n = self.model.len() * thousandths / 1000;
                self.output.advance(n);
                self.model.drain(..n);
            }
            Op::Rollback(len, share) => {
                let bytes = self.bytes(len);
                let mut reply = Reply::new(&mut self.output, Protocol::Resp3);
                let mark = reply.mark();
                reply.bulk(&bytes);
                if share {
                    reply.bulk_shared(Bytes::from(vec![1; SHARED_LEN_MIN]));
                }
                assert!(reply.has_written_since(mark));
                let written = self.output.len() - self.model.len();
                assert_eq!(self.output.len_since(mark), written);
                self.output.rollback(mark);
                assert_eq!(self.output.len_since(mark), 0);
            }
            Op::Deferred(len, share) => {
                let bytes = self.bytes(len);
                let big = Bytes::from(vec![1; if share { SHARED_LEN_MIN } else { 1 }]);
                let mut reply = Reply::new(&mut self.output, Protocol::Resp3);
                let begun = reply.begin_array();
                reply.raw(&bytes);
                reply.raw_shared(big.clone());
                reply.end_array(begun, len);
                self.model
                    .extend_from_slice(format!("*{len}\r\n").as_bytes());
                self.model.extend_from_slice(&bytes);
                self.model.extend_from_slice(&big);
            }
            Op::Bulks(count) => {
                let bytes = self.bytes(3);
                let mut reply = Reply::new(&mut self.output, Protocol::Resp3);
                let mut bulks = reply.bulks(count);
                (0..count).for_each(|_| bulks.push(&bytes));
                drop(bulks);
                let bulk = [b"$3\r\n", &bytes[..], b"\r\n"].concat();
                self.model.extend_from_slice(&bulk.repeat(count));
            }
            Op::Recycle => {
                let buffer = self.output.detach();
                assert_eq!(buffer.is_some(), buffer.is_some_and(|b| b.is_empty()));
                self.output.attach(Vec::with_capacity(100));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_queue_is_a_vector(ops in vec(op(), 0..40)) {
        let mut pair = Pair {
            output: Output::new(),
            model: Vec::new(),
            next: 0,
        };
        for op in &ops {
            pair.apply(op);
            prop_assert_eq!(pair.output.len(), pair.model.len());
            prop_assert_eq!(pair.output.is_empty(), pair.model.is_empty());
            prop_assert!(queued(&pair.output, 200) == pair.model, "after {:?}", op);
            let first = queued(&pair.output, 1);
            prop_assert!(pair.model.starts_with(&first));
            prop_assert_eq!(first.is_empty(), pair.model.is_empty());
        }
        prop_assert!(pair.output.to_vec() == pair.model);
    }
}

#[test]
fn a_queue_that_is_empty_gives_its_buffer_back() {
    let mut output = Output::new();
    assert_eq!(output.attach(Vec::with_capacity(64)), None);
    output.extend(b"abc");
    assert_eq!(output.detach(), None);
    output.advance(3);
    let buffer = output.detach().unwrap();
    assert!(buffer.is_empty() && buffer.capacity() >= 64);
    assert_eq!((output.detach(), output.memory()), (None, 0));
}

#[test]
fn large_values_are_not_copied() {
    let value = Bytes::from(vec![b'x'; SHARED_LEN_MIN]);
    let mut output = Output::new();
    Reply::new(&mut output, Protocol::Resp2).bulk_shared(value.clone());
    let mut slices = [IoSlice::new(&[]); 3];
    assert_eq!(output.slices(&mut slices), 3);
    assert_eq!(slices[1].as_ptr(), value.as_ptr());
}

#[test]
fn a_reply_beyond_the_limit_is_dropped_and_said_to_be() {
    let limit = 100_000;
    type Write = fn(&mut Reply<'_>);
    let writers: &[(&str, Write)] = &[
        ("bulk", |reply| reply.bulk(&[b'x'; 100])),
        ("line", |reply| reply.simple(&"x".repeat(100))),
        ("raw", |reply| reply.raw(&[b'x'; 100])),
        ("integer", |reply| reply.integer(1_234_567)),
        ("long integer", |reply| reply.integer(i64::MIN)),
        ("header", |reply| reply.array(77)),
        ("double", |reply| reply.double(0.1)),
        ("bulks", |reply| {
            let mut bulks = reply.bulks(64);
            bulks.push(&[b'x'; 100]);
            bulks.push_int(-1);
        }),
        ("shared", |reply| {
            reply.bulk_shared(Bytes::from_static(&[b'x'; SHARED_LEN_MIN]));
        }),
    ];
    for (name, write) in writers {
        let mut output = Output::new();
        output.set_limit(Some(limit));
        let mut reply = Reply::new(&mut output, Protocol::Resp3);
        reply.ok();
        let mark = reply.mark();
        let mut written = 0;
        while !reply.is_over() {
            write(&mut reply);
            written += 1;
            assert!(written < 100_000, "{name} knows no limit");
        }
        for _ in 0..1000 {
            write(&mut reply);
        }
        assert!(reply.queued_len() <= limit, "{name} is not dropped");
        assert!(
            output.memory() <= limit + limit / 8,
            "{name} makes too much room"
        );
        output.rollback(mark);
        assert!(!output.is_over(), "{name} is taken back");
        assert_eq!(output.to_vec(), b"+OK\r\n");
    }
}

#[test]
fn sent_bytes_take_no_room_within_the_limit() {
    let limit = 100_000;
    type Write = fn(&mut Reply<'_>);
    let writers: [Write; 2] = [
        |reply| reply.raw(&[b'x'; 40_000]),
        |reply| reply.bulks(40_000).push(&[b'x'; 39_900]),
    ];
    for write in writers {
        let mut output = Output::new();
        output.set_limit(Some(limit));
        output.extend(&[b'y'; 95_000]);
        output.advance(60_000);
        write(&mut Reply::new(&mut output, Protocol::Resp3));
        assert!(!output.is_over());
        assert!(output.memory() <= limit + limit / 32);
        output.advance(35_000);
        assert!(!output.to_vec().contains(&b'y'));
    }
}

#[test]
fn a_header_that_comes_late_makes_no_more_room_than_it_takes() {
    let limit = 100_000;
    let mut output = Output::new();
    output.set_limit(Some(limit));
    let mut reply = Reply::new(&mut output, Protocol::Resp3);
    let begun = reply.begin_array();
    reply.raw(&vec![b'x'; limit]);
    reply.end_array(begun, 1);
    assert!(output.memory() <= limit + limit / 32);
}

#[test]
fn a_long_reply_gives_its_memory_back_while_it_leaves() {
    let mut output = Output::new();
    output.extend(&vec![b'x'; 10 << 20]);
    while output.len() > 1 << 20 {
        output.advance(100_000);
        assert!(output.memory() <= 4 * output.len() + (1 << 18));
    }
}

#[test]
fn room_that_is_only_guessed_is_not_beyond_the_limit() {
    let mut output = Output::new();
    output.set_limit(Some(1000));
    let mut reply = Reply::new(&mut output, Protocol::Resp2);
    let mut bulks = reply.bulks(1 << 20);
    bulks.push(b"a");
    assert!(!bulks.is_over());
    drop(bulks);
    assert_eq!(output.to_vec(), b"$1\r\na\r\n");
}

#[test]
fn what_was_dropped_before_a_mark_is_not_taken_back() {
    let mut output = Output::new();
    output.set_limit(Some(10));
    output.extend(&[0; 20]);
    let mark = output.mark();
    output.rollback(mark);
    assert!(output.is_over());
    output.clear();
    output.set_limit(None);
    output.extend(&[0; 20]);
    assert!(!output.is_over());
}
