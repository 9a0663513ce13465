//! Bodies of the fuzz targets: any split of the input decodes as the whole.
//!
//! The first byte of the input chooses how the rest is cut into pieces.
//!
//! Always true: the bodies panic only on a defect of the decoders.
//! Not here: the targets themselves — the workspace's `fuzz/`.

use crate::args::{ArgBuf, Span};
use crate::error::{ProtocolError, ReplyError};
use crate::limits::{Limits, ReplyLimits};
use crate::reply::decode::ReplyDecoder;
use crate::reply::value::Value;
use crate::request::{Decoded, RequestDecoder};

/// Small limits, so that small inputs reach them.
const REQUEST_LIMITS: Limits = Limits {
    bulk_len_max: 1 << 12,
    args_max: 1 << 10,
    line_len_max: 1 << 8,
    big_arg_len: 1 << 5,
    ..Limits::DEFAULT
};

/// Small limits, so that small inputs reach them.
const REPLY_LIMITS: ReplyLimits = ReplyLimits {
    depth_max: 8,
    bulk_len_max: 1 << 12,
    elements_max: 1 << 8,
    line_len_max: 1 << 8,
};

/// Decodes requests whole and in pieces, and compares.
pub fn request_decoder(data: &[u8]) {
    let Some((seed, data)) = data.split_first() else {
        return;
    };
    let limits = match seed % 3 {
        0 => Limits::DEFAULT,
        1 => REQUEST_LIMITS,
        _ => REQUEST_LIMITS.for_stranger(),
    };
    let whole = decode_requests(&[data], &limits);
    assert_eq!(decode_requests(&pieces(data, *seed), &limits), whole);
    assert_eq!(decode_requests(&pieces(data, 0), &limits), whole);

    // One argument less than the short way insists on: everything goes the careful way.
    let careful = Limits {
        args_max: limits.args_max.min(crate::fast::NUMBER_MAX - 1),
        ..limits
    };
    assert_eq!(
        decode_requests(&[data], &careful).0,
        whole.0,
        "both ways are one"
    );

    let mut canonical = Vec::new();
    for request in &whole.0 {
        request.encode(&mut canonical);
    }
    let again = decode_requests(&[&canonical], &Limits::DEFAULT);
    assert_eq!(again, (whole.0, None), "what was decoded encodes to itself");
}

/// Decodes replies whole and in pieces, and compares.
pub fn reply_decoder(data: &[u8]) {
    let Some((seed, data)) = data.split_first() else {
        return;
    };
    let limits = match seed % 2 {
        0 => ReplyLimits::DEFAULT,
        _ => REPLY_LIMITS,
    };
    let whole = decode_replies(&[data], limits);
    assert_eq!(
        encoded(&decode_replies(&pieces(data, *seed), limits)),
        encoded(&whole)
    );
    assert_eq!(
        encoded(&decode_replies(&pieces(data, 0), limits)),
        encoded(&whole)
    );

    let canonical = encoded(&whole).0;
    let again = decode_replies(&[&canonical], limits);
    assert_eq!(
        encoded(&again),
        (canonical, None),
        "what was decoded encodes to itself"
    );
}

/// All requests in input that arrives in these pieces, and the error that ends it.
pub fn decode_requests(pieces: &[&[u8]], limits: &Limits) -> (Vec<ArgBuf>, Option<ProtocolError>) {
    let mut session = Session::default();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            rest = session.read(rest);
            if let Err(error) = session.run(limits) {
                return (session.requests, Some(error));
            }
            if rest.is_empty() {
                break;
            }
        }
    }
    (session.requests, None)
}

/// All replies in input that arrives in these pieces, and the error that ends it.
pub fn decode_replies(pieces: &[&[u8]], limits: ReplyLimits) -> (Vec<Value>, Option<ReplyError>) {
    let mut decoder = ReplyDecoder::with_limits(limits);
    let mut replies = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match decoder.decode(&mut rest) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(error) => return (replies, Some(error)),
            }
        }
        assert!(
            rest.is_empty(),
            "all input is taken before more is asked for"
        );
    }
    (replies, None)
}

/// Bytes compare where NaN does not.
fn encoded(replies: &(Vec<Value>, Option<ReplyError>)) -> (Vec<u8>, Option<ReplyError>) {
    let mut bytes = Vec::new();
    for reply in &replies.0 {
        reply.encode(&mut bytes);
    }
    (bytes, replies.1)
}

/// Cuts the input into pieces of changing lengths; with seed 0 of single bytes.
fn pieces(data: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = data;
    let mut state = u32::from(seed);
    while !rest.is_empty() {
        state = state.wrapping_mul(0x9e37_79b1).rotate_left(7);
        let len = usize::try_from(1 + state % 97).unwrap_or(1).min(rest.len());
        let (piece, later) = rest.split_at(len);
        pieces.push(piece);
        rest = later;
    }
    pieces
}

/// The steps of a server with the input of one connection.
#[derive(Default)]
struct Session {
    input: Vec<u8>,
    at: usize,
    decoder: RequestDecoder,
    spans: Vec<Span>,
    requests: Vec<ArgBuf>,
}

impl Session {
    /// Reads into the argument that is being read, else into the input; gives what is left.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let space = self.decoder.bulk_space();
        if space.is_empty() {
            self.input.extend_from_slice(bytes);
            return &[];
        }
        let (now, later) = bytes.split_at(space.len().min(bytes.len()));
        space[..now.len()].copy_from_slice(now);
        self.decoder.bulk_filled(now.len());
        later
    }

    fn run(&mut self, limits: &Limits) -> Result<(), ProtocolError> {
        let mut bulks = Vec::new();
        self.spans.clear();
        loop {
            let (input, spans) = (&self.input, &mut self.spans);
            let decoded = self
                .decoder
                .decode(input, self.at, limits, spans, &mut bulks)?;
            match decoded {
                Decoded::Frame(frame) => {
                    let args = frame.args(input, spans, &bulks);
                    assert!(!args.is_empty(), "empty requests are skipped");
                    check_verbatim(args.verbatim(), &ArgBuf::from(args));
                    self.requests.push(args.into());
                    self.at = frame.end();
                }
                Decoded::Incomplete { at } => {
                    self.input.drain(..at);
                    self.at = 0;
                    return Ok(());
                }
                Decoded::Bulk { at, keep } => {
                    self.input.truncate(keep);
                    self.input.drain(..at);
                    self.at = 0;
                    return Ok(());
                }
            }
        }
    }
}

fn check_verbatim(bytes: Option<&[u8]>, request: &ArgBuf) {
    if let Some(bytes) = bytes {
        let mut canonical = Vec::new();
        request.encode(&mut canonical);
        assert_eq!(bytes, canonical, "verbatim bytes are canonical");
    }
}
