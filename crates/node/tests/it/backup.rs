//! Backups: what they hold, what is refused, and what failures and crashes leave.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{CrashModel, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

use crate::on_disk::{self, call};

/// A disk that outlives its node: its operations are counted, and may fail.
#[derive(Clone)]
struct Shared(Rc<RefCell<State>>);

struct State {
    disk: MemoryDisk,
    /// The operations so far.
    count: u64,
    /// Fails those for which it says so.
    fails: fn(&FileOp) -> bool,
    /// All operations from this one on fail, as if the process had died.
    dies_at: u64,
    /// The refusal of links, if there are none.
    links: Option<ErrorKind>,
}

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        let state = &mut *self.0.borrow_mut();
        state.count += 1;
        if state.count >= state.dies_at || (state.fails)(&op) {
            let text = "No space left on device";
            return Err(Failure::new(ErrorKind::StorageFull, text));
        }
        if let (FileOp::Link { .. }, Some(kind)) = (&op, state.links) {
            return Err(Failure::new(kind, "Operation not permitted"));
        }
        state.disk.perform(op)
    }
}

impl Shared {
    fn new() -> Self {
        Self(Rc::new(RefCell::new(State {
            disk: MemoryDisk::new("/data"),
            count: 0,
            fails: |_| false,
            dies_at: u64::MAX,
            links: None,
        })))
    }

    fn fail(&self, fails: fn(&FileOp) -> bool) {
        self.0.borrow_mut().fails = fails;
    }

    /// The files of a directory.
    fn list(&self, dir: &str) -> Vec<String> {
        let listed = self.0.borrow_mut().disk.perform(FileOp::List(dir.into()));
        match listed {
            Ok(FileReply::Entries(entries)) => entries.into_iter().map(|e| e.name).collect(),
            _ => Vec::new(),
        }
    }

    fn read(&self, path: &str) -> Vec<u8> {
        let state = self.0.borrow();
        let contents = state.disk.live(path);
        contents
            .unwrap_or_else(|| panic!("{path} is there"))
            .to_vec()
    }

    /// A new disk with these files as its append-only ones.
    fn copied(&self, paths: &[String]) -> Self {
        let other = Self::new();
        for path in paths {
            let name = path.rsplit('/').next().unwrap_or(path);
            let to = format!("/data/appendonlydir/{name}");
            other.0.borrow_mut().disk.put(&to, &self.read(path));
        }
        other
    }

    /// The same after a crash of the machine that keeps what the model keeps, or of the process.
    fn crashed(&self, seed: u64, model: Option<CrashModel>) -> Self {
        let mut disk = self.0.borrow().disk.clone();
        match model {
            Some(model) => disk.crash_with(&mut russet_base::Rng::new(seed), model),
            None => disk.kill(),
        }
        let other = Self::new();
        other.0.borrow_mut().disk = disk;
        other
    }
}

fn start(disk: &Shared, lines: &str) -> Loopback {
    on_disk::start(disk.clone(), &format!("dir /data\n{lines}"))
}

fn ok(server: &mut Loopback, request: &str) {
    assert_eq!(call(server, request), "+OK\r\n", "{request}");
}

/// The elements of an array of strings.
fn strings(reply: &str) -> Vec<String> {
    let lines: Vec<&str> = reply.split("\r\n").collect();
    let is_text = |line: &&&str| !line.is_empty() && !line.starts_with(['*', '$']);
    lines
        .iter()
        .filter(is_text)
        .map(|line| (*line).to_owned())
        .collect()
}

fn list(server: &mut Loopback) -> Vec<String> {
    strings(&call(server, "BACKUP LIST"))
}

/// The state, and the error of a failure.
fn state(server: &mut Loopback) -> (String, String) {
    let reply = call(server, "BACKUP STATUS");
    let lines: Vec<&str> = reply.split("\r\n").collect();
    assert_eq!(
        [lines[2], lines[6], lines[10]],
        ["state", "error", "start_time"]
    );
    (lines[4].to_owned(), lines[8].to_owned())
}

fn is_in(server: &mut Loopback, expected: &str) {
    let (state, error) = state(server);
    assert_eq!(state, expected, "{error}");
}

/// The value of a field of INFO.
fn info(server: &mut Loopback, field: &str) -> String {
    let reply = call(server, "INFO persistence");
    let line = reply
        .lines()
        .find(|line| line.starts_with(&format!("{field}:")));
    line.unwrap_or_else(|| panic!("{field} is there"))[field.len() + 1..].to_owned()
}

/// All keys with their values, of a server on these files.
fn restored(files: &Shared) -> BTreeMap<String, String> {
    let mut server = start(files, "appendonly yes");
    let keys = strings(&call(&mut server, "KEYS *"));
    let value = |key: String| {
        let value = strings(&call(&mut server, &format!("GET {key}")));
        (key, value.join(" "))
    };
    keys.into_iter().map(value).collect()
}

fn data(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect()
}

const MODES: [&str; 4] = [
    "appendonly no",
    "appendonly yes",
    "appendonly yes\nappendfsync always\naof-use-rdb-preamble no",
    "appendonly yes\naof-checksum no\naof-disable-auto-gc yes",
];

#[test]
fn a_sealed_backup_holds_the_data_of_that_moment_and_does_not_change() {
    for lines in MODES {
        let disk = Shared::new();
        let mut server = start(&disk, lines);
        ok(&mut server, "SET a 1");
        ok(&mut server, "SET b 2");
        assert_eq!(state(&mut server), ("idle".into(), String::new()));
        assert_eq!(info(&mut server, "backup_in_progress"), "0");
        ok(&mut server, "BACKUP START");
        is_in(&mut server, "incrementing");
        assert_eq!(info(&mut server, "backup_in_progress"), "1");
        assert_eq!(info(&mut server, "aof_enabled"), "1");
        let base = list(&mut server);
        assert_eq!(base.len(), 1, "{lines}: {base:?}");
        assert!(
            base[0].starts_with("/data/backupdir/appendonly.aof."),
            "{base:?}"
        );
        ok(&mut server, "SET b 3");
        ok(&mut server, "SET c 4");
        ok(&mut server, "BACKUP SEAL");
        is_in(&mut server, "sealed");
        assert_eq!(info(&mut server, "backup_in_progress"), "0");
        let files = list(&mut server);
        assert_eq!(files.len(), 3);
        assert_eq!(files[..1], base);
        assert!(files[1].ends_with(".incr.aof"), "{files:?}");
        assert_eq!(files[2], "/data/backupdir/appendonly.aof.manifest");
        let before: Vec<_> = files.iter().map(|file| disk.read(file)).collect();
        let copy = disk.copied(&files);
        ok(&mut server, "SET c 5");
        ok(&mut server, "FLUSHALL");
        call(&mut server, "BGREWRITEAOF");
        server.advance(200);
        let after: Vec<_> = files.iter().map(|file| disk.read(file)).collect();
        assert_eq!(before, after, "{lines}");
        assert_eq!(restored(&copy), data(&[("a", "1"), ("b", "3"), ("c", "4")]));
        ok(&mut server, "BACKUP CLEANUP");
        assert_eq!(state(&mut server), ("idle".into(), String::new()));
        assert_eq!(disk.list("backupdir"), [""; 0]);
        assert_eq!(list(&mut server), [""; 0]);
    }
}

#[test]
fn a_server_that_appends_nothing_keeps_nothing_of_a_backup() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly no");
    for end in ["BACKUP SEAL", "BACKUP ABORT"] {
        ok(&mut server, "BACKUP START");
        assert_eq!(disk.list("appendonlydir").len(), 4);
        ok(&mut server, "SET a 1");
        ok(&mut server, end);
        assert_eq!(disk.list("appendonlydir"), [""; 0], "{end}");
        assert_eq!(info(&mut server, "aof_enabled"), "0");
        ok(&mut server, "BACKUP CLEANUP");
    }
    assert_eq!(
        call(&mut server, "CONFIG GET appendonly"),
        "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n"
    );
}

#[test]
fn append_only_files_of_before_are_neither_overwritten_nor_swept() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly yes\naof-disable-auto-gc yes");
    ok(&mut server, "SET old 1");
    let old: Vec<_> = disk.list("appendonlydir");
    let bytes: Vec<_> = old[..2]
        .iter()
        .map(|name| disk.read(&format!("appendonlydir/{name}")))
        .collect();
    let mut server = start(&disk, "appendonly no\naof-disable-auto-gc yes");
    ok(&mut server, "SET a 1");
    ok(&mut server, "BACKUP START");
    ok(&mut server, "BACKUP SEAL");
    let files = list(&mut server);
    assert!(files[0].contains(".2.base."), "{files:?}");
    assert_eq!(restored(&disk.copied(&files)), data(&[("a", "1")]));
    ok(&mut server, "BACKUP CLEANUP");
    for (name, bytes) in old.iter().zip(bytes) {
        assert_eq!(disk.read(&format!("appendonlydir/{name}")), bytes, "{name}");
    }
}

#[test]
fn what_does_not_fit_the_state_is_refused() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly yes");
    let not_ready = "-ERR No backup ready to seal (must be in the incrementing state)\r\n";
    let none = "-ERR No backup in progress\r\n";
    assert_eq!(call(&mut server, "BACKUP SEAL"), not_ready);
    assert_eq!(call(&mut server, "BACKUP ABORT"), none);
    assert_eq!(
        call(&mut server, "BACKUP"),
        "-ERR wrong number of arguments for 'backup' command\r\n"
    );
    assert_eq!(
        call(&mut server, "BACKUP START x"),
        "-ERR wrong number of arguments for 'backup|start' command\r\n"
    );
    assert_eq!(
        call(&mut server, "BACKUP x"),
        "-ERR unknown subcommand 'x'. Try BACKUP HELP.\r\n"
    );
    ok(&mut server, "BACKUP CLEANUP");
    ok(&mut server, "BACKUP START");
    assert_eq!(
        call(&mut server, "BACKUP START"),
        "-ERR A backup is already in progress, ABORT it first\r\n"
    );
    assert_eq!(
        call(&mut server, "BACKUP CLEANUP"),
        "-ERR Backup is in progress\r\n"
    );
    ok(&mut server, "BACKUP SEAL");
    assert_eq!(call(&mut server, "BACKUP SEAL"), not_ready);
    assert_eq!(call(&mut server, "BACKUP ABORT"), none);
    assert_eq!(
        call(&mut server, "BACKUP START"),
        "-ERR A sealed backup exists, CLEANUP it first\r\n"
    );
    ok(&mut server, "BACKUP CLEANUP");
    disk.0.borrow_mut().disk.put("/data/backupdir/mine", b"x");
    assert_eq!(
        call(&mut server, "BACKUP START"),
        "-ERR Backup directory backupdir is not empty, CLEANUP it first\r\n"
    );
    is_in(&mut server, "idle");
}

#[test]
fn an_abort_leaves_no_file_and_another_backup_may_begin() {
    for lines in MODES {
        let disk = Shared::new();
        let mut server = start(&disk, lines);
        ok(&mut server, "BACKUP START");
        ok(&mut server, "BACKUP ABORT");
        assert_eq!(
            state(&mut server),
            ("failed".into(), "aborted by user".into())
        );
        assert_eq!(disk.list("backupdir"), [""; 0]);
        ok(&mut server, "SET a 1");
        ok(&mut server, "BACKUP START");
        ok(&mut server, "BACKUP SEAL");
        assert_eq!(
            restored(&disk.copied(&list(&mut server))),
            data(&[("a", "1")])
        );
    }
}

#[test]
fn appending_that_is_turned_off_ends_a_backup_and_on_keeps_its_stream() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly yes");
    ok(&mut server, "BACKUP START");
    ok(&mut server, "CONFIG SET appendonly no");
    assert_eq!(
        state(&mut server),
        ("failed".into(), "appendonly is stopped".into())
    );
    assert_eq!(disk.list("backupdir"), [""; 0]);
    ok(&mut server, "BACKUP START");
    ok(&mut server, "SET a 1");
    ok(&mut server, "CONFIG SET appendfsync always");
    is_in(&mut server, "incrementing");
    ok(&mut server, "CONFIG SET appendonly yes");
    ok(&mut server, "SET b 1");
    ok(&mut server, "BACKUP SEAL");
    ok(&mut server, "SET c 1");
    let files = list(&mut server);
    assert_eq!(
        restored(&disk.copied(&files)),
        data(&[("a", "1"), ("b", "1")])
    );
    ok(&mut server, "BACKUP CLEANUP");
    server.advance(200);
    disk.0.borrow_mut().disk.crash();
    assert_eq!(restored(&disk), data(&[("a", "1"), ("b", "1"), ("c", "1")]));
}

#[test]
fn rewrites_wait_for_the_end_of_a_backup() {
    for lines in [
        "appendonly no",
        "appendonly yes\nauto-aof-rewrite-min-size 1\nauto-aof-rewrite-percentage 1",
    ] {
        let disk = Shared::new();
        let mut server = start(&disk, lines);
        ok(&mut server, "SET a 1");
        ok(&mut server, "BACKUP START");
        let count = info(&mut server, "aof_rewrites");
        assert_eq!(
            call(&mut server, "BGREWRITEAOF"),
            "+Background append only file rewriting scheduled\r\n"
        );
        ok(&mut server, "SET b 1");
        server.advance(1_000);
        assert_eq!(info(&mut server, "aof_rewrites"), count);
        assert_eq!(info(&mut server, "aof_rewrite_scheduled"), "1");
        ok(&mut server, "BACKUP SEAL");
        let files = list(&mut server);
        server.advance(1_000);
        assert_ne!(info(&mut server, "aof_rewrites"), count);
        assert_eq!(info(&mut server, "aof_rewrite_scheduled"), "0");
        assert_eq!(
            restored(&disk.copied(&files)),
            data(&[("a", "1"), ("b", "1")])
        );
    }
}

#[test]
fn growth_in_a_backup_schedules_no_rewrite() {
    let lines = "auto-aof-rewrite-min-size 1\nauto-aof-rewrite-percentage 50";
    let mut server = start(&Shared::new(), &format!("appendonly yes\n{lines}"));
    ok(&mut server, "SET a 1");
    ok(&mut server, "BACKUP START");
    is_in(&mut server, "incrementing");
    ok(&mut server, &format!("SET b {}", "x".repeat(1_000)));
    server.advance(1_000);
    assert_eq!(info(&mut server, "aof_rewrite_scheduled"), "0");
}

#[test]
fn a_rewrite_that_fails_does_not_end_a_backup_that_waits_for_it() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly no");
    ok(&mut server, "SET a 1");
    server.hold_jobs();
    call(&mut server, "BGREWRITEAOF");
    call(&mut server, "BACKUP START");
    while state(&mut server).0 == "idle" {
        assert!(server.carry_out_next());
    }
    is_in(&mut server, "pending");
    disk.fail(|op| matches!(op, FileOp::Write { .. }));
    while info(&mut server, "aof_last_bgrewrite_status") == "ok" {
        assert!(server.carry_out_next());
    }
    disk.fail(|_| false);
    server.release_jobs();
    server.advance(1_000);
    is_in(&mut server, "incrementing");
}

#[test]
fn a_transaction_is_in_a_backup_as_a_whole() {
    for lines in MODES {
        let disk = Shared::new();
        let mut server = start(&disk, lines);
        let client = server.connect();
        let request = b"MULTI\r\nSET a 1\r\nBACKUP START\r\nSET b 1\r\nEXEC\r\n";
        let replies = server.call(client, request);
        assert!(
            replies.ends_with(b"*3\r\n+OK\r\n+OK\r\n+OK\r\n"),
            "{replies:?}"
        );
        server.advance(200);
        is_in(&mut server, "incrementing");
        let base = disk.copied(&list(&mut server));
        let request = b"MULTI\r\nSET a 2\r\nBACKUP SEAL\r\nSET b 2\r\nEXEC\r\n";
        let replies = server.call(client, request);
        assert!(
            replies.ends_with(b"*3\r\n+OK\r\n+OK\r\n+OK\r\n"),
            "{replies:?}"
        );
        server.advance(200);
        is_in(&mut server, "sealed");
        let files = list(&mut server);
        assert_eq!(
            restored(&disk.copied(&files)),
            data(&[("a", "2"), ("b", "2")])
        );
        assert_eq!(base.list("appendonlydir").len(), 1);
        let request = b"MULTI\r\nBACKUP CLEANUP\r\nBACKUP STATUS\r\nEXEC\r\n";
        let replies = server.call(client, request);
        let text = String::from_utf8_lossy(&replies);
        assert!(text.contains("*2\r\n+OK\r\n*8\r\n"), "{text}");
        assert!(text.contains("idle"), "{text}");
    }
}

#[test]
fn a_sealed_backup_is_removed_when_its_time_is_over() {
    let disk = Shared::new();
    let mut server = start(&disk, "backup-sealed-ttl 10");
    ok(&mut server, "BACKUP START");
    ok(&mut server, "BACKUP SEAL");
    server.advance(9_000);
    is_in(&mut server, "sealed");
    server.advance(2_000);
    is_in(&mut server, "idle");
    assert_eq!(disk.list("backupdir"), [""; 0]);
}

#[test]
fn the_directories_of_backups_and_of_appended_files_are_apart() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly yes\nbackupdirname appendonlydir");
    ok(&mut server, "SET a 1");
    for request in ["BACKUP START", "BACKUP CLEANUP"] {
        assert!(call(&mut server, request).starts_with("-ERR backupdirname and"));
    }
    assert_eq!(restored(&disk), data(&[("a", "1")]));
    for name in ["", ".", "..", "a/b", "/tmp/a"] {
        let sources = [Text {
            name: "test".into(),
            text: format!("backupdirname \"{name}\"").into(),
        }];
        assert!(
            Config::load(&sources, &mut |_| Err(String::new())).is_err(),
            "{name}"
        );
    }
}

/// Whatever fails, the backup has failed or is whole, the data of the server is safe, and after a
/// cleanup the next backup succeeds.
#[test]
fn a_disk_that_fails_leaves_no_half_backup() {
    let fails: [fn(&FileOp) -> bool; 10] = [
        |op| matches!(op, FileOp::Open { path, .. } if path.contains("backupdir/")),
        |op| matches!(op, FileOp::Read { .. }),
        |op| matches!(op, FileOp::Link { .. }),
        |op| matches!(op, FileOp::Link { to, .. } if to.ends_with(".incr.aof")),
        |op| matches!(op, FileOp::Write { .. }),
        |op| matches!(op, FileOp::Sync(_)),
        |op| matches!(op, FileOp::SyncDir(dir) if dir.ends_with("backupdir")),
        |op| matches!(op, FileOp::Rename { to, .. } if to.contains("backupdir")),
        |op| matches!(op, FileOp::Rename { .. }),
        |op| matches!(op, FileOp::CreateDir(_)),
    ];
    let links = [None, Some(ErrorKind::Unsupported)];
    for (lines, links) in MODES
        .into_iter()
        .flat_map(|mode| links.map(|links| (mode, links)))
    {
        for (number, fails) in fails.into_iter().enumerate() {
            for begins_early in [true, false] {
                let disk = Shared::new();
                disk.0.borrow_mut().links = links;
                let mut server = start(&disk, lines);
                ok(&mut server, "SET a 1");
                if begins_early {
                    disk.fail(fails);
                }
                call(&mut server, "BACKUP START");
                server.advance(200);
                disk.fail(fails);
                call(&mut server, "SET b 1");
                let sealed = call(&mut server, "BACKUP SEAL");
                server.advance(200);
                let what = format!("{lines} {links:?} {number} {begins_early} {sealed}");
                let reached = state(&mut server).0;
                assert!(!["pending", "snapshotting"].contains(&&*reached), "{what}");
                assert_eq!(reached == "sealed", sealed == "+OK\r\n", "{what}");
                if reached != "sealed" {
                    assert_eq!(
                        list(&mut server).len(),
                        usize::from(reached == "incrementing")
                    );
                }
                disk.fail(|_| false);
                server.advance(2_000);
                if reached == "sealed" {
                    let files = disk.copied(&list(&mut server));
                    assert!(restored(&files).contains_key("a"), "{what}");
                }
                call(&mut server, "BACKUP ABORT");
                ok(&mut server, "BACKUP CLEANUP");
                assert_eq!(disk.list("backupdir"), [""; 0], "{what}");
                ok(&mut server, "SET c 1");
                ok(&mut server, "BACKUP START");
                server.advance(200);
                ok(&mut server, "BACKUP SEAL");
                let files = disk.copied(&list(&mut server));
                let keys = restored(&files);
                assert!(keys.contains_key("a") && keys.contains_key("c"), "{what}");
            }
        }
    }
}

/// The process dies at any operation: a manifest in the directory means a whole backup, the data of
/// the server is as ever, and CLEANUP removes what is left.
#[test]
fn a_crash_at_any_operation_leaves_a_whole_backup_or_none() {
    for lines in [MODES[0], "appendonly yes\nappendfsync always", MODES[2]] {
        for dies_after in 0..90 {
            let disk = Shared::new();
            let mut server = start(&disk, lines);
            ok(&mut server, "SET a 1");
            call(&mut server, "SAVE");
            let from = disk.0.borrow().count;
            disk.0.borrow_mut().dies_at = from + dies_after;
            call(&mut server, "BACKUP START");
            call(&mut server, "SET b 1");
            let sealed = call(&mut server, "BACKUP SEAL");
            call(&mut server, "SET c 1");
            drop(server);
            let models = CrashModel::ALL.map(Some).into_iter().chain([None]);
            for (seed, model) in models.enumerate() {
                let what = format!("{lines} {dies_after} {model:?}");
                let left = disk.crashed(seed as u64 + dies_after, model);
                let names = left.list("backupdir");
                let is_whole = names.iter().any(|name| name == "appendonly.aof.manifest");
                assert!(is_whole || sealed != "+OK\r\n", "{what}");
                if is_whole {
                    let paths = names.iter().map(|name| format!("backupdir/{name}"));
                    let copy = left.copied(&paths.collect::<Vec<_>>());
                    assert_eq!(restored(&copy), data(&[("a", "1"), ("b", "1")]), "{what}");
                }
                let mut server = start(&left, lines);
                assert_eq!(call(&mut server, "GET a"), "$1\r\n1\r\n", "{what}");
                if lines == MODES[0] {
                    assert_eq!(left.list("appendonlydir"), [""; 0], "{what}");
                }
                is_in(&mut server, "idle");
                assert_eq!(list(&mut server), [""; 0]);
                ok(&mut server, "BACKUP CLEANUP");
                ok(&mut server, "SET a 2");
                ok(&mut server, "BACKUP START");
                ok(&mut server, "BACKUP SEAL");
                let copy = left.copied(&list(&mut server));
                assert_eq!(restored(&copy).get("a"), Some(&"2".to_owned()), "{what}");
            }
        }
    }
}

/// Files that are there for a backup alone are never taken for those of the server.
#[test]
fn a_crash_leaves_nothing_of_a_backup_that_is_loaded_later() {
    for dies_after in 0..60 {
        let disk = Shared::new();
        let mut server = start(&disk, "appendonly no");
        ok(&mut server, "SET a 1");
        ok(&mut server, "SAVE");
        let from = disk.0.borrow().count;
        disk.0.borrow_mut().dies_at = from + dies_after;
        call(&mut server, "SET b 1");
        call(&mut server, "BACKUP START");
        call(&mut server, "SET c 1");
        call(&mut server, "BACKUP SEAL");
        drop(server);
        let models = CrashModel::ALL.map(Some).into_iter().chain([None]);
        for (seed, model) in models.enumerate() {
            let left = disk.crashed(seed as u64 + dies_after, model);
            let what = format!("{dies_after} {model:?}");
            assert_eq!(restored(&left), data(&[("a", "1")]), "{what}");
            let names = left.list("appendonlydir");
            assert!(
                names.iter().all(|name| !name.contains("backup")),
                "{names:?}"
            );
        }
    }
}

/// Files that could not be removed stay marked, whatever fails later.
#[test]
fn what_an_aborted_backup_could_not_remove_is_removed_by_the_next_start() {
    let disk = Shared::new();
    let mut server = start(&disk, "appendonly no");
    ok(&mut server, "SET a 1");
    ok(&mut server, "BACKUP START");
    disk.fail(|op| match op {
        FileOp::Remove(path) => path.starts_with("appendonlydir") && path.contains(".1."),
        FileOp::Open { path, .. } => path.contains(".backup"),
        _ => false,
    });
    ok(&mut server, "BACKUP ABORT");
    ok(&mut server, "BACKUP CLEANUP");
    call(&mut server, "BACKUP START");
    disk.fail(|_| false);
    let left = disk.list("appendonlydir");
    let is_base = |name: &String| name.contains(".1.base.");
    assert!(left.iter().any(is_base), "{left:?}");
    for model in CrashModel::ALL.map(Some).into_iter().chain([None]) {
        let left = disk.crashed(1, model);
        start(&left, "appendonly no");
        assert_eq!(left.list("appendonlydir"), [""; 0], "{model:?}");
    }
    // Where they cannot be removed, only a server that appends cannot start.
    let fails: [fn(&FileOp) -> bool; 2] = [
        |op| matches!(op, FileOp::Remove(_)),
        |op| matches!(op, FileOp::Remove(path) if path.contains(".1.base.")),
    ];
    for fails in fails {
        for (lines, exit) in [("appendonly yes", Some(1)), ("appendonly no", None)] {
            let left = disk.crashed(1, None);
            left.fail(fails);
            assert_eq!(start(&left, lines).exit(), exit, "{lines}");
        }
    }
}

/// Appending that is turned on while a backup is open keeps what it promises from then on.
#[test]
fn a_crash_after_appending_was_turned_on_keeps_what_was_promised() {
    let fails: [fn(&FileOp) -> bool; 3] = [
        |_| false,
        |op| matches!(op, FileOp::Remove(path) if path.ends_with(".backup")),
        |op| matches!(op, FileOp::SyncDir(dir) if dir == "appendonlydir"),
    ];
    for (fails, dies_after) in fails.into_iter().flat_map(|f| (0..70).map(move |n| (f, n))) {
        let disk = Shared::new();
        let mut server = start(&disk, "appendonly no");
        ok(&mut server, "SET a 1");
        ok(&mut server, "SAVE");
        ok(&mut server, "BACKUP START");
        let from = disk.0.borrow().count;
        disk.0.borrow_mut().dies_at = from + dies_after;
        disk.fail(fails);
        call(&mut server, "CONFIG SET appendonly yes");
        server.advance(500);
        disk.fail(|_| false);
        server.advance(2_000);
        let client = server.connect();
        server.call(client, b"SET b 1\r\nWAITAOF 1 0 2000\r\n");
        server.advance(1_500);
        let is_safe = server.call(client, b"").starts_with(b"*2\r\n:1");
        assert!(is_safe || dies_after < 60, "it is never safe");
        drop(server);
        let models = CrashModel::ALL.map(Some).into_iter().chain([None]);
        for (seed, model) in models.enumerate() {
            let left = disk.crashed(seed as u64 + dies_after, model);
            let kept = restored(&left);
            let what = format!("{dies_after} {model:?} {kept:?}");
            assert_eq!(kept.get("a").map(|value| &**value), Some("1"), "{what}");
            assert!(!is_safe || kept.contains_key("b"), "{what}");
        }
    }
}

#[test]
fn the_end_of_the_server_ends_a_backup_and_removes_its_files() {
    for lines in MODES {
        for reached in ["SET x 1", "BACKUP START"] {
            let disk = Shared::new();
            let mut server = start(&disk, lines);
            ok(&mut server, "SET a 1");
            ok(&mut server, reached);
            call(&mut server, "SHUTDOWN SAVE");
            assert_eq!(server.exit(), Some(0), "{lines}");
            assert_eq!(disk.list("backupdir"), [""; 0], "{lines}");
            let files = disk.list("appendonlydir");
            let is_on = lines.starts_with("appendonly yes");
            assert_eq!(files.is_empty(), !is_on, "{lines} {files:?}");
            assert_eq!(restored(&disk).get("a").map(|value| &**value), Some("1"));
        }
        let disk = Shared::new();
        let mut server = start(&disk, lines);
        ok(&mut server, "SET a 1");
        ok(&mut server, "BACKUP START");
        ok(&mut server, "BACKUP SEAL");
        let files = list(&mut server);
        call(&mut server, "SHUTDOWN NOSAVE");
        assert_eq!(server.exit(), Some(0), "{lines}");
        assert_eq!(restored(&disk.copied(&files)), data(&[("a", "1")]));
    }
}

#[test]
fn files_are_copied_where_there_are_no_links() {
    let kinds = [
        ErrorKind::PermissionDenied,
        ErrorKind::Unsupported,
        ErrorKind::TooManyLinks,
        ErrorKind::CrossesDevices,
    ];
    for (lines, kind) in MODES.into_iter().zip(kinds) {
        let disk = Shared::new();
        disk.0.borrow_mut().links = Some(kind);
        let mut server = start(&disk, lines);
        let long = "x".repeat(700_000);
        let set = |key: &str| format!("*3\r\n$3\r\nSET\r\n$1\r\n{key}\r\n$700000\r\n{long}");
        assert_eq!(call(&mut server, &set("a")), "+OK\r\n");
        ok(&mut server, "BACKUP START");
        assert_eq!(call(&mut server, &set("b")), "+OK\r\n");
        ok(&mut server, "BACKUP SEAL");
        let files = list(&mut server);
        assert_eq!(files.len(), 3, "{lines}");
        ok(&mut server, "SET c 1");
        // The reply says that all of it is on the disk.
        let left = disk.crashed(1, Some(CrashModel::Strict));
        let is_whole = restored(&left.copied(&files)) == data(&[("a", &long), ("b", &long)]);
        assert!(is_whole, "{lines}");
        ok(&mut server, "BACKUP CLEANUP");
        assert_eq!(disk.list("backupdir"), [""; 0]);
    }
}
