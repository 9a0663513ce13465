//! The first line of a script: `#!lua name=library flags=no-writes,allow-stale`.
//!
//! Always true: a script without that line has no flags, and runs in the mode of old scripts.
//! Not here: what flags mean — the node

use russet_base::quote::split_words;

use crate::error::ScriptError;

/// The declarations of a script about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    bits: u8,
}

macro_rules! flags {
    ($($(#[$docs:meta])* $get:ident $name:literal $bit:literal,)*) => {
        impl Flags {
            $($(#[$docs])*
            #[must_use]
            pub const fn $get(self) -> bool {
                self.bits & $bit != 0
            })*

            /// The names of the flags, in the order in which they are listed.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$(($name, $bit)),*]
                    .into_iter()
                    .filter(move |(_, bit)| self.bits & bit != 0)
                    .map(|(name, _)| name)
            }

            /// Adds a flag by its name; false for an unknown one.
            pub(crate) fn add(&mut self, name: &[u8]) -> bool {
                $(if name == $name.as_bytes() {
                    self.bits |= $bit;
                    return true;
                })*
                false
            }
        }
    };
}

flags! {
    /// Whether it writes nothing.
    no_writes "no-writes" 1,
    /// Whether it runs while memory is short.
    allow_oom "allow-oom" 2,
    /// Whether it runs on a replica that has lost its primary.
    allow_stale "allow-stale" 4,
    /// Whether it is refused in a cluster.
    no_cluster "no-cluster" 8,
    /// Whether it may use keys of several slots.
    allow_cross_slot_keys "allow-cross-slot-keys" 16,
}

impl Flags {
    /// The flags that the first line of a script declares; `None` without a shebang. O(N) for a
    /// line of N bytes.
    ///
    /// # Errors
    ///
    /// When the line is invalid.
    pub fn of_script(text: &[u8]) -> Result<Option<Self>, ScriptError> {
        parse(text)
    }
}

/// The first line of a script, if it is one that declares something.
pub(crate) fn line_of(text: &[u8]) -> Option<&[u8]> {
    if !text.starts_with(b"#!") {
        return None;
    }
    text.split(|byte| *byte == b'\n').next()
}

/// The flags of a script for EVAL, and its text from the second line on.
pub(crate) fn parse(text: &[u8]) -> Result<Option<Flags>, ScriptError> {
    let Some(line) = line_of(text) else {
        return Ok(None);
    };
    if line.len() == text.len() {
        return Err(ScriptError::Shebang("Invalid script shebang".into()));
    }
    let invalid = |_| ScriptError::Shebang("Invalid engine in script shebang".into());
    let words = split_words(line).map_err(invalid)?;
    let mut words = words.iter().map(Vec::as_slice);
    let engine = words.next().unwrap_or_default();
    // COMPAT: here the case of letters counts, but not where libraries are loaded.
    if engine != b"#!lua" {
        return Err(shebang("Unexpected engine in script shebang: ", engine));
    }
    let mut flags = Flags::default();
    for word in words {
        let Some(names) = word.strip_prefix(b"flags=") else {
            return Err(shebang("Unknown lua shebang option: ", word));
        };
        for name in names
            .split(|byte| *byte == b',')
            .filter(|name| !name.is_empty())
        {
            if !flags.add(name) {
                return Err(shebang("Unexpected flag in script shebang: ", name));
            }
        }
    }
    Ok(Some(flags))
}

/// The name of a library, from its first line.
pub(crate) fn library_name(text: &[u8]) -> Result<Vec<u8>, ScriptError> {
    let error = |text: &str| ScriptError::Shebang(text.into());
    let line = line_of(text).ok_or_else(|| error("Missing library metadata"))?;
    if line.len() == text.len() {
        return Err(error("Invalid library metadata"));
    }
    let words = split_words(line).map_err(|_| error("Invalid library metadata"))?;
    let mut words = words.iter().map(Vec::as_slice);
    let engine = words.next().unwrap_or_default();
    if !engine.eq_ignore_ascii_case(b"#!lua") {
        let name = engine.strip_prefix(b"#!").unwrap_or(engine);
        let name = String::from_utf8_lossy(name);
        return Err(error(&format!("Engine '{name}' not found")));
    }
    let mut name: Option<&[u8]> = None;
    for word in words {
        let Some(given) = word.strip_prefix(b"name=") else {
            return Err(shebang("Invalid metadata value given: ", word));
        };
        if name.replace(given).is_some() {
            return Err(error(
                "Invalid metadata value, name argument was given multiple times",
            ));
        }
    }
    let name = name.ok_or_else(|| error("Library name was not given"))?;
    if !is_name(name) {
        return Err(error(BAD_NAME));
    }
    Ok(name.to_vec())
}

/// Whether a name of a library or function is a valid one.
pub(crate) fn is_name(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && name.iter().all(is_part)
}

fn shebang(text: &str, what: &[u8]) -> ScriptError {
    ScriptError::Shebang(format!("{text}{}", String::from_utf8_lossy(what)))
}

/// The error of an invalid name.
pub(crate) const BAD_NAME: &str = "Library names can only contain letters, numbers, or \
     underscores(_) and must be at least one character long";
