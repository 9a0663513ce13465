//! Tasks on the directory of backups: prepared, given files of the append-only file, emptied.
//!
//! ```text
//!  Prepare  make it ─┬─ something is in it ─► refused
//!                    └─ empty ─► whether there are append-only files
//!  Pin      link a file ─► sync the directory ─► the manifest, if it is the last
//!  Sweep    remove the manifest ─► sync the directory ─► remove all other files
//! ```
//! Always true: the manifest comes after what it names, and goes before it.
//! Always true: a step is a few operations on files, so that a task of any length can be canceled.
//! Not here: when each is due — `backing.rs`, `sealing.rs`

use std::io::ErrorKind;

use russet_aof::FileName;
use russet_io::{Disk, Entry, Failure, FileOp, FileReply, Step, Task};

use super::steps::{Place, Steps};

/// The end of [`Prepare`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prepared {
    /// The directory is there, and empty.
    Ready {
        /// Whether there is no append-only file, whoever wrote it.
        has_no_aof: bool,
    },
    /// Something is in it.
    NotEmpty,
    /// It cannot be made, or looked into.
    NoDirectory(Failure),
}

/// Temporary files of rewrites and backups begin like this.
const TEMP_PREFIX: &str = "temp-";

/// Makes the directory, and looks for append-only files.
pub(crate) struct Prepare {
    /// The directory of backups.
    pub dir: String,
    /// The directory of append-only files.
    pub aof_dir: String,
}

impl Prepare {
    fn prepare(&mut self, disk: &mut dyn Disk) -> Result<Prepared, Failure> {
        disk.perform(FileOp::CreateDir(self.dir.clone()))?;
        disk.perform(FileOp::SyncDir(".".to_owned()))?;
        if !list(disk, &self.dir)?.is_empty() {
            return Ok(Prepared::NotEmpty);
        }
        // What a backup that died has left begins like this, and nothing lists it.
        let listed = list_if_there(disk, &self.aof_dir)?;
        let has_no_aof = listed
            .iter()
            .all(|entry| entry.name.starts_with(TEMP_PREFIX));
        Ok(Prepared::Ready { has_no_aof })
    }
}

impl Task for Prepare {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let prepared = self.prepare(disk).unwrap_or_else(Prepared::NoDirectory);
        Step::Finished(Box::new(prepared))
    }
}

/// A file that was not linked.
#[derive(Debug)]
pub(crate) struct NotLinked(pub(crate) Failure);

/// Links a file into the directory, then carries out steps there.
pub(crate) struct Pin {
    link: Option<(String, String)>,
    then: Steps,
}

impl Pin {
    /// Links the file `from` as `to`.
    pub(crate) fn new(from: String, to: String, then: Steps) -> Self {
        let link = Some((from, to));
        Self { link, then }
    }
}

impl Task for Pin {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let Some((from, to)) = self.link.take() else {
            return self.then.step(disk);
        };
        match disk.perform(FileOp::Link { from, to }) {
            Ok(_) => Step::More,
            Err(failure) => Step::Finished(Box::new(NotLinked(failure))),
        }
    }
}

/// Removes files of a directory; directories in it stay.
pub(crate) struct Sweep {
    dir: String,
    manifest: FileName,
    /// How the names of the files begin; all files, if there is none.
    prefixes: Vec<String>,
    left: Option<Vec<String>>,
}

impl Sweep {
    /// All files of this directory.
    pub(crate) fn all(dir: String, manifest: FileName) -> Self {
        Self {
            dir,
            manifest,
            prefixes: Vec::new(),
            left: None,
        }
    }

    /// The append-only files of a directory, whole ones and others.
    pub(crate) fn aof(place: &Place) -> Self {
        let stem = place.layout.stem();
        Self {
            dir: place.dir.clone(),
            manifest: place.layout.manifest(),
            prefixes: vec![format!("{stem}."), format!("temp-{stem}.")],
            left: None,
        }
    }

    fn begin(&mut self, disk: &mut dyn Disk) -> Result<Vec<String>, Failure> {
        let entries = list_if_there(disk, &self.dir)?;
        let fits = |name: &str| {
            self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        let files = entries.into_iter().filter(|entry| !entry.is_dir);
        let mut names: Vec<String> = files.map(|entry| entry.name).collect();
        names.retain(|name| fits(name) && name != self.manifest.as_str());
        self.remove(disk, self.manifest.as_str())?;
        self.sync(disk)?;
        Ok(names)
    }

    fn remove(&self, disk: &mut dyn Disk, name: &str) -> Result<(), Failure> {
        match disk.perform(FileOp::Remove(format!("{}/{name}", self.dir))) {
            Err(failure) if failure.kind == ErrorKind::NotFound => Ok(()),
            removed => removed.map(drop),
        }
    }

    fn sync(&self, disk: &mut dyn Disk) -> Result<(), Failure> {
        match disk.perform(FileOp::SyncDir(self.dir.clone())) {
            Err(failure) if failure.kind == ErrorKind::NotFound => Ok(()),
            synced => synced.map(drop),
        }
    }

    fn sweep(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        let Some(left) = &mut self.left else {
            self.left = Some(self.begin(disk)?);
            return Ok(true);
        };
        match left.pop() {
            Some(name) => self.remove(disk, &name).map(|()| true),
            None => self.sync(disk).map(|()| false),
        }
    }
}

impl Task for Sweep {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match self.sweep(disk) {
            Ok(true) => Step::More,
            Ok(false) => Step::Finished(Box::new(())),
            Err(failure) => Step::Failed(failure),
        }
    }
}

fn list(disk: &mut dyn Disk, dir: &str) -> Result<Vec<Entry>, Failure> {
    match disk.perform(FileOp::List(dir.to_owned()))? {
        FileReply::Entries(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

fn list_if_there(disk: &mut dyn Disk, dir: &str) -> Result<Vec<Entry>, Failure> {
    match list(disk, dir) {
        Err(failure) if failure.kind == ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed,
    }
}
