//! A report in the log when the program breaks: by a panic or by a signal.
//!
//! Always true: the process ends after the report; one end makes one report.
//! Not here: catching signals — `signal.rs`.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::banner::VERSION;
use crate::log::Log;

/// Where reports go.
static LOG: OnceLock<Log> = OnceLock::new();

/// A report was begun; what follows from it is not reported again.
static IS_REPORTED: AtomicBool = AtomicBool::new(false);

/// Has every panic reported in the log from now on, and every signal that is passed on.
pub(crate) fn report_to(log: Log) {
    // Only the first log counts; there is one.
    let _ = LOG.set(log);
    panic::set_hook(Box::new(|panic| report(&describe(panic))));
}

/// Reports a signal that ends the process. The address is 0 when the signal has none.
pub(crate) fn report_signal(number: i32, address: usize) {
    let fault = match address {
        0 => String::new(),
        address => format!("\nAccessing address: {address:#x}"),
    };
    report(&format!(
        "Russet {VERSION} crashed by signal: {number}{fault}"
    ));
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    format!("Russet {VERSION} ended by a panic of thread '{name}'\n{panic}")
}

fn report(what: &str) {
    if IS_REPORTED.swap(true, Ordering::Relaxed) {
        return;
    }
    let Some(log) = LOG.get() else { return };
    // The first lines go out before the trace, which may not succeed.
    log.write_last_words("\n\n=== RUSSET BUG REPORT START: Cut & paste starting from here ===");
    log.write_last_words(what);
    let trace = Backtrace::force_capture();
    log.write_last_words(&format!("\n------ STACK TRACE ------\n{trace}"));
    log.write_last_words(
        "\n=== RUSSET BUG REPORT END. Please include everything from START to END. ===\n",
    );
}
