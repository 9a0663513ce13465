//! Rules that keep the operating system out of the crates that decide.
//!
//! Always true: below the reactor there is no file, socket, process, thread, clock or environment.
//! Not here: the same fence for calls rather than names — `clippy.toml`

use crate::offence::Offence;
use crate::tidy::crate_of;
use crate::tree::Tree;

/// Crates of level 4 and below, and the reactor's contract.
const DETERMINISTIC: &[&str] = &[
    "aof",
    "base",
    "cluster",
    "command",
    "engine",
    "io",
    "node",
    "pack",
    "rdb",
    "replication",
    "resp",
    "script",
    "sentinel",
];

const FENCED: &[&str] = &["env", "fs", "net", "process", "thread", "time"];

/// Crates below the reactor name none of the fenced modules of `std`.
pub(super) fn std_below_the_reactor(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        let is_fenced = crate_of(&file.path).is_some_and(|name| DETERMINISTIC.contains(&name));
        if !is_fenced || !file.path.contains("/src/") {
            continue;
        }
        for (line, module) in std_modules(&file.source.code()) {
            if FENCED.contains(&&*module) {
                let fix = format!(
                    "`std::{module}` is for the reactor and the binaries{}",
                    hint(&module)
                );
                offences.push(Offence::new(&file.path, line, "fence", fix));
            }
        }
    }
}

fn hint(module: &str) -> &'static str {
    match module {
        "time" => "; a span is `core::time::Duration`, the time of day an argument",
        "net" => "; an address is `core::net::IpAddr`",
        _ => "",
    }
}

/// The modules of `std` that a text names, with their lines: `std::x` and `std::{x, y::z}`.
fn std_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("std::") {
        let is_part = code[..at]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_part {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "std::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group).into_iter().map(|head| (line, head))),
            None => found.push((line, word(rest))),
        }
    }
    found
}

/// The first words of the items of a `{…}` group whose opening brace is already gone.
fn heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(word(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// A lint is switched off by `expect` with a reason, so that the exception ends with its cause.
pub(super) fn lint_exceptions(tree: &Tree, offences: &mut Vec<Offence>) {
    for file in &tree.rust {
        for (idx, line) in file.source.lines.iter().enumerate() {
            if line.code.contains("#[allow(") || line.code.contains("#![allow(") {
                let fix = "use #[expect(lint, reason = \"…\")]";
                offences.push(Offence::new(&file.path, idx + 1, "expect", fix));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn fenced_modules_are_found_in_paths_and_groups() {
        let text = "use std::collections::BTreeMap;\nuse std::{\n    fmt,\n    sync::{Arc, thread},\n    thread,\n};\nfn a() { std::fs::read(x); mystd::fs::x(); core::time::Duration::ZERO; }\n";
        let expect = [
            ("crates/engine/src/a.rs", 2, "fence"),
            ("crates/engine/src/a.rs", 7, "fence"),
        ];
        check(
            super::std_below_the_reactor,
            &[("crates/engine/src/a.rs", text)],
            &expect,
        );
        check(
            super::std_below_the_reactor,
            &[("crates/reactor/src/a.rs", text)],
            &[],
        );
        check(
            super::std_below_the_reactor,
            &[("crates/node/tests/it/main.rs", text)],
            &[],
        );
    }

    #[test]
    fn allow_is_an_offence_and_expect_is_not() {
        let text = "#[allow(dead_code)]\n#[expect(dead_code, reason = \"x\")]\n// #[allow(x)]\n";
        check(
            super::lint_exceptions,
            &[("a.rs", text)],
            &[("a.rs", 1, "expect")],
        );
    }
}
