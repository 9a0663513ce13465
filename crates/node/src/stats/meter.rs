//! How long commands run, for statistics only.
//!
//! The clock is read when a session's requests of one kind end and others begin, and at the end:
//! once for a single request, once for a pipeline of a thousand GETs, whose time is shared among
//! them.
//!
//! Always true: no decision depends on what is read; without a clock nothing takes any time.
//! Not here: where it is kept — `stats.rs`.

// PERF: reading the clock takes 25 to 40 ns, as long as a GET of a pipeline does in the engine.

use russet_command::registry::CommandId;

use super::Stats;

/// Nanoseconds since any fixed moment.
pub type Stopwatch = fn() -> u64;

/// Measures commands that run one after the other.
#[derive(Debug)]
pub(crate) struct Meter {
    watch: Option<Stopwatch>,
    since_ns: u64,
    running: Option<(CommandId, u32)>,
    is_tracked: bool,
}

impl Meter {
    /// Begins now; distributions are kept if `is_tracked`.
    #[inline]
    pub(crate) fn start(watch: Option<Stopwatch>, is_tracked: bool) -> Self {
        Self {
            watch,
            since_ns: watch.map_or(0, |watch| watch()),
            running: None,
            is_tracked,
        }
    }

    /// A command runs from now on, perhaps after others of its kind.
    #[inline]
    pub(crate) fn runs(&mut self, id: CommandId, stats: &mut Stats) {
        match &mut self.running {
            Some((running, count)) if *running == id => *count += 1,
            None => self.running = Some((id, 1)),
            Some(_) => self.changes_to(id, stats),
        }
    }

    /// Another command runs from now on.
    #[inline(never)]
    fn changes_to(&mut self, id: CommandId, stats: &mut Stats) {
        self.stop(stats);
        self.running = Some((id, 1));
    }

    /// Ends the measurement of the command that ran.
    #[inline]
    pub(crate) fn stop(&mut self, stats: &mut Stats) {
        let (Some(watch), Some((id, count))) = (self.watch, self.running.take()) else {
            return;
        };
        let now_ns = watch();
        let took_ns = now_ns.saturating_sub(self.since_ns);
        self.since_ns = now_ns;
        stats.took(id, (took_ns, count), self.is_tracked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static TIME: Cell<u64> = const { Cell::new(0) };
    }

    fn pass(nanos: u64) {
        TIME.set(TIME.get() + nanos);
    }

    #[test]
    fn time_is_shared_among_neighbours_of_one_kind() {
        let registry = crate::registry::commands(&[]);
        let id = |name: &str| registry.find(name.as_bytes()).expect("it exists");
        let (get, set) = (id("GET"), id("SET"));
        let mut stats = Stats::new(registry.len());
        let mut meter = Meter::start(Some(|| TIME.get()), true);
        for (command, nanos) in [(get, 100), (get, 300), (set, 1000), (get, 500)] {
            meter.runs(command, &mut stats);
            pass(nanos);
        }
        meter.stop(&mut stats);
        meter.stop(&mut stats);
        let of = |id: CommandId| &stats.commands()[id.index()];
        assert_eq!((of(get).nanoseconds, of(set).nanoseconds), (900, 1000));
        let latency = of(get).latency.as_deref().expect("it is tracked");
        assert_eq!((latency.total(), latency.percentile(50.0)), (3, 200));
    }
}
