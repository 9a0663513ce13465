//! The figures of MEMORY STATS, and the report of MEMORY DOCTOR.
//!
//! Not here: the commands — `control/memory.rs`.

use std::fmt::Write;

use super::{View, difference, ratio};

/// A figure of MEMORY STATS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    /// Bytes, or a number of something.
    Count(i64),
    /// A ratio or percents.
    Ratio(f64),
}

/// Data that takes less than this is not judged.
const SMALL: u64 = 5 << 20;

/// The figures by name, in Redis's order; those of databases are not among them.
pub(crate) fn figures(view: &View<'_>) -> Vec<(&'static str, Figure)> {
    let count = |n: u64| Figure::Count(i64::try_from(n).unwrap_or(i64::MAX));
    let startup = view.environment.allocated_at_start;
    let keys: usize = view.databases.iter().map(|db| db.keys).sum();
    let per_key = view.used_since_start() / keys.max(1) as u64;
    vec![
        ("peak.allocated", count(view.used_peak())),
        ("total.allocated", count(view.used())),
        ("startup.allocated", count(startup)),
        ("replication.backlog", Figure::Count(0)),
        ("clients.slaves", Figure::Count(0)),
        ("clients.normal", count(view.clients.buffers as u64)),
        ("cluster.links", Figure::Count(0)),
        ("aof.buffer", count(view.journal_memory)),
        ("lua.caches", count(view.scripts.eval_memory)),
        ("functions.caches", count(view.scripts.function_memory)),
        ("script.VMs", count(view.scripts.engines())),
        ("overhead.total", count(view.overhead())),
        ("db.dict.rehashing.count", Figure::Count(0)),
        ("keys.count", count(keys as u64)),
        ("keys.bytes-per-key", count(per_key)),
        ("dataset.bytes", count(view.dataset())),
        ("dataset.percentage", Figure::Ratio(view.dataset_percent())),
        ("peak.percentage", Figure::Ratio(view.peak_percent())),
        ("allocator.allocated", count(view.used())),
        ("allocator.active", count(view.active())),
        ("allocator.resident", count(view.resident())),
        ("allocator.muzzy", Figure::Count(0)),
        (
            "allocator-fragmentation.ratio",
            Figure::Ratio(ratio(view.active(), view.used())),
        ),
        (
            "allocator-fragmentation.bytes",
            count(view.active() - view.used()),
        ),
        (
            "allocator-rss.ratio",
            Figure::Ratio(ratio(view.resident(), view.active())),
        ),
        (
            "allocator-rss.bytes",
            Figure::Count(difference(view.resident(), view.active())),
        ),
        ("rss-overhead.ratio", Figure::Ratio(1.0)),
        ("rss-overhead.bytes", Figure::Count(0)),
        (
            "fragmentation",
            Figure::Ratio(ratio(view.resident(), view.used())),
        ),
        (
            "fragmentation.bytes",
            Figure::Count(difference(view.resident(), view.used())),
        ),
    ]
}

/// The report of MEMORY DOCTOR: whatever is worth a look, in words.
pub(crate) fn report(view: &View<'_>) -> String {
    if view.used() < SMALL {
        return "This instance is empty or uses very little memory: there is nothing to judge yet."
            .to_owned();
    }
    let mut text = String::new();
    let mut say = |is_so: bool, advice: std::fmt::Arguments<'_>| {
        if is_so {
            let _ = writeln!(text, " * {advice}");
        }
    };
    let peak = ratio(view.used_peak(), view.used());
    say(
        peak > 1.5,
        format_args!(
            "Peak memory: the most that was in use is {peak:.1} times what is in use now. Resident \
             memory may stay above what the data needs for a while."
        ),
    );
    let slack = ratio(view.active(), view.used());
    say(
        slack > 1.4,
        format_args!(
            "Fragmentation: the arenas hold {slack:.2} times what is in use. Keys are being moved \
             together, unless a save holds them."
        ),
    );
    let beyond = ratio(view.resident(), view.active());
    say(
        beyond > 1.4,
        format_args!(
            "Resident memory: {beyond:.2} times what is allocated. MEMORY PURGE gives free pages \
             of the allocator back."
        ),
    );
    let clients = view.clients.connected.max(1) as u64;
    let per_client = view.clients.buffers as u64 / clients;
    say(
        per_client > 200 << 10,
        format_args!(
            "Clients: their buffers take {per_client} bytes each on average. CLIENT LIST shows \
             which are large; maxmemory-clients limits their sum."
        ),
    );
    say(
        view.exceeded_us.0 > 0,
        format_args!("Limit: more memory is in use than maxmemory allows."),
    );
    match text.is_empty() {
        true => "No memory issue was found in this instance.".to_owned(),
        false => format!("Memory issues of this instance:\n\n{text}"),
    }
}
