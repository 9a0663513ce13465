//! The bodies of the fuzz targets that feed a node: arbitrary bytes, sessions, rules of users,
//! payloads for RESTORE, and HTTP.

pub mod acl;
pub mod http;
pub mod restore;
pub mod sessions;

use crate::loopback::Loopback;

/// Feeds bytes to a node whole and in pieces; the replies must be the same.
///
/// The first byte says how long the pieces are. Commands whose replies tell of the connection
/// itself would differ, so both connections see the same number of turns before they are compared.
pub fn node_bytes(data: &[u8]) {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let piece = usize::from(first) + 1;
    let mut whole = Loopback::new(crate::Config::default());
    let mut split = Loopback::new(crate::Config::default());
    let (a, b) = (whole.connect(), split.connect());
    let expected = whole.call(a, bytes);
    let mut replies = Vec::new();
    for chunk in bytes.chunks(piece) {
        split.send(b, chunk);
        split.receive_into(b, &mut replies);
    }
    let tells_of_itself = [&b"client"[..], b"info", b"debug", b"command", b"hello"]
        .iter()
        .any(|word| {
            bytes
                .windows(word.len())
                .any(|w| w.eq_ignore_ascii_case(word))
        });
    if !tells_of_itself && whole.exit().is_none() && split.exit().is_none() {
        assert_eq!(expected, replies, "a split changed the replies");
    }
    whole.advance(10_000);
}
