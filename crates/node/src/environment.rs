//! Facts about the process and the machine, given to the node since it may not look itself.
//!
//! Always true: nothing here decides anything but `seed`; all else is shown and logged only.
//! Not here: counters of the node itself — `stats.rs`; who measures — the loop.

use russet_base::rng::Rng;
use russet_base::time::Now;
use russet_io::Usage;

use crate::stats::Stopwatch;

/// The Redis release whose surface this server offers.
pub const REDIS_VERSION: &str = "7.4.7";

/// The same as three numbers.
pub(crate) const VERSION_NUMBERS: [u8; 3] = [7, 4, 7];

/// The version of this server.
pub const RUSSET_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The settings about crashes and long turns, for whoever reports them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// Whether a crash writes a report.
    pub reports_crashes: bool,
    /// Whether a panic ends the process with exit code 1 instead of an abort.
    pub exits_on_panic: bool,
    /// Whether the message of a panic, which may contain data, is left out.
    pub hides_data: bool,
    /// Milliseconds that a turn may take before its place in the code is logged; 0: any time.
    pub watchdog_ms: u32,
}

/// A crash that DEBUG asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// A fault of the processor.
    Fault,
    /// A panic.
    Panic,
}

/// Facts that hold from the start to the end, and the latest measurements.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The seed of all chance in the node.
    pub seed: u64,
    /// Bytes that nobody knows outside, from which passwords are drawn (ACL GENPASS).
    pub secret: [u8; 32],
    /// Forty hexadecimal digits that name this run of the server.
    pub run_id: String,
    /// The time of the start; the node sets it.
    pub started: Now,
    /// The process.
    pub process_id: u32,
    /// Tells whether a process of this number runs: the temporary files of others are swept.
    pub is_alive: Option<fn(u32) -> bool>,
    /// The absolute path of the program.
    pub executable: String,
    /// Name, release and machine of the operating system, as `uname` prints them.
    pub os: String,
    /// The size of a pointer in bits.
    pub arch_bits: u32,
    /// How the loop waits for events (`epoll`).
    pub multiplexing_api: String,
    /// The clock that the loop reads.
    pub monotonic_clock: String,
    /// A clock for statistics, which nothing depends on.
    pub stopwatch: Option<Stopwatch>,
    /// Tells how many bytes are allocated, those of blocks and of the arenas.
    pub allocated: Option<fn() -> u64>,
    /// Gives free memory of the allocator back to the system.
    pub purge: Option<fn()>,
    /// Takes over the settings about crashes and long turns, whenever they change.
    pub diagnose: Option<fn(Diagnostics)>,
    /// Crashes the process and does not return.
    pub crash: Option<fn(Crash)>,
    /// The allocator.
    pub allocator: String,
    /// The version of the compiler.
    pub compiler: String,
    /// The commit that the program was built from; zeros when the build did not say.
    pub commit: String,
    /// Names the build.
    pub build_id: String,
    /// The memory of the machine, in bytes.
    pub system_memory: u64,
    /// Memory and processor time that the process used when it was last measured.
    pub usage: Usage,
    /// Memory in use besides the data when it was last measured, without the arenas' slack.
    pub beside_data: u64,
    /// The memory allocated before the first client came.
    pub allocated_at_start: u64,
}

impl Environment {
    /// An environment of which nothing is known but its seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            secret: secret(seed),
            run_id: hex_id(seed, 0x7275_6e00),
            started: Now::default(),
            process_id: 0,
            is_alive: None,
            executable: String::new(),
            os: "unknown".into(),
            arch_bits: usize::BITS,
            multiplexing_api: "none".into(),
            monotonic_clock: "argument".into(),
            stopwatch: None,
            allocated: None,
            purge: None,
            diagnose: None,
            crash: None,
            allocator: "libc".into(),
            compiler: "0.0.0".into(),
            commit: "00000000".into(),
            build_id: "0".into(),
            system_memory: 0,
            usage: Usage::default(),
            beside_data: 0,
            allocated_at_start: 0,
        }
    }

    /// Takes over the latest measurements.
    pub(crate) fn observe(&mut self, usage: Usage) {
        if self.allocated_at_start == 0 {
            self.allocated_at_start = usage.allocated;
        }
        self.usage = usage;
    }

    /// The id of the replication history that this run begins.
    pub(crate) fn replication_id(&self) -> String {
        hex_id(self.seed, 0x7265_706c)
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new(0)
    }
}

/// A stand-in for a secret: whoever knows the seed knows it, too.
fn secret(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    Rng::new(seed.rotate_right(16)).fill(&mut bytes);
    bytes
}

/// Forty hexadecimal digits, drawn for a purpose.
fn hex_id(seed: u64, purpose: u64) -> String {
    let mut rng = Rng::new(seed ^ purpose.rotate_left(32));
    let (a, b, c) = (rng.u64(), rng.u64(), rng.u64());
    format!("{a:016x}{b:016x}{:08x}", c >> 32)
}
