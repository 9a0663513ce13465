//! DEBUG PROTOCOL: one reply of each type, for the tests of clients.
//!
//! Always true: the replies are Redis's own, byte for byte.

use russet_command::CommandError;
use russet_command::args::is_word;
use russet_resp::{Args, Protocol, Reply};

use crate::control::{ControlCtx, ControlFlow};

/// Writes an example.
type Example = fn(&mut Reply<'_>);

const EXAMPLES: &[(&str, Example)] = &[
    ("STRING", |reply| reply.bulk(b"Hello World")),
    ("INTEGER", |reply| reply.integer(12345)),
    ("DOUBLE", |reply| reply.double_text("3.141")),
    ("BIGNUM", |reply| {
        reply.big_number("1234567999999999999999999999999999999")
    }),
    ("NULL", |reply| reply.null()),
    ("ARRAY", |reply| {
        reply.array(3);
        (0..3).for_each(|n| reply.integer(n));
    }),
    ("SET", |reply| {
        reply.set(3);
        (0..3).for_each(|n| reply.integer(n));
    }),
    ("MAP", |reply| {
        reply.map(3);
        for n in 0..3 {
            reply.integer(n);
            reply.boolean(n == 1);
        }
    }),
    ("ATTRIB", attribute),
    ("PUSH", |reply| {
        // A push answers nothing, so a client that waits for a reply needs one, too. What a
        // command pushes to its own client follows its reply.
        reply.bulk(b"Some real reply following the push reply");
        reply.push(2);
        reply.bulk(b"server-cpu-usage");
        reply.integer(42);
    }),
    ("VERBATIM", |reply| {
        reply.verbatim("txt", b"This is a verbatim\nstring")
    }),
    ("TRUE", |reply| reply.boolean(true)),
    ("FALSE", |reply| reply.boolean(false)),
];

/// Replies with the example of a type.
pub(super) fn example(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let Some((name, write)) = EXAMPLES.iter().find(|(name, _)| is_word(&args[2], name)) else {
        return Err(CommandError::text(
            "ERR Wrong protocol type name. Please use one of the following: \
             string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
        ));
    };
    if *name == "PUSH" && cx.session.protocol == Protocol::Resp2 {
        return Err(CommandError::text(
            "ERR RESP2 is not supported by this command",
        ));
    }
    write(&mut cx.reply());
    Ok(ControlFlow::Done)
}

fn attribute(reply: &mut Reply<'_>) {
    if reply.attribute(1) {
        reply.bulk(b"key-popularity");
        reply.array(2);
        reply.bulk(b"key:123");
        reply.integer(90);
    }
    reply.bulk(b"Some real reply following the attribute");
}
