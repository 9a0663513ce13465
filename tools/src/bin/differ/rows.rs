//! The commands of the rows that both sides have, each with its syntax tree.
//!
//! Always true: what only chance, time or another kind of server answers is not among them.

use std::collections::BTreeSet;

use russet_command::family::FAMILIES;
use russet_command::syntax::{Argument, parse};
use russet_command::{Flags, Group, Row, Spec};

/// Commands whose replies or effects are chance, time, or of another kind of server.
const LEFT_OUT: &[&str] = &[
    "DEBUG",
    "LOLWUT",
    "TIME",
    "SWAPDB",
    "OBJECT|HELP",
    "XGROUP|HELP",
    "XINFO|HELP",
    "OBJECT|IDLETIME",
    "OBJECT|FREQ",
    "PFSELFTEST",
    "PFDEBUG",
    "WAIT",
];

/// A command that both sides have.
pub(crate) struct Command {
    /// Its name, in upper case, a subcommand as `NAME|SUB`.
    pub(crate) name: String,
    /// The words that it begins with.
    pub(crate) words: Vec<&'static str>,
    pub(crate) group: Group,
    pub(crate) syntax: Vec<Argument<'static>>,
    /// Whether it may wait.
    pub(crate) blocks: bool,
    /// Whether it may change values.
    pub(crate) writes: bool,
}

/// The commands that the other side has too, and of those only some if any are named.
pub(crate) fn commands(theirs: &BTreeSet<String>, only: &[String]) -> Result<Vec<Command>, String> {
    let mut commands = Vec::new();
    for family in FAMILIES {
        for row in family.rows {
            add(&mut commands, None, row, family.group)?;
        }
    }
    commands.retain(|command| {
        let name = command.name.split('|').next().unwrap_or_default();
        let is_left_out = LEFT_OUT.contains(&&*command.name) || LEFT_OUT.contains(&name);
        let group = format!("{:?}", command.group).to_uppercase();
        let is_asked = only.is_empty() || only.iter().any(|o| *o == name || *o == group);
        !is_left_out && is_asked && theirs.contains(&command.name)
    });
    if commands.is_empty() {
        return Err("no command is left".to_owned());
    }
    Ok(commands)
}

fn add<H: Copy>(
    commands: &mut Vec<Command>,
    container: Option<&'static Spec>,
    row: &'static Row<H>,
    group: Group,
) -> Result<(), String> {
    for sub in row.subcommands {
        add(commands, Some(&row.spec), sub, group)?;
    }
    if row.run.is_none() {
        return Ok(());
    }
    let spec = &row.spec;
    let syntax = parse(spec.syntax, spec.keys.len()).map_err(|e| format!("{}: {e}", spec.name))?;
    let (name, words) = match container {
        Some(container) => (
            format!("{}|{}", container.name, spec.name),
            vec![container.name, spec.name],
        ),
        None => (spec.name.to_owned(), vec![spec.name]),
    };
    commands.push(Command {
        name,
        words,
        group,
        syntax,
        blocks: spec.flags.has(Flags::BLOCKING),
        writes: spec.flags.has(Flags::WRITE),
    });
    Ok(())
}

/// Whether a server of that version knows an argument.
pub(crate) fn is_known(version: &str, argument: &Argument<'_>) -> bool {
    argument
        .since
        .is_none_or(|since| is_at_least(version, since))
}

/// Whether a server of that version has what came with another.
pub(crate) fn is_at_least(version: &str, since: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.trim_start_matches('V')
            .split('.')
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    match (version.starts_with('V'), since.starts_with('V')) {
        // Valkey went its own way after Redis 7.2.
        (true, false) => numbers(since) < vec![7, 3],
        (false, true) => false,
        _ => numbers(version) >= numbers(since),
    }
}
