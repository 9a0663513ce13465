//! Measurements of the process, and the facts that hold for its whole life.
//!
//! ```text
//!  loop ─► meter, when it is due ─► Usage ─► Service::measured
//! ```
//! Always true: the node gets measurements between turns, and looks at nothing itself.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use russet_io::Usage;
use russet_node::environment::Environment;
use rustix::io::Errno;
use rustix::process::Pid;

use crate::banner;
use crate::os::{self, Whose};
use crate::{alloc, config, crash};

/// How often the process is measured.
pub(crate) const PERIOD: Duration = Duration::from_millis(100);

/// A closure that measures this process on the thread that calls it.
pub(crate) fn meter() -> Box<dyn FnMut() -> Usage> {
    // It stays open: a measurement costs one read.
    let statm = File::open("/proc/self/statm").ok();
    let page_size = rustix::param::page_size() as u64;
    Box::new(move || {
        let (process, thread) = (os::cpu_time(Whose::Process), os::cpu_time(Whose::Thread));
        let children = os::cpu_time(Whose::Children);
        let resident = statm.as_ref().and_then(resident_pages);
        Usage {
            allocated: alloc::allocated(),
            resident: resident.unwrap_or(0).saturating_mul(page_size),
            system_us: process.system_us,
            user_us: process.user_us,
            children_system_us: children.system_us,
            children_user_us: children.user_us,
            main_system_us: thread.system_us,
            main_user_us: thread.user_us,
        }
    })
}

/// The second number of the file counts resident pages.
fn resident_pages(statm: &File) -> Option<u64> {
    let mut text = [0; 128];
    let size = statm.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(&text[..size]).ok()?;
    text.split(' ').nth(1)?.parse().ok()
}

/// The facts that hold from the start to the end.
pub(crate) fn environment() -> Environment {
    let mut environment = Environment::new(seed());
    let mut secret = [0; 32];
    // Linux has this call since 3.17, and it gives so few bytes whole.
    if let Ok(32) = rustix::rand::getrandom(&mut secret, rustix::rand::GetRandomFlags::empty()) {
        environment.secret = secret;
    }
    let system = rustix::system::uname();
    let part = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let (name, release) = (part(system.sysname()), part(system.release()));
    environment.os = format!("{name} {release} {}", part(system.machine()));
    environment.process_id = std::process::id();
    environment.is_alive = Some(is_alive);
    environment.executable = std::env::current_exe().map_or_else(
        |_| config::absolute("russet-server"),
        |path| path.to_string_lossy().into_owned(),
    );
    environment.multiplexing_api = "epoll".to_owned();
    environment.monotonic_clock = "POSIX clock_gettime".to_owned();
    environment.stopwatch = Some(russet_reactor::clock::stopwatch_ns);
    environment.allocated = Some(alloc::allocated);
    environment.purge = Some(alloc::purge);
    environment.diagnose = Some(crash::diagnose);
    environment.crash = Some(crash::crash);
    environment.allocator = "libc".to_owned();
    environment.compiler = env!("CARGO_PKG_RUST_VERSION").to_owned();
    environment.commit = banner::COMMIT.to_owned();
    environment.build_id = banner::build_id();
    let memory = rustix::system::sysinfo();
    environment.system_memory = memory.totalram.saturating_mul(memory.mem_unit.into());
    environment
}

/// Whether a process of this number runs, be it another user's.
fn is_alive(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| {
        !matches!(
            rustix::process::test_kill_process(process),
            Err(Errno::SRCH)
        )
    })
}

/// Chance from the system; from the clock and the process when it has none.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let drawn = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    match drawn {
        Ok(8) => u64::from_le_bytes(bytes),
        _ => russet_reactor::clock::wall_us().unsigned_abs() ^ u64::from(std::process::id()) << 40,
    }
}
