//! Tasks that carry out the plans of an append-only file on a disk.
//!
//! ```text
//!  Steps   one step of a plan a step of the task ─► open the increment to write to
//!  Cut     scan the tail ─┬─ it had been on the disk ─► refused
//!                         └─ torn ─► kept aside, cut
//! ```
//! Always true: a step begins when the one before has succeeded.
//! Not here: which steps — `russet_aof::plan`; the first look at a start — `survey.rs`; what
//! follows — `rewriting.rs`, `replay.rs`

use std::io::ErrorKind;

use bytes::Bytes;
use russet_aof::plan::{self, TailScan};
use russet_aof::{FileName, Layout};
use russet_io::{Disk, Failure, FileId, FileOp, FileReply, OpenHow, Step, Task};

/// The bytes that are read or copied at a time.
pub(super) const PIECE_SIZE: usize = 256 << 10;

/// The directory of an append-only file, and numbers for files in it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The names of the files.
    pub layout: Layout,
    /// The directory.
    pub dir: String,
    /// The first of [`FILES_PER_TASK`] numbers that nobody else uses.
    pub files: FileId,
}

/// The numbers of files that a task may need.
pub(crate) const FILES_PER_TASK: u64 = 32;

impl Place {
    pub(super) fn path(&self, name: &FileName) -> String {
        format!("{}/{}", self.dir, name.as_str())
    }

    fn file(&mut self) -> FileId {
        let file = self.files;
        self.files = FileId(file.0 + 1);
        file
    }

    pub(super) fn read_all(
        &mut self,
        disk: &mut dyn Disk,
        path: String,
    ) -> Result<Vec<u8>, Failure> {
        let file = self.open(disk, path, OpenHow::Read)?;
        let mut bytes = Vec::new();
        loop {
            let read = FileOp::Read {
                file,
                offset: bytes.len() as u64,
                len: PIECE_SIZE,
            };
            let piece = bytes_of(disk.perform(read)?);
            if piece.is_empty() {
                break;
            }
            bytes.extend_from_slice(&piece);
        }
        disk.perform(FileOp::Close(file))?;
        Ok(bytes)
    }

    pub(super) fn open(
        &mut self,
        disk: &mut dyn Disk,
        path: String,
        how: OpenHow,
    ) -> Result<FileId, Failure> {
        let file = self.file();
        disk.perform(FileOp::Open { file, path, how })?;
        Ok(file)
    }

    pub(super) fn perform(
        &mut self,
        disk: &mut dyn Disk,
        step: &plan::Step,
    ) -> Result<(), Failure> {
        match step {
            plan::Step::CreateDir => disk.perform(FileOp::CreateDir(self.dir.clone())).map(drop),
            plan::Step::SyncParent => disk.perform(FileOp::SyncDir(".".to_owned())).map(drop),
            plan::Step::SyncDir => disk.perform(FileOp::SyncDir(self.dir.clone())).map(drop),
            plan::Step::Create(name) => self.write(disk, name, Vec::new()),
            plan::Step::Touch(name) => {
                let file = self.open(disk, self.path(name), OpenHow::Append)?;
                disk.perform(FileOp::Close(file)).map(drop)
            }
            plan::Step::Write { name, bytes } => self.write(disk, name, bytes.clone()),
            plan::Step::Sync(name) => {
                let file = self.open(disk, self.path(name), OpenHow::Append)?;
                let synced = disk.perform(FileOp::Sync(file));
                disk.perform(FileOp::Close(file))?;
                synced.map(drop)
            }
            plan::Step::Rename { from, to } => {
                let (from, to) = (self.path(from), self.path(to));
                disk.perform(FileOp::Rename { from, to }).map(drop)
            }
            plan::Step::Adopt(name) => {
                let (from, to) = (name.as_str().to_owned(), self.path(name));
                disk.perform(FileOp::Rename { from, to }).map(drop)
            }
            plan::Step::Remove(name) => match disk.perform(FileOp::Remove(self.path(name))) {
                Err(failure) if failure.kind == ErrorKind::NotFound => Ok(()),
                removed => removed.map(drop),
            },
            plan::Step::CopyTail { from, at, to } => self.copy_tail(disk, (from, *at), to),
            plan::Step::Cut { name, size } => {
                let file = self.open(disk, self.path(name), OpenHow::Append)?;
                let size = *size;
                let cut = disk.perform(FileOp::SetLen { file, size });
                disk.perform(FileOp::Close(file))?;
                cut.map(drop)
            }
            other => Err(Failure::new(
                ErrorKind::InvalidData,
                format!("the step {other:?} is not known"),
            )),
        }
    }

    fn write(
        &mut self,
        disk: &mut dyn Disk,
        name: &FileName,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        // A new file: the one of this name may be open, or have failed a sync.
        self.perform(disk, &plan::Step::Remove(name.clone()))?;
        let file = self.open(disk, self.path(name), OpenHow::CreateNew)?;
        let written = match bytes.is_empty() {
            true => Ok(FileReply::Done),
            false => disk.perform(FileOp::Write {
                file,
                offset: 0,
                bytes: bytes.into(),
            }),
        };
        disk.perform(FileOp::Close(file))?;
        written.map(drop)
    }

    fn copy_tail(
        &mut self,
        disk: &mut dyn Disk,
        (from, at): (&FileName, u64),
        to: &FileName,
    ) -> Result<(), Failure> {
        let source = self.open(disk, self.path(from), OpenHow::Read)?;
        let target = self.open(disk, self.path(to), OpenHow::Truncate)?;
        let mut copied = 0;
        loop {
            let read = FileOp::Read {
                file: source,
                offset: at + copied,
                len: PIECE_SIZE,
            };
            let piece = bytes_of(disk.perform(read)?);
            if piece.is_empty() {
                break;
            }
            let len = piece.len() as u64;
            disk.perform(FileOp::Write {
                file: target,
                offset: copied,
                bytes: Bytes::from(piece),
            })?;
            copied += len;
        }
        disk.perform(FileOp::Close(source))?;
        disk.perform(FileOp::Close(target)).map(drop)
    }
}

/// Carries out steps, then opens a file for appending if one is named.
pub(crate) struct Steps {
    place: Place,
    steps: std::vec::IntoIter<plan::Step>,
    open: Option<(FileId, FileName)>,
}

/// The size of the file that was opened for appending, in bytes; 0 without one.
pub(crate) struct Carried(pub u64);

impl Steps {
    pub(crate) fn new(
        place: Place,
        steps: Vec<plan::Step>,
        open: Option<(FileId, FileName)>,
    ) -> Self {
        Self {
            place,
            steps: steps.into_iter(),
            open,
        }
    }
}

impl Task for Steps {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        if let Some(step) = self.steps.next() {
            return match self.place.perform(disk, &step) {
                Ok(()) => Step::More,
                Err(failure) => Step::Failed(failure),
            };
        }
        let Some((file, name)) = self.open.take() else {
            return Step::Finished(Box::new(Carried(0)));
        };
        let path = self.place.path(&name);
        let how = OpenHow::Append;
        match disk.perform(FileOp::Open { file, path, how }) {
            Ok(FileReply::Opened { size }) => Step::Finished(Box::new(Carried(size))),
            Ok(_) => Step::Finished(Box::new(Carried(0))),
            Err(failure) => Step::Failed(failure),
        }
    }
}

/// Cuts the last file at the end of its last whole group, unless its tail has decayed.
pub(crate) struct Cut {
    pub place: Place,
    pub name: FileName,
    /// The end of the last whole group.
    pub whole: u64,
    pub unix_secs: i64,
    /// The number of the file, if its units are checked.
    pub seq: Option<i64>,
    /// Whether the file is left as it is: it is not the server's.
    pub only_looks: bool,
}

impl Cut {
    /// Gives the name of the file that has what was cut off.
    fn cut(&mut self, disk: &mut dyn Disk) -> Result<Option<FileName>, Failure> {
        if let Some(seq) = self.seq {
            let mut scan = TailScan::new(seq, self.whole);
            let path = self.place.path(&self.name);
            let file = self.place.open(disk, path, OpenHow::Read)?;
            let mut offset = self.whole;
            loop {
                let len = PIECE_SIZE;
                let piece = bytes_of(disk.perform(FileOp::Read { file, offset, len })?);
                if piece.is_empty() {
                    break;
                }
                scan.feed(&piece);
                offset += piece.len() as u64;
            }
            disk.perform(FileOp::Close(file))?;
            if scan.has_decayed() {
                return Err(Failure::new(
                    ErrorKind::InvalidData,
                    format!(
                        "the file is damaged at offset {}, but had been on the disk up to offset {}",
                        self.whole,
                        scan.synced()
                    ),
                ));
            }
        }
        if self.only_looks {
            return Ok(None);
        }
        let plan = plan::cut(&self.name, self.whole, self.unix_secs);
        for step in &plan.steps {
            self.place.perform(disk, step)?;
        }
        Ok(Some(plan.aside))
    }
}

impl Task for Cut {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match self.cut(disk) {
            Ok(aside) => Step::Finished(Box::new(aside)),
            Err(failure) => Step::Failed(failure),
        }
    }
}

fn bytes_of(reply: FileReply) -> Vec<u8> {
    match reply {
        FileReply::Bytes(bytes) => bytes,
        _ => Vec::new(),
    }
}
