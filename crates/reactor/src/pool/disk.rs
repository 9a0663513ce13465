//! Operations on real files.
//!
//! ```text
//!  op ─► path ─► system call
//!   └──► file id ─► map of open files ─► system call on the file
//! ```
//! The map is shared by all threads. A call that may take long holds the file, not the map.
//!
//! Always true: a file is in the map from its opening to its closing; the descriptor closes when
//! the last operation under way on it has ended.
//! Not here: waiting for the disk — `sync.rs`; replacing a file — `replace.rs`.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use russet_io::{Disk, Entry, Failure, FileId, FileOp, FileReply, OpenHow};
use rustix::io::Errno;

use super::{replace, sync};
use crate::log::failure;

/// Permissions of a file that is created, before the umask.
const MODE: u32 = 0o644;

/// All open files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    open: RwLock<BTreeMap<FileId, Arc<File>>>,
}

/// The files as a task reaches them.
#[derive(Debug)]
pub(crate) struct ThreadDisk {
    files: Arc<Files>,
}

impl ThreadDisk {
    pub(crate) fn new(files: Arc<Files>) -> Self {
        Self { files }
    }
}

impl Disk for ThreadDisk {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        self.files.perform(op)
    }
}

impl Files {
    /// Performs one operation.
    pub(crate) fn perform(&self, op: FileOp) -> Result<FileReply, Failure> {
        self.try_perform(op).map_err(|error| failure(&error))
    }

    /// Writes bytes to an open file, all of them.
    pub(crate) fn write(&self, file: FileId, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        let written = self
            .find(file)
            .and_then(|file| file.write_all_at(bytes, offset));
        written.map_err(|error| failure(&error))
    }

    fn try_perform(&self, op: FileOp) -> io::Result<FileReply> {
        match op {
            FileOp::Open { file, path, how } => {
                let size = self.open(file, &path, how)?;
                return Ok(FileReply::Opened { size });
            }
            FileOp::Read { file, offset, len } => {
                let bytes = read(&*self.find(file)?, offset, len)?;
                return Ok(FileReply::Bytes(bytes));
            }
            FileOp::List(path) => return list(&path).map(FileReply::Entries),
            FileOp::Write {
                file,
                offset,
                bytes,
            } => self.find(file)?.write_all_at(&bytes, offset)?,
            FileOp::SetLen { file, size } => self.find(file)?.set_len(size)?,
            FileOp::Sync(file) => sync::contents(&*self.find(file)?)?,
            FileOp::Lock(file) => lock(&*self.find(file)?)?,
            FileOp::Close(file) => {
                let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
                let closed = open.remove(&file);
                // Closing may free the blocks of a removed file: not under the lock.
                drop(open);
                closed.ok_or_else(not_open)?;
            }
            FileOp::CreateDir(path) => fs::create_dir_all(path)?,
            FileOp::SyncDir(path) => sync::folder(Path::new(&path))?,
            FileOp::Rename { from, to } => fs::rename(from, to)?,
            FileOp::Link { from, to } => fs::hard_link(from, to)?,
            FileOp::Remove(path) => fs::remove_file(path)?,
            FileOp::Replace { path, contents } => replace::replace(Path::new(&path), &contents)?,
            FileOp::ChangeDir(path) => std::env::set_current_dir(path)?,
            _ => return Err(ErrorKind::Unsupported.into()),
        }
        Ok(FileReply::Done)
    }

    fn find(&self, file: FileId) -> io::Result<Arc<File>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(&file).map(Arc::clone).ok_or_else(not_open)
    }

    fn open(&self, file: FileId, path: &str, how: OpenHow) -> io::Result<u64> {
        if self.find(file).is_ok() {
            let text = "a file has this number already";
            return Err(io::Error::new(ErrorKind::AlreadyExists, text));
        }
        let mut options = OpenOptions::new();
        options.mode(MODE);
        match how {
            OpenHow::Read => options.read(true),
            OpenHow::Append => options.read(true).write(true).create(true),
            OpenHow::CreateNew => options.write(true).create_new(true),
            OpenHow::Truncate => options.write(true).create(true).truncate(true),
        };
        let opened = options.open(path)?;
        let metadata = opened.metadata()?;
        if metadata.is_dir() {
            return Err(Errno::ISDIR.into());
        }
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(file, Arc::new(opened));
        Ok(metadata.len())
    }
}

#[cold]
fn not_open() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "Bad file descriptor")
}

/// Reads until there is enough, or the end.
fn read(file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    let left = metadata.len().saturating_sub(offset);
    // Other kinds of files do not know their size.
    let size = match usize::try_from(left) {
        Ok(left) if metadata.is_file() => len.min(left),
        _ => len,
    };
    let mut bytes = vec![0; size];
    let mut count = 0;
    while count < size {
        match file.read_at(&mut bytes[count..], offset + count as u64) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(count);
    Ok(bytes)
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => Err(Errno::AGAIN.into()),
    }
}

/// An entry that vanishes meanwhile is left out.
fn list(path: &str) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = fs::metadata(entry.path()).or_else(|_| entry.metadata());
        let (Ok(name), Ok(metadata)) = (entry.file_name().into_string(), metadata) else {
            continue;
        };
        let is_dir = metadata.is_dir();
        entries.push(Entry {
            name,
            size: if is_dir { 0 } else { metadata.len() },
            is_dir,
        });
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests;
