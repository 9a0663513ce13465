//! The task that writes a snapshot as an RDB file.
//!
//! ```text
//!  Snapshot ─► Walk ─ key by key ─► FileWriter ─ 64 KiB ─► temporary file ─► commit
//! ```
//! Always true: a value of any size is written without being held in memory as a whole.
//! Always true: the file has its name only when all of it is on the disk.
//! Not here: who asks for it and what follows — `saves.rs`

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use russet_engine::{AccessPolicy, Snapshot, Walk, WalkItem};
use russet_io::{Disk, Failure, FileId, Step, Task};
use russet_rdb::file::{FileFacts, FileWriter, Key, WriteError};
use russet_rdb::{Sink, Version};

use super::commit::NewFile;
use super::translate;
use crate::environment::REDIS_VERSION;

/// Keys that are written in one step of a task.
const KEYS_PER_STEP: usize = 4096;

/// The version of files that hold nothing newer. Values raise it, so that a file has the oldest
/// version that holds all of it, and servers of its time can read it.
const OLDEST: Version = Version::REDIS_7_0;

/// Where a dump goes, and how it is written.
#[derive(Debug, Clone)]
pub(crate) struct DumpPlan {
    /// The number under which the file is opened.
    pub file: FileId,
    /// The name until it is complete.
    pub temp: String,
    /// The name that it gets; `None` leaves it under the temporary name, on the disk.
    pub target: Option<String>,
    /// Whether strings are compressed (`rdbcompression`).
    pub compresses: bool,
    /// Whether it ends with a checksum (`rdbchecksum`).
    pub has_checksum: bool,
    /// Whether it is the base of an append-only file.
    pub is_aof_base: bool,
    /// The access clocks that are written; `None` writes none.
    pub access: Option<AccessPolicy>,
    /// The Unix time in seconds.
    pub written_at: i64,
    /// The memory in use, in bytes.
    pub memory: u64,
    /// A pause after each key, in microseconds (`rdb-key-save-delay`); negative: one microsecond
    /// after that number of keys.
    pub delay_us: i64,
    /// The number of keys that are written, for whoever shows progress.
    pub progress: Arc<AtomicU64>,
}

impl DumpPlan {
    /// The number of keys that one step of a task writes.
    pub(crate) fn keys_per_step(&self) -> usize {
        match self.delay_us {
            0 => KEYS_PER_STEP,
            1.. => 1,
            keys => usize::try_from(keys.unsigned_abs()).unwrap_or(KEYS_PER_STEP),
        }
    }

    /// The end of a step that others follow.
    pub(crate) fn more(&self) -> Step {
        match self.delay_us {
            0 => Step::More,
            delay_us => Step::Pause(u64::try_from(delay_us).unwrap_or(1)),
        }
    }
}

/// The result of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dumped {
    /// The size of the file in bytes.
    pub size: u64,
    /// The number of keys.
    pub keys: u64,
}

/// Writes a snapshot to a file.
pub(crate) struct Dump {
    plan: DumpPlan,
    /// The databases that have keys: index, number of keys, and of those with deadlines.
    databases: Vec<(usize, usize, usize)>,
    walk: Walk,
    /// The database of the last key.
    db: Option<usize>,
    keys: u64,
    /// Libraries of functions.
    functions: Vec<Bytes>,
    open: Option<(FileWriter<Lent>, NewFile)>,
}

/// The place of a sink that has been handed back.
struct Lent;

/// Where the bytes of a file go during a step.
struct ToDisk<'d> {
    disk: &'d mut dyn Disk,
    file: &'d mut NewFile,
}

impl Sink for ToDisk<'_> {
    type Error = Failure;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.append(self.disk, Bytes::copy_from_slice(bytes))
    }
}

impl Dump {
    /// A task for this snapshot, with these libraries of functions.
    pub(crate) fn new(snapshot: Snapshot, plan: DumpPlan, functions: Vec<Bytes>) -> Self {
        Self {
            functions,
            plan,
            databases: snapshot.databases().collect(),
            walk: snapshot.into_walk(),
            db: None,
            keys: 0,
            open: None,
        }
    }

    fn begin(&self, disk: &mut dyn Disk) -> Result<(FileWriter<Lent>, NewFile), Failure> {
        let mut file = NewFile::create(disk, self.plan.file, self.plan.temp.clone())?;
        let Ok(writer) = FileWriter::begin(Vec::new(), OLDEST);
        let mut writer = writer
            .raising_to(Version::REDIS_NEWEST)
            .with_checksum(self.plan.has_checksum)
            .compressing(self.plan.compresses);
        let facts = FileFacts {
            server_version: REDIS_VERSION,
            written_at: self.plan.written_at,
            memory: self.plan.memory,
            is_aof_base: self.plan.is_aof_base,
        };
        let Ok(()): Result<(), Infallible> = writer.facts(&facts);
        for source in &self.functions {
            let Ok(()): Result<(), Infallible> = writer.function(source);
        }
        let (writer, bytes) = writer.replace_sink(Lent);
        file.append(disk, bytes.into())?;
        Ok((writer, file))
    }

    /// Writes some keys; true when there are more.
    fn write_some(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        let (writer, mut file) = match self.open.take() {
            Some(open) => open,
            None => self.begin(disk)?,
        };
        let to_disk = ToDisk {
            disk,
            file: &mut file,
        };
        let (mut writer, Lent) = writer.replace_sink(to_disk);
        let written = self.write_keys(&mut writer);
        let (writer, _) = writer.replace_sink(Lent);
        self.open = Some((writer, file));
        written
    }

    fn write_keys(&mut self, writer: &mut FileWriter<ToDisk<'_>>) -> Result<bool, Failure> {
        for _ in 0..self.plan.keys_per_step() {
            let Some(item) = self.walk.next() else {
                return Ok(false);
            };
            if self.db != Some(item.db) {
                self.db = Some(item.db);
                writer.select_db(item.db as u64)?;
                let found = self.databases.iter().find(|(db, ..)| *db == item.db);
                if let Some(&(_, keys, deadlines)) = found {
                    writer.resize_db(keys as u64, deadlines as u64)?;
                }
            }
            write_key(writer, &item, &self.plan)?;
            self.keys += 1;
        }
        self.plan.progress.store(self.keys, Ordering::Relaxed);
        Ok(true)
    }

    fn finish(&mut self, disk: &mut dyn Disk) -> Result<Dumped, Failure> {
        let Some((writer, mut file)) = self.open.take() else {
            return Err(Failure::new(
                ErrorKind::InvalidData,
                "the dump was not begun",
            ));
        };
        let to_disk = ToDisk {
            disk,
            file: &mut file,
        };
        let finished = writer.replace_sink(to_disk).0.finish_raised(OLDEST);
        let header = match finished {
            Ok((_, header)) => header,
            Err(failure) => {
                file.abandon(disk);
                return Err(failure);
            }
        };
        if let Err(failure) = file.replace_front(disk, Bytes::copy_from_slice(&header)) {
            file.abandon(disk);
            return Err(failure);
        }
        let size = file.size();
        let synced = file.sync(disk)?;
        if let Some(target) = &self.plan.target {
            synced.rename(disk, target)?.publish(disk)?;
        }
        Ok(Dumped {
            size,
            keys: self.keys,
        })
    }
}

impl Task for Dump {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let written = self.write_some(disk);
        match written {
            Ok(true) => self.plan.more(),
            Ok(false) => match self.finish(disk) {
                Ok(dumped) => Step::Finished(Box::new(dumped)),
                Err(failure) => Step::Failed(failure),
            },
            Err(failure) => {
                self.cancel(disk);
                Step::Failed(failure)
            }
        }
    }

    fn cancel(&mut self, disk: &mut dyn Disk) {
        if let Some((_, file)) = self.open.take() {
            file.abandon(disk);
        }
    }
}

fn write_key(
    writer: &mut FileWriter<ToDisk<'_>>,
    item: &WalkItem<'_>,
    plan: &DumpPlan,
) -> Result<(), Failure> {
    let mut key = Key::from(item.key);
    key.deadline = item.value.deadline();
    match plan.access {
        None => {}
        Some(AccessPolicy::Lru | AccessPolicy::Lrm) => {
            key.idle_s = Some(item.value.access().idle_s)
        }
        Some(AccessPolicy::Lfu { .. }) => key.frequency = Some(item.value.access().frequency),
    }
    match translate::save(&item.value, writer.value(&key), plan.compresses) {
        Ok(_) => Ok(()),
        Err(WriteError::Sink(failure)) => Err(failure),
        Err(error @ WriteError::Unfit(..)) => {
            Err(Failure::new(ErrorKind::InvalidData, error.to_string()))
        }
    }
}
