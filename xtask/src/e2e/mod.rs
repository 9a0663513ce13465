//! `cargo xtask e2e`: clients that people use, against a server process on a loopback port.
//!
//! redis-cli in both protocols, redis-benchmark, the Python client with the script beside this
//! file; clients of Node and Rust, queues and locks with the programs of `e2e/`. They judge the
//! bytes we send as nothing of our own can. A Redis server judges the files we write, and we read
//! its. An exporter of metrics judges our page of them.
//!
//! Always true: a failed step shows the server's log; a client that is not installed is reported.
//! Not here: the official Tcl suite — `compat/`

mod commands;
mod files;
mod metrics;
mod queues;
mod settings;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::args::Args;
use crate::certificates;
use crate::server::{Server, free_port, scratch_dir};
use crate::tool::{self, Outcome};
use crate::tree;

/// Jobs of each queue, unless another number is asked for.
const JOBS: u32 = 500;

const CLIENT: &str = include_str!("client.py");

/// A client and what it is asked to do.
struct Judge {
    name: &'static str,
    program: &'static str,
    /// Judges a server, by so many jobs if it is about jobs.
    run: fn(&Server, u32) -> Result<(), String>,
}

const JUDGES: &[Judge] = &[
    Judge {
        name: "redis-cli, RESP2",
        program: "redis-cli",
        run: |server, _| cli(server, "-2"),
    },
    Judge {
        name: "redis-cli, RESP3",
        program: "redis-cli",
        run: |server, _| cli(server, "-3"),
    },
    Judge {
        name: "redis-benchmark",
        program: "redis-benchmark",
        run: |server, _| benchmark(server),
    },
    Judge {
        name: "Python, RESP2",
        program: "python3",
        run: |server, _| python(&Way::plain(server), "2"),
    },
    Judge {
        name: "Python, RESP3",
        program: "python3",
        run: |server, _| python(&Way::plain(server), "3"),
    },
    Judge {
        name: "Python, TLS",
        program: "python3",
        run: |server, _| encrypted(server, |way| both(|protocol| python(way, protocol))),
    },
    Judge {
        name: "ioredis",
        program: "node",
        run: |server, _| node(&Way::plain(server), "ioredis.mjs", "2"),
    },
    Judge {
        name: "ioredis, TLS",
        program: "node",
        run: |server, _| encrypted(server, |way| node(way, "ioredis.mjs", "2")),
    },
    Judge {
        name: "redis of Node",
        program: "node",
        run: |server, _| {
            let way = Way::plain(server);
            both(|protocol| node(&way, "redis.mjs", protocol))
        },
    },
    Judge {
        name: "redis of Node, TLS",
        program: "node",
        run: |server, _| {
            encrypted(server, |way| {
                both(|protocol| node(way, "redis.mjs", protocol))
            })
        },
    },
    Judge {
        name: "BullMQ",
        program: "node",
        run: |server, jobs| both(|protocol| queues::bullmq(server, protocol, jobs)),
    },
    Judge {
        name: "Redlock",
        program: "node",
        run: |server, _| both(|protocol| node(&Way::plain(server), "locks.mjs", protocol)),
    },
    Judge {
        name: "Celery",
        program: queues::CELERY,
        run: |server, jobs| both(|protocol| queues::celery(server, protocol, jobs)),
    },
    Judge {
        name: "redis of Rust",
        program: "redis of Rust",
        run: |server, _| both(|protocol| rust(&Way::plain(server), protocol)),
    },
    Judge {
        name: "redis of Rust, TLS",
        program: "redis of Rust",
        run: |server, _| encrypted(server, |way| both(|protocol| rust(way, protocol))),
    },
    Judge {
        name: "redis-server, COMMAND",
        program: "redis-server",
        run: |server, _| commands::compare(server),
    },
    Judge {
        name: "redis-server, files",
        program: "redis-server",
        run: |server, _| files::exchange(server),
    },
    Judge {
        name: "exporter of metrics",
        program: metrics::EXPORTER,
        run: |server, _| metrics::compare(server),
    },
    Judge {
        name: "redis-server, CONFIG",
        program: "redis-server",
        run: |server, _| settings::compare_installed(server),
    },
];

/// `cargo xtask e2e`.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let server = args.option("--server");
    let peers = args.options("--peer");
    if !peers.is_empty() {
        return compare_settings(server, &peers);
    }
    let jobs = args.number("--jobs", JOBS)?;
    let only = args.option("--only").unwrap_or_default();
    match judge(server, jobs, &only) {
        Outcome::Passed => Ok(()),
        Outcome::Failed(text) => Err(text),
        Outcome::Skipped(text) if tool::is_ci() => Err(text),
        Outcome::Skipped(text) => {
            println!("SKIPPED: {text}");
            Ok(())
        }
    }
}

/// Compares our settings with those of servers that are not of this machine's packages.
fn compare_settings(server: Option<String>, peers: &[String]) -> Result<(), String> {
    let ours = tool::server_binary(server)?;
    let mut failed = Vec::new();
    for peer in peers {
        let theirs = tool::find(peer).ok_or_else(|| format!("{peer}: no such program"))?;
        match settings::compare(&ours, &theirs) {
            Ok(()) => println!("{peer}, CONFIG: passed"),
            Err(text) => {
                println!("{peer}, CONFIG: FAILED\n{text}");
                failed.push(peer.as_str());
            }
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("other settings: {}", failed.join(", "))),
    }
}

/// The step of `ci`.
pub(crate) fn step() -> Outcome {
    judge(None, JOBS, "")
}

/// Has the clients whose names begin so judge a server.
fn judge(asked: Option<String>, jobs: u32, only: &str) -> Outcome {
    let started = tool::server_binary(asked).and_then(|binary| Server::start(&binary, None));
    let server = match started {
        Ok(server) => server,
        Err(text) => return Outcome::Failed(text),
    };
    let (mut failed, mut missing) = (Vec::new(), Vec::new());
    for judge in JUDGES.iter().filter(|judge| judge.name.starts_with(only)) {
        if !is_installed(judge.program) {
            println!(
                "{:<20} SKIPPED: {} is not installed",
                judge.name, judge.program
            );
            missing.push(judge.program);
            continue;
        }
        match (judge.run)(&server, jobs) {
            Ok(()) => println!("{:<20} passed", judge.name),
            Err(text) => {
                println!("{:<20} FAILED\n{text}", judge.name);
                failed.push(judge.name);
            }
        }
    }
    if !failed.is_empty() {
        println!("the server's log:\n{}", server.log());
        return Outcome::Failed(format!("not served: {}", failed.join("; ")));
    }
    missing.dedup();
    match missing.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Skipped(format!("not installed: {}", missing.join(", "))),
    }
}

fn is_installed(program: &str) -> bool {
    match program {
        "python3" => tool::output(Command::new(program).args(["-c", "import redis"])).is_ok(),
        "node" => tool::find(program).is_some() && fetch_packages().is_ok(),
        queues::CELERY => queues::fetch_celery().is_ok(),
        "redis of Rust" => build_rust().is_ok(),
        metrics::EXPORTER => [program, "promtool"]
            .iter()
            .all(|one| tool::find(one).is_some()),
        _ => tool::find(program).is_some(),
    }
}

/// Commands and what redis-cli prints for them.
const DIALOGUE: &[(&[&str], &str)] = &[
    (&["PING"], "PONG"),
    (&["SET", "cli:key", "a value"], "OK"),
    (&["GET", "cli:key"], "a value"),
    (&["GET", "cli:absent"], ""),
    (&["INCR", "cli:counter"], "1"),
    (&["DEL", "cli:key", "cli:counter", "cli:absent"], "2"),
    (
        &["NO-SUCH-COMMAND"],
        "ERR unknown command 'NO-SUCH-COMMAND', with args beginning with: ",
    ),
];

fn cli(server: &Server, protocol: &str) -> Result<(), String> {
    for (words, expect) in DIALOGUE {
        let mut command = Command::new("redis-cli");
        command
            .args([protocol, "-p", &server.port.to_string()])
            .args(*words);
        let got = tool::output(&mut command)?;
        let got = got.trim_end_matches('\n');
        if got != *expect {
            return Err(format!(
                "{}: expected `{expect}`, got `{got}`",
                words.join(" ")
            ));
        }
    }
    Ok(())
}

fn benchmark(server: &Server) -> Result<(), String> {
    for pipeline in ["1", "16"] {
        let mut command = Command::new("redis-benchmark");
        command
            .args([
                "-p",
                &server.port.to_string(),
                "-t",
                "ping,set,get,incr,mset",
            ])
            .args(["-n", "10000", "-P", pipeline, "-q"]);
        let text = tool::output(&mut command)?;
        let lines = text.matches("requests per second").count();
        if lines < 6 || text.to_lowercase().contains("error") {
            return Err(format!(
                "pipeline {pipeline}: {lines} of 6 tests finished\n{text}"
            ));
        }
    }
    Ok(())
}

/// How a client reaches the server: arguments of its program.
struct Way {
    port: u16,
    /// Where certificates are, if TLS is spoken.
    certificates: Option<PathBuf>,
}

impl Way {
    const fn plain(server: &Server) -> Self {
        Self {
            port: server.port,
            certificates: None,
        }
    }

    /// Runs a program that is told a port, a protocol and a directory of certificates.
    fn run(&self, program: &mut Command, protocol: &str) -> Result<(), String> {
        program.args([&self.port.to_string(), protocol]);
        program.args(&self.certificates);
        tool::output(program).map(drop)
    }
}

fn both(run: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    run("2").and_then(|()| run("3"))
}

fn node(way: &Way, script: &str, protocol: &str) -> Result<(), String> {
    let mut program = Command::new("node");
    way.run(program.current_dir(node_dir()).arg(script), protocol)
}

/// Where the scripts stand beside their packages.
pub(crate) fn node_dir() -> PathBuf {
    tree::target_dir().join("e2e/node")
}

/// Copies the scripts, and brings their pinned packages unless they are there.
pub(crate) fn fetch_packages() -> Result<(), String> {
    let (from, to) = (tree::root().join("e2e/node"), node_dir());
    let lock = "package-lock.json";
    let old = fs::read(to.join(lock)).ok();
    let copied = fs::create_dir_all(&to).and_then(|()| {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        fs::read(to.join(lock))
    });
    let new = copied.map_err(|error| error.to_string())?;
    if old.is_some_and(|old| old == new) && to.join("node_modules").is_dir() {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.current_dir(to);
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    tool::output(&mut command).map(drop)
}

/// Builds the program of the Rust client.
fn build_rust() -> Result<(), String> {
    let mut command = tool::cargo();
    command.current_dir(tree::root().join("e2e/rust"));
    command.args(["build", "--quiet", "--locked", "--target-dir"]);
    tool::output(command.arg(tree::target_dir().join("e2e"))).map(drop)
}

fn rust(way: &Way, protocol: &str) -> Result<(), String> {
    let program = tree::target_dir().join("e2e/debug/russet-e2e");
    way.run(&mut Command::new(program), protocol)
}

fn python(way: &Way, protocol: &str) -> Result<(), String> {
    way.run(Command::new("python3").args(["-c", CLIENT]), protocol)
}

/// Sets up TLS while the server runs, and has a client speak it.
fn encrypted(server: &Server, run: fn(&Way) -> Result<(), String>) -> Result<(), String> {
    let dir = scratch_dir("certificates")?;
    let judged = certificates::make(&dir).and_then(|()| {
        let port = free_port()?;
        let mut words = vec![b"CONFIG".to_vec(), b"SET".to_vec()];
        for word in certificates::options(&dir, "server", port) {
            words.push(word.trim_start_matches("--").as_bytes().to_vec());
        }
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let reply = server.connect()?.ask(&words)?;
        if reply != b"+OK\r\n" {
            return Err(String::from_utf8_lossy(&reply).into_owned());
        }
        let certificates = Some(dir.clone());
        run(&Way { port, certificates })?;
        // A later change of listeners would read certificates that are gone.
        let mut words: Vec<&[u8]> = vec![b"CONFIG", b"SET", b"tls-port", b"0"];
        for name in ["tls-cert-file", "tls-key-file", "tls-ca-cert-file"] {
            words.extend([name.as_bytes(), b""]);
        }
        let reply = server.connect()?.ask(&words)?;
        match &*reply == b"+OK\r\n" {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&reply).into_owned()),
        }
    });
    let _removed = fs::remove_dir_all(&dir);
    judged
}
