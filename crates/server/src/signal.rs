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
//! Signals that mean a crash are reported in the log before the process ends by them.
//!
//! Promises of this file for the one handler that it installs:
//! 1. The handler has the signature that the system calls for the flags it is installed with.
//! 2. The stack that the handler runs on is ours for ever.
//! 3. It is not safe in the sense of `signal-safety(7)`: it allocates and locks. It runs only when
//!    the process is lost anyway, and an alarm ends the process if it does not come to its end.
//!
//! Always true: `SIGPIPE` is ignored, as Rust's runtime has it; all other signals keep their
//! default.
//! Not here: the words of the report — `crash.rs`.
#![expect(unsafe_code, reason = "a handler for crashes has no safe form")]

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::thread;

use russet_reactor::{Remote, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::crash;
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

/// Ends the process by a signal, as if it had come from outside.
pub(crate) fn end_by(number: i32) {
    // A number that is no signal changes nothing.
    let _ = signal_hook::low_level::raise(number);
}

/// Signals that end a process which went wrong.
const CRASHES: [libc::c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGABRT,
];

/// Finding the names of functions for a report takes more stack than the runtime sets aside, and a
/// thread whose own stack overflowed has none.
const CRASH_STACK_SIZE: usize = 512 << 10;

/// Seconds after which an unfinished report is abandoned.
const REPORT_SECONDS: libc::c_uint = 10;

/// Has crashes, those of the calling thread above all, reported before the process ends by them.
pub(crate) fn report_crashes() {
    let memory: &'static mut [u8] = Box::leak(vec![0; CRASH_STACK_SIZE].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: memory.len(),
    };
    // SAFETY: (2) the memory was leaked and nobody else knows of it.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: (1) all-zero bytes are a valid `sigaction`: no flags, an empty mask.
    let action = unsafe { action.assume_init_mut() };
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = crashed;
    action.sa_sigaction = handler as libc::sighandler_t;
    // The default comes back with the first crash, so that a crash in the handler ends it.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESETHAND | libc::SA_ONSTACK | libc::SA_NODEFER;
    for number in CRASHES {
        // SAFETY: (1) `SA_SIGINFO` asks for a handler of three arguments, which it is.
        unsafe { libc::sigaction(number, action, ptr::null_mut()) };
    }
}

extern "C" fn crashed(
    number: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: (3) it only sets a timer.
    unsafe { libc::alarm(REPORT_SECONDS) };
    let address = if info.is_null() || number == libc::SIGABRT {
        0
    } else {
        // SAFETY: (1) for faults the system passes information that names an address.
        unsafe { (*info).si_addr() }.addr()
    };
    crash::report_signal(number, address);
    // SAFETY: (3) the default action is back in place and ends the process.
    unsafe { libc::raise(number) };
}
