//! The types that parameters have by their names alone.
//!
//! Always true: a name that is not listed is a string.

use super::ArgumentKind;

const KEYS: &[&str] = &[
    "destination",
    "destkey",
    "dst",
    "key",
    "key1",
    "key2",
    "keys",
    "newkey",
    "source",
    "sourcekey",
    "src",
    "storedistkey",
    "storekey",
];

const INTEGERS: &[&str] = &[
    "bits",
    "client-id",
    "cluster-bus-port",
    "config-epoch",
    "count",
    "current-epoch",
    "cursor",
    "db",
    "decrement",
    "destination-db",
    "end",
    "end-slot",
    "entries-added",
    "entriesread",
    "frequency",
    "increment",
    "index",
    "index1",
    "index2",
    "limit",
    "maxage",
    "milliseconds",
    "min-match-len",
    "ms",
    "num-matches",
    "numfields",
    "numkeys",
    "numlocal",
    "numreplicas",
    "offset",
    "port",
    "protover",
    "quorum",
    "rank",
    "seconds",
    "slot",
    "start",
    "start-slot",
    "stop",
    "ttl",
    "version",
    "weight",
];

const DOUBLES: &[&str] = &[
    "height",
    "latitude",
    "longitude",
    "radius",
    "score",
    "timeout",
    "width",
];

const PATTERNS: &[&str] = &["by-pattern", "get-pattern", "pattern"];

const UNIX_TIMES: &[&str] = &["unix-time-milliseconds", "unix-time-seconds"];

/// The type of a parameter with this name.
pub(super) fn of_name(name: &str) -> ArgumentKind {
    let lists = [
        (KEYS, ArgumentKind::Key),
        (INTEGERS, ArgumentKind::Integer),
        (DOUBLES, ArgumentKind::Double),
        (PATTERNS, ArgumentKind::Pattern),
        (UNIX_TIMES, ArgumentKind::UnixTime),
    ];
    let found = lists.into_iter().find(|(names, _)| names.contains(&name));
    found.map_or(ArgumentKind::String, |(_, kind)| kind)
}

/// The type with this name, as a suffix of a parameter names it.
pub(super) fn of_suffix(suffix: &str) -> Option<ArgumentKind> {
    [
        ArgumentKind::String,
        ArgumentKind::Integer,
        ArgumentKind::Double,
        ArgumentKind::Key,
        ArgumentKind::Pattern,
        ArgumentKind::UnixTime,
    ]
    .into_iter()
    .find(|kind| kind.name() == suffix)
}
