//! COMMAND INFO and COMMAND DOCS: a command of a registry written as a reply.
//!
//! ```text
//!  INFO   name · arity · flags · first · last · step · categories · tips · key specs · subcommands
//!  DOCS   summary · since · group · complexity · doc_flags? · deprecated? · history?
//!         · arguments? · subcommands?
//! ```
//! Always true: what a reader of either finds was computed from the row; fields without content
//! are left out of DOCS and empty in INFO.
//! Not here: the COMMAND command itself — the node's `control/command.rs`.

use russet_resp::Reply;

use crate::keys::KeyAt;
use crate::registry::{Command, CommandId, Registry};
use crate::row::{Begin, Find, Flags, Group, KeyFlags, KeySpec};
use crate::syntax::{self, Argument};

/// The flags that INFO shows, in its order. Others are nobody's business but ours.
const FLAG_NAMES: &[(Flags, &str)] = &[
    (Flags::WRITE, "write"),
    (Flags::READONLY, "readonly"),
    (Flags::DENY_OOM, "denyoom"),
    (Flags::ADMIN, "admin"),
    (Flags::PUBSUB, "pubsub"),
    (Flags::NOSCRIPT, "noscript"),
    (Flags::BLOCKING, "blocking"),
    (Flags::LOADING, "loading"),
    (Flags::STALE, "stale"),
    (Flags::SKIP_MONITOR, "skip_monitor"),
    (Flags::SKIP_SLOWLOG, "skip_slowlog"),
    (Flags::ASKING, "asking"),
    (Flags::FAST, "fast"),
    (Flags::NO_AUTH, "no_auth"),
    (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
    (Flags::NO_ASYNC_LOADING, "no_async_loading"),
    (Flags::NO_MULTI, "no_multi"),
    (Flags::ALLOW_BUSY, "allow_busy"),
];

const KEY_FLAG_NAMES: &[(KeyFlags, &str)] = &[
    (KeyFlags::RO, "RO"),
    (KeyFlags::RW, "RW"),
    (KeyFlags::OW, "OW"),
    (KeyFlags::RM, "RM"),
    (KeyFlags::ACCESS, "access"),
    (KeyFlags::UPDATE, "update"),
    (KeyFlags::INSERT, "insert"),
    (KeyFlags::DELETE, "delete"),
    (KeyFlags::NOT_KEY, "not_key"),
    (KeyFlags::INCOMPLETE, "incomplete"),
    (KeyFlags::VARIABLE_FLAGS, "variable_flags"),
];

/// The name of a group in COMMAND DOCS.
pub const fn group_name(group: Group) -> &'static str {
    match group {
        Group::Generic => "generic",
        Group::String => "string",
        Group::List => "list",
        Group::Set => "set",
        Group::SortedSet => "sorted-set",
        Group::Hash => "hash",
        Group::Stream => "stream",
        Group::Bitmap => "bitmap",
        Group::Hyperloglog => "hyperloglog",
        Group::Geo => "geo",
        Group::PubSub => "pubsub",
        Group::Transactions => "transactions",
        Group::Connection => "connection",
        Group::Server => "server",
        Group::Scripting => "scripting",
        Group::Cluster => "cluster",
        Group::Sentinel => "sentinel",
    }
}

/// The names of a command's flags as COMMAND INFO shows them.
pub fn flag_names<H>(command: &Command<H>) -> Vec<&'static str> {
    let has = |(flag, _): &&(Flags, &str)| command.spec.flags.has(*flag);
    let mut names: Vec<_> = FLAG_NAMES
        .iter()
        .filter(has)
        .map(|(_, name)| *name)
        .collect();
    if command.movable_keys {
        // The one derived flag stands before the last of the others.
        let at = names
            .iter()
            .position(|name| *name == "allow_busy")
            .unwrap_or(names.len());
        names.insert(at, "movablekeys");
    }
    names
}

/// Writes the COMMAND INFO entry of one command.
pub fn info<H>(registry: &Registry<H>, id: CommandId, reply: &mut Reply<'_>) {
    let command = registry.get(id);
    let spec = command.spec;
    reply.array(10);
    reply.bulk(command.full_name.as_bytes());
    reply.integer(spec.arity.signed());
    statuses(reply, &flag_names(command));
    reply.integer(command.legacy.first);
    reply.integer(command.legacy.last);
    reply.integer(command.legacy.step);
    let categories = command.categories.names();
    reply.set(categories.clone().count());
    for name in categories {
        reply.simple(&format!("@{name}"));
    }
    reply.set(spec.tips.len());
    for tip in spec.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(spec.keys.len());
    for key in spec.keys {
        key_spec(reply, key);
    }
    // COMPAT: what has no subcommands has an empty set of them; what has some, an array.
    match command.subcommands.len() {
        0 => reply.set(0),
        len => reply.array(len),
    }
    for &sub in &command.subcommands {
        info(registry, sub, reply);
    }
}

/// Writes the COMMAND DOCS entry of one command: its name and a map.
pub fn docs<H>(registry: &Registry<H>, id: CommandId, reply: &mut Reply<'_>) {
    let command = registry.get(id);
    let spec = command.spec;
    // The families' tests parse every syntax; one that does not parse is shown as none.
    let arguments = syntax::parse(spec.syntax, spec.keys.len()).unwrap_or_default();
    reply.bulk(command.full_name.as_bytes());
    let doc_flags: &[&str] = match (spec.deprecated, spec.flags.has(Flags::SYSTEM)) {
        (Some(_), true) => &["deprecated", "syscmd"],
        (Some(_), false) => &["deprecated"],
        (None, true) => &["syscmd"],
        (None, false) => &[],
    };
    let fields = [
        !spec.complexity.is_empty(),
        !doc_flags.is_empty(),
        spec.deprecated.is_some(),
        spec.deprecated.is_some(),
        !spec.history.is_empty(),
        !arguments.is_empty(),
        command.is_container(),
    ];
    reply.map(3 + fields.iter().filter(|present| **present).count());
    text(reply, "summary", spec.summary);
    text(reply, "since", spec.since);
    text(reply, "group", group_name(command.group));
    if !spec.complexity.is_empty() {
        text(reply, "complexity", spec.complexity);
    }
    if !doc_flags.is_empty() {
        reply.bulk(b"doc_flags");
        statuses(reply, doc_flags);
    }
    if let Some((since, instead)) = spec.deprecated {
        text(reply, "deprecated_since", since);
        text(reply, "replaced_by", instead);
    }
    if !spec.history.is_empty() {
        reply.bulk(b"history");
        reply.set(spec.history.len());
        for (version, change) in spec.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
    if !arguments.is_empty() {
        reply.bulk(b"arguments");
        argument_list(reply, &arguments);
    }
    if command.is_container() {
        reply.bulk(b"subcommands");
        reply.map(command.subcommands.len());
        for &sub in &command.subcommands {
            docs(registry, sub, reply);
        }
    }
}

/// Writes keys as COMMAND GETKEYSANDFLAGS shows them, given what each position holds.
pub fn keys_and_flags<'a>(
    reply: &mut Reply<'_>,
    keys: impl ExactSizeIterator<Item = (&'a [u8], KeyAt)>,
) {
    reply.array(keys.len());
    for (key, at) in keys {
        reply.array(2);
        reply.bulk(key);
        key_flags(reply, at.flags);
    }
}

fn argument_list(reply: &mut Reply<'_>, arguments: &[Argument<'_>]) {
    reply.array(arguments.len());
    for argument in arguments {
        one_argument(reply, argument);
    }
}

fn one_argument(reply: &mut Reply<'_>, argument: &Argument<'_>) {
    let flags = [
        (argument.optional, "optional"),
        (argument.multiple, "multiple"),
        (argument.multiple_token, "multiple_token"),
    ];
    let flags: Vec<_> = flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| *name)
        .collect();
    let is_group = argument.kind.is_group();
    // Display text and children exclude each other, so one field stands for either.
    let present = [
        argument.key_spec.is_some(),
        argument.token.is_some(),
        argument.since.is_some(),
        argument.deprecated_since.is_some(),
        !flags.is_empty(),
    ];
    reply.map(3 + present.iter().filter(|present| **present).count());
    text(reply, "name", &argument.name);
    text(reply, "type", argument.kind.name());
    if !is_group {
        text(reply, "display_text", &argument.display);
    }
    if let Some(key_spec) = argument.key_spec {
        reply.bulk(b"key_spec_index");
        reply.integer(i64::from(key_spec));
    }
    if let Some(token) = &argument.token {
        text(reply, "token", token);
    }
    if let Some(since) = argument.since {
        text(reply, "since", since);
    }
    if let Some(since) = argument.deprecated_since {
        text(reply, "deprecated_since", since);
    }
    if !flags.is_empty() {
        reply.bulk(b"flags");
        statuses(reply, &flags);
    }
    if is_group {
        reply.bulk(b"arguments");
        argument_list(reply, &argument.arguments);
    }
}

fn key_spec(reply: &mut Reply<'_>, key: &KeySpec) {
    reply.map(3 + usize::from(!key.notes.is_empty()));
    if !key.notes.is_empty() {
        text(reply, "notes", key.notes);
    }
    reply.bulk(b"flags");
    key_flags(reply, key.flags);
    reply.bulk(b"begin_search");
    match key.begin {
        Begin::Index(index) => {
            typed(reply, "index", 1);
            number(reply, "index", i64::from(index));
        }
        Begin::Keyword(word, from) => {
            typed(reply, "keyword", 2);
            text(reply, "keyword", word);
            number(reply, "startfrom", i64::from(from));
        }
        Begin::Unknown => typed(reply, "unknown", 0),
    }
    reply.bulk(b"find_keys");
    match key.find {
        Find::Range { last, step, limit } => {
            typed(reply, "range", 3);
            number(reply, "lastkey", i64::from(last));
            number(reply, "keystep", i64::from(step));
            number(reply, "limit", i64::from(limit));
        }
        Find::KeyNum { count, first, step } => {
            typed(reply, "keynum", 3);
            number(reply, "keynumidx", i64::from(count));
            number(reply, "firstkey", i64::from(first));
            number(reply, "keystep", i64::from(step));
        }
        Find::Unknown => typed(reply, "unknown", 0),
    }
}

/// Opens the map that names a type and holds a `spec` map of `fields` fields.
fn typed(reply: &mut Reply<'_>, kind: &str, fields: usize) {
    reply.map(2);
    text(reply, "type", kind);
    reply.bulk(b"spec");
    reply.map(fields);
}

fn key_flags(reply: &mut Reply<'_>, flags: KeyFlags) {
    let has = |(flag, _): &&(KeyFlags, &str)| flags.has(*flag);
    let names: Vec<_> = KEY_FLAG_NAMES
        .iter()
        .filter(has)
        .map(|(_, name)| *name)
        .collect();
    statuses(reply, &names);
}

fn statuses(reply: &mut Reply<'_>, names: &[&str]) {
    reply.set(names.len());
    for name in names {
        reply.simple(name);
    }
}

fn text(reply: &mut Reply<'_>, field: &str, value: &str) {
    reply.bulk(field.as_bytes());
    reply.bulk(value.as_bytes());
}

fn number(reply: &mut Reply<'_>, field: &str, value: i64) {
    reply.bulk(field.as_bytes());
    reply.integer(value);
}
