//! The plan of a start: what to load, what to do first, and what lies about.
//!
//! ```text
//!  old single file │ directory │ manifest             │ plan
//!  ────────────────┼───────────┼──────────────────────┼──────────────────────────────────
//!  –               │ any       │ none                 │ nothing to load
//!  there           │ any       │ none, or no file     │ upgrade: list it as base, move it
//!  there           │ there     │ it alone, as base,   │ the same: a crash came in between
//!                  │           │ not in the directory │
//!  otherwise       │ there     │ lists files          │ load base, increments
//! ```
//! Always true: a file that the manifest names and the directory lacks is an error, whatever its
//! kind; so is one of another size than listed, unless it is the last.
//! Always true: temporary files are those whose names this crate or Redis makes; no others are.
//! Not here: reading the files — `reader.rs`; cutting the last — `plan/cut.rs`

use thiserror::Error;

use super::{Step, save};
use crate::layout::{FileName, Layout, TEMP_PREFIX};
use crate::manifest::{Manifest, ManifestError, Part, Units};
use crate::reader::Expect;

/// A file in the append-only directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The files that were found on the disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Directory<'a> {
    /// The files of the append-only directory; none when it is absent.
    pub files: &'a [Found],
    /// The contents of the manifest, if it is there.
    pub manifest: Option<&'a [u8]>,
    /// The size of the single file of before Redis 7 in the directory above, if it is there.
    pub old_file: Option<u64>,
}

/// Whether a file is a base or an increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The data of one moment: a dump or commands.
    Base,
    /// Changes.
    Increment,
}

/// A file to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileToLoad {
    /// Its entry in the manifest.
    pub part: Part,
    /// Base or increment.
    pub role: Role,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is the last, so that it may end early.
    pub is_last: bool,
}

impl FileToLoad {
    /// The protection that a reader expects of it.
    #[must_use]
    pub const fn expect(&self) -> Expect {
        match self.part.units {
            Units::Plain => Expect::Plain,
            Units::Checked => Expect::Checked { seq: self.part.seq },
        }
    }
}

/// The work of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadPlan {
    /// The manifest once the upgrade is done.
    pub manifest: Manifest,
    /// Steps to be carried out before anything is loaded; empty unless a single file of before
    /// Redis 7 is taken over.
    pub upgrade: Vec<Step>,
    /// The files to load, in order.
    pub files: Vec<FileToLoad>,
    /// The sum of their sizes.
    pub size: u64,
    /// Files that a crash left unfinished; they may be removed.
    pub temporary: Vec<FileName>,
    /// Files that no manifest lists, by name: they are none of this crate's business.
    pub unlisted: Vec<String>,
}

impl LoadPlan {
    /// A plan that loads nothing of what this manifest lists.
    #[must_use]
    pub const fn nothing(manifest: Manifest) -> Self {
        Self {
            manifest,
            upgrade: Vec::new(),
            files: Vec::new(),
            size: 0,
            temporary: Vec::new(),
            unlisted: Vec::new(),
        }
    }
}

/// Why nothing can be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// The manifest is refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file that the manifest names is not there.
    #[error("the AOF file {0} is listed in the manifest: No such file or directory")]
    Missing(FileName),
    /// A file that is not the last has another size than the one that was listed.
    #[error("the AOF file {name} has {found} bytes, but the manifest lists {listed}")]
    Size {
        /// The file.
        name: FileName,
        /// Its size in bytes.
        found: u64,
        /// The size in the manifest.
        listed: u64,
    },
    /// The base is a dump and has no bytes, which no dump is.
    #[error("the AOF base file {0} is empty: a dump has a header and an end")]
    EmptyDump(FileName),
}

/// Decides what to load.
///
/// # Errors
/// When the manifest is refused or names a file that is not there, a dump without a byte, or a file
/// of another size that is not the last.
///
/// # Examples
/// ```
/// use russet_aof::plan::{Directory, Found, load};
/// use russet_aof::{FileName, Layout};
///
/// let layout = Layout::new(FileName::new("appendonly.aof").unwrap()).unwrap();
/// let found = |name: &str, size| Found { name: name.into(), size };
/// let files = [
///     found("appendonly.aof.1.base.rdb", 88),
///     found("appendonly.aof.1.incr.aof", 23),
///     found("temp-appendonly.aof.manifest", 0),
/// ];
/// let plan = load(&layout, &Directory {
///     files: &files,
///     manifest: Some(b"file appendonly.aof.1.base.rdb seq 1 type b\n\
///                      file appendonly.aof.1.incr.aof seq 1 type i\n"),
///     old_file: None,
/// })?;
/// assert_eq!((plan.files.len(), plan.size), (2, 111));
/// assert!(plan.files[1].is_last && plan.temporary.len() == 1);
/// # Ok::<(), russet_aof::plan::LoadError>(())
/// ```
pub fn load(layout: &Layout, directory: &Directory<'_>) -> Result<LoadPlan, LoadError> {
    let mut manifest = match directory.manifest {
        Some(text) => Manifest::parse(text)?,
        None => Manifest::default(),
    };
    let mut upgrade = Vec::new();
    if directory.old_file.is_some() && is_upgrade(layout, directory, &manifest) {
        manifest.adopt(layout.stem().clone());
        upgrade = upgrade_steps(layout, &manifest);
    }
    let files = files(&manifest, directory, !upgrade.is_empty())?;
    let mut plan = LoadPlan {
        size: files.iter().map(|file| file.size).sum(),
        files,
        upgrade,
        ..LoadPlan::nothing(manifest)
    };
    for found in directory.files {
        match FileName::new(found.name.as_str()) {
            Some(name) if name == layout.manifest() || plan.manifest.lists(&name) => {}
            Some(name) if is_temporary(layout, &name) => plan.temporary.push(name),
            _ => plan.unlisted.push(found.name.clone()),
        }
    }
    Ok(plan)
}

/// Whether the single file is to be taken over.
fn is_upgrade(layout: &Layout, directory: &Directory<'_>, manifest: &Manifest) -> bool {
    let is_alone = manifest.incrs().is_empty();
    match manifest.base() {
        None => is_alone,
        Some(base) => {
            let is_old = base.name == *layout.stem();
            is_alone && is_old && find(directory, layout.stem()).is_none()
        }
    }
}

fn upgrade_steps(layout: &Layout, manifest: &Manifest) -> Vec<Step> {
    let mut steps = super::prepare();
    steps.extend(save(layout, manifest));
    steps.extend([
        Step::Adopt(layout.stem().clone()),
        Step::SyncDir,
        Step::SyncParent,
    ]);
    steps
}

fn find(directory: &Directory<'_>, name: &FileName) -> Option<u64> {
    let found = directory
        .files
        .iter()
        .find(|found| found.name == name.as_str());
    found.map(|found| found.size)
}

fn files(
    manifest: &Manifest,
    directory: &Directory<'_>,
    is_upgrade: bool,
) -> Result<Vec<FileToLoad>, LoadError> {
    let base = manifest.base().map(|part| (part, Role::Base));
    let incrs = manifest.incrs().iter().map(|part| (part, Role::Increment));
    let mut files = Vec::new();
    for (part, role) in base.into_iter().chain(incrs) {
        let size = match is_upgrade {
            true => directory.old_file,
            false => find(directory, &part.name),
        };
        let size = size.ok_or_else(|| LoadError::Missing(part.name.clone()))?;
        // COMPAT: Redis starts without the data that such a base should hold.
        if size == 0 && role == Role::Base && part.name.as_str().ends_with(".rdb") {
            return Err(LoadError::EmptyDump(part.name.clone()));
        }
        files.push(FileToLoad {
            part: part.clone(),
            role,
            size,
            is_last: false,
        });
    }
    if let Some(last) = files.last_mut() {
        last.is_last = true;
    }
    for file in files.iter().filter(|file| !file.is_last) {
        let found = file.size;
        if let Some(listed) = file.part.size.filter(|listed| *listed != found) {
            let name = file.part.name.clone();
            return Err(LoadError::Size {
                name,
                found,
                listed,
            });
        }
    }
    Ok(files)
}

/// Whether a name is one of unfinished files.
fn is_temporary(layout: &Layout, name: &FileName) -> bool {
    let ours = [
        layout.temp_manifest(),
        layout.temp_base(),
        layout.temp_incr(),
    ];
    let of_redis = name.as_str().strip_prefix(TEMP_PREFIX);
    let of_redis = of_redis.is_some_and(|rest| rest.starts_with("rewriteaof-"));
    ours.contains(name) || of_redis
}
