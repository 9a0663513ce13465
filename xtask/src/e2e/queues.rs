//! Queues and locks that people use: BullMQ, Celery and Redlock, whose work is done by scripts.
//!
//! Each program adds jobs, delays them, has them fail and tried again, and checks that every job
//! was done once. A line tells how long that took, and how much CPU time of the server.
//!
//! Always true: what is installed is pinned, and stands below the target directory.
//! Not here: clients that ask for single commands — `mod.rs`

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::node_dir;
use crate::processes;
use crate::server::Server;
use crate::tool;
use crate::tree;

/// The name by which the packages of Python are asked for.
pub(super) const CELERY: &str = "celery";

/// BullMQ with this many jobs.
pub(super) fn bullmq(server: &Server, protocol: &str, jobs: u32) -> Result<(), String> {
    let mut program = Command::new("node");
    program.current_dir(node_dir()).arg("bullmq.mjs");
    timed(server, &mut program, protocol, jobs)
}

/// Celery with this many tasks.
pub(super) fn celery(server: &Server, protocol: &str, jobs: u32) -> Result<(), String> {
    let mut program = Command::new(python_dir().join("bin/python"));
    // Its processes leave their caches of compiled modules out of the tree.
    program.env("PYTHONDONTWRITEBYTECODE", "1");
    program.current_dir(sources()).arg("jobs.py");
    timed(server, &mut program, protocol, jobs)
}

/// Runs a program that is told a port, a protocol and a number of jobs, and shows what it took.
fn timed(server: &Server, program: &mut Command, protocol: &str, jobs: u32) -> Result<(), String> {
    program.args([&server.port.to_string(), protocol, &jobs.to_string()]);
    let before = processes::cpu_ns(server.id());
    let text = tool::output(program)?;
    let spent = processes::cpu_ns(server.id()).saturating_sub(before);
    let us = spent as f64 / 1e3 / f64::from(jobs.max(1));
    println!(
        "RESP{protocol}: {}; {us:.0} us of the server each",
        text.trim()
    );
    Ok(())
}

fn sources() -> PathBuf {
    tree::root().join("e2e/python")
}

/// Where the packages of Python are.
fn python_dir() -> PathBuf {
    tree::target_dir().join("e2e/python")
}

/// Brings the pinned packages of Python unless they are there.
pub(super) fn fetch_celery() -> Result<(), String> {
    let name = "requirements.txt";
    let (pins, dir) = (sources().join(name), python_dir());
    let wanted = fs::read(&pins).map_err(|error| error.to_string())?;
    if fs::read(dir.join(name)).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    tool::output(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
    let mut install = Command::new(dir.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    tool::output(install.arg(&pins))?;
    fs::write(dir.join(name), wanted).map_err(|error| error.to_string())
}
