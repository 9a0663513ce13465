//! How long commands run, for statistics only.
//!
//! The clock is read when a session's requests of one kind end and others begin, and at the end:
//! once for a single request, once for a pipeline of a thousand GETs, whose time is shared among
//! them. A command that may take long has a clock of its own, read when it ends, and when it begins
//! unless another measurement ended just then.
//!
//! Always true: no decision depends on what is read; without a clock nothing takes any time.
//! Not here: where it is kept — `stats.rs`.

// PERF: reading the clock takes 25 to 40 ns, as long as a GET of a pipeline does in the engine.

use russet_command::registry::CommandId;
use russet_resp::Mark;

use super::Stats;

/// Nanoseconds since any fixed moment.
pub type Stopwatch = fn() -> u64;

/// The clock that a command is timed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// That of all neighbours of its kind.
    Shared,
    /// One of its own.
    Own,
}

/// Measures commands that run one after the other.
#[derive(Debug)]
pub(crate) struct Meter {
    watch: Option<Stopwatch>,
    since_ns: u64,
    /// Whether nothing but a command ran since then.
    is_current: bool,
    running: Option<(CommandId, u32)>,
    has_own: bool,
    is_tracked: bool,
    /// For how long the server was going to stall when the command began, in microseconds.
    pub stalled_us: u64,
    /// The time of the commands that shared a clock last, in nanoseconds.
    pub took_ns: u64,
    /// Where the replies of the session begin, or that of a command with a clock of its own.
    pub mark: Mark,
}

impl Meter {
    /// Begins now; distributions are kept if `is_tracked`.
    #[inline]
    pub(crate) fn start(watch: Option<Stopwatch>, is_tracked: bool) -> Self {
        Self {
            watch,
            since_ns: watch.map_or(0, |watch| watch()),
            is_current: true,
            running: None,
            has_own: false,
            is_tracked,
            stalled_us: 0,
            took_ns: 0,
            mark: Mark::default(),
        }
    }

    /// Begins with the first command that has a clock of its own.
    pub(crate) fn at_rest(watch: Option<Stopwatch>, is_tracked: bool) -> Self {
        Self {
            watch,
            is_current: false,
            ..Self::start(None, is_tracked)
        }
    }

    /// Another command of the same kind runs from now on; false if it is of another one.
    #[inline(always)]
    pub(crate) fn goes_on(&mut self, id: CommandId) -> bool {
        match &mut self.running {
            Some((running, count)) if *running == id => {
                *count += 1;
                true
            }
            _ => false,
        }
    }

    /// Whether nothing is measured, and what was has just ended.
    #[inline(always)]
    pub(crate) fn is_fresh(&self) -> bool {
        self.running.is_none() && self.is_current
    }

    /// The first command runs, and shares its clock with those that follow.
    #[inline(always)]
    pub(crate) fn begin_shared(&mut self, id: CommandId) {
        self.running = Some((id, 1));
    }

    /// A command of another kind runs from now on; gives the time of those that shared a clock.
    pub(crate) fn begin(&mut self, id: CommandId, clock: Clock, stats: &mut Stats) -> u64 {
        let took_ns = self.stop(stats);
        if !self.is_current {
            self.since_ns = self.now_ns();
            self.is_current = true;
        }
        self.running = Some((id, 1));
        self.has_own = clock == Clock::Own;
        took_ns
    }

    /// Whether a command runs that has a clock of its own.
    #[inline(always)]
    pub(crate) fn has_own(&self) -> bool {
        self.has_own
    }

    /// The command with a clock of its own is over, but for a stall that follows: the nanoseconds
    /// that it took.
    pub(crate) fn end_own(&mut self, stalled_ns: u64, stats: &mut Stats) -> u64 {
        let took_ns = self.take_own().saturating_add(stalled_ns);
        if let Some((id, _)) = self.running.take()
            && (self.watch.is_some() || took_ns > 0)
        {
            stats.took(id, (took_ns, 1), self.is_tracked);
        }
        took_ns
    }

    /// The command waits, and is counted when it is over: the nanoseconds that it took so far.
    pub(crate) fn suspend(&mut self) -> u64 {
        let took_ns = self.take_own();
        self.running = None;
        took_ns
    }

    /// The time since the command with a clock of its own began; what runs next begins later.
    fn take_own(&mut self) -> u64 {
        self.has_own = false;
        self.is_current = false;
        self.now_ns().saturating_sub(self.since_ns)
    }

    fn now_ns(&self) -> u64 {
        self.watch.map_or(0, |watch| watch())
    }

    /// Ends the measurement of the commands that ran; gives their time.
    #[inline]
    pub(crate) fn stop(&mut self, stats: &mut Stats) -> u64 {
        let (Some(watch), Some((id, count))) = (self.watch, self.running.take()) else {
            return 0;
        };
        let now_ns = watch();
        let took_ns = now_ns.saturating_sub(self.since_ns);
        self.since_ns = now_ns;
        stats.took(id, (took_ns, count), self.is_tracked);
        took_ns
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
            if !meter.goes_on(command) {
                meter.begin(command, Clock::Shared, &mut stats);
            }
            pass(nanos);
        }
        assert_eq!(meter.stop(&mut stats), 500);
        assert_eq!(meter.stop(&mut stats), 0);
        let of = |id: CommandId| &stats.commands()[id.index()];
        assert_eq!((of(get).nanoseconds, of(set).nanoseconds), (900, 1000));
        let latency = of(get).latency.as_deref().expect("it is tracked");
        let median = latency.digest(&[50.0]).percentiles;
        assert_eq!((latency.total(), median), (3, vec![200]));
    }

    #[test]
    fn a_command_with_a_clock_of_its_own_is_timed_from_its_own_beginning() {
        let registry = crate::registry::commands(&[]);
        let id = |name: &str| registry.find(name.as_bytes()).expect("it exists");
        let (get, lrange) = (id("GET"), id("LRANGE"));
        let mut stats = Stats::new(registry.len());
        let mut meter = Meter::start(Some(|| TIME.get()), true);
        meter.begin(get, Clock::Shared, &mut stats);
        pass(100);
        for nanos in [50, 7000] {
            meter.begin(lrange, Clock::Own, &mut stats);
            pass(nanos);
            assert_eq!(meter.end_own(0, &mut stats), nanos);
            // Others are served.
            pass(1_000_000);
        }
        meter.begin(lrange, Clock::Own, &mut stats);
        pass(3);
        assert_eq!(meter.suspend(), 3);
        pass(1_000_000);
        meter.begin(get, Clock::Shared, &mut stats);
        pass(200);
        assert_eq!(meter.stop(&mut stats), 200);
        let of = |id: CommandId| stats.commands()[id.index()].nanoseconds;
        assert_eq!((of(get), of(lrange)), (300, 7050));
    }
}
