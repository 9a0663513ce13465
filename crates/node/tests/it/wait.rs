//! WAITAOF: a local 1 is heard after the sync, and never before it.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::loopback::Loopback;

use crate::on_disk::{self, call};

/// A disk that counts syncs, and may fail them.
#[derive(Clone, Default)]
struct Watched {
    disk: Rc<RefCell<MemoryDisk>>,
    syncs: Rc<Cell<u32>>,
    fails: Rc<Cell<bool>>,
}

impl Disk for Watched {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        if let FileOp::Sync(file) = op {
            if self.fails.get() {
                self.disk.borrow_mut().lose(file);
                return Err(Failure::new(ErrorKind::Other, "Input/output error"));
            }
            self.syncs.set(self.syncs.get() + 1);
        }
        self.disk.borrow_mut().perform(op)
    }
}

fn start(lines: &str) -> (Loopback, Watched) {
    let disk = Watched {
        disk: Rc::new(RefCell::new(MemoryDisk::new("/data"))),
        ..Watched::default()
    };
    (start_on(&disk, lines), disk)
}

fn start_on(disk: &Watched, lines: &str) -> Loopback {
    on_disk::start(disk.clone(), lines)
}

const SYNCED: &[u8] = b"*2\r\n:1\r\n:0\r\n";
const UNSYNCED: &[u8] = b"*2\r\n:0\r\n:0\r\n";

#[test]
fn a_write_is_not_said_to_be_synced_before_it_is() {
    let (mut server, disk) = start("appendonly yes\nappendfsync everysec");
    let client = server.connect();
    assert_eq!(server.call(client, b"WAITAOF 1 0 0\r\n"), SYNCED);
    for _ in 0..3 {
        let before = disk.syncs.get();
        let request = b"SET k v\r\nWAITAOF 1 0 0\r\n";
        assert_eq!(server.call(client, request), b"+OK\r\n");
        server.advance(500);
        assert_eq!(
            (server.call(client, b""), disk.syncs.get()),
            (vec![], before)
        );
        server.advance(500);
        assert_eq!(server.call(client, b""), SYNCED);
        assert_eq!(disk.syncs.get(), before + 1);
    }
}

#[test]
fn each_waits_for_what_it_has_written_itself() {
    let (mut server, _) = start("appendonly yes\nappendfsync no");
    let (writer, reader) = (server.connect(), server.connect());
    assert_eq!(server.call(writer, b"SET k v\r\n"), b"+OK\r\n");
    let request = b"GET k\r\nSETNX k w\r\n";
    assert_eq!(server.call(reader, request), b"$1\r\nv\r\n:0\r\n");
    assert_eq!(server.call(reader, b"WAITAOF 1 0 0\r\n"), SYNCED);
    assert_eq!(server.call(writer, b"WAITAOF 1 0 100\r\n"), b"");
    server.advance(100);
    assert_eq!(server.call(writer, b""), UNSYNCED);
    let request = b"MULTI\r\nWAITAOF 1 0 0\r\nEXEC\r\n";
    let expected = b"+OK\r\n+QUEUED\r\n*1\r\n*2\r\n:0\r\n:0\r\n";
    assert_eq!(server.call(writer, request), expected);
    // A pop that waited is a write of the one that waited.
    assert_eq!(server.call(reader, b"BLPOP l 0\r\n"), b"");
    assert_eq!(server.call(writer, b"RPUSH l x\r\n"), b":1\r\n");
    let popped = b"*2\r\n$1\r\nl\r\n$1\r\nx\r\n";
    assert_eq!(server.call(reader, b"WAITAOF 1 0 100\r\n"), popped);
    server.advance(100);
    assert_eq!(server.call(reader, b""), UNSYNCED);
}

#[test]
fn after_a_failed_sync_nothing_counts_before_a_fresh_base() {
    let (mut server, disk) = start("appendonly yes\nappendfsync everysec");
    let client = server.connect();
    assert_eq!(server.call(client, b"SET k v\r\n"), b"+OK\r\n");
    disk.fails.set(true);
    assert_eq!(server.call(client, b"WAITAOF 1 0 0\r\n"), b"");
    for _ in 0..30 {
        server.advance(100);
        assert_eq!(server.call(client, b""), b"");
    }
    disk.fails.set(false);
    server.advance(2_000);
    assert_eq!(server.call(client, b""), SYNCED);
    disk.disk.borrow_mut().crash();
    let mut server = start_on(&disk, "appendonly yes");
    assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn turning_the_file_off_ends_the_wait_and_on_lasts_until_the_base_is_there() {
    let (mut server, disk) = start("appendonly yes\nappendfsync no");
    let client = server.connect();
    let request = b"SET k v\r\nWAITAOF 1 0 0\r\n";
    assert_eq!(server.call(client, request), b"+OK\r\n");
    call(&mut server, "CONFIG SET appendonly no");
    let error = "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n";
    assert_eq!(server.call(client, b""), error.as_bytes());
    // Nothing records this write: only the base will have it.
    assert_eq!(server.call(client, b"SET k w\r\n"), b"+OK\r\n");
    disk.fails.set(true);
    call(&mut server, "CONFIG SET appendonly yes");
    assert_eq!(server.call(client, b"WAITAOF 1 0 0\r\n"), b"");
    server.advance(3_000);
    assert_eq!(server.call(client, b""), b"");
    disk.fails.set(false);
    server.advance(3_000);
    assert_eq!(server.call(client, b""), SYNCED);
}

#[test]
fn replies_wait_for_a_sync_that_stalls_until_it_ends() {
    let (mut server, _) = start("appendonly yes\nappendfsync everysec");
    let client = server.connect();
    server.call(client, b"SET k v\r\n");
    server.hold_jobs();
    server.advance(950);
    assert_eq!(server.call(client, b"SET k w\r\n"), b"+OK\r\n");
    server.advance(1100);
    assert_eq!(server.call(client, b"SET k x\r\n"), b"");
    // Settings that change nothing of it do not open the fence.
    let other = server.connect();
    for request in ["auto-aof-rewrite-percentage 50", "appendfsync everysec"] {
        server.call(other, format!("CONFIG SET {request}\r\n").as_bytes());
        server.advance(10);
        assert_eq!(server.call(client, b"SET k x\r\n"), b"");
    }
    server.release_jobs();
    assert_eq!(
        server.call(client, b"PING\r\n"),
        b"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n"
    );
    let info = call(&mut server, "INFO persistence");
    assert!(info.contains("aof_delayed_fsync:1\r\n"), "{info}");
}

#[test]
fn a_sync_that_stalls_does_not_hold_replies_once_none_is_asked_for() {
    let (mut server, _) = start("appendonly yes\nappendfsync everysec");
    let client = server.connect();
    server.call(client, b"SET k v\r\n");
    server.hold_jobs();
    server.advance(950);
    server.advance(1100);
    assert_eq!(server.call(client, b"SET k x\r\n"), b"");
    call(&mut server, "CONFIG SET appendfsync no");
    assert_eq!(server.call(client, b"SET k x\r\n"), b"+OK\r\n+OK\r\n");
}

#[test]
fn data_that_cannot_be_synced_is_not_loaded_again() {
    let (mut server, disk) = start("appendonly yes\nenable-debug-command yes");
    call(&mut server, "SET k v");
    disk.fails.set(true);
    assert_eq!(
        call(&mut server, "DEBUG LOADAOF"),
        "-ERR Error trying to load the AOF files, check server logs.\r\n"
    );
    disk.fails.set(false);
    assert_eq!(call(&mut server, "GET k"), "$1\r\nv\r\n");
    server.advance(5000);
    assert_eq!(
        call(&mut start_on(&disk, "appendonly yes"), "GET k"),
        "$1\r\nv\r\n"
    );
}

#[test]
fn a_message_about_a_change_waits_for_its_sync_and_others_do_not_hear_of_it_before() {
    let (mut server, _) = start("appendonly yes\nappendfsync always\nnotify-keyspace-events KA");
    let (listener, writer) = (server.connect(), server.connect());
    server.call(listener, b"PSUBSCRIBE *\r\n");
    server.hold_jobs();
    let requests: [&[u8]; 3] = [
        b"SET k v\r\n",
        b"MULTI\r\nSET k w\r\nPUBLISH news x\r\nEXEC\r\n",
        b"PUBLISH news y\r\n",
    ];
    for request in requests {
        assert_eq!(server.call(writer, request), b"");
        assert_eq!(server.call(listener, b""), b"");
    }
    server.release_jobs();
    server.advance(1);
    let heard = String::from_utf8(server.call(listener, b"")).expect("it is text");
    assert_eq!(heard.matches("pmessage").count(), 4, "{heard}");
    assert!(heard.ends_with("news\r\n$1\r\ny\r\n"), "{heard}");
}
