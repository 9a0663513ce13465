//! `preload-file`: what is loaded instead of the server's own files, and what becomes of these.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{CrashModel, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

use crate::on_disk::{self, call};

/// A disk that outlives its node; all operations from a number on fail, as if the process had died.
#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>, Rc<RefCell<u64>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        let left = &mut *self.1.borrow_mut();
        *left = left.saturating_sub(1);
        match *left {
            0 => Err(Failure::new(ErrorKind::Other, "Input/output error")),
            _ => self.0.borrow_mut().perform(op),
        }
    }
}

impl Shared {
    fn of(disk: MemoryDisk) -> Self {
        Self(Rc::new(RefCell::new(disk)), Rc::new(RefCell::new(u64::MAX)))
    }

    fn list(&self, dir: &str) -> Vec<String> {
        match self.0.borrow_mut().perform(FileOp::List(dir.to_owned())) {
            Ok(FileReply::Entries(entries)) => entries.into_iter().map(|e| e.name).collect(),
            _ => Vec::new(),
        }
    }

    fn read(&self, path: &str) -> Vec<u8> {
        let disk = self.0.borrow();
        disk.live(path).expect("it is there").to_vec()
    }
}

fn start(disk: &Shared, lines: &str) -> Loopback {
    on_disk::start(disk.clone(), &format!("dir /data\nsave \"\"\n{lines}"))
}

fn keys(server: &mut Loopback) -> String {
    let reply = call(server, "MGET a b local later");
    let lines = reply
        .lines()
        .filter(|line| !line.starts_with('*') && (!line.starts_with('$') || *line == "$-1"));
    lines.collect::<Vec<_>>().join(" ")
}

/// A sealed backup with the keys a and b in `/backup`, a dump of them beside it, and other keys in
/// the server's own append-only file and dump.
fn prepared() -> Shared {
    let disk = Shared::of(MemoryDisk::new("/data"));
    let mut server = start(&disk, "appendonly yes");
    for request in ["SET a 1", "BACKUP START", "SET b 2", "SAVE", "BACKUP SEAL"] {
        assert_eq!(call(&mut server, request), "+OK\r\n");
    }
    let other = Shared::of(MemoryDisk::new("/data"));
    for (dir, to) in [("backupdir", "/backup"), (".", "/backup")] {
        for name in disk.list(dir).iter().filter(|name| name.contains('.')) {
            let bytes = disk.read(&format!("{dir}/{name}"));
            other.0.borrow_mut().put(&format!("{to}/{name}"), &bytes);
        }
    }
    let mut server = start(&other, "appendonly yes");
    for request in ["SET local 1", "SAVE"] {
        assert_eq!(call(&mut server, request), "+OK\r\n");
    }
    // All of it is on the disk.
    server.advance(2_000);
    other
}

const MANIFEST: &str = "preload-file aof:/backup/appendonly.aof.manifest";
const DUMP: &str = "preload-file rdb:/backup/dump.rdb";

#[test]
fn the_named_file_is_loaded_and_no_other_one() {
    for preload in [MANIFEST, DUMP] {
        for appends in ["no", "yes"] {
            let disk = prepared();
            let before: Vec<_> = disk.list("/backup");
            let own = disk.list("appendonlydir");
            let mut server = start(&disk, &format!("appendonly {appends}\n{preload}"));
            assert_eq!(keys(&mut server), "1 2 $-1 $-1", "{preload} {appends}");
            assert_eq!(disk.list("/backup"), before);
            let info = call(&mut server, "INFO persistence");
            // A start that writes a base did not rewrite one.
            assert!(info.contains("aof_rewrites:0\r\n"), "{info}");
            server.advance(1_000);
            if appends == "no" {
                assert_eq!(disk.list("appendonlydir"), own);
                continue;
            }
            assert_eq!(call(&mut server, "SET later 4"), "+OK\r\n");
            let expected = [
                "appendonly.aof.2.base.rdb",
                "appendonly.aof.2.incr.aof",
                "appendonly.aof.manifest",
            ];
            assert_eq!(disk.list("appendonlydir"), expected);
            let mut server = start(&disk, "appendonly yes");
            assert_eq!(keys(&mut server), "1 2 $-1 4");
        }
    }
}

#[test]
fn the_manifest_of_the_server_itself_is_loaded_as_usual() {
    let disk = prepared();
    let own = "preload-file aof:/data/appendonlydir/appendonly.aof.manifest";
    let before = disk.list("appendonlydir");
    let mut server = start(&disk, &format!("appendonly yes\n{own}"));
    assert_eq!(keys(&mut server), "$-1 $-1 1 $-1");
    assert!(call(&mut server, "INFO persistence").contains("aof_rewrites:0\r\n"));
    assert_eq!(disk.list("appendonlydir"), before);
    let empty = Shared::of(MemoryDisk::new("/data"));
    let server = start(&empty, &format!("appendonly yes\n{own}"));
    assert_eq!(server.exit(), Some(1));
}

#[test]
fn a_single_append_only_file_is_loaded_though_its_end_is_torn() {
    for name in ["appendonly.aof.2.incr.aof", "old.aof"] {
        let disk = prepared();
        let path = format!("/backup/{name}");
        let bytes = match name {
            "old.aof" => b"*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n".to_vec(),
            _ => disk.read(&path),
        };
        for cut in [0, 5] {
            let torn = [&bytes[..], &bytes[..cut]].concat();
            disk.0.borrow_mut().put(&path, &torn);
            let lines = format!("appendonly no\npreload-file aof:{path}");
            let mut server = start(&disk, &lines);
            assert_eq!(keys(&mut server), "$-1 2 $-1 $-1", "{name} {cut}");
            assert_eq!(disk.read(&path), torn);
            let server = start(&disk, &format!("{lines}\naof-load-truncated no"));
            assert_eq!(server.exit(), (cut > 0).then_some(1));
        }
    }
}

#[test]
fn a_file_that_cannot_be_loaded_ends_the_start_and_the_own_files_stay() {
    let absent = [
        "preload-file aof:/backup/absent.manifest",
        "preload-file aof:/backup/absent.aof",
        "preload-file rdb:/backup/absent.rdb",
        "preload-file rdb:/backup/appendonly.aof.manifest",
        "preload-file aof:/absent/appendonly.aof.manifest",
    ];
    for appends in ["appendonly yes", "appendonly no"] {
        for preload in absent {
            let disk = prepared();
            let server = start(&disk, &format!("{appends}\n{preload}"));
            assert_eq!(server.exit(), Some(1), "{appends} {preload}");
            assert_eq!(keys(&mut start(&disk, appends)), "$-1 $-1 1 $-1");
        }
        for damaged in ["appendonly.aof.manifest", "appendonly.aof.2.base.rdb"] {
            let disk = prepared();
            let path = format!("/backup/{damaged}");
            let bytes = disk.read(&path);
            disk.0.borrow_mut().put(&path, &bytes[..bytes.len() - 1]);
            let server = start(&disk, &format!("{appends}\n{MANIFEST}"));
            assert_eq!(server.exit(), Some(1), "{appends} {damaged}");
            assert_eq!(keys(&mut start(&disk, appends)), "$-1 $-1 1 $-1");
        }
    }
}

/// Until the base of what was preloaded is on the disk, the files of before are.
#[test]
fn a_crash_while_it_is_preloaded_leaves_the_old_data_or_the_new() {
    for dies_after in 1..90 {
        let disk = prepared();
        *disk.1.borrow_mut() = dies_after;
        let mut server = start(&disk, &format!("appendonly yes\n{MANIFEST}"));
        let is_ready = call(&mut server, "PING") == "+PONG\r\n";
        let image = disk.0.borrow().clone();
        let models = CrashModel::ALL.map(Some).into_iter().chain([None]);
        for (seed, model) in models.enumerate() {
            let mut left = image.clone();
            match model {
                Some(model) => {
                    let mut rng = russet_base::Rng::new(seed as u64 + dies_after);
                    left.crash_with(&mut rng, model);
                }
                None => left.kill(),
            }
            let found = keys(&mut start(&Shared::of(left), "appendonly yes"));
            let new = "1 2 $-1 $-1";
            let is_old = found == "$-1 $-1 1 $-1" && !is_ready;
            assert!(is_old || found == new, "{dies_after} {model:?}: {found}");
        }
    }
}

#[test]
fn the_value_is_a_kind_and_a_normalized_path_with_an_extension() {
    let refused = |value: &str| {
        let sources = [Text {
            name: "test".into(),
            text: format!("preload-file {value}").into(),
        }];
        let config = Config::load(&sources, &mut |_| Err(String::new()));
        config
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let format = "argument must be in the format '[aof|rdb]:[filename]'";
    let path = "preload-file path must be a normalized absolute file path";
    let extension = "preload-file must end with an extension";
    for (value, text) in [
        ("x.rdb", format),
        ("/tmp/x.rdb", format),
        ("invalid:/tmp/x.rdb", format),
        ("RDB:/tmp/x.rdb", format),
        ("rdb:x.rdb", format),
        ("aof:./x.aof", format),
        ("rdb:/tmp/../x.rdb", path),
        ("rdb:/tmp//x.rdb", path),
        ("aof:/./x.aof", path),
        ("aof:/tmp/x.aof/", path),
        ("aof:/tmp/x", extension),
        ("rdb:/tmp/x.", extension),
    ] {
        let said = refused(value);
        assert!(said.contains(text), "{value}: {said}");
    }
    for value in ["aof:/x.aof", "rdb:/tmp/a b.rdb", "aof:/tmp/x.manifest"] {
        assert_eq!(refused(&format!("\"{value}\"")), "");
    }
    let mut server = start(&prepared(), DUMP);
    assert_eq!(
        call(&mut server, "CONFIG SET preload-file rdb:/x.rdb"),
        "-ERR CONFIG SET failed (possibly related to argument 'preload-file') - can't set immutable \
         config\r\n"
    );
}
