//! Notices of costs: what was slow or large reaches the command log and the latency events.
//!
//! ```text
//!  a command that may take long ────► clock and mark of its own ─┐
//!  a brief one alone in its turn ───► those of its session ──────┴─► ≥ a bar ─► logs, events
//!  several brief ones in a turn ────► those of its session ──► ≥ a bar ─► for a second, their own
//!  a request ───────────────────────► its size ──► ≥ a bar ─► log
//! ```
//! Brief commands of a session that run one after the other share one reading of the clock
//! (`stats/meter.rs`), so that none of them is told apart. While a bar is below a millisecond,
//! latency is monitored, or hot keys are looked for, every command has a clock of its own.
//!
//! Of brief commands in scripts one in eight is measured (`scripts/pace.rs`).
//!
//! Always true: with settings as they are by default, a brief command pays for two comparisons.
//! Not here: entries — `commandlog.rs`, `latency.rs`; the bars — `costs.rs`.

use russet_command::Flags;
use russet_command::keys::keys_told;
use russet_command::registry::CommandId;
use russet_io::Address;
use russet_resp::{Args, Mark};

use crate::commandlog::{self, Entry, Kind};
use crate::core::Core;
use crate::costs::Bars;
use crate::hotkeys::Cost;
use crate::latency::{Event, Sample};
use crate::secrets::Secrets;
use crate::session::Session;
use crate::stats::{Clock, Meter};

/// The bar below which one clock for several brief commands would be too coarse.
const COARSE_NS: u64 = 1_000_000;

/// How long every command has a clock of its own after several that shared one cost much.
const EXACT_US: u64 = 1_000_000;

impl Core {
    /// Takes over the settings.
    pub(crate) fn derive_bars(&mut self) {
        let log = &mut self.costs.log;
        log.configure(&self.config);
        let size = |kind| {
            let bytes = log.cost_min(kind);
            bytes.map_or(usize::MAX, |bytes| {
                usize::try_from(bytes).unwrap_or(usize::MAX)
            })
        };
        let slow_us = log.cost_min(Kind::Slow).unwrap_or(u64::MAX);
        let latency_us = match self.config.latency_monitor_threshold {
            0 => u64::MAX,
            ms => ms.saturating_mul(1000),
        };
        let slow_ns = slow_us.min(latency_us).saturating_mul(1000);
        let hot = self.costs.hot.as_ref();
        let is_exact = slow_ns < COARSE_NS
            || latency_us < u64::MAX
            || hot.is_some_and(|tracking| tracking.is_active(self.now))
            || self.costs.exact_until_us > self.now.mono_us;
        self.costs.bars = Bars {
            slow_ns,
            request_size: size(Kind::LargeRequest),
            reply_size: size(Kind::LargeReply),
            brief: match is_exact {
                true => Clock::Own,
                false => Clock::Shared,
            },
        };
    }

    /// The clock that a command is timed with.
    #[inline(always)]
    fn clock_of(&self, id: CommandId) -> Clock {
        match self.commands.get(id).is_brief {
            true => self.costs.bars.brief,
            false => Clock::Own,
        }
    }

    /// A command runs from now on.
    // PERF: a brief one pays for a comparison or two.
    #[inline(always)]
    pub(crate) fn begin_timed(&mut self, meter: &mut Meter, id: CommandId) {
        if meter.goes_on(id) {
            return;
        }
        match meter.is_fresh() && self.clock_of(id) == Clock::Shared {
            true => meter.begin_shared(id),
            false => self.begin_another(meter, id),
        }
    }

    #[inline(never)]
    fn begin_another(&mut self, meter: &mut Meter, id: CommandId) {
        let clock = self.clock_of(id);
        let took_ns = meter.begin(id, clock, &mut self.stats);
        let size = self.outgoing.own().len_since(meter.mark);
        if took_ns >= self.costs.bars.slow_ns || size >= self.costs.bars.reply_size {
            self.begin_exactness();
        }
        if clock == Clock::Own {
            meter.mark = self.outgoing.own().mark();
        }
    }

    /// A command of a script runs from now on, with a clock of its own: the time between commands
    /// is not theirs.
    pub(crate) fn begin_own(&mut self, meter: &mut Meter, id: CommandId) {
        meter.begin(id, Clock::Own, &mut self.stats);
        meter.mark = self.outgoing.own().mark();
    }

    /// The time in nanoseconds that a command of a script counts which is not measured.
    #[inline]
    pub(crate) fn known_time(&mut self, id: CommandId) -> Option<u64> {
        match self.clock_of(id) {
            Clock::Shared => self.scripts.paces.next(id),
            Clock::Own => None,
        }
    }

    /// A command of a script is over that was not measured; gives its time again.
    #[inline]
    pub(crate) fn end_known(&mut self, id: CommandId, took_ns: u64) -> u64 {
        if self.environment.stopwatch.is_some() {
            let is_tracked = self.config.latency_tracking;
            self.stats.took(id, (took_ns, 1), is_tracked);
        }
        took_ns
    }

    /// The command that has a clock of its own is over; gives the nanoseconds that it took.
    #[inline(never)]
    pub(crate) fn end_timed(
        &mut self,
        meter: &mut Meter,
        session: &Session,
        asked: (CommandId, &Args<'_>),
    ) -> u64 {
        let stalled_ns = self.outbox.stall_us.saturating_sub(meter.stalled_us) * 1000;
        let took_ns = meter.end_own(stalled_ns, &mut self.stats);
        let size = self.outgoing.own().len_since(meter.mark);
        meter.mark = self.outgoing.own().mark();
        self.note(session, asked, (took_ns, size));
        took_ns
    }

    /// The requests of a session are over; says whether those that shared a clock are worth a look.
    #[inline(always)]
    pub(crate) fn end_shared(&mut self, meter: &mut Meter) -> bool {
        meter.took_ns = meter.stop(&mut self.stats);
        let size = self.outgoing.own().len_since(meter.mark);
        meter.took_ns >= self.costs.bars.slow_ns || size >= self.costs.bars.reply_size
    }

    /// Tells of a command that had a shared clock for itself. If there were several, the next ones
    /// have clocks of their own.
    #[cold]
    pub(crate) fn note_shared(
        &mut self,
        meter: &Meter,
        session: &Session,
        only: Option<(CommandId, Args<'_>)>,
    ) {
        let size = self.outgoing.own().len_since(meter.mark);
        match only {
            Some((id, args)) if self.clock_of(id) == Clock::Shared => {
                self.note(session, (id, &args), (meter.took_ns, size));
            }
            // It was looked at already.
            Some(_) => {}
            None => self.begin_exactness(),
        }
    }

    /// Gives every command a clock of its own for a while.
    #[cold]
    fn begin_exactness(&mut self) {
        self.costs.exact_until_us = self.now.mono_us.saturating_add(EXACT_US);
        self.derive_bars();
    }

    /// Lets brief commands share a clock again, when they have had their own for long enough.
    pub(crate) fn end_exactness(&mut self) {
        if self.costs.exact_until_us > 0 && self.costs.exact_until_us <= self.now.mono_us {
            self.costs.exact_until_us = 0;
            self.derive_bars();
        }
    }

    /// Adds the cost of a command to its keys, while hot keys are looked for.
    #[cold]
    fn note_keys(&mut self, (id, args): (CommandId, &Args<'_>), (took_ns, replied): (u64, usize)) {
        let Some(tracking) = &mut self.costs.hot else {
            return;
        };
        if !tracking.is_active(self.now) {
            return self.derive_bars();
        }
        let spec = self.commands.get(id).spec;
        // The commands that it ran were counted one by one.
        if spec.flags.has(Flags::RUNS_QUEUED) {
            return;
        }
        let bytes = (args.encoded_size() + replied) as u64;
        tracking.count(Cost { took_ns, bytes });
        let keys = keys_told(spec, *args);
        if keys.is_empty() || self.rng.below(tracking.plan.ratio) > 0 {
            return;
        }
        let count = keys.count() as u64;
        let share = Cost {
            took_ns: took_ns / count,
            bytes: bytes / count,
        };
        for key in keys.iter().filter_map(|at| args.get(at.position)) {
            tracking.use_key(key, share);
        }
    }

    /// The command of a client that waited is over; its reply stands behind the mark.
    pub(crate) fn end_suspended(
        &mut self,
        session: &Session,
        asked: (CommandId, &Args<'_>),
        (took_ns, mark): (u64, Mark),
    ) {
        if self.environment.stopwatch.is_some() {
            let is_tracked = self.config.latency_tracking;
            self.stats.took(asked.0, (took_ns, 1), is_tracked);
        }
        let size = self.outgoing.output(session.conn).len_since(mark);
        self.note(session, asked, (took_ns, size));
    }

    /// Tells of a command, with its time and the bytes of its reply, if it cost much.
    #[inline]
    fn note(
        &mut self,
        session: &Session,
        asked: (CommandId, &Args<'_>),
        (took_ns, size): (u64, usize),
    ) {
        if self.costs.hot.is_some() {
            self.note_keys(asked, (took_ns, size));
        }
        if size >= self.costs.bars.reply_size {
            self.log_command(Kind::LargeReply, session, asked, size as u64);
        }
        if took_ns >= self.costs.bars.slow_ns {
            self.note_slow(session, asked, took_ns);
        }
    }

    #[cold]
    fn note_slow(&mut self, session: &Session, asked: (CommandId, &Args<'_>), took_ns: u64) {
        let us = took_ns / 1000;
        if self
            .costs
            .log
            .cost_min(Kind::Slow)
            .is_some_and(|min| us >= min)
        {
            self.log_command(Kind::Slow, session, asked, us);
        }
        let flags = self.commands.get(asked.0).spec.flags;
        let event = match flags.has(Flags::FAST) {
            true => Event::FastCommand,
            false => Event::Command,
        };
        self.note_latency(event, took_ns);
    }

    /// Tells of an event if it took long, and latency is monitored.
    pub(crate) fn note_latency(&mut self, event: Event, took_ns: u64) {
        let threshold_ms = self.config.latency_monitor_threshold;
        let took_ms = took_ns / 1_000_000;
        if threshold_ms > 0 && took_ms >= threshold_ms {
            let at_s = self.now.wall_ms().div_euclid(1000);
            self.costs.latency.push(event, Sample { at_s, took_ms });
        }
    }

    /// The time, in nanoseconds, if latency is monitored: for [`Self::end_monitored`].
    #[inline]
    pub(crate) fn begin_monitored(&self) -> Option<u64> {
        if self.config.latency_monitor_threshold == 0 {
            return None;
        }
        self.environment.stopwatch.map(|watch| watch())
    }

    /// Tells of an event that began when [`Self::begin_monitored`] was called.
    #[inline]
    pub(crate) fn end_monitored(&mut self, event: Event, begun_ns: Option<u64>) {
        if let (Some(begun_ns), Some(watch)) = (begun_ns, self.environment.stopwatch) {
            self.note_latency(event, watch().saturating_sub(begun_ns));
        }
    }

    /// Logs a request if it is large.
    #[cold]
    pub(crate) fn note_request(&mut self, session: &Session, id: CommandId, args: &Args<'_>) {
        let size = args.encoded_size();
        if self.costs.bars.may_be_large(size) && session.last_command == Some(id) {
            self.log_command(Kind::LargeRequest, session, (id, args), size as u64);
        }
    }

    fn log_command(
        &mut self,
        kind: Kind,
        session: &Session,
        (id, args): (CommandId, &Args<'_>),
        cost: u64,
    ) {
        let command = self.commands.get(id);
        if command.spec.flags.has(Flags::SKIP_SLOWLOG) || self.loading.is_some() {
            return;
        }
        let secrets = Secrets::of(&command.full_name, args);
        let names = session.names.as_deref();
        let entry = Entry {
            id: 0,
            at_s: self.now.wall_ms().div_euclid(1000),
            cost,
            args: commandlog::cut(args, &secrets),
            client: match &session.origin.address {
                Address::Tcp { peer, .. } => peer.to_string(),
                Address::Unix { path } => format!("{path}:0"),
            },
            name: names.map_or_else(Vec::new, |names| names.name.clone()),
        };
        self.costs.log.push(kind, entry);
    }
}
