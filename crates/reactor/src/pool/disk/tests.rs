//! Every operation on a real directory: what succeeds, and what fails how.

use super::*;

struct Folder {
    files: Files,
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self {
            files: Files::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    fn ok(&self, op: FileOp) -> FileReply {
        let text = format!("{op:?}");
        self.files
            .perform(op)
            .unwrap_or_else(|failure| panic!("{text}: {failure}"))
    }

    fn err(&self, op: FileOp) -> (ErrorKind, String) {
        let failure = self.files.perform(op).unwrap_err();
        (failure.kind, failure.text)
    }

    fn open(&self, number: u64, name: &str, how: OpenHow) -> FileOp {
        FileOp::Open {
            file: FileId(number),
            path: self.path(name),
            how,
        }
    }
}

fn write(number: u64, offset: u64, bytes: &'static [u8]) -> FileOp {
    FileOp::Write {
        file: FileId(number),
        offset,
        bytes: bytes.into(),
    }
}

fn read_all(number: u64, offset: u64, len: usize) -> FileOp {
    FileOp::Read {
        file: FileId(number),
        offset,
        len,
    }
}

fn entry(name: &str, size: u64, is_dir: bool) -> Entry {
    Entry {
        name: name.to_owned(),
        size,
        is_dir,
    }
}

#[test]
fn each_way_of_opening_does_what_it_says() {
    let disk = Folder::new();
    let missing = disk.err(disk.open(1, "a", OpenHow::Read));
    assert_eq!(missing.0, ErrorKind::NotFound);
    assert_eq!(missing.1, "No such file or directory");
    let opened = |size| FileReply::Opened { size };
    assert_eq!(disk.ok(disk.open(1, "a", OpenHow::CreateNew)), opened(0));
    disk.ok(write(1, 0, b"abc"));
    let there = disk.err(disk.open(2, "a", OpenHow::CreateNew));
    assert_eq!(there.0, ErrorKind::AlreadyExists);
    assert_eq!(disk.ok(disk.open(2, "a", OpenHow::Append)), opened(3));
    assert_eq!(disk.ok(disk.open(3, "a", OpenHow::Read)), opened(3));
    assert_eq!(disk.err(write(3, 0, b"x")).1, "Bad file descriptor");
    assert_eq!(disk.ok(disk.open(4, "b", OpenHow::Append)), opened(0));
    assert_eq!(disk.ok(disk.open(5, "a", OpenHow::Truncate)), opened(0));
    assert_eq!(fs::read(disk.path("a")).unwrap(), b"");
}

#[test]
fn a_number_names_one_file_until_it_is_closed() {
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    let twice = disk.err(disk.open(1, "b", OpenHow::Append));
    assert_eq!(twice.0, ErrorKind::AlreadyExists);
    assert!(!Path::new(&disk.path("b")).exists());
    assert_eq!(disk.ok(FileOp::Close(FileId(1))), FileReply::Done);
    let closed = [
        FileOp::Close(FileId(1)),
        FileOp::Sync(FileId(1)),
        FileOp::Lock(FileId(1)),
        FileOp::SetLen {
            file: FileId(1),
            size: 1,
        },
        write(1, 0, b"x"),
        read_all(1, 0, 1),
    ];
    for op in closed {
        let expect = (ErrorKind::InvalidInput, "Bad file descriptor".to_owned());
        assert_eq!(disk.err(op), expect);
    }
}

#[test]
fn bytes_are_where_they_were_written_and_a_read_ends_with_the_file() {
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    disk.ok(write(1, 2, b"cd"));
    disk.ok(write(1, 0, b"ab"));
    let cases = [
        (0, 4, &b"abcd"[..]),
        (1, 2, b"bc"),
        (3, 100, b"d"),
        (9, 1, b""),
    ];
    for (offset, len, expect) in cases {
        let bytes = FileReply::Bytes(expect.to_vec());
        assert_eq!(disk.ok(read_all(1, offset, len)), bytes);
    }
    // The size that is asked for is not what is allocated.
    let bytes = FileReply::Bytes(b"abcd".to_vec());
    assert_eq!(disk.ok(read_all(1, 0, usize::MAX)), bytes);
}

#[test]
fn a_file_is_cut_and_extended() {
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    disk.ok(write(1, 0, b"abcd"));
    let set_len = |size| FileOp::SetLen {
        file: FileId(1),
        size,
    };
    disk.ok(set_len(2));
    disk.ok(set_len(3));
    assert_eq!(fs::read(disk.path("a")).unwrap(), b"ab\0");
}

#[test]
fn a_sync_waits_for_the_file_that_it_names() {
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    disk.ok(FileOp::Sync(FileId(1)));
    disk.ok(FileOp::SyncDir(disk.path("")));
    let waited = sync::witness::threads(disk.folder.path());
    let paths: Vec<_> = waited.iter().map(|(path, _)| path).collect();
    let folder = disk.folder.path().canonicalize().unwrap();
    assert_eq!(paths, [&folder.join("a"), &folder]);
    let missing = disk.err(FileOp::SyncDir(disk.path("none")));
    assert_eq!(missing.0, ErrorKind::NotFound);
}

#[test]
fn a_lock_is_exclusive_until_the_file_is_closed() {
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    disk.ok(disk.open(2, "a", OpenHow::Read));
    disk.ok(FileOp::Lock(FileId(1)));
    let (kind, text) = disk.err(FileOp::Lock(FileId(2)));
    assert_eq!(kind, ErrorKind::WouldBlock);
    assert_eq!(text, "Resource temporarily unavailable");
    disk.ok(FileOp::Close(FileId(1)));
    disk.ok(FileOp::Lock(FileId(2)));
}

#[test]
fn directories_are_created_listed_and_refused_as_files() {
    let disk = Folder::new();
    disk.ok(FileOp::CreateDir(disk.path("a/b")));
    disk.ok(FileOp::CreateDir(disk.path("a/b")));
    fs::write(disk.path("a/file"), b"12345").unwrap();
    std::os::unix::fs::symlink("nowhere", disk.path("a/link")).unwrap();
    std::os::unix::fs::symlink("file", disk.path("a/alias")).unwrap();
    let expect = vec![
        entry("alias", 5, false),
        entry("b", 0, true),
        entry("file", 5, false),
        entry("link", 7, false),
    ];
    let listed = disk.ok(FileOp::List(disk.path("a")));
    assert_eq!(listed, FileReply::Entries(expect));
    for how in [OpenHow::Read, OpenHow::Append, OpenHow::Truncate] {
        let refused = disk.err(disk.open(1, "a", how));
        assert_eq!(refused.0, ErrorKind::IsADirectory);
        assert_eq!(refused.1, "Is a directory");
    }
    assert_eq!(
        disk.err(FileOp::Remove(disk.path("a"))).0,
        ErrorKind::IsADirectory
    );
    assert_eq!(
        disk.err(FileOp::List(disk.path("a/file"))).0,
        ErrorKind::NotADirectory
    );
    assert_eq!(
        disk.err(FileOp::CreateDir(disk.path("a/file/c"))).0,
        ErrorKind::NotADirectory
    );
}

#[test]
fn names_are_changed_and_removed() {
    let disk = Folder::new();
    fs::write(disk.path("a"), b"new").unwrap();
    fs::write(disk.path("b"), b"old").unwrap();
    let rename = || FileOp::Rename {
        from: disk.path("a"),
        to: disk.path("b"),
    };
    disk.ok(rename());
    assert_eq!(fs::read(disk.path("b")).unwrap(), b"new");
    assert_eq!(disk.err(rename()).0, ErrorKind::NotFound);
    disk.ok(FileOp::Remove(disk.path("b")));
    assert_eq!(
        disk.err(FileOp::Remove(disk.path("b"))).0,
        ErrorKind::NotFound
    );
}

#[test]
fn a_further_name_is_given_only_if_it_is_free() {
    let disk = Folder::new();
    fs::write(disk.path("a"), b"abc").unwrap();
    let link = |from: &str, to: &str| FileOp::Link {
        from: disk.path(from),
        to: disk.path(to),
    };
    disk.ok(link("a", "b"));
    disk.ok(FileOp::Remove(disk.path("a")));
    assert_eq!(fs::read(disk.path("b")).unwrap(), b"abc");
    assert_eq!(disk.err(link("a", "c")).0, ErrorKind::NotFound);
    fs::write(disk.path("c"), b"old").unwrap();
    assert_eq!(disk.err(link("b", "c")).0, ErrorKind::AlreadyExists);
    assert_eq!(fs::read(disk.path("c")).unwrap(), b"old");
}

#[test]
fn a_file_is_replaced_and_a_missing_directory_fails() {
    let disk = Folder::new();
    let replace = |name: &str| FileOp::Replace {
        path: disk.path(name),
        contents: b"x".to_vec(),
    };
    disk.ok(replace("a"));
    assert_eq!(fs::read(disk.path("a")).unwrap(), b"x");
    assert_eq!(disk.err(replace("no/such")).0, ErrorKind::NotFound);
    let missing = FileOp::ChangeDir(disk.path("none"));
    assert_eq!(disk.err(missing).0, ErrorKind::NotFound);
}

#[test]
fn a_new_file_is_not_for_others_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let disk = Folder::new();
    disk.ok(disk.open(1, "a", OpenHow::Append));
    let mode = fs::metadata(disk.path("a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o133, 0, "{mode:o}");
}
