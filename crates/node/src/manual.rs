//! Pages for people, computed from the tables: every command, every setting, every
//! metric.
//!
//! Always true: a page says nothing that a table does not.
//! Not here: the tables — `registry.rs`, `config/table.rs`, `metrics/names.rs`; writing files —
//! `cargo xtask codegen`.

use std::fmt::Write;

use crate::config::{Effect, rows};
use crate::core::{Command, Commands};
use crate::metrics;
use crate::registry::commands;

/// The page of all commands, in Markdown.
pub fn command_page() -> String {
    let registry = commands(&[]);
    let mut page = String::from(
        "# Commands\n\nComputed by `cargo xtask codegen` from the rows beside the handlers.\n\n\
         | command | arguments | since | cost | |\n|---|---|---|---|---|\n",
    );
    let mut top: Vec<&Command> = registry.top_level().collect();
    top.sort_by_key(|command| command.spec.name);
    for command in top {
        push_command(&mut page, &registry, command);
    }
    page
}

fn push_command(page: &mut String, registry: &Commands, command: &Command) {
    let spec = command.spec;
    let name = command.full_name.replace('|', " ").to_ascii_uppercase();
    let arguments = match spec.syntax {
        "" => String::new(),
        syntax => format!("`{}`", cell(syntax)),
    };
    let (since, cost, summary) = (spec.since, cell(spec.complexity), cell(spec.summary));
    let _ = writeln!(
        page,
        "| `{name}` | {arguments} | {since} | {cost} | {summary} |"
    );
    for &sub in &command.subcommands {
        push_command(page, registry, registry.get(sub));
    }
}

/// The page of all settings, in Markdown.
pub fn setting_page() -> String {
    let mut page = String::from(
        "# Settings\n\nComputed by `cargo xtask codegen` from `crates/node/src/config/table.rs`. \
         A setting\nwithout effect is accepted, shown and written back; the log says so when it \
         is given a value.\n\n\
         | setting | values | default | changes | |\n|---|---|---|---|---|\n",
    );
    for row in rows() {
        let alias = row
            .alias
            .map(|alias| format!(", `{alias}`"))
            .unwrap_or_default();
        let default = match row.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let held = match row.effect {
            Effect::Full => "",
            Effect::Missing(_) => "No effect yet. ",
            Effect::Needless => "No effect here. ",
        };
        let (name, kind, changes) = (row.name, cell(&row.kind.describe()), row.mutability.name());
        let summary = cell(row.summary);
        let _ = writeln!(
            page,
            "| `{name}`{alias} | {kind} | {default} | {changes} | {held}{summary} |"
        );
    }
    page
}

/// The page of all metrics, in Markdown.
pub fn metric_page() -> String {
    let mut page = String::from(METRICS);
    for (name, kind, help) in metrics::table() {
        let _ = writeln!(page, "| `{name}` | {kind} | {} |", cell(help));
    }
    page
}

/// The beginning of the page of all metrics.
const METRICS: &str = include_str!("metrics/page.md");

/// A text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
