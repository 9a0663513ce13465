//! Counters of the node: traffic, commands, errors, rates.
//!
//! Always true: no decision reads them; CONFIG RESETSTAT sets all of them to zero but the peak.
//! Not here: hits, misses and expiry, which the key space counts itself; how they are shown —
//! `info/`.

mod histogram;
mod meter;
mod rate;

use std::collections::BTreeMap;

pub use histogram::{Digest, Histogram};
pub use meter::Stopwatch;
pub(crate) use meter::{Clock, Meter};
use rate::Rate;
use russet_base::time::Now;
use russet_command::registry::CommandId;

/// How many different error codes are counted.
const ERROR_CODE_COUNT_MAX: usize = 128;

/// The longest error code.
const ERROR_CODE_LEN_MAX: usize = 32;

/// Counts instead of all codes once there were too many.
const ERRORS_DISABLED: &str = "ERRORSTATS_DISABLED";

/// All counters.
#[derive(Debug)]
pub struct Stats {
    /// Connections that arrived.
    pub connections_received: u64,
    /// Connections that were turned away.
    pub connections_rejected: u64,
    /// Bytes received.
    pub net_input_bytes: u64,
    /// Bytes sent.
    pub net_output_bytes: u64,
    /// Reads from sockets.
    pub reads: u64,
    /// Writes to sockets.
    pub writes: u64,
    /// Error replies.
    pub error_replies: u64,
    /// Connections closed for unexecuted requests beyond `client-query-buffer-limit`.
    pub query_limit_disconnections: u64,
    /// Connections closed for output beyond `client-output-buffer-limit`.
    pub output_limit_disconnections: u64,
    /// Clients evicted.
    pub evicted_clients: u64,
    /// Values and keys that another thread was given to free.
    pub lazyfreed_objects: u64,
    /// Failed authentications.
    pub denied_auth: u64,
    /// Certificates whose names are of nobody who may log in.
    pub denied_certificate: u64,
    /// Requests refused for their command.
    pub denied_command: u64,
    /// Requests refused for a key.
    pub denied_key: u64,
    /// Requests refused for a channel.
    pub denied_channel: u64,
    /// Requests refused for a database.
    pub denied_database: u64,
    /// Turns of the loop.
    pub cycles: u64,
    /// The most memory that was in use at a time.
    pub memory_peak: u64,
    commands: Box<[CommandStats]>,
    errors: BTreeMap<Box<str>, u64>,
    counts_errors: bool,
    rates: Rates,
}

/// The counters of one command.
#[derive(Debug, Clone, Default)]
pub struct CommandStats {
    /// How often it ran.
    pub calls: u64,
    /// How long it ran in all, in nanoseconds.
    pub nanoseconds: u64,
    /// How often it was refused before it ran.
    pub rejected: u64,
    /// How often it ran and failed.
    pub failed: u64,
    /// How long it ran, as a distribution.
    pub latency: Option<Box<Histogram>>,
}

impl CommandStats {
    /// Whether it was ever asked for.
    pub fn is_used(&self) -> bool {
        self.calls != 0 || self.failed != 0 || self.rejected != 0
    }
}

/// Figures that are shown per second.
#[derive(Debug, Default)]
struct Rates {
    commands: Rate,
    input: Rate,
    output: Rate,
    cycles: Rate,
}

impl Stats {
    /// Counters at zero, for that many commands.
    pub fn new(commands: usize) -> Self {
        Self {
            connections_received: 0,
            connections_rejected: 0,
            net_input_bytes: 0,
            net_output_bytes: 0,
            reads: 0,
            writes: 0,
            error_replies: 0,
            query_limit_disconnections: 0,
            output_limit_disconnections: 0,
            evicted_clients: 0,
            lazyfreed_objects: 0,
            denied_auth: 0,
            denied_certificate: 0,
            denied_command: 0,
            denied_key: 0,
            denied_channel: 0,
            denied_database: 0,
            cycles: 0,
            memory_peak: 0,
            commands: vec![CommandStats::default(); commands].into(),
            errors: BTreeMap::new(),
            counts_errors: true,
            rates: Rates::default(),
        }
    }

    /// A command has run.
    #[inline]
    pub fn called(&mut self, id: CommandId) {
        if let Some(command) = self.commands.get_mut(id.index()) {
            command.calls += 1;
        }
    }

    /// How many commands have run.
    // PERF: a sum of the rows, so that a command counts once.
    pub fn commands_processed(&self) -> u64 {
        self.commands.iter().map(|command| command.calls).sum()
    }

    /// Counts `count` runs of a command that took `nanoseconds` together; the distribution is kept
    /// while latency is tracked.
    #[inline]
    pub fn took(&mut self, id: CommandId, (nanoseconds, count): (u64, u32), is_tracked: bool) {
        let Some(command) = self.commands.get_mut(id.index()) else {
            return;
        };
        command.nanoseconds = command.nanoseconds.saturating_add(nanoseconds);
        if is_tracked {
            let each = nanoseconds / u64::from(count.max(1));
            let latency = command.latency.get_or_insert_default();
            latency.record(each, count);
        }
    }

    /// A command that ran has failed.
    pub fn failed(&mut self, id: CommandId) {
        if let Some(command) = self.commands.get_mut(id.index()) {
            command.failed += 1;
        }
    }

    /// A command was refused before it ran.
    pub fn rejected(&mut self, id: CommandId) {
        if let Some(command) = self.commands.get_mut(id.index()) {
            command.rejected += 1;
        }
    }

    /// An error reply was written; it is counted by its code, the first word.
    #[cold]
    pub fn error(&mut self, text: &str) {
        self.error_replies += 1;
        if !self.counts_errors {
            return;
        }
        let code = text.split_once(' ').map_or("ERR", |(code, _)| code);
        let code = if code.is_empty() || code.len() >= ERROR_CODE_LEN_MAX {
            "ERR"
        } else {
            code
        };
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
        } else if self.errors.len() >= ERROR_CODE_COUNT_MAX {
            // Scripts can make up codes; their number must not grow without end.
            self.errors.clear();
            self.errors.insert(ERRORS_DISABLED.into(), 1);
            self.counts_errors = false;
        } else {
            self.errors.insert(code.into(), 1);
        }
    }

    /// Takes a sample of everything that is shown per second; due ten times a second.
    pub fn sample(&mut self, now: Now) {
        let now_us = now.mono_us;
        let commands = self.commands_processed();
        self.rates.commands.sample(commands, now_us);
        self.rates.input.sample(self.net_input_bytes, now_us);
        self.rates.output.sample(self.net_output_bytes, now_us);
        self.rates.cycles.sample(self.cycles, now_us);
    }

    /// Memory in use was measured.
    pub fn observe_memory(&mut self, allocated: u64) {
        self.memory_peak = self.memory_peak.max(allocated);
    }

    /// Sets every counter to zero (CONFIG RESETSTAT).
    pub fn reset(&mut self) {
        let memory_peak = self.memory_peak;
        *self = Self::new(self.commands.len());
        self.memory_peak = memory_peak;
    }

    /// The counters of every command, by its place in the registry.
    pub fn commands(&self) -> &[CommandStats] {
        &self.commands
    }

    /// Error codes and how often each was answered, in alphabetical order.
    pub fn errors(&self) -> impl Iterator<Item = (&str, u64)> {
        self.errors.iter().map(|(code, &count)| (&**code, count))
    }

    /// Commands per second, of late.
    pub fn commands_per_s(&self) -> u64 {
        self.rates.commands.per_second()
    }

    /// Bytes received per second, of late.
    pub fn input_bytes_per_s(&self) -> u64 {
        self.rates.input.per_second()
    }

    /// Bytes sent per second, of late.
    pub fn output_bytes_per_s(&self) -> u64 {
        self.rates.output.per_second()
    }

    /// Turns of the loop per second, of late.
    pub fn cycles_per_s(&self) -> u64 {
        self.rates.cycles.per_second()
    }
}
