//! DEBUG: what tests need to look inside and to provoke.
//!
//! Subcommands are rows of a table of their own, since COMMAND shows none of DEBUG.
//!
//! Always true: nothing runs unless `enable-debug-command` allows it.
//! Not here: digests — `debug/digest.rs`; example replies — `debug/protocol.rs`; RELOAD —
//! `debug/reload.rs`; tables and listpacks — `debug/shape.rs`.

mod digest;
mod protocol;
mod reload;
mod shape;

use russet_base::num::{parse_f64, parse_i64, parse_memory};
use russet_command::Arity::AtLeast;
use russet_command::args::is_word;
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_engine::{Entry, ExpiryMode, NewValue, Touch};
use russet_io::LogLevel;
use russet_resp::Args;

use super::config::{is_local, write_file};
use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::config::rewrite::Extent;
use crate::environment::Crash;
use crate::gate::LOADING;
use crate::hurdles::Hurdles;
use crate::persist::translate;

/// The longest `DEBUG SLEEP`, in seconds.
const SLEEP_S_MAX: f64 = 1e9;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::control("DEBUG", AtLeast(2), debug)
        .flags(
            Flags::ADMIN
                .with(Flags::NOSCRIPT)
                .with(Flags::LOADING)
                .with(Flags::STALE)
                .with(Flags::SYSTEM),
        )
        .since("1.0.0")
        .cost("Depends on subcommand.")
        .does("Looks inside the server, for tests.")],
};
const _: () = FAMILY.check_but(&["DEBUG"]);

/// A subcommand.
struct Sub {
    name: &'static str,
    /// The least and the greatest number of arguments after the name.
    args: (usize, usize),
    run: ControlHandler,
    /// Its line of HELP: its arguments, then its description.
    help: (&'static str, &'static str),
}

const fn sub(
    name: &'static str,
    args: (usize, usize),
    run: ControlHandler,
    help: (&'static str, &'static str),
) -> Sub {
    Sub {
        name,
        args,
        run,
        help,
    }
}

const SUBCOMMANDS: &[Sub] = &[
    sub(
        "AOF-FLUSH-SLEEP",
        (1, 1),
        accept,
        ("<microsec>", "Accepted without effect."),
    ),
    sub(
        "ASSERT",
        (0, 0),
        panic,
        ("", "End the server as a broken invariant does."),
    ),
    sub(
        "CHANGE-REPL-ID",
        (0, 0),
        accept,
        ("", "Accepted without effect."),
    ),
    sub(
        "CLIENT-ENFORCE-REPLY-LIST",
        (1, 1),
        accept,
        ("<0|1>", "Accepted: every reply is in a list here."),
    ),
    sub(
        "CONFIG-REWRITE-FORCE-ALL",
        (0, 0),
        config_rewrite,
        ("", "Like CONFIG REWRITE, but with every setting."),
    ),
    sub(
        "DICT-RESIZING",
        (1, 1),
        accept,
        ("<0|1>", "Accepted: tables here never resize."),
    ),
    sub(
        "DIGEST",
        (0, 0),
        digest::all,
        ("", "Show a signature of all data."),
    ),
    sub(
        "DIGEST-VALUE",
        (0, usize::MAX),
        digest::values,
        (
            "<key> [<key> ...]",
            "Show a signature of the value of each key.",
        ),
    ),
    sub(
        "ERROR",
        (1, 1),
        error,
        ("<string>", "Reply with this error."),
    ),
    sub(
        "HTSTATS",
        (1, 2),
        shape::tables,
        (
            "<dbid> [full]",
            "Show the tables of a database: its keys, and those with a deadline.",
        ),
    ),
    sub(
        "HTSTATS-KEY",
        (1, usize::MAX),
        shape::table,
        ("<key> [full]", "Show the table of the value of <key>."),
    ),
    sub(
        "LEAK",
        (1, 1),
        accept,
        ("<string>", "Accepted without effect."),
    ),
    sub(
        "LISTPACK",
        (1, 1),
        shape::packed,
        (
            "<key>",
            "Write to the log how the value of <key> is packed.",
        ),
    ),
    sub(
        "LOADAOF",
        (0, 0),
        reload::load_aof,
        (
            "",
            "Write the append-only file, drop all data, and load it.",
        ),
    ),
    sub(
        "LOG",
        (1, 1),
        log,
        ("<message>", "Write <message> to the log."),
    ),
    sub(
        "OBJECT",
        (1, 1),
        object,
        ("<key>", "Show how the value of <key> is stored."),
    ),
    sub(
        "PANIC",
        (0, 0),
        panic,
        ("", "End the server as a panic does."),
    ),
    sub(
        "PAUSE-CRON",
        (1, 1),
        pause_cron,
        ("<0|1>", "Let signals that ask for the end wait."),
    ),
    sub(
        "POPULATE",
        (1, 3),
        populate,
        (
            "<count> [<prefix>] [<size>]",
            "Create <count> strings, key:0 and so on.",
        ),
    ),
    sub(
        "PROTOCOL",
        (1, 1),
        protocol::example,
        ("<type>", "Reply with a value of this type."),
    ),
    sub(
        "QUICKLIST-PACKED-THRESHOLD",
        (1, 1),
        packed_threshold,
        ("<size>", "Accepted without effect."),
    ),
    sub(
        "RELOAD",
        (0, usize::MAX),
        reload::reload,
        ("[MERGE] [NOFLUSH]", "Turn every value into bytes and back."),
    ),
    sub(
        "REPLYBUFFER",
        (2, 2),
        replybuffer,
        (
            "PEAK-RESET-TIME|RESIZING <value>",
            "Accepted without effect.",
        ),
    ),
    sub(
        "SDSLEN",
        (1, 1),
        shape::string,
        ("<key>", "Show how long <key> and its string are."),
    ),
    sub(
        "SEGFAULT",
        (0, 0),
        segfault,
        ("", "End the server as a fault does."),
    ),
    sub(
        "SET-ACTIVE-EXPIRE",
        (1, 1),
        set_active_expire,
        ("<0|1>", "Turn expiry in the background off or on."),
    ),
    sub(
        "SET-DISABLE-DENY-SCRIPTS",
        (1, 1),
        set_disable_deny_scripts,
        ("<0|1>", "Set whether scripts may run what is not for them."),
    ),
    sub(
        "SET-SKIP-CHECKSUM-VALIDATION",
        (1, 1),
        set_skip_checksums,
        ("<0|1>", "Let RESTORE take any checksum."),
    ),
    sub(
        "SLEEP",
        (1, 1),
        sleep,
        ("<seconds>", "Stop the server for so long."),
    ),
];

const NOT_ALLOWED: CommandError = CommandError::text(
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you \
     can run it from a local connection, otherwise you need to set this option in the \
     configuration file, and then restart the server.",
);

fn debug(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if !cx
        .core
        .config
        .enable_debug_command
        .admits(is_local(&cx.session.origin))
    {
        return Err(NOT_ALLOWED);
    }
    let count = args.len() - 2;
    if count == 0 && is_word(&args[1], "HELP") {
        print_help(cx);
        return Ok(ControlFlow::Done);
    }
    let found = SUBCOMMANDS
        .iter()
        .find(|sub| is_word(&args[1], sub.name) && (sub.args.0..=sub.args.1).contains(&count));
    match found {
        Some(sub) => (sub.run)(cx, args),
        None => Err(unknown(args)),
    }
}

fn unknown(args: Args<'_>) -> CommandError {
    let name = &args[1];
    CommandError::quoting(&[
        b"ERR unknown subcommand or wrong number of arguments for '",
        &name[..name.len().min(128)],
        b"'. Try DEBUG HELP.",
    ])
}

fn print_help(cx: &mut ControlCtx<'_>) {
    let mut lines = Vec::new();
    for sub in SUBCOMMANDS {
        let (takes, does) = sub.help;
        lines.push(format!("{} {takes}", sub.name).trim_end().to_owned());
        lines.push(format!("    {does}"));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    help::write(&mut cx.reply(), "DEBUG", &lines);
}

/// Accepts a switch of something that does not exist here.
fn accept(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.ok()
}

fn config_rewrite(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    write_file(cx, Extent::All, "ERR CONFIG-REWRITE-FORCE-ALL failed")
}

fn error(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.reply().error(&args[2]);
    Ok(ControlFlow::Done)
}

fn log(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let text = format!("DEBUG LOG: {}", String::from_utf8_lossy(&args[2]));
    cx.core.outbox.log(LogLevel::Warning, text);
    cx.ok()
}

/// Exit codes above this ask for an end by a signal.
const BY_SIGNAL: i32 = 128;
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

fn segfault(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    crash(cx, Crash::Fault, BY_SIGNAL + SIGSEGV)
}

fn panic(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    crash(cx, Crash::Panic, BY_SIGNAL + SIGABRT)
}

/// Crashes here, or has the loop end the process if it does not know how to crash.
fn crash(cx: &mut ControlCtx<'_>, how: Crash, code: i32) -> Result<ControlFlow, CommandError> {
    if let Some(crash) = cx.core.environment.crash {
        crash(how);
    }
    cx.core.outbox.exit(code);
    cx.session.close();
    Ok(ControlFlow::Done)
}

fn sleep(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let seconds = parse_f64(&args[2]).unwrap_or(0.0).clamp(0.0, SLEEP_S_MAX);
    let stall_us = (seconds * 1e6) as u64;
    let core = &mut *cx.core;
    core.outbox.stall_us = core.outbox.stall_us.saturating_add(stall_us);
    cx.ok()
}

fn set_active_expire(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.active_expiry = parse_i64(&args[2]).unwrap_or(0) != 0;
    cx.ok()
}

fn set_disable_deny_scripts(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    cx.core.scripts.allows_all = parse_i64(&args[2]).unwrap_or(0) != 0;
    cx.ok()
}

fn pause_cron(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.core.pauses_signals = parse_i64(&args[2]).unwrap_or(0) != 0;
    cx.core.end_if_asked();
    cx.ok()
}

fn set_skip_checksums(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    cx.core.skips_checksums = parse_i64(&args[2]).unwrap_or(0) != 0;
    cx.ok()
}

fn packed_threshold(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    match parse_memory(&args[2]) {
        Some(size) if size < 1 << 32 => cx.ok(),
        _ => Err(CommandError::text(
            "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
        )),
    }
}

fn replybuffer(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let value = &args[3];
    if is_word(&args[2], "RESIZING") {
        return cx.ok();
    }
    if !is_word(&args[2], "PEAK-RESET-TIME") {
        return Err(unknown(args));
    }
    if is_word(value, "NEVER") || is_word(value, "RESET") || parse_i64(value).is_some() {
        return cx.ok();
    }
    Err(CommandError::NotInteger)
}

fn object(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let clock = cx.core.now.wall_s() & 0xff_ffff;
    let compress = cx.core.config.rdbcompression;
    // COMPAT: a key whose deadline has passed is there until it is removed.
    let mode = cx.core.keyspace.expiry_mode();
    cx.core.keyspace.set_expiry_mode(ExpiryMode::Ignore);
    let mut db = cx.core.keyspace.db(cx.session.db);
    let found = db.read(&args[2], Touch::No).map(|value| {
        let mut saved = Vec::new();
        let Ok(_) = translate::save(&value, &mut saved, compress);
        (value.encoding(), value.access().idle_s, saved)
    });
    cx.core.keyspace.set_expiry_mode(mode);
    let (encoding, idle, saved) = found.ok_or(CommandError::NoSuchKey)?;
    // The type code does not count.
    let length = saved.len() - 1;
    // COMPAT: entries move, so there is no address to show; tests compare it for equality only.
    let text = format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{length} \
         lru:{} lru_seconds_idle:{idle}",
        encoding.name(),
        clock - i64::try_from(idle).unwrap_or(0).min(clock),
    );
    cx.reply().simple(&text);
    Ok(ControlFlow::Done)
}

/// Refuses a subcommand that changes or saves all data while a part of it is there.
fn refuse_while_loading(cx: &ControlCtx<'_>) -> Result<(), CommandError> {
    match cx.core.hurdles.has(Hurdles::LOADING) {
        true => Err(LOADING),
        false => Ok(()),
    }
}

fn populate(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let positive = |arg: &[u8]| {
        let n = parse_i64(arg).and_then(|n| usize::try_from(n).ok());
        n.ok_or(CommandError::text(
            "ERR value is out of range, must be positive",
        ))
    };
    refuse_while_loading(cx)?;
    let count = positive(&args[2])?;
    let prefix = args.get(3).unwrap_or(b"key");
    let size = args.get(4).map_or(Ok(0), positive)?;
    if size as u64 > cx.core.config.proto_max_bulk_len {
        return Err(CommandError::StringTooLong);
    }
    let mut db = cx.core.keyspace.db(cx.session.db);
    let mut key = Vec::new();
    for n in 0..count {
        key.clear();
        key.extend_from_slice(prefix);
        key.extend_from_slice(format!(":{n}").as_bytes());
        let mut value = format!("value:{n}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        if let Entry::Vacant(place) = db.entry(&key) {
            place.insert(NewValue::Raw(&value), None);
        }
    }
    cx.ok()
}
