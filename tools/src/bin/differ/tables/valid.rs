//! Words that are valid for an argument, by its name.
//!
//! Always true: the same place of the same command gets the same word.

use russet_command::syntax::{Argument, ArgumentKind};

use super::forms::{Role, Slot};
use crate::rows::Command;

/// Stands for what DUMP returns, until it is known.
pub(crate) const PAYLOAD: &[u8] = b"<payload>";

/// Whether an argument says how many follow.
pub(crate) fn is_count(name: &str) -> bool {
    matches!(name, "numkeys" | "numfields" | "numids" | "num-vertices")
}

/// Whether the text of an argument is a number by what it means.
pub(crate) fn role(name: &str) -> Role {
    match name {
        "offset" | "threshold" | "min-idle-time" | "ID" | "id" | "last-id" | "lastid" | "end"
        | "max-deleted-id" => Role::Integer,
        "min" | "max" | "start" | "stop" | "increment" | "lowerbound" | "upperbound" => {
            Role::Double
        }
        _ => Role::Fixed,
    }
}

/// A valid word.
pub(crate) fn word(command: &str, argument: &Argument<'_>, repetition: usize) -> Vec<u8> {
    let name = &*argument.name;
    let word = match argument.kind {
        ArgumentKind::Pattern => pattern(name),
        ArgumentKind::UnixTime if name.contains("milli") => "4102444800000",
        ArgumentKind::UnixTime => "4102444800",
        ArgumentKind::Integer => integer(command, name),
        ArgumentKind::Double => double(command, name),
        _ if name == "serialized-value" => return PAYLOAD.to_vec(),
        _ => return string(command, name, repetition).into_bytes(),
    };
    word.as_bytes().to_vec()
}

fn pattern(name: &str) -> &'static str {
    match name {
        "by-pattern" => "w_*",
        "get-pattern" => "#",
        _ => "*",
    }
}

fn integer(command: &str, name: &str) -> &'static str {
    match name {
        "cursor" | "start" | "index" | "ms" | "min-idle-time" => "0",
        "end" | "stop" => "-1",
        "milliseconds" => "1000000000000",
        "seconds" => "1000000000",
        "offset" if command.starts_with("SETRANGE") => "2",
        "offset" if command.contains("BIT") => "7",
        "offset" => "0",
        "count" | "limit" | "num-matches" => "2",
        "len" => "10",
        "increment" | "decrement" | "weight" => "2",
        "ttl" | "idmp-duration" | "idmp-maxsize" => "100",
        _ => "1",
    }
}

fn double(command: &str, name: &str) -> &'static str {
    match name {
        "longitude" => "13.5",
        "latitude" => "38",
        "radius" | "width" | "height" => "300",
        "timeout" => "0.01",
        "min" if command.starts_with('Z') => "-inf",
        "max" if command.starts_with('Z') => "+inf",
        _ => "1.5",
    }
}

fn string(command: &str, name: &str, repetition: usize) -> String {
    let is_range = command == "XRANGE" || command == "XREVRANGE" || command == "XPENDING";
    let word = match name {
        "group" | "groupname" => "g1",
        "consumer" | "consumername" => "c1",
        "encoding" => "u8",
        "min-idle-time" => "0",
        "score" | "increment" | "threshold" => "2",
        "min" | "max" | "start" | "stop" if command.contains("LEX") => {
            if matches!(name, "min" | "start") {
                "[a"
            } else {
                "[c"
            }
        }
        "min" | "start" if command.starts_with("ZRANGE") => "0",
        "max" | "stop" if command.starts_with("ZRANGE") => "-1",
        "start" if is_range => "-",
        "end" if is_range => "+",
        "start" => "0",
        "id" if command == "XADD" => "99-9",
        "ID" if command.starts_with("XREAD") => "0",
        "id" if command.starts_with("XGROUP") => "1",
        "last-id" => "99-9",
        "max-deleted-id" | "lastid" => "0-1",
        "ID" | "id" => return format!("{}-1", repetition + 1),
        "offset" => "0",
        "lowerbound" => "-100",
        "upperbound" => "100",
        "type" => "string",
        _ => ["a", "b", "c", "d"][repetition % 4],
    };
    word.to_owned()
}

/// Changes words that other words of the form give another meaning.
pub(crate) fn adapt(command: &Command, slots: &mut [Slot]) {
    let has = |word: &str| slots.iter().any(|slot| slot.word == word.as_bytes());
    let words = match (has("BYLEX"), has("BYSCORE"), has("REV")) {
        (true, _, false) => ["[a", "[c"],
        (true, _, true) => ["[c", "[a"],
        (_, true, false) => ["0", "100"],
        (_, true, true) => ["100", "0"],
        _ if command.name == "XREADGROUP" => return read_new(slots),
        _ => return,
    };
    for slot in slots {
        match &*slot.name {
            "start" | "min" => slot.word = words[0].into(),
            "stop" | "max" => slot.word = words[1].into(),
            _ => {}
        }
    }
}

/// New entries are asked for.
fn read_new(slots: &mut [Slot]) {
    for slot in slots.iter_mut().filter(|slot| slot.name == "ID") {
        slot.word = b">".to_vec();
    }
}
