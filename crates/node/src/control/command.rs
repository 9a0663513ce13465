//! COMMAND: what commands there are, what is known of them, and which arguments are keys.
//!
//! Always true: every answer is computed from the table of commands; nothing is listed twice.
//! Not here: what an entry looks like — `russet_command::views`; finding keys —
//! `russet_command::keys`.

use std::sync::Arc;

use russet_base::glob;
use russet_command::Arity::{AtLeast, Exactly};
use russet_command::args::is_word;
use russet_command::keys::{Keys, keys_checked};
use russet_command::registry::CommandId;
use russet_command::{Categories, CommandError, Family, Flags, Group, help, views};
use russet_resp::{Args, Reply};

use super::{ControlCtx, ControlFlow, ControlHandler};
use crate::core::Commands;

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

/// Everybody may ask what commands there are, at any time.
const ASKING: Flags = Flags::LOADING
    .with(Flags::STALE)
    .with(Flags::SENTINEL)
    .with(Flags::CONNECTION);

const UNORDERED: &[&str] = &["nondeterministic_output_order"];

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row {
        subcommands: SUBCOMMANDS,
        ..Row::control("COMMAND", AtLeast(1), all)
            .flags(ASKING)
            .tips(UNORDERED)
            .since("2.8.13")
            .cost("O(N) where N is the number of commands.")
            .does("Tells what is known of every command.")
    }],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("COUNT", Exactly(2), count)
        .flags(ASKING)
        .since("2.8.13")
        .cost("O(1)")
        .does("Counts the commands."),
    Row::control("DOCS", AtLeast(2), docs)
        .takes("[command-name [command-name ...]]")
        .flags(ASKING)
        .tips(UNORDERED)
        .since("7.0.0")
        .cost("O(N) where N is the number of commands named.")
        .does("Documents commands."),
    Row::control("GETKEYS", AtLeast(3), getkeys)
        .takes("command [arg [arg ...]]")
        .flags(ASKING)
        .since("2.8.13")
        .cost("O(N) where N is the number of arguments.")
        .does("Finds the keys among the arguments of a command."),
    Row::control("GETKEYSANDFLAGS", AtLeast(3), getkeysandflags)
        .takes("command [arg [arg ...]]")
        .flags(ASKING)
        .since("7.0.0")
        .cost("O(N) where N is the number of arguments.")
        .does("Finds the keys among the arguments of a command, and what happens to each."),
    Row::control("HELP", Exactly(2), print_help)
        .flags(ASKING)
        .since("5.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("INFO", AtLeast(2), info)
        .takes("[command-name [command-name ...]]")
        .flags(ASKING)
        .tips(UNORDERED)
        .since("2.8.13")
        .history(&[("7.0.0", "Without names, tells about every command.")])
        .cost("O(N) where N is the number of commands named.")
        .does("Tells what is known of some commands."),
    Row::control("LIST", AtLeast(2), list)
        .takes("[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]")
        .flags(ASKING)
        .tips(UNORDERED)
        .since("7.0.0")
        .cost("O(N) where N is the number of commands.")
        .does("Lists the names of commands."),
];

fn all(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let commands = Arc::clone(&cx.core.commands);
    write_all_info(&commands, &mut cx.reply());
    Ok(ControlFlow::Done)
}

fn write_all_info(commands: &Commands, reply: &mut Reply<'_>) {
    reply.array(commands.top_level().count());
    for command in commands.top_level() {
        views::info(commands, command.id, reply);
    }
}

fn count(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let count = cx.core.commands.top_level().count();
    cx.reply().count(count);
    Ok(ControlFlow::Done)
}

fn info(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let commands = Arc::clone(&cx.core.commands);
    let mut reply = cx.reply();
    let names = args.skip(2);
    if names.is_empty() {
        write_all_info(&commands, &mut reply);
        return Ok(ControlFlow::Done);
    }
    reply.array(names.len());
    for name in names {
        match commands.find_full(name) {
            Some(id) => views::info(&commands, id, &mut reply),
            None => reply.null(),
        }
    }
    Ok(ControlFlow::Done)
}

fn docs(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let commands = Arc::clone(&cx.core.commands);
    let names = args.skip(2);
    let chosen: Vec<CommandId> = match names.is_empty() {
        true => commands.top_level().map(|command| command.id).collect(),
        false => names
            .iter()
            .filter_map(|name| commands.find_full(name))
            .collect(),
    };
    let mut reply = cx.reply();
    reply.map(chosen.len());
    for id in chosen {
        views::docs(&commands, id, &mut reply);
    }
    Ok(ControlFlow::Done)
}

/// Which commands LIST shows.
enum Filter<'a> {
    Everything,
    /// There are no modules, so no command is of one.
    Nothing,
    Category(Categories),
    Pattern(&'a [u8]),
}

impl<'a> Filter<'a> {
    fn read(args: Args<'a>) -> Result<Self, CommandError> {
        let (Some(word), Some(by), Some(value)) = (args.get(2), args.get(3), args.get(4)) else {
            return if args.len() == 2 {
                Ok(Self::Everything)
            } else {
                Err(CommandError::Syntax)
            };
        };
        if args.len() != 5 || !is_word(word, "FILTERBY") {
            return Err(CommandError::Syntax);
        }
        match () {
            () if is_word(by, "MODULE") => Ok(Self::Nothing),
            () if is_word(by, "ACLCAT") => {
                Ok(Categories::by_name(value).map_or(Self::Nothing, Self::Category))
            }
            () if is_word(by, "PATTERN") => Ok(Self::Pattern(value)),
            () => Err(CommandError::Syntax),
        }
    }
}

fn list(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let filter = Filter::read(args)?;
    let commands = Arc::clone(&cx.core.commands);
    let chosen = commands.available().filter(|command| match filter {
        Filter::Everything => true,
        Filter::Nothing => false,
        Filter::Category(category) => command.categories.has(category),
        Filter::Pattern(pattern) => glob::matches_nocase(pattern, command.full_name.as_bytes()),
    });
    let names: Vec<_> = chosen.map(|command| &command.full_name).collect();
    let mut reply = cx.reply();
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(ControlFlow::Done)
}

fn getkeys(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let request = args.skip(2);
    let keys = find_keys(&cx.core.commands, request)?;
    let mut reply = cx.reply();
    reply.array(keys.count());
    for key in keys.iter() {
        reply.bulk(&request[key.position]);
    }
    Ok(ControlFlow::Done)
}

fn getkeysandflags(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let request = args.skip(2);
    let keys = find_keys(&cx.core.commands, request)?;
    let found: Vec<_> = keys
        .iter()
        .map(|key| (&request[key.position], key))
        .collect();
    views::keys_and_flags(&mut cx.reply(), found.into_iter());
    Ok(ControlFlow::Done)
}

fn find_keys(commands: &Commands, request: Args<'_>) -> Result<Keys, CommandError> {
    let Some(id) = commands.resolve(request) else {
        return Err(CommandError::text("ERR Invalid command specified"));
    };
    keys_checked(commands.get(id).spec, request).map_err(|error| {
        let text = error.to_string();
        CommandError::Text(text.into())
    })
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "COMMAND", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "(no subcommand)",
    "    What is known of every command.",
    "COUNT",
    "    How many commands there are.",
    "LIST",
    "    The names of all commands.",
    "INFO [<command-name> ...]",
    "    What is known of these commands, or of every command.",
    "DOCS [<command-name> ...]",
    "    The documentation of these commands, or of every command.",
    "GETKEYS <full-command>",
    "    Which arguments of a command are keys.",
    "GETKEYSANDFLAGS <full-command>",
    "    Which arguments of a command are keys, and what happens to them.",
];
