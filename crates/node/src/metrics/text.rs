//! The text format of Prometheus, version 0.0.4: families of samples, in one buffer.
//!
//! ```text
//!  # HELP redis_db_keys Keys of a database.
//!  # TYPE redis_db_keys gauge
//!  redis_db_keys{db="db0"} 3
//! ```
//! Always true: a family stands in one piece; label values are escaped.
//! Not here: which families there are — `names.rs`, `labelled.rs`.

use russet_base::num::{push_f64, push_i64, push_u64};

use super::names::Kind;

/// The media type of the format.
pub(crate) const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The value of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// A count.
    Count(u64),
    /// A number that may be negative.
    Int(i64),
    /// Any number.
    Float(f64),
    /// Microseconds, shown as seconds.
    Micros(u64),
}

impl From<usize> for Number {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// The name and the value of a label.
pub(crate) type Label<'l> = (&'l str, &'l str);

/// Appends the two lines that begin a family.
pub(crate) fn push_head(out: &mut Vec<u8>, name: &str, kind: Kind, help: &str) {
    let parts = ["# HELP ", name, " ", help, "\n# TYPE ", name, " "];
    for part in parts.into_iter().chain([kind.name(), "\n"]) {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends a sample.
pub(crate) fn push_sample(
    out: &mut Vec<u8>,
    (name, suffix): (&str, &str),
    labels: &[Label<'_>],
    number: Number,
) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    for (idx, (label, value)) in labels.iter().enumerate() {
        out.push(if idx == 0 { b'{' } else { b',' });
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b"=\"");
        push_escaped(out, value);
        out.push(b'"');
    }
    if !labels.is_empty() {
        out.push(b'}');
    }
    out.push(b' ');
    push_number(out, number);
    out.push(b'\n');
}

/// Appends a value as it stands in a sample.
pub(crate) fn push_number(out: &mut Vec<u8>, number: Number) {
    match number {
        Number::Count(n) => push_u64(n, out),
        Number::Int(n) => push_i64(n, out),
        Number::Float(n) if n.is_finite() => push_f64(n, out),
        Number::Float(_) => out.extend_from_slice(b"NaN"),
        Number::Micros(us) => push_seconds(out, us),
    }
}

/// Appends microseconds as seconds, without zeros at the end.
fn push_seconds(out: &mut Vec<u8>, us: u64) {
    push_u64(us / 1_000_000, out);
    let mut rest = us % 1_000_000;
    if rest == 0 {
        return;
    }
    out.push(b'.');
    let mut unit = 100_000;
    while rest > 0 {
        out.push(b'0' + (rest / unit) as u8);
        rest %= unit;
        unit /= 10;
    }
}

fn push_escaped(out: &mut Vec<u8>, value: &str) {
    for &byte in value.as_bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            byte => out.push(byte),
        }
    }
}

/// The families with these names, as they stand in a text; a name of their samples does, too.
pub(crate) fn only(text: &[u8], names: &[String]) -> Vec<u8> {
    let is_wanted = |family: &[u8]| {
        let rests = names
            .iter()
            .filter_map(|name| name.as_bytes().strip_prefix(family));
        rests.into_iter().any(|rest| SUFFIXES.contains(&rest))
    };
    let (mut found, mut is_in) = (Vec::new(), false);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if let Some(head) = line.strip_prefix(b"# HELP ") {
            let end = head.iter().position(|&byte| byte == b' ');
            is_in = is_wanted(&head[..end.unwrap_or_default()]);
        }
        if is_in {
            found.extend_from_slice(line);
        }
    }
    found
}

/// The ends that samples add to the name of their family.
const SUFFIXES: [&[u8]; 4] = [b"", b"_bucket", b"_sum", b"_count"];

#[cfg(test)]
mod tests {
    use super::{Kind, Number, only, push_head, push_number, push_sample};

    fn shown(number: Number) -> String {
        let mut out = Vec::new();
        push_number(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let cases = [
            (Number::Count(u64::MAX), "18446744073709551615"),
            (Number::Int(-1), "-1"),
            (Number::Float(1.0), "1"),
            (Number::Float(0.25), "0.25"),
            (Number::Float(f64::INFINITY), "NaN"),
            (Number::Micros(0), "0"),
            (Number::Micros(2_000_000), "2"),
            (Number::Micros(1_050_000), "1.05"),
            (Number::Micros(3), "0.000003"),
        ];
        for (number, expected) in cases {
            assert_eq!(shown(number), expected, "{number:?}");
        }
    }

    #[test]
    fn label_values_are_escaped() {
        let mut out = Vec::new();
        let labels = [("a", "x\"y\\z\nä"), ("b", "")];
        push_sample(&mut out, ("n", "_sum"), &labels, Number::Count(1));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "n_sum{a=\"x\\\"y\\\\z\\nä\",b=\"\"} 1\n");
    }

    #[test]
    fn families_are_found_by_their_names_and_by_those_of_their_samples() {
        let mut text = Vec::new();
        for name in ["a", "a_b", "c"] {
            push_head(&mut text, name, Kind::Histogram, "A thing.");
            push_sample(&mut text, (name, "_sum"), &[], Number::Count(1));
        }
        let names = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = String::from_utf8(only(&text, &names)).unwrap();
            let heads = found
                .lines()
                .filter_map(|line| line.strip_prefix("# TYPE "));
            heads.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(names(&["a"]), "a histogram");
        assert_eq!(names(&["c_bucket", "a_b"]), "a_b histogram, c histogram");
        assert_eq!(names(&["b", "", "a_"]), "");
    }
}
