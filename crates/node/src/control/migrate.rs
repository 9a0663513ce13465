//! MIGRATE: keys that move to another server, or are copied there.
//!
//! ```text
//!  MIGRATE ─► keys that exist ─► AUTH, SELECT, a RESTORE for each ─► exchange ─► nothing runs
//!             none: +NOKEY                                                           │
//!  DEL of those whose RESTORE was answered with no error ◄───────────── answer ◄─────┘
//! ```
//! A connection is kept for the next time, with the database that is selected there. When it turns
//! out dead everything is said again over a new one, once.
//!
//! Always true: a key is deleted only when the other server acknowledged it, and nothing else runs
//! between reading its value and deleting it, in a transaction either.
//! Not here: what the answer brings about — `migrate/journey.rs`; connections — `links.rs`;
//! speaking — crate `russet-reactor`.

mod journey;

use std::ops::Range;

use russet_base::num::parse_i64;
use russet_command::Arity::AtLeast;
use russet_command::args::Cursor;
use russet_command::row::{Begin, Find, KeyFlags};
use russet_command::{CommandError, Flags, KeySpec, NotifyClass};
use russet_engine::Touch;
use russet_io::{Attempt, Exchange, Exchanged, LinkId, Phase, Source};
use russet_rdb::payload;
use russet_resp::{Args, encode_request};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::gate;
use crate::links::Target;
use crate::persist::translate;
use crate::session::{Replies, Session};
use journey::{Journey, broken_off};

const MOVED: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE);

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The row, which stands in the family of values as bytes.
pub(super) const ROW: Row = Row::write("MIGRATE", AtLeast(6), migrate)
    .takes(
        "host port:integer <key | \"\":empty-string>:key-selector destination-db:integer \
         timeout:integer [COPY]{3.0.0} [REPLACE]{3.0.0} [AUTH password=auth{4.0.7} | \
         AUTH2 (username password):auth2{6.0.0}]:authentication \
         [KEYS key=keys [key=keys ...]]{3.0.6}",
    )
    .keys(&[
        KeySpec::one(3, MOVED),
        KeySpec {
            begin: Begin::Keyword("KEYS", -2),
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 0,
            },
            flags: MOVED.with(KeyFlags::INCOMPLETE),
            notes: "",
        },
    ])
    .flags(Flags::MOVABLE_KEYS.with(Flags::DANGEROUS))
    .tips(&["nondeterministic_output"])
    .since("2.6.0")
    .history(&[
        ("3.0.0", "Takes `COPY` and `REPLACE`."),
        ("3.0.6", "Takes `KEYS`."),
        ("4.0.7", "Takes `AUTH`."),
        ("6.0.0", "Takes `AUTH2`."),
    ])
    .cost("That of DUMP and DEL here, of RESTORE there, and O(N) for N bytes on the way.")
    .does("Moves keys to another server.");

/// How long each step may take when the request names no time.
const TIMEOUT_MS: u64 = 1_000;

const TWO_KEYS: CommandError = CommandError::text(
    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
);

/// What a request asks for.
struct Options<'a> {
    is_copy: bool,
    is_replacing: bool,
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    /// Where its keys stand.
    keys: Range<usize>,
    target: Target,
    target_db: i64,
    timeout_ms: u64,
}

fn migrate(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let options = options(args)?;
    let keys = present(cx, args, options.keys.clone());
    if keys.is_empty() {
        cx.reply().simple("NOKEY");
        return Ok(ControlFlow::Done);
    }
    // A client that has gone waits for no answer; what it wanted moved stays here.
    if !cx.session.runs() || cx.core.outbox.is_exchanging() {
        return Err(broken_off(Phase::Connecting));
    }
    let load = load(cx, &keys, options.is_replacing);
    let attempts = attempts(cx.core, &options);
    let journey = Journey {
        command: gate::resolve(cx.core, args).ok(),
        db: cx.session.db,
        is_copy: options.is_copy,
        is_silent: cx.session.replies != Replies::On,
        target: options.target.clone(),
        target_db: options.target_db,
        attempts: attempts.iter().map(|one| (one.link, one.lines)).collect(),
        keys,
    };
    let (host, port) = options.target;
    let exchange = Exchange {
        host,
        port,
        timeout_ms: options.timeout_ms,
        attempts,
        load,
        lines: journey.keys.len(),
    };
    let then = move |core: &mut Core, session: Option<&mut Session>, end: Exchanged| {
        journey.finish(core, session, &end);
    };
    cx.core
        .outbox
        .exchange_for(cx.session.conn, exchange, Box::new(then));
    Ok(ControlFlow::Waiting)
}

fn options(args: Args<'_>) -> Result<Options<'_>, CommandError> {
    let (mut is_copy, mut is_replacing) = (false, false);
    let (mut user, mut password) = (None, None);
    let mut keys = 3..4;
    let mut rest = Cursor::new(args, 6);
    while rest.has_more() {
        if rest.eat("COPY") {
            is_copy = true;
        } else if rest.eat("REPLACE") {
            is_replacing = true;
        } else if let Some(value) = rest.eat_valued("AUTH") {
            password = Some(value);
        } else if rest.eat("AUTH2") {
            user = Some(rest.next().ok_or(CommandError::Syntax)?);
            password = Some(rest.next().ok_or(CommandError::Syntax)?);
        } else if rest.eat("KEYS") {
            if !args[3].is_empty() {
                return Err(TWO_KEYS);
            }
            keys = rest.position()..args.len();
            break;
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let timeout = parse_i64(&args[5]).ok_or(CommandError::NotInteger)?;
    let target_db = parse_i64(&args[4]).ok_or(CommandError::NotInteger)?;
    let timeout_ms = u64::try_from(timeout).unwrap_or(0);
    let host = String::from_utf8_lossy(&args[1]).into_owned();
    Ok(Options {
        is_copy,
        is_replacing,
        user,
        password,
        keys,
        // Nobody listens on port 0, which what is no port stands for.
        target: (host, parse_port(&args[2])),
        target_db,
        timeout_ms: if timeout_ms == 0 {
            TIMEOUT_MS
        } else {
            timeout_ms
        },
    })
}

fn parse_port(text: &[u8]) -> u16 {
    let port = parse_i64(text).and_then(|port| u16::try_from(port).ok());
    port.unwrap_or(0)
}

/// The keys that exist, as often as they are named.
fn present(cx: &mut ControlCtx<'_>, args: Args<'_>, named: Range<usize>) -> Vec<Vec<u8>> {
    let index = cx.session.db;
    let mut keys = Vec::new();
    for key in args.slice(named).iter() {
        if cx.core.keyspace.db(index).read(key, Touch::Yes).is_some() {
            keys.push(key.to_vec());
        } else {
            let effects = &mut cx.core.effects;
            effects.notify(NotifyClass::KEY_MISS, "keymiss", index, key);
        }
    }
    keys
}

/// A RESTORE for each key.
fn load(cx: &mut ControlCtx<'_>, keys: &[Vec<u8>], is_replacing: bool) -> Vec<u8> {
    let compress = cx.core.config.rdbcompression;
    let now = cx.core.keyspace.now();
    let mut db = cx.core.keyspace.db(cx.session.db);
    let (mut bytes, mut object) = (Vec::new(), Vec::new());
    for key in keys {
        let Some(value) = db.read(key, Touch::No) else {
            continue;
        };
        object.clear();
        let Ok(version) = translate::save(&value, &mut object, compress);
        payload::seal(&mut object, version);
        let deadline = value.deadline();
        let ttl = deadline.map_or(0, |at| at.saturating_sub(now).max(1));
        let ttl = ttl.to_string();
        let request: [&[u8]; 5] = [b"RESTORE", key, ttl.as_bytes(), &object, b"REPLACE"];
        let len = if is_replacing { 5 } else { 4 };
        encode_request(&request[..len], &mut bytes);
    }
    bytes
}

/// The connection that is kept, if there is one, and a new one.
fn attempts(core: &mut Core, options: &Options<'_>) -> Vec<Attempt> {
    let kept = core.links.find(&options.target);
    let first = match kept {
        Some(kept) => attempt(options, (kept.link, Source::Kept), kept.db),
        None => attempt(options, (core.links.name(), Source::New), None),
    };
    let second = attempt(options, (core.links.name(), Source::New), None);
    vec![first, second]
}

fn attempt(options: &Options<'_>, link: (LinkId, Source), selected: Option<i64>) -> Attempt {
    let (mut opening, mut lines) = (Vec::new(), 0);
    if let Some(password) = options.password {
        lines += 1;
        match options.user {
            Some(user) => encode_request([b"AUTH", user, password], &mut opening),
            None => encode_request([&b"AUTH"[..], password], &mut opening),
        }
    }
    if selected != Some(options.target_db) {
        lines += 1;
        let index = options.target_db.to_string();
        encode_request(["SELECT", &index], &mut opening);
    }
    let (link, source) = link;
    Attempt {
        link,
        source,
        opening,
        lines,
    }
}
