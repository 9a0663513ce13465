//! Files in memory, with a live image and a durable one.
//!
//! ```text
//!  Write, SetLen, Rename … ─► live names ─► live contents
//!                                │ SyncDir       │ Sync
//!                                ▼               ▼
//!                             durable names ─► durable contents      what a crash leaves
//! ```
//! Always true: an operation on a file that is not open fails, and nothing else happens.
//! Always true: a copy is a disk of its own, with the same files open.
//! Always true: a file whose sync failed is never made durable again, though later syncs succeed:
//! whoever trusts it is found out.
//! Not here: which unsynced bytes a crash leaves — `memory/crash.rs`; failures by chance — crate
//! `russet-sim`.

mod crash;

pub use crash::CrashModel;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use bytes::Bytes;

use crate::failure::Failure;
use crate::file::{Disk, Entry, FileId, FileOp, FileReply, OpenHow};

/// The contents of a file, whatever its names.
#[derive(Debug, Clone, Default)]
struct Inode {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Changes of the live contents that no sync covers, in order.
    unsynced: Vec<Change>,
    /// A sync failed: nothing becomes durable any more.
    is_lost: bool,
}

/// A change of contents.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Bytes },
    SetLen(usize),
}

impl Change {
    fn apply(&self, contents: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                contents.resize(contents.len().max(end), 0);
                contents[*offset..end].copy_from_slice(bytes);
            }
            Self::SetLen(size) => contents.resize(*size, 0),
        }
    }
}

/// A change of names that no sync of its directory covers.
#[derive(Debug, Clone)]
struct NameChange {
    what: Naming,
    /// Some file was synced since: a journalling file system has written it, too.
    is_journalled: bool,
}

#[derive(Debug, Clone)]
enum Naming {
    Link {
        path: String,
        inode: u64,
    },
    Unlink(String),
    Rename {
        from: String,
        to: String,
        inode: u64,
    },
    MakeDir(String),
}

impl Naming {
    fn path(&self) -> &str {
        match self {
            Self::Link { path, .. } | Self::Unlink(path) | Self::MakeDir(path) => path,
            Self::Rename { to, .. } => to,
        }
    }

    /// Whether a sync of this directory makes it durable.
    fn is_of(&self, dir: &str) -> bool {
        parent(self.path()) == dir
    }
}

/// A file that is open.
#[derive(Debug, Clone, Copy)]
struct Opened {
    inode: u64,
    may_write: bool,
    has_lock: bool,
}

/// A disk in memory, for tests of tasks and services: it knows what a crash would leave.
///
/// # Examples
/// ```
/// use russet_io::{Disk, FileOp, MemoryDisk};
///
/// let mut disk = MemoryDisk::new("/data");
/// let (path, contents) = ("f".to_owned(), b"abc".to_vec());
/// disk.perform(FileOp::Replace { path, contents })?;
/// disk.crash();
/// assert_eq!(disk.live("f"), Some(&b"abc"[..]));
/// # Ok::<(), russet_io::Failure>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk {
    inodes: BTreeMap<u64, Inode>,
    inodes_made: u64,
    names: BTreeMap<String, u64>,
    names_durable: BTreeMap<String, u64>,
    unsynced: Vec<NameChange>,
    dirs: BTreeSet<String>,
    dirs_durable: BTreeSet<String>,
    open: BTreeMap<FileId, Opened>,
    dir: String,
}

impl MemoryDisk {
    /// An empty disk with this working directory.
    #[must_use]
    pub fn new(dir: &str) -> Self {
        let mut disk = Self {
            dir: dir.to_owned(),
            ..Self::default()
        };
        disk.add_dirs(dir);
        disk.dirs_durable = disk.dirs.clone();
        disk.unsynced.clear();
        disk
    }

    /// The live contents of a file.
    #[must_use]
    pub fn live(&self, path: &str) -> Option<&[u8]> {
        let inode = self.names.get(&self.full(path))?;
        self.inodes.get(inode).map(|inode| &*inode.live)
    }

    /// The contents of a file that would survive a crash now.
    #[must_use]
    pub fn durable(&self, path: &str) -> Option<&[u8]> {
        let inode = self.names_durable.get(&self.full(path))?;
        self.inodes.get(inode).map(|inode| &*inode.durable)
    }

    /// Puts a file there, durably.
    pub fn put(&mut self, path: &str, contents: &[u8]) {
        let path = self.full(path);
        let dir = parent(&path).to_owned();
        self.add_dirs(&dir);
        self.dirs_durable.clone_from(&self.dirs);
        self.replace(path, contents);
    }

    /// Gives a name new contents, durably and in one step.
    fn replace(&mut self, path: String, contents: &[u8]) {
        self.names.remove(&path);
        let number = self.inode_of(&path);
        let inode = self.inodes.entry(number).or_default();
        inode.live = contents.to_vec();
        inode.durable = contents.to_vec();
        self.unsynced.retain(|change| change.what.path() != path);
        self.names_durable.insert(path, number);
    }

    /// Whether a file is open.
    #[must_use]
    pub fn is_open(&self, file: FileId) -> bool {
        self.open.contains_key(&file)
    }

    /// Makes these contents of a file durable: those it had when its sync began.
    ///
    /// # Errors
    /// It is not open.
    pub fn sync_as_of(&mut self, file: FileId, size: usize) -> Result<(), Failure> {
        let inode = self.opened(file)?.inode;
        if let Some(inode) = self.inodes.get_mut(&inode)
            && !inode.is_lost
        {
            let size = size.min(inode.live.len());
            let kept = inode.durable.len().min(inode.live.len());
            inode.durable.truncate(kept);
            match size < kept {
                true => inode.durable[..size].copy_from_slice(&inode.live[..size]),
                false => inode.durable = inode.live[..size].to_vec(),
            }
            inode.unsynced.retain(|change| match change {
                Change::Write { offset, bytes } => offset + bytes.len() > size,
                Change::SetLen(_) => false,
            });
            self.journal_names();
        }
        Ok(())
    }

    /// The sync of a file fails.
    pub fn lose(&mut self, file: FileId) {
        if let Some(opened) = self.open.get(&file)
            && let Some(inode) = self.inodes.get_mut(&opened.inode)
        {
            inode.is_lost = true;
        }
    }

    /// The size of an open file; 0 when it is not open.
    #[must_use]
    pub fn size(&self, file: FileId) -> usize {
        let inode = self.open.get(&file).map(|opened| opened.inode);
        let inode = inode.and_then(|inode| self.inodes.get(&inode));
        inode.map_or(0, |inode| inode.live.len())
    }

    /// The path from the root, without `.` and `..`.
    fn full(&self, path: &str) -> String {
        let base = if path.starts_with('/') { "" } else { &self.dir };
        let mut parts: Vec<&str> = Vec::new();
        for part in base.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }

    fn add_dirs(&mut self, path: &str) {
        let mut path = path;
        let mut made = Vec::new();
        while !path.is_empty() {
            if self.dirs.insert(path.to_owned()) {
                made.push(path.to_owned());
            }
            path = parent(path);
        }
        for path in made.into_iter().rev() {
            self.note(Naming::MakeDir(path));
        }
    }

    fn note(&mut self, what: Naming) {
        self.unsynced.push(NameChange {
            what,
            is_journalled: false,
        });
    }

    /// A journalling file system writes all changes of names with the next sync of anything.
    fn journal_names(&mut self) {
        for change in &mut self.unsynced {
            change.is_journalled = true;
        }
    }

    /// The contents behind a name, made when absent.
    fn inode_of(&mut self, path: &str) -> u64 {
        if let Some(inode) = self.names.get(path) {
            return *inode;
        }
        self.inodes_made += 1;
        self.inodes.insert(self.inodes_made, Inode::default());
        self.names.insert(path.to_owned(), self.inodes_made);
        self.note(Naming::Link {
            path: path.to_owned(),
            inode: self.inodes_made,
        });
        self.inodes_made
    }

    fn opened(&self, file: FileId) -> Result<Opened, Failure> {
        let opened = self.open.get(&file).copied();
        opened.ok_or_else(|| Failure::new(ErrorKind::InvalidInput, "Bad file descriptor"))
    }

    /// Changes a file that is open for writing.
    fn change(&mut self, file: FileId, change: Change) -> Result<(), Failure> {
        let opened = self.opened(file)?;
        let inode = self.inodes.get_mut(&opened.inode);
        let inode = inode.filter(|_| opened.may_write);
        let inode =
            inode.ok_or_else(|| Failure::new(ErrorKind::InvalidInput, "Bad file descriptor"))?;
        change.apply(&mut inode.live);
        inode.unsynced.push(change);
        Ok(())
    }

    fn open(&mut self, file: FileId, path: &str, how: OpenHow) -> Result<FileReply, Failure> {
        let path = self.full(path);
        let is_there = self.names.contains_key(&path);
        match how {
            OpenHow::Read if !is_there => return Err(absent()),
            OpenHow::CreateNew if is_there => {
                return Err(Failure::new(ErrorKind::AlreadyExists, "File exists"));
            }
            _ if !is_there && !self.dirs.contains(parent(&path)) => return Err(absent()),
            _ => {}
        }
        let inode = self.inode_of(&path);
        let contents = self.inodes.entry(inode).or_default();
        if how == OpenHow::Truncate && is_there {
            contents.live.clear();
            contents.unsynced.push(Change::SetLen(0));
        }
        let size = contents.live.len() as u64;
        let opened = Opened {
            inode,
            may_write: how != OpenHow::Read,
            has_lock: false,
        };
        self.open.insert(file, opened);
        Ok(FileReply::Opened { size })
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<FileReply, Failure> {
        let (from, to) = (self.full(from), self.full(to));
        let inode = self.names.remove(&from).ok_or_else(absent)?;
        self.names.insert(to.clone(), inode);
        self.note(Naming::Rename { from, to, inode });
        Ok(FileReply::Done)
    }

    fn link(&mut self, from: &str, to: &str) -> Result<FileReply, Failure> {
        let (from, path) = (self.full(from), self.full(to));
        let inode = *self.names.get(&from).ok_or_else(absent)?;
        if !self.dirs.contains(parent(&path)) {
            return Err(absent());
        }
        if self.names.contains_key(&path) {
            return Err(Failure::new(ErrorKind::AlreadyExists, "File exists"));
        }
        self.names.insert(path.clone(), inode);
        self.note(Naming::Link { path, inode });
        Ok(FileReply::Done)
    }

    fn lock(&mut self, file: FileId) -> Result<FileReply, Failure> {
        let inode = self.opened(file)?.inode;
        let mut others = self.open.iter().filter(|(other, _)| **other != file);
        if others.any(|(_, other)| other.inode == inode && other.has_lock) {
            return Err(Failure::new(
                ErrorKind::WouldBlock,
                "Resource temporarily unavailable",
            ));
        }
        if let Some(opened) = self.open.get_mut(&file) {
            opened.has_lock = true;
        }
        Ok(FileReply::Done)
    }

    fn sync_dir(&mut self, path: &str) -> Result<FileReply, Failure> {
        let dir = self.full(path);
        if !self.dirs.contains(&dir) {
            return Err(absent());
        }
        self.names_durable.retain(|name, _| parent(name) != dir);
        let names = self.names.iter().filter(|(name, _)| parent(name) == dir);
        let names: Vec<_> = names.map(|(name, inode)| (name.clone(), *inode)).collect();
        self.names_durable.extend(names);
        let dirs = self.dirs.iter().filter(|name| parent(name) == dir);
        self.dirs_durable.extend(dirs.cloned());
        self.unsynced.retain(|change| !change.what.is_of(&dir));
        self.journal_names();
        Ok(FileReply::Done)
    }

    fn list(&self, path: &str) -> Result<FileReply, Failure> {
        let dir = self.full(path);
        if !self.dirs.contains(&dir) {
            return Err(absent());
        }
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let files = self.names.iter().filter(|(path, _)| parent(path) == dir);
        let mut entries: Vec<Entry> = files
            .map(|(path, inode)| Entry {
                name: name(path),
                size: self.inodes.get(inode).map_or(0, |i| i.live.len() as u64),
                is_dir: false,
            })
            .collect();
        let dirs = self.dirs.iter().filter(|path| parent(path) == dir);
        entries.extend(dirs.map(|path| Entry {
            name: name(path),
            size: 0,
            is_dir: true,
        }));
        entries.sort();
        Ok(FileReply::Entries(entries))
    }
}

impl Disk for MemoryDisk {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        match op {
            FileOp::Open { file, path, how } => return self.open(file, &path, how),
            FileOp::Write {
                file,
                offset,
                bytes,
            } => {
                let offset = offset as usize;
                self.change(file, Change::Write { offset, bytes })?;
            }
            FileOp::Read { file, offset, len } => {
                let inode = self.opened(file)?.inode;
                let live = self.inodes.get(&inode).map_or(&[][..], |i| &i.live);
                let start = live.len().min(offset as usize);
                let end = live.len().min(start.saturating_add(len));
                return Ok(FileReply::Bytes(live[start..end].to_vec()));
            }
            FileOp::SetLen { file, size } => self.change(file, Change::SetLen(size as usize))?,
            FileOp::Sync(file) => self.sync_as_of(file, usize::MAX)?,
            FileOp::Lock(file) => return self.lock(file),
            FileOp::Close(file) => {
                self.opened(file)?;
                self.open.remove(&file);
            }
            FileOp::CreateDir(path) => self.add_dirs(&self.full(&path)),
            FileOp::SyncDir(path) => return self.sync_dir(&path),
            FileOp::Rename { from, to } => return self.rename(&from, &to),
            FileOp::Link { from, to } => return self.link(&from, &to),
            FileOp::Remove(path) => {
                let path = self.full(&path);
                self.names.remove(&path).ok_or_else(absent)?;
                self.note(Naming::Unlink(path));
            }
            FileOp::List(path) => return self.list(&path),
            FileOp::Replace { path, contents } => {
                let path = self.full(&path);
                if !self.dirs.contains(parent(&path)) {
                    return Err(absent());
                }
                self.replace(path, &contents);
            }
            FileOp::ChangeDir(path) => {
                let path = self.full(&path);
                if !self.dirs.contains(&path) {
                    return Err(absent());
                }
                self.dir = path;
            }
        }
        Ok(FileReply::Done)
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn absent() -> Failure {
    Failure::new(ErrorKind::NotFound, "No such file or directory")
}

#[cfg(test)]
mod tests;
