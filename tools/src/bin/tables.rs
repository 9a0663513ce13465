//! Prints a page computed from a table of the node: `tables commands`, `tables config`, `tables
//! metrics`.

use std::io::Write;
use std::process::ExitCode;

use russet_node::manual;

fn main() -> ExitCode {
    let page = match std::env::args_os()
        .nth(1)
        .as_deref()
        .and_then(|word| word.to_str())
    {
        Some("commands") => manual::command_page(),
        Some("config") => manual::setting_page(),
        Some("metrics") => manual::metric_page(),
        _ => {
            let _ = writeln!(std::io::stderr(), "usage: tables commands|config|metrics");
            return ExitCode::FAILURE;
        }
    };
    match std::io::stdout().write_all(page.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
