//! The syntax of `redis.conf`: a line is a name and its words; what comes later wins.
//!
//! ```text
//!  # comment                            save 900 1         several save lines add up
//!  maxmemory 100mb                      include path       the file's lines stand here
//!  requirepass "with \"quotes\""        rename-command A B
//! ```
//! Always true: an error names the line and shows it, in Redis's words; nothing here panics,
//! whatever the text.
//! Not here: the table of settings — `table.rs`; reading files — the caller's `read`.

use russet_base::quote::split_words;

use super::check::Finding;
use super::current::{Config, index_of};
use super::setting::Source;
use super::table::SETTINGS;
use super::text::{FileError, Line, Rename, Text};
use super::value::Value;
use crate::acl::declared::Declared;
use crate::acl::selector::Channels;

/// How deep files may include files.
const INCLUDE_DEPTH_MAX: usize = 16;

/// Directives that were dropped; they are passed over.
pub(super) const DROPPED: [&str; 3] = [
    "list-max-ziplist-entries",
    "list-max-ziplist-value",
    "lua-replicate-commands",
];

pub(super) type Reader<'r> = &'r mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

impl Config {
    /// Reads configuration texts in order; what comes later wins.
    ///
    /// `read` fetches an included file, given its name as it stands in the directive. A name with
    /// `*`, `?` or `[` is a pattern: its answer is the contents of all matching files, one after
    /// the other, or nothing. Whether renamed commands exist is not known here;
    /// [`check_renames`](crate::check_renames) tells.
    ///
    /// # Errors
    /// The first line that is wrong.
    ///
    /// # Examples
    /// ```
    /// use russet_node::config::{Config, Text};
    /// let text = b"port 7000\nsave 900 1\n".to_vec();
    /// let sources = [Text { name: "redis.conf".into(), text }];
    /// let config = Config::load(&sources, &mut |_| Err("no such file".into())).unwrap();
    /// assert_eq!(config.port, 7000);
    /// ```
    pub fn load(
        sources: &[Text],
        read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, FileError> {
        Self::load_over(&[], sources, read)
    }

    /// Reads configuration texts as [`Self::load`] does, after others that give settings other
    /// defaults.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn load_over(
        defaults: &[Text],
        sources: &[Text],
        read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, FileError> {
        let mut loader = Loader::new(read);
        for source in defaults {
            loader.read_text(source, 0)?;
        }
        // The user's first save line replaces those of the defaults.
        loader.config.has_save = false;
        // Lines are counted through all texts, as Redis joins the command line to the file.
        let mut lines_before = 0;
        for source in sources {
            lines_before += loader.read_text(source, lines_before)?;
        }
        loader.end()
    }
}

/// Reads texts to the end, whatever is wrong with their lines: what was found out about each, and
/// the configuration without those that are wrong.
pub(super) fn check(
    sources: &[Text],
    read: Reader<'_>,
) -> (Vec<Finding>, Result<Config, FileError>) {
    let mut loader = Loader::new(read);
    loader.findings = Some(Vec::new());
    for source in sources {
        // Nothing is an error while findings are kept.
        let _ = loader.read_text(source, 0);
    }
    let findings = loader.findings.take().unwrap_or_default();
    (findings, loader.end())
}

struct Loader<'r> {
    config: Config,
    depth: usize,
    read: Reader<'r>,
    /// Findings about lines, if wrong lines are skipped.
    findings: Option<Vec<Finding>>,
}

impl<'r> Loader<'r> {
    fn new(read: Reader<'r>) -> Self {
        Self {
            config: Config::default(),
            depth: 0,
            read,
            findings: None,
        }
    }

    /// Ends with the configuration, if its settings fit each other.
    fn end(self) -> Result<Config, FileError> {
        let mut config = self.config;
        if config.cluster_enabled {
            if config.replicaof.is_some() {
                let message = "replicaof directive not allowed in cluster mode".into();
                return Err(FileError {
                    line: None,
                    message,
                });
            }
            if let Some(index) = index_of(b"databases") {
                config.put(index, Value::Int(1));
            }
        }
        Ok(config)
    }

    /// Reads a text and says how many lines it has.
    fn read_text(&mut self, source: &Text, lines_before: usize) -> Result<usize, FileError> {
        let text = source.text.as_slice();
        let mut count = 0;
        for line in text.split(|&byte| byte == b'\n') {
            count += 1;
            let line = trim(line);
            if matches!(line, [] | [b'#', ..]) {
                continue;
            }
            let at = || Line {
                number: lines_before + count,
                text: String::from_utf8_lossy(line).into_owned(),
            };
            let place = self.findings.as_ref().map(Vec::len);
            let result = self.read_line(line, &at);
            if let (Some(findings), Some(place)) = (&mut self.findings, place) {
                let result = result.map_err(LineError::into_message);
                let found = Finding::new(&source.name, count, line, result, &self.config);
                // The lines of a file that is included stand behind that which includes it.
                findings.insert(place, found);
                continue;
            }
            result.map_err(|error| match error {
                LineError::Here(message) => FileError {
                    line: Some(at()),
                    message,
                },
                LineError::Elsewhere(error) => *error,
            })?;
        }
        // The last line end is followed by no line, unless another text continues it.
        Ok(count - usize::from(text.ends_with(b"\n")))
    }

    fn read_line(&mut self, line: &[u8], at: &dyn Fn() -> Line) -> Result<(), LineError> {
        let words = split_words(line).map_err(|_| "Unbalanced quotes in configuration line")?;
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let [name, values @ ..] = words.as_slice() else {
            return Ok(());
        };
        let name = name.to_ascii_lowercase();
        if let Some(index) = index_of(&name) {
            return Ok(self.read_setting(index, values)?);
        }
        let is_dropped = DROPPED.iter().any(|dropped| dropped.as_bytes() == name);
        match (name.as_slice(), values) {
            _ if is_dropped && values.len() == 1 => Ok(()),
            (b"include", [file]) => self.include(file),
            (b"rename-command", [from, to]) => {
                let (from, to) = (from.to_vec(), to.to_vec());
                let line = at();
                self.config.renames.push(Rename { from, to, line });
                Ok(())
            }
            (b"user", [_, ..]) => {
                let channels = Channels::by_default(self.config.acl_pubsub_default);
                let users = &mut self.config.declared_users;
                users.push(Declared::user(values, users, channels)?);
                Ok(())
            }
            (b"role", [_, ..]) => {
                let channels = Channels::by_default(self.config.acl_pubsub_default);
                let roles = &mut self.config.declared_roles;
                roles.push(Declared::role(values, roles, channels)?);
                Ok(())
            }
            (b"loadmodule", [_, ..]) => Err("Modules are not available in this build".into()),
            (b"sentinel", []) => Ok(()),
            (b"sentinel", _) => Err("sentinel directive while not in sentinel mode".into()),
            (dotted, []) if dotted.contains(&b'.') => {
                Err("Module config specified without value".into())
            }
            (dotted, _) if dotted.contains(&b'.') => {
                Err("Module configuration without a module that takes it".into())
            }
            _ => Err("Bad directive or wrong number of arguments".into()),
        }
    }

    fn read_setting(&mut self, index: usize, values: &[&[u8]]) -> Result<(), String> {
        let setting = &SETTINGS[index];
        let before = &self.config.values[index];
        let read = |words: &[&[u8]]| setting.read(words, before, Source::File);
        let several = setting.kind.takes_several();
        let value = match values {
            // One word may hold several, so that an option of the command line can.
            [word] if several && !word.is_empty() => {
                let words = split_words(word).unwrap_or_default();
                read(&words.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
            [_] => read(values),
            _ if several => read(values),
            _ => Err("wrong number of arguments".into()),
        };
        let mut value = value.map_err(std::borrow::Cow::into_owned)?;
        if let (Value::SavePoints(points), Value::SavePoints(so_far)) = (&mut value, before) {
            // The first line replaces the defaults, others add.
            if self.config.has_save && !points.is_empty() {
                points.splice(0..0, so_far.iter().copied());
            }
            self.config.has_save = true;
        }
        self.config.put(index, value);
        Ok(())
    }

    fn include(&mut self, file: &[u8]) -> Result<(), LineError> {
        let Ok(name) = std::str::from_utf8(file) else {
            return Err("The name of an included file must be valid UTF-8".into());
        };
        if self.depth >= INCLUDE_DEPTH_MAX {
            return Err("Too many files that include each other".into());
        }
        let text = (self.read)(name)
            .map_err(|reason| format!("Fatal error, can't open config file '{name}': {reason}"))?;
        self.depth += 1;
        let source = Text {
            name: name.to_owned(),
            text,
        };
        let result = self.read_text(&source, 0);
        self.depth -= 1;
        result
            .map(|_| ())
            .map_err(|error| LineError::Elsewhere(Box::new(error)))
    }
}

/// The fault of a line, or of a line of the file that it includes.
enum LineError {
    Here(String),
    Elsewhere(Box<FileError>),
}

impl LineError {
    fn into_message(self) -> String {
        match self {
            Self::Here(message) => message,
            Self::Elsewhere(error) => error.message,
        }
    }
}

impl<T: Into<String>> From<T> for LineError {
    fn from(message: T) -> Self {
        Self::Here(message.into())
    }
}

fn trim(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let Some(start) = line.iter().position(|byte| !is_blank(byte)) else {
        return &[];
    };
    let end = line
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |last| last + 1);
    &line[start..end]
}
