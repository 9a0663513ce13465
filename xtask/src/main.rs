//! `cargo xtask`: the one door to every chore of the workspace.
//!
//! Each chore is a row of [`COMMANDS`]: its name, its options, and a function that returns an error
//! text. Nothing here needs a shell. Kept crates do what they do better: command lines, JSON, the
//! metadata of packages, Rust syntax.
//!
//! Always true: a check collects every offence before it fails; a missing tool is reported.
//! Not here: what a developer needs to know about each layer of tests — `docs/testing.md`

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks through its standard streams"
)]

mod args;
mod bench;
mod certificates;
mod ci;
mod circles;
mod codegen;
mod compat;
mod completions;
mod conform;
mod differ;
mod e2e;
mod fuzz;
mod instructions;
mod layers;
mod lua;
mod manifest;
mod metrics;
mod offence;
mod processes;
mod published;
mod server;
mod sim;
mod source;
mod tidy;
mod tool;
mod tree;
mod versus;

use std::process::ExitCode;

use args::{Args, Line};

/// One chore: its name, its arguments, one line about it, and the function behind it.
struct Command {
    name: &'static str,
    /// Options as the usage line shows them; one with a word behind it takes a value.
    options: &'static [&'static str],
    /// Names that may stand behind the options; empty if none may.
    names: &'static str,
    does: &'static str,
    run: fn(Args) -> Result<(), String>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        options: &["--against REV"],
        names: "[SUITE…] [-- criterion arguments]",
        does: "criterion suites, with a before/after table against another revision",
        run: bench::run,
    },
    Command {
        name: "ci",
        options: &["--no-tests"],
        names: "[STEP…]",
        does: "every check that needs no network, cheapest first",
        run: ci::run,
    },
    Command {
        name: "codegen",
        options: &["--check"],
        names: "",
        does: "write, or compare, the pages that are computed from the code",
        run: codegen::run,
    },
    Command {
        name: "compat",
        options: &[
            "--suite DIR",
            "--server BIN",
            "--baseline FILE",
            "--skip FILE…",
            "-j N",
            "--timeout S",
            "--baseport N",
            "--out DIR",
            "--ignore-encoding",
            "--keep",
            "--tls",
            "-v",
        ],
        names: "[FILE…]",
        does: "the official Tcl suite of a checkout against our binary",
        run: compat::run,
    },
    Command {
        name: "conform",
        options: &["--against HOST:PORT…", "--peer BIN…", "--known", "--update"],
        names: "[SCRIPT…]",
        does: "the reply scripts on our node, or on real servers, with the differences",
        run: conform::run,
    },
    Command {
        name: "differ",
        options: &[
            "--peer BIN…",
            "--tables",
            "--thin N",
            "--commands N",
            "--seed S",
            "--only NAME,…",
            "--shown N",
        ],
        names: "",
        does: "random commands to our node and to a real server, with the differences",
        run: differ::run,
    },
    Command {
        name: "e2e",
        options: &["--server BIN", "--peer BIN…", "--jobs N", "--only NAME"],
        names: "",
        does: "real clients against a real server: redis-cli, Python, Node, Rust, queues",
        run: e2e::run,
    },
    Command {
        name: "fuzz",
        options: &["--seconds N"],
        names: "[TARGET]",
        does: "cargo-fuzz on one target until stopped, or ten seconds of each",
        run: fuzz::run,
    },
    Command {
        name: "instructions",
        options: &["--check", "--update"],
        names: "[WORKLOAD…]",
        does: "user instructions per operation of the hot paths, under callgrind",
        run: instructions::run,
    },
    Command {
        name: "layers",
        options: &["--circles"],
        names: "[CRATE…]",
        does: "dependencies between crates against the table of layers, and circles of files",
        run: layers::run,
    },
    Command {
        name: "lua",
        options: &["--peer BIN", "--update"],
        names: "",
        does: "recorded replies of scripts against those of a real server",
        run: lua::run,
    },
    Command {
        name: "metrics",
        options: &["--append FILE"],
        names: "",
        does: "files, lines and function lengths of each crate, binary size",
        run: metrics::run,
    },
    Command {
        name: "sim",
        options: &[
            "--seed N",
            "--seeds N",
            "--minutes M",
            "--only SCENARIO",
            "--twice",
            "--crashes N",
            "--sweep N",
            "--lines N",
            "--bytes N",
        ],
        names: "",
        does: "seeds of the simulated loop: nodes under split, late and failing everything",
        run: sim::run,
    },
    Command {
        name: "tidy",
        options: &["--english"],
        names: "",
        does: "house style that no lint knows: sizes, docs, names, fences, links",
        run: tidy::run,
    },
    Command {
        name: "versus",
        options: &[
            "--server BIN",
            "--peer NAME=BIN…",
            "--workloads A,B",
            "--rounds N",
            "--scale X",
            "--memory",
            "--files",
            "--tls",
            "--flood",
            "--cache",
            "--churn",
            "--queue",
            "--keys N",
            "--require BAR…",
        ],
        names: "",
        does: "our server and its peers side by side: CPU per request, requests/s, memory per key",
        run: versus::run,
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    if matches!(&*name, "" | "help" | "--help" | "-h") {
        print_commands();
        return ExitCode::SUCCESS;
    }
    let result = match COMMANDS.iter().find(|command| command.name == name) {
        None => Err("no such command; `cargo xtask help` lists them".to_owned()),
        Some(command) => start(command, words.collect()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask {name}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: &Command, words: Vec<String>) -> Result<(), String> {
    match Args::parse(words, command.options, !command.names.is_empty())? {
        Line::Args(args) => (command.run)(args),
        Line::Help => {
            println!("{}\n\nusage: cargo xtask {}", command.does, usage(command));
            Ok(())
        }
    }
}

fn print_commands() {
    println!("usage: cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<13} {}", command.name, command.does);
    }
    println!("\n`cargo xtask COMMAND --help` lists the options of one.");
}

/// The name of a command with its arguments. `--peer BIN…` may be given several times.
fn usage(command: &Command) -> String {
    let mut usage = command.name.to_owned();
    for option in command.options {
        let (once, more) = match option.strip_suffix('…') {
            Some(once) if !once.ends_with(',') => (once, "…"),
            _ => (*option, ""),
        };
        usage.push_str(&format!(" [{once}]{more}"));
    }
    if !command.names.is_empty() {
        usage.push(' ');
        usage.push_str(command.names);
    }
    usage
}
