//! A client without sockets: encodes requests, and decodes the replies to them.
//!
//! `cargo run -p russet-resp --example client`

use std::error::Error;
use std::io::{self, Write};

use russet_resp::{ReplyDecoder, Value, encode_request};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut request = Vec::new();
    encode_request(["HELLO", "3"], &mut request);
    encode_request(["ZRANGE", "scores", "0", "-1", "WITHSCORES"], &mut request);
    writeln!(out, "request: {}", request.escape_ascii())?;

    // As it might come from a socket, in two reads.
    let reads: [&[u8]; 2] = [
        b"%2\r\n$6\r\nserver\r\n$6\r\nrusset\r\n$5\r\nproto\r\n:3\r\n*2\r\n*2\r\n$3\r\nAda\r\n,1.",
        b"5\r\n*2\r\n$3\r\nBob\r\n,inf\r\n>3\r\n+message\r\n+news\r\n+hi\r\n-ERR unknown command\r\n",
    ];
    let mut decoder = ReplyDecoder::new();
    for mut input in reads {
        while let Some(reply) = decoder.decode(&mut input)? {
            let kind = match &reply {
                Value::Push(_) => "push",
                reply if reply.as_error().is_some() => "error",
                _ => "reply",
            };
            writeln!(out, "{kind}: {reply:?}")?;
        }
    }
    Ok(())
}
