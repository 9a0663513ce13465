//! Settings that are lists, pairs or letters, and how values of every kind look.
//!
//! Always true: a refused text changes nothing.
//! Not here: kinds of one plain word — `kind.rs`.

use russet_base::num::{parse_f64, parse_memory};

use super::value::{OutputLimit, Refusal, SavePoint, Value};

/// How many addresses `bind` takes.
const ADDRESS_COUNT_MAX: usize = 16;

/// The classes of clients with a limit of their own, in the order of their limits: the name that
/// is shown, and the other name that is understood.
pub(crate) const CLIENT_CLASSES: [(&str, &str); 3] = [
    ("normal", "normal"),
    ("slave", "replica"),
    ("pubsub", "pubsub"),
];

/// The event classes that `A` stands for, and the bits outside of it, in the order they are shown.
const EVENT_LETTERS: [(u8, u32); 11] = [
    (b'g', 1 << 2),
    (b'$', 1 << 3),
    (b'l', 1 << 4),
    (b's', 1 << 5),
    (b'h', 1 << 6),
    (b'z', 1 << 7),
    (b'x', 1 << 8),
    (b'e', 1 << 9),
    (b't', 1 << 10),
    (b'd', 1 << 13),
    (b'n', 1 << 14),
];
/// The classes of `A`: all but `n`, which Redis leaves out, and `m`.
const EVENTS_ALL: u32 = 0b10_0111_1111_1100;
/// `K`: events go to `__keyspace@…`.
pub const EVENTS_KEYSPACE: u32 = 1 << 0;
/// `E`: events go to `__keyevent@…`.
pub const EVENTS_KEYEVENT: u32 = 1 << 1;
const EVENTS_MISS: u32 = 1 << 11;

pub(crate) fn parse_addresses(words: &[&[u8]]) -> Result<Value, Refusal> {
    if words.len() > ADDRESS_COUNT_MAX {
        return Err("Too many bind addresses specified.".into());
    }
    if matches!(words, [b""]) {
        return Ok(Value::Addresses(Vec::new()));
    }
    let list: Option<Vec<String>> = words.iter().map(|word| host_name(word)).collect();
    let list = list.ok_or("Failed to bind to specified addresses.")?;
    Ok(Value::Addresses(list))
}

pub(crate) fn parse_save_points(words: &[&[u8]]) -> Result<Value, Refusal> {
    if matches!(words, [b""]) {
        return Ok(Value::SavePoints(Vec::new()));
    }
    let invalid = "Invalid save parameters";
    if !words.len().is_multiple_of(2) {
        return Err(invalid.into());
    }
    let mut points = Vec::new();
    for pair in words.chunks_exact(2) {
        let (Some(seconds), Some(changes)) = (lenient_i64(pair[0]), lenient_i64(pair[1])) else {
            return Err(invalid.into());
        };
        if seconds < 1 || changes < 0 {
            return Err(invalid.into());
        }
        points.push(SavePoint { seconds, changes });
    }
    Ok(Value::SavePoints(points))
}

pub(crate) fn parse_output_limits(
    words: &[&[u8]],
    before: [OutputLimit; 3],
) -> Result<Value, Refusal> {
    if !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    let mut limits = before;
    for group in words.chunks_exact(4) {
        let class = CLIENT_CLASSES.iter().position(|(shown, other)| {
            group[0].eq_ignore_ascii_case(shown.as_bytes())
                || group[0].eq_ignore_ascii_case(other.as_bytes())
        });
        let Some(class) = class else {
            return Err("Invalid client class specified in buffer limit configuration.".into());
        };
        let seconds = lenient_i64(group[3]).and_then(|n| u64::try_from(n).ok());
        let (Some(hard), Some(soft), Some(soft_seconds)) =
            (parse_memory(group[1]), parse_memory(group[2]), seconds)
        else {
            return Err(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.".into(),
            );
        };
        limits[class] = OutputLimit {
            hard,
            soft,
            soft_seconds,
        };
    }
    Ok(Value::OutputLimits(limits))
}

pub(crate) fn parse_oom_scores(words: &[&[u8]]) -> Result<Value, Refusal> {
    let [master, replica, child] = words else {
        return Err("wrong number of arguments".into());
    };
    let mut scores = [0; 3];
    for (score, word) in scores.iter_mut().zip([master, replica, child]) {
        let n = lenient_i64(word).and_then(|n| i32::try_from(n).ok());
        *score = n
            .filter(|n| (-2000..=2000).contains(n))
            .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
    }
    Ok(Value::OomScores(scores))
}

pub(crate) fn parse_percentiles(words: &[&[u8]]) -> Result<Value, Refusal> {
    if matches!(words, [b""]) {
        return Ok(Value::Percentiles(Vec::new()));
    }
    let mut list = Vec::new();
    for word in words {
        let n = parse_f64(word).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&n) {
            return Err(
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                    .into(),
            );
        }
        list.push(n);
    }
    Ok(Value::Percentiles(list))
}

pub(crate) fn parse_primary(words: &[&[u8]]) -> Result<Value, Refusal> {
    let [host, port] = words else {
        return Err("wrong number of arguments".into());
    };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(Value::Primary(None));
    }
    let port = lenient_i64(port).and_then(|n| u16::try_from(n).ok());
    let port = port.ok_or("Invalid master port")?;
    let host = host_name(host).ok_or("Invalid master host")?;
    Ok(Value::Primary(Some((host, port))))
}

pub(crate) fn parse_events(word: &[u8]) -> Result<Value, Refusal> {
    let mut bits = 0;
    for letter in word {
        bits |= match letter {
            b'A' => EVENTS_ALL,
            b'K' => EVENTS_KEYSPACE,
            b'E' => EVENTS_KEYEVENT,
            b'm' => EVENTS_MISS,
            _ => match EVENT_LETTERS.iter().find(|(known, _)| known == letter) {
                Some((_, bit)) => *bit,
                None => {
                    let text = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
                    return Err(text.into());
                }
            },
        };
    }
    Ok(Value::Events(bits))
}

/// Any value as CONFIG GET shows it, but for those that need their names.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Flag(true) => "yes".into(),
        Value::Flag(false) => "no".into(),
        Value::Int(n) => n.to_string(),
        Value::Size(n) => n.to_string(),
        Value::Percent(n) => format!("{n}%"),
        Value::Choice(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Secret(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Addresses(list) => list.join(" "),
        Value::SavePoints(points) => join(
            points
                .iter()
                .map(|p| format!("{} {}", p.seconds, p.changes)),
        ),
        Value::OutputLimits(limits) => join(CLIENT_CLASSES.iter().zip(limits).map(
            |((class, _), limit)| {
                format!(
                    "{class} {} {} {}",
                    limit.hard, limit.soft, limit.soft_seconds
                )
            },
        )),
        Value::OomScores(scores) => join(scores.iter().map(i32::to_string)),
        Value::Events(bits) => show_events(*bits),
        Value::Percentiles(list) => join(list.iter().copied().map(show_percentile)),
        Value::Primary(None) => String::new(),
        Value::Primary(Some((host, port))) => format!("{host} {port}"),
    }
}

/// A percentile as text: six decimals at most, no zeros at the end.
pub(crate) fn show_percentile(percentile: f64) -> String {
    let text = format!("{percentile:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// COMPAT: as in Redis `n` is not shown beside `A`, though `A` does not stand for it.
fn show_events(bits: u32) -> String {
    let text = spell_events(bits);
    match text.starts_with('A') {
        true => text.replace('n', ""),
        false => text,
    }
}

/// All letters of the classes of events.
pub(crate) fn spell_events(bits: u32) -> String {
    let mut text = String::new();
    if bits & EVENTS_ALL == EVENTS_ALL {
        text.push('A');
    }
    for (letter, bit) in EVENT_LETTERS {
        let covered = text.starts_with('A') && EVENTS_ALL & bit != 0;
        if bits & bit != 0 && !covered {
            text.push(char::from(letter));
        }
    }
    for (letter, bit) in [
        ('K', EVENTS_KEYSPACE),
        ('E', EVENTS_KEYEVENT),
        ('m', EVENTS_MISS),
    ] {
        if bits & bit != 0 {
            text.push(letter);
        }
    }
    text
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<String>>().join(" ")
}

/// A host name or address as text; one with blanks or quotes is none, and would break its line.
fn host_name(word: &[u8]) -> Option<String> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'');
    let fits = !word.is_empty() && word.iter().all(is_plain);
    fits.then(|| String::from_utf8_lossy(word).into_owned())
}

/// A number as C's `strtoll` reads it: blanks before it, a plus sign, and nothing at all as 0.
fn lenient_i64(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?.trim_ascii_start();
    if text.is_empty() {
        return Some(0);
    }
    text.parse().ok()
}
