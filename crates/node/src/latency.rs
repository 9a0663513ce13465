//! Latency events: what took long, by kind, as LATENCY shows it.
//!
//! ```text
//!  duration ≥ latency-monitor-threshold ─► the series of its event: the last 160 samples,
//!                                          one a second, the longest of that second
//! ```
//! Always true: a series exists from its first sample until LATENCY RESET; its size is fixed.
//! Not here: who measures — `notice.rs`, `cron.rs`, `persist/appending.rs`; what is advised —
//! `control/latency/doctor.rs`.

use std::collections::VecDeque;

/// How many samples a series keeps.
const SAMPLE_COUNT_MAX: usize = 160;

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The loop rearranged data to give memory back.
    ActiveDefragCycle,
    /// Replies under `appendfsync always` waited for the disk.
    AofFsyncAlways,
    /// A write of the append-only file had to wait for a sync before it.
    AofWritePendingFsync,
    /// A command ran.
    Command,
    /// Keys were evicted.
    EvictionCycle,
    /// Keys were removed whose deadline had passed.
    ExpireCycle,
    /// A command ran that takes constant or logarithmic time.
    FastCommand,
}

impl Event {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 7] = [
        Self::ActiveDefragCycle,
        Self::AofFsyncAlways,
        Self::AofWritePendingFsync,
        Self::Command,
        Self::EvictionCycle,
        Self::ExpireCycle,
        Self::FastCommand,
    ];

    /// Its name for clients.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ActiveDefragCycle => "active-defrag-cycle",
            Self::AofFsyncAlways => "aof-fsync-always",
            Self::AofWritePendingFsync => "aof-write-pending-fsync",
            Self::Command => "command",
            Self::EvictionCycle => "eviction-cycle",
            Self::ExpireCycle => "expire-cycle",
            Self::FastCommand => "fast-command",
        }
    }
}

/// A sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// When it was taken, in seconds.
    pub at_s: i64,
    /// How long the event took, in milliseconds.
    pub took_ms: u64,
}

/// The samples of one event.
#[derive(Debug)]
pub(crate) struct Series {
    /// The event.
    pub event: Event,
    /// The longest duration of all, in milliseconds.
    pub longest_ms: u64,
    /// The last samples, the oldest first.
    samples: VecDeque<Sample>,
}

impl Series {
    /// The last sample.
    pub(crate) fn last(&self) -> Sample {
        let last = self.samples.back();
        *last.expect("a series begins with a sample and loses none but for another one")
    }

    /// The samples, the oldest first; at least one.
    pub(crate) fn samples(&self) -> impl ExactSizeIterator<Item = Sample> + '_ {
        self.samples.iter().copied()
    }
}

/// All series, in the order of their first samples.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    series: Vec<Series>,
}

impl Latency {
    /// Adds a sample.
    pub(crate) fn push(&mut self, event: Event, sample: Sample) {
        let Some(series) = self.series.iter_mut().find(|series| series.event == event) else {
            let samples = VecDeque::from([sample]);
            return self.series.push(Series {
                event,
                longest_ms: sample.took_ms,
                samples,
            });
        };
        series.longest_ms = series.longest_ms.max(sample.took_ms);
        if let Some(last) = series.samples.back_mut()
            && last.at_s == sample.at_s
        {
            last.took_ms = last.took_ms.max(sample.took_ms);
            return;
        }
        if series.samples.len() == SAMPLE_COUNT_MAX {
            series.samples.pop_front();
        }
        series.samples.push_back(sample);
    }

    /// All series.
    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series of the event with this name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Series> {
        let is_named = |series: &&Series| series.event.name().as_bytes() == name;
        self.series.iter().find(is_named)
    }

    /// Removes the series of the event with this name, in any case, or all; says how many.
    pub(crate) fn reset(&mut self, name: Option<&[u8]>) -> usize {
        let before = self.series.len();
        self.series.retain(|series| {
            let own = series.event.name().as_bytes();
            name.is_some_and(|name| !own.eq_ignore_ascii_case(name))
        });
        before - self.series.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(latency: &Latency, name: &str) -> Vec<(i64, u64)> {
        let series = latency.find(name.as_bytes()).unwrap();
        let samples = series.samples();
        samples
            .map(|sample| (sample.at_s, sample.took_ms))
            .collect()
    }

    #[test]
    fn a_second_has_one_sample_and_old_ones_go() {
        let mut latency = Latency::default();
        for (at_s, took_ms) in [(1, 5), (1, 9), (1, 7), (2, 3)] {
            latency.push(Event::Command, Sample { at_s, took_ms });
        }
        assert_eq!(samples(&latency, "command"), [(1, 9), (2, 3)]);
        for at_s in 3..400 {
            latency.push(Event::Command, Sample { at_s, took_ms: 1 });
        }
        let kept = samples(&latency, "command");
        assert_eq!((kept.len(), kept[0]), (160, (240, 1)));
        assert_eq!(latency.series()[0].longest_ms, 9);
    }

    #[test]
    fn events_are_removed_by_name_or_all_together() {
        let mut latency = Latency::default();
        let sample = Sample {
            at_s: 1,
            took_ms: 1,
        };
        for event in [Event::Command, Event::FastCommand, Event::ExpireCycle] {
            latency.push(event, sample);
        }
        assert!(latency.find(b"COMMAND").is_none());
        assert_eq!(latency.reset(Some(b"COMMAND")), 1);
        assert_eq!(latency.reset(Some(b"command")), 0);
        assert_eq!(latency.reset(None), 2);
        assert_eq!(latency.series().len(), 0);
    }
}
