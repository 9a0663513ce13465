//! Crashes: which of the changes that no sync covers are there afterwards.
//!
//! | model | contents | names |
//! |---|---|---|
//! | strict | those of the last sync | those of the last sync of the directory |
//! | journalled | in order; the end is missing or zero | in order, and all before any sync |
//! | torn | writes in order, the last one up to any byte | in order |
//! | reordered | any 512-byte sectors | any |
//!
//! Always true: what was synced, and what has not changed since, is there.
//! Not here: failing operations — crate `russet-sim`

use russet_base::Rng;

use super::{Inode, MemoryDisk, NameChange, Naming, parent};

/// The size of the smallest piece that a disk writes as a whole, in bytes.
const SECTOR_SIZE: usize = 512;

/// The treatment of changes that no sync covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashModel {
    /// They are lost.
    Strict,
    /// Names change in the order of the calls, as a file system with a journal keeps them; bytes
    /// at the end of a file are missing or zero.
    Journalled,
    /// They survive in order, up to any byte.
    Torn,
    /// Any of them survive: sectors of 512 bytes, and names.
    Reordered,
}

impl CrashModel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Strict, Self::Journalled, Self::Torn, Self::Reordered];
}

impl MemoryDisk {
    /// The process dies and the machine loses its memory: what is durable is all there is.
    pub fn crash(&mut self) {
        self.crash_with(&mut Rng::new(0), CrashModel::Strict);
    }

    /// The same; what was not synced survives as the model and chance decide.
    pub fn crash_with(&mut self, rng: &mut Rng, model: CrashModel) {
        self.open.clear();
        let unsynced = std::mem::take(&mut self.unsynced);
        let survives = surviving_names(&unsynced, rng, model);
        for (change, survives) in unsynced.into_iter().zip(survives) {
            if survives {
                self.keep(change.what);
            }
        }
        let dirs = &self.dirs_durable;
        self.names_durable
            .retain(|path, _| dirs.contains(parent(path)) || parent(path).is_empty());
        self.names.clone_from(&self.names_durable);
        self.dirs.clone_from(&self.dirs_durable);
        let named: std::collections::BTreeSet<u64> = self.names.values().copied().collect();
        self.inodes.retain(|number, _| named.contains(number));
        for inode in self.inodes.values_mut() {
            let contents = surviving_bytes(inode, rng, model);
            inode.live.clone_from(&contents);
            inode.durable = contents;
            inode.unsynced.clear();
            inode.is_lost = false;
        }
    }

    /// The process dies, and the machine does not: nothing of the files is lost. A file whose sync
    /// failed is still read back from memory, and still never durable.
    pub fn kill(&mut self) {
        self.open.clear();
    }

    /// A change of names is durable.
    fn keep(&mut self, what: Naming) {
        let names = &mut self.names_durable;
        match what {
            Naming::Link { path, inode } => {
                names.insert(path, inode);
            }
            Naming::Unlink(path) => {
                names.remove(&path);
            }
            Naming::Rename { from, to, inode } => {
                names.insert(to, inode);
                if names.get(&from) == Some(&inode) {
                    names.remove(&from);
                }
            }
            Naming::MakeDir(path) => {
                self.dirs_durable.insert(path);
            }
        }
    }
}

/// Which changes of names survive.
fn surviving_names(unsynced: &[NameChange], rng: &mut Rng, model: CrashModel) -> Vec<bool> {
    let upto = rng.index(unsynced.len() + 1);
    let mut survives = Vec::with_capacity(unsynced.len());
    for (place, change) in unsynced.iter().enumerate() {
        survives.push(match model {
            CrashModel::Strict => false,
            CrashModel::Journalled => change.is_journalled || place < upto,
            CrashModel::Torn => place < upto,
            CrashModel::Reordered => rng.below(2) == 0,
        });
    }
    survives
}

/// The contents that survive.
fn surviving_bytes(inode: &Inode, rng: &mut Rng, model: CrashModel) -> Vec<u8> {
    let durable = &inode.durable;
    if model == CrashModel::Strict || inode.unsynced.is_empty() {
        return durable.clone();
    }
    match model {
        CrashModel::Strict => durable.clone(),
        CrashModel::Journalled => {
            let mut contents = some_changes(inode, rng);
            let synced = durable.len().min(contents.len());
            let lost = synced + rng.index(contents.len() - synced + 1);
            match rng.below(2) {
                0 => contents.truncate(lost),
                _ => contents[lost..].fill(0),
            }
            contents
        }
        CrashModel::Torn => some_changes(inode, rng),
        CrashModel::Reordered => {
            let sizes = [durable.len(), inode.live.len()];
            let (least, most) = (sizes[0].min(sizes[1]), sizes[0].max(sizes[1]));
            let mut contents = vec![0; least + rng.index(most - least + 1)];
            let size = contents.len();
            for start in (0..size).step_by(SECTOR_SIZE) {
                let source = match rng.below(2) {
                    0 => durable,
                    _ => &inode.live,
                };
                let end = size.min(start + SECTOR_SIZE).min(source.len());
                if start < end {
                    contents[start..end].copy_from_slice(&source[start..end]);
                }
            }
            contents
        }
    }
}

/// The durable contents with some of the changes, the last of them up to any byte.
fn some_changes(inode: &Inode, rng: &mut Rng) -> Vec<u8> {
    let mut contents = inode.durable.clone();
    let count = rng.index(inode.unsynced.len() + 1);
    for change in &inode.unsynced[..count] {
        change.apply(&mut contents);
    }
    if let Some(super::Change::Write { offset, bytes }) = inode.unsynced.get(count) {
        let bytes = bytes.slice(..rng.index(bytes.len() + 1));
        let offset = *offset;
        super::Change::Write { offset, bytes }.apply(&mut contents);
    }
    contents
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use russet_base::Rng;

    use super::{CrashModel, SECTOR_SIZE};
    use crate::file::{Disk, FileId, FileOp, OpenHow};
    use crate::memory::MemoryDisk;

    const FILE: FileId = FileId(1);

    fn perform(disk: &mut MemoryDisk, op: FileOp) {
        disk.perform(op).unwrap();
    }

    fn open(disk: &mut MemoryDisk, path: &str) {
        let (path, how) = (path.to_owned(), OpenHow::Append);
        perform(
            disk,
            FileOp::Open {
                file: FILE,
                path,
                how,
            },
        );
    }

    fn write(disk: &mut MemoryDisk, offset: u64, bytes: &[u8]) {
        let op = FileOp::Write {
            file: FILE,
            offset,
            bytes: Bytes::copy_from_slice(bytes),
        };
        perform(disk, op);
    }

    /// A durable file with four bytes, and unsynced ones behind them.
    fn appended(bytes: &[&[u8]]) -> MemoryDisk {
        let mut disk = MemoryDisk::new("/d");
        open(&mut disk, "f");
        write(&mut disk, 0, b"safe");
        perform(&mut disk, FileOp::Sync(FILE));
        perform(&mut disk, FileOp::SyncDir("/d".to_owned()));
        let mut offset = 4;
        for bytes in bytes {
            write(&mut disk, offset, bytes);
            offset += bytes.len() as u64;
        }
        disk
    }

    fn outcomes(disk: &MemoryDisk, model: CrashModel) -> BTreeSet<Vec<u8>> {
        let outcome = |seed| {
            let mut disk = disk.clone();
            disk.crash_with(&mut Rng::new(seed), model);
            disk.live("f").unwrap().to_vec()
        };
        (0..300).map(outcome).collect()
    }

    #[test]
    fn a_strict_crash_leaves_what_was_synced() {
        let disk = appended(&[b"lost"]);
        let left = outcomes(&disk, CrashModel::Strict);
        assert_eq!(left, BTreeSet::from([b"safe".to_vec()]));
    }

    #[test]
    fn a_journalled_crash_leaves_appended_bytes_missing_or_zero() {
        let disk = appended(&[b"ab"]);
        let left = outcomes(&disk, CrashModel::Journalled);
        let expected = ["safe", "safea", "safeab", "safe\0", "safe\0\0", "safea\0"];
        let expected = expected.map(|text| text.as_bytes().to_vec());
        assert_eq!(left, BTreeSet::from(expected));
    }

    #[test]
    fn a_journalled_crash_keeps_names_in_order_and_all_before_a_sync() {
        let mut disk = MemoryDisk::new("/d");
        open(&mut disk, "a");
        perform(&mut disk, FileOp::Sync(FILE));
        let (from, to) = ("a".to_owned(), "b".to_owned());
        perform(&mut disk, FileOp::Rename { from, to });
        perform(&mut disk, FileOp::CreateDir("late".to_owned()));
        let mut seen = BTreeSet::new();
        for seed in 0..50 {
            let mut disk = disk.clone();
            disk.crash_with(&mut Rng::new(seed), CrashModel::Journalled);
            let is_late = disk.dirs.contains("/d/late");
            seen.insert((disk.live("a").is_some(), disk.live("b").is_some(), is_late));
        }
        let expected = [
            (true, false, false),
            (false, true, false),
            (false, true, true),
        ];
        assert_eq!(seen, BTreeSet::from(expected));
    }

    #[test]
    fn a_journalled_crash_may_end_anywhere_in_what_a_longer_file_gained() {
        let mut disk = appended(&[]);
        let (file, size) = (FILE, 6);
        perform(&mut disk, FileOp::SetLen { file, size });
        let left = outcomes(&disk, CrashModel::Journalled);
        let expected = ["safe", "safe\0", "safe\0\0"];
        let expected = expected.map(|text| text.as_bytes().to_vec());
        assert_eq!(left, BTreeSet::from(expected));
    }

    #[test]
    fn names_that_no_sync_covers_survive_in_order_or_not_at_all() {
        let mut disk = MemoryDisk::new("/d");
        for name in ["a", "b"] {
            open(&mut disk, name);
        }
        for model in [CrashModel::Journalled, CrashModel::Torn] {
            let mut seen = BTreeSet::new();
            for seed in 0..50 {
                let mut disk = disk.clone();
                disk.crash_with(&mut Rng::new(seed), model);
                seen.insert((disk.live("a").is_some(), disk.live("b").is_some()));
            }
            let expected = [(false, false), (true, false), (true, true)];
            assert_eq!(seen, BTreeSet::from(expected), "{model:?}");
        }
    }

    #[test]
    fn a_torn_crash_leaves_writes_in_order_up_to_any_byte() {
        let disk = appended(&[b"ab", b"cd"]);
        let left = outcomes(&disk, CrashModel::Torn);
        let expected = (4..=8).map(|size| b"safeabcd"[..size].to_vec());
        assert_eq!(left, expected.collect());
    }

    #[test]
    fn a_reordered_crash_leaves_any_sectors() {
        let disk = appended(&[&[b'x'; 2 * SECTOR_SIZE]]);
        let left = outcomes(&disk, CrashModel::Reordered);
        assert!(left.iter().all(|bytes| bytes.starts_with(b"safe")));
        let has_hole = |bytes: &Vec<u8>| {
            let hole = bytes.iter().position(|&byte| byte == 0);
            hole.is_some_and(|at| bytes[at..].contains(&b'x'))
        };
        assert!(left.iter().any(has_hole));
    }

    #[test]
    fn a_reordered_crash_leaves_any_names() {
        let mut disk = MemoryDisk::new("/d");
        for (number, name) in ["a", "b"].into_iter().enumerate() {
            let op = FileOp::Open {
                file: FileId(number as u64),
                path: name.to_owned(),
                how: OpenHow::CreateNew,
            };
            perform(&mut disk, op);
        }
        let mut seen = BTreeSet::new();
        for seed in 0..50 {
            let mut disk = disk.clone();
            disk.crash_with(&mut Rng::new(seed), CrashModel::Reordered);
            seen.insert((disk.live("a").is_some(), disk.live("b").is_some()));
        }
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn a_killed_process_loses_nothing_of_its_files() {
        let mut disk = appended(&[b"ab"]);
        disk.kill();
        assert_eq!(disk.live("f"), Some(&b"safeab"[..]));
        assert!(!disk.is_open(FILE));
        disk.crash();
        assert_eq!(disk.live("f"), Some(&b"safe"[..]));
    }
}
