//! Requests: splits, round trips, limits and hostile bytes.

use std::mem::size_of;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use russet_resp::fuzz::{decode_requests, request_decoder};
use russet_resp::{ArgBuf, Args, Decoded, Limits, ProtocolError, RequestDecoder};

/// Bytes that look like requests often enough to get deep into the decoder.
fn requestish() -> impl Strategy<Value = Vec<u8>> {
    let canonical = vec(vec(any::<u8>(), 0..80), 0..6).prop_map(|args| {
        let mut out = Vec::new();
        args.into_iter().collect::<ArgBuf>().encode(&mut out);
        out
    });
    let piece = prop_oneof![
        8 => canonical,
        2 => "[ -~\t]{0,40}\r?\n".prop_map(String::into_bytes),
        1 => "[*$][-+0-9]{0,12}\r\n".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_decodes_as_the_whole(seed: u8, bytes in requestish()) {
        let mut input = vec![seed];
        input.extend_from_slice(&bytes);
        request_decoder(&input);
    }

    #[test]
    fn any_bytes_decode_without_panic(input in vec(any::<u8>(), 0..300)) {
        request_decoder(&input);
    }

    #[test]
    fn what_was_encoded_is_decoded(requests in vec(vec(vec(any::<u8>(), 0..40), 1..9), 1..9)) {
        let requests: Vec<ArgBuf> =
            requests.into_iter().map(|args| args.into_iter().collect()).collect();
        let mut wire = Vec::new();
        for request in &requests {
            let before = wire.len();
            request.encode(&mut wire);
            assert_eq!(wire.len() - before, request.args().encoded_size());
        }
        prop_assert_eq!(decode_requests(&[&wire], &Limits::DEFAULT), (requests, None));
    }

    #[test]
    fn a_view_can_be_copied_and_cut(args in vec(vec(any::<u8>(), 0..9), 0..9), at in 0_usize..12) {
        let mut owned: ArgBuf = args.iter().collect();
        owned.push_shared(Bytes::from_static(b"shared"));
        let view = owned.args();
        prop_assert_eq!(&ArgBuf::from(view), &owned);
        prop_assert_eq!(view.skip(at).len(), view.len().saturating_sub(at));
        prop_assert!(view.skip(at).iter().eq(view.iter().skip(at)));
        prop_assert!(view.slice(1..at).iter().eq(view.iter().take(at).skip(1)));
        prop_assert_eq!(view.shared(args.len()), Some(&Bytes::from_static(b"shared")));
        prop_assert_eq!(view.size(), view.iter().map(<[u8]>::len).sum::<usize>());
    }
}

/// The first error of the input under these limits.
fn error(input: &[u8], limits: &Limits) -> Option<String> {
    decode_requests(&[input], limits)
        .1
        .map(|error| error.to_string())
}

#[test]
fn errors_are_redis_s_word_for_word() {
    let cases: &[(&[u8], &str)] = &[
        (b"*abc\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*01\r\n", "invalid multibulk length"),
        (b"*-\r\n", "invalid multibulk length"),
        (b"*-0\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*99999999999999999999\r\n", "invalid multibulk length"),
        (b"*1\rx", "invalid CRLF in request"),
        (b"*1\r\nfoo", "expected '$', got 'f'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$04\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\n$4\rx", "invalid CRLF in request"),
        (b"*1\r\n$4\r\nPINGxx", "invalid CRLF in request"),
        (b"ECHO \"a\n", "unbalanced quotes in request"),
        (b"ECHO 'a'b\n", "unbalanced quotes in request"),
    ];
    for (input, expect) in cases {
        let expect = Some(format!("Protocol error: {expect}"));
        assert_eq!(
            error(input, &Limits::DEFAULT),
            expect,
            "{}",
            input.escape_ascii()
        );
    }
}

#[test]
fn lines_without_end_are_refused_at_the_limit() {
    let max = Limits::DEFAULT.line_len_max;
    let cases: &[(&[u8], ProtocolError)] = &[
        (b"x", ProtocolError::InlineTooBig),
        (b"*", ProtocolError::MultibulkLineTooBig),
        (b"*1\r\n$", ProtocolError::BulkLineTooBig),
    ];
    for (prefix, expect) in cases {
        let mut input = prefix.to_vec();
        // An inline request counts from its first byte, a length from behind its type.
        let counted = usize::from(*expect == ProtocolError::InlineTooBig);
        input.resize(prefix.len() + max - counted, b'1');
        assert_eq!(decode_requests(&[&input], &Limits::DEFAULT).1, None);
        input.push(b'1');
        assert_eq!(
            decode_requests(&[&input], &Limits::DEFAULT).1,
            Some(*expect)
        );
    }
}

#[test]
fn a_line_with_a_zero_byte_never_ends() {
    let max = Limits::DEFAULT.line_len_max;
    let lines: [&[u8]; 4] = [
        b"PI\0NG\r\n",
        b"\0\r\nPING\r\n",
        b"*1\0\r\n$4\r\nPING\r\n",
        b"*1\r\n$4\0\r\nPING\r\n",
    ];
    for line in lines {
        for split in 0..line.len() {
            let (one, other) = line.split_at(split);
            let (requests, error) = decode_requests(&[one, other], &Limits::DEFAULT);
            assert_eq!(
                (requests.len(), error),
                (0, None),
                "{}",
                line.escape_ascii()
            );
        }
        let long = [line, &vec![b'x'; max]].concat();
        let (requests, error) = decode_requests(&[&long], &Limits::DEFAULT);
        assert!(requests.is_empty() && error.is_some());
    }
}

#[test]
fn strangers_may_send_little() {
    let limits = Limits::DEFAULT.for_stranger();
    let unauthenticated = |what: &str| Some(format!("Protocol error: unauthenticated {what}"));
    assert_eq!(error(b"*10\r\n$16384\r\n", &limits), None);
    assert_eq!(
        error(b"*11\r\n", &limits),
        unauthenticated("multibulk length")
    );
    assert_eq!(
        error(b"*1\r\n$16385\r\n", &limits),
        unauthenticated("bulk length")
    );
}

#[test]
fn empty_requests_are_skipped() {
    let input = b"*0\r\n*-1\r\n\r\n  \n*-77\r\nPING\r\n*0\r\n\n*1\r\n$4\r\nQUIT\r\n\r\n";
    let ping = ArgBuf::from_slices(&[b"PING"]);
    let quit = ArgBuf::from_slices(&[b"QUIT"]);
    assert_eq!(
        decode_requests(&[input], &Limits::DEFAULT),
        (vec![ping, quit], None)
    );
}

#[test]
fn declared_sizes_allocate_nothing() {
    let inputs: &[&[u8]] = &[
        b"*2147483647\r\n",
        b"*2147483647\r\n$536870912\r\n",
        b"*1\r\n$9\r\n",
    ];
    for input in inputs {
        let (mut spans, mut bulks) = (Vec::new(), Vec::new());
        let mut decoder = RequestDecoder::new();
        decoder
            .decode(input, 0, &Limits::DEFAULT, &mut spans, &mut bulks)
            .unwrap();
        assert_eq!((spans.capacity(), bulks.capacity()), (0, 0));
        assert!(decoder.memory() < 512, "{} bytes held", decoder.memory());
        assert!(decoder.bulk_space().len() <= 64 << 10);
    }
}

#[test]
fn an_idle_decoder_is_one_pointer() {
    assert_eq!(size_of::<RequestDecoder>(), size_of::<usize>());
}

/// Sends one large argument as a session would, and gives the largest room it was offered.
fn send_big(len: usize, step: usize) -> (ArgBuf, usize) {
    let header = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${len}\r\n");
    let mut input = header.clone().into_bytes();
    let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    let mut decoder = RequestDecoder::new();
    let limits = Limits::DEFAULT;
    let decoded = decoder
        .decode(&input, 0, &limits, &mut spans, &mut bulks)
        .expect("well-formed");
    let keep = header.len();
    assert_eq!(decoded, Decoded::Bulk { at: 0, keep });
    let (mut sent, mut room_max) = (0, 0);
    loop {
        let space = decoder.bulk_space();
        assert!(
            space.len() <= sent.max(64 << 10),
            "{} offered after {sent}",
            space.len()
        );
        room_max = room_max.max(space.len());
        let n = space.len().min(step);
        for byte in &mut space[..n] {
            *byte = match sent.checked_sub(len) {
                None => b'x',
                Some(0) => b'\r',
                Some(_) => b'\n',
            };
            sent += 1;
        }
        if decoder.bulk_filled(n) {
            break;
        }
    }
    input.extend_from_slice(b"PING\r\n");
    let decoded = decoder
        .decode(&input, 0, &limits, &mut spans, &mut bulks)
        .expect("well-formed");
    let Decoded::Frame(frame) = decoded else {
        panic!("{decoded:?}");
    };
    assert_eq!(&input[frame.end()..], b"PING\r\n");
    assert_eq!(frame.args(&input, &spans, &bulks).verbatim(), None);
    assert!(decoder.is_idle());
    let args = frame.args(&input, &spans, &bulks);
    assert_eq!(args.shared(2).map(Bytes::len), Some(len));
    (args.into(), room_max)
}

#[test]
fn a_large_argument_is_read_into_its_own_buffer() {
    for (len, step) in [(32 << 10, 1000), (100_000, 7), (3 << 20, 1 << 20)] {
        let (request, room_max) = send_big(len, step);
        let args: Args<'_> = request.args();
        assert_eq!((&args[0], &args[1]), (&b"SET"[..], &b"k"[..]));
        assert!(args[2].len() == len && args[2].iter().all(|byte| *byte == b'x'));
        assert!(room_max <= len.max(64 << 10));
    }
}

#[test]
fn a_large_argument_that_is_complete_stays_in_the_input() {
    let mut wire = Vec::new();
    ArgBuf::from_slices(&[b"SET", b"k", &[b'x'; 40_000]]).encode(&mut wire);
    let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    let decoded = RequestDecoder::new()
        .decode(&wire, 0, &Limits::DEFAULT, &mut spans, &mut bulks)
        .unwrap();
    let Decoded::Frame(frame) = decoded else {
        panic!("{decoded:?}");
    };
    assert_eq!(
        frame.args(&wire, &spans, &bulks).verbatim(),
        Some(&wire[..])
    );
    assert!(bulks.is_empty());
}

#[test]
fn a_replication_stream_stays_in_the_input() {
    let mut wire = Vec::new();
    ArgBuf::from_slices(&[b"SET", b"k", &[b'x'; 40_000]]).encode(&mut wire);
    let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    let mut decoder = RequestDecoder::new();
    let limits = Limits::PRIMARY;
    for end in (0..wire.len()).step_by(999) {
        let decoded = decoder
            .decode(&wire[..end], 0, &limits, &mut spans, &mut bulks)
            .unwrap();
        assert_eq!(decoded, Decoded::Incomplete { at: 0 });
    }
    let decoded = decoder
        .decode(&wire, 0, &limits, &mut spans, &mut bulks)
        .unwrap();
    let Decoded::Frame(frame) = decoded else {
        panic!("{decoded:?}");
    };
    assert_eq!(
        frame.args(&wire, &spans, &bulks).verbatim(),
        Some(&wire[..])
    );
}

#[test]
fn a_missing_line_end_behind_a_large_argument_is_refused() {
    let mut input = b"*1\r\n$40000\r\n".to_vec();
    input.resize(input.len() + 40_002, b'x');
    let pieces: Vec<&[u8]> = input.chunks(1 << 10).collect();
    let error = decode_requests(&pieces, &Limits::DEFAULT).1;
    assert_eq!(error, Some(ProtocolError::InvalidCrlf));
}
