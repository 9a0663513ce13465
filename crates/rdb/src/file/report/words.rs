//! Errors in the words of `redis-check-rdb`.
//!
//! Always true: tools that look for a line of `redis-check-rdb` find it.
//! Not here: the words of this crate — `FileError`

use std::fmt::Write as _;

use crate::file::{Fault, FileError};
use crate::{Error, ObjectType};

/// Appends the lines about an error.
pub(super) fn error(error: &FileError, out: &mut String) {
    out.push_str("--- RDB ERROR DETECTED ---\n");
    let FileError { offset, .. } = error;
    // Appending to a string cannot fail, here and below.
    let _ = writeln!(out, "[offset {offset}] {}", fault(error.fault));
    let _ = writeln!(out, "[additional info] While doing: {}", error.reading);
    if let Some(key) = &error.key {
        let (name, more) = (key.name.escape_ascii(), if key.is_cut { "…" } else { "" });
        let (code, type_name) = (key.object.0, type_name(key.object));
        let _ = writeln!(out, "[additional info] Reading key '{name}{more}'");
        let _ = writeln!(out, "[additional info] Reading type {code} ({type_name})");
        let _ = writeln!(out, "[additional info] In database {}", key.db);
    }
    if let Fault::Checksum { .. } = error.fault {
        let _ = writeln!(out, "[additional info] {}", error.fault);
    }
}

fn fault(fault: Fault) -> String {
    match fault {
        Fault::Magic => "Wrong signature trying to load DB from file".to_owned(),
        Fault::Version(version) => format!("Can't handle RDB format version {}", version.0),
        Fault::Bytes(Error::Cut) => "Unexpected EOF reading RDB file".to_owned(),
        Fault::Bytes(Error::Trailing) => "Bytes follow the end of the RDB file".to_owned(),
        Fault::Type {
            object,
            name: "unknown",
        } => format!("Invalid object type: {}", object.0),
        Fault::Checksum { .. } => "RDB CRC error".to_owned(),
        other => other.to_string(),
    }
}

fn type_name(object: ObjectType) -> &'static str {
    TYPES
        .get(usize::from(object.0))
        .copied()
        .unwrap_or("unknown")
}

/// The names of type codes, by number.
#[rustfmt::skip]
const TYPES: [&str; 28] = [
    "string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2",
    "module-pre-release", "module-value", "", "hash-zipmap", "list-ziplist", "set-intset",
    "zset-ziplist", "hash-ziplist", "quicklist", "stream", "hash-listpack", "zset-listpack",
    "quicklist-v2", "stream-v2", "set-listpack", "stream-v3", "hash-hashtable-md-pre-release",
    "hash-listpack-md-pre-release", "hash-hashtable-md", "hash-listpack-md", "stream-v4",
    "stream-v5",
];
