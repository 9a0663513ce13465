//! Files: the operations a service or a task may ask for, and the trait that carries them out.
//!
//! ```text
//!  Job::File(op) ─► pool ─┐
//!  Task::step(disk) ──────┼─► Disk::perform(op) ─► FileReply | Failure
//!  Ready::append, sync ───┘        real files, or a simulated disk
//! ```
//! Every file is named by the service when it is opened, with a number that it never uses twice.
//!
//! Always true: an operation on a file that is not open fails; nothing else happens.
//! Always true: operations on one file that must be ordered are started one after the other's
//! completion; operations under way at the same time may run in any order.
//! Not here: real files — crate `russet-reactor`; simulated ones — crate `russet-sim`.

use bytes::Bytes;

use crate::failure::Failure;

/// A file that is or was open; chosen by the service, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u64);

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenHow {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it is created when it is absent, and keeps its contents.
    Append,
    /// For writing; it must be absent.
    CreateNew,
    /// For writing; it is created when it is absent, and emptied when it is not.
    Truncate,
}

/// One operation on files. Paths are relative to the working directory unless they are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileOp {
    /// Opens a file under a number; answered by [`FileReply::Opened`].
    Open {
        /// The number that names it from now on.
        file: FileId,
        /// Its path.
        path: String,
        /// How it is opened.
        how: OpenHow,
    },
    /// Writes bytes at an offset; the file grows as needed. The bytes are in the page cache
    /// afterwards, not on the disk.
    Write {
        /// The file.
        file: FileId,
        /// Where the first byte is written.
        offset: u64,
        /// The bytes.
        bytes: Bytes,
    },
    /// Reads at most `len` bytes at an offset; answered by [`FileReply::Bytes`], shorter at the
    /// end of the file.
    Read {
        /// The file.
        file: FileId,
        /// Where reading begins.
        offset: u64,
        /// The most bytes to read.
        len: usize,
    },
    /// Cuts a file off, or extends it with zeros, to this many bytes.
    SetLen {
        /// The file.
        file: FileId,
        /// Its size afterwards, in bytes.
        size: u64,
    },
    /// Waits until contents and size of a file are on the disk (`fsync`). A file whose sync
    /// failed must not be trusted any more.
    Sync(FileId),
    /// Takes an exclusive advisory lock that ends with [`FileOp::Close`] or the process.
    Lock(FileId),
    /// Closes a file.
    Close(FileId),
    /// Creates a directory, and its parents; an existing one is no error.
    CreateDir(String),
    /// Waits until the entries of a directory are on the disk: names that were created, renamed or
    /// removed in it survive a crash only after this.
    SyncDir(String),
    /// Gives a file another name, replacing what has that name.
    Rename {
        /// The name it has.
        from: String,
        /// The name it gets.
        to: String,
    },
    /// Gives a file a further name, which must be free; both then name the same contents.
    Link {
        /// A name it has.
        from: String,
        /// The name it gets besides.
        to: String,
    },
    /// Removes a file.
    Remove(String),
    /// Lists a directory; answered by [`FileReply::Entries`].
    List(String),
    /// Replaces a file's contents in one step: temporary file, sync, rename, sync of the directory.
    /// After a crash at any moment the path names the whole old or the whole new contents.
    Replace {
        /// The file.
        path: String,
        /// The new contents.
        contents: Vec<u8>,
    },
    /// Changes the working directory of the process.
    ChangeDir(String),
}

/// The answer to an operation that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileReply {
    /// Nothing to add.
    Done,
    /// A file is open.
    Opened {
        /// Its size in bytes.
        size: u64,
    },
    /// Bytes that were read.
    Bytes(Vec<u8>),
    /// The entries of a directory, sorted by name.
    Entries(Vec<Entry>),
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without the directory; names that are not UTF-8 are left out.
    pub name: String,
    /// The size in bytes; 0 for a directory.
    pub size: u64,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// Carries out file operations, at once.
pub trait Disk {
    /// Performs one operation.
    ///
    /// # Errors
    /// The operating system's refusal, or that the file is not open. A [`FileOp::Write`] that fails
    /// may have written a part.
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure>;
}
