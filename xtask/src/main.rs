//! `cargo xtask`: the one door to every chore of the workspace.
//!
//! Each chore is a row of [`COMMANDS`]. It takes what is left of the command line and returns an
//! error text; nothing here needs a shell, and nothing but the standard library is linked, so the
//! door opens on a bare machine.
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
mod ci;
mod circles;
mod codegen;
mod compat;
mod conform;
mod differ;
mod e2e;
mod fuzz;
mod instructions;
mod json;
mod layers;
mod manifest;
mod metrics;
mod offence;
mod processes;
mod server;
mod source;
mod tidy;
mod tool;
mod tree;
mod versus;

use std::process::ExitCode;

use args::Args;

/// One chore: its name, its arguments, one line about it, and the function behind it.
struct Command {
    name: &'static str,
    usage: &'static str,
    does: &'static str,
    run: fn(Args) -> Result<(), String>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        usage: "[--against REV] [SUITE…] [-- criterion arguments]",
        does: "criterion suites, with a before/after table against another revision",
        run: bench::run,
    },
    Command {
        name: "ci",
        usage: "[--no-tests]",
        does: "every check that needs no network, cheapest first",
        run: ci::run,
    },
    Command {
        name: "codegen",
        usage: "[--check]",
        does: "write, or compare, the pages that are computed from the code",
        run: codegen::run,
    },
    Command {
        name: "compat",
        usage: "--suite DIR [--server BIN] [-j N] [--timeout S] [--out DIR] [--ignore-encoding] [-v] [FILE…]",
        does: "the official Tcl suite of a checkout against our binary",
        run: compat::run,
    },
    Command {
        name: "conform",
        usage: "[--against HOST:PORT]… [--peer BIN]… [--known] [SCRIPT…]",
        does: "the reply scripts on our node, or on real servers, with the differences",
        run: conform::run,
    },
    Command {
        name: "differ",
        usage: "[--peer BIN]… [--tables [--thin N]] [--commands N] [--seed S] [--only NAME,…] [--shown N]",
        does: "random commands to our node and to a real server, with the differences",
        run: differ::run,
    },
    Command {
        name: "e2e",
        usage: "[--server BIN]",
        does: "real clients against a real server: redis-cli, redis-benchmark, Python",
        run: e2e::run,
    },
    Command {
        name: "fuzz",
        usage: "[TARGET] [--seconds N]",
        does: "cargo-fuzz on one target until stopped, or ten seconds of each",
        run: fuzz::run,
    },
    Command {
        name: "instructions",
        usage: "[--check | --update] [WORKLOAD…]",
        does: "user instructions per operation of the hot paths, under callgrind",
        run: instructions::run,
    },
    Command {
        name: "layers",
        usage: "[--circles [CRATE…]]",
        does: "dependencies between crates against the table of layers, and circles of files",
        run: layers::run,
    },
    Command {
        name: "metrics",
        usage: "[--append FILE]",
        does: "files, lines and function lengths of each crate, binary size",
        run: metrics::run,
    },
    Command {
        name: "tidy",
        usage: "[--english]",
        does: "house style that no lint knows: sizes, docs, names, fences, links",
        run: tidy::run,
    },
    Command {
        name: "versus",
        usage: "[--server BIN] [--peer NAME=BIN]… [--workloads A,B] [--rounds N] [--scale X] [--memory]",
        does: "our server and its peers side by side: CPU per request, requests/s, memory per key",
        run: versus::run,
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        print_usage();
        return if name.is_empty() || name == "help" {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    };
    match (command.run)(Args::new(words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask {name}: {text}");
            ExitCode::FAILURE
        }
    }
}

fn print_usage() {
    println!("usage: cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<13} {}", command.name, command.does);
        if !command.usage.is_empty() {
            println!("  {:<13}   {}", "", command.usage);
        }
    }
}
