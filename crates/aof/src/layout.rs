//! The names of the files that belong to an append-only file.
//!
//! ```text
//!  DIR/appendonly.aof.manifest            what belongs to it, in order
//!  DIR/appendonly.aof.2.base.rdb          the data at one moment
//!  DIR/appendonly.aof.4.incr.aof          the changes since then
//!  DIR/temp-appendonly.aof.manifest       what a crash may leave behind
//! ```
//! Always true: a [`FileName`] names an entry of the directory, never a path that leaves it.
//! Not here: which of these files are valid — `manifest.rs`

use std::fmt;

use crate::manifest::Units;

/// The name of a file inside the append-only directory.
///
/// # Examples
/// ```
/// use russet_aof::FileName;
/// assert_eq!(FileName::new("appendonly.aof").unwrap().as_str(), "appendonly.aof");
/// assert_eq!(FileName::new("../passwd"), None);
/// assert_eq!(FileName::new(".."), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// The name, unless it is empty, `.`, `..`, longer than 255 bytes, or contains a slash, a
    /// backslash or a zero byte. A manifest has line breaks escaped.
    // COMPAT: Redis refuses the slashes only.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        let is_path = name.contains(['/', '\\', '\0']);
        let is_directory = matches!(name.as_str(), "" | "." | "..");
        let is_name = !is_path && !is_directory && name.len() <= NAME_SIZE_MAX;
        is_name.then_some(Self(name))
    }

    /// The name with more at its end, which must not be a path.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{self}{suffix}"))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The format of a base file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BaseFormat {
    /// A snapshot as RDB (`aof-use-rdb-preamble yes`).
    Rdb,
    /// A snapshot as commands, whose units may have check lines.
    Aof(Units),
}

/// The name from which all others are made: the setting `appendfilename`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    stem: FileName,
}

impl Default for Layout {
    /// The default names: `appendonly.aof…`.
    fn default() -> Self {
        Self {
            stem: FileName("appendonly.aof".to_owned()),
        }
    }
}

impl Layout {
    /// The names that are made from `stem`, unless it is so long that a manifest could not hold
    /// them: longer than 200 bytes.
    #[must_use]
    pub fn new(stem: FileName) -> Option<Self> {
        (stem.0.len() <= STEM_SIZE_MAX).then_some(Self { stem })
    }

    /// The name itself, which also was the only file's name before Redis 7.
    #[must_use]
    pub const fn stem(&self) -> &FileName {
        &self.stem
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> FileName {
        FileName(format!("{}.manifest", self.stem))
    }

    /// The manifest while it is being written.
    #[must_use]
    pub fn temp_manifest(&self) -> FileName {
        FileName(format!("{TEMP_PREFIX}{}.manifest", self.stem))
    }

    /// The mark of files that are there for a backup alone, whatever the manifest says.
    #[must_use]
    pub fn backup_mark(&self) -> FileName {
        FileName(format!("{TEMP_PREFIX}{}.backup", self.stem))
    }

    /// The base file with this number.
    #[must_use]
    pub fn base(&self, seq: i64, format: BaseFormat) -> FileName {
        let suffix = match format {
            BaseFormat::Rdb => "rdb",
            BaseFormat::Aof(_) => "aof",
        };
        FileName(format!("{}.{seq}.base.{suffix}", self.stem))
    }

    /// A base file while it is being written.
    #[must_use]
    pub fn temp_base(&self) -> FileName {
        FileName(format!("{TEMP_PREFIX}{}.base", self.stem))
    }

    /// The increment with this number.
    #[must_use]
    pub fn incr(&self, seq: i64) -> FileName {
        FileName(format!("{}.{seq}.incr.aof", self.stem))
    }

    /// The increment that collects changes while the first base file is being written.
    #[must_use]
    pub fn temp_incr(&self) -> FileName {
        FileName(format!("{TEMP_PREFIX}{}.incr", self.stem))
    }
}

/// The longest name that systems have.
const NAME_SIZE_MAX: usize = 255;
/// The longest name from which others are made. A line of a manifest has 1,024 bytes at most, and a
/// byte of a name takes up to four of them.
const STEM_SIZE_MAX: usize = 200;
/// How the names of unfinished files begin.
pub(crate) const TEMP_PREFIX: &str = "temp-";
