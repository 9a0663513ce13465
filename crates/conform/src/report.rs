//! Differences told to people, and written over what was expected.
//!
//! Always true: a line that needs no change is kept as it is.

use std::path::Path;

use crate::run::Difference;
use crate::script::Script;

/// Tells one difference.
pub fn told(path: &Path, text: &str, script: &Script, difference: &Difference) -> String {
    let step = &script.steps[difference.step];
    let lines: Vec<&str> = text.lines().collect();
    let expected = lines[step.expected_at.clone()].join("\n");
    let note = if step.compat { "  # COMPAT" } else { "" };
    format!(
        "{}:{}: {}{note}\nexpected\n{expected}\ngot\n{}\n\n",
        path.display(),
        step.line,
        lines[step.line - 1],
        shortened(&difference.got)
    )
}

/// As much of a text as somebody may want to read.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LEN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

const LEN_MAX: usize = 2_000;

/// The script with what came back where it expected something else.
pub fn rewritten(text: &str, script: &Script, differences: &[Difference]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for difference in differences.iter().rev() {
        let range = script.steps[difference.step].expected_at.clone();
        lines.splice(range, difference.got.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}
