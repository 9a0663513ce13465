//! HTTP from strangers: any split of the bytes brings the same responses.
//!
//! Always true: the page that is served shows what was understood of the request.
//! Not here: what HTTP is taken for — `http/`.

use bytes::Bytes;
use russet_io::{ConnId, Piece};

use crate::http::{Connections, Response, Status};

/// Feeds bytes to a connection whole, and to another one split: the responses must be the same.
///
/// Of the first two bytes one says how long the pieces are that are sent, the other how long the
/// pieces are that the peer takes.
pub fn session(data: &[u8]) {
    let Some((&[sent, taken], bytes)) = data.split_first_chunk::<2>() else {
        return;
    };
    let whole = play(bytes, usize::MAX, usize::MAX);
    let split = play(bytes, usize::from(sent) + 1, usize::from(taken) + 1);
    assert_eq!(
        String::from_utf8_lossy(&whole),
        String::from_utf8_lossy(&split),
        "a split changed the responses"
    );
}

/// The responses to bytes that are sent in pieces of one size and taken in pieces of another.
pub(crate) fn play(mut bytes: &[u8], sent: usize, taken: usize) -> Vec<u8> {
    let conn = ConnId {
        index: 0,
        generation: 1,
    };
    let mut connections = Connections::default();
    connections.open(conn, 0);
    let mut replies = Vec::new();
    loop {
        let space = connections.space(conn).unwrap_or_default();
        let count = space.len().min(bytes.len()).min(sent);
        let is_stuck = count == 0;
        space[..count].copy_from_slice(&bytes[..count]);
        bytes = &bytes[count..];
        if count > 0 {
            connections.received(conn, count, 0);
        }
        let has_answered = answer(&mut connections);
        let has_taken = take(&mut connections, conn, taken, &mut replies);
        if is_stuck && !has_answered && !has_taken {
            return replies;
        }
    }
}

/// Answers each request with what was understood of it.
fn answer(connections: &mut Connections) -> bool {
    let mut has_answered = false;
    while let Some((conn, request)) = connections.next_request(0) {
        let response = Response {
            body: Bytes::from(format!("{request:?}\n")),
            ..Response::bare(Status::Ok)
        };
        connections.answer((conn, &request), response, 0);
        has_answered = true;
    }
    has_answered
}

fn take(connections: &mut Connections, conn: ConnId, most: usize, out: &mut Vec<u8>) -> bool {
    let mut pieces = [Piece::Bytes(&[]); 4];
    let count = connections.pieces(conn, &mut pieces);
    let pieces: Vec<u8> = pieces[..count]
        .iter()
        .flat_map(|piece| piece.bytes().to_vec())
        .collect();
    let count = pieces.len().min(most);
    out.extend_from_slice(&pieces[..count]);
    if count > 0 {
        connections.taken(conn, count, 0);
    }
    count > 0
}
