//! Tasks on the directory of backups: prepared, and given files of the append-only file.
//!
//! ```text
//!  Prepare  make it ─┬─ something is in it ─► refused
//!                    └─ empty ─► whether there are append-only files
//!  Pin      link a file ─┬──────────────────────────────────► sync the directory
//!                        └─ there are no links: copy, sync ─► and the manifest, if it is the last
//! ```
//! Always true: the manifest comes after what it names, and all of that is on the disk.
//! Always true: a step is a few operations on files, so that a task of any length can be canceled.
//! Not here: when each is due — `backing.rs`, `sealing.rs`; emptying it — `sweep.rs`

use std::io::ErrorKind;

use bytes::Bytes;
use russet_aof::FileName;
use russet_io::{Disk, Failure, FileId, FileOp, FileReply, OpenHow, Step, Task};

use super::steps::{PIECE_SIZE, Steps};
use super::sweep::{list, list_if_there};

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
    /// The mark of those that are a backup's alone.
    pub mark: FileName,
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
        let is_marked = listed.iter().any(|entry| entry.name == self.mark.as_str());
        let mut names = listed.iter().map(|entry| &entry.name);
        let has_no_aof = is_marked || names.all(|name| name.starts_with(TEMP_PREFIX));
        Ok(Prepared::Ready { has_no_aof })
    }
}

impl Task for Prepare {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let prepared = self.prepare(disk).unwrap_or_else(Prepared::NoDirectory);
        Step::Finished(Box::new(prepared))
    }
}

/// A file that was neither linked nor copied.
#[derive(Debug)]
pub(crate) struct NotPinned(pub(crate) Failure);

/// Gives the directory a file that does not change any more, then carries out steps there.
pub(crate) struct Pin {
    from: String,
    to: String,
    stage: Stage,
    then: Steps,
}

/// How far a file has come.
enum Stage {
    /// It is to be linked, or copied with these numbers.
    Linking(Copying),
    /// There are no links: it is copied.
    Copying(Copying),
    /// It is there.
    Pinned,
}

impl Pin {
    /// Pins the file `from` as `to`. A copy takes the number `file` and the next one.
    pub(crate) fn new((from, to): (String, String), file: FileId, then: Steps) -> Self {
        let copying = Copying {
            source: file,
            target: FileId(file.0 + 1),
            copied: 0,
        };
        Self {
            from,
            to,
            stage: Stage::Linking(copying),
            then,
        }
    }

    fn pin(&mut self, disk: &mut dyn Disk) -> Result<(), Failure> {
        match std::mem::replace(&mut self.stage, Stage::Pinned) {
            Stage::Linking(copying) => {
                let (from, to) = (self.from.clone(), self.to.clone());
                let linked = disk.perform(FileOp::Link { from, to });
                if let Err(failure) = linked {
                    if !has_no_links(failure.kind) {
                        return Err(failure);
                    }
                    copying.open(disk, (&self.from, &self.to))?;
                    self.stage = Stage::Copying(copying);
                }
            }
            Stage::Copying(mut copying) => match copying.step(disk) {
                Ok(true) => self.stage = Stage::Copying(copying),
                Ok(false) => copying.close(disk)?,
                Err(failure) => {
                    let _ = copying.close(disk);
                    return Err(failure);
                }
            },
            Stage::Pinned => {}
        }
        Ok(())
    }
}

impl Task for Pin {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        if matches!(self.stage, Stage::Pinned) {
            return self.then.step(disk);
        }
        match self.pin(disk) {
            Ok(()) => Step::More,
            Err(failure) => Step::Finished(Box::new(NotPinned(failure))),
        }
    }

    fn cancel(&mut self, disk: &mut dyn Disk) {
        if let Stage::Copying(copying) = &self.stage {
            let _ = copying.close(disk);
        }
    }
}

/// Whether a link was refused for what it is: by the file system, by the number of links that a
/// file may have, or since both names are on different file systems.
const fn has_no_links(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied
            | ErrorKind::Unsupported
            | ErrorKind::TooManyLinks
            | ErrorKind::CrossesDevices
    )
}

/// A file that is copied piece by piece.
struct Copying {
    source: FileId,
    target: FileId,
    /// The bytes so far.
    copied: u64,
}

impl Copying {
    fn open(&self, disk: &mut dyn Disk, (from, to): (&str, &str)) -> Result<(), Failure> {
        let mut open = |file, path: &str, how| {
            let path = path.to_owned();
            disk.perform(FileOp::Open { file, path, how })
        };
        open(self.source, from, OpenHow::Read)?;
        let opened = open(self.target, to, OpenHow::CreateNew);
        if opened.is_err() {
            let _ = disk.perform(FileOp::Close(self.source));
        }
        opened.map(drop)
    }

    /// Copies a piece; false once all of it is on the disk.
    fn step(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        let (offset, len) = (self.copied, PIECE_SIZE);
        let file = self.source;
        let piece = match disk.perform(FileOp::Read { file, offset, len })? {
            FileReply::Bytes(piece) => piece,
            _ => Vec::new(),
        };
        let file = self.target;
        if piece.is_empty() {
            return disk.perform(FileOp::Sync(file)).map(|_| false);
        }
        self.copied += piece.len() as u64;
        let bytes = Bytes::from(piece);
        let write = FileOp::Write {
            file,
            offset,
            bytes,
        };
        disk.perform(write).map(|_| true)
    }

    fn close(&self, disk: &mut dyn Disk) -> Result<(), Failure> {
        let source = disk.perform(FileOp::Close(self.source));
        let target = disk.perform(FileOp::Close(self.target));
        source.and(target).map(drop)
    }
}
