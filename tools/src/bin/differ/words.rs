//! Words that commands are made of: a few keys of every type, members, and numbers at their limits.
//!
//! Always true: pools are small, so that commands meet.

use russet_base::Rng;
use russet_base::quote::quoted;
use russet_command::Group;
use russet_resp::Value;

/// The keys: three of each type that a command group works on, by the group's letter.
pub(crate) const KEYS: &[&str] = &[
    "s1", "s2", "s3", "l1", "l2", "l3", "t1", "t2", "t3", "z1", "z2", "z3", "h1", "h2", "h3", "x1",
    "x2", "x3", "b1", "b2", "p1", "p2", "g1", "g2", "k", "",
];

/// The letter of the keys that a group mostly works on.
pub(crate) fn letter(group: Group) -> Option<char> {
    Some(match group {
        Group::String => 's',
        Group::List => 'l',
        Group::Set => 't',
        Group::SortedSet => 'z',
        Group::Hash => 'h',
        Group::Stream => 'x',
        Group::Bitmap => 'b',
        Group::Hyperloglog => 'p',
        Group::Geo => 'g',
        _ => return None,
    })
}

const MEMBERS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "e",
    "foo",
    "bar",
    "hello",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "007",
    "1.5",
    "-0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "65536",
    "32767",
    "",
    "\u{0}\r\n\u{1}",
    "a long member that takes a few more bytes than the others so that blocks split 0123456789",
];

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "3",
    "4",
    "5",
    "-5",
    "7",
    "10",
    "-10",
    "100",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775809",
];

const SMALL: &[&str] = &[
    "0", "1", "-1", "2", "3", "-2", "4", "5", "10", "20", "-3", "-20",
];

const WILD: &[&str] = &[
    "", "x", "1x", " 1", "1 ", "+1", "01", "1.0", "0x1", "-", "(", "nan", "inf", "1e400", "\u{0}",
];

const DOUBLES: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "3",
    "1.5",
    "-2.25",
    "3.14159265358979",
    "1e10",
    "1e-7",
    "1e300",
    "-1e300",
    "inf",
    "-inf",
    "+inf",
    "0.1",
    "100",
    "17179869184",
    "9007199254740993",
    "1e21",
    "123456789.125",
];

fn pick<'w>(rng: &mut Rng, words: &[&'w str]) -> &'w str {
    words[(rng.u64() % words.len() as u64) as usize]
}

/// True once in `n` times.
pub(crate) fn once_in(rng: &mut Rng, n: u64) -> bool {
    rng.u64().is_multiple_of(n)
}

/// A key for a command of a group, mostly one of its type.
///
/// Scores that are no positions read as positions anyhow, so only geo commands meet those keys.
pub(crate) fn key(rng: &mut Rng, group: Group) -> String {
    let is_geo = group == Group::Geo;
    let letter = letter(group).filter(|_| is_geo || !once_in(rng, 6));
    let shuns_geo = matches!(group, Group::SortedSet | Group::Generic);
    let fits = |key: &&str| match letter {
        Some(letter) => key.starts_with(letter),
        None => !(shuns_geo && key.starts_with('g')),
    };
    let own: Vec<&str> = KEYS.iter().copied().filter(fits).collect();
    pick(rng, &own).to_owned()
}

/// A key of members with equal scores.
pub(crate) fn lexical_key(rng: &mut Rng) -> String {
    pick(rng, &["y1", "y2"]).to_owned()
}

pub(crate) fn member(rng: &mut Rng) -> String {
    match rng.u64() % 12 {
        0 => (rng.u64() % 2000).to_string(),
        1 => format!("m{}", rng.u64() % 300),
        2 if once_in(rng, 8) => "y".repeat((rng.u64() % 5000) as usize),
        _ => pick(rng, MEMBERS).to_owned(),
    }
}

pub(crate) fn wild(rng: &mut Rng) -> String {
    pick(rng, WILD).to_owned()
}

pub(crate) fn small(rng: &mut Rng) -> String {
    match rng.u64() % 30 {
        0 => wild(rng),
        1 => (rng.u64() % 200).to_string(),
        _ => pick(rng, SMALL).to_owned(),
    }
}

pub(crate) fn integer(rng: &mut Rng) -> String {
    match rng.u64() % 20 {
        0 => wild(rng),
        1..=8 => pick(rng, SMALL).to_owned(),
        _ => pick(rng, INTEGERS).to_owned(),
    }
}

/// A number at the end of a range, or none: no moment that comes soon.
pub(crate) fn limit(rng: &mut Rng) -> String {
    match rng.u64() % 4 {
        0 => wild(rng),
        1 => "-1".to_owned(),
        _ => INTEGERS[13 + (rng.u64() % (INTEGERS.len() as u64 - 13)) as usize].to_owned(),
    }
}

pub(crate) fn double(rng: &mut Rng) -> String {
    match rng.u64() % 20 {
        0 => wild(rng),
        1..=4 => pick(rng, SMALL).to_owned(),
        _ => pick(rng, DOUBLES).to_owned(),
    }
}

/// A parameter of the type string, by its name.
pub(crate) fn named(rng: &mut Rng, command: &str, name: &str) -> String {
    let words: &[&str] = match name {
        "min" | "max" if command.contains("LEX") => &[
            "-", "+", "[a", "(a", "[foo", "(foo", "[z", "(1", "[", "a", "[1",
        ],
        "min" | "max" | "start" | "stop" if command.starts_with('Z') => &[
            "-inf", "+inf", "0", "(0", "1", "(1", "(3", "3", "100", "(inf", "-5", "[a", "(a", "-",
            "+", "nan", "-1",
        ],
        "start" | "end" | "id" | "start-id" | "lastid" | "last-id" | "max-deleted-id"
        | "min-id" | "threshold" | "id-selector" => &[
            "0",
            "0-0",
            "0-1",
            "1",
            "1-1",
            "1-2",
            "2",
            "2-0",
            "2-5",
            "3-3",
            "5-1",
            "5-*",
            "9-9",
            "-",
            "+",
            "(1",
            "(1-1",
            "100",
            "18446744073709551615-18446744073709551615",
            "18446744073709551615",
            "bad",
            "1-1-1",
            "$",
        ],
        "group" | "groupname" => &["g1", "g2", "g3"],
        "consumer" | "consumername" => &["c1", "c2", "c3"],
        "encoding" => &[
            "u8", "i8", "u1", "i5", "u16", "i16", "u63", "i64", "u64", "i65", "x", "u0", "i32",
        ],
        "offset" => &[
            "0", "1", "#0", "#1", "#3", "7", "8", "100", "-1", "#-1", "x", "63",
        ],
        "member1" | "member2" | "field" | "member" | "element" | "value" | "pivot" => {
            return member(rng);
        }
        _ => return member(rng),
    };
    pick(rng, words).to_owned()
}

pub(crate) fn pattern(rng: &mut Rng) -> String {
    let words = [
        "*", "a*", "?", "[a-c]", "[^a]*", "*o", "h?llo", "", "\\a", "m1*", "s?", "s*", "#",
        "h1->*", "*->f", "nothing", "s_*",
    ];
    pick(rng, &words).to_owned()
}

/// Appends a command as it is on the wire.
pub(crate) fn encode(words: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// Bytes as a person reads them, shortened.
pub(crate) fn shown(bytes: &[u8]) -> String {
    if bytes.len() > 120 {
        return format!("{}…({} bytes)", quoted_text(&bytes[..40]), bytes.len());
    }
    quoted_text(bytes)
}

fn quoted_text(bytes: &[u8]) -> String {
    let is_plain = !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_graphic() && *b != b'"');
    if is_plain {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    String::from_utf8_lossy(&quoted(bytes)).into_owned()
}

/// A reply as a person reads it, shortened.
pub(crate) fn shown_value(value: &Value) -> String {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(700)]).into_owned();
    text.replace("\r\n", " ")
}
