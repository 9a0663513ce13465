//! The commit protocol: how a new file takes a name, so that a crash leaves the old or the new one.
//!
//! ```text
//!  NewFile ──sync──► Synced ──rename──► Renamed ──publish──► the name is durable
//!     └─ abandon: the temporary file is removed
//! ```
//! Each step takes the value of the one before, so none can be left out. A file that is dropped on
//! the way keeps its temporary name, which the next file of that name removes.
//!
//! Always true: before `publish` has returned, a crash may leave the old file, never a part of the
//! new one.
//! Not here: the contents — `dump.rs`; the manifest of an append-only file — `steps.rs`

use std::io::ErrorKind;

use bytes::Bytes;
use russet_io::{Disk, Failure, FileId, FileOp, OpenHow};

/// A file that is being written under a temporary name.
#[derive(Debug)]
#[must_use = "the file has no name yet"]
pub(crate) struct NewFile {
    file: FileId,
    temp: String,
    size: u64,
}

/// A file whose contents are on the disk.
#[derive(Debug)]
#[must_use = "the file has no name yet"]
pub(crate) struct Synced {
    file: FileId,
    temp: String,
}

/// A file that has its name, though a crash may take it back.
#[derive(Debug)]
#[must_use = "the name is not durable yet"]
pub(crate) struct Renamed {
    dir: String,
}

impl NewFile {
    /// Creates the file under a temporary name.
    ///
    /// # Errors
    /// The operating system refused.
    pub(crate) fn create(disk: &mut dyn Disk, file: FileId, temp: String) -> Result<Self, Failure> {
        // A new file: the one of this name may be open, or have failed a sync.
        match disk.perform(FileOp::Remove(temp.clone())) {
            Err(failure) if failure.kind != ErrorKind::NotFound => return Err(failure),
            _ => {}
        }
        disk.perform(FileOp::Open {
            file,
            path: temp.clone(),
            how: OpenHow::CreateNew,
        })?;
        // Another server that starts here would sweep it otherwise. Not every disk has locks.
        let _ = disk.perform(FileOp::Lock(file));
        Ok(Self {
            file,
            temp,
            size: 0,
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The operating system refused.
    pub(crate) fn append(&mut self, disk: &mut dyn Disk, bytes: Bytes) -> Result<(), Failure> {
        let offset = self.size;
        self.size += bytes.len() as u64;
        self.write(disk, offset, bytes)
    }

    /// Replaces the first bytes.
    ///
    /// # Errors
    /// The operating system refused.
    pub(crate) fn replace_front(
        &mut self,
        disk: &mut dyn Disk,
        bytes: Bytes,
    ) -> Result<(), Failure> {
        self.write(disk, 0, bytes)
    }

    fn write(&self, disk: &mut dyn Disk, offset: u64, bytes: Bytes) -> Result<(), Failure> {
        let file = self.file;
        let write = FileOp::Write {
            file,
            offset,
            bytes,
        };
        disk.perform(write).map(drop)
    }

    /// The number of bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Waits until the contents are on the disk.
    ///
    /// # Errors
    /// The operating system refused; the temporary file is removed.
    pub(crate) fn sync(self, disk: &mut dyn Disk) -> Result<Synced, Failure> {
        let synced = disk.perform(FileOp::Sync(self.file));
        if let Err(failure) = synced {
            self.abandon(disk);
            return Err(failure);
        }
        let Self { file, temp, .. } = self;
        Ok(Synced { file, temp })
    }

    /// Gives the file up, and removes it.
    pub(crate) fn abandon(self, disk: &mut dyn Disk) {
        // What cannot be removed is swept at the next start.
        let _ = disk.perform(FileOp::Close(self.file));
        let _ = disk.perform(FileOp::Remove(self.temp));
    }
}

impl Synced {
    /// Gives the file its name, in place of the file that had it, and closes it.
    ///
    /// # Errors
    /// The operating system refused; the temporary file is removed.
    pub(crate) fn rename(self, disk: &mut dyn Disk, to: &str) -> Result<Renamed, Failure> {
        let renamed = disk.perform(FileOp::Rename {
            from: self.temp.clone(),
            to: to.to_owned(),
        });
        let _ = disk.perform(FileOp::Close(self.file));
        if let Err(failure) = renamed {
            let _ = disk.perform(FileOp::Remove(self.temp));
            return Err(failure);
        }
        let dir = match to.rsplit_once('/') {
            Some((dir, _)) => dir.to_owned(),
            None => ".".to_owned(),
        };
        Ok(Renamed { dir })
    }
}

impl Renamed {
    /// Waits until the name is on the disk.
    ///
    /// # Errors
    /// The operating system refused.
    pub(crate) fn publish(self, disk: &mut dyn Disk) -> Result<(), Failure> {
        disk.perform(FileOp::SyncDir(self.dir)).map(drop)
    }
}
