//! Memory and time that the process uses, measured for the node, which may not look itself.
//!
//! ```text
//!  loop ─► Measured ─► node        every call passes through; before `run`, a measurement that is
//!             └─► meter            due is handed over
//! ```
//! Always true: the node sees measurements only between turns.

use std::fs::File;
use std::io::IoSlice;
use std::os::unix::fs::FileExt;

use russet_base::time::Now;
use russet_io::{
    Admission, ConnId, Exchange, Exchanged, HangUp, JobId, Origin, Outcome, Ready, Service,
};
use russet_node::Node;
use russet_node::environment::{Environment, ProcessUsage};

use crate::banner;
use crate::os::{self, Whose};
use crate::{alloc, config};

/// How often the process is measured.
const PERIOD_US: u64 = 100_000;

/// A node that gets measurements of its process.
pub(crate) struct Measured {
    node: Node,
    due_us: u64,
    /// `/proc/self/statm`, kept open.
    statm: Option<File>,
    page_size: u64,
}

impl Measured {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node,
            due_us: 0,
            statm: File::open("/proc/self/statm").ok(),
            page_size: rustix::param::page_size() as u64,
        }
    }

    fn measure(&self) -> ProcessUsage {
        let (process, thread) = (os::cpu_time(Whose::Process), os::cpu_time(Whose::Thread));
        let children = os::cpu_time(Whose::Children);
        ProcessUsage {
            allocated: alloc::allocated(),
            resident: self.resident().unwrap_or(0),
            system_us: process.system_us,
            user_us: process.user_us,
            children_system_us: children.system_us,
            children_user_us: children.user_us,
            main_system_us: thread.system_us,
            main_user_us: thread.user_us,
        }
    }

    /// The second number of the file counts resident pages.
    fn resident(&self) -> Option<u64> {
        let mut text = [0; 128];
        let size = self.statm.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..size]).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages.saturating_mul(self.page_size))
    }
}

/// The facts that hold from the start to the end.
pub(crate) fn environment() -> Environment {
    let mut environment = Environment::new(seed());
    let system = rustix::system::uname();
    let part = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let (name, release) = (part(system.sysname()), part(system.release()));
    environment.os = format!("{name} {release} {}", part(system.machine()));
    environment.process_id = std::process::id();
    environment.executable = std::env::current_exe().map_or_else(
        |_| config::absolute("russet-server"),
        |path| path.to_string_lossy().into_owned(),
    );
    environment.multiplexing_api = "epoll".to_owned();
    environment.monotonic_clock = "POSIX clock_gettime".to_owned();
    environment.stopwatch = Some(russet_reactor::clock::stopwatch_ns);
    environment.allocator = "libc".to_owned();
    environment.compiler = env!("CARGO_PKG_RUST_VERSION").to_owned();
    environment.commit = banner::COMMIT.to_owned();
    environment.build_id = banner::build_id();
    let memory = rustix::system::sysinfo();
    environment.system_memory = memory.totalram.saturating_mul(memory.mem_unit.into());
    environment
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

impl Service for Measured {
    fn opened(&mut self, conn: ConnId, origin: &Origin, now: Now) -> Admission {
        self.node.opened(conn, origin, now)
    }

    #[inline]
    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        self.node.space(conn)
    }

    #[inline]
    fn received(&mut self, conn: ConnId, count: usize) {
        self.node.received(conn, count);
    }

    fn hung_up(&mut self, conn: ConnId, why: HangUp) {
        self.node.hung_up(conn, why);
    }

    #[inline]
    fn run(&mut self, now: Now) {
        if now.mono_us >= self.due_us {
            self.due_us = now.mono_us.saturating_add(PERIOD_US);
            let usage = self.measure();
            self.node.observe(usage);
        }
        self.node.run(now);
    }

    #[inline]
    fn poll_exchange(&mut self) -> Option<Exchange> {
        self.node.poll_exchange()
    }

    fn exchanged(&mut self, end: Exchanged) {
        self.node.exchanged(end);
    }

    #[inline]
    fn ready(&mut self, ready: &mut Ready) {
        self.node.ready(ready);
    }

    #[inline]
    fn output<'s>(&'s self, conn: ConnId, slices: &mut [IoSlice<'s>]) -> usize {
        self.node.output(conn, slices)
    }

    #[inline]
    fn written(&mut self, conn: ConnId, count: usize) {
        self.node.written(conn, count);
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.node.completed(job, outcome);
    }

    fn shutdown_requested(&mut self, now: Now, signal: &'static str) {
        self.node.shutdown_requested(now, signal);
    }
}
