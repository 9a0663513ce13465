//! Whether two replies to one command say the same.
//!
//! Always true: errors are compared letter by letter, whatever the command.

use russet_resp::Value;

use crate::generate::Request;
use crate::known::explains;

/// The difference, in one line.
pub(crate) struct Difference(pub(crate) String);

/// How the replies of a command are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// They are equal.
    Equal,
    /// The same elements in any order.
    AnyOrder,
    /// The same pairs in any order.
    AnyPairs,
    /// A cursor and elements in any order; unfinished iterations are not compared.
    Page,
    /// The same type and size.
    Size,
    /// Integers that lie close together.
    Near,
    /// Equal but for moments and spans of time.
    Timeless,
}

const RULES: &[(&str, Rule)] = &[
    ("SMEMBERS", Rule::AnyOrder),
    ("SINTER", Rule::AnyOrder),
    ("SUNION", Rule::AnyOrder),
    ("SDIFF", Rule::AnyOrder),
    ("SPOP", Rule::AnyOrder),
    ("HKEYS", Rule::AnyOrder),
    ("HVALS", Rule::AnyOrder),
    ("KEYS", Rule::AnyOrder),
    ("HGETALL", Rule::AnyPairs),
    ("SCAN", Rule::Page),
    ("SSCAN", Rule::Page),
    ("HSCAN", Rule::Page),
    ("ZSCAN", Rule::Page),
    ("RANDOMKEY", Rule::Size),
    ("SRANDMEMBER", Rule::Size),
    ("HRANDFIELD", Rule::Size),
    ("ZRANDMEMBER", Rule::Size),
    ("TTL", Rule::Near),
    ("PTTL", Rule::Near),
    ("EXPIRETIME", Rule::Near),
    ("PEXPIRETIME", Rule::Near),
    ("HTTL", Rule::Near),
    ("HPTTL", Rule::Near),
    ("HEXPIRETIME", Rule::Near),
    ("HPEXPIRETIME", Rule::Near),
    ("XPENDING", Rule::Timeless),
    ("XINFO|CONSUMERS", Rule::Timeless),
    ("XINFO|GROUPS", Rule::Timeless),
    ("XINFO|STREAM", Rule::Timeless),
    ("GEOSEARCH", Rule::AnyOrder),
    ("GEORADIUS", Rule::AnyOrder),
    ("GEORADIUS_RO", Rule::AnyOrder),
    ("GEORADIUSBYMEMBER", Rule::AnyOrder),
    ("GEORADIUSBYMEMBER_RO", Rule::AnyOrder),
];

/// Compares our reply with theirs.
pub(crate) fn compare(
    request: &Request,
    our: &Value,
    their: &Value,
    version: &str,
) -> Option<Difference> {
    if request.name == "EXEC" {
        return compare_transaction(request, our, their, version);
    }
    if our.as_error().is_some() || their.as_error().is_some() {
        return (our != their).then(|| Difference("an error".to_owned()));
    }
    let (our, their) = (normal(request, our), normal(request, their));
    let rule = rule_of(request);
    let is_same = match rule {
        Rule::Near => near(&our, &their),
        Rule::Size => size(&our) == size(&their),
        Rule::Page if !begins(request) => true,
        Rule::Page if !is_whole(&our) || !is_whole(&their) => true,
        _ => our == their || bytes(&our) == bytes(&their),
    };
    (!is_same).then(|| Difference("the reply".to_owned()))
}

fn compare_transaction(
    request: &Request,
    our: &Value,
    their: &Value,
    version: &str,
) -> Option<Difference> {
    let (Some(ours), Some(theirs)) = (our.as_elements(), their.as_elements()) else {
        return (our != their).then(|| Difference("the transaction".to_owned()));
    };
    if ours.len() != theirs.len() || ours.len() != request.inner.len() {
        return Some(Difference("the number of replies".to_owned()));
    }
    let replies = ours.iter().zip(theirs);
    request
        .inner
        .iter()
        .zip(replies)
        .find_map(|(inner, (our, their))| {
            let difference = compare(inner, our, their, version)
                .filter(|_| !explains(inner, our, their, version))?;
            Some(Difference(format!("{} at {}", difference.0, inner.shown())))
        })
}

fn rule_of(request: &Request) -> Rule {
    if request.name == "SORT" || request.name == "SORT_RO" {
        return if request.has("BY") {
            Rule::AnyOrder
        } else {
            Rule::Equal
        };
    }
    if request.name.starts_with("GEO") && request.has("ANY") {
        return Rule::Size;
    }
    let found = RULES.iter().find(|(name, _)| *name == request.name);
    found.map_or(Rule::Equal, |(_, rule)| *rule)
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

/// A reply with all that may differ put in one order, or taken out.
fn normal(request: &Request, value: &Value) -> Value {
    match (rule_of(request), value) {
        (Rule::AnyOrder, Value::Array(items)) => Value::Array(sorted(items)),
        (Rule::AnyOrder, Value::Set(items)) => Value::Set(sorted(items)),
        (Rule::AnyPairs, Value::Array(items)) => Value::Array(sorted_pairs(items)),
        (Rule::AnyPairs, Value::Map(pairs)) => {
            let mut pairs = pairs.clone();
            pairs.sort_by_key(|(name, _)| bytes(name));
            Value::Map(pairs)
        }
        (Rule::Page, Value::Array(page)) if page.len() == 2 => {
            let items = page[1].as_elements().unwrap_or_default();
            let has_pairs = matches!(&*request.name, "HSCAN" | "ZSCAN") && !request.has("NOVALUES");
            let items = if has_pairs {
                sorted_pairs(items)
            } else {
                sorted(items)
            };
            Value::Array(vec![page[0].clone(), Value::Array(items)])
        }
        (Rule::Timeless, value) => timeless(value),
        _ => value.clone(),
    }
}

fn sorted(items: &[Value]) -> Vec<Value> {
    let mut items = items.to_vec();
    items.sort_by_key(bytes);
    items
}

fn sorted_pairs(items: &[Value]) -> Vec<Value> {
    let mut pairs: Vec<&[Value]> = items.chunks(2).collect();
    pairs.sort_by_key(|pair| pair.iter().flat_map(bytes).collect::<Vec<u8>>());
    pairs.concat()
}

/// Whether an iteration begins: other cursors mean something to the server that gave them.
fn begins(request: &Request) -> bool {
    let at = if request.name == "SCAN" { 1 } else { 2 };
    request.words.get(at).is_some_and(|cursor| cursor == b"0")
}

fn is_whole(value: &Value) -> bool {
    let first = value.as_elements().and_then(<[Value]>::first);
    first
        .and_then(Value::as_bytes)
        .is_none_or(|cursor| &**cursor == b"0")
}

fn size(value: &Value) -> (usize, bool, std::mem::Discriminant<Value>) {
    let len = value.as_elements().map_or(0, <[Value]>::len);
    (len, value.is_null(), std::mem::discriminant(value))
}

/// How far apart moments may lie, in milliseconds or seconds.
const NEAR: u64 = 4000;

fn near(our: &Value, their: &Value) -> bool {
    match (our, their) {
        (Value::Integer(our), Value::Integer(their)) if *our > 10_000 => {
            our.abs_diff(*their) <= NEAR
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(our, their)| near(our, their))
        }
        _ => our == their,
    }
}

/// Names behind which a span, a moment, or a size of theirs alone stands.
const TIMES: &[&[u8]] = &[
    b"idle",
    b"inactive",
    b"seen-time",
    b"active-time",
    b"radix-tree-keys",
    b"radix-tree-nodes",
];

/// Names of what only the newest versions show.
const NEWEST: &[&[u8]] = &[
    b"idmp-duration",
    b"idmp-maxsize",
    b"pids-tracked",
    b"iids-tracked",
    b"iids-added",
    b"iids-duplicates",
];

fn is_newest(name: &Value) -> bool {
    name.as_bytes()
        .is_some_and(|name| NEWEST.contains(&&**name))
}

/// A reply without times: those with a name, and those among the fields of a pending entry.
pub(crate) fn timeless(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let is_time = |at: usize| {
                let name = at
                    .checked_sub(1)
                    .and_then(|before| items[before].as_bytes());
                let is_named = name.is_some_and(|name| TIMES.contains(&&**name));
                let is_pending = (3..=4).contains(&items.len())
                    && at == items.len() - 2
                    && matches!((&items[0], &items[at]), (Value::Bulk(_), Value::Integer(_)));
                is_named || is_pending
            };
            let is_newest_at = |at: usize| {
                is_newest(&items[at]) || at.checked_sub(1).is_some_and(|at| is_newest(&items[at]))
            };
            let items = items.iter().enumerate();
            let items = items.filter(|(at, _)| !is_newest_at(*at));
            let items = items.map(|(at, item)| match item {
                Value::Integer(_) if is_time(at) => Value::Null,
                item => timeless(item),
            });
            Value::Array(items.collect())
        }
        Value::Map(pairs) => {
            let pairs = pairs.iter().filter(|(name, _)| !is_newest(name));
            let pairs = pairs.map(|(name, value)| {
                let is_time = name.as_bytes().is_some_and(|name| TIMES.contains(&&**name));
                let value = if is_time {
                    Value::Null
                } else {
                    timeless(value)
                };
                (name.clone(), value)
            });
            Value::Map(pairs.collect())
        }
        value => value.clone(),
    }
}
