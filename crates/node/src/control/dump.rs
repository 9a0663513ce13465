//! DUMP and RESTORE: a value as bytes that another server, or another version, can take over.
//!
//! RESTORE builds the value beside the key space, and gives it to the key once it is whole.
//!
//! Always true: bytes that are refused have changed nothing.
//! Not here: values as bytes — `persist/translate.rs`; the format — crate `russet-rdb`

use std::borrow::Cow;

use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::Cursor;
use russet_command::effects::removal;
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec, NotifyClass};
use russet_engine::{Access, Detached, Entry, Millis, Touch};
use russet_io::LogLevel;
use russet_rdb::payload::{self, Checksum};
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::persist::translate;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const RESTORED: &[KeySpec] = &[KeySpec::one(1, KeyFlags::OW.with(KeyFlags::UPDATE))];
const TAKES: &str = "key ttl:integer serialized-value:string [REPLACE]{3.0.0} [ABSTTL]{5.0.0} \
     [IDLETIME seconds:integer]{5.0.0} [FREQ frequency:integer]{5.0.0}";
const COST: &str = "O(N) for a value of N bytes; a sorted set of N members costs O(N*log(N)).";
const HISTORY: &[(&str, &str)] = &[
    ("3.0.0", "Takes `REPLACE`."),
    ("5.0.0", "Takes `ABSTTL`."),
    ("5.0.0", "Takes `IDLETIME` and `FREQ`."),
];

/// The family of values as bytes.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Generic,
    rows: &[
        Row::read("DUMP", Exactly(2), dump)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO.with(KeyFlags::ACCESS))])
            .tips(&["nondeterministic_output"])
            .since("2.6.0")
            .cost("O(N) for a value of N bytes.")
            .does("Returns a value in a form that RESTORE takes."),
        super::migrate::ROW,
        Row::write("RESTORE", AtLeast(4), restore)
            .takes(TAKES)
            .keys(RESTORED)
            .flags(Flags::DANGEROUS)
            .deny_oom()
            .since("2.6.0")
            .history(HISTORY)
            .cost(COST)
            .does("Creates a key from what DUMP returned."),
    ],
};

/// Commands that servers of a cluster send to each other.
pub(crate) const INTERNAL: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::write("RESTORE-ASKING", AtLeast(4), restore)
        .takes(TAKES)
        .keys(RESTORED)
        .flags(
            Flags::DANGEROUS
                .with(Flags::KEYSPACE)
                .with(Flags::ASKING)
                .with(Flags::SYSTEM),
        )
        .deny_oom()
        .since("3.0.0")
        .history(HISTORY)
        .cost(COST)
        .does("Creates a key while it moves between the servers of a cluster.")],
};

const BUSY_KEY: CommandError = CommandError::text("BUSYKEY Target key name already exists.");
const BAD_FORMAT: CommandError = CommandError::text("ERR Bad data format");
const BAD_FOOTER: CommandError =
    CommandError::text("ERR DUMP payload version or checksum are wrong");
const BAD_IDLETIME: CommandError = CommandError::text("ERR Invalid IDLETIME value, must be >= 0");
const BAD_FREQ: CommandError =
    CommandError::text("ERR Invalid FREQ value, must be >= 0 and <= 255");
const BAD_TTL: CommandError = CommandError::text("ERR Invalid TTL value, must be >= 0");

fn dump(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let key = &args[1];
    let index = cx.session.db;
    let compress = cx.core.config.rdbcompression;
    let mut bytes = Vec::new();
    let mut db = cx.core.keyspace.db(index);
    let Some(value) = db.read(key, Touch::Yes) else {
        cx.core
            .effects
            .notify(NotifyClass::KEY_MISS, "keymiss", index, key);
        cx.reply().null();
        return Ok(ControlFlow::Done);
    };
    let Ok(version) = translate::save(&value, &mut bytes, compress);
    payload::seal(&mut bytes, version);
    cx.reply().bulk(&bytes);
    Ok(ControlFlow::Done)
}

/// The options of RESTORE.
#[derive(Debug, Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

fn restore(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (key, index) = (&args[1], cx.session.db);
    let options = options(args)?;
    if !options.replace && cx.core.keyspace.db(index).contains(key) {
        return Err(BUSY_KEY);
    }
    let ttl = parse_i64(&args[2]).ok_or(CommandError::NotInteger)?;
    let now = cx.core.keyspace.now();
    let deadline = match ttl {
        ..0 => return Err(BAD_TTL),
        0 => None,
        ttl if options.absolute => Some(ttl),
        // COMPAT: a sum beyond 64 bits is in the past, as in Redis 7 and Valkey.
        ttl => Some(now.checked_add(ttl).unwrap_or(Millis::MIN)),
    };
    let value = build(cx, &args[3])?;
    if deadline.is_some_and(|at| at <= cx.core.keyspace.horizon()) {
        drop_late(cx, key);
        return cx.ok();
    }
    cx.core.keyspace.db(index).place(key, value, deadline);
    set_access(cx, key, &options);
    if let Some(at) = deadline.filter(|_| !options.absolute) {
        propagate_absolute(cx, args, at);
    }
    let effects = &mut cx.core.effects;
    effects.dirty += 1;
    effects.notify(NotifyClass::NEW, "new", index, key);
    effects.notify(NotifyClass::GENERIC, "restore", index, key);
    cx.ok()
}

fn options(args: Args<'_>) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut rest = Cursor::new(args, 4);
    while rest.has_more() {
        if rest.eat("REPLACE") {
            options.replace = true;
        } else if rest.eat("ABSTTL") {
            options.absolute = true;
        } else if options.frequency.is_none()
            && let Some(idle) = rest.eat_valued("IDLETIME")
        {
            let idle = parse_i64(idle).ok_or(CommandError::NotInteger)?;
            options.idle_s = Some(u64::try_from(idle).map_err(|_| BAD_IDLETIME)?);
        } else if options.idle_s.is_none()
            && let Some(frequency) = rest.eat_valued("FREQ")
        {
            let frequency = parse_i64(frequency).ok_or(CommandError::NotInteger)?;
            options.frequency = Some(u8::try_from(frequency).map_err(|_| BAD_FREQ)?);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    Ok(options)
}

/// Builds the value of a payload.
fn build(cx: &mut ControlCtx<'_>, bytes: &[u8]) -> Result<Detached, CommandError> {
    let checksum = match cx.core.skips_checksums {
        true => Checksum::Ignored,
        false => Checksum::Verified,
    };
    let payload = payload::open_with(bytes, checksum).map_err(|_| BAD_FOOTER)?;
    let (reader, input) = match payload.reader() {
        Ok(opened) => opened,
        Err(error) => return Err(bad_format(cx, &error)),
    };
    let loaded = translate::load(&cx.core.keyspace.db(cx.session.db), reader, input);
    loaded.map_err(|error| bad_format(cx, &error))
}

/// Logs the reason why a payload was refused; the client gets a general error.
#[cold]
fn bad_format(cx: &mut ControlCtx<'_>, error: &dyn std::error::Error) -> CommandError {
    let text = format!("A payload was not restored: {error}");
    cx.core.outbox.log(LogLevel::Warning, text);
    BAD_FORMAT
}

/// The deadline has passed: what was there is gone, and nothing takes its place.
fn drop_late(cx: &mut ControlCtx<'_>, key: &[u8]) {
    let index = cx.session.db;
    if cx.core.keyspace.db(index).remove(key) {
        let effects = &mut cx.core.effects;
        effects.dirty += 1;
        effects.propagate_as(&[removal(cx.core.settings.lazy_server_del), key]);
        effects.notify(NotifyClass::GENERIC, "del", index, key);
    }
}

/// Sets the access clock of the key, if the request has one.
fn set_access(cx: &mut ControlCtx<'_>, key: &[u8], options: &Options) {
    let is_lfu = cx.core.settings.lfu;
    let access = match (options.idle_s, options.frequency) {
        (Some(idle_s), _) if !is_lfu => Access {
            idle_s,
            frequency: 0,
        },
        (_, Some(frequency)) if is_lfu => Access {
            idle_s: 0,
            frequency,
        },
        _ => return,
    };
    if let Entry::Occupied(mut entry) = cx.core.keyspace.db(cx.session.db).entry(key) {
        entry.set_access(access);
    }
}

/// The journal holds the deadline as a moment.
fn propagate_absolute(cx: &mut ControlCtx<'_>, args: Args<'_>, at: Millis) {
    if !cx.core.effects.recording {
        return;
    }
    let at: Cow<'_, str> = Cow::Owned(at.to_string());
    let mut request: Vec<&[u8]> = args.iter().collect();
    request[2] = at.as_bytes();
    request.push(b"ABSTTL");
    cx.core.effects.propagate_as(&request);
}
