//! Checking configuration texts line by line, for a user who wants to know before a start.
//!
//! ```text
//!  maxmemory 100mb        ─► understood
//!  cluster-enabled yes    ─► without effect, and what that means
//!  maxmemroy 100mb        ─► unknown
//!  port abc               ─► invalid, and why
//! ```
//! Always true: a line that is shown holds no password, nor anything of an unknown line but its
//! first word.
//! Not here: reading the lines — `file.rs`; the lines of the log at a start — `effect.rs`.

use russet_base::quote::{quote_into, split_words};

use super::current::{Config, index_of};
use super::file::{self, DROPPED, Reader};
use super::setting::Effect;
use super::table::SETTINGS;
use super::text::{FileError, Text};
use crate::registry;

/// A finding about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of its text.
    pub source: String,
    /// Its number within that text, from 1.
    pub number: usize,
    /// The line, without secrets.
    pub line: String,
    /// How the line is understood.
    pub verdict: Verdict,
    /// The row of its setting, if the value is not the default.
    setting: Option<usize>,
}

/// How a line is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has its effect, or says what is the default.
    Understood,
    /// Nothing comes of it, and what that means.
    WithoutEffect(String),
    /// It begins with a word that is no setting.
    Unknown,
    /// It is wrong, and why.
    Invalid(String),
}

impl Verdict {
    /// Whether a server starts with such a line.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Understood | Self::WithoutEffect(_))
    }
}

/// Words that begin a line and are no setting.
const DIRECTIVES: &[&str] = &[
    "include",
    "loadmodule",
    "rename-command",
    "role",
    "sentinel",
    "user",
];

impl Config {
    /// Reads configuration texts as [`Self::load`] does, and gives what was found out about each
    /// line, with the configuration that the accepted lines make. What is wrong with several lines
    /// together is the error.
    ///
    /// # Examples
    /// ```
    /// use russet_node::config::{Config, Text, Verdict};
    /// let text = b"port 7000\nmaxmemroy 1\n".to_vec();
    /// let sources = [Text { name: "redis.conf".into(), text }];
    /// let (findings, checked) = Config::check(&sources, &mut |_| Err("no such file".into()));
    /// assert_eq!(findings[0].verdict, Verdict::Understood);
    /// assert_eq!(findings[1].verdict, Verdict::Unknown);
    /// assert_eq!(checked.unwrap().port, 7000);
    /// ```
    pub fn check(
        sources: &[Text],
        read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> (Vec<Finding>, Result<Self, FileError>) {
        let read: Reader<'_> = read;
        let (mut findings, loaded) = file::check(sources, read);
        let loaded = loaded.map(|mut config| {
            refuse_renames(&mut config, &mut findings);
            config
        });
        if loaded.is_ok() {
            findings.iter_mut().for_each(Finding::judge);
        }
        (findings, loaded)
    }
}

/// Finds the lines that rename what cannot be renamed.
fn refuse_renames(config: &mut Config, findings: &mut [Finding]) {
    while let Err(error) = registry::check_renames(config) {
        let Some(place) = config.renames.iter().position(|rename| {
            let line = error.line.as_ref();
            line.is_some_and(|line| *line == rename.line)
        }) else {
            return;
        };
        let rename = config.renames.remove(place);
        // Renames were found in the order in which they are kept.
        let mut lines = findings.iter_mut().filter(|found| found.is_rename());
        if let Some(found) = lines.nth(place) {
            debug_assert!(found.number <= rename.line.number);
            found.verdict = Verdict::Invalid(error.message);
        }
    }
}

impl Finding {
    /// Notes how a line was read.
    pub(super) fn new(
        source: &str,
        number: usize,
        line: &[u8],
        result: Result<(), String>,
        config: &Config,
    ) -> Self {
        let words = split_words(line).unwrap_or_default();
        let name = words.first().map(|name| name.to_ascii_lowercase());
        let name = name.unwrap_or_default();
        let index = index_of(&name);
        let is_given = |&index: &usize| {
            let setting = &SETTINGS[index];
            setting.kind.show(&config.values[index]) != setting.default.as_bytes()
        };
        let is_dropped = is_one_of(&name, &DROPPED);
        let is_known = index.is_some() || is_dropped || is_one_of(&name, DIRECTIVES);
        let verdict = match result {
            Ok(()) if is_dropped => Verdict::WithoutEffect("it was dropped long ago".to_owned()),
            Ok(()) => Verdict::Understood,
            Err(_) if !words.is_empty() && !is_known => Verdict::Unknown,
            Err(why) => Verdict::Invalid(without_secrets(why, &words, index, is_known)),
        };
        Self {
            source: source.to_owned(),
            number,
            line: shown(&words, index, is_known),
            setting: index.filter(is_given).filter(|_| verdict.is_accepted()),
            verdict,
        }
    }

    fn is_rename(&self) -> bool {
        self.line.starts_with("rename-command ") && self.verdict.is_accepted()
    }

    /// Says whether the value has an effect, given all the others.
    fn judge(&mut self) {
        let Some(setting) = self.setting.map(|index| &SETTINGS[index]) else {
            return;
        };
        let reason = match setting.effect {
            Effect::Full => return,
            Effect::Needless => "nothing here needs it",
            Effect::Missing("") => "not in this version",
            Effect::Missing(consequence) => consequence,
        };
        self.verdict = Verdict::WithoutEffect(reason.to_owned());
    }
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

/// A line as it may be shown.
fn shown(words: &[Vec<u8>], index: Option<usize>, is_known: bool) -> String {
    let Some(name) = words.first() else {
        return "a line with quotes that are not closed".to_owned();
    };
    let mut line = String::from_utf8_lossy(name).to_ascii_lowercase();
    for (at, value) in words.iter().enumerate().skip(1) {
        line.push(' ');
        match is_secret(words, at, index, is_known) {
            true => line.push_str(REDACTED),
            false => line.push_str(&spelled(value)),
        }
    }
    line
}

/// A message about a line as it may be shown: some quote the word that is wrong.
fn without_secrets(
    message: String,
    words: &[Vec<u8>],
    index: Option<usize>,
    is_known: bool,
) -> String {
    let secrets = (1..words.len()).filter(|at| is_secret(words, *at, index, is_known));
    secrets.fold(message, |message, at| {
        message.replace(&*String::from_utf8_lossy(&words[at]), REDACTED)
    })
}

/// Whether a word of a line may be a password, or stand for one.
fn is_secret(words: &[Vec<u8>], at: usize, index: Option<usize>, is_known: bool) -> bool {
    let value = &words[at];
    let is_sensitive = index.is_some_and(|index| SETTINGS[index].is_sensitive);
    let is_of = |name: &[u8]| at > 1 && words[0].eq_ignore_ascii_case(name);
    if value.is_empty() {
        return false;
    }
    !is_known
        || is_sensitive
        // Who does not know the new name cannot use the command.
        || is_of(b"rename-command")
        || (is_of(b"user") || is_of(b"role"))
            && matches!(value.first(), Some(b'>' | b'<' | b'#' | b'!'))
}

const REDACTED: &str = "(redacted)";

/// A word, in quotes if it needs them.
fn spelled(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.iter().all(is_plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let mut quoted = Vec::new();
    quote_into(word, &mut quoted);
    String::from_utf8_lossy(&quoted).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<(usize, String, Verdict)> {
        let sources = [Text {
            name: "test".to_owned(),
            text: text.as_bytes().to_vec(),
        }];
        let read = &mut |name: &str| match name {
            "more.conf" => Ok(b"hz 20\nnonsense 1\n".to_vec()),
            _ => Err("No such file".to_owned()),
        };
        let (findings, loaded) = Config::check(&sources, read);
        assert!(loaded.is_ok());
        let found = findings.into_iter();
        found.map(|f| (f.number, f.line, f.verdict)).collect()
    }

    fn only(text: &str) -> (String, Verdict) {
        let (_, line, verdict) = check(text).remove(0);
        (line, verdict)
    }

    #[test]
    fn each_line_is_judged_by_itself() {
        let invalid = |why: &str| Verdict::Invalid(why.to_owned());
        let text = "# a comment\n\nport 7000\nbogus secret\nport abc\nport\ncluster-enabled no\n\
            cluster-enabled yes\nactivedefrag yes\nlist-max-ziplist-value 5\nsave \"\"\nsave 1 \"x\n";
        let found = check(text);
        let lines: Vec<(usize, &str)> = found.iter().map(|f| (f.0, f.1.as_str())).collect();
        let expected = [
            (3, "port 7000"),
            (4, "bogus (redacted)"),
            (5, "port abc"),
            (6, "port"),
            (7, "cluster-enabled no"),
            (8, "cluster-enabled yes"),
            (9, "activedefrag yes"),
            (10, "list-max-ziplist-value 5"),
            (11, "save \"\""),
            (12, "a line with quotes that are not closed"),
        ];
        assert_eq!(lines, expected);
        let verdicts: Vec<&Verdict> = found.iter().map(|f| &f.2).collect();
        assert_eq!(*verdicts[0], Verdict::Understood);
        assert_eq!(*verdicts[1], Verdict::Unknown);
        assert_eq!(
            *verdicts[2],
            invalid("argument couldn't be parsed into an integer")
        );
        assert_eq!(*verdicts[3], invalid("wrong number of arguments"));
        assert_eq!(*verdicts[4], Verdict::Understood);
        for at in [5, 6, 7] {
            assert!(matches!(verdicts[at], Verdict::WithoutEffect(_)), "{at}");
        }
        assert_eq!(*verdicts[8], Verdict::Understood);
        assert_eq!(
            *verdicts[9],
            invalid("Unbalanced quotes in configuration line")
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let hidden = |line: &str| (line.to_owned(), Verdict::Understood);
        assert_eq!(only("requirepass canary"), hidden("requirepass (redacted)"));
        assert_eq!(only("masterauth \"\"").0, "masterauth \"\"");
        assert_eq!(only("masterauth canary").0, "masterauth (redacted)");
        assert_eq!(only("requirepas canary").0, "requirepas (redacted)");
        let user = only("user a on >canary ~\"k*\" +get");
        assert_eq!(user, hidden("user a on (redacted) ~k* +get"));
        for line in [
            "user a on <canary",
            "user a #canary",
            "user a on >canary bad",
        ] {
            let (line, verdict) = only(line);
            let text = format!("{line} {verdict:?}");
            assert!(
                !text.contains("canary") && text.contains("Invalid"),
                "{text}"
            );
        }
        assert_eq!(
            only("rename-command GET canary"),
            hidden("rename-command GET (redacted)")
        );
        assert_eq!(only("rename-command GET \"\"").0, "rename-command GET \"\"");
    }

    #[test]
    fn lines_of_included_files_and_renames_are_judged() {
        let found = check(
            "include more.conf\ninclude other.conf\nrename-command GET a\n\
            rename-command nonsense b\nrename-command SET a\nhz 30\n",
        );
        let is_accepted: Vec<bool> = found.iter().map(|f| f.2.is_accepted()).collect();
        assert_eq!(
            is_accepted,
            [true, true, false, false, true, false, false, true]
        );
        assert_eq!((found[1].0, found[1].1.as_str()), (1, "hz 20"));
        assert_eq!(found[2].2, Verdict::Unknown);
        let reason = Verdict::Invalid(
            "Fatal error, can't open config file 'other.conf': No such file".to_owned(),
        );
        assert_eq!(found[3].2, reason);
    }
}
