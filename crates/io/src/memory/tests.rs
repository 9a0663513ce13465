//! The disk in memory: names, locks, and what syncs of files and directories make durable.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use bytes::Bytes;
use russet_base::Rng;

use super::{CrashModel, MemoryDisk};
use crate::failure::Failure;
use crate::file::{Disk, FileId, FileOp, FileReply, OpenHow};

const FILE: FileId = FileId(1);

fn with_file() -> MemoryDisk {
    let mut disk = MemoryDisk::new("/d");
    let (path, how) = ("f".to_owned(), OpenHow::CreateNew);
    let op = FileOp::Open {
        file: FILE,
        path,
        how,
    };
    assert_eq!(disk.perform(op), Ok(FileReply::Opened { size: 0 }));
    write(&mut disk, 0, b"abc");
    disk
}

fn write(disk: &mut MemoryDisk, offset: u64, bytes: &'static [u8]) {
    let op = FileOp::Write {
        file: FILE,
        offset,
        bytes: Bytes::from_static(bytes),
    };
    disk.perform(op).unwrap();
}

#[test]
fn a_crash_leaves_what_was_synced_under_names_that_were_synced() {
    let mut disk = with_file();
    disk.perform(FileOp::Sync(FILE)).unwrap();
    assert_eq!(disk.durable("f"), None);
    disk.perform(FileOp::SyncDir("/d".to_owned())).unwrap();
    write(&mut disk, 3, b"def");
    assert_eq!(disk.live("f"), Some(&b"abcdef"[..]));
    disk.crash();
    assert_eq!(disk.live("f"), Some(&b"abc"[..]));
    assert!(!disk.is_open(FILE));
}

#[test]
fn a_file_whose_sync_failed_is_never_durable_again() {
    let mut disk = with_file();
    disk.perform(FileOp::SyncDir("/d".to_owned())).unwrap();
    disk.lose(FILE);
    disk.perform(FileOp::Sync(FILE)).unwrap();
    assert_eq!(disk.durable("f"), Some(&b""[..]));
}

#[test]
fn a_replaced_file_is_durable_and_its_old_contents_stay_readable() {
    let mut disk = with_file();
    let (path, contents) = ("f".to_owned(), b"new".to_vec());
    disk.perform(FileOp::Replace { path, contents }).unwrap();
    assert_eq!(disk.durable("f"), Some(&b"new"[..]));
    let op = FileOp::Read {
        file: FILE,
        offset: 1,
        len: 9,
    };
    assert_eq!(disk.perform(op), Ok(FileReply::Bytes(b"bc".to_vec())));
}

#[test]
fn a_further_name_keeps_the_contents_when_the_first_is_removed() {
    let mut disk = with_file();
    let link = |from: &str, to: &str| FileOp::Link {
        from: from.to_owned(),
        to: to.to_owned(),
    };
    disk.perform(link("f", "g")).unwrap();
    assert!(disk.perform(link("f", "g")).is_err());
    assert!(disk.perform(link("h", "i")).is_err());
    assert!(disk.perform(link("f", "absent/g")).is_err());
    disk.perform(FileOp::Remove("f".to_owned())).unwrap();
    write(&mut disk, 3, b"def");
    assert_eq!(disk.live("f"), None);
    assert_eq!(disk.live("g"), Some(&b"abcdef"[..]));
    disk.perform(FileOp::Sync(FILE)).unwrap();
    disk.perform(FileOp::SyncDir("/d".to_owned())).unwrap();
    disk.crash();
    assert_eq!(disk.live("g"), Some(&b"abcdef"[..]));
}

#[test]
fn a_file_that_is_closed_is_refused() {
    let mut disk = with_file();
    disk.perform(FileOp::Close(FILE)).unwrap();
    assert!(disk.perform(FileOp::Sync(FILE)).is_err());
    assert!(disk.perform(FileOp::Close(FILE)).is_err());
}

fn open(disk: &mut MemoryDisk, file: u64, path: &str, how: OpenHow) -> Result<FileReply, Failure> {
    let (file, path) = (FileId(file), path.to_owned());
    disk.perform(FileOp::Open { file, path, how })
}

fn sync_dir(disk: &mut MemoryDisk, path: &str) {
    disk.perform(FileOp::SyncDir(path.to_owned())).unwrap();
}

/// The disks that crashes of this model leave.
fn crashed(disk: &MemoryDisk, model: CrashModel) -> impl Iterator<Item = MemoryDisk> {
    (0..100).map(move |seed| {
        let mut disk = disk.clone();
        disk.crash_with(&mut Rng::new(seed), model);
        disk
    })
}

#[test]
fn a_name_that_must_be_absent_is_refused_when_it_is_there() {
    let mut disk = with_file();
    let refused = open(&mut disk, 2, "f", OpenHow::CreateNew).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AlreadyExists);
    assert!(!disk.is_open(FileId(2)));
    assert_eq!(disk.live("f"), Some(&b"abc"[..]));
}

#[test]
fn a_file_is_not_created_in_a_directory_that_is_absent() {
    let mut disk = with_file();
    let refused = open(&mut disk, 2, "absent/f", OpenHow::Append).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NotFound);
    assert_eq!(disk.live("absent/f"), None);
}

#[test]
fn a_path_leads_through_the_parent_and_the_working_directory() {
    let mut disk = with_file();
    assert_eq!(disk.live("./absent/../../d/f"), Some(&b"abc"[..]));
    assert!(
        disk.perform(FileOp::ChangeDir("absent".to_owned()))
            .is_err()
    );
    disk.perform(FileOp::CreateDir("sub".to_owned())).unwrap();
    disk.perform(FileOp::ChangeDir("sub".to_owned())).unwrap();
    assert_eq!(disk.live("f"), None);
    assert_eq!(disk.live("../f"), Some(&b"abc"[..]));
    disk.perform(FileOp::ChangeDir("..".to_owned())).unwrap();
    assert_eq!(disk.live("f"), Some(&b"abc"[..]));
}

#[test]
fn an_open_file_has_a_size() {
    let mut disk = with_file();
    assert_eq!((disk.size(FILE), disk.is_open(FILE)), (3, true));
    disk.perform(FileOp::Close(FILE)).unwrap();
    assert_eq!((disk.size(FILE), disk.is_open(FILE)), (0, false));
}

#[test]
fn a_lock_keeps_out_whoever_else_opens_that_file() {
    let mut disk = with_file();
    open(&mut disk, 2, "f", OpenHow::Append).unwrap();
    open(&mut disk, 3, "g", OpenHow::Append).unwrap();
    let mut lock = |file| disk.perform(FileOp::Lock(FileId(file)));
    assert!(lock(1).is_ok());
    assert!(lock(1).is_ok(), "its own lock is not in the way");
    assert_eq!(lock(2).unwrap_err().kind, ErrorKind::WouldBlock);
    assert!(
        lock(3).is_ok(),
        "the lock of another file is not in the way"
    );
    disk.perform(FileOp::Close(FILE)).unwrap();
    assert!(disk.perform(FileOp::Lock(FileId(2))).is_ok());
}

#[test]
fn a_sync_covers_the_contents_it_began_with() {
    let mut disk = with_file();
    sync_dir(&mut disk, "/d");
    write(&mut disk, 3, b"def");
    disk.sync_as_of(FILE, 3).unwrap();
    assert_eq!(disk.durable("f"), Some(&b"abc"[..]));
    let left = crashed(&disk, CrashModel::Torn);
    let left: BTreeSet<_> = left.map(|disk| disk.live("f").unwrap().to_vec()).collect();
    let expected = (3..=6).map(|size| b"abcdef"[..size].to_vec());
    assert_eq!(left, expected.collect());
}

#[test]
fn a_sync_of_the_beginning_keeps_the_durable_end() {
    let mut disk = with_file();
    sync_dir(&mut disk, "/d");
    disk.perform(FileOp::Sync(FILE)).unwrap();
    write(&mut disk, 0, b"AB");
    disk.sync_as_of(FILE, 2).unwrap();
    assert_eq!(disk.durable("f"), Some(&b"ABc"[..]));
}

#[test]
fn bytes_that_were_synced_never_give_way_to_those_before_them() {
    let mut disk = with_file();
    sync_dir(&mut disk, "/d");
    for bytes in [b"de", b"DE"] {
        write(&mut disk, 3, bytes);
    }
    disk.sync_as_of(FILE, 5).unwrap();
    for disk in crashed(&disk, CrashModel::Torn) {
        assert_eq!(disk.live("f"), Some(&b"abcDE"[..]));
    }
}

#[test]
fn a_sync_of_a_directory_covers_the_names_in_it_alone() {
    let mut disk = with_file();
    disk.perform(FileOp::CreateDir("sub".to_owned())).unwrap();
    open(&mut disk, 2, "sub/g", OpenHow::Append).unwrap();
    sync_dir(&mut disk, "/d");
    let names = |disk: MemoryDisk| (disk.live("f").is_some(), disk.live("sub/g").is_some());
    let strict = crashed(&disk, CrashModel::Strict).map(names);
    assert_eq!(
        strict.collect::<BTreeSet<_>>(),
        BTreeSet::from([(true, false)])
    );
    let torn = crashed(&disk, CrashModel::Torn).map(names);
    let torn: BTreeSet<_> = torn.collect();
    assert_eq!(torn, BTreeSet::from([(true, false), (true, true)]));
    disk.perform(FileOp::Remove("f".to_owned())).unwrap();
    sync_dir(&mut disk, "/d");
    sync_dir(&mut disk, "/d/sub");
    let torn = crashed(&disk, CrashModel::Torn).map(names);
    assert_eq!(
        torn.collect::<BTreeSet<_>>(),
        BTreeSet::from([(false, true)])
    );
}

#[test]
fn a_replacement_outlives_the_changes_of_its_name_and_of_no_other() {
    let mut disk = with_file();
    open(&mut disk, 2, "g", OpenHow::Append).unwrap();
    let (path, contents) = ("f".to_owned(), b"new".to_vec());
    disk.perform(FileOp::Replace { path, contents }).unwrap();
    let left = crashed(&disk, CrashModel::Torn);
    let left = left.map(|disk| (disk.live("f").map(<[u8]>::to_vec), disk.live("g").is_some()));
    let new = || Some(b"new".to_vec());
    let expected = BTreeSet::from([(new(), false), (new(), true)]);
    assert_eq!(left.collect::<BTreeSet<_>>(), expected);
}
