//! CLIENT: what a client says of itself, and what it may learn of and do to others.
//!
//! Always true: a client that is killed runs nothing more, not even what it had sent already.
//! Not here: AUTH, HELLO, RESET — `connection.rs`.

pub(crate) mod describe;
mod filter;
mod tracking;

use std::borrow::Cow;

use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::timeout_millis;
use russet_command::{CommandError, Family, Flags, Group};
use russet_io::ConnId;
use russet_resp::Args;

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::acknowledge;
use crate::block::{self, GivesUp, give_up};
use crate::pause::Pause;
use crate::session::{Replies, Session};
use describe::{Names, describe};
use filter::Filter;

const ANYWHERE: Flags = Flags::NOSCRIPT.with(Flags::LOADING).with(Flags::STALE);
const ADMIN: Flags = ANYWHERE.with(Flags::ADMIN);

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Connection,
    rows: &[Row::container(
        "CLIENT",
        &[
            Row::control("CACHING", Exactly(3), tracking::caching)
                .takes("<YES | NO>:mode")
                .flags(ANYWHERE)
                .since("6.0.0")
                .cost("O(1)")
                .does("Says whether the reads of the next command may be cached."),
            Row::control("CAPA", AtLeast(3), capa)
                .takes("capability [capability ...]")
                .flags(ANYWHERE.with(Flags::ALLOW_BUSY))
                .since("8.0.0")
                .cost("O(1)")
                .does("Says what the client is capable of."),
            Row::control("GETNAME", Exactly(2), getname)
                .flags(ANYWHERE)
                .since("2.6.9")
                .cost("O(1)")
                .does("Tells the name of the connection."),
            Row::control("GETREDIR", Exactly(2), tracking::getredir)
                .flags(ANYWHERE)
                .since("6.0.0")
                .cost("O(1)")
                .does("Returns the number of the client that hears of changes instead."),
            Row::control("HELP", Exactly(2), help)
                .flags(Flags::LOADING.with(Flags::STALE))
                .since("5.0.0")
                .cost("O(1)")
                .does("Lists the subcommands."),
            Row::control("ID", Exactly(2), id)
                .flags(ANYWHERE)
                .since("5.0.0")
                .cost("O(1)")
                .does("Tells the number of the connection."),
            Row::control("IMPORT-SOURCE", Exactly(3), import_source)
                .takes("<ON | OFF>:enabled")
                .flags(ANYWHERE)
                .since("8.1.0")
                .cost("O(1)")
                .does("Says whether the connection brings data from another server."),
            Row::control("INFO", Exactly(2), info)
                .flags(ANYWHERE)
                .since("6.2.0")
                .cost("O(1)")
                .does("Describes the connection.")
                .tips(&["nondeterministic_output"]),
            Row::control("KILL", AtLeast(3), kill)
                .takes(
                    "<ip:port=old-format{-2.8.12} | <[ID client-id:integer]{2.8.12} | \
                     [TYPE <NORMAL | MASTER{3.2.0} | SLAVE | \
                     REPLICA{5.0.0} | PUBSUB>:client-type]{2.8.12} | [USER username] | \
                     [ADDR ip:port=addr] | \
                     [LADDR ip:port=laddr]{6.2.0} | [SKIPME <YES | NO>:skipme] | \
                     [MAXAGE maxage:integer]{7.4.0}>:new-format [new-format ...]>:filter",
                )
                .flags(ADMIN)
                .since("2.4.0")
                .cost("O(N) where N is the number of client connections")
                .does("Closes connections.")
                .history(&[
                    ("2.8.12", "Filters came."),
                    ("2.8.12", "`ID` came."),
                    ("3.2.0", "`master` came as a TYPE."),
                    ("5.0.0", "`slave` became `replica`; both are understood."),
                    ("6.2.0", "LADDR came."),
                    ("7.4.0", "MAXAGE came."),
                ]),
            Row::control("LIST", AtLeast(2), list)
                .takes(
                    "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>:client-type]{5.0.0} \
                     [ID client-id:integer [client-id:integer ...]]{6.2.0}",
                )
                .flags(ADMIN)
                .since("2.4.0")
                .cost("O(N) where N is the number of client connections")
                .does("Lists the connections.")
                .tips(&["nondeterministic_output"])
                .history(&[
                    ("2.8.12", "Clients carry a number."),
                    ("5.0.0", "TYPE came."),
                    ("6.0.0", "`user` is shown."),
                    (
                        "6.2.0",
                        "ID came; `argv-mem`, `tot-mem`, `laddr` and `redir` are shown.",
                    ),
                    ("7.0.0", "`resp`, `multi-mem`, `rbs` and `rbp` are shown."),
                    ("7.0.3", "`ssub` is shown."),
                ]),
            Row::control("NO-EVICT", Exactly(3), no_evict)
                .takes("<ON | OFF>:enabled")
                .flags(ADMIN)
                .since("7.0.0")
                .cost("O(1)")
                .does("Keeps the connection from being closed to make room."),
            Row::control("NO-TOUCH", Exactly(3), no_touch)
                .takes("<ON | OFF>:enabled")
                .flags(ANYWHERE)
                .since("7.2.0")
                .cost("O(1)")
                .does("Keeps the commands of the connection from counting as use of keys."),
            Row::control("PAUSE", AtLeast(3), pause)
                .takes("timeout:integer [WRITE | ALL]:mode{6.2.0}")
                .flags(ADMIN)
                .since("3.0.0")
                .cost("O(1)")
                .does("Puts off the commands of all clients for a while.")
                .history(&[("6.2.0", "WRITE came.")]),
            Row::control("REPLY", Exactly(3), reply)
                .takes("<ON | OFF | SKIP>:action")
                .flags(ANYWHERE)
                .since("3.2.0")
                .cost("O(1)")
                .does("Turns the replies to the connection on or off."),
            Row::control("SETINFO", Exactly(4), setinfo)
                .takes("<LIB-NAME libname | LIB-VER libver>:attr")
                .flags(ANYWHERE)
                .since("7.2.0")
                .cost("O(1)")
                .does("Names the library of the client.")
                .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]),
            Row::control("SETNAME", Exactly(3), setname)
                .takes("connection-name")
                .flags(ANYWHERE)
                .since("2.6.9")
                .cost("O(1)")
                .does("Names the connection.")
                .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]),
            Row::control("TRACKING", AtLeast(3), tracking::tracking)
                .takes("<ON | OFF>:status [REDIRECT client-id:integer] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")
                .flags(ANYWHERE)
                .since("6.0.0")
                .cost("O(1). Some options may introduce additional complexity.")
                .does("Tells the connection when keys change that it has read."),
            Row::control("TRACKINGINFO", Exactly(2), tracking::trackinginfo)
                .flags(ANYWHERE)
                .since("6.2.0")
                .cost("O(1)")
                .does("Returns how the connection tracks keys."),
            Row::control("UNBLOCK", AtLeast(3), unblock)
                .takes("client-id:integer [TIMEOUT | ERROR]:unblock-type")
                .flags(ADMIN)
                .since("5.0.0")
                .cost("O(log N) where N is the number of client connections")
                .does("Ends the wait of a client that is blocked."),
            Row::control("UNPAUSE", Exactly(2), unpause)
                .flags(ADMIN)
                .since("6.2.0")
                .cost("O(N) Where N is the number of paused clients")
                .does("Ends the pause that is on."),
        ],
    )
    .since("2.4.0")
    .cost("Depends on subcommand.")
    .does("Holds the commands about client connections.")],
};

fn getname(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let name = cx.session.name().to_vec();
    match name.is_empty() {
        true => cx.reply().null(),
        false => cx.reply().bulk(&name),
    }
    Ok(ControlFlow::Done)
}

fn help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    russet_command::help::write(&mut cx.reply(), "CLIENT", HELP);
    Ok(ControlFlow::Done)
}

fn id(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let id = cx.session.id as i64;
    cx.reply().integer(id);
    Ok(ControlFlow::Done)
}

fn info(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut text = String::new();
    describe(cx.core, cx.session, Names::Shown, &mut text);
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

fn list(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let filter = Filter::parse(&args, filter::Command::List, cx.core)?;
    let others = cx.sessions.iter();
    let mut sessions: Vec<&Session> = others.filter(|s| filter.includes(cx.core, s)).collect();
    if filter.includes_me(cx.core, cx.session) {
        sessions.push(cx.session);
    }
    sessions.sort_by_key(|s| s.id);
    let mut text = String::new();
    for session in sessions {
        describe(cx.core, session, Names::Shown, &mut text);
    }
    cx.reply().verbatim("txt", text.as_bytes());
    Ok(ControlFlow::Done)
}

fn kill(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let old_form = args.len() == 3;
    let filter = match old_form {
        true => Filter::at(&args[2]),
        false => Filter::parse(&args, filter::Command::Kill, cx.core)?,
    };
    let mut killed: Vec<ConnId> = Vec::new();
    for session in cx.sessions.iter_mut() {
        if session.runs_or_waits() && filter.includes(cx.core, session) {
            session.close();
            cx.core.withdraw(session);
            killed.push(session.conn);
        }
    }
    let mut count = killed.len() as i64;
    killed
        .into_iter()
        .for_each(|conn| cx.core.outgoing.kill(conn));
    let suicide = filter.includes_me(cx.core, cx.session);
    count += i64::from(suicide);
    if old_form && count == 0 {
        return Err(CommandError::text("ERR No such client"));
    }
    match old_form {
        true => cx.reply().ok(),
        false => cx.reply().integer(count),
    }
    if suicide {
        cx.session.close();
    }
    Ok(ControlFlow::Done)
}

fn unblock(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if args.len() > 4 {
        return Err(CommandError::text(
            "ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
        ));
    }
    let how = match args.get(3).map(<[u8]>::to_ascii_lowercase).as_deref() {
        None | Some(b"timeout") => GivesUp::TimedOut,
        Some(b"error") => GivesUp::Refused,
        Some(_) => {
            return Err(CommandError::text(
                "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
            ));
        }
    };
    let id = parse_i64(&args[2]).ok_or(CommandError::NotInteger)?;
    let client = cx.sessions.iter_mut().find(|s| s.id as i64 == id);
    let is_ended = client.is_some_and(|client| {
        give_up(cx.core, client, how) || acknowledge::give_up(cx.core, client, how)
    });
    cx.reply().integer(i64::from(is_ended));
    Ok(ControlFlow::Done)
}

fn pause(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if args.len() > 4 {
        return Err(CommandError::text(
            "ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.",
        ));
    }
    let is_for_all = match args.get(3).map(<[u8]>::to_ascii_lowercase).as_deref() {
        None | Some(b"all") => true,
        Some(b"write") => false,
        Some(_) => {
            return Err(CommandError::text(
                "ERR CLIENT PAUSE mode must be WRITE or ALL",
            ));
        }
    };
    let now = cx.core.now;
    let ends = timeout_millis(&args[2], now.wall_ms())?;
    let ends_us = ends.map_or(now.mono_us, |at_ms| cx.core.monotonic_us(at_ms));
    let pause = cx.core.pause.begin(ends_us, is_for_all);
    cx.core.set_pause(pause);
    cx.ok()
}

fn unpause(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    if cx.core.pause.is_on() {
        cx.core.set_pause(Pause::Off);
        block::release_postponed(cx.core, cx.sessions);
    }
    cx.ok()
}

fn on_off(word: &[u8]) -> Result<bool, CommandError> {
    match word.to_ascii_lowercase().as_slice() {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => Err(CommandError::Syntax),
    }
}

fn no_evict(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.session.wishes.no_evict = on_off(&args[2])?;
    cx.ok()
}

fn no_touch(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.session.wishes.no_touch = on_off(&args[2])?;
    cx.ok()
}

fn capa(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    // What is not known here does no harm.
    let mut words = args.skip(2).iter();
    if words.any(|word| word.eq_ignore_ascii_case(b"redirect")) {
        cx.session.wishes.redirect = true;
    }
    cx.ok()
}

fn import_source(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let is_off = args[2].eq_ignore_ascii_case(b"off");
    if !cx.core.config.import_mode && !is_off {
        return Err(CommandError::text("ERR Server is not in import mode"));
    }
    cx.session.wishes.import_source = on_off(&args[2])?;
    cx.core.look_as(cx.session);
    cx.ok()
}

fn reply(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    match args[2].to_ascii_lowercase().as_slice() {
        b"on" => {
            cx.session.replies = Replies::On;
            cx.reply().ok();
        }
        b"off" => cx.session.replies = Replies::Off,
        // COMPAT: a client that is silent anyway stays so.
        b"skip" if cx.session.replies == Replies::Off => {}
        b"skip" => cx.session.replies = Replies::SkipNext,
        _ => return Err(CommandError::Syntax),
    }
    Ok(ControlFlow::Done)
}

/// Whether a name can be shown in CLIENT LIST without spoiling its form.
fn is_printable(name: &[u8]) -> bool {
    name.iter().all(|b| (b'!'..=b'~').contains(b))
}

/// Names a session.
///
/// # Errors
/// When the name would spoil CLIENT LIST.
pub(crate) fn set_name(session: &mut Session, name: &[u8]) -> Result<(), CommandError> {
    check_name(name)?;
    if !name.is_empty() || session.names.is_some() {
        session.names_mut().name = name.to_vec();
    }
    Ok(())
}

/// Checks the name of a connection.
///
/// # Errors
/// When the name would spoil CLIENT LIST.
pub(crate) fn check_name(name: &[u8]) -> Result<(), CommandError> {
    match is_printable(name) {
        true => Ok(()),
        false => Err(CommandError::text(
            "ERR Client names cannot contain spaces, newlines or special characters.",
        )),
    }
}

fn setname(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    set_name(cx.session, &args[2])?;
    cx.ok()
}

fn setinfo(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (option, value) = (&args[2], &args[3]);
    let refusal = |option: &[u8]| {
        let option = String::from_utf8_lossy(option);
        let text = format!("ERR {option} cannot contain spaces, newlines or special characters.");
        CommandError::Text(Cow::Owned(text))
    };
    match option.to_ascii_lowercase().as_slice() {
        b"lib-name" if is_printable(value) => cx.session.names_mut().lib_name = value.to_vec(),
        b"lib-ver" if is_printable(value) => cx.session.names_mut().lib_version = value.to_vec(),
        b"lib-name" | b"lib-ver" => return Err(refusal(option)),
        _ => {
            let parts: [&[u8]; 3] = [b"ERR Unrecognized option '", option, b"'"];
            return Err(CommandError::quoting(&parts));
        }
    }
    cx.ok()
}

const HELP: &[&str] = &[
    "CAPA <option> [<option> ...]",
    "    Declare what the client is capable of. Options are:",
    "    * REDIRECT: it follows a server that hands over its role.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "IMPORT-SOURCE (ON|OFF)",
    "    In import mode, let the connection see and change keys that have expired.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "    * ID <client-id>",
    "      Kill connections by client id.",
    "    * MAXAGE <maxage>",
    "      Kill connections older than the specified age.",
    "    * IDLE <seconds>, FLAGS <flags>, NAME <name>, LIB-NAME <name>, LIB-VER <version>,",
    "      DB <db>, CAPA <capabilities>, IP <ip>, and any but MAXAGE, IDLE and SKIPME with NOT-",
    "      before it.",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "    * all options of KILL.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are:",
    "    * LIB-NAME: the client lib name.",
    "    * LIB-VER: the client lib version.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
];
