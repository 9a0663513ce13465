//! `--check-system`: settings of the system that hurt a server.
//!
//! Nothing here forks, so neither overcommitting memory nor transparent huge pages matter as they
//! do for Redis; what is left is the length of the accept queue and the clock.
//!
//! Always true: a check whose file is missing is skipped, not failed.

use std::fs;

/// One check: its name, and what is wrong, if it can tell.
type Check = (&'static str, fn() -> Option<Result<(), String>>);

const CHECKS: &[Check] = &[
    ("slow-clocksource", clock_source),
    ("somaxconn", accept_queue),
];

/// Runs all checks, prints their results and returns the exit code.
pub(crate) fn check() -> i32 {
    let mut code = 0;
    for (name, run) in CHECKS {
        let line = match run() {
            None => format!("[{name}]...skipped\n"),
            Some(Ok(())) => format!("[{name}]...OK\n"),
            Some(Err(text)) => {
                code = 1;
                format!("[{name}]...WARNING:\n{text}\n")
            }
        };
        crate::say(&line, 0);
    }
    code
}

fn clock_source() -> Option<Result<(), String>> {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = fs::read_to_string(path).ok()?;
    Some(match source.trim() {
        slow @ ("acpi_pm" | "hpet" | "xen") => Err(format!(
            "The clock source '{slow}' needs a system call for each reading. Prefer 'tsc' or \
             'kvm-clock' in {path}."
        )),
        _ => Ok(()),
    })
}

fn accept_queue() -> Option<Result<(), String>> {
    let path = "/proc/sys/net/core/somaxconn";
    let length: u32 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    Some(if length < 511 {
        Err(format!(
            "The accept queue holds {length} connections at most, fewer than the default \
             tcp-backlog of 511. Raise {path}."
        ))
    } else {
        Ok(())
    })
}
