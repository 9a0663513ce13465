//! The requests that a command recorded instead of itself, decoded.

use russet_command::Effects;
use russet_resp::{ArgBuf, Decoded, Limits, RequestDecoder};

/// The rewritten requests, in order.
pub(crate) fn rewritten(effects: &Effects) -> Vec<ArgBuf> {
    let input = &effects.rewritten;
    let (mut spans, mut bulks) = (Vec::new(), Vec::new());
    let mut decoder = RequestDecoder::new();
    let (mut at, mut requests) = (0, Vec::new());
    while let Ok(Decoded::Frame(frame)) =
        decoder.decode(input, at, &Limits::PRIMARY, &mut spans, &mut bulks)
    {
        requests.push(ArgBuf::from(frame.args(input, &spans, &bulks)));
        at = frame.end();
    }
    assert_eq!(at, input.len(), "what is recorded decodes whole");
    requests
}
