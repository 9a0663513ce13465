//! Long turns of the loop, in the log: a build with the feature `turns` measures each by the CPU
//! time of its thread.
//!
//! ```text
//!  clock of the thread ─► turn ─► clock ─► a line of the log, from 100 µs on
//! ```
//! `cargo xtask versus` reads these lines. Asking for the time of a thread is a system call, so
//! that a usual build measures no turn.
//!
//! Always true: time that other processes took from this one does not count.
//! Not here: what the process uses — `measure.rs`

use std::io;

use russet_node::Node;
use russet_reactor::{Reactor, clock};
use rustix::time::{ClockId, clock_gettime};

use crate::log::Log;

/// Turns that took less are not in the log, in microseconds.
const NOTED_US: i64 = 100;

/// Turns until the service asks for the end, and returns its exit code.
///
/// # Errors
/// Waiting for events failed.
pub(crate) fn run(reactor: &mut Reactor<Node>, log: &Log) -> io::Result<i32> {
    clock::sharpen_sleep();
    loop {
        let before = thread_us();
        let exit = reactor.turn(None)?;
        let us = thread_us() - before;
        if us >= NOTED_US {
            log.notice(&format!("A turn of the loop used {us} us"));
        }
        if let Some(code) = exit {
            return Ok(code);
        }
    }
}

fn thread_us() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}
