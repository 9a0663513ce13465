//! Patterns for replies: a value, or the shape of a value.
//!
//! ```text
//!  +OK  -ERR no such key        status and error, to the end of the line; +"OK" within others
//!  :1  :?  :1..5                an integer: this one, any, one of a range with both ends
//!  "a\x00"  ~"a*"               a string; a string of any kind that a glob matches
//!  -~"ERR *"                    an error that a glob matches
//!  nil  nil*  _                 the nulls of RESP2, of its arrays, of RESP3
//!  #t  ,1.5  (12  =txt"…"  !"…" boolean, double, big number, verbatim text, bulk error
//!  [ :1 "a" … ]  *[ … ]         an array; an array in any order
//!  ~[ … ]  >[ … ]               a set, in any order; a push
//!  { "k" => :1 }                a map, in any order;  |{ … } value   attributes before a value
//!  ...                          as the last element: and anything more
//!  ?                            any value
//!  none  closed                 no reply comes; the connection is closed
//! ```
//! Always true: what [`render`] writes of a value, read again, matches that value.
//! Not here: reading this notation — `parse.rs`.

use russet_base::glob;
use russet_base::num::{F64Buf, format_f64};
use russet_base::quote::quoted;
use russet_resp::Value;

/// A pattern for a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Any value.
    Any,
    /// A scalar.
    Is(Value),
    /// A string of any kind that a glob matches.
    Like(Vec<u8>),
    /// An error that a glob matches.
    ErrorLike(Vec<u8>),
    /// An integer, both ends included.
    Between(i64, i64),
    /// An array, a set or a push.
    Elements {
        /// Which of them, and whether order counts.
        kind: Kind,
        /// Its elements.
        items: Vec<Self>,
        /// Whether more may follow.
        is_open: bool,
    },
    /// A map, in any order.
    Map {
        /// Its keys and values.
        pairs: Vec<(Self, Self)>,
        /// Whether there may be more.
        is_open: bool,
    },
    /// Attributes before a value.
    Attribute {
        /// Their keys and values.
        pairs: Vec<(Self, Self)>,
        /// The value.
        value: Box<Self>,
    },
    /// No reply.
    Nothing,
    /// The end of the connection.
    Closed,
}

/// The kinds of values that hold elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An array.
    Array,
    /// An array in any order.
    Unordered,
    /// A set.
    Set,
    /// A push.
    Push,
}

impl Pattern {
    /// Whether this stands for a value rather than for the absence of one.
    pub fn is_value(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Closed)
    }

    /// Whether a value is as it must be.
    pub fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Is(Value::Double(a)), Value::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Is(expected), _) => expected == value,
            (Self::Like(pattern), _) => value
                .as_bytes()
                .is_some_and(|text| glob::matches(pattern, text)),
            (Self::ErrorLike(pattern), _) => value
                .as_error()
                .is_some_and(|text| glob::matches(pattern, text)),
            (Self::Between(low, high), Value::Integer(n)) => (low..=high).contains(&n),
            (
                Self::Elements {
                    kind,
                    items,
                    is_open,
                },
                _,
            ) => elements_of(*kind, value).is_some_and(|found| match kind {
                Kind::Array | Kind::Push => in_order(items, found, *is_open),
                Kind::Unordered | Kind::Set => in_any_order(items, found, *is_open),
            }),
            (Self::Map { pairs, is_open }, Value::Map(found)) => {
                pairs_match(pairs, found, *is_open)
            }
            (
                Self::Attribute { pairs, value },
                Value::Attribute {
                    attributes,
                    value: found,
                },
            ) => pairs_match(pairs, attributes, false) && value.matches(found),
            _ => false,
        }
    }
}

fn elements_of(kind: Kind, value: &Value) -> Option<&[Value]> {
    match (kind, value) {
        (Kind::Array | Kind::Unordered, Value::Array(items))
        | (Kind::Set, Value::Set(items))
        | (Kind::Push, Value::Push(items)) => Some(items),
        _ => None,
    }
}

fn fits(expected: usize, found: usize, is_open: bool) -> bool {
    expected == found || (is_open && expected < found)
}

fn in_order(items: &[Pattern], found: &[Value], is_open: bool) -> bool {
    fits(items.len(), found.len(), is_open)
        && items
            .iter()
            .zip(found)
            .all(|(pattern, value)| pattern.matches(value))
}

fn in_any_order(items: &[Pattern], found: &[Value], is_open: bool) -> bool {
    let mut left: Vec<&Value> = found.iter().collect();
    fits(items.len(), found.len(), is_open)
        && items.iter().all(|pattern| {
            let place = left.iter().position(|value| pattern.matches(value));
            place.map(|place| left.swap_remove(place)).is_some()
        })
}

fn pairs_match(pairs: &[(Pattern, Pattern)], found: &[(Value, Value)], is_open: bool) -> bool {
    let mut left: Vec<&(Value, Value)> = found.iter().collect();
    fits(pairs.len(), found.len(), is_open)
        && pairs.iter().all(|(key, value)| {
            let mut places = left.iter();
            let place = places.position(|(k, v)| key.matches(k) && value.matches(v));
            place.map(|place| left.swap_remove(place)).is_some()
        })
}

/// The longest line that [`render`] writes for an aggregate.
const WIDTH: usize = 100;

/// A value in this notation.
pub fn render(value: &Value) -> String {
    match value {
        Value::Simple(text) if is_one_line(text) => format!("+{}", String::from_utf8_lossy(text)),
        Value::Error(text) if is_one_line(text) => format!("-{}", String::from_utf8_lossy(text)),
        _ => nested(value, 0),
    }
}

/// Whether a text reads the same to the end of its line.
fn is_one_line(text: &[u8]) -> bool {
    let is_bare = !text.starts_with(b"\"") && !text.starts_with(b"~") && text.trim_ascii() == text;
    is_bare && text.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&quoted(bytes)).into_owned()
}

fn nested(value: &Value, indent: usize) -> String {
    match value {
        Value::Simple(text) => format!("+{}", string(text)),
        Value::Error(text) => format!("-{}", string(text)),
        Value::Integer(n) => format!(":{n}"),
        Value::Bulk(bytes) => string(bytes),
        Value::NullBulk => "nil".to_owned(),
        Value::NullArray => "nil*".to_owned(),
        Value::Null => "_".to_owned(),
        Value::Boolean(true) => "#t".to_owned(),
        Value::Boolean(false) => "#f".to_owned(),
        Value::Double(number) => format!(",{}", format_f64(*number, &mut F64Buf::new())),
        Value::BigNumber(digits) => format!("({}", String::from_utf8_lossy(digits)),
        Value::BulkError(text) => format!("!{}", string(text)),
        Value::Verbatim { format, text } => {
            format!("={}{}", String::from_utf8_lossy(format), string(text))
        }
        Value::Array(items) => list("[", items, indent),
        Value::Set(items) => list("~[", items, indent),
        Value::Push(items) => list(">[", items, indent),
        Value::Map(pairs) => map("{", pairs, indent),
        Value::Attribute { attributes, value } => {
            format!(
                "{} {}",
                map("|{", attributes, indent),
                nested(value, indent)
            )
        }
        _ => "?".to_owned(),
    }
}

fn list(open: &str, items: &[Value], indent: usize) -> String {
    let parts: Vec<String> = items.iter().map(|item| nested(item, indent + 2)).collect();
    enclosed(open, &parts, "]", indent)
}

fn map(open: &str, pairs: &[(Value, Value)], indent: usize) -> String {
    let part = |(key, value): &(Value, Value)| {
        format!(
            "{} => {}",
            nested(key, indent + 2),
            nested(value, indent + 2)
        )
    };
    let parts: Vec<String> = pairs.iter().map(part).collect();
    enclosed(open, &parts, "}", indent)
}

/// The parts on one line if they fit, else each on its own.
fn enclosed(open: &str, parts: &[String], close: &str, indent: usize) -> String {
    let width: usize = parts.iter().map(|part| part.len() + 1).sum();
    if parts.is_empty() {
        return format!("{open} {close}");
    }
    if indent + open.len() + width + 2 <= WIDTH && !parts.iter().any(|part| part.contains('\n')) {
        return format!("{open} {} {close}", parts.join(" "));
    }
    let pad = " ".repeat(indent);
    let mut text = format!("{open}\n");
    for part in parts {
        text.push_str(&format!("{pad}  {part}\n"));
    }
    text + &pad + close
}
