#![doc = include_str!("../README.md")]

use std::io::{self, Write as _};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

use crate::args::Invocation;

mod alloc;
mod args;
mod banner;
mod check;
mod check_aof;
mod check_config;
mod config;
mod cpus;
mod crash;
mod fault;
mod log;
mod measure;
mod os;
mod serve;
mod signal;
mod supervise;
mod syslog;
mod system;
mod trace;
#[cfg(feature = "turns")]
mod turns;
mod watchdog;

#[global_allocator]
static ALLOCATOR: alloc::CountingAllocator = alloc::CountingAllocator;

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(OsStringExt::into_vec);
    let program = words.next().unwrap_or_default();
    let words: Vec<Vec<u8>> = words.collect();
    let code = match args::parse(&program, &words) {
        Invocation::Serve(launch) => serve::serve(&launch),
        Invocation::Version => say(&banner::version(), 0),
        Invocation::Help => say(banner::USAGE, 0),
        Invocation::TestMemory => say("Memory tests are not part of this program.\n", 1),
        Invocation::CheckSystem => system::check(),
        Invocation::Check(check) => check.run(),
        Invocation::CheckAof(check) => check.run(),
        Invocation::CheckConfig(launch) => check_config::check(&launch),
        Invocation::Sentinel => say("Sentinel mode is not available in this build.\n", 1),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Prints text and passes the exit code on. A closed output is not an error worth another.
fn say(text: &str, code: i32) -> i32 {
    let _ = io::stdout().write_all(text.as_bytes());
    code
}
