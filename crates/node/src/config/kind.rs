//! The kinds of settings: words to a value, a value to the text that CONFIG GET shows.
//!
//! Always true: `parse(split(show(value))) == value` for every value that `parse` made, but for an
//! event class that is not shown; a refusal is Redis's own text.
//! Not here: lists and pairs — `special.rs`; lines of the file — `file.rs`, `rewrite.rs`.

use russet_base::num::{parse_i64, parse_memory};

use super::special;
use super::value::{Refusal, Value};

/// Names and their numbers; of several names with the same number the first is shown.
pub(crate) type Names = &'static [(&'static str, u32)];

/// A kind of setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// `yes` or `no`.
    Flag,
    /// A whole number.
    Int {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Bytes, with a unit if one likes.
    Size {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// Bytes, with a unit if one likes, or a negative number that means something else.
    SignedSize {
        /// The least.
        min: i64,
    },
    /// Bytes, or a share of `maxmemory` as `n%`.
    SizeOrPercent,
    /// Permission bits in octal.
    Octal {
        /// The greatest.
        max: i64,
    },
    /// One of these names.
    Choice(Names),
    /// Several of these names, as bits.
    Choices(Names),
    /// Text in UTF-8.
    Text,
    /// Any bytes.
    Secret,
    /// Addresses.
    Addresses,
    /// Pairs of seconds and changes.
    SavePoints,
    /// Class, hard limit, soft limit, seconds; and again.
    OutputLimits,
    /// Three numbers.
    OomScores,
    /// Letters.
    Events,
    /// Numbers from 0 to 100.
    Percentiles,
    /// Host and port, or `no one`.
    Primary,
}

impl Kind {
    /// Whether a line may have several words after the name.
    pub(crate) fn takes_several(self) -> bool {
        matches!(
            self,
            Self::Choices(_)
                | Self::Addresses
                | Self::SavePoints
                | Self::OutputLimits
                | Self::OomScores
                | Self::Percentiles
                | Self::Primary
        )
    }

    /// Reads a value. `before` is the value so far, of which some kinds keep a part.
    pub(crate) fn parse(self, words: &[&[u8]], before: &Value) -> Result<Value, Refusal> {
        match self {
            Self::Choices(names) => parse_choices(names, words),
            Self::Addresses => special::parse_addresses(words),
            Self::SavePoints => special::parse_save_points(words),
            Self::OutputLimits => special::parse_output_limits(words, before.output_limits()),
            Self::OomScores => special::parse_oom_scores(words),
            Self::Percentiles => special::parse_percentiles(words),
            Self::Primary => special::parse_primary(words),
            _ => match words {
                [word] => self.parse_word(word),
                _ => Err("wrong number of arguments".into()),
            },
        }
    }

    fn parse_word(self, word: &[u8]) -> Result<Value, Refusal> {
        match self {
            Self::Flag => parse_flag(word),
            Self::Int { min, max } => {
                let n = parse_i64(word).ok_or("argument couldn't be parsed into an integer")?;
                within(n, min, max)?;
                Ok(Value::Int(n))
            }
            Self::Size { min, max } => {
                let n = parse_memory(word).ok_or("argument must be a memory value")?;
                within(n, min, max)?;
                Ok(Value::Size(n))
            }
            Self::SignedSize { min } => {
                let bytes = || parse_memory(word).map(i128::from);
                let n = parse_i64(word).map(i128::from).or_else(bytes);
                let n = n.ok_or("argument must be a memory value")?;
                within(n, i128::from(min), i128::from(i64::MAX))?;
                Ok(Value::Int(i64::try_from(n).unwrap_or(i64::MAX)))
            }
            Self::SizeOrPercent => parse_size_or_percent(word),
            Self::Octal { max } => parse_octal(word, max),
            Self::Choice(names) => parse_choices(names, &[word]),
            Self::Events => special::parse_events(word),
            Self::Secret => Ok(Value::Secret(word.to_vec())),
            _ => match std::str::from_utf8(word) {
                Ok(text) => Ok(Value::Text(text.to_owned())),
                // COMPAT: Redis takes any bytes here; we hold paths and names as text.
                Err(_) => Err("argument must be valid UTF-8".into()),
            },
        }
    }

    /// The value as CONFIG GET shows it.
    pub(crate) fn show(self, value: &Value) -> Vec<u8> {
        match (self, value) {
            (Self::Octal { .. }, Value::Int(n)) => format!("{n:o}").into_bytes(),
            (Self::Choice(names), Value::Choice(n)) => name_of(names, *n).into(),
            (Self::Choices(names), Value::Choice(n)) => names_of(names, *n).into_bytes(),
            (_, Value::Secret(bytes)) => bytes.clone(),
            (_, value) => special::show(value).into_bytes(),
        }
    }

    /// The kind and its range, as a manual says them.
    pub(crate) fn describe(self) -> String {
        let names = |names: Names| {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            names.join(", ")
        };
        match self {
            Self::Flag => "yes, no".into(),
            Self::Int { min, max: i64::MAX } => format!("integer from {min}"),
            Self::Int { min: i64::MIN, max } => format!("integer up to {max}"),
            Self::Int { min, max } => format!("integer from {min} to {max}"),
            Self::Size { min: 0, .. } => "bytes".into(),
            Self::Size { min, .. } => format!("bytes, at least {min}"),
            Self::SignedSize { min } => format!("bytes, or a number from {min}"),
            Self::SizeOrPercent => "bytes or percent".into(),
            Self::Octal { .. } => "octal number".into(),
            Self::Choice(list) => names(list),
            Self::Choices(list) => format!("several of {}", names(list)),
            Self::Text => "text".into(),
            Self::Secret => "secret".into(),
            Self::Addresses => "addresses".into(),
            Self::SavePoints => "pairs of seconds and changes".into(),
            Self::OutputLimits => "class, hard limit, soft limit, seconds".into(),
            Self::OomScores => "three integers from -2000 to 2000".into(),
            Self::Events => "letters of Ag$lshzxeKEtmdn".into(),
            Self::Percentiles => "numbers from 0 to 100".into(),
            Self::Primary => "host and port, or no one".into(),
        }
    }
}

fn within<T: PartialOrd + Copy + std::fmt::Display>(n: T, min: T, max: T) -> Result<(), Refusal> {
    if (min..=max).contains(&n) {
        return Ok(());
    }
    Err(format!("argument must be between {min} and {max} inclusive").into())
}

fn parse_flag(word: &[u8]) -> Result<Value, Refusal> {
    if word.eq_ignore_ascii_case(b"yes") {
        Ok(Value::Flag(true))
    } else if word.eq_ignore_ascii_case(b"no") {
        Ok(Value::Flag(false))
    } else {
        Err("argument must be 'yes' or 'no'".into())
    }
}

fn parse_size_or_percent(word: &[u8]) -> Result<Value, Refusal> {
    let excessive = "percentage argument must be less or equal to 100";
    if let Some(size) = parse_memory(word) {
        // COMPAT: Redis holds percents as negative numbers, so that sizes beyond 63 bits are
        // percents to it, and the very largest a small share; all of them are refused here.
        return match i64::try_from(size) {
            Ok(_) => Ok(Value::Size(size)),
            Err(_) => Err(excessive.into()),
        };
    }
    let percent = word
        .strip_suffix(b"%")
        .and_then(parse_i64)
        .filter(|&n| n >= 0);
    let percent = percent.ok_or("argument must be a memory or percent value")?;
    match u8::try_from(percent) {
        Ok(0) => Ok(Value::Size(0)),
        Ok(n) if n <= 100 => Ok(Value::Percent(n)),
        _ => Err(excessive.into()),
    }
}

fn parse_octal(word: &[u8], max: i64) -> Result<Value, Refusal> {
    // COMPAT: as `strtoll` has it, blanks may stand before the number, and nothing at all is 0.
    let text = std::str::from_utf8(word).unwrap_or("-").trim_ascii_start();
    let n = match text {
        "" => 0,
        text => i64::from_str_radix(text, 8)
            .map_err(|_| "argument couldn't be parsed as an octal number")?,
    };
    if !(0..=max).contains(&n) {
        return Err(format!("argument must be between 0 and {max:o} inclusive").into());
    }
    Ok(Value::Int(n))
}

fn parse_choices(names: Names, words: &[&[u8]]) -> Result<Value, Refusal> {
    let number = |word: &&[u8]| {
        let found = names
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, number)| *number)
    };
    let bits: Option<u32> = words
        .iter()
        .map(number)
        .try_fold(0, |all, bit| Some(all | bit?));
    match bits {
        Some(bits) if !words.is_empty() => Ok(Value::Choice(bits)),
        _ => {
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Err(format!("argument(s) must be one of the following: {names}").into())
        }
    }
}

fn name_of(names: Names, number: u32) -> &'static str {
    names
        .iter()
        .find(|(_, n)| *n == number)
        .map_or("unknown", |(name, _)| name)
}

fn names_of(names: Names, bits: u32) -> String {
    if bits == 0 {
        return name_of(names, 0).to_owned();
    }
    let shown: Vec<&str> = names
        .iter()
        .filter(|(_, bit)| bits & bit != 0)
        .map(|(name, _)| *name)
        .collect();
    shown.join(" ")
}
