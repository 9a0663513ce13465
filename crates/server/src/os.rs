//! The few calls of the C library that have no safe form: fork, local time, and what a process
//! used.
//!
//! Promises of this file to its callers:
//! 1. `fork` happens only in a process with one thread, which the caller states by calling it
//!    before it starts any; it checks what the system lets it check.
//! 2. Every structure that the library fills is owned here, valid for its type when all its bytes
//!    are zero, and read only after the call said that it succeeded.
//!
//! Not here: signals — `signal.rs`; memory — `alloc/`; limits — `russet_reactor::open_files`.
#![expect(unsafe_code, reason = "calls of the C library without a safe form")]

use std::io;
use std::mem::MaybeUninit;

/// The process in which a fork returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forked {
    /// The process that goes on.
    Child,
    /// The process that was there before.
    Parent,
}

/// A moment of local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalTime {
    pub(crate) year: i32,
    /// From 0.
    pub(crate) month0: i32,
    pub(crate) day: i32,
    pub(crate) hour: i32,
    pub(crate) minute: i32,
    pub(crate) second: i32,
}

/// Time that was used, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CpuTime {
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
}

/// Whose time is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// All threads of this process.
    Process,
    /// The thread that asks.
    Thread,
    /// Child processes that ended.
    Children,
}

/// Splits the process in two.
///
/// # Errors
/// The system refuses, or the process has threads already.
pub(crate) fn fork() -> io::Result<Forked> {
    if thread_count().is_some_and(|count| count > 1) {
        return Err(io::Error::other("the process has threads already"));
    }
    // SAFETY: (1) one thread runs, so the child has no lock that a lost thread holds.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        _ => Ok(Forked::Parent),
    }
}

fn thread_count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Local time of a moment in seconds since 1970.
pub(crate) fn local_time(seconds: i64) -> LocalTime {
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    let time: libc::time_t = seconds;
    // SAFETY: (2) both pointers are to values of our own that outlive the call.
    unsafe { libc::localtime_r(&raw const time, tm.as_mut_ptr()) };
    // SAFETY: (2) all-zero bytes are a valid `tm`, so it is one even if the call failed.
    let tm = unsafe { tm.assume_init() };
    LocalTime {
        year: tm.tm_year.saturating_add(1900),
        month0: tm.tm_mon,
        day: tm.tm_mday,
        hour: tm.tm_hour,
        minute: tm.tm_min,
        second: tm.tm_sec,
    }
}

/// The processor time that was used.
pub(crate) fn cpu_time(whose: Whose) -> CpuTime {
    let whose = match whose {
        Whose::Process => libc::RUSAGE_SELF,
        Whose::Thread => libc::RUSAGE_THREAD,
        Whose::Children => libc::RUSAGE_CHILDREN,
    };
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: (2) the pointer is to a value of our own that outlives the call.
    unsafe { libc::getrusage(whose, usage.as_mut_ptr()) };
    // SAFETY: (2) all-zero bytes are a valid `rusage`, so it is one even if the call failed.
    let usage = unsafe { usage.assume_init() };
    let micros = |time: libc::timeval| {
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds
            .saturating_mul(1_000_000)
            .saturating_add(u64::try_from(time.tv_usec).unwrap_or(0))
    };
    CpuTime {
        user_us: micros(usage.ru_utime),
        system_us: micros(usage.ru_stime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_is_within_a_day_of_universal_time() {
        let time = local_time(1_795_179_600);
        assert_eq!((time.year, time.month0), (2026, 10));
        assert!((19..=21).contains(&time.day));
        assert!((0..24).contains(&time.hour) && (0..60).contains(&time.minute));
    }

    #[test]
    fn a_thread_used_no_more_than_its_process() {
        let total = |time: CpuTime| time.user_us + time.system_us;
        let thread = cpu_time(Whose::Thread);
        assert!(total(thread) <= total(cpu_time(Whose::Process)));
    }

    #[test]
    fn a_process_with_threads_does_not_fork() {
        // Tests run on a thread of their own beside the main one.
        assert!(fork().is_err());
    }
}
