//! Replies: both protocols, splits, round trips, limits and hostile bytes.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use russet_resp::fuzz::{decode_replies, reply_decoder};
use russet_resp::{Output, Protocol, Reply, ReplyDecoder, ReplyError, ReplyLimits, Value};

fn text() -> impl Strategy<Value = Bytes> {
    "[ -~]{0,20}".prop_map(Bytes::from)
}

fn blob() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..50).prop_map(Bytes::from)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::Simple),
        text().prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        blob().prop_map(Value::Bulk),
        Just(Value::NullBulk),
        Just(Value::NullArray),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<f64>()
            .prop_filter("NaN is not equal", |n| !n.is_nan())
            .prop_map(Value::Double),
        "-?[1-9][0-9]{0,40}".prop_map(|digits| Value::BigNumber(digits.into())),
        blob().prop_map(Value::BulkError),
        (any::<[u8; 3]>(), blob()).prop_map(|(format, text)| Value::Verbatim { format, text }),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let pairs = || vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec(inner.clone(), 0..6).prop_map(Value::Set),
            vec(inner.clone(), 0..6).prop_map(Value::Push),
            pairs().prop_map(Value::Map),
            (pairs(), inner.clone()).prop_map(|(attributes, value)| Value::Attribute {
                attributes,
                value: Box::new(value),
            }),
        ]
    })
}

/// Bytes that look like replies often enough to get deep into the decoder.
fn replyish() -> impl Strategy<Value = Vec<u8>> {
    let encoded = value().prop_map(|value| {
        let mut out = Vec::new();
        value.encode(&mut out);
        out
    });
    let piece = prop_oneof![
        4 => encoded,
        2 => "[*%~>|$][0-3?]\r\n".prop_map(String::into_bytes),
        1 => ";[0-3]\r\n[a-c]{0,3}\r\n|;0\r\n|\\.\r\n".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_decodes_as_the_whole(seed: u8, bytes in replyish()) {
        let mut input = vec![seed];
        input.extend_from_slice(&bytes);
        reply_decoder(&input);
    }

    #[test]
    fn any_bytes_decode_without_panic(input in vec(any::<u8>(), 0..300)) {
        reply_decoder(&input);
    }

    #[test]
    fn what_was_encoded_is_decoded(values in vec(value(), 1..4)) {
        let mut wire = Vec::new();
        for value in &values {
            value.encode(&mut wire);
        }
        prop_assert_eq!(decode_replies(&[&wire], ReplyLimits::DEFAULT), (values, None));
    }

    #[test]
    fn no_error_text_splits_the_stream(text in vec(any::<u8>(), 0..60)) {
        let mut out = Output::new();
        let mut reply = Reply::new(&mut out, Protocol::Resp2);
        reply.error(&text);
        reply.simple(&String::from_utf8_lossy(&text));
        reply.integer(7);
        let (replies, error) = decode_replies(&[&out.to_vec()], ReplyLimits::DEFAULT);
        prop_assert_eq!(error, None);
        prop_assert_eq!(replies.len(), 3);
        let text = replies[0].as_error().unwrap();
        prop_assert!(!text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    }
}

/// The bytes that these calls write in both protocols.
#[track_caller]
fn check(write: impl Fn(&mut Reply<'_>), resp2: &str, resp3: &str) {
    for (protocol, expect) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
        let mut out = Output::new();
        write(&mut Reply::new(&mut out, protocol));
        assert_eq!(
            String::from_utf8_lossy(&out.to_vec()),
            expect,
            "{protocol:?}"
        );
    }
}

#[track_caller]
fn check_both(write: impl Fn(&mut Reply<'_>), expect: &str) {
    check(write, expect, expect);
}

#[test]
fn integers_of_any_length_are_written_as_they_print() {
    let ends = (0..18).flat_map(|digits| {
        let power = 10_i64.pow(digits);
        [power - 1, power, power + 1]
    });
    let fours = (0..10_000).flat_map(|four| [four, four * 10_000 + 1_234]);
    for number in ends.chain(fours) {
        check_both(|r| r.integer(number), &format!(":{number}\r\n"));
    }
}

#[test]
fn the_protocols_differ_only_where_they_must() {
    check_both(|r| r.ok(), "+OK\r\n");
    check_both(|r| r.simple("QUEUED"), "+QUEUED\r\n");
    check_both(|r| r.error("ERR a\r\nb\r\n"), "-ERR a  b\r\n");
    check_both(|r| r.integer(0), ":0\r\n");
    check_both(|r| r.integer(i64::MIN), ":-9223372036854775808\r\n");
    for number in [i64::MAX, -1, -10] {
        check_both(|r| r.integer(number), &format!(":{number}\r\n"));
    }
    check_both(|r| r.count(usize::MAX), ":9223372036854775807\r\n");
    check_both(|r| r.bulk(b""), "$0\r\n\r\n");
    check_both(|r| r.bulk(&[b'x'; 10]), "$10\r\nxxxxxxxxxx\r\n");
    check_both(|r| r.bulk_int(-5), "$2\r\n-5\r\n");
    check_both(|r| r.bulk_shared(Bytes::from_static(b"ab")), "$2\r\nab\r\n");
    check_both(|r| r.array(100), "*100\r\n");
    check_both(|r| r.empty_array(), "*0\r\n");
    check(|r| r.null(), "$-1\r\n", "_\r\n");
    check(|r| r.null_array(), "*-1\r\n", "_\r\n");
    check(|r| r.map(6), "*12\r\n", "%6\r\n");
    check(|r| r.set(2), "*2\r\n", "~2\r\n");
    check(|r| r.push(3), "*3\r\n", ">3\r\n");
    check(|r| r.double(17.0), "$2\r\n17\r\n", ",17\r\n");
    check(|r| r.double(-0.0), "$2\r\n-0\r\n", ",-0\r\n");
    check(
        |r| r.double(-1e15),
        "$17\r\n-1000000000000000\r\n",
        ",-1000000000000000\r\n",
    );
    check(|r| r.double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n");
    check(
        |r| r.double(f64::NEG_INFINITY),
        "$4\r\n-inf\r\n",
        ",-inf\r\n",
    );
    check(|r| r.double_text("3"), "$1\r\n3\r\n", ",3\r\n");
    check(|r| r.boolean(true), ":1\r\n", "#t\r\n");
    check(|r| r.boolean(false), ":0\r\n", "#f\r\n");
    check(|r| r.big_number("123"), "$3\r\n123\r\n", "(123\r\n");
    check(
        |r| r.verbatim("txt", b"a"),
        "$1\r\na\r\n",
        "=5\r\ntxt:a\r\n",
    );
    let attribute = |r: &mut Reply<'_>| {
        if r.attribute(1) {
            r.simple("k");
            r.integer(5);
        }
        r.ok();
    };
    check(attribute, "+OK\r\n", "|1\r\n+k\r\n:5\r\n+OK\r\n");
}

#[test]
fn a_header_can_follow_its_elements() {
    let nested = |r: &mut Reply<'_>| {
        let outer = r.begin_map();
        r.bulk(b"a");
        let inner = r.begin_set();
        for n in 0..11 {
            r.integer(n % 2);
        }
        r.end_set(inner, 11);
        r.end_map(outer, 1);
        let (array, push) = (r.begin_array(), r.begin_push());
        r.end_push(push, 0);
        r.end_array(array, 1);
    };
    let elements = ":0\r\n:1\r\n".repeat(5) + ":0\r\n";
    check(
        nested,
        &format!("*2\r\n$1\r\na\r\n*11\r\n{elements}*1\r\n*0\r\n"),
        &format!("%1\r\n$1\r\na\r\n~11\r\n{elements}*1\r\n>0\r\n"),
    );
}

#[test]
fn streamed_replies_arrive_whole() {
    let cases: &[(&[u8], Value)] = &[
        (b"$?\r\n;2\r\nab\r\n;1\r\nc\r\n;0\r\n", Value::bulk("abc")),
        (b"$?\r\n;0\r\n", Value::bulk("")),
        (
            b"*?\r\n:1\r\n*?\r\n.\r\n.\r\n",
            Value::Array(vec![Value::Integer(1), Value::Array(vec![])]),
        ),
        (b"~?\r\n#t\r\n.\r\n", Value::Set(vec![Value::Boolean(true)])),
        (
            b"%?\r\n+a\r\n_\r\n.\r\n",
            Value::Map(vec![(Value::Simple("a".into()), Value::Null)]),
        ),
    ];
    for (wire, expect) in cases {
        let expect = (vec![expect.clone()], None);
        assert_eq!(decode_replies(&[wire], ReplyLimits::DEFAULT), expect);
    }
}

#[test]
fn lenient_numbers_are_understood() {
    let wire = b":+5\r\n,inf\r\n,-inf\r\n,1e3\r\n,10\r\n(+12\r\n";
    let expect = vec![
        Value::Integer(5),
        Value::Double(f64::INFINITY),
        Value::Double(f64::NEG_INFINITY),
        Value::Double(1000.0),
        Value::Double(10.0),
        Value::BigNumber("+12".into()),
    ];
    assert_eq!(
        decode_replies(&[wire], ReplyLimits::DEFAULT),
        (expect, None)
    );
}

#[test]
fn broken_replies_are_refused() {
    let cases: &[(&[u8], ReplyError)] = &[
        (b"@", ReplyError::UnknownType { got: b'@' }),
        (b"+OK\n", ReplyError::MissingCrlf),
        (b"$2\r\nabcd", ReplyError::MissingCrlf),
        (b"$-2\r\n", ReplyError::InvalidLength),
        (b"*x\r\n", ReplyError::InvalidLength),
        (b"%-1\r\n", ReplyError::InvalidLength),
        (b"!?\r\n", ReplyError::InvalidLength),
        (b":1x\r\n", ReplyError::InvalidLine { kind: b':' }),
        (b"_x\r\n", ReplyError::InvalidLine { kind: b'_' }),
        (b"#x\r\n", ReplyError::InvalidLine { kind: b'#' }),
        (b"(1.5\r\n", ReplyError::InvalidLine { kind: b'(' }),
        (b"=3\r\ntxt\r\n", ReplyError::InvalidLine { kind: b'=' }),
        (b".\r\n", ReplyError::StreamOrder { got: b'.' }),
        (b"*1\r\n.\r\n", ReplyError::StreamOrder { got: b'.' }),
        (b"%?\r\n:1\r\n.\r\n", ReplyError::StreamOrder { got: b'.' }),
        (b";1\r\na\r\n", ReplyError::StreamOrder { got: b';' }),
        (b"$?\r\n:1\r\n", ReplyError::StreamOrder { got: b':' }),
        (b"*?\r\n|0\r\n.\r\n", ReplyError::AttributeWithoutReply),
    ];
    for (wire, expect) in cases {
        let found = decode_replies(&[wire], ReplyLimits::DEFAULT);
        assert_eq!(found, (vec![], Some(*expect)), "{}", wire.escape_ascii());
    }
}

#[test]
fn limits_of_replies_hold() {
    let limits = ReplyLimits {
        depth_max: 2,
        bulk_len_max: 4,
        elements_max: 3,
        line_len_max: 8,
    };
    let cases: &[(&[u8], ReplyError)] = &[
        (b"*1\r\n*1\r\n*1\r\n", ReplyError::TooDeep { limit: 2 }),
        (b"|0\r\n|0\r\n|0\r\n", ReplyError::TooDeep { limit: 2 }),
        (b"$5\r\n", ReplyError::StringTooLong { len: 5, limit: 4 }),
        (
            b"$?\r\n;3\r\nabc\r\n;2\r\n",
            ReplyError::StringTooLong { len: 5, limit: 4 },
        ),
        (
            b"*4\r\n",
            ReplyError::TooManyElements { count: 4, limit: 3 },
        ),
        (
            b"*?\r\n_\r\n_\r\n_\r\n_\r\n",
            ReplyError::TooManyElements { count: 4, limit: 3 },
        ),
        (b"+123456789\r\n", ReplyError::LineTooLong { limit: 8 }),
        (b"+1234567890", ReplyError::LineTooLong { limit: 8 }),
    ];
    for (wire, expect) in cases {
        let found = decode_replies(&[wire], limits);
        assert_eq!(found, (vec![], Some(*expect)), "{}", wire.escape_ascii());
    }
    let within = b"*1\r\n*0\r\n+12345678\r\n$4\r\nabcd\r\n";
    assert_eq!(decode_replies(&[within], limits).1, None);
}

#[test]
fn the_deepest_reply_is_dropped_without_harm() {
    let limits = ReplyLimits {
        depth_max: u8::MAX,
        ..ReplyLimits::DEFAULT
    };
    let mut wire = b"*1\r\n".repeat(255);
    wire.extend_from_slice(b"_\r\n");
    let (replies, error) = decode_replies(&[&wire], limits);
    assert_eq!((replies.len(), error), (1, None));
    wire.splice(..0, *b"*1\r\n");
    assert_eq!(
        decode_replies(&[&wire], limits).1,
        Some(ReplyError::TooDeep { limit: 255 })
    );
}

#[test]
fn none_means_that_all_input_was_taken() {
    let mut decoder = ReplyDecoder::new();
    for piece in [&b"*2\r\n$536870912\r\nab"[..], b"cd", b""] {
        let mut input = piece;
        assert_eq!(decoder.decode(&mut input), Ok(None));
        assert!(input.is_empty());
    }
    assert!(!decoder.is_idle());
}
