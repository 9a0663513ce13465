//! Differences between our settings and those of others that are meant, each with its reason.
//!
//! Always true: every row is found on the peers that it names.
//! Not here: how they are found — `settings.rs`

use super::Line;

/// Settings that a harmless value cannot be found for: it would close the connection, move the
/// socket or the directory, or start work on files.
pub(super) const HARMFUL: &[&str] = &[
    "appendonly",
    "bind",
    "dir",
    "maxclients",
    "maxmemory-clients",
    "port",
    "requirepass",
    "timeout",
    "tls-port",
    "watchdog-period",
];

/// Settings that patterns do not find.
pub(super) const HIDDEN: &[&str] = &[
    "aof-disable-auto-gc",
    "cluster-ping-interval",
    "key-load-delay",
    "loading-process-events-interval-bytes",
    "rdb-key-save-delay",
    "use-exit-on-panic",
    "watchdog-period",
];

/// A difference that is meant.
pub(super) struct Meant {
    /// The peers, as `version` names them or their beginning, a space between them.
    pub(super) peers: &'static str,
    /// The setting; with `*` at the end, all that begin so.
    pub(super) name: &'static str,
    /// The probe, or a beginning of it.
    pub(super) probe: &'static str,
    /// Why it is so.
    #[expect(dead_code, reason = "for the reader of the table")]
    pub(super) reason: &'static str,
}

impl Meant {
    pub(super) fn matches(&self, line: &Line) -> bool {
        let is_name = match self.name.strip_suffix('*') {
            Some(start) => line.name.starts_with(start),
            None => line.name == self.name,
        };
        is_name && line.probe.starts_with(self.probe)
    }
}

const fn meant(
    peers: &'static str,
    name: &'static str,
    probe: &'static str,
    reason: &'static str,
) -> Meant {
    Meant {
        peers,
        name,
        probe,
        reason,
    }
}

/// Every difference that is meant.
#[rustfmt::skip]
pub(super) const MEANT: &[Meant] = &[
    meant("redis valkey", "dir", "default", "each server has a directory of its own"),
    meant("redis valkey", "dir", "file", "the directory is entered once all lines were read"),
    meant("redis valkey", "unixsocket", "default", "each server has a socket of its own"),
    meant("redis valkey", "maxmemory-clients", "\"18446744073709551616\"",
        "a number that overflows is refused instead of wrapped into a share"),
    meant("redis-7.0", "aof-disable-auto-gc", "name", "later versions hide it"),
    meant("redis-7.0", "maxmemory-samples", "\"", "later versions take 64 at most"),
    // Where Redis and Valkey differ, the answer is that of Redis.
    meant("valkey-9.1", "*", "\"18446744073709551616\"",
        "Redis takes a size that overflows for the largest"),
    meant("valkey-9.1", "slot-migration-max-failover-repl-bytes", "\"18446744073709551615\"",
        "a number that overflows is refused instead of wrapped to -1"),
    meant("valkey-9.1", "activedefrag", "\"", "the error names Redis"),
    meant("valkey-9.1", "cluster-announce-human-nodename", "\"", "Redis takes blanks and quotes"),
    meant("valkey-9.1", "cluster-announce-ip", "\"", "Redis does not check it"),
    meant("valkey-9.1", "cluster-blacklist-ttl", "\"-1\"", "a negative time is refused"),
    meant("valkey-9.1", "cluster-config-file", "file \"\"", "Redis takes the empty name"),
    meant("valkey-9.1", "dbfilename", "file \"\"", "Redis takes the empty name"),
    meant("valkey-9.1", "hide-user-data-from-log", "default", "Redis shows it"),
    meant("valkey-9.1", "io-threads", "", "Redis fixes it at the start, and takes 128 at most"),
    meant("valkey-9.1", "latency-tracking-info-percentiles", "\"0x10\"",
        "Redis takes hexadecimal numbers"),
    meant("valkey-9.1", "lazyfree-lazy-*", "default", "Redis frees at once"),
    meant("valkey-9.1", "replica-lazy-flush", "default", "Redis frees at once"),
    meant("valkey-9.1", "slave-lazy-flush", "default", "Redis frees at once"),
    meant("valkey-9.1", "repl-backlog-size", "default", "Redis keeps a megabyte"),
    meant("valkey-9.1", "*", "rewritten", "Valkey writes all save points in one line"),
    meant("valkey-9.1", "syslog-ident", "default", "logs name Redis"),
];
