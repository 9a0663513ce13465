//! The task that empties a directory of backups, or of append-only files that are a backup's.
//!
//! ```text
//!  remove the manifest ─► sync the directory ─► remove all other files ─► sync ─► the mark ─► sync
//! ```
//! Always true: the manifest goes before what it names, and the mark after what it stands for.
//! Not here: when it is due — `sealing.rs`, `steps.rs`

use std::io::ErrorKind;

use russet_aof::{FileName, Layout};
use russet_io::{Disk, Entry, Failure, FileOp, FileReply, Step, Task};

/// Removes files of a directory; directories in it stay.
pub(crate) struct Sweep {
    dir: String,
    manifest: FileName,
    /// How the names of the files begin; all files, if there is none.
    prefixes: Vec<String>,
    /// The file that is removed behind all others.
    mark: Option<FileName>,
    left: Option<Vec<String>>,
}

impl Sweep {
    /// All files of this directory.
    pub(crate) fn all(dir: String, manifest: FileName) -> Self {
        Self {
            dir,
            manifest,
            prefixes: Vec::new(),
            mark: None,
            left: None,
        }
    }

    /// The append-only files of a directory, whole ones and others, and the mark that they are a
    /// backup's.
    pub(crate) fn aof(dir: String, layout: &Layout) -> Self {
        let stem = layout.stem();
        Self {
            dir,
            manifest: layout.manifest(),
            prefixes: vec![format!("{stem}."), format!("temp-{stem}.")],
            mark: Some(layout.backup_mark()),
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
        let comes_apart = |name: &str| {
            let mark = self.mark.as_ref().map(FileName::as_str);
            name == self.manifest.as_str() || Some(name) == mark
        };
        names.retain(|name| fits(name) && !comes_apart(name));
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
        if let Some(name) = left.pop() {
            return self.remove(disk, &name).map(|()| true);
        }
        self.sync(disk)?;
        if let Some(mark) = self.mark.take() {
            self.remove(disk, mark.as_str())?;
            self.sync(disk)?;
        }
        Ok(false)
    }

    /// Removes all of them at once.
    pub(crate) fn run(mut self, disk: &mut dyn Disk) -> Result<(), Failure> {
        while self.sweep(disk)? {}
        Ok(())
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

/// The entries of a directory.
pub(super) fn list(disk: &mut dyn Disk, dir: &str) -> Result<Vec<Entry>, Failure> {
    match disk.perform(FileOp::List(dir.to_owned()))? {
        FileReply::Entries(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

/// The entries of a directory; none if it is absent.
pub(super) fn list_if_there(disk: &mut dyn Disk, dir: &str) -> Result<Vec<Entry>, Failure> {
    match list(disk, dir) {
        Err(failure) if failure.kind == ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed,
    }
}
