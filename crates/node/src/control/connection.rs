//! Commands of the connection itself: AUTH, ECHO, HELLO, PING, QUIT, RESET.
//!
//! Not here: CLIENT — `client.rs`; SELECT — `russet-command`.

use std::borrow::Cow;

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::{CommandError, Family, Flags, Group};
use russet_resp::{Args, Protocol};

use super::client::{check_name, set_name};
use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::acl::users::DEFAULT;
use crate::exec;
use crate::hurdles::Hurdles;
use crate::session::{Replies, Wishes};

/// Open to everybody, at any time.
const ALWAYS: Flags = Flags::NOSCRIPT
    .with(Flags::LOADING)
    .with(Flags::STALE)
    .with(Flags::FAST)
    .with(Flags::NO_AUTH)
    .with(Flags::ALLOW_BUSY);

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Connection,
    rows: &[
        Row::control("AUTH", AtLeast(2), auth)
            .takes("[username]{6.0.0} password")
            .flags(ALWAYS)
            .since("1.0.0")
            .cost("O(N) where N is the number of passwords defined for the user")
            .does("Authenticates the connection.")
            .history(&[("6.0.0", "A user name may be given.")]),
        Row::control("ECHO", Exactly(2), echo)
            .takes("message")
            .flags(Flags::LOADING.with(Flags::STALE).with(Flags::FAST))
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the given string."),
        Row::control("HELLO", AtLeast(1), hello)
            .takes("[protover:integer [AUTH (username password)] [SETNAME clientname]]:arguments")
            .flags(ALWAYS)
            .since("6.0.0")
            .cost("O(1)")
            .does("Agrees on a protocol version with the server.")
            .history(&[(
                "6.2.0",
                "The version may be left out; the protocol stays as it is then.",
            )]),
        Row::control("PING", AtLeast(1), ping)
            .takes("[message]")
            .flags(Flags::FAST)
            .since("1.0.0")
            .cost("O(1)")
            .does("Answers PONG, or the given message.")
            .tips(&["request_policy:all_shards", "response_policy:all_succeeded"]),
        Row::control("QUIT", AtLeast(1), quit)
            .flags(ALWAYS.with(Flags::UNQUEUED))
            .since("1.0.0")
            .cost("O(1)")
            .does("Closes the connection.")
            .deprecated("7.2.0", "just closing the connection"),
        Row::control("RESET", Exactly(1), reset)
            .flags(ALWAYS.with(Flags::UNQUEUED))
            .since("6.2.0")
            .cost("O(1)")
            .does("Brings the connection back to its state at the start."),
    ],
};

const WRONG_PASS: CommandError =
    CommandError::text("WRONGPASS invalid username-password pair or user is disabled.");

fn auth(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let needs_none = cx.core.acl.users.default_user().needs_no_password();
    if args.len() == 2 && needs_none {
        return Err(CommandError::text(
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        ));
    }
    let credentials = match args.len() {
        2 => (DEFAULT, &args[1]),
        _ => (&args[1], &args[2]),
    };
    match cx.core.log_in(cx.session, credentials, &args[0]) {
        true => cx.ok(),
        false => Err(WRONG_PASS),
    }
}

fn echo(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.reply().bulk(&args[1]);
    Ok(ControlFlow::Done)
}

fn ping(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.session.hurdles().has(Hurdles::SUBSCRIBED) && args.len() <= 2 {
        let mut reply = cx.reply();
        reply.array(2);
        reply.bulk(b"pong");
        reply.bulk(args.get(1).unwrap_or_default());
        return Ok(ControlFlow::Done);
    }
    match args.len() {
        1 => cx.reply().simple("PONG"),
        2 => cx.reply().bulk(&args[1]),
        _ => return Err(CommandError::WrongArity(Cow::Borrowed("ping"))),
    }
    Ok(ControlFlow::Done)
}

fn quit(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.session.close();
    cx.ok()
}

fn reset(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    exec::discard(cx.core, cx.session);
    let session = &mut *cx.session;
    cx.core.end_subscriptions(session);
    cx.core.end_tracking(session);
    cx.core.end_monitoring(session);
    session.protocol = Protocol::Resp2;
    cx.core
        .outgoing
        .set_protocol(session.conn, session.protocol);
    session.db = 0;
    // COMPAT: what was to be skipped is this reply, all the same.
    if session.replies == Replies::Off {
        session.replies = Replies::On;
    }
    // COMPAT: what a client is capable of, it is after a reset as well.
    session.wishes = Wishes {
        redirect: session.wishes.redirect,
        ..Wishes::default()
    };
    session.fieldsets = None;
    session.debugs_scripts = false;
    if let Some(names) = &mut session.names {
        names.name.clear();
    }
    cx.core.log_out(session);
    cx.reply().simple("RESET");
    Ok(ControlFlow::Done)
}

/// Options of a HELLO.
struct Hello<'a> {
    protocol: Option<Protocol>,
    credentials: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

fn parse_hello<'a>(args: &Args<'a>) -> Result<Hello<'a>, CommandError> {
    let mut hello = Hello {
        protocol: None,
        credentials: None,
        name: None,
    };
    if let Some(version) = args.get(1) {
        hello.protocol = Some(match russet_base::num::parse_i64(version) {
            Some(2) => Protocol::Resp2,
            Some(3) => Protocol::Resp3,
            Some(_) => return Err(CommandError::text("NOPROTO unsupported protocol version")),
            None => {
                return Err(CommandError::text(
                    "ERR Protocol version is not an integer or out of range",
                ));
            }
        });
    }
    let mut at = 2;
    while let Some(word) = args.get(at) {
        match (
            word.to_ascii_uppercase().as_slice(),
            args.get(at + 1),
            args.get(at + 2),
        ) {
            (b"AUTH", Some(user), Some(password)) => {
                hello.credentials = Some((user, password));
                at += 3;
            }
            (b"SETNAME", Some(name), _) => {
                check_name(name)?;
                hello.name = Some(name);
                at += 2;
            }
            _ => {
                let parts: [&[u8]; 3] = [b"ERR Syntax error in HELLO option '", word, b"'"];
                return Err(CommandError::quoting(&parts));
            }
        }
    }
    Ok(hello)
}

fn hello(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let hello = parse_hello(&args)?;
    if let Some(credentials) = hello.credentials
        && !cx.core.log_in(cx.session, credentials, &args[0])
    {
        return Err(WRONG_PASS);
    }
    if !cx.session.is_authenticated() {
        return Err(CommandError::text(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = hello.name {
        set_name(cx.session, name)?;
    }
    if let Some(protocol) = hello.protocol {
        cx.session.protocol = protocol;
        cx.core.pubsub.set_protocol(cx.session.conn, protocol);
        cx.core.outgoing.set_protocol(cx.session.conn, protocol);
    }
    cx.core.follow_subscriptions(cx.session);
    let (id, protocol) = (cx.session.id, cx.session.protocol);
    let zone = cx.core.config.availability_zone.clone();
    let mut reply = cx.reply();
    reply.map(7 + usize::from(!zone.is_empty()));
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(crate::environment::REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(if protocol == Protocol::Resp3 { 3 } else { 2 });
    reply.bulk(b"id");
    reply.integer(id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
    // COMPAT: as Valkey since 8.1; Redis has no such setting.
    if !zone.is_empty() {
        reply.bulk(b"availability_zone");
        reply.bulk(zone.as_bytes());
    }
    Ok(ControlFlow::Done)
}
