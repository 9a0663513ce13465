//! `redis`, also called `server`: the functions by which scripts reach the node.
//!
//! Always true: a refusal is a table with a field `err`, raised or returned as the node's replies
//! are.
//! Not here: the node — `host.rs`; `redis.register_function` — `register.rs`

use russet_resp::{ArgBuf, Protocol};

use crate::convert::Reader;
use crate::host::{CallContext, LogLevel};
use crate::library::{Called, Entry};
use crate::number;
use crate::sha1;
use crate::value::Value;
use crate::vm::{Flow, Invoke, Message, Raise, Vm};

/// The functions of scripts.
pub(crate) const ENTRIES: &[Entry] = &[
    ("call", |call| run_command(call, false)),
    ("pcall", |call| run_command(call, true)),
    ("error_reply", error_reply),
    ("status_reply", status_reply),
    ("log", log),
    ("setresp", setresp),
    ("set_repl", set_repl),
    ("sha1hex", sha1hex),
    ("acl_check_cmd", acl_check_cmd),
    ("replicate_commands", |call| call.give(Value::Bool(true))),
    ("breakpoint", breakpoint),
    ("debug", debug),
];

/// The levels of `redis.log`.
pub(crate) const LOG_LEVELS: &[(&str, f64)] = &[
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
];

/// The modes of `redis.set_repl`.
pub(crate) const REPL_MODES: &[(&str, f64)] = &[
    ("REPL_NONE", 0.0),
    ("REPL_AOF", REPL_AOF as f64),
    ("REPL_SLAVE", REPL_REPLICA as f64),
    ("REPL_REPLICA", REPL_REPLICA as f64),
    ("REPL_ALL", (REPL_AOF | REPL_REPLICA) as f64),
];

const REPL_AOF: i64 = 1;
const REPL_REPLICA: i64 = 2;

/// The stand-in for a global variable that nobody has set.
pub(crate) const MISSING_GLOBAL: Entry = ("missing_global", |call| {
    let name = call.vm.shown(call.arg(2));
    let name = String::from_utf8_lossy(&name);
    Err(Raise::message(format!(
        "Script attempted to access nonexistent global variable '{name}'"
    )))
});

fn run_command(call: &mut Invoke<'_>, is_protected: bool) -> Called {
    call.vm.command.clear();
    if let Err(text) = collect_args(call) {
        return refuse(call, text, is_protected);
    }
    let vm = &mut *call.vm;
    let context = CallContext {
        protocol: vm.settings.protocol,
        to_aof: vm.settings.to_aof,
        to_replicas: vm.settings.to_replicas,
        is_protected,
    };
    vm.scratch.clear();
    let cost = call.host.call(vm.command.args(), context, &mut vm.scratch);
    if vm.command.memory() > COMMAND_MAX {
        vm.command = ArgBuf::new();
    }
    let bytes = std::mem::take(&mut vm.scratch);
    let given = give_reply(call, &bytes, is_protected);
    let cost = usize::try_from(cost).unwrap_or(usize::MAX);
    call.vm.spend(cost.saturating_add(bytes.len() / 64));
    call.vm.keep_scratch(bytes);
    given
}

fn give_reply(call: &mut Invoke<'_>, bytes: &[u8], is_protected: bool) -> Called {
    let mut reader = Reader::new(bytes);
    if let Some(text) = reader.error()
        && !is_protected
    {
        return Err(Raise::Command(text.to_vec()));
    }
    let value = reader.value(call.vm, 0)?;
    call.give(value)
}

fn refuse(call: &mut Invoke<'_>, text: &str, is_protected: bool) -> Called {
    if !is_protected {
        return Err(Raise::reply(text));
    }
    let error = call.vm.error_table(text.as_bytes())?;
    call.give(error)
}

/// Adds the arguments of a command, which are strings and numbers, to the one that is called.
fn collect_args(call: &mut Invoke<'_>) -> Result<(), &'static str> {
    if call.count() == 0 {
        return Err("ERR Please specify at least one argument for this redis lib call");
    }
    let Vm {
        command,
        heap,
        thread,
        ..
    } = &mut *call.vm;
    for value in &thread.stack[call.args.at..call.args.at + call.args.count] {
        match value {
            Value::Str(text) => command.push(heap.bytes(*text)),
            Value::Num(number) => push_number(command, *number),
            _ => return Err("ERR Lua redis lib command arguments must be strings or integers"),
        }
    }
    Ok(())
}

/// A number as an argument, with all its digits.
fn push_number(command: &mut ArgBuf, number: f64) {
    if number.trunc() == number && number.abs() < EXACT_MAX {
        let mut digits = itoa::Buffer::new();
        return command.push(digits.format(number as i64).as_bytes());
    }
    if !number.is_finite() {
        let mut text = Vec::new();
        number::push_special(number, &mut text);
        return command.push(&text);
    }
    let mut text = Vec::new();
    russet_base::num::push_f64(number, &mut text);
    command.push(&text);
}

fn text_arg(call: &mut Invoke<'_>) -> Option<Vec<u8>> {
    match (call.count(), call.arg(1)) {
        (1, Value::Str(text)) => Some(call.vm.heap.bytes(text).to_vec()),
        _ => None,
    }
}

fn error_reply(call: &mut Invoke<'_>) -> Called {
    let Some(text) = text_arg(call) else {
        return wrong_arguments(call);
    };
    let text = text.strip_prefix(b"-").unwrap_or(&text);
    let ends = text
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let text = &text[..text.len() - ends];
    let mut message = Vec::new();
    if !text.contains(&b' ') {
        message.extend_from_slice(b"ERR ");
    }
    message.extend_from_slice(text);
    let error = call.vm.error_table(&message)?;
    call.give(error)
}

fn status_reply(call: &mut Invoke<'_>) -> Called {
    let value = call.arg(1);
    if call.count() != 1 || !matches!(value, Value::Str(_)) {
        return wrong_arguments(call);
    }
    let ok = call.vm.names.ok;
    let table = call.vm.single_field(ok, value)?;
    call.give(table)
}

fn wrong_arguments(call: &mut Invoke<'_>) -> Called {
    let error = call
        .vm
        .error_table(b"ERR wrong number or type of arguments")?;
    call.give(error)
}

fn log(call: &mut Invoke<'_>) -> Called {
    if call.count() < 2 {
        return Err(Raise::reply(
            "ERR redis.log() requires two arguments or more.",
        ));
    }
    let Some(level) = call.vm.to_number(call.arg(1)) else {
        return Err(Raise::reply(
            "ERR First argument must be a number (log level).",
        ));
    };
    let level = match number::to_i64(level) {
        0 => LogLevel::Debug,
        1 => LogLevel::Verbose,
        2 => LogLevel::Notice,
        3 => LogLevel::Warning,
        _ => return Err(Raise::reply("ERR Invalid log level.")),
    };
    let mut text = Vec::new();
    for idx in 2..=call.count() {
        if let Some(part) = call.vm.text_of(call.arg(idx)) {
            if idx > 2 {
                text.push(b' ');
            }
            text.extend_from_slice(&part);
        }
    }
    call.host.log(level, &text);
    Ok(Flow::Done)
}

fn setresp(call: &mut Invoke<'_>) -> Called {
    if call.count() != 1 {
        return Err(Raise::reply("ERR redis.setresp() requires one argument."));
    }
    let version = call.vm.to_number(call.arg(1)).unwrap_or_default();
    call.vm.settings.protocol = match number::to_i64(version) {
        2 => Protocol::Resp2,
        3 => Protocol::Resp3,
        _ => return Err(Raise::reply("ERR RESP version must be 2 or 3.")),
    };
    Ok(Flow::Done)
}

fn set_repl(call: &mut Invoke<'_>) -> Called {
    if call.count() != 1 {
        return Err(Raise::reply("ERR redis.set_repl() requires one argument."));
    }
    let flags = call.vm.to_number(call.arg(1)).map_or(0, number::to_i64);
    if flags & !(REPL_AOF | REPL_REPLICA) != 0 {
        return Err(Raise::reply(
            "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
        ));
    }
    call.vm.settings.to_aof = flags & REPL_AOF != 0;
    call.vm.settings.to_replicas = flags & REPL_REPLICA != 0;
    Ok(Flow::Done)
}

fn sha1hex(call: &mut Invoke<'_>) -> Called {
    if call.count() != 1 {
        return Err(Raise::reply("ERR wrong number of arguments"));
    }
    let text = call
        .vm
        .text_of(call.arg(1))
        .unwrap_or_default()
        .into_owned();
    call.vm.spend(text.len() / 16);
    call.give_text(&sha1::hex(&text))
}

fn acl_check_cmd(call: &mut Invoke<'_>) -> Called {
    call.vm.command.clear();
    collect_args(call).map_err(Raise::reply)?;
    match call.host.may_run(call.vm.command.args()) {
        Some(may) => call.give(Value::Bool(may)),
        None => Err(Raise::reply(
            "ERR Invalid command passed to redis.acl_check_cmd()",
        )),
    }
}

/// Whether a debugger watches; it is to halt then.
fn breakpoint(call: &mut Invoke<'_>) -> Called {
    let is_watched = call.vm.watch.is_some();
    if let Some(watch) = &mut call.vm.watch {
        watch.has_breakpoint = true;
    }
    call.give(Value::Bool(is_watched))
}

/// Shows values to a debugger.
fn debug(call: &mut Invoke<'_>) -> Called {
    if call.vm.watch.is_none() {
        return Ok(Flow::Done);
    }
    let mut text = Vec::new();
    for idx in 1..=call.count() {
        if idx > 1 {
            text.extend_from_slice(b", ");
        }
        text.extend_from_slice(&call.vm.inspected(call.arg(idx)));
        call.vm.heap.check(text.len())?;
    }
    let line = call.vm.caller_line();
    if let Some(watch) = &mut call.vm.watch
        && watch.messages.len() < MESSAGES_MAX
    {
        watch.messages.push(Message { line, text });
    }
    Ok(Flow::Done)
}

/// The most messages that wait for a debugger.
const MESSAGES_MAX: usize = 1000;
/// Below this, a whole number prints with all its digits.
const EXACT_MAX: f64 = 1e17;
/// The largest command whose buffer is kept, in bytes.
const COMMAND_MAX: usize = 1 << 16;
