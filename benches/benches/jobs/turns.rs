//! Turns of the loop, measured.
//!
//! Not here: the load — `client.rs`.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use russet_node::Node;
use russet_reactor::Reactor;
use rustix::time::{ClockId, clock_gettime};

/// Times in microseconds.
#[derive(Default)]
pub(crate) struct Spans(Vec<f64>);

impl Spans {
    pub(crate) fn add(&mut self, us: f64) {
        self.0.push(us);
    }

    /// The worst of them, and how few are above others.
    pub(crate) fn describe(&mut self) -> String {
        self.0.sort_by(f64::total_cmp);
        let Some(last) = self.0.len().checked_sub(1) else {
            return "never".to_owned();
        };
        let at = |part: f64| self.0[((self.0.len() as f64 * part) as usize).min(last)];
        format!(
            "worst {:.0} µs; 99.99 % {:.0}, 99 % {:.0}, 50 % {:.0}; {} above 1 ms of {}",
            at(1.0),
            at(0.9999),
            at(0.99),
            at(0.5),
            self.0.iter().filter(|&&us| us > 1000.0).count(),
            self.0.len(),
        )
    }
}

/// The turns of a phase.
pub(crate) struct Turns {
    /// The CPU time of each.
    spans: Spans,
    requests: u64,
    elapsed: Duration,
}

impl Turns {
    /// Turns until a condition holds, and measures each turn.
    pub(crate) fn until(
        reactor: &mut Reactor<Node>,
        answered: &AtomicU64,
        mut is_over: impl FnMut(Duration) -> bool,
    ) -> io::Result<Self> {
        let (start, requests) = (Instant::now(), answered.load(Ordering::Relaxed));
        let mut spans = Spans(Vec::with_capacity(1 << 22));
        while !is_over(start.elapsed()) {
            let before = thread_us();
            reactor.turn(Some(Duration::from_millis(10)))?;
            spans.add(thread_us() - before);
        }
        Ok(Self {
            spans,
            requests: answered.load(Ordering::Relaxed) - requests,
            elapsed: start.elapsed(),
        })
    }

    pub(crate) fn print(&mut self, phase: &str) {
        let cpu_s = self.spans.0.iter().sum::<f64>() / 1e6;
        println!("  {phase}: pause of a turn: {}", self.spans.describe());
        println!(
            "    {} requests in {:.2} s, {:.0} per CPU second of the loop's thread",
            self.requests,
            self.elapsed.as_secs_f64(),
            self.requests as f64 / cpu_s,
        );
    }
}

/// The CPU time that this thread has used, in microseconds.
pub(crate) fn thread_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// The longest CPU time of a short piece of computing that touches no memory: a pause that no
/// program can avoid on this machine.
pub(crate) fn machine_worst_us(period: Duration) -> f64 {
    let (start, mut worst) = (Instant::now(), 0_f64);
    while start.elapsed() < period {
        let before = thread_us();
        for n in 0..10_000_u64 {
            black_box(n);
        }
        worst = worst.max(thread_us() - before);
    }
    worst
}
