//! The task that writes a snapshot as commands: the base of an append-only file with
//! `aof-use-rdb-preamble no`.
//!
//! ```text
//!  Snapshot ─► Walk ─ key by key ─► Commands ─ 64 KiB ─► check line, commands ─► temporary file
//! ```
//! Always true: a collection of any size is written without being held in memory as a whole.
//! Not here: who asks for it and what follows — `rewriting.rs`; a base as RDB — `dump.rs`

use std::sync::atomic::Ordering;

use bytes::Bytes;
use russet_aof::{GroupWriter, Timestamps};
use russet_engine::{Snapshot, Walk};
use russet_io::{Disk, Failure, Step, Task};

use super::commit::NewFile;
use super::dump::{DumpPlan, Dumped};
use super::translate::Commands;

/// The size of a group of commands, in bytes; one is larger if a command is.
const GROUP_SIZE: usize = 64 << 10;

/// Writes a snapshot to a file as commands.
pub(crate) struct CommandBase {
    plan: DumpPlan,
    walk: Walk,
    /// The database of the last key.
    db: Option<usize>,
    keys: u64,
    /// The check lines, if the file is to have them.
    group: Option<GroupWriter>,
    /// Whether it begins with a timestamp.
    is_stamped: bool,
    /// Commands that are not in the file yet.
    bytes: Vec<u8>,
    file: Option<NewFile>,
}

impl CommandBase {
    /// A task for this snapshot.
    pub(crate) fn new(
        snapshot: Snapshot,
        plan: DumpPlan,
        group: Option<GroupWriter>,
        is_stamped: bool,
    ) -> Self {
        Self {
            plan,
            walk: snapshot.into_walk(),
            db: None,
            keys: 0,
            group,
            is_stamped,
            bytes: Vec::new(),
            file: None,
        }
    }

    /// Writes some keys; true when there are more.
    fn write_some(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        if self.file.is_none() {
            let file = NewFile::create(disk, self.plan.file, self.plan.temp.clone())?;
            self.file = Some(file);
            if self.is_stamped
                && let Some(stamp) = Timestamps::default().next(self.plan.written_at)
            {
                self.bytes.extend_from_slice(stamp.as_bytes());
            }
        }
        for _ in 0..self.plan.keys_per_step() {
            if !self.write_key(disk)? {
                self.flush(disk, 1)?;
                return Ok(false);
            }
        }
        self.plan.progress.store(self.keys, Ordering::Relaxed);
        Ok(true)
    }

    fn write_key(&mut self, disk: &mut dyn Disk) -> Result<bool, Failure> {
        let Some(item) = self.walk.next() else {
            return Ok(false);
        };
        let (group, file) = (&mut self.group, &mut self.file);
        let mut take = |bytes: &mut Vec<u8>| put(disk, file, group, bytes, GROUP_SIZE);
        let mut commands = Commands::new(&mut self.bytes, &mut take);
        if self.db != Some(item.db) {
            self.db = Some(item.db);
            commands.add(&[b"SELECT", item.db.to_string().as_bytes()]);
        }
        commands.add_key(item.key, &item.value);
        commands.end()?;
        self.keys += 1;
        Ok(true)
    }

    /// Writes the commands that are there, if they have at least this size.
    fn flush(&mut self, disk: &mut dyn Disk, least: usize) -> Result<(), Failure> {
        put(
            disk,
            &mut self.file,
            &mut self.group,
            &mut self.bytes,
            least,
        )
    }

    fn finish(&mut self, disk: &mut dyn Disk) -> Result<Option<Dumped>, Failure> {
        let Some(file) = self.file.take() else {
            return Ok(None);
        };
        let (size, keys) = (file.size(), self.keys);
        let _on_the_disk = file.sync(disk)?;
        Ok(Some(Dumped { size, keys }))
    }
}

/// Appends commands to a file with their check line, if they have at least this size.
fn put(
    disk: &mut dyn Disk,
    file: &mut Option<NewFile>,
    group: &mut Option<GroupWriter>,
    bytes: &mut Vec<u8>,
    least: usize,
) -> Result<(), Failure> {
    let Some(file) = file.as_mut().filter(|_| bytes.len() >= least) else {
        return Ok(());
    };
    if let Some(group) = group {
        group.cover(bytes);
        let line = group.line();
        file.append(disk, Bytes::copy_from_slice(line.as_bytes()))?;
    }
    file.append(disk, Bytes::from(std::mem::take(bytes)))
}

impl Task for CommandBase {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match self.write_some(disk) {
            Ok(true) => self.plan.more(),
            Ok(false) => match self.finish(disk) {
                Ok(Some(dumped)) => Step::Finished(Box::new(dumped)),
                Ok(None) => Step::More,
                Err(failure) => Step::Failed(failure),
            },
            Err(failure) => {
                self.cancel(disk);
                Step::Failed(failure)
            }
        }
    }

    fn cancel(&mut self, disk: &mut dyn Disk) {
        if let Some(file) = self.file.take() {
            file.abandon(disk);
        }
    }
}
