//! `cargo xtask codegen`: pages that are computed from the code, so that they cannot be wrong.
//!
//! ```text
//!  layers.rs table ────────────────────────► docs/layers.md
//!  duties and `// SAFETY:` comments ───────► docs/UNSAFE.md
//!  tables of russet-node, by tools/ ───────► docs/commands.md, docs/config.md,
//!                                           docs/metrics.md
//!  docs/config.md, by completions.rs ──────► packaging/completions/, packaging/man/russet.conf.5
//! ```
//!
//! Always true: `--check` writes nothing and fails when a page differs from what would be written.
//! Not here: the tables themselves — `crates/command`, `crates/node`

use std::fs;

use crate::args::Args;
use crate::completions;
use crate::layers;
use crate::source::Line;
use crate::tidy::is_unsafe_allowed;
use crate::tool;
use crate::tree::{self, RustFile, Tree};

/// `cargo xtask codegen [--check]`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let is_check = args.flag("--check");
    if is_check {
        return check();
    }
    for (path, text) in pages()? {
        fs::write(tree::root().join(path), text).map_err(|error| format!("{path}: {error}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Fails when a page is not what the code says.
pub(crate) fn check() -> Result<(), String> {
    let mut stale = Vec::new();
    for (path, text) in pages()? {
        let found = fs::read_to_string(tree::root().join(path)).unwrap_or_default();
        if let Some(line) = first_difference(&found, &text) {
            println!("{path}:{line}: codegen: run `cargo xtask codegen`");
            stale.push(path);
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("stale: {}", stale.join(", ")))
    }
}

fn first_difference(found: &str, expect: &str) -> Option<usize> {
    if found == expect {
        return None;
    }
    let same = found
        .lines()
        .zip(expect.lines())
        .take_while(|(a, b)| a == b)
        .count();
    Some(same + 1)
}

fn pages() -> Result<Vec<(&'static str, String)>, String> {
    let settings = table_page("config")?;
    Ok(vec![
        (
            "packaging/completions/russet-server.bash",
            completions::bash(&settings),
        ),
        (
            "packaging/completions/_russet-server",
            completions::zsh(&settings),
        ),
        (
            "packaging/completions/russet-server.fish",
            completions::fish(&settings),
        ),
        (
            "packaging/man/russet.conf.5",
            completions::manual(&settings),
        ),
        ("docs/layers.md", layers_page()),
        ("docs/UNSAFE.md", unsafe_page(&Tree::read()?)),
        ("docs/commands.md", table_page("commands")?),
        ("docs/config.md", settings),
        ("docs/metrics.md", table_page("metrics")?),
    ])
}

fn table_page(name: &str) -> Result<String, String> {
    tool::output(tool::our_tool("tables").arg(name))
}

const LAYERS_INTRO: &str = "# Layers\n\n\
    Which crate may use which: an edge goes down at least one level, and `base` is open to all.\n\
    Computed by `cargo xtask codegen` from the table that `cargo xtask layers` enforces.\n\n\
    | level | crate | may use |\n|---|---|---|\n";

/// The crates that exist; the table has places for more.
fn layers_page() -> String {
    let dirs = layers::crate_dirs(&tree::root()).unwrap_or_default();
    let exists = |name: &str| dirs.iter().any(|dir| dir == name);
    let mut page = LAYERS_INTRO.to_owned();
    for room in layers::CRATES.iter().filter(|room| exists(room.name)) {
        let uses: Vec<&str> = room
            .uses
            .iter()
            .copied()
            .filter(|name| exists(name))
            .collect();
        let uses = if uses.is_empty() {
            "–".to_owned()
        } else {
            uses.join(", ")
        };
        page.push_str(&format!("| {} | {} | {uses} |\n", room.level, room.name));
    }
    page
}

const UNSAFE_INTRO: &str = "# Unsafe code\n\n\
    Every place where the compiler takes our word, and the word we give. `unsafe` is denied in\n\
    the whole workspace; only the files listed in `xtask/src/tidy/unsafety.rs` may have it.\n\
    Computed by `cargo xtask codegen` from the files' docs and their `SAFETY` comments.\n";

fn unsafe_page(tree: &Tree) -> String {
    let mut page = UNSAFE_INTRO.to_owned();
    for file in tree
        .rust
        .iter()
        .filter(|file| is_unsafe_allowed(&file.path))
    {
        let promises = promises(file);
        if promises.is_empty() {
            continue;
        }
        page.push_str(&format!("\n## {}\n\n", file.path));
        for line in file.source.module_docs() {
            // Links to items lead nowhere from a page.
            page.push_str(&line.replace("[`", "`").replace("`]", "`"));
            page.push('\n');
        }
        page.push_str("\n| in | promise |\n|---|---|\n");
        for (function, promise) in promises {
            page.push_str(&format!(
                "| `{function}` | {} |\n",
                promise.replace('|', "\\|")
            ));
        }
    }
    page
}

/// The `SAFETY` comments of a file with the functions around them.
fn promises(file: &RustFile) -> Vec<(String, String)> {
    let functions = file.source.functions();
    let lines = &file.source.lines;
    let mut found = Vec::new();
    for (idx, line) in lines.iter().enumerate() {
        let Some(start) = line.comment.trim().strip_prefix("// SAFETY:") else {
            continue;
        };
        let mut promise = start.trim().to_owned();
        let rest = lines[idx + 1..].iter().map(|line| line.comment.trim());
        for more in rest.map_while(|comment| comment.strip_prefix("// ")) {
            promise.push(' ');
            promise.push_str(more.trim());
        }
        let mut around = functions
            .iter()
            .filter(|f| (f.line..f.line + f.len).contains(&(idx + 1)));
        let name = around.next_back().map(|function| function.name.clone());
        let name = name.unwrap_or_else(|| next_code(&lines[idx..]));
        found.push((name, promise));
    }
    found
}

/// The first line of code, for a promise that stands before an `impl`.
fn next_code(lines: &[Line]) -> String {
    let code = lines
        .iter()
        .map(|line| line.code.trim())
        .find(|code| !code.is_empty());
    code.unwrap_or_default()
        .trim_end_matches(['{', '}', ' '])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Tree, first_difference, layers_page, unsafe_page};

    #[test]
    fn differences_are_told_by_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
    }

    #[test]
    fn promises_are_listed_with_their_functions() {
        let text = "//! Slots.\n//!\n//! 1. Live.\n\nfn get() {\n    // SAFETY: it is live,\n    // see above.\n    unsafe { x() }\n}\n";
        let page = unsafe_page(&Tree::of(&[("crates/engine/src/arena/slab.rs", text)]));
        assert!(page.contains("## crates/engine/src/arena/slab.rs\n\nSlots.\n\n1. Live.\n"));
        assert!(page.contains("| `get` | it is live, see above. |"));
    }

    #[test]
    fn the_layers_page_has_a_row_per_crate() {
        assert!(layers_page().contains("| 1 | resp | – |"));
    }
}
