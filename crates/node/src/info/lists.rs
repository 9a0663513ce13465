//! The parts of INFO that are lists: listeners, commands, errors, latencies, databases.
//!
//! Always true: a name that would break a line or a pair is made harmless.
//! Not here: plain fields — `fields.rs`.

use std::fmt::Write;

use super::View;
use crate::config::show_percentile;

/// `listener0:name=tcp,bind=127.0.0.1,port=6379`, one line for each sort of address.
pub(super) fn listeners(view: &View<'_>, text: &mut String) {
    let config = view.config;
    let tcp = |text: &mut String, number: u8, name: &str, port: u16| {
        if port == 0 || config.bind.is_empty() {
            return;
        }
        let _ = write!(text, "listener{number}:name={name}");
        for address in &config.bind {
            let _ = write!(text, ",bind={}", one_line(address));
        }
        let _ = write!(text, ",port={port}\r\n");
    };
    // COMPAT: a sort keeps its number when others are missing.
    tcp(text, 0, "tcp", config.port);
    if !config.unixsocket.is_empty() {
        let path = one_line(&config.unixsocket);
        let _ = write!(text, "listener1:name=unix,bind={path}\r\n");
    }
    tcp(text, 2, "tls", config.tls_port);
}

/// `cmdstat_get:calls=…`, for every command that was asked for.
pub(super) fn commands(view: &View<'_>, text: &mut String) {
    for (name, stats) in view.commands.iter().zip(view.stats.commands()) {
        if !stats.is_used() {
            continue;
        }
        let microseconds = stats.nanoseconds / 1000;
        let mean = super::ratio(microseconds, stats.calls);
        let _ = write!(
            text,
            "cmdstat_{name}:calls={},usec={},usec_per_call={mean:.2},rejected_calls={},\
             failed_calls={}\r\n",
            stats.calls, microseconds, stats.rejected, stats.failed
        );
    }
}

/// `errorstat_ERR:count=1`, for every error code that was answered.
pub(super) fn errors(view: &View<'_>, text: &mut String) {
    for (code, count) in view.stats.errors() {
        let _ = write!(text, "errorstat_{}:count={count}\r\n", safe(code));
    }
}

/// `latency_percentiles_usec_get:p50=…`, for every command whose latency was tracked.
pub(super) fn latencies(view: &View<'_>, text: &mut String) {
    if !view.config.latency_tracking {
        return;
    }
    for (name, stats) in view.commands.iter().zip(view.stats.commands()) {
        let Some(histogram) = &stats.latency else {
            continue;
        };
        let percentiles = &view.config.latency_tracking_info_percentiles;
        let found = histogram.digest(percentiles).percentiles;
        let pairs = percentiles.iter().zip(found).map(|(&percentile, found)| {
            let microseconds = found as f64 / 1000.0;
            format!("p{}={microseconds:.3}", show_percentile(percentile))
        });
        let shown: Vec<String> = pairs.collect();
        let _ = write!(
            text,
            "latency_percentiles_usec_{name}:{}\r\n",
            shown.join(",")
        );
    }
}

/// `db0:keys=…`, for every database that holds keys.
pub(super) fn databases(view: &View<'_>, text: &mut String) {
    for db in &view.databases {
        let _ = write!(
            text,
            "db{}:keys={},expires={},avg_ttl={},subexpiry={}\r\n",
            db.index, db.keys, db.volatile, db.average_ttl_ms, db.volatile_hashes
        );
    }
}

/// An address or path that may hold colons, but no separators of lines and pairs.
fn one_line(address: &str) -> String {
    address.replace(['\n', '\r', ','], "_")
}

/// A name without the characters that have a meaning in INFO.
fn safe(name: &str) -> String {
    name.replace(['#', ':', '\n', '\r', ','], "_")
}
