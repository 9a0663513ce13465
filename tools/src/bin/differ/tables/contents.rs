//! Keys with every kind of content, each made once and copied from then on.
//!
//! A kind has two letters; its keys are these and a number: `ls1`. The key that it is copied from
//! has an equals sign before it. Keys of the kind `n` are absent.
//!
//! Always true: a key has the same content whenever it is copied.

use russet_command::Group;

use super::forms::Form;
use crate::generate::{Request, view};
use crate::rows::Command;

/// The number of keys of each kind.
pub(crate) const KEYS_MAX: usize = 4;

/// The kind of keys that are absent.
pub(crate) const ABSENT: &str = "n";

/// Elements of a value that is not small.
const LARGE: usize = 40;

/// All kinds of keys that are there: strings, integers, lists, sets, sorted sets (of different and
/// of equal scores), hashes, streams, HyperLogLogs, positions; `s` is small, `l` is large.
const KINDS: &[&str] = &[
    "ss", "sl", "si", "sd", "ls", "ll", "ln", "ts", "tp", "tl", "zs", "zl", "ys", "yl", "hs", "hl",
    "xs", "xl", "ps", "pl", "gs", "gl",
];

/// The kinds of keys that a command is asked with; the second list is of wrong types.
pub(crate) fn kinds(
    command: &Command,
    form: &Form,
) -> (&'static [&'static str], &'static [&'static str]) {
    let name = &*command.name;
    match command.group {
        Group::String => (&["ss", "sl", "si", "sd"], &["ls"]),
        Group::Bitmap => (&["ss", "sl"], &["ls"]),
        Group::List => (&["ls", "ll"], &["ss"]),
        Group::Set => (&["ts", "tp", "tl"], &["ss"]),
        Group::SortedSet if name.contains("LEX") || form.has("BYLEX") => (&["ys", "yl"], &["ss"]),
        Group::SortedSet if is_of_sets(name) => (&["zs", "zl", "ts"], &["ss"]),
        Group::SortedSet => (&["zs", "zl"], &["ss"]),
        Group::Hash => (&["hs", "hl"], &["ss"]),
        Group::Stream => (&["xs", "xl"], &["ss"]),
        Group::Hyperloglog => (&["ps", "pl"], &["ss", "ls"]),
        Group::Geo => (&["gs", "gl"], &["ss"]),
        _ if name.starts_with("SORT") => (&["ln", "ts", "zs"], &["ss"]),
        _ if form.keys() == 2 => (
            &[
                "ss", "sl", "sd", "ls", "ll", "ts", "tl", "zs", "zl", "hs", "hl", "xl", "pl",
            ],
            &[],
        ),
        _ => (&["sd", "ll", "zs"], &[]),
    }
}

/// Whether a command of sorted sets takes sets as well.
fn is_of_sets(name: &str) -> bool {
    ["ZUNION", "ZINTER", "ZDIFF"]
        .iter()
        .any(|begin| name.starts_with(begin))
}

/// The name of a key.
pub(crate) fn key(kind: &str, at: usize) -> String {
    format!("{kind}{}", at + 1)
}

/// Requests that create all keys.
pub(crate) fn base() -> Vec<Request> {
    let mut requests = vec![
        Request::plain(&["DISCARD"]),
        Request::plain(&["SELECT", "0"]),
        Request::plain(&["FLUSHALL"]),
        Request::plain(&["MSET", "w_1", "3", "w_2", "2", "w_3", "1"]),
    ];
    for kind in KINDS {
        for at in 0..KEYS_MAX {
            let key = key(kind, at);
            requests.extend(made(&format!("={key}"), kind, at));
            requests.push(restored(&key));
        }
    }
    requests
}

/// Requests that give a key its first content.
pub(crate) fn restored(key: &str) -> Request {
    if key.starts_with(ABSENT) {
        return Request::plain(&["DEL", key]);
    }
    Request::plain(&["COPY", &format!("={key}"), key, "REPLACE"])
}

/// The request that reads the value of a key after a command on keys of these kinds.
pub(crate) fn shown(key: &str, command: &Command, kinds: &[&str]) -> Vec<Request> {
    let mut letters: Vec<char> = kinds
        .iter()
        .filter_map(|kind| kind.chars().next())
        .collect();
    letters.retain(|letter| *letter != 'n');
    letters.extend(crate::words::letter(command.group));
    letters.extend(command.name.starts_with("SORT").then_some('l'));
    let mut letters: Vec<char> = letters.into_iter().map(type_letter).collect();
    letters.sort_unstable();
    letters.dedup();
    let mut requests = view(key, letters.first().copied());
    let more = letters.iter().skip(1);
    requests.extend(more.flat_map(|letter| crate::generate::content(key, Some(*letter))));
    requests
}

/// One letter for all kinds of a type.
fn type_letter(letter: char) -> char {
    match letter {
        'y' | 'g' => 'z',
        'b' | 'p' => 's',
        letter => letter,
    }
}

/// Requests that create a key of a kind.
fn made(key: &str, kind: &str, at: usize) -> Vec<Request> {
    let n = at + 1;
    let each = |count: usize, make: &dyn Fn(usize) -> Vec<String>| -> Vec<String> {
        (n..n + count).flat_map(make).collect()
    };
    let text = |text: String| vec![text];
    let first = match kind {
        "ss" | "sd" => words(&["SET", key], text((2 * n + 1).to_string())),
        "sl" => words(
            &["SET", key],
            text(["abc", "bcd", "cda", "xyz"][at].repeat(100)),
        ),
        "si" => words(
            &["SET", key],
            text([i64::MAX, i64::MIN, -1, 0][at].to_string()),
        ),
        "ls" => words(
            &["RPUSH", key, "a", "b", "c", "1"],
            each(2, &|i| text(i.to_string())),
        ),
        "ll" => words(&["RPUSH", key], each(LARGE, &|i| text(format!("a{i}")))),
        "ln" => words(&["RPUSH", key], each(4, &|i| text((i * 7 % 5).to_string()))),
        "ts" => words(&["SADD", key], each(4, &|i| text(i.to_string()))),
        "tp" => words(&["SADD", key, "a"], each(4, &|i| text(format!("m{i}")))),
        "tl" => words(&["SADD", key, "a"], each(LARGE, &|i| text(format!("m{i}")))),
        "zs" => words(
            &["ZADD", key, "1", "a", "2", "b"],
            each(3, &|i| vec![i.to_string(), i.to_string()]),
        ),
        "zl" => words(
            &["ZADD", key, "1", "a"],
            each(LARGE, &|i| vec![format!("{i}.5"), format!("m{i}")]),
        ),
        "ys" => words(&["ZADD", key, "0", "a", "0", "b", "0", "c"], Vec::new()),
        "yl" => words(
            &["ZADD", key, "0", "a", "0", "b"],
            each(LARGE, &|i| vec!["0".to_owned(), format!("m{i}")]),
        ),
        "hs" => words(&["HSET", key, "a", "2", "b", "x", "c", "1.5"], Vec::new()),
        "hl" => words(
            &["HSET", key, "a", "9223372036854775800"],
            each(LARGE, &|i| vec![format!("f{i}"), i.to_string()]),
        ),
        "ps" => words(&["PFADD", key], each(5, &|i| text(i.to_string()))),
        "pl" => words(&["PFADD", key], each(3000, &|i| text(i.to_string()))),
        "gs" => words(
            &["GEOADD", key, "13.361389", "38.115556", "a"],
            each(1, &|i| {
                vec!["15.08".to_owned(), "37.5".to_owned(), format!("m{i}")]
            }),
        ),
        "gl" => words(
            &["GEOADD", key, "13.361389", "38.115556", "a"],
            each(LARGE, &|i| {
                vec![format!("13.{i}"), format!("38.{i}"), format!("m{i}")]
            }),
        ),
        _ => return stream(key, if kind == "xs" { 3 } else { 25 }),
    };
    let mut requests = vec![first];
    if kind == "sd" {
        requests.push(Request::plain(&["PEXPIREAT", key, "4102444800000"]));
    }
    requests
}

/// A command of these words and more.
fn words(begin: &[&str], more: Vec<String>) -> Request {
    let more = more.iter().map(String::as_str);
    let words: Vec<&str> = begin.iter().copied().chain(more).collect();
    Request::plain(&words)
}

/// Requests that create a stream with a group, of which one consumer has had entries for long.
fn stream(key: &str, entries: usize) -> Vec<Request> {
    let ids: Vec<String> = (1..=entries).map(|id| format!("{id}-1")).collect();
    let added = ids
        .iter()
        .map(|id| Request::plain(&["XADD", key, id, "f", id]));
    let mut requests: Vec<Request> = added.collect();
    let more: &[&[&str]] = &[
        &["XGROUP", "CREATE", key, "g1", "2"],
        &["XGROUP", "CREATECONSUMER", key, "g1", "c1"],
        &["XGROUP", "CREATECONSUMER", key, "g1", "c2"],
        &[
            "XCLAIM", key, "g1", "c2", "0", "1-1", "2-1", "TIME", "1000", "FORCE", "JUSTID",
        ],
    ];
    requests.extend(more.iter().map(|words| Request::plain(words)));
    requests
}
