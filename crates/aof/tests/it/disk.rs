//! A disk that can crash: what is synced survives, the rest may or may not.
//!
//! Always true: entries of a directory and contents of files are safe only when each was synced.

use std::collections::BTreeMap;

use russet_aof::plan::{Directory, Found, LoadError, LoadPlan, Step, load};
use russet_aof::{FileName, Layout};

#[derive(Clone, Default)]
struct File {
    live: Vec<u8>,
    synced: Vec<u8>,
}

/// Whether an entry is in the directory above, and its name.
type Key = (bool, String);

/// The new value of an entry; `None` removes it.
type Entry = (Key, Option<usize>);

/// The append-only directory and the one above.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    live: BTreeMap<Key, usize>,
    synced: BTreeMap<Key, usize>,
    /// The changes since then, one rename or other operation after the other.
    pending: Vec<Vec<Entry>>,
    has_dir: bool,
    is_dir_synced: bool,
}

impl Disk {
    pub(crate) fn perform(&mut self, step: &Step) {
        let inside = |name: &FileName| (false, name.as_str().to_owned());
        match step {
            Step::CreateDir => self.has_dir = true,
            Step::SyncParent => {
                self.is_dir_synced = self.has_dir;
                self.sync_entries(true);
            }
            Step::SyncDir => self.sync_entries(false),
            Step::Create(name) => self.write(inside(name), Vec::new()),
            Step::Touch(name) if self.has(name) => {}
            Step::Touch(name) => self.write(inside(name), Vec::new()),
            Step::Write { name, bytes } => self.write(inside(name), bytes.clone()),
            Step::Sync(name) => {
                let file = &mut self.files[self.live[&inside(name)]];
                file.synced = file.live.clone();
            }
            Step::Rename { from, to } => {
                let file = self.live[&inside(from)];
                self.set(vec![(inside(to), Some(file)), (inside(from), None)]);
            }
            Step::Adopt(name) => {
                let above = (true, name.as_str().to_owned());
                let file = self.live[&above];
                self.set(vec![(inside(name), Some(file)), (above, None)]);
            }
            Step::Remove(name) => self.set(vec![(inside(name), None)]),
            Step::CopyTail { from, at, to } => {
                let bytes = self.read(from)[*at as usize..].to_vec();
                self.write(inside(to), bytes);
            }
            Step::Cut { name, size } => {
                let file = self.live[&inside(name)];
                self.files[file].live.truncate(*size as usize);
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn has(&self, name: &FileName) -> bool {
        self.live.contains_key(&(false, name.as_str().to_owned()))
    }

    pub(crate) fn append(&mut self, name: &FileName, bytes: &[u8]) {
        let file = self.live[&(false, name.as_str().to_owned())];
        self.files[file].live.extend_from_slice(bytes);
    }

    /// A file in the directory above, on the disk.
    pub(crate) fn put_above(&mut self, name: &FileName, bytes: &[u8]) {
        self.write((true, name.as_str().to_owned()), bytes.to_vec());
        self.sync_entries(true);
        self.files
            .iter_mut()
            .for_each(|file| file.synced = file.live.clone());
    }

    pub(crate) fn read(&self, name: &FileName) -> &[u8] {
        &self.files[self.live[&(false, name.as_str().to_owned())]].live
    }

    /// The disk after a crash: of the changes that were not synced, those that `chance` takes.
    pub(crate) fn crash(&self, mut chance: impl FnMut() -> bool) -> Self {
        let mut left = self.clone();
        left.live = self.synced.clone();
        for operation in &self.pending {
            if chance() {
                operation
                    .iter()
                    .for_each(|entry| set(&mut left.live, entry));
            }
        }
        if !(self.is_dir_synced || self.has_dir && chance()) {
            left.has_dir = false;
            left.live.retain(|(is_above, _), _| *is_above);
        }
        for file in &mut left.files {
            if !chance() {
                file.live = file.synced.clone();
            }
            file.synced = file.live.clone();
        }
        left.synced = left.live.clone();
        left.pending.clear();
        left.is_dir_synced = left.has_dir;
        left
    }

    pub(crate) fn load(&self, layout: &Layout) -> Result<LoadPlan, LoadError> {
        let size = |file: &usize| self.files[*file].live.len() as u64;
        let files: Vec<Found> = self
            .live
            .iter()
            .filter(|((is_above, _), _)| !is_above)
            .map(|((_, name), file)| Found {
                name: name.clone(),
                size: size(file),
            })
            .collect();
        let manifest = (false, layout.manifest().as_str().to_owned());
        let manifest = self.live.get(&manifest);
        let old_file = (true, layout.stem().as_str().to_owned());
        let directory = Directory {
            files: &files,
            manifest: manifest.map(|file| &self.files[*file].live[..]),
            old_file: self.live.get(&old_file).map(size),
        };
        load(layout, &directory)
    }

    fn write(&mut self, key: Key, bytes: Vec<u8>) {
        assert!(key.0 || self.has_dir, "the directory is there");
        if let Some(file) = self.live.get(&key) {
            self.files[*file].live = bytes;
            return;
        }
        self.files.push(File {
            live: bytes,
            synced: Vec::new(),
        });
        self.set(vec![(key, Some(self.files.len() - 1))]);
    }

    fn set(&mut self, operation: Vec<Entry>) {
        operation
            .iter()
            .for_each(|entry| set(&mut self.live, entry));
        self.pending.push(operation);
    }

    /// Half of a move between directories is then safe, the other half may not be.
    fn sync_entries(&mut self, above: bool) {
        for operation in &mut self.pending {
            operation.retain(|((is_above, _), _)| *is_above != above);
        }
        self.synced.retain(|(is_above, _), _| *is_above != above);
        let now = self.live.iter();
        let now = now.filter(|((is_above, _), _)| *is_above == above);
        self.synced
            .extend(now.map(|(key, file)| (key.clone(), *file)));
    }
}

fn set(entries: &mut BTreeMap<Key, usize>, (key, file): &Entry) {
    match file {
        Some(file) => entries.insert(key.clone(), *file),
        None => entries.remove(key),
    };
}
