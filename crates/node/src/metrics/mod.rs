//! The page of metrics for Prometheus: what INFO shows, under the names of redis_exporter.
//!
//! ```text
//!  INFO's rows ─┬─ names.rs: name, type, help ─► text that never changes ┐
//!               └─ values of now ─────────────────────────────────────────┴─► one buffer ─► kept
//!  labelled.rs: commands, databases, errors, latencies, settings ───────────┘        for 100 ms
//! ```
//! Always true: a page costs the same whatever number of keys there is, and no key is looked at.
//! Not here: who may see it, and when — `pages.rs`.

mod labelled;
mod names;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

use bytes::Bytes;
use russet_base::num::parse_f64;

use crate::commandlog::CommandLog;
use crate::control::info::look;
use crate::core::Core;
use crate::info::{SECTIONS, Show, Shown, View};
use crate::latency::Latency;
use crate::node::Node;
use crate::stats::{CommandStats, Digest};
use labelled::{FAMILIES, Samples};
use names::{PREFIX, ROWS};
pub(crate) use text::MEDIA;
use text::{Number, push_head, push_number};

/// How long a page is kept, in microseconds: many scrapers cost no more than one.
const KEPT_US: u64 = 100_000;

/// How many clients are looked at for the figures of their buffers.
const WALKED_MAX: usize = 1_000;

/// The fields of INFO that are labels of `redis_instance_info`.
const LABELS: [&str; 10] = [
    "role",
    "redis_version",
    "redis_build_id",
    "redis_mode",
    "os",
    "maxmemory_policy",
    "tcp_port",
    "run_id",
    "process_id",
    "master_replid",
];

/// The page, and what it is made from.
#[derive(Default)]
pub(crate) struct Metrics {
    sheet: Option<Sheet>,
    /// The last page, and when it was made.
    last: Option<(u64, Bytes)>,
    /// The size of the last page.
    size: usize,
    digests: Digests,
}

/// The fields that are metrics, in order.
struct Sheet {
    lines: Vec<Line>,
    labels: [Option<Show>; LABELS.len()],
}

/// A metric that is a field of INFO.
struct Line {
    /// All that stands before its value.
    head: Vec<u8>,
    show: Show,
    /// Whether the field has microseconds and the metric seconds.
    is_scaled: bool,
}

impl Sheet {
    fn new() -> Self {
        let fields = || SECTIONS.iter().flat_map(|section| section.fields);
        let mut lines = Vec::new();
        for field in fields() {
            let Some(row) = ROWS.iter().find(|row| row.field == field.name) else {
                continue;
            };
            let name = format!("{PREFIX}{}", row.name);
            let mut head = Vec::new();
            push_head(&mut head, &name, row.kind, row.help);
            head.extend_from_slice(name.as_bytes());
            head.push(b' ');
            lines.push(Line {
                head,
                show: field.show,
                is_scaled: row.field == "latest_fork_usec",
            });
        }
        let shows = |name: &str| {
            let field = fields().find(|field| field.name == name);
            field.map(|field| field.show)
        };
        Self {
            lines,
            labels: LABELS.map(shows),
        }
    }
}

/// Everything that the page shows.
pub(crate) struct Facts<'f> {
    /// The facts that INFO shows.
    view: &'f View<'f>,
    sheet: &'f Sheet,
    /// The commands that were asked for.
    used: Vec<(&'f str, &'f CommandStats)>,
    /// The commands whose latency is tracked.
    tracked: Vec<(&'f str, &'f CommandStats, &'f Digest)>,
    /// The connections that speak HTTP.
    http_len: usize,
    /// Requests that were slow or large.
    log: &'f CommandLog,
    /// Events that took long.
    latency: &'f Latency,
}

impl<'f> Facts<'f> {
    /// The values of [`LABELS`].
    fn labels(&self) -> [Cow<'f, str>; LABELS.len()] {
        self.sheet.labels.map(|show| {
            let shown = show.map_or(Shown::Absent, |show| show(self.view));
            match shown {
                Shown::Text(text) => text,
                Shown::Count(n) => n.to_string().into(),
                _ => "".into(),
            }
        })
    }
}

impl Node {
    /// The page of metrics as of now, or of a moment ago.
    pub(crate) fn metrics_text(&mut self) -> Bytes {
        let now_us = self.core.now.mono_us;
        self.metrics.drop_old(now_us, KEPT_US);
        if let Some((_, text)) = &self.metrics.last {
            return text.clone();
        }
        let metrics = &mut self.metrics;
        let sheet = metrics.sheet.get_or_insert_with(Sheet::new);
        let digests = &mut metrics.digests;
        let sessions = (self.sessions.iter().take(WALKED_MAX), self.sessions.len());
        let (http_len, size) = (self.http.len(), metrics.size);
        let text = look(&mut self.core, sessions, |view, core| {
            render((view, core), (sheet, digests), http_len, size)
        });
        let text = Bytes::from(text);
        self.metrics.size = text.len();
        self.metrics.last = Some((now_us, text.clone()));
        text
    }
}

/// Digests of the latencies of commands, by their places in the registry.
#[derive(Default)]
struct Digests {
    /// The percentiles that they have.
    percentiles: Vec<f64>,
    kept: Vec<Kept>,
}

/// A digest, and what was counted when it was made.
#[derive(Clone, Default)]
struct Kept {
    counted: (u64, u64),
    digest: Digest,
}

impl Digests {
    /// Makes those anew whose commands have run since.
    // PERF: of 230 commands all digests take 1 ms, and few commands run between two pages.
    fn refresh(&mut self, view: &View<'_>) {
        let (commands, percentiles) = (
            view.stats.commands(),
            &view.config.latency_tracking_info_percentiles,
        );
        if self.percentiles != *percentiles {
            self.kept.clear();
            self.percentiles.clone_from(percentiles);
        }
        self.kept.resize(commands.len(), Kept::default());
        for (kept, stats) in self.kept.iter_mut().zip(commands) {
            let counted = (stats.calls, stats.nanoseconds);
            if kept.counted != counted
                && let Some(latency) = &stats.latency
            {
                kept.counted = counted;
                kept.digest = latency.digest(percentiles);
            }
        }
    }
}

/// Whether the latency of a command is tracked and shown.
fn is_tracked(view: &View<'_>, stats: &CommandStats) -> bool {
    view.config.latency_tracking && stats.latency.is_some()
}

impl Metrics {
    /// Gives back the memory of a page that nobody asked for of late.
    pub(crate) fn drop_stale(&mut self, now_us: u64) {
        self.drop_old(now_us, 10 * KEPT_US);
    }

    fn drop_old(&mut self, now_us: u64, kept_us: u64) {
        let is_old = |made_us: u64| now_us.saturating_sub(made_us) >= kept_us;
        if self
            .last
            .as_ref()
            .is_some_and(|(made_us, _)| is_old(*made_us))
        {
            self.last = None;
        }
    }
}

/// The name, the type and the meaning of every metric, in alphabetical order.
pub(crate) fn table() -> Vec<(String, &'static str, &'static str)> {
    let rows = ROWS.iter();
    let rows = rows.map(|row| (format!("{PREFIX}{}", row.name), row.kind.name(), row.help));
    let families = FAMILIES.iter();
    let families = families.map(|one| (one.name.to_owned(), one.kind.name(), one.help));
    let mut table: Vec<_> = rows.chain(families).collect();
    table.sort_unstable();
    table
}

/// The families of a page that have these names.
pub(crate) fn only(page: &[u8], names: &[String]) -> Bytes {
    Bytes::from(text::only(page, names))
}

/// Writes the page; `size` is about the size that it will have.
fn render(
    (view, core): (&View<'_>, &Core),
    (sheet, digests): (&Sheet, &mut Digests),
    http_len: usize,
    size: usize,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(size + size / 16 + 1024);
    for line in &sheet.lines {
        if let Some(number) = number((line.show)(view), line.is_scaled) {
            out.extend_from_slice(&line.head);
            push_number(&mut out, number);
            out.push(b'\n');
        }
    }
    digests.refresh(view);
    let commands = view.commands.iter().copied().zip(view.stats.commands());
    let tracked = commands.clone().zip(&digests.kept);
    let tracked = tracked.filter(|((_, stats), _)| is_tracked(view, stats));
    let facts = Facts {
        view,
        sheet,
        used: commands.filter(|(_, stats)| stats.is_used()).collect(),
        tracked: tracked
            .map(|((name, stats), kept)| (name, stats, &kept.digest))
            .collect(),
        http_len,
        log: &core.costs.log,
        latency: &core.costs.latency,
    };
    for family in FAMILIES {
        let start = out.len();
        push_head(&mut out, family.name, family.kind, family.help);
        let head_end = out.len();
        let mut samples = Samples {
            name: family.name,
            out: &mut out,
        };
        (family.write)(&facts, &mut samples);
        if out.len() == head_end {
            out.truncate(start);
        }
    }
    out
}

/// The number that a field shows; `None` if it shows no number.
fn number(shown: Shown<'_>, is_scaled: bool) -> Option<Number> {
    Some(match shown {
        Shown::Count(n) if is_scaled => Number::Micros(n),
        Shown::Count(n) => Number::Count(n),
        Shown::Int(n) => Number::Int(n),
        // As INFO shows it.
        Shown::Ratio(n) | Shown::Percent(n) => Number::Float((n * 100.0).round() / 100.0),
        Shown::Seconds(us) => Number::Micros(us),
        Shown::Text(text) => match &*text {
            "ok" => Number::Count(1),
            "err" | "fail" => Number::Count(0),
            text => Number::Float(parse_f64(text.as_bytes())?),
        },
        Shown::Human(_) | Shown::Absent => return None,
    })
}
