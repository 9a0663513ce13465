//! EVAL, EVALSHA and SCRIPT: scripts that clients send.
//!
//! Always true: a script that is refused has run nothing.
//! Not here: what is kept of scripts — `scripts/cache.rs`; running them — `scripts/run.rs`.

use russet_base::num::parse_i64;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::row::KeyFlags;
use russet_command::{CommandError, Family, Flags, Group, KeySpec, help};
use russet_resp::{ArgBuf, Args};
use russet_script::{Engine, Progress, ScriptError};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::acl::permission::Asked;
use crate::scripts::cache::{Sha, Stay};
use crate::scripts::debugger::Debugger;
use crate::scripts::run::{Rules, Run, What};
use crate::session::For;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// Flags of every command that runs a script.
pub(super) const RUNS: Flags = Flags::NOSCRIPT
    .with(Flags::STALE)
    .with(Flags::SKIP_MONITOR)
    .with(Flags::NO_MANDATORY_KEYS)
    .with(Flags::MOVABLE_KEYS)
    .with(Flags::RUNS_SCRIPT);

/// Flags of those whose script may write.
pub(super) const MAY_WRITE: Flags = RUNS.with(Flags::MAY_REPLICATE);

/// Keys of a script that may write.
pub(super) const WRITTEN: KeySpec = KeySpec::counted(
    2,
    KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::UPDATE),
);

/// Keys of a script that only reads.
pub(super) const READ: KeySpec = KeySpec::counted(2, KeyFlags::RO.with(KeyFlags::ACCESS));

/// Remarks about keys, as clients see them.
pub(super) const WRITTEN_NOTE: &str =
    "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE";
pub(super) const READ_NOTE: &str =
    "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS";

const BY_TEXT: &str = "script:string numkeys:integer [key [key ...]] [arg:string [arg:string ...]]";
const BY_SHA: &str = "sha1:string numkeys:integer [key [key ...]] [arg:string [arg:string ...]]";
const COST: &str = "Depends on the script that is executed.";

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Scripting,
    rows: &[
        Row::control("EVAL", AtLeast(3), |cx, args| eval(cx, args, false))
            .takes(BY_TEXT)
            .keys(&[WRITTEN.noted(WRITTEN_NOTE)])
            .flags(MAY_WRITE)
            .since("2.6.0")
            .cost(COST)
            .does("Runs a script of Lua."),
        Row::control("EVALSHA", AtLeast(3), |cx, args| eval_sha(cx, args, false))
            .takes(BY_SHA)
            .keys(&[WRITTEN])
            .flags(MAY_WRITE)
            .since("2.6.0")
            .cost(COST)
            .does("Runs a script by the SHA-1 of its text."),
        Row::read("EVALSHA_RO", AtLeast(3), |cx, args| {
            eval_sha(cx, args, true)
        })
        .takes(BY_SHA)
        .keys(&[READ])
        .flags(RUNS)
        .since("7.0.0")
        .cost(COST)
        .does("Runs a script that only reads, by the SHA-1 of its text."),
        Row::read("EVAL_RO", AtLeast(3), |cx, args| eval(cx, args, true))
            .takes(BY_TEXT)
            .keys(&[READ.noted(READ_NOTE)])
            .flags(RUNS)
            .since("7.0.0")
            .cost(COST)
            .does("Runs a script that only reads."),
        Row::container("SCRIPT", SUBCOMMANDS)
            .since("2.6.0")
            .cost("Depends on subcommand.")
            .does("Manages scripts."),
    ],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("DEBUG", Exactly(3), debug)
        .takes("<YES | SYNC | NO>:mode")
        .flags(Flags::NOSCRIPT)
        .since("3.2.0")
        .cost("O(1)")
        .does("Sets whether the next scripts are debugged."),
    Row::control("EXISTS", AtLeast(3), exists)
        .takes("sha1:string [sha1:string ...]")
        .flags(Flags::NOSCRIPT)
        .since("2.6.0")
        .cost(
            "O(N) with N being the number of scripts to check (so checking a single script is an \
             O(1) operation).",
        )
        .does("Says which scripts are kept.")
        .tips(&[
            "request_policy:all_shards",
            "response_policy:agg_logical_and",
        ]),
    Row::control("FLUSH", AtLeast(2), flush)
        .takes("[ASYNC | SYNC]:flush-type{6.2.0}")
        .flags(Flags::NOSCRIPT)
        .since("2.6.0")
        .history(&[("6.2.0", "Takes `ASYNC` and `SYNC`.")])
        .cost("O(N) with N being the number of scripts in cache")
        .does("Forgets all scripts.")
        .tips(ALL_NODES),
    Row::control("HELP", Exactly(2), print_help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("5.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("KILL", Exactly(2), |cx, _| kill(cx, What::Script))
        .flags(Flags::NOSCRIPT.with(Flags::ALLOW_BUSY))
        .since("2.6.0")
        .cost("O(1)")
        .does("Ends the script that runs.")
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"]),
    Row::control("LOAD", Exactly(3), load)
        .takes("script:string")
        .flags(Flags::NOSCRIPT.with(Flags::STALE))
        .since("2.6.0")
        .cost("O(N) with N being the length in bytes of the script body.")
        .does("Keeps a script without running it.")
        .tips(ALL_NODES),
    Row::control("SHOW", Exactly(3), show)
        .takes("sha1:string")
        .flags(Flags::NOSCRIPT.with(Flags::STALE))
        .since("V8.0.0")
        .cost("O(1).")
        .does("Returns the text of a script."),
];

const ALL_NODES: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

const NO_SCRIPT: CommandError = CommandError::text("NOSCRIPT No matching script. Please use EVAL.");

/// The keys and the other arguments of a request that runs something.
pub(super) fn keys_and_args(args: Args<'_>) -> Result<(Args<'_>, Args<'_>), CommandError> {
    let count = parse_i64(&args[2]).ok_or(CommandError::NotInteger)?;
    split(args, count)
}

/// The same, once the number of keys is known.
pub(super) fn split(args: Args<'_>, count: i64) -> Result<(Args<'_>, Args<'_>), CommandError> {
    let rest = args.skip(3);
    let Ok(count) = usize::try_from(count) else {
        return Err(CommandError::text("ERR Number of keys can't be negative"));
    };
    if count > rest.len() {
        return Err(CommandError::text(
            "ERR Number of keys can't be greater than number of args",
        ));
    }
    Ok((rest.slice(0..count), rest.skip(count)))
}

/// The reply to a script that is not accepted.
pub(super) fn refused(error: &ScriptError) -> CommandError {
    CommandError::Text(format!("ERR {error}").into())
}

fn eval(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    is_read_only: bool,
) -> Result<ControlFlow, CommandError> {
    let (keys, values) = keys_and_args(args)?;
    let text = &args[1];
    if cx.session.debugs_scripts && cx.may_block {
        return debug_script(cx, (args, keys, values), is_read_only);
    }
    let scripts = &mut cx.core.scripts;
    let script = match scripts.cache.use_text(text) {
        Some(script) => script.clone(),
        None => {
            let loaded = scripts.load(text, Stay::Passing);
            loaded.map_err(|error| refused(&error))?.clone()
        }
    };
    run_script(cx, (args, keys, values), &script, is_read_only)
}

/// Begins to debug a script, which is not kept.
#[cold]
fn debug_script(
    cx: &mut ControlCtx<'_>,
    (args, keys, values): (Args<'_>, Args<'_>, Args<'_>),
    is_read_only: bool,
) -> Result<ControlFlow, CommandError> {
    let text = &args[1];
    let flags = russet_script::Flags::of_script(text).map_err(|error| refused(&error))?;
    let rules = cx.core.rules_of(flags, is_read_only)?;
    let engines = &mut cx.core.scripts.engines;
    let begun = engines.begin(What::Script, |engine| {
        let script = engine.load_debug(text)?;
        engine.start(&script, keys, values)
    });
    let engine = begun.map_err(|error| refused(&error))?;
    let mut run = run_of(cx, (engine, What::Script), rules);
    run.debugger = Some(Box::new(Debugger::new(text)));
    begin(cx, run, args)
}

fn eval_sha(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
    is_read_only: bool,
) -> Result<ControlFlow, CommandError> {
    // COMPAT: what is no SHA-1 is told before the number of keys is looked at.
    if args[1].len() != size_of::<Sha>() {
        return Err(NO_SCRIPT);
    }
    let (keys, values) = keys_and_args(args)?;
    let script = cx.core.scripts.cache.use_sha(&args[1]).ok_or(NO_SCRIPT)?;
    let script = script.clone();
    run_script(cx, (args, keys, values), &script, is_read_only)
}

fn run_script(
    cx: &mut ControlCtx<'_>,
    (args, keys, values): (Args<'_>, Args<'_>, Args<'_>),
    script: &russet_script::Script,
    is_read_only: bool,
) -> Result<ControlFlow, CommandError> {
    let rules = cx.core.rules_of(script.flags(), is_read_only)?;
    let engines = &mut cx.core.scripts.engines;
    let begun = engines.begin(What::Script, |engine| engine.start(script, keys, values));
    let engine = begun.map_err(|error| refused(&error))?;
    let run = run_of(cx, (engine, What::Script), rules);
    begin(cx, run, args)
}

/// The run that an interpreter has begun for this command.
pub(super) fn run_of(
    cx: &ControlCtx<'_>,
    (engine, what): (Box<Engine>, What),
    rules: Rules,
) -> Run {
    let (db, now) = (cx.session.db, cx.core.now);
    Run::new(engine, what, (cx.command, rules), (db, now))
}

/// Begins a run, which goes on in the next turns when it takes long.
pub(super) fn begin(
    cx: &mut ControlCtx<'_>,
    mut run: Run,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    if !cx.core.monitors.is_empty() {
        let asked = (run.command, &args);
        cx.core.show_anyway(cx.sessions, cx.session, asked);
    }
    let mut progress = run.step(cx.core, cx.sessions, cx.session);
    // What a file repeats is done before the next of its commands.
    while progress == Progress::Paused && cx.is_replayed {
        progress = run.step(cx.core, cx.sessions, cx.session);
    }
    run.send_lines(cx.core, cx.session);
    match progress {
        Progress::Done => {
            if run.debugger.is_some() {
                cx.session.close();
            }
            run.finish(cx.core, cx.session);
            Ok(ControlFlow::Done)
        }
        Progress::Paused => {
            run.request = ArgBuf::from(args);
            cx.core.scripts.run = Some(Box::new(run));
            Ok(ControlFlow::Waits(For::Script))
        }
    }
}

/// Whether the user may do what only administrators may.
fn may_debug(cx: &ControlCtx<'_>) -> bool {
    let words = ArgBuf::from_slices(&[b"DEBUG", b"SLEEP", b"0"]);
    let id = cx.core.commands.find(b"DEBUG");
    let asked = id.map(|id| Asked {
        command: cx.core.commands.get(id),
        args: words.args(),
        db: cx.session.db,
    });
    let user = cx.session.user();
    user.is_none_or(|user| asked.is_some_and(|asked| user.may_run(asked).is_ok()))
}

fn debug(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    match &args[2] {
        mode if is_word(mode, "NO") => cx.session.debugs_scripts = false,
        mode if is_word(mode, "YES") => {
            return Err(CommandError::text(
                "ERR only SCRIPT DEBUG SYNC is there: what a debugged script writes stays",
            ));
        }
        mode if is_word(mode, "SYNC") && !may_debug(cx) => {
            return Err(CommandError::text(
                "NOPERM SCRIPT DEBUG holds all other clients: it takes the right to run DEBUG",
            ));
        }
        mode if is_word(mode, "SYNC") => cx.session.debugs_scripts = true,
        _ => return Err(CommandError::text("ERR Use SCRIPT DEBUG YES/SYNC/NO")),
    }
    cx.ok()
}

fn exists(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let names = args.skip(2);
    cx.reply().array(names.len());
    for sha in names.iter() {
        let is_there = cx.core.scripts.cache.peek(sha).is_some();
        cx.reply().integer(is_there.into());
    }
    Ok(ControlFlow::Done)
}

fn flush(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let error = "ERR SCRIPT FLUSH only support SYNC|ASYNC option";
    check_flush(args, error)?;
    cx.core.scripts.flush();
    cx.ok()
}

/// Looks whether a request to flush has a mode that there is. Both modes free at once: what belongs
/// to an interpreter is freed where it was made.
pub(super) fn check_flush(args: Args<'_>, error: &'static str) -> Result<(), CommandError> {
    match args.get(2) {
        None => Ok(()),
        Some(mode) if args.len() == 3 && (is_word(mode, "SYNC") || is_word(mode, "ASYNC")) => {
            Ok(())
        }
        Some(_) => Err(CommandError::text(error)),
    }
}

/// Ends the run of a script or of a function.
pub(super) fn kill(cx: &mut ControlCtx<'_>, what: What) -> Result<ControlFlow, CommandError> {
    let Some(mut run) = cx.core.scripts.run.take() else {
        return Err(CommandError::text(
            "NOTBUSY No scripts in execution right now.",
        ));
    };
    let refusal = match (run.rules.has_written, run.what == what) {
        (true, _) => Some(CommandError::text(
            "UNKILLABLE Sorry the script already executed write commands against the dataset. You \
             can either wait the script termination or kill the server in a hard way using the \
             SHUTDOWN NOSAVE command.",
        )),
        (false, false) => Some(run.what.busy()),
        (false, true) => None,
    };
    if refusal.is_none() {
        run.kill(cx.core);
    }
    cx.core.scripts.run = Some(run);
    match refusal {
        Some(refusal) => Err(refusal),
        None => cx.ok(),
    }
}

fn load(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let text = &args[2];
    let scripts = &mut cx.core.scripts;
    let sha = russet_script::script_sha(text);
    if !scripts.cache.keep(&sha) {
        let loaded = scripts.load(text, Stay::Kept);
        loaded.map_err(|error| refused(&error))?;
    }
    cx.reply().bulk(&sha);
    Ok(ControlFlow::Done)
}

fn show(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let text = cx.core.scripts.cache.text_of(&args[2]).map(<[u8]>::to_vec);
    let text = text.ok_or(CommandError::text("NOSCRIPT No matching script."))?;
    cx.reply().bulk(&text);
    Ok(ControlFlow::Done)
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "SCRIPT", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "DEBUG (YES|SYNC|NO)",
    "    Set the debug mode for subsequent scripts executed.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Return information about the existence of the scripts in the script cache.",
    "FLUSH [ASYNC|SYNC]",
    "    Flush the Lua scripts cache. Very dangerous on replicas.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the scripts cache.",
    "    * SYNC: Synchronously flush the scripts cache.",
    "KILL",
    "    Kill the currently executing Lua script.",
    "LOAD <script>",
    "    Load a script into the scripts cache without executing it.",
    "SHOW <sha1>",
    "    Show a script from the scripts cache.",
];
