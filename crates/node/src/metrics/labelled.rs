//! The metrics that are no plain field of INFO: those with labels, and our own.
//!
//! Always true: labels come from closed sets: commands, codes of errors (no more than 128),
//! databases; never from keys or clients.
//! Not here: fields of INFO — `names.rs`; the text format — `text.rs`.

use russet_base::num::parse_u64;

use super::names::Kind;
use super::text::{Label, Number, push_sample};
use super::{Facts, LABELS};
use crate::commandlog::{Entry, Kind as Log};
use crate::config::{CLIENT_CLASSES, show_percentile};
use crate::environment::RUSSET_VERSION;
use crate::info::Database;
use crate::latency::Sample;
use crate::stats::CommandStats;

/// A family of samples.
pub(crate) struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its meaning.
    pub help: &'static str,
    /// Writes its samples.
    pub write: fn(&Facts<'_>, &mut Samples<'_>),
}

/// The samples of one family.
pub(crate) struct Samples<'s> {
    /// The name of the family.
    pub name: &'static str,
    /// The text that they are appended to.
    pub out: &'s mut Vec<u8>,
}

impl Samples<'_> {
    fn push(&mut self, labels: &[Label<'_>], number: Number) {
        push_sample(self.out, (self.name, ""), labels, number);
    }

    fn push_part(&mut self, suffix: &str, labels: &[Label<'_>], number: Number) {
        push_sample(self.out, (self.name, suffix), labels, number);
    }
}

const fn family(
    name: &'static str,
    kind: Kind,
    help: &'static str,
    write: fn(&Facts<'_>, &mut Samples<'_>),
) -> Family {
    Family {
        name,
        kind,
        help,
        write,
    }
}

/// Every family that is no plain field of INFO.
#[rustfmt::skip]
pub(crate) const FAMILIES: &[Family] = &[
    family("redis_up", Kind::Gauge, "1: the server has answered.", |_, s| s.push(&[], Number::Count(1))),
    family("redis_exporter_last_scrape_error", Kind::Gauge, "0: nothing was left out for an error.",
        |_, s| s.push(&[("err", "")], Number::Count(0))),
    family("redis_instance_info", Kind::Gauge, "Facts about the server, in labels; the value is 1.", instance),
    family("redis_start_time_seconds", Kind::Gauge, "Unix time of the start.", start_time),
    family("redis_db_keys", Kind::Gauge, "Keys of a database.", |f, s| databases(f, s, |db| db.keys)),
    family("redis_db_keys_expiring", Kind::Gauge, "Keys of a database that have a deadline.", |f, s| databases(f, s, |db| db.volatile)),
    family("redis_db_keys_with_expiring_items", Kind::Gauge, "Hashes of a database that have fields with deadlines.",
        |f, s| databases(f, s, |db| db.volatile_hashes)),
    family("redis_db_avg_ttl_seconds", Kind::Gauge, "Mean time to live of the keys of a database that have a deadline.", mean_lives),
    family("redis_commands_total", Kind::Counter, "Calls of a command.", |f, s| commands(f, s, |c| Number::Count(c.calls))),
    family("redis_commands_duration_seconds_total", Kind::Counter, "Seconds that a command ran in all.",
        |f, s| commands(f, s, |c| Number::Micros(c.nanoseconds / 1000))),
    family("redis_commands_rejected_calls_total", Kind::Counter, "Calls of a command that were refused before it ran.",
        |f, s| commands(f, s, |c| Number::Count(c.rejected))),
    family("redis_commands_failed_calls_total", Kind::Counter, "Calls of a command that ended with an error.",
        |f, s| commands(f, s, |c| Number::Count(c.failed))),
    family("redis_latency_percentiles_usec", Kind::Summary,
        "Microseconds that calls of a command took. Quantiles are percentages since the start, or since CONFIG RESETSTAT.", percentiles),
    family("redis_commands_latencies_usec", Kind::Histogram, "Microseconds that calls of a command took.", latencies),
    family("redis_errors_total", Kind::Counter, "Error replies by their first word.", errors),
    family("redis_slowlog_length", Kind::Gauge, "Entries of the log of slow commands.", |f, s| log_len(f, s, Log::Slow)),
    family("redis_slowlog_last_id", Kind::Gauge, "Number of the last entry in the log of slow commands.",
        |f, s| s.push(&[], Number::Count(last_slow(f).map_or(0, |entry| entry.id)))),
    family("redis_last_slow_execution_duration_seconds", Kind::Gauge, "Seconds that the last command took that was logged as slow.",
        |f, s| s.push(&[], Number::Micros(last_slow(f).map_or(0, |entry| entry.cost)))),
    family("redis_commandlog_slow_length", Kind::Gauge, "Entries of the log of slow commands.", |f, s| log_len(f, s, Log::Slow)),
    family("redis_commandlog_large_request_length", Kind::Gauge, "Entries of the log of large requests.", |f, s| log_len(f, s, Log::LargeRequest)),
    family("redis_commandlog_large_reply_length", Kind::Gauge, "Entries of the log of large replies.", |f, s| log_len(f, s, Log::LargeReply)),
    family("redis_commandlog_execution_slower_than", Kind::Gauge, "The setting `commandlog-execution-slower-than`, in microseconds.",
        |f, s| s.push(&[], Number::Int(f.view.config.slowlog_log_slower_than))),
    family("redis_commandlog_slow_execution_max_len", Kind::Gauge, "The setting `commandlog-slow-execution-max-len`.",
        |f, s| s.push(&[], Number::Count(f.view.config.slowlog_max_len))),
    family("redis_commandlog_request_larger_than", Kind::Gauge, "The setting `commandlog-request-larger-than`, in bytes.",
        |f, s| s.push(&[], Number::Int(f.view.config.commandlog_request_larger_than))),
    family("redis_commandlog_large_request_max_len", Kind::Gauge, "The setting `commandlog-large-request-max-len`.",
        |f, s| s.push(&[], Number::Count(f.view.config.commandlog_large_request_max_len))),
    family("redis_commandlog_reply_larger_than", Kind::Gauge, "The setting `commandlog-reply-larger-than`, in bytes.",
        |f, s| s.push(&[], Number::Int(f.view.config.commandlog_reply_larger_than))),
    family("redis_commandlog_large_reply_max_len", Kind::Gauge, "The setting `commandlog-large-reply-max-len`.",
        |f, s| s.push(&[], Number::Count(f.view.config.commandlog_large_reply_max_len))),
    family("redis_latency_spike_last", Kind::Gauge, "Unix time of the last event of a kind that took longer than `latency-monitor-threshold`.",
        |f, s| spikes(f, s, |last| Number::Int(last.at_s))),
    family("redis_latency_spike_duration_seconds", Kind::Gauge, "Seconds that the last event of a kind took that took longer than `latency-monitor-threshold`.",
        |f, s| spikes(f, s, |last| Number::Micros(last.took_ms.saturating_mul(1000)))),
    family("redis_config_maxclients", Kind::Gauge, "The setting `maxclients`.", |f, s| s.push(&[], Number::Count(f.view.config.maxclients.into()))),
    family("redis_config_maxmemory", Kind::Gauge, "The setting `maxmemory`, in bytes.", |f, s| s.push(&[], Number::Count(f.view.config.maxmemory))),
    family("redis_config_io_threads", Kind::Gauge, "The setting `io-threads`.", |f, s| setting(f, s, "io-threads")),
    family("redis_config_repl_backlog_size", Kind::Gauge, "The setting `repl-backlog-size`, in bytes.", |f, s| setting(f, s, "repl-backlog-size")),
    family("redis_config_client_output_buffer_limit_bytes", Kind::Gauge, "Limits of `client-output-buffer-limit` by class of clients.", output_limits),
    family("redis_config_client_output_buffer_limit_overcome_seconds", Kind::Gauge,
        "Seconds for which a class of clients may be above its soft limit of `client-output-buffer-limit`.", output_patience),
    family("process_start_time_seconds", Kind::Gauge, "Unix time of the start of the process.", start_time),
    family("process_cpu_seconds_total", Kind::Counter, "Seconds of CPU in the program and in the kernel.", |f, s| {
        let usage = &f.view.environment.usage;
        s.push(&[], Number::Micros(usage.user_us + usage.system_us));
    }),
    family("process_resident_memory_bytes", Kind::Gauge, "Resident memory.", |f, s| s.push(&[], Number::Count(f.view.environment.usage.resident))),
    family("russet_build_info", Kind::Gauge, "The version of the server, in labels; the value is 1.", build),
    family("russet_http_connections", Kind::Gauge, "Connections to the port that serves metrics.", |f, s| s.push(&[], f.http_len.into())),
];

fn instance(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let values = facts.labels();
    let labels: Vec<Label<'_>> = LABELS
        .into_iter()
        .zip(&values)
        .map(|(name, value)| (name, &**value))
        .collect();
    samples.push(&labels, Number::Count(1));
}

fn build(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let commit = facts.view.environment.commit.as_str();
    let labels = [("version", RUSSET_VERSION), ("commit", commit)];
    samples.push(&labels, Number::Count(1));
}

fn start_time(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let started_us = facts.view.started.wall_us;
    let started_us = u64::try_from(started_us).unwrap_or_default();
    samples.push(&[], Number::Count(started_us / 1_000_000));
}

/// A figure of every database; 0 for those without keys.
fn databases(facts: &Facts<'_>, samples: &mut Samples<'_>, figure: fn(&Database) -> usize) {
    let filled = &facts.view.databases;
    let all = (facts.view.config.databases as usize).min(EMPTY_COUNT_MAX);
    let beyond = filled
        .iter()
        .map(|db| db.index)
        .filter(|index| *index >= all);
    let mut at = 0;
    for index in (0..all).chain(beyond) {
        let number = match filled.get(at) {
            Some(db) if db.index == index => {
                at += 1;
                figure(db)
            }
            _ => 0,
        };
        samples.push(&[("db", &format!("db{index}"))], number.into());
    }
}

fn mean_lives(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    for db in &facts.view.databases {
        let mean = Number::Micros(db.average_ttl_ms.saturating_mul(1000));
        samples.push(&[("db", &format!("db{}", db.index))], mean);
    }
}

fn commands(facts: &Facts<'_>, samples: &mut Samples<'_>, figure: fn(&CommandStats) -> Number) {
    for (name, stats) in &facts.used {
        samples.push(&[("cmd", name)], figure(stats));
    }
}

fn percentiles(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let view = facts.view;
    let asked = &view.config.latency_tracking_info_percentiles;
    let asked: Vec<String> = asked.iter().map(|&one| show_percentile(one)).collect();
    for (name, stats, digest) in &facts.tracked {
        for (shown, nanoseconds) in asked.iter().zip(&digest.percentiles) {
            let microseconds = *nanoseconds as f64 / 1000.0;
            let labels = [("cmd", *name), ("quantile", shown.as_str())];
            samples.push(&labels, Number::Float(microseconds));
        }
        let labels = [("cmd", *name)];
        samples.push_part("_sum", &labels, Number::Count(stats.nanoseconds / 1000));
        samples.push_part("_count", &labels, Number::Count(stats.calls));
    }
}

fn latencies(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    for (name, stats, digest) in &facts.tracked {
        for (bound, count) in &digest.doubles {
            let labels = [("cmd", *name), ("le", &(bound / 1000).to_string())];
            samples.push_part("_bucket", &labels, Number::Count(*count));
        }
        let total = digest.doubles.last().map_or(0, |(_, count)| *count);
        let labels = [("cmd", *name), ("le", "+Inf")];
        samples.push_part("_bucket", &labels, Number::Count(total));
        let (labels, sum) = (&labels[..1], stats.nanoseconds / 1000);
        samples.push_part("_sum", labels, Number::Count(sum));
        samples.push_part("_count", labels, Number::Count(total));
    }
}

fn errors(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    for (code, count) in facts.view.stats.errors() {
        samples.push(&[("err", code)], Number::Count(count));
    }
}

fn log_len(facts: &Facts<'_>, samples: &mut Samples<'_>, kind: Log) {
    samples.push(&[], facts.log.entries(kind).len().into());
}

fn last_slow<'f>(facts: &Facts<'f>) -> Option<&'f Entry> {
    facts.log.entries(Log::Slow).next()
}

/// A figure of the last event of each kind.
fn spikes(facts: &Facts<'_>, samples: &mut Samples<'_>, figure: fn(Sample) -> Number) {
    for series in facts.latency.series() {
        samples.push(
            &[("event_name", series.event.name())],
            figure(series.last()),
        );
    }
}

fn setting(facts: &Facts<'_>, samples: &mut Samples<'_>, name: &str) {
    let value = facts.view.config.get(name);
    if let Some(value) = value.and_then(|value| parse_u64(&value)) {
        samples.push(&[], Number::Count(value));
    }
}

fn output_limits(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let limits = &facts.view.config.client_output_buffer_limit;
    for ((class, _), limit) in CLIENT_CLASSES.iter().zip(limits) {
        for (which, bytes) in [("hard", limit.hard), ("soft", limit.soft)] {
            samples.push(&[("class", class), ("limit", which)], Number::Count(bytes));
        }
    }
}

fn output_patience(facts: &Facts<'_>, samples: &mut Samples<'_>) {
    let limits = &facts.view.config.client_output_buffer_limit;
    for ((class, _), limit) in CLIENT_CLASSES.iter().zip(limits) {
        let labels = [("class", *class), ("limit", "soft")];
        samples.push(&labels, Number::Count(limit.soft_seconds));
    }
}

/// The databases without keys that are shown: who configures a million has a page of a size.
const EMPTY_COUNT_MAX: usize = 256;
