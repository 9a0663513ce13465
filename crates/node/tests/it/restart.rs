//! Restarts: what is loaded is what was there.

use std::cell::RefCell;
use std::rc::Rc;

use russet_io::{CrashModel, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

/// A disk that outlives its node.
#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        self.0.borrow_mut().perform(op)
    }
}

fn start(disk: &Shared, lines: &str, later_ms: u64) -> Loopback {
    let sources = [Text {
        name: "test".into(),
        text: lines.into(),
    }];
    let config = Config::load(&sources, &mut |_| Err(String::new())).expect("the text is right");
    let mut server = Loopback::new(config);
    server.advance(later_ms);
    server.start(Box::new(disk.clone()));
    server
}

fn call(server: &mut Loopback, request: &str) -> String {
    let client = server.connect();
    let replies = server.call(client, format!("{request}\r\n").as_bytes());
    String::from_utf8_lossy(&replies).into_owned()
}

fn disk() -> Shared {
    Shared(Rc::new(RefCell::new(MemoryDisk::new("/data"))))
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
