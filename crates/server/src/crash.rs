//! The report in the log when the program breaks: by a panic or by a signal.
//!
//! ```text
//!  what happened ─► addresses of the stack ─► registers │ ─► names of functions ─► INFO, clients
//!                    safe in a handler                  │     may crash again or hang: an alarm is
//!                                                       │     set, and the report ends early
//! ```
//! Headings and order are Redis's, for tools look for them.
//!
//! Always true: the process ends after the report; one end makes one report; no value of a key and
//! no argument of a request is in it.
//! Not here: handlers — `fault.rs`; lines of traces — `trace.rs`.

use std::fmt::{self, Write};
use std::os::fd::RawFd;
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use russet_node::environment::{Crash, Diagnostics};
use russet_reactor::clock::wall_us;

use crate::banner::VERSION;
use crate::fault::{self, Fault, Hooks};
use crate::log::Log;
use crate::trace::{self, Trace, write_address};
use crate::watchdog;

/// Seconds after which an unfinished report is abandoned.
const REPORT_SECONDS: u32 = 10;

/// Where reports go.
static LOG: OnceLock<Log> = OnceLock::new();

/// Settings.
static IS_WANTED: AtomicBool = AtomicBool::new(true);
static EXITS_ON_PANIC: AtomicBool = AtomicBool::new(false);
static HIDES_DATA: AtomicBool = AtomicBool::new(false);

/// The thread that writes a report, or 0; it stays when the report is written.
static REPORTER: AtomicI32 = AtomicI32::new(0);

/// The signal that the process ends by.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

static IS_WRITTEN: AtomicBool = AtomicBool::new(false);

/// Has every panic and every signal of a crash reported in the log from now on; the calling thread
/// is that of the loop.
pub(crate) fn report_to(log: Log) {
    // Only the first log counts; there is one.
    let _ = LOG.set(log);
    trace::prepare();
    panic::set_hook(Box::new(panicked));
    fault::handle(Hooks { crashed, alarmed });
}

/// Takes over the settings.
pub(crate) fn diagnose(wanted: Diagnostics) {
    IS_WANTED.store(wanted.reports_crashes, Ordering::Relaxed);
    EXITS_ON_PANIC.store(wanted.exits_on_panic, Ordering::Relaxed);
    HIDES_DATA.store(wanted.hides_data, Ordering::Relaxed);
    watchdog::set_period(wanted.watchdog_ms);
}

/// Crashes as DEBUG asks for.
#[expect(clippy::panic, reason = "a panic is what is asked for")]
pub(crate) fn crash(how: Crash) {
    match how {
        // A number of a signal that exists.
        Crash::Fault => drop(signal_hook::low_level::raise(libc::SIGSEGV)),
        Crash::Panic => panic!("DEBUG asked for it"),
    }
}

/// Text on its way to the log, without a buffer that would have to be allocated.
struct Lines {
    fd: RawFd,
}

impl Write for Lines {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        fault::write(self.fd, text.as_bytes());
        Ok(())
    }
}

impl Lines {
    /// Writes a line with the head that lines of handlers have.
    fn line(&mut self, text: fmt::Arguments<'_>) {
        let (process, seconds) = (std::process::id(), wall_us().div_euclid(1_000_000));
        // Writing here does not fail.
        let _ = writeln!(self, "{process}:signal-handler ({seconds}) {text}");
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.write_fmt(text);
    }
}

fn lines() -> Option<Lines> {
    Some(Lines {
        fd: LOG.get()?.fd(),
    })
}

/// Begins a report: writes its first line. `None` if there is no log, or another thread reports.
fn begin(signal: i32) -> Option<Lines> {
    let thread = fault::thread_id();
    let mut lines = lines()?;
    match REPORTER.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => {}
        Err(reporter) if reporter == thread => cut_short(lines, format_args!("signal {signal}")),
        Err(_) => fault::stop(),
    }
    SIGNAL.store(signal, Ordering::Relaxed);
    fault::set_alarm(REPORT_SECONDS);
    lines.put(format_args!(
        "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n"
    ));
    Some(lines)
}

/// Ends the process in the middle of a report.
fn cut_short(mut lines: Lines, why: fmt::Arguments<'_>) -> ! {
    lines.put(format_args!("\n"));
    lines.line(format_args!(
        "The report ends here: {why} while it was written"
    ));
    write_end(&mut lines);
    fault::die_by(SIGNAL.load(Ordering::Relaxed))
}

fn write_end(lines: &mut Lines) {
    lines.put(format_args!(
        "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n\
         Please report the crash at {}\n\n",
        env!("CARGO_PKG_REPOSITORY")
    ));
    IS_WRITTEN.store(true, Ordering::Relaxed);
}

/// Reports a signal of a crash, unless a panic was reported that it follows from.
fn crashed(fault: &Fault) {
    if IS_WRITTEN.load(Ordering::Relaxed) || !IS_WANTED.load(Ordering::Relaxed) {
        return;
    }
    let Some(mut lines) = begin(fault.signal) else {
        return;
    };
    lines.line(format_args!(
        "Russet {VERSION} crashed by signal: {}, si_code: {}",
        fault.signal, fault.code
    ));
    if let Some((process, user)) = fault.sender {
        lines.line(format_args!("Killed by PID: {process}, UID: {user}"));
    }
    if let Some(address) = fault.address {
        lines.line(format_args!("Accessing address: {address:#x}"));
    }
    let registers = &fault.registers;
    lines.line(format_args!(
        "Crashed running the instruction at: {:#x}",
        registers.instruction
    ));
    let trace = Trace::here();
    lines.put(format_args!("\n------ STACK TRACE ------\nEIP:\n"));
    write_address(registers.instruction, &mut lines);
    lines.put(format_args!("\nBacktrace:\n"));
    trace.write_addresses(&mut lines);
    lines.put(format_args!("\n------ REGISTERS ------\n"));
    for (name, value) in registers.named.iter().filter(|(name, _)| !name.is_empty()) {
        lines.put(format_args!("{name}:{value:016x}\n"));
    }
    // Handlers on other threads have too little stack for the rest.
    if fault::is_loop() {
        finish(&mut lines, &trace);
    }
    write_end(&mut lines);
}

/// Writes the parts of a report that may fail.
fn finish(lines: &mut Lines, trace: &Trace) {
    lines.put(format_args!("\n------ STACK TRACE WITH NAMES ------\n"));
    trace.write_names(lines);
    if let Some(words) = fault::last_words() {
        lines.put(format_args!("\n------ INFO OUTPUT ------\n{}", words.info));
        let clients = words.clients;
        lines.put(format_args!(
            "\n------ CLIENT LIST OUTPUT ------\n{clients}"
        ));
        if let Some(current) = words.current {
            lines.put(format_args!(
                "\n------ CURRENT CLIENT INFO ------\n{current}"
            ));
        }
    }
}

/// The alarm: a report takes too long, or a turn does.
fn alarmed() {
    if REPORTER.load(Ordering::Relaxed) == 0 {
        watchdog::bite();
    } else if !IS_WRITTEN.load(Ordering::Relaxed)
        && let Some(lines) = lines()
    {
        cut_short(lines, format_args!("{REPORT_SECONDS} seconds passed"));
    }
}

/// Reports a panic and ends the process.
fn panicked(panic: &PanicHookInfo<'_>) {
    let is_wanted = IS_WANTED.load(Ordering::Relaxed);
    if is_wanted && let Some(mut lines) = begin(libc::SIGABRT) {
        describe(panic, &mut lines);
        let trace = Trace::here();
        lines.put(format_args!("\n------ STACK TRACE ------\n"));
        trace.write_addresses(&mut lines);
        finish(&mut lines, &trace);
        write_end(&mut lines);
    } else if let Some(mut lines) = lines() {
        describe(panic, &mut lines);
    }
    if EXITS_ON_PANIC.load(Ordering::Relaxed) {
        std::process::exit(1);
    }
    fault::die_by(libc::SIGABRT)
}

/// Writes what a panic says of itself.
fn describe(panic: &PanicHookInfo<'_>, lines: &mut Lines) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let message = panic.payload_as_str().unwrap_or("no message");
    let message = match HIDES_DATA.load(Ordering::Relaxed) {
        true => "*redacted*",
        false => message,
    };
    lines.line(format_args!(
        "------------------------------------------------"
    ));
    lines.line(format_args!("Russet {VERSION}: a panic of thread '{name}'"));
    match panic.location() {
        Some(at) => lines.line(format_args!(
            "Guru Meditation: {message} #{}:{}",
            at.file(),
            at.line()
        )),
        None => lines.line(format_args!("Guru Meditation: {message}")),
    }
    lines.line(format_args!(
        "------------------------------------------------"
    ));
}
