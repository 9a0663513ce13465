//! FUNCTION and FCALL: libraries of functions, and calls of them.
//!
//! Always true: a change of libraries is done as a whole, or not at all.
//! Not here: names and texts — `scripts/libraries.rs`; running a function — `scripts/run.rs`.

use bytes::Bytes;
use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_rdb::functions;
use russet_resp::{Args, Reply};
use russet_script::LibraryFunction;

use super::eval::{self, MAY_WRITE, READ, READ_NOTE, RUNS, WRITTEN, WRITTEN_NOTE, refused, run_of};
use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::scripts::libraries::Collision;
use crate::scripts::run::What;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const TAKES: &str = "function:string numkeys:integer [key [key ...]] [arg:string [arg:string ...]]";
const COST: &str = "Depends on the function that is executed.";

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Scripting,
    rows: &[
        Row::control("FCALL", AtLeast(3), |cx, args| call(cx, args, false))
            .takes(TAKES)
            .keys(&[WRITTEN.noted(WRITTEN_NOTE)])
            .flags(MAY_WRITE)
            .since("7.0.0")
            .cost(COST)
            .does("Runs a function."),
        Row::read("FCALL_RO", AtLeast(3), |cx, args| call(cx, args, true))
            .takes(TAKES)
            .keys(&[READ.noted(READ_NOTE)])
            .flags(RUNS)
            .since("7.0.0")
            .cost(COST)
            .does("Runs a function that only reads."),
        Row::container("FUNCTION", SUBCOMMANDS)
            .since("7.0.0")
            .cost("Depends on subcommand.")
            .does("Manages functions."),
    ],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::write("DELETE", Exactly(3), delete)
        .takes("library-name:string")
        .flags(Flags::NOSCRIPT)
        .since("7.0.0")
        .cost("O(1)")
        .does("Removes a library with its functions.")
        .tips(ALL_SHARDS),
    Row::control("DUMP", Exactly(2), dump)
        .flags(Flags::NOSCRIPT)
        .since("7.0.0")
        .cost("O(N) where N is the number of functions")
        .does("Returns all libraries in a form that RESTORE takes."),
    Row::write("FLUSH", AtLeast(2), flush)
        .takes("[ASYNC | SYNC]:flush-type")
        .flags(Flags::NOSCRIPT)
        .since("7.0.0")
        .cost("O(N) where N is the number of functions deleted")
        .does("Removes all libraries.")
        .tips(ALL_SHARDS),
    Row::control("HELP", Exactly(2), print_help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("7.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("KILL", Exactly(2), |cx, _| eval::kill(cx, What::Function))
        .flags(Flags::NOSCRIPT.with(Flags::ALLOW_BUSY))
        .since("7.0.0")
        .cost("O(1)")
        .does("Ends the function that runs.")
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"]),
    Row::control("LIST", AtLeast(2), list)
        .takes("[LIBRARYNAME library-name-pattern:string] [WITHCODE]")
        .flags(Flags::NOSCRIPT)
        .since("7.0.0")
        .cost("O(N) where N is the number of functions")
        .does("Shows libraries and their functions.")
        .tips(&["nondeterministic_output_order"]),
    Row::write("LOAD", AtLeast(3), load)
        .takes("[REPLACE] function-code:string")
        .flags(Flags::NOSCRIPT)
        .deny_oom()
        .since("7.0.0")
        .cost("O(1) (considering compilation time is redundant)")
        .does("Adds a library.")
        .tips(ALL_SHARDS),
    Row::write("RESTORE", AtLeast(3), restore)
        .takes("serialized-value:string [FLUSH | APPEND | REPLACE]:policy")
        .flags(Flags::NOSCRIPT)
        .deny_oom()
        .since("7.0.0")
        .cost("O(N) where N is the number of functions on the payload")
        .does("Adds the libraries that DUMP returned.")
        .tips(ALL_SHARDS),
    Row::control("STATS", Exactly(2), stats)
        .flags(Flags::NOSCRIPT.with(Flags::ALLOW_BUSY))
        .since("7.0.0")
        .cost("O(1)")
        .does("Shows the function that runs, and how many there are.")
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ]),
];

const NO_FUNCTION: CommandError = CommandError::text("ERR Function not found");

const ALL_SHARDS: &[&str] = &["request_policy:all_shards", "response_policy:all_succeeded"];

fn call(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    is_read_only: bool,
) -> Result<ControlFlow, CommandError> {
    let function = cx.core.scripts.libraries.find(&args[1]);
    let flags = function.map(|function| function.flags);
    let flags = flags.ok_or(NO_FUNCTION)?;
    let bad_count = CommandError::text("ERR Bad number of keys provided");
    let count = parse_i64(&args[2]).ok_or(bad_count)?;
    let (keys, values) = eval::split(args, count)?;
    let rules = cx.core.rules_of(Some(flags), is_read_only)?;
    let scripts = &mut cx.core.scripts;
    let function = scripts.libraries.find(&args[1]).ok_or(NO_FUNCTION)?;
    let begun = scripts.engines.begin(What::Function, |engine| {
        engine.start_function(function, keys, values)
    });
    let engine = begun.map_err(|error| refused(&error))?;
    let run = run_of(cx, (engine, What::Function), rules);
    eval::begin(cx, run, args)
}

fn delete(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if !cx.core.scripts.unload_library(&args[2]) {
        return Err(CommandError::text("ERR Library not found"));
    }
    cx.core.effects.dirty += 1;
    cx.ok()
}

fn flush(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    if args.len() > 3 {
        return Err(too_many(args));
    }
    let error = "ERR FUNCTION FLUSH only supports SYNC|ASYNC option";
    eval::check_flush(args, error)?;
    cx.core.scripts.flush_libraries();
    // COMPAT: it is recorded, whether there were any or not.
    cx.core.effects.dirty += 1;
    cx.ok()
}

/// The reply to a subcommand with too many arguments.
fn too_many(args: Args<'_>) -> CommandError {
    CommandError::quoting(&[
        b"ERR unknown subcommand or wrong number of arguments for '",
        &args[1],
        b"'. Try FUNCTION HELP.",
    ])
}

fn load(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut collision = Collision::Fails;
    let last = args.len() - 1;
    for option in args.slice(2..last).iter() {
        if !is_word(option, "REPLACE") {
            return Err(CommandError::quoting(&[
                b"ERR Unknown option given: ",
                option,
            ]));
        }
        collision = Collision::Replaces;
    }
    let text = Bytes::copy_from_slice(&args[last]);
    let name = cx.core.scripts.load_library(text, collision)?.to_vec();
    cx.core.effects.dirty += 1;
    cx.reply().bulk(&name);
    Ok(ControlFlow::Done)
}

fn list(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let (mut pattern, mut with_code) = (None, false);
    let mut at = 2;
    while let Some(word) = args.get(at) {
        at += 1;
        if !with_code && is_word(word, "WITHCODE") {
            with_code = true;
        } else if pattern.is_none() && is_word(word, "LIBRARYNAME") {
            let missing = CommandError::text("ERR library name argument was not given");
            pattern = Some(args.get(at).ok_or(missing)?);
            at += 1;
        } else {
            return Err(CommandError::quoting(&[b"ERR Unknown argument ", word]));
        }
    }
    let output = cx.core.outgoing.output(cx.session.conn);
    let mut reply = Reply::new(output, cx.session.protocol);
    let libraries = cx.core.scripts.libraries.iter();
    // COMPAT: names of libraries match whatever their case.
    let is_shown = |name: &[u8]| {
        pattern.is_none_or(|pattern| russet_base::glob::matches_nocase(pattern, name))
    };
    let shown: Vec<_> = libraries.filter(|(name, _)| is_shown(name)).collect();
    reply.array(shown.len());
    for (name, loaded) in shown {
        reply.map(3 + usize::from(with_code));
        reply.bulk(b"library_name");
        reply.bulk(name);
        reply.bulk(b"engine");
        reply.bulk(b"LUA");
        reply.bulk(b"functions");
        reply.array(loaded.library.functions.len());
        for function in &loaded.library.functions {
            show(&mut reply, function);
        }
        if with_code {
            reply.bulk(b"library_code");
            reply.bulk(&loaded.text);
        }
    }
    Ok(ControlFlow::Done)
}

fn show(reply: &mut Reply<'_>, function: &LibraryFunction) {
    reply.map(3);
    reply.bulk(b"name");
    reply.bulk(&function.name);
    reply.bulk(b"description");
    match &function.description {
        Some(description) => reply.bulk(description),
        None => reply.null(),
    }
    reply.bulk(b"flags");
    reply.set(function.flags.names().count());
    for name in function.flags.names() {
        reply.simple(name);
    }
}

fn stats(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let scripts = &cx.core.scripts;
    // COMPAT: a script of EVAL is not shown.
    if let Some(run) = &scripts.run
        && run.what == What::Script
    {
        return Err(run.what.busy());
    }
    let output = cx.core.outgoing.output(cx.session.conn);
    let mut reply = Reply::new(output, cx.session.protocol);
    reply.map(2);
    reply.bulk(b"running_script");
    match &scripts.run {
        None => reply.null(),
        Some(run) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(run.name());
            reply.bulk(b"command");
            let request = run.request.args();
            reply.array(request.len());
            request.iter().for_each(|arg| reply.bulk(arg));
            reply.bulk(b"duration_ms");
            let elapsed_ms = cx.core.now.mono_ms().saturating_sub(run.now.mono_ms());
            reply.integer(elapsed_ms as i64);
        }
    }
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.integer(scripts.libraries.len() as i64);
    reply.bulk(b"functions_count");
    reply.integer(scripts.libraries.function_count() as i64);
    Ok(ControlFlow::Done)
}

fn dump(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let texts = cx.core.scripts.libraries.texts();
    let bytes = functions::encode(texts.iter().map(|text| &text[..]));
    cx.reply().bulk(&bytes);
    Ok(ControlFlow::Done)
}

fn restore(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let wrong = CommandError::text(
        "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
    );
    let (replaces_all, collision) = match args.get(3) {
        None => (false, Collision::Fails),
        Some(_) if args.len() > 4 => return Err(too_many(args)),
        Some(policy) if is_word(policy, "APPEND") => (false, Collision::Fails),
        Some(policy) if is_word(policy, "REPLACE") => (false, Collision::Replaces),
        Some(policy) if is_word(policy, "FLUSH") => (true, Collision::Fails),
        Some(_) => return Err(wrong),
    };
    let texts = functions::decode(&args[2])
        .map_err(|error| CommandError::Text(format!("ERR {error}").into()))?;
    cx.core.scripts.restore(&texts, replaces_all, collision)?;
    cx.core.effects.dirty += 1;
    cx.ok()
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "FUNCTION", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries, can be restored using \
     FUNCTION RESTORE command",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Restore the libraries represented by the given payload, it is possible to give a restore \
     policy to",
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace \
     the old",
    "      libraries with the new libraries (notice that even on this option there is a chance of \
     failure",
    "      in case of functions name collision with another library).",
];
