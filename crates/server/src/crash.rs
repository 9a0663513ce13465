//! A report in the log when the program breaks one of its own promises.
//!
//! Always true: the process ends after the report, as the release profile has it.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};

use crate::banner::VERSION;
use crate::log::Log;

/// Has every panic reported in the log.
pub(crate) fn report_to(log: Log) {
    panic::set_hook(Box::new(move |panic| log.write_raw(&report(panic))));
}

fn report(panic: &PanicHookInfo<'_>) -> String {
    let trace = Backtrace::force_capture();
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    format!(
        "\n=== RUSSET BUG REPORT START: Cut & paste starting from here ===\n\
         Russet {VERSION} ended by a panic of thread '{name}'\n\
         {panic}\n\
         \n------ STACK TRACE ------\n{trace}\n\
         === RUSSET BUG REPORT END. Please include everything from START to END. ===\n"
    )
}
