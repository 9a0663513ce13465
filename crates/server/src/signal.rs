//! Signals: two ask for the end, one is ignored.
//!
//! They are taken by a thread of their own, which only passes them on: the loop hears of them
//! between two turns. A `SIGINT` behind another signal does not wait for the loop, unless the end
//! was refused since: then it asks again.
//!
//! ```text
//!  SIGTERM, SIGINT ─► thread ─► log, remote ─► loop: shutdown_requested
//!  SIGINT, while the end that was asked for is under way ─► thread ─► exit(1)
//!  SIGHUP          ─► thread ─► nothing
//! ```
//! Always true: `SIGPIPE` is ignored, as Rust's runtime has it; all other signals keep their
//! default.
//! Not here: signals that mean a crash — `fault.rs`.

use std::io;
use std::thread;

use russet_reactor::{Remote, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::log::Log;

/// The thread only waits.
const STACK_SIZE: usize = 64 << 10;

/// Starts the thread.
pub(crate) fn listen(remote: Remote, log: Log) -> io::Result<()> {
    // Taking SIGXFSZ has a file that grows beyond the limit fail like a full disk.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGXFSZ])?;
    let thread = thread::Builder::new().name("russet-signal".to_owned());
    thread.stack_size(STACK_SIZE).spawn(move || {
        for number in signals.forever() {
            let signal = match number {
                SIGINT => Signal::Int,
                SIGTERM => Signal::Term,
                _ => continue,
            };
            if signal == Signal::Int && remote.is_shutdown_pending() {
                log.write_from_signal("You insist... exiting now.");
                // COMPAT: a dump that is not complete goes; the working directory is its place.
                let _ = std::fs::remove_file(format!("temp-{}.rdb", std::process::id()));
                std::process::exit(1);
            }
            let text = format!("Received {} scheduling shutdown...", signal.name());
            log.write_from_signal(&text);
            // The wake-up fails only when the loop is gone, and then so is the need for it.
            let _ = remote.request_shutdown(signal);
        }
    })?;
    Ok(())
}
