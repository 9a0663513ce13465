//! Restarts: what is loaded is what was there.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{CrashModel, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::loopback::Loopback;

use crate::on_disk::{call, configured, names, start_later};

/// A disk that outlives its node, and may be full.
#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>, Rc<Cell<bool>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        if self.1.get() && matches!(op, FileOp::Write { .. }) {
            let text = "No space left on device";
            return Err(Failure::new(ErrorKind::StorageFull, text));
        }
        self.0.borrow_mut().perform(op)
    }
}

fn start(disk: &Shared, lines: &str, later_ms: u64) -> Loopback {
    start_later(disk.clone(), lines, later_ms)
}

fn disk() -> Shared {
    Shared(
        Rc::new(RefCell::new(MemoryDisk::new("/data"))),
        Rc::default(),
    )
}

#[test]
fn a_key_that_was_changed_before_its_deadline_is_not_made_anew_after_it() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    for request in ["SET k a PX 100", "APPEND k b", "HSET h f v g w"] {
        call(&mut server, request);
    }
    call(&mut server, "HPEXPIRE h 100 FIELDS 2 f g");
    call(&mut server, "HINCRBY h n 1");
    call(&mut server, "HDEL h n");
    let mut server = start(&disk, "appendonly yes", 50);
    assert_eq!(call(&mut server, "GET k"), "$2\r\nab\r\n");
    let mut server = start(&disk, "appendonly yes", 1_000);
    server.advance(500);
    assert_eq!(call(&mut server, "EXISTS k h"), ":0\r\n");
    call(&mut server, "SET k c");
    assert_eq!(call(&mut server, "PTTL k"), ":-1\r\n");
}

#[test]
fn a_field_that_had_expired_is_not_kept_by_those_that_lost_their_deadlines() {
    let disk = disk();
    let lines = "appendonly yes\nenable-debug-command yes";
    let mut server = start(&disk, lines, 0);
    for request in [
        "DEBUG SET-ACTIVE-EXPIRE 0",
        "HSET h f v g w",
        "HPEXPIRE h 10 FIELDS 1 f",
        "HPEXPIRE h 1000 FIELDS 1 g",
    ] {
        call(&mut server, request);
    }
    server.advance(20);
    let reply = call(&mut server, "HPERSIST h FIELDS 2 f g");
    assert_eq!(reply, "*2\r\n:-2\r\n:1\r\n");
    let mut server = start(&disk, lines, 5_000);
    let reply = call(&mut server, "HGETALL h");
    assert_eq!(reply, "*2\r\n$1\r\ng\r\n$1\r\nw\r\n");
}

#[test]
fn data_that_was_loaded_survives_a_crash_of_the_machine() {
    for (lines, save) in [("appendonly yes\nappendfsync no", "PING"), ("", "SAVE")] {
        let disk = disk();
        let mut server = start(&disk, lines, 0);
        call(&mut server, "SET k v");
        call(&mut server, save);
        disk.0.borrow_mut().kill();
        let mut server = start(&disk, lines, 1);
        assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n");
        disk.0.borrow_mut().crash();
        let mut server = start(&disk, lines, 2);
        assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n", "{lines}");
    }
}

#[test]
fn a_torn_file_is_cut_and_written_to_again() {
    let disk = disk();
    let lines = "appendonly yes\nappendfsync no";
    let mut server = start(&disk, lines, 0);
    call(&mut server, "SET k v");
    call(&mut server, "CONFIG SET appendfsync always");
    call(&mut server, "CONFIG SET appendfsync no");
    call(&mut server, "SET k w");
    for seed in 0..20 {
        let mut rng = russet_base::Rng::new(seed);
        disk.0.borrow_mut().crash_with(&mut rng, CrashModel::Torn);
        let mut server = start(&disk, lines, seed);
        let value = call(&mut server, "GET k");
        assert!(["$1\r\nv\r\n", "$1\r\nw\r\n"].contains(&&*value), "{value}");
        call(&mut server, "SET k w");
    }
}

#[test]
fn while_the_disk_is_full_only_writes_wait_and_they_are_kept() {
    let disk = disk();
    let lines = "appendonly yes\nappendfsync always";
    let mut server = start(&disk, lines, 0);
    let writer = server.connect();
    assert_eq!(server.call(writer, b"SET a 1\r\n"), b"+OK\r\n");
    disk.1.set(true);
    assert_eq!(server.call(writer, b"SET a 2\r\n"), b"");
    for _ in 0..3 {
        assert_eq!(call(&mut server, "GET a"), "$1\r\n2\r\n");
        assert!(call(&mut server, "SET a 3").starts_with("-MISCONF Errors writing to the AOF"));
        server.advance(1_000);
    }
    assert_eq!(server.call(writer, b""), b"");
    disk.1.set(false);
    for _ in 0..30 {
        server.advance(100);
    }
    assert_eq!(server.call(writer, b""), b"+OK\r\n");
    assert_eq!(call(&mut server, "SET b 1"), "+OK\r\n");
    disk.0.borrow_mut().crash();
    let mut server = start(&disk, lines, 1);
    assert_eq!(
        call(&mut server, "MGET a b"),
        "*2\r\n$1\r\n2\r\n$1\r\n1\r\n"
    );
}

#[test]
fn appending_that_is_turned_off_refuses_nothing() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    disk.1.set(true);
    call(&mut server, "SET a 1");
    assert!(call(&mut server, "SET a 2").starts_with("-MISCONF"));
    assert_eq!(call(&mut server, "CONFIG SET appendonly no"), "+OK\r\n");
    assert_eq!(call(&mut server, "SET a 2"), "+OK\r\n");
}

/// Facts about keys and files that no server would write.
#[test]
fn a_dump_with_extreme_facts_is_loaded_and_served() {
    for access in [
        &b"\xf8\x81\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\xf9\xff",
        b"",
    ] {
        for deadline in [i64::MIN, -2, 0, 1 << 48, i64::MAX - 1, i64::MAX] {
            let mut file = b"REDIS0010\xfa\x05ctime\x14-9223372036854775808".to_vec();
            file.extend_from_slice(b"\xfa\x08used-mem\x04-1e9\xfe\x00\xfc");
            file.extend_from_slice(&deadline.to_le_bytes());
            file.extend_from_slice(access);
            file.extend_from_slice(b"\x00\x01k\x01v\xff");
            file.extend_from_slice(&[0; 8]);
            let disk = disk();
            disk.0.borrow_mut().put("dump.rdb", &file);
            let lines = "enable-debug-command yes\nmaxmemory-policy allkeys-lfu";
            let mut server = start(&disk, lines, 0);
            let is_there = deadline > 1 << 47;
            for request in ["DBSIZE", "EXISTS k"] {
                assert_eq!(
                    call(&mut server, request),
                    format!(":{}\r\n", u8::from(is_there))
                );
            }
            for request in ["PTTL k", "PEXPIRETIME k", "OBJECT FREQ k", "INFO", "DUMP k"] {
                assert!(!call(&mut server, request).is_empty());
            }
            assert_eq!(call(&mut server, "DEBUG RELOAD"), "+OK\r\n");
            server.advance(1_000);
            assert_eq!(
                call(&mut server, "DBSIZE"),
                format!(":{}\r\n", u8::from(is_there))
            );
        }
    }
}

const DIR: &str = "appendonlydir";

#[test]
fn history_that_was_kept_is_removed_when_that_ends() {
    for restarts in [false, true] {
        let disk = disk();
        let mut server = start(&disk, "appendonly yes\naof-disable-auto-gc yes", 0);
        call(&mut server, "SET k v");
        call(&mut server, "BGREWRITEAOF");
        assert_eq!(names(&disk, DIR).len(), 5);
        match restarts {
            true => server = start(&disk, "appendonly yes", 1),
            false => drop(call(&mut server, "CONFIG SET aof-disable-auto-gc no")),
        }
        server.advance(1);
        let expected = [
            "appendonly.aof.2.base.rdb",
            "appendonly.aof.2.incr.aof",
            "appendonly.aof.manifest",
        ];
        assert_eq!(names(&disk, DIR), expected);
        let mut server = start(&disk, "appendonly yes", 2);
        assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n");
    }
}

#[test]
fn appending_that_is_turned_on_later_goes_on_behind_the_files_that_are_there() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    call(&mut server, "SET old 1");
    let mut server = start(&disk, "", 1);
    assert_eq!(call(&mut server, "DBSIZE"), ":0\r\n");
    call(&mut server, "SET new 1");
    assert_eq!(call(&mut server, "CONFIG SET appendonly yes"), "+OK\r\n");
    call(&mut server, "SET newer 1");
    let expected = [
        "appendonly.aof.2.base.rdb",
        "appendonly.aof.2.incr.aof",
        "appendonly.aof.manifest",
    ];
    assert_eq!(names(&disk, DIR), expected);
    let mut server = start(&disk, "appendonly yes", 2);
    assert_eq!(call(&mut server, "EXISTS old"), ":0\r\n");
    assert_eq!(call(&mut server, "EXISTS new newer"), ":2\r\n");
}

#[test]
fn a_manifest_that_is_damaged_ends_the_start_even_if_it_is_not_needed() {
    let disk = disk();
    start(&disk, "appendonly yes", 0);
    disk.0
        .borrow_mut()
        .put("appendonlydir/appendonly.aof.manifest", b"file x\n");
    assert_eq!(start(&disk, "", 1).exit(), Some(1));
}

#[test]
fn unfinished_dumps_are_swept_at_the_start_and_other_files_are_not() {
    let disk = disk();
    let others = [
        "temp-.rdb",
        "temp-7.aof",
        "temp-x7.rdb",
        "x-temp-7.rdb",
        "dump.rdb.bak",
    ];
    for name in ["temp-7.rdb", "temp-7.3.rdb", "temp-0.rdb"]
        .iter()
        .chain(&others)
    {
        disk.0.borrow_mut().put(name, b"x");
    }
    start(&disk, "", 0);
    let mut others = others.to_vec();
    others.sort_unstable();
    assert_eq!(names(&disk, "."), others);
}

#[test]
fn every_reply_before_appending_was_turned_off_stays_true() {
    for lines in ["always", "everysec", "no"] {
        let lines = format!("appendonly yes\nappendfsync {lines}");
        let disk = disk();
        let mut server = start(&disk, &lines, 0);
        for round in 0..3 {
            assert_eq!(call(&mut server, &format!("SET k {round}")), "+OK\r\n");
            assert_eq!(call(&mut server, "CONFIG SET appendonly no"), "+OK\r\n");
            server.advance(1);
            assert_eq!(call(&mut server, "SET k later"), "+OK\r\n");
            disk.0.borrow_mut().crash();
            server = start(&disk, &lines, round);
            assert_eq!(call(&mut server, "GET k"), format!("$1\r\n{round}\r\n"));
        }
    }
}

#[test]
fn loading_the_append_only_file_again_keeps_what_a_rewrite_has_moved() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes\nenable-debug-command yes", 0);
    for round in 0..3 {
        call(&mut server, &format!("SET k{round} v"));
        call(&mut server, "BGREWRITEAOF");
        call(&mut server, &format!("SET l{round} v"));
        assert_eq!(call(&mut server, "DEBUG LOADAOF"), "+OK\r\n");
        assert_eq!(
            call(&mut server, "DBSIZE"),
            format!(":{}\r\n", 2 * (round + 1))
        );
    }
    let mut server = start(&disk, "appendonly yes", 1);
    assert_eq!(call(&mut server, "DBSIZE"), ":6\r\n");
}

#[test]
fn a_failed_load_of_the_append_only_file_is_called_so() {
    let mut disk = disk();
    let mut server = start(&disk, "enable-debug-command yes", 0);
    let refusal = "-ERR Error trying to load the AOF files, check server logs.\r\n";
    assert_eq!(call(&mut server, "DEBUG LOADAOF"), refusal);
    let mut server = start(&disk, "enable-debug-command yes\nappendonly yes", 0);
    call(&mut server, "SET k v");
    let increment = names(&disk, "appendonlydir")
        .into_iter()
        .find(|name| name.contains("incr"));
    let path = format!("appendonlydir/{}", increment.expect("it is there"));
    let removed = disk.perform(FileOp::Remove(path));
    removed.expect("it is there");
    assert_eq!(call(&mut server, "DEBUG LOADAOF"), refusal);
}

#[test]
fn a_rewrite_that_is_asked_for_while_appending_ends_begins_then() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    let client = server.connect();
    let requests = b"SET k v\r\nCONFIG SET appendonly no\r\nSET k w\r\nBGREWRITEAOF\r\n";
    let replies = server.call(client, requests);
    assert_eq!(
        String::from_utf8_lossy(&replies),
        "+OK\r\n+OK\r\n+OK\r\n+Background append only file rewriting scheduled\r\n"
    );
    server.advance(200);
    server.advance(200);
    let info = call(&mut server, "INFO persistence");
    assert!(info.contains("aof_rewrites:1\r\n"), "{info}");
    let mut server = start(&disk, "appendonly yes", 1);
    assert_eq!(call(&mut server, "GET k"), "$1\r\nw\r\n");
}

#[test]
fn a_value_in_an_old_form_that_is_too_long_to_be_packed_is_not_packed() {
    // A zipmap of the fields f1 and f2 with the values v1 and v2.
    let zipmap = b"\x02\x02f1\x02\x00v1\x02f2\x02\x00v2\xff";
    let mut file = b"REDIS0003\xfe\x00\x09\x04hash".to_vec();
    file.push(zipmap.len() as u8);
    file.extend_from_slice(zipmap);
    file.push(0xff);
    for (lines, encoding) in [("", "listpack"), ("hash-max-listpack-value 1", "hashtable")] {
        let disk = disk();
        disk.0.borrow_mut().put("dump.rdb", &file);
        let mut server = start(&disk, lines, 0);
        let expected = format!("${}\r\n{encoding}\r\n", encoding.len());
        assert_eq!(call(&mut server, "OBJECT ENCODING hash"), expected);
        assert_eq!(call(&mut server, "HGET hash f2"), "$2\r\nv2\r\n");
    }
}

#[test]
fn a_dump_that_is_named_like_a_temporary_file_stays() {
    let disk = disk();
    let lines = "dbfilename temp-4000000.rdb";
    let mut server = start(&disk, lines, 0);
    call(&mut server, "SET k v");
    call(&mut server, "SAVE");
    let mut server = start(&disk, lines, 1);
    assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn a_save_in_a_transaction_holds_all_of_it() {
    let disk = disk();
    let mut server = start(&disk, "", 0);
    let client = server.connect();
    let replies = server.call(
        client,
        b"MULTI\r\nSET a 1\r\nBGSAVE\r\nBGREWRITEAOF\r\nSET a 2\r\nEXEC\r\n",
    );
    let replies = String::from_utf8_lossy(&replies);
    assert!(
        replies.contains("+Background saving scheduled"),
        "{replies}"
    );
    assert!(replies.contains("rewriting scheduled"), "{replies}");
    server.advance(1_000);
    disk.0.borrow_mut().kill();
    let mut server = start(&disk, "", 2_000);
    assert_eq!(call(&mut server, "GET a"), "$1\r\n2\r\n");
}

#[test]
fn changes_of_a_database_that_is_not_there_end_the_start() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    let client = server.connect();
    server.call(client, b"SET a 0\r\nSELECT 3\r\nSET a 3\r\n");
    assert_eq!(
        start(&disk, "appendonly yes\ndatabases 2", 1).exit(),
        Some(1)
    );
    let mut server = start(&disk, "appendonly yes", 2);
    assert_eq!(call(&mut server, "GET a"), "$1\r\n0\r\n");
}

#[test]
fn a_file_that_is_not_the_last_is_refused_wherever_it_was_cut() {
    for preamble in ["yes", "no"] {
        let lines = format!("appendonly yes\naof-use-rdb-preamble {preamble}");
        let disk = disk();
        let mut server = start(&disk, &lines, 0);
        // A sealed backup leaves its increment behind the base, and goes on with another one.
        for request in [
            "SET a 1",
            "BACKUP START",
            "SET b 1",
            "SET c 1",
            "BACKUP SEAL",
            "SET d 1",
        ] {
            assert_eq!(call(&mut server, request), "+OK\r\n", "{request}");
            server.advance(200);
        }
        let names = names(&disk, DIR);
        let base = names.iter().find(|name| name.contains(".base."));
        let incr = names.iter().find(|name| name.contains(".2.incr."));
        assert_eq!(names.len(), 4, "{names:?}");
        for name in [base, incr] {
            let path = format!("{DIR}/{}", name.expect("it is there"));
            let whole = disk.0.borrow().live(&path).map(<[u8]>::to_vec);
            let whole = whole.expect("it is there");
            for len in 0..whole.len() {
                disk.0.borrow_mut().put(&path, &whole[..len]);
                assert_eq!(start(&disk, &lines, 1).exit(), Some(1), "{path} {len}");
            }
            disk.0.borrow_mut().put(&path, &whole);
        }
        let mut server = start(&disk, &lines, 1);
        assert_eq!(call(&mut server, "EXISTS a b c d"), ":4\r\n");
    }
}

#[test]
fn a_manifest_that_was_cut_ends_the_start() {
    let disk = disk();
    let mut server = start(&disk, "appendonly yes", 0);
    call(&mut server, "SET a 1");
    let path = format!("{DIR}/appendonly.aof.manifest");
    let whole = disk.0.borrow().live(&path).map(<[u8]>::to_vec);
    let whole = whole.expect("it is there");
    for len in 0..whole.len() {
        disk.0.borrow_mut().put(&path, &whole[..len]);
        let exit = start(&disk, "appendonly yes", 1).exit();
        assert_eq!(exit, Some(1), "{}", whole[..len].escape_ascii());
    }
}

#[test]
fn files_hold_the_names_that_commands_have_of_their_own() {
    let disk = disk();
    let settings = "appendonly yes\nsave ''\n";
    // SET is called STORE, and MSET is called SET; deadlines and deletions cannot be asked for.
    let renames = "rename-command SET STORE\nrename-command MSET SET\nrename-command DEL ''\n\
        rename-command PEXPIREAT ''\nrename-command XGROUP GROUPS\nrename-command EXPIRE LASTS\n\
        rename-command MULTI BEGIN\nrename-command FLUSHALL ''\n";
    let renamed = format!("{settings}{renames}");
    {
        let mut server = start(&disk, &renamed, 0);
        call(
            &mut server,
            "STORE a 1\r\nSET b 2 c 3\r\nLASTS c 1000\r\nSTORE gone 1 PX 5",
        );
        call(
            &mut server,
            "GROUPS CREATE s g $ MKSTREAM\r\nBEGIN\r\nSTORE d 4\r\nAPPEND d 5\r\nEXEC",
        );
        server.advance(100);
    }
    let is_whole = |server: &mut Loopback| {
        assert_eq!(
            call(server, "MGET a b c d"),
            "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$2\r\n45\r\n"
        );
        assert_eq!(call(server, "DBSIZE"), ":5\r\n");
        assert_eq!(call(server, "TTL c"), ":1000\r\n");
    };
    is_whole(&mut start(&disk, &renamed, 200));
    is_whole(&mut start(&disk, settings, 200));
}

#[test]
fn flushing_all_is_dumped_at_once_whatever_it_is_called() {
    let disk = disk();
    let settings = "save 3600 1000\nrename-command FLUSHALL WIPE\n";
    let mut server = start(&disk, settings, 0);
    call(&mut server, "SET k v\r\nSAVE\r\nWIPE");
    server.advance(200);
    drop(server);
    assert_eq!(call(&mut start(&disk, settings, 300), "DBSIZE"), ":0\r\n");
}

#[test]
fn requests_wait_until_it_is_known_whether_there_is_data() {
    for lines in ["appendonly no\n", "appendonly yes\n"] {
        let mut server = configured(lines);
        server.hold_jobs();
        server.start(Box::new(disk()));
        let client = server.connect();
        server.send(client, b"SET k v\r\nGET k\r\n");
        let mut replies = Vec::new();
        server.receive_into(client, &mut replies);
        assert!(replies.is_empty(), "{lines}: {replies:?}");
        server.release_jobs();
        server.receive_into(client, &mut replies);
        assert_eq!(replies, b"+OK\r\n$1\r\nv\r\n", "{lines}");
    }
}
