//! The report of LATENCY DOCTOR: what was recorded, and what may help.
//!
//! Always true: every event that was recorded has a line, and an advice at least.

use std::fmt::Write;

use crate::core::Core;
use crate::latency::{Event, Series};

/// Figures of a series.
struct Figures {
    count: u64,
    mean_ms: u64,
    deviation_ms: u64,
    /// The mean time between two samples, in seconds.
    period_s: f64,
}

impl Figures {
    fn of(series: &Series, now_s: i64) -> Self {
        let count = series.samples().len() as u64;
        let durations = || series.samples().map(|sample| sample.took_ms);
        let mean_ms = durations().sum::<u64>() / count.max(1);
        let deviations = durations().map(|took_ms| took_ms.abs_diff(mean_ms));
        let first_s = series.samples().next().map_or(now_s, |first| first.at_s);
        Self {
            count,
            mean_ms,
            deviation_ms: deviations.sum::<u64>() / count.max(1),
            period_s: (now_s - first_s).max(1) as f64 / count.max(1) as f64,
        }
    }
}

/// The report.
pub(super) fn report(core: &Core) -> String {
    let all = core.costs.latency.series();
    if all.is_empty() {
        return match core.config.latency_monitor_threshold {
            0 => "Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> \
                  has events recorded that take this time or longer.\n"
                .to_owned(),
            ms => format!("No event took {ms} ms or longer since latency is monitored.\n"),
        };
    }
    let now_s = core.now.wall_ms().div_euclid(1000);
    let mut text = "These events took long:\n\n".to_owned();
    for (at, series) in all.iter().enumerate() {
        let figures = Figures::of(series, now_s);
        // Nothing is lost: memory takes all that is written to it.
        let _ = writeln!(
            text,
            "{}. {}: {} latency spikes (average {}ms, mean deviation {}ms, period {:.2} sec). \
             Worst all time event {}ms.",
            at + 1,
            series.event.name(),
            figures.count,
            figures.mean_ms,
            figures.deviation_ms,
            figures.period_s,
            series.longest_ms,
        );
    }
    text.push_str("\nThis may help:\n\n");
    let mut given: Vec<String> = Vec::new();
    for series in all {
        for advice in advice(core, series.event) {
            if !given.contains(&advice) {
                let _ = writeln!(text, "- {advice}");
                given.push(advice);
            }
        }
    }
    text
}

/// The advice on an event.
fn advice(core: &Core, event: Event) -> Vec<String> {
    let texts: &[&str] = match event {
        Event::Command => return on_commands(core),
        Event::FastCommand => &[
            "Commands that are fast by nature were held up: look for other programs that compete \
             for the processor, for swapping, and for neighbours on a virtual machine.",
        ],
        Event::ExpireCycle => &[
            "Many keys reach their deadlines at the same time: spread the deadlines, and keep \
             single values small.",
        ],
        Event::EvictionCycle => &[
            "Eviction frees much memory at a time: raise maxmemory, lower it in small steps only, \
             or lower maxmemory-eviction-tenacity.",
        ],
        Event::ActiveDefragCycle => {
            &["Much data was deleted, and its memory is collected: delete in smaller portions."]
        }
        Event::AofFsyncAlways => &[
            "Every reply to a write waits for the disk, since appendfsync is 'always': use a \
             faster disk, or 'everysec' if the last second may be lost.",
            DISK,
        ],
        Event::AofWritePendingFsync => &[
            "The disk is slower than the stream of writes to the append-only file: \
             no-appendfsync-on-rewrite takes load off it during rewrites.",
            DISK,
        ],
    };
    texts.iter().map(|&text| text.to_owned()).collect()
}

const DISK: &str = "Keep the append-only file on a local solid-state disk that no other program \
                    loads.";

fn on_commands(core: &Core) -> Vec<String> {
    let config = &core.config;
    let threshold_us = config.latency_monitor_threshold.saturating_mul(1000);
    let is_off = config.slowlog_log_slower_than < 0 || config.slowlog_max_len == 0;
    let is_higher = config.slowlog_log_slower_than.unsigned_abs() > threshold_us;
    let mut advice = Vec::new();
    if threshold_us > 0 && (is_off || is_higher) {
        advice.push(format!(
            "The slow log does not keep all of these commands: CONFIG SET slowlog-log-slower-than \
             {threshold_us}."
        ));
    }
    advice.push(
        "SLOWLOG GET shows which commands were slow: ask for less at a time, and split large \
         values."
            .to_owned(),
    );
    advice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::latency::Sample;
    use crate::loopback::Loopback;

    #[test]
    fn every_event_has_a_line_and_advice() {
        let mut server = Loopback::new(Config::default());
        let client = server.connect();
        assert!(report(&server.node().core).contains("latency-monitor-threshold"));
        server.call(client, b"CONFIG SET latency-monitor-threshold 5\r\n");
        let core = &mut server.node().core;
        assert!(report(core).contains("No event took 5 ms"));
        let at_s = core.now.wall_ms() / 1000 - 10;
        for event in Event::ALL {
            for (at_s, took_ms) in [(at_s, 10), (at_s + 5, 20)] {
                core.costs.latency.push(event, Sample { at_s, took_ms });
            }
            assert!(!advice(core, event).is_empty());
            let line = format!(
                ". {}: 2 latency spikes (average 15ms, mean deviation 5ms, period 5.00 sec). \
                 Worst all time event 20ms.\n",
                event.name()
            );
            assert!(report(core).contains(&line), "{}", report(core));
        }
        assert!(report(core).contains("CONFIG SET slowlog-log-slower-than 5000."));
        server.call(client, b"CONFIG SET slowlog-log-slower-than 5000\r\n");
        assert!(!report(&server.node().core).contains("does not keep"));
    }
}
