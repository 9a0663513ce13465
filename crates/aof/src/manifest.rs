//! The manifest: which files hold the data, in which order, and which are left over.
//!
//! ```text
//!  # crc64 0123456789abcdef                                           covers the lines below
//!  file appendonly.aof.2.base.rdb seq 2 type b size 88                at most one, loaded first
//!  file appendonly.aof.3.incr.aof seq 3 type h                        history: to be deleted
//!  file appendonly.aof.4.incr.aof seq 4 type i units crc64 size 104   loaded in order
//!  file appendonly.aof.5.incr.aof seq 5 type i units crc64            the last one grows
//! ```
//! The first line and the keys `units` and `size` are this project's, and Redis and Valkey skip
//! them. When they rewrite the manifest all are gone, so what they append is not taken for checked.
//! A file that is not the last has the size that is listed: units that are missing at its end, with
//! their check lines, are found by nothing else.
//!
//! Always true: the numbers of the increments grow; the base's and theirs are counted apart.
//! Always true: no name is given to a new file that is listed already.
//! Not here: reading and writing the text — `manifest/text.rs`; the order of steps when it changes
//! — `plan/`

mod error;
mod text;

pub use error::{ManifestError, ManifestFault};

use crate::layout::{BaseFormat, FileName, Layout};

/// How the units of a file are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Units {
    /// Not at all, as in files of Redis.
    #[default]
    Plain,
    /// Every group of units has its check line.
    Checked,
}

/// A file that a manifest lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: FileName,
    /// Its number.
    pub seq: i64,
    /// The replication offset at its beginning, which Redis 8 notes.
    pub start_offset: Option<i64>,
    /// The replication offset at its end, which Redis 8 notes when it stops.
    pub end_offset: Option<i64>,
    /// Whether its units have check lines.
    pub units: Units,
    /// Its size in bytes, if it was noted when it was complete.
    pub size: Option<u64>,
}

impl Part {
    const fn new(name: FileName, seq: i64, units: Units) -> Self {
        Self {
            name,
            seq,
            start_offset: None,
            end_offset: None,
            units,
            size: None,
        }
    }

    /// Whether something is noted of it that a manifest without a checksum must not say.
    pub(crate) const fn is_checked(&self) -> bool {
        matches!(self.units, Units::Checked) || self.size.is_some()
    }
}

/// The files of an append-only file.
///
/// # Examples
/// ```
/// use russet_aof::{BaseFormat, Keep, FileName, Layout, Manifest, Units};
///
/// let layout = Layout::new(FileName::new("appendonly.aof").unwrap()).unwrap();
/// let mut manifest = Manifest::default();
/// manifest.add_base(&layout, BaseFormat::Rdb)?;
/// manifest.add_incr(&layout, Units::Plain)?;
/// let text = manifest.to_text();
/// assert_eq!(text.escape_ascii().to_string(), "\
///     file appendonly.aof.1.base.rdb seq 1 type b\\n\
///     file appendonly.aof.1.incr.aof seq 1 type i\\n");
///
/// // A rewrite: a new increment, then a new base; all others become history.
/// manifest.add_incr(&layout, Units::Plain)?;
/// manifest.add_base(&layout, BaseFormat::Rdb)?;
/// manifest.retire_incrs(Keep::Last);
/// assert_eq!(manifest.files().map(|part| part.name.as_str()).collect::<Vec<_>>(), [
///     "appendonly.aof.2.base.rdb",
///     "appendonly.aof.2.incr.aof",
/// ]);
/// assert_eq!(manifest.history().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    base: Option<Part>,
    incrs: Vec<Part>,
    history: Vec<Part>,
    /// The last number that a base, or an increment, was given.
    base_seq: i64,
    incr_seq: i64,
}

/// Which increments a rewrite leaves in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The last one, which is being written.
    Last,
    /// None: nothing is being written.
    Nothing,
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// When Redis refuses it, with its text; when a name leaves the directory; when the checksum
    /// does not match, or is missing although a file is checked or has its size listed.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        text::parse(text)
    }

    /// Whether a file that begins so is a manifest: behind comments, its first line names a file.
    #[must_use]
    pub fn is_manifest(beginning: &[u8]) -> bool {
        let mut lines = beginning.split(|&byte| byte == b'\n');
        let first = lines.find(|line| !line.starts_with(b"#"));
        first.is_some_and(|line| line.starts_with(b"file"))
    }

    /// The text of the manifest.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        text::format(self)
    }

    /// The base file.
    #[must_use]
    pub const fn base(&self) -> Option<&Part> {
        self.base.as_ref()
    }

    /// The increments, in the order in which they are loaded.
    #[must_use]
    pub fn incrs(&self) -> &[Part] {
        &self.incrs
    }

    /// The increment that is being written, or was last.
    #[must_use]
    pub fn last_incr(&self) -> Option<&Part> {
        self.incrs.last()
    }

    /// The increment that is being written, to note its offsets.
    #[must_use]
    pub fn last_incr_mut(&mut self) -> Option<&mut Part> {
        self.incrs.last_mut()
    }

    /// The files that are not needed any more.
    #[must_use]
    pub fn history(&self) -> &[Part] {
        &self.history
    }

    /// The files that hold the data, in the order in which they are loaded.
    pub fn files(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.base.iter().chain(&self.incrs)
    }

    /// Whether no file holds data.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files().next().is_none()
    }

    /// The manifest of a copy that ends with this increment: the base and it alone. `None` if it
    /// does not directly follow the base.
    #[must_use]
    pub fn up_to(&self, incr: &FileName) -> Option<Self> {
        let first = self.incrs.first().filter(|part| part.name == *incr)?;
        Some(Self {
            base: Some(self.base.clone()?),
            incrs: vec![first.clone()],
            history: Vec::new(),
            base_seq: self.base_seq,
            incr_seq: first.seq,
        })
    }

    /// Whether the manifest lists a file of this name, history included.
    #[must_use]
    pub fn lists(&self, name: &FileName) -> bool {
        self.files()
            .chain(&self.history)
            .any(|part| part.name == *name)
    }

    /// Adds a base file of the next number; the one before becomes history.
    ///
    /// # Errors
    /// When the numbers are used up.
    pub fn add_base(
        &mut self,
        layout: &Layout,
        format: BaseFormat,
    ) -> Result<&mut Part, NumbersUsedUp> {
        let name = |seq| layout.base(seq, format);
        let (seq, name) = self.next_name(self.base_seq, name)?;
        self.base_seq = seq;
        if let Some(old) = self.base.take() {
            self.history.insert(0, old);
        }
        let units = match format {
            BaseFormat::Rdb => Units::Plain,
            BaseFormat::Aof(units) => units,
        };
        Ok(self.base.insert(Part::new(name, seq, units)))
    }

    /// Adds an increment of the next number behind the others.
    ///
    /// # Errors
    /// When the numbers are used up.
    pub fn add_incr(&mut self, layout: &Layout, units: Units) -> Result<&Part, NumbersUsedUp> {
        let (seq, name) = self.next_name(self.incr_seq, |seq| layout.incr(seq))?;
        self.incr_seq = seq;
        let at = self.incrs.len();
        self.incrs.push(Part::new(name, seq, units));
        Ok(&self.incrs[at])
    }

    /// Leaves a number of each kind out: a plan that was not carried out to its end may have made
    /// files of the next ones, and listed them on the disk.
    pub fn skip_numbers(&mut self) {
        self.base_seq = self.base_seq.saturating_add(1);
        self.incr_seq = self.incr_seq.saturating_add(1);
    }

    /// Notes the size of the increment before the last one, or that it is not known.
    pub(crate) fn note_size(&mut self, size: Option<u64>) {
        if let [.., part, _] = self.incrs.as_mut_slice() {
            part.size = size;
        }
    }

    /// Adds an increment that was created before, behind the others.
    ///
    /// # Errors
    /// When its number or its name is taken.
    pub(crate) fn list_incr(&mut self, part: Part) -> Result<(), NumbersUsedUp> {
        if part.seq <= self.incr_seq || self.lists(&part.name) {
            return Err(NumbersUsedUp);
        }
        self.incr_seq = part.seq;
        self.incrs.push(part);
        Ok(())
    }

    /// Makes a file of before Redis 7 the base, without increments.
    pub fn adopt(&mut self, name: FileName) -> &Part {
        self.base_seq = 1;
        self.base.insert(Part::new(name, 1, Units::Plain))
    }

    /// Makes the increments history, but for the ones to keep: the base holds what they say.
    pub fn retire_incrs(&mut self, keep: Keep) {
        let kept = match keep {
            Keep::Last => self.incrs.pop(),
            Keep::Nothing => None,
        };
        self.history.splice(0..0, self.incrs.drain(..));
        self.incrs.extend(kept);
    }

    /// Takes the history off the list. These files may be deleted once the manifest without them is
    /// on the disk. A file that is in use under the same name is not among them.
    pub fn take_history(&mut self) -> Vec<Part> {
        let mut history = core::mem::take(&mut self.history);
        history.retain(|part| !self.lists(&part.name));
        history
    }

    /// The next number whose name is not listed.
    fn next_name(
        &self,
        last: i64,
        name: impl Fn(i64) -> FileName,
    ) -> Result<(i64, FileName), NumbersUsedUp> {
        let mut seq = last.max(0);
        loop {
            seq = seq.checked_add(1).ok_or(NumbersUsedUp)?;
            let name = name(seq);
            if !self.lists(&name) {
                return Ok((seq, name));
            }
        }
    }
}

/// A file of a manifest has the largest number there is, so none can follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the numbers of the append-only files are used up")]
pub struct NumbersUsedUp;

#[cfg(test)]
mod tests;
