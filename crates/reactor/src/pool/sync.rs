//! The only place that waits for the disk.
//!
//! Always true: what was written to a file before the call survives a power cut after it.
//! Not here: which thread calls — `pool.rs`.

use std::fs::File;
use std::io;
use std::path::Path;

/// Waits until the contents and the size of a file are on the disk.
pub(super) fn contents(file: &File) -> io::Result<()> {
    #[cfg(test)]
    witness::note(file);
    file.sync_data()
}

/// Waits until the entries of a directory are on the disk.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    let folder = File::open(path)?;
    #[cfg(test)]
    witness::note(&folder);
    folder.sync_all()
}

/// A list of the threads that waited, for tests.
#[cfg(test)]
pub(crate) mod witness {
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;
    use std::thread::{self, ThreadId};

    static SEEN: Mutex<Vec<(PathBuf, ThreadId)>> = Mutex::new(Vec::new());

    pub(super) fn note(file: &File) {
        let link = format!("/proc/self/fd/{}", file.as_raw_fd());
        let path = std::fs::read_link(link).unwrap();
        SEEN.lock().unwrap().push((path, thread::current().id()));
    }

    /// The threads that waited for a directory or a file in it, and for which of them.
    pub(crate) fn threads(folder: &Path) -> Vec<(PathBuf, ThreadId)> {
        let folder = folder.canonicalize().unwrap();
        let seen = SEEN.lock().unwrap();
        let within = seen.iter().filter(|(path, _)| path.starts_with(&folder));
        within.cloned().collect()
    }
}
