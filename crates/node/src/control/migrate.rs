//! MIGRATE: keys that move to another server, or are copied there.
//!
//! ```text
//!  MIGRATE ─► keys that exist ─► AUTH, SELECT, a RESTORE for each ─► the unit stays open
//!             none: +NOKEY                                                    │
//!  DEL of those whose RESTORE was answered with no error ◄────── replies ◄────┘
//! ```
//! A connection is kept for the next time, with the database that is selected there. When it turns
//! out dead, everything is sent again over a new one, once.
//!
//! Always true: a key is deleted only when the other server acknowledged it, and nothing else runs
//! between reading its value and deleting it, in a transaction either.
//! Not here: talking to the other server — `migrate.rs` of the node; connections — `links.rs`.

use std::borrow::Cow;
use std::ops::Range;

use russet_base::num::parse_i64;
use russet_command::Arity::AtLeast;
use russet_command::args::Cursor;
use russet_command::row::{Begin, Find, KeyFlags};
use russet_command::{CommandError, Flags, KeySpec, NotifyClass};
use russet_engine::Touch;
use russet_rdb::payload;
use russet_resp::{ArgBuf, Args, encode_request};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Core;
use crate::gate;
use crate::links::Target;
use crate::migrate::{End, Migrate, Phase, Plan};
use crate::persist::translate;
use crate::session::For;

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

/// Options of a MIGRATE.
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
    if !cx.session.runs() || cx.core.migrating.is_some() {
        return Err(broken_off(Phase::Connecting));
    }
    let load = load(cx, &keys, options.is_replacing);
    let now_us = cx.core.now.mono_us;
    let words = [
        options.password.map(|_| &b"AUTH"[..]),
        options.user,
        options.password,
    ];
    let plan = Plan {
        command: gate::resolve(cx.core, args).ok(),
        db: cx.session.db,
        keys,
        is_copy: options.is_copy,
        target: options.target,
        target_db: options.target_db,
        credentials: words.into_iter().flatten().map(<[u8]>::to_vec).collect(),
        load,
        timeout_us: options.timeout_ms.saturating_mul(1_000),
        began_us: now_us,
    };
    let kept = cx.core.links.reuse(&plan.target);
    let next = Migrate::begin(plan, kept, now_us);
    match cx.core.follow_migration(next) {
        None => Ok(ControlFlow::Waits(For::Peer)),
        // It cannot end before it began.
        Some(_) => Err(broken_off(Phase::Connecting)),
    }
}

/// Does what the end of a migration brings about: deletes the keys that arrived. Gives back the
/// error for the client.
pub(crate) fn finish(core: &mut Core, end: &End) -> Option<CommandError> {
    keep_or_drop(core, end);
    if !end.plan.is_copy {
        delete(core, end);
    }
    if let Some(id) = end.plan.command {
        let took_us = core.now.mono_us.saturating_sub(end.plan.began_us);
        let took = (took_us.saturating_mul(1_000), 1);
        core.stats.took(id, took, core.config.latency_tracking);
    }
    match (&end.error, end.broken) {
        (Some(text), _) => {
            let text = format!("ERR Target instance replied with error: {text}");
            Some(CommandError::Text(Cow::Owned(text)))
        }
        (None, Some(phase)) => Some(broken_off(phase)),
        (None, None) => None,
    }
}

/// Keeps the connection for the next time, or closes it.
fn keep_or_drop(core: &mut Core, end: &End) {
    let Some((link, is_usable)) = end.link else {
        return;
    };
    let gone = if is_usable {
        // After an error we cannot tell which database is selected.
        let db = end.error.is_none().then_some(end.plan.target_db);
        core.links.keep(link, db, core.now.mono_us)
    } else {
        core.links.forget(link);
        Some(link)
    };
    if let Some(gone) = gone {
        core.outgoing.kill(gone);
    }
}

/// Deletes the keys that arrived; the journal holds one DEL of them all.
fn delete(core: &mut Core, end: &End) {
    let mut request: Vec<&[u8]> = vec![b"DEL"];
    let arrived = end.plan.keys.iter().zip(&end.acknowledged);
    for (key, _) in arrived.filter(|(_, arrived)| **arrived) {
        core.keyspace.db(end.plan.db).remove(key);
        let effects = &mut core.effects;
        effects.notify(NotifyClass::GENERIC, "del", end.plan.db, key);
        effects.dirty += 1;
        request.push(key);
    }
    if request.len() > 1 {
        let request = ArgBuf::from_slices(&request);
        core.take_effects(end.plan.db, &request.args());
    }
}

/// The error of a migration that broke off.
fn broken_off(phase: Phase) -> CommandError {
    CommandError::text(match phase {
        Phase::Connecting => "IOERR error or timeout connecting to the client",
        Phase::Writing => "IOERR error or timeout writing to target instance",
        Phase::Reading => "IOERR error or timeout reading to target instance",
    })
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
