//! A setting as one row: its name, kind, default, who may change it, and what a change entails.
//!
//! Always true: rows are plain `const` data; the default is written as CONFIG GET shows it.
//! Not here: the rows — `table.rs`.

use super::kind::{Kind, Names};
use super::typed::Typed;
use super::value::{OutputLimit, Refusal, Value};

/// The right to change a setting while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutability {
    /// CONFIG SET.
    Modifiable,
    /// Nobody.
    Immutable,
    /// CONFIG SET, where `enable-protected-configs` allows it.
    Protected,
}

impl Mutability {
    /// How a manual says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Modifiable => "at any time",
            Self::Immutable => "at the start",
            Self::Protected => "protected",
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file or the command line, before the server starts.
    File,
    /// CONFIG SET.
    Command,
}

/// The work that a changed setting entails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// Nothing: whoever reads the setting sees the new value.
    Nothing,
    /// Listen on other addresses (a job that may fail).
    Listen,
    /// Listen on other addresses, with certificates (two jobs that may fail).
    ListenTls,
    /// Listen on other addresses, with certificates if metrics are encrypted.
    ListenMetrics,
    /// Read certificates and keys, also when the setting keeps its value (a job that may fail).
    Tls,
    /// Change the working directory (a job that may fail).
    Directory,
    /// Another log file or level.
    Log,
    /// Another keepalive for new connections.
    Keepalive,
    /// Have the process allowed to open enough files (a job that may grant less).
    OpenFiles,
    /// Another score for the out-of-memory killer (a job that may fail).
    OomScore,
    /// Derive the forms in which data commands, the key space and the decoders read settings.
    Data,
    /// Turn appending on or off, or sync otherwise.
    Append,
    /// Give the default user another password.
    Password,
}

/// How far a setting is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The server reads it.
    Full,
    /// The part of the server that would read it does not exist yet; what that means for a user.
    Missing(&'static str),
    /// Nothing in this server needs it.
    Needless,
}

/// Everything known of a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Another name for it.
    pub alias: Option<&'static str>,
    /// The values it takes.
    pub kind: Kind,
    /// Its default, as CONFIG GET shows it.
    pub default: &'static str,
    /// The right to change it.
    pub mutability: Mutability,
    /// Whether only its exact name finds it.
    pub is_hidden: bool,
    /// Whether its value is kept out of logs.
    pub is_sensitive: bool,
    /// Whether it may not change while data is loaded.
    pub denied_while_loading: bool,
    /// Whether the empty value means that it is not set.
    pub is_optional: bool,
    /// Refuses values, or puts them right.
    pub check: fn(Value, Source) -> Result<Value, Refusal>,
    /// Copies the value into its typed field, if it has one.
    pub mirror: fn(&mut Typed, &Value),
    /// Whether a part of the server reads it, or it is only kept and shown.
    pub effect: Effect,
    /// The work that a change entails.
    pub act: Act,
    /// Its purpose, in one sentence.
    pub summary: &'static str,
}

impl Setting {
    const fn new(name: &'static str, default: &'static str, kind: Kind) -> Self {
        Self {
            name,
            alias: None,
            kind,
            default,
            mutability: Mutability::Modifiable,
            is_hidden: false,
            is_sensitive: false,
            denied_while_loading: false,
            is_optional: false,
            check: |value, _| Ok(value),
            mirror: |_, _| {},
            effect: Effect::Missing(""),
            act: Act::Nothing,
            summary: "",
        }
    }

    /// A setting of `yes` or `no`.
    pub(crate) const fn flag(name: &'static str, default: &'static str) -> Self {
        Self::new(name, default, Kind::Flag)
    }

    /// A whole number.
    pub(crate) const fn int(name: &'static str, default: &'static str, min: i64, max: i64) -> Self {
        Self::new(name, default, Kind::Int { min, max })
    }

    /// A number of bytes.
    pub(crate) const fn size(
        name: &'static str,
        default: &'static str,
        min: u64,
        max: u64,
    ) -> Self {
        Self::new(name, default, Kind::Size { min, max })
    }

    /// One of some names.
    pub(crate) const fn choice(name: &'static str, default: &'static str, names: Names) -> Self {
        Self::new(name, default, Kind::Choice(names))
    }

    /// Text.
    pub(crate) const fn text(name: &'static str, default: &'static str) -> Self {
        Self::new(name, default, Kind::Text)
    }

    /// A password.
    pub(crate) const fn secret(name: &'static str) -> Self {
        Self::new(name, "", Kind::Secret).sensitive().optional()
    }

    /// A setting of a kind of its own.
    pub(crate) const fn special(name: &'static str, default: &'static str, kind: Kind) -> Self {
        Self::new(name, default, kind)
    }

    /// Another name for it.
    pub(crate) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// Cannot be changed while the server runs.
    pub(crate) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    /// Can be changed only where `enable-protected-configs` allows it.
    pub(crate) const fn protected(mut self) -> Self {
        self.mutability = Mutability::Protected;
        self
    }

    /// Not found by patterns.
    pub(crate) const fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    /// Kept out of logs.
    pub(crate) const fn sensitive(mut self) -> Self {
        self.is_sensitive = true;
        self
    }

    /// Fixed while data is loaded.
    pub(crate) const fn not_while_loading(mut self) -> Self {
        self.denied_while_loading = true;
        self
    }

    /// The empty value means that it is not set.
    pub(crate) const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Refuses values, or puts them right.
    pub(crate) const fn check(
        mut self,
        check: fn(Value, Source) -> Result<Value, Refusal>,
    ) -> Self {
        self.check = check;
        self
    }

    /// Copies the value into a typed field.
    pub(crate) const fn to(mut self, mirror: fn(&mut Typed, &Value)) -> Self {
        self.mirror = mirror;
        self.effect = Effect::Full;
        self
    }

    /// Its typed field waits for the part of the server that will read it.
    pub(crate) const fn unread(self) -> Self {
        self.lacks("")
    }

    /// Its part of the server does not exist yet, and a user must know the consequence.
    pub(crate) const fn lacks(mut self, consequence: &'static str) -> Self {
        self.effect = Effect::Missing(consequence);
        self
    }

    /// The binary reads it by its name.
    pub(crate) const fn by_name(mut self) -> Self {
        self.effect = Effect::Full;
        self
    }

    /// Nothing in this server needs it.
    pub(crate) const fn needless(mut self) -> Self {
        self.effect = Effect::Needless;
        self
    }

    /// A change entails this.
    pub(crate) const fn then(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    /// Its purpose.
    pub(crate) const fn does(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Reads a value for it.
    ///
    /// # Errors
    /// Redis's text for what is wrong.
    pub(crate) fn read(
        &self,
        words: &[&[u8]],
        before: &Value,
        source: Source,
    ) -> Result<Value, Refusal> {
        (self.check)(self.kind.parse(words, before)?, source)
    }

    /// The default.
    ///
    /// # Panics
    /// When the table is wrong, which a test excludes.
    pub(crate) fn default_value(&self) -> Value {
        let split = self.kind.takes_several() && !self.default.is_empty();
        let words: Vec<&[u8]> = if split {
            self.default.split(' ').map(str::as_bytes).collect()
        } else {
            vec![self.default.as_bytes()]
        };
        if self.kind == Kind::Primary && self.default.is_empty() {
            return Value::Primary(None);
        }
        let before = Value::OutputLimits([OutputLimit::default(); 3]);
        self.kind
            .parse(&words, &before)
            .expect("defaults are valid")
    }
}
