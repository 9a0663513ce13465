//! Signals: two ask for the end, one is ignored.
//!
//! They are taken by a thread of their own, which only passes them on: the loop hears of them
//! between two turns. A second `SIGINT` does not wait for the loop.
//!
//! ```text
//!  SIGTERM, SIGINT ─► thread ─► log, remote ─► loop: shutdown_requested
//!  SIGINT again    ─► thread ─► exit(1)
//!  SIGHUP          ─► thread ─► nothing
//! ```
//! Always true: `SIGPIPE` is ignored, as Rust's runtime has it; all other signals keep their
//! default.

use std::io;
use std::thread;

use russet_reactor::clock::wall_us;
use russet_reactor::{Remote, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::log::Log;

/// The thread only waits.
const STACK_SIZE: usize = 64 << 10;

/// A `SIGINT` this soon after another request is impatience; later, the first may have been refused.
const INSIST_US: i64 = 10_000_000;

/// Starts the thread.
pub(crate) fn listen(remote: Remote, log: Log) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let thread = thread::Builder::new().name("russet-signal".to_owned());
    thread.stack_size(STACK_SIZE).spawn(move || {
        let mut asked_at_us = None;
        for number in signals.forever() {
            let signal = match number {
                SIGINT => Signal::Int,
                SIGTERM => Signal::Term,
                _ => continue,
            };
            let now_us = wall_us();
            let is_asked = asked_at_us.is_some_and(|at| now_us.saturating_sub(at) < INSIST_US);
            if is_asked && signal == Signal::Int {
                log.write_from_signal("You insist... exiting now.");
                std::process::exit(1);
            }
            asked_at_us = Some(now_us);
            let text = format!("Received {} scheduling shutdown...", signal.name());
            log.write_from_signal(&text);
            // The wake-up fails only when the loop is gone, and then so is the need for it.
            let _ = remote.request_shutdown(signal);
        }
    })?;
    Ok(())
}
