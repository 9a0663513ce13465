//! INFO: sections of fields, each field one row.
//!
//! A field is a name and a function of [`View`], which is everything that INFO may show, gathered
//! before. Lists (commands, errors, databases, listeners) follow the fields of their section.
//!
//! Always true: names and order are those of Redis 7.4; nothing here changes anything.
//! Not here: the rows — `fields.rs`; lists — `lists.rs`; the command — `control/info.rs`.

mod fields;
mod lists;
pub(crate) mod memory;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use russet_base::num::human_bytes;
use russet_base::time::Now;

use crate::config::Config;
use crate::environment::Environment;
use crate::pause::Pause;
use crate::persist::aof::Aof;
use crate::persist::backup::Backup;
use crate::persist::loads::{LoadProgress, Loads};
use crate::scripts::state::ScriptFigures;
use crate::stats::Stats;
pub(crate) use fields::SECTIONS;

/// Everything that INFO shows.
pub(crate) struct View<'v> {
    /// The settings.
    pub config: &'v Config,
    /// The process and the machine.
    pub environment: &'v Environment,
    /// Counters.
    pub stats: &'v Stats,
    /// Counters of the key space.
    pub keyspace: russet_engine::Stats,
    /// Bytes that the data weighs.
    pub data_weight: u64,
    /// Bytes that the arenas have and do not use.
    pub slack: u64,
    /// Bytes in use that eviction does not count, and those of them that the journal holds.
    pub memory_not_counted: u64,
    pub journal_memory: u64,
    /// Microseconds for which more memory was in use than `maxmemory`: now, and in all.
    pub exceeded_us: (u64, u64),
    /// Scripts and functions.
    pub scripts: ScriptFigures,
    /// Connections to other servers.
    pub link_count: u64,
    /// Objects that wait to be freed by another thread.
    pub garbage_len: usize,
    /// Databases that hold keys, in order.
    pub databases: Vec<Database>,
    /// Sessions by what they are up to.
    pub clients: Clients,
    /// The full name of every command, in the order of the registry.
    pub commands: Vec<&'v str>,
    /// Changes since the data was last saved.
    pub dirty: u64,
    /// Saving and loading.
    pub persistence: Persistence,
    /// Whether requests are paused.
    pub pause: Pause,
    /// The append-only file.
    pub aof: &'v Aof,
    /// The backup.
    pub backup: &'v Backup,
    /// The time of this turn.
    pub now: Now,
    /// The time of the start.
    pub started: Now,
}

impl View<'_> {
    /// A number that is there only while an append-only file is written.
    fn of_aof(&self, show: impl Fn(&Aof) -> u64) -> Shown<'static> {
        match self.config.appendonly {
            true => Shown::Count(show(self.aof)),
            false => Shown::Absent,
        }
    }

    /// A field that is there only while data is loaded.
    fn while_loading(&self, show: impl Fn(LoadProgress) -> Shown<'static>) -> Shown<'static> {
        self.persistence.loading.map_or(Shown::Absent, show)
    }
}

/// Saving and loading as INFO shows them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Persistence {
    /// How far loading has come.
    pub loading: Option<LoadProgress>,
    /// The keys that the save that runs has written, and has in all.
    pub saved_keys: (u64, u64),
    /// Whether a save runs for which nobody waits.
    pub saves_in_background: bool,
    /// The Unix time of the last save that succeeded, in seconds.
    pub last_save_s: i64,
    /// Whether the last save succeeded.
    pub is_last_save_ok: bool,
    /// How long the last save took, and takes that runs, in seconds.
    pub last_took_s: Option<i64>,
    /// See `last_took_s`.
    pub current_took_s: Option<i64>,
    /// How many saves succeeded.
    pub save_count: u64,
    /// Counts of the last load.
    pub loads: Loads,
}

/// A database that holds keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Database {
    /// Its index.
    pub index: usize,
    /// How many keys it holds.
    pub keys: usize,
    /// How many of them have a deadline.
    pub volatile: usize,
    /// Their mean time to live, in milliseconds.
    pub average_ttl_ms: u64,
    /// How many hashes have fields with deadlines.
    pub volatile_hashes: usize,
}

/// How many clients there are of each sort, and the most that one of them holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Clients {
    /// All.
    pub connected: usize,
    /// Clients that wait for a key.
    pub blocked: usize,
    /// Waiting clients that have a timeout.
    pub in_timeout: usize,
    /// Keys that are waited for, and those that are waited for also to be gone.
    pub blocking_keys: (usize, usize),
    /// Clients that watch a key.
    pub watching: usize,
    /// Keys that are watched.
    pub watched_keys: usize,
    /// Clients with a subscription.
    pub subscribed: usize,
    /// Channels, patterns and shard channels that somebody has subscribed to.
    pub topics: [usize; 3],
    /// Clients that track keys.
    pub tracking: usize,
    /// Keys that are tracked, their holders together, and prefixes.
    pub tracked: [usize; 3],
    /// The largest input buffer, in bytes.
    pub input_max: usize,
    /// The most output that waits, in bytes.
    pub output_max: usize,
    /// The memory of all buffers and fieldsets, in bytes.
    pub buffers: usize,
}

/// A part of INFO.
pub(crate) struct Section {
    /// The name it is asked for by.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Whether INFO without arguments shows it.
    pub is_default: bool,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// Writes the list that follows the fields.
    pub list: Option<fn(&View<'_>, &mut String)>,
}

/// A field: its name and how it is shown.
pub(crate) struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub show: Show,
}

/// How a field takes its value from the view.
pub(crate) type Show = for<'v> fn(&'v View<'v>) -> Shown<'v>;

/// The value of a field.
pub(crate) enum Shown<'v> {
    /// A number.
    Count(u64),
    /// A number that may be negative.
    Int(i64),
    /// Bytes, for people.
    Human(u64),
    /// A ratio with two decimals.
    Ratio(f64),
    /// A percentage with two decimals and its sign.
    Percent(f64),
    /// Seconds with six decimals, from microseconds.
    Seconds(u64),
    /// Text.
    Text(Cow<'v, str>),
    /// Not shown now.
    Absent,
}

impl<'v> From<&'v str> for Shown<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<usize> for Shown<'_> {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// Which sections are asked for.
struct Wanted<'w> {
    names: &'w [&'w [u8]],
    all: bool,
    default: bool,
}

impl<'w> Wanted<'w> {
    fn new(names: &'w [&'w [u8]]) -> Self {
        let named = |name: &str| {
            names
                .iter()
                .any(|n| n.eq_ignore_ascii_case(name.as_bytes()))
        };
        Self {
            names,
            all: named("all") || named("everything"),
            default: names.is_empty() || named("default"),
        }
    }

    fn has(&self, section: &Section) -> bool {
        let named = |name: &str| {
            self.names
                .iter()
                .any(|n| n.eq_ignore_ascii_case(name.as_bytes()))
        };
        match section.name {
            "modules" => self.all || self.default || named("modules") || named("module_list"),
            "debug" => named("debug"),
            name => self.all || (self.default && section.is_default) || named(name),
        }
    }
}

/// The text of the sections with these names; of the default ones without names.
pub(crate) fn render<'v>(view: &'v View<'v>, names: &[&[u8]]) -> String {
    let wanted = Wanted::new(names);
    let mut text = String::with_capacity(4096);
    for section in SECTIONS.iter().filter(|section| wanted.has(section)) {
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        text.push_str("# ");
        text.push_str(section.title);
        text.push_str("\r\n");
        for field in section.fields {
            push_field(&mut text, field.name, (field.show)(view));
        }
        if let Some(list) = section.list {
            list(view, &mut text);
        }
    }
    text
}

fn push_field(text: &mut String, name: &str, value: Shown<'_>) {
    let shown = match value {
        Shown::Absent => return,
        Shown::Count(n) => n.to_string(),
        Shown::Int(n) => n.to_string(),
        Shown::Human(n) => human_bytes(n),
        Shown::Ratio(n) => format!("{n:.2}"),
        Shown::Percent(n) => format!("{n:.2}%"),
        Shown::Seconds(us) => format!("{}.{:06}", us / 1_000_000, us % 1_000_000),
        // A line end would forge a field.
        Shown::Text(shown) => shown.replace(['\r', '\n'], " "),
    };
    text.push_str(name);
    text.push(':');
    text.push_str(&shown);
    text.push_str("\r\n");
}

impl View<'_> {
    /// Memory in use: what the data weighs now, and what was in use besides when the allocator was
    /// last asked.
    pub(super) fn used(&self) -> u64 {
        self.environment.beside_data + self.data_weight
    }

    /// Memory in use, and what the arenas hold besides.
    pub(super) fn active(&self) -> u64 {
        self.used() + self.slack
    }

    /// The most memory that was in use at a time.
    pub(super) fn used_peak(&self) -> u64 {
        self.stats.memory_peak.max(self.used())
    }

    /// Memory in use that is not data.
    pub(super) fn overhead(&self) -> u64 {
        let scripts = self.scripts.engines() + self.scripts.texts();
        let known = self.environment.allocated_at_start + self.clients.buffers as u64 + scripts;
        known.min(self.used().saturating_sub(self.data_weight))
    }

    /// Memory in use by data.
    pub(super) fn dataset(&self) -> u64 {
        self.used() - self.overhead()
    }

    /// Memory in use beyond that of the start.
    pub(super) fn used_since_start(&self) -> u64 {
        let startup = self.environment.allocated_at_start;
        self.used().saturating_sub(startup)
    }

    /// The share of data in the memory in use beyond that of the start, in percent.
    pub(super) fn dataset_percent(&self) -> f64 {
        100.0 * ratio(self.dataset(), self.used_since_start()).min(1.0)
    }

    /// The share of the memory in use in the most that was in use at a time, in percent.
    pub(super) fn peak_percent(&self) -> f64 {
        100.0 * ratio(self.used(), self.used_peak())
    }

    /// Resident memory; where nobody measures it, memory in use.
    pub(super) fn resident(&self) -> u64 {
        match self.environment.usage.resident {
            0 => self.used(),
            resident => resident,
        }
    }

    /// Seconds since the start.
    fn uptime_s(&self) -> u64 {
        self.now.mono_us.saturating_sub(self.started.mono_us) / 1_000_000
    }
}

/// `a / b`, and 0 when there is no `b`.
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// `a - b` where it may be negative.
fn difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(0)
}
