//! The watchdog: logs where the loop is when a turn takes longer than `watchdog-period`.
//!
//! ```text
//!  thread: one turn for all of a period ─► SIGALRM to the loop ─► bite: addresses ─► log, names
//! ```
//! The names of functions are found on the watchdog's own thread, since the loop may be anywhere,
//! the allocator included.
//!
//! Always true: a turn is logged once; without a period there is no thread, or it sleeps.
//! Not here: whether a turn goes on — `russet_reactor::Pulse`; the handler — `fault.rs`.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use russet_reactor::Pulse;

use crate::fault::{self, FRAMES_MAX};
use crate::log::Log;
use crate::trace::Trace;

/// The thread looks so often in a period.
const LOOKS: u32 = 8;

/// The shortest time between two looks.
const LOOK_MIN: Duration = Duration::from_millis(5);

/// How long the loop may take to say where it is: it may be in the system, which it does not leave
/// at once for a signal.
const PATIENCE: Duration = Duration::from_millis(100);

/// Milliseconds that a turn may take; 0: any time.
static PERIOD_MS: AtomicU32 = AtomicU32::new(0);

/// The loop that is watched, and where the log is.
static WATCHED: OnceLock<(Pulse, Log)> = OnceLock::new();

/// The thread, once there was a period.
static THREAD: Mutex<Option<Thread>> = Mutex::new(None);

/// Where the loop was when it was asked last; ends with a 0.
static FRAMES: [AtomicUsize; FRAMES_MAX] = [const { AtomicUsize::new(0) }; FRAMES_MAX];

/// How often the loop said where it is.
static BITES: AtomicU32 = AtomicU32::new(0);

/// Watches a loop from now on, if there is a period.
pub(crate) fn watch(pulse: Pulse, log: Log) {
    // There is one loop.
    let _ = WATCHED.set((pulse, log));
    set_period(PERIOD_MS.load(Ordering::Relaxed));
}

/// Sets how long a turn may take, in milliseconds; 0: any time.
pub(crate) fn set_period(ms: u32) {
    PERIOD_MS.store(ms, Ordering::Relaxed);
    let Some((pulse, log)) = WATCHED.get().filter(|_| ms > 0) else {
        return;
    };
    let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(thread) = &*thread {
        return thread.unpark();
    }
    let builder = thread::Builder::new().name("russet-watchdog".to_owned());
    match builder.spawn(|| run(pulse, log)) {
        Ok(handle) => *thread = Some(handle.thread().clone()),
        Err(error) => log.warning(&format!("Starting the watchdog: {error}")),
    }
}

/// Looks at the loop until the process ends.
fn run(pulse: &Pulse, log: &Log) {
    let (mut looks, mut last) = (0, None);
    loop {
        let period_ms = PERIOD_MS.load(Ordering::Relaxed);
        if period_ms == 0 {
            thread::park();
            continue;
        }
        let pause = (Duration::from_millis(period_ms.into()) / LOOKS).max(LOOK_MIN);
        thread::park_timeout(pause);
        let turn = pulse.turn();
        looks = match turn.is_some() && turn == last {
            true => looks + 1,
            false => 0,
        };
        last = turn;
        if looks == LOOKS {
            report(log);
        }
    }
}

/// Has the loop say where it is, and logs it.
fn report(log: &Log) {
    let bites = BITES.load(Ordering::Acquire);
    fault::alarm_loop();
    thread::park_timeout(PATIENCE);
    let mut text = "\n--- WATCHDOG TIMER EXPIRED ---\n".to_owned();
    if BITES.load(Ordering::Acquire) == bites {
        text.push_str("The loop is within a call of the system that signals do not interrupt.\n");
    } else {
        let frames = FRAMES.iter().map(|frame| frame.load(Ordering::Relaxed));
        let trace = Trace::of(frames);
        text.push_str("\n------ STACK TRACE ------\nBacktrace:\n");
        trace.write_addresses(&mut text);
        text.push('\n');
        trace.write_names(&mut text);
    }
    text.push_str("--------\n");
    log.write_raw(&text);
}

/// Notes where the loop is: called in the handler, on its thread.
pub(crate) fn bite() {
    let trace = Trace::here();
    let addresses = trace.addresses().iter().copied().chain([0]);
    for (to, address) in FRAMES.iter().zip(addresses) {
        to.store(address, Ordering::Relaxed);
    }
    BITES.fetch_add(1, Ordering::Release);
}
