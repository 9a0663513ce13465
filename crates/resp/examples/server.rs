//! A server without sockets: requests arrive in pieces, the answers are printed.
//!
//! `cargo run -p russet-resp --example server`

use std::io::{self, IoSlice, Write};

use russet_resp::{
    Args, Decoded, Limits, Output, Protocol, ProtocolError, Reply, RequestDecoder, Span,
};

/// One connection.
#[derive(Default)]
struct Session {
    input: Vec<u8>,
    decoder: RequestDecoder,
    output: Output,
    protocol: Protocol,
}

impl Session {
    /// Takes what a socket gave, and runs what is complete.
    fn read(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.input.extend_from_slice(bytes);
        let (mut spans, mut bulks): (Vec<Span>, _) = (Vec::new(), Vec::new());
        let mut at = 0;
        loop {
            let input = &self.input;
            match self
                .decoder
                .decode(input, at, &Limits::DEFAULT, &mut spans, &mut bulks)?
            {
                Decoded::Frame(frame) => {
                    let args = frame.args(input, &spans, &bulks);
                    self.protocol = run(args, Reply::new(&mut self.output, self.protocol));
                    at = frame.end();
                }
                Decoded::Incomplete { at } => {
                    self.input.drain(..at);
                    return Ok(());
                }
                // A server with a socket reads into `bulk_space` from here on.
                Decoded::Bulk { at, keep } => {
                    self.input.truncate(keep);
                    self.input.drain(..at);
                    return Ok(());
                }
            }
        }
    }
}

/// Answers one request; gives the protocol of the next one.
fn run(args: Args<'_>, mut reply: Reply<'_>) -> Protocol {
    match (&args[0].to_ascii_uppercase()[..], args.len()) {
        (b"PING", 1) => reply.simple("PONG"),
        (b"ECHO", 2) => reply.bulk(&args[1]),
        (b"HELLO", 2) if args[1] == *b"3" => {
            reply.set_protocol(Protocol::Resp3);
            reply.map(1);
            reply.bulk(b"proto");
            reply.integer(3);
        }
        (b"WORDS", _) => {
            // The number of distinct words is known only at the end.
            let words = reply.begin_set();
            let mut count = 0;
            for idx in 1..args.len() {
                if args.slice(1..idx).iter().all(|word| *word != args[idx]) {
                    reply.bulk(&args[idx]);
                    count += 1;
                }
            }
            reply.end_set(words, count);
        }
        _ => reply.error("ERR unknown command or wrong number of arguments"),
    }
    reply.protocol()
}

fn main() -> io::Result<()> {
    let mut session = Session::default();
    let pieces: [&[u8]; 5] = [
        b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nEC",
        b"HO\r\n$5\r\nhello\r\n",
        b"WORDS to be or \"not to be\" to be\r\n*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
        b"WORDS a b a\n",
        b"*1\r\nnonsense",
    ];
    for piece in pieces {
        if let Err(error) = session.read(piece) {
            Reply::new(&mut session.output, session.protocol).error(format!("ERR {error}"));
        }
        let mut slices = [IoSlice::new(&[]); 16];
        let count = session.output.slices(&mut slices);
        let sent = io::stdout().write_vectored(&slices[..count])?;
        session.output.advance(sent);
    }
    Ok(())
}
