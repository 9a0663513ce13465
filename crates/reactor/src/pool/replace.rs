//! Replacing the contents of a file as a whole.
//!
//! ```text
//! create temporary file ─► write ─► fsync it ─► rename over the old one ─► fsync the folder
//!         └───────────── a failure before the rename removes it ────────────┘
//! ```
//! Always true: at every moment, also after a crash, the path names the whole old contents or the
//! whole new ones. `Ok` means that the new ones are on the disk.
//! Not here: waiting for the disk — `sync.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::{self, fs::MetadataExt};
use std::path::{Path, PathBuf};

use super::sync;

/// Replaces a file's contents in one step. Its permissions stay, and its owner and group as far as
/// the process may set them; a new file gets the permissions that the umask leaves.
pub(super) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    // A symbolic link stays one: the file that it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (mut file, temporary) = create_beside(&target, folder)?;
    let written = fill(&mut file, &target, contents).and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = written {
        // The first error is the one to report; the leftover is harmless.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync::folder(folder)
}

fn fill(file: &mut File, target: &Path, contents: &[u8]) -> io::Result<()> {
    if let Ok(old) = fs::metadata(target) {
        // Whoever may not give files away, writes one of its own.
        let _ = unix::fs::fchown(&*file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.write_all(contents)?;
    sync::contents(file)
}

/// Creates a file that was not there, in the folder of the target: a rename must not cross disks.
fn create_beside(target: &Path, folder: &Path) -> io::Result<(File, PathBuf)> {
    let Some(name) = target.file_name() else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let mut attempt = 0_u32;
    loop {
        let mut temporary = name.to_owned();
        temporary.push(format!("-{}-{attempt}.tmp", std::process::id()));
        let temporary = folder.join(temporary);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1_000 => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_then_replaced_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("russet.conf");
        replace(&path, b"first").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        replace(&path, b"second, longer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second, longer");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(names(folder.path()), ["russet.conf"]);
    }

    #[test]
    fn the_owner_and_the_group_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("russet.conf");
        fs::write(&path, b"first").unwrap();
        // Only the superuser may give a file away.
        let _ = unix::fs::chown(&path, Some(12_345), Some(54_321));
        let owner = || {
            fs::metadata(&path)
                .map(|old| (old.uid(), old.gid()))
                .unwrap()
        };
        let before = owner();
        replace(&path, b"second").unwrap();
        assert_eq!(owner(), before);
    }

    #[test]
    fn a_folder_in_the_way_fails_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"x").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = replace(&folder.path().join("no/such"), b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_link_keeps_pointing_at_the_file_that_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, b"old").unwrap();
        unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(
            fs::symlink_metadata(&link)
                .unwrap()
                .file_type()
                .is_symlink()
        );
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }
}
