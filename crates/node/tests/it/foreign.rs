//! Files that this server would not have written: damaged, edited, or removed under its feet.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::loopback::Loopback;

use crate::on_disk::{call, start};

/// A disk that outlives its node, and may lose the directory of the append-only files.
#[derive(Clone)]
struct Shared(Rc<RefCell<MemoryDisk>>, Rc<Cell<bool>>);

impl Disk for Shared {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        match &op {
            FileOp::CreateDir(_) => self.1.set(false),
            FileOp::Open { path, .. } if self.1.get() && path.starts_with(DIR) => {
                let text = "No such file or directory";
                return Err(Failure::new(ErrorKind::NotFound, text));
            }
            _ => {}
        }
        self.0.borrow_mut().perform(op)
    }
}

const DIR: &str = "appendonlydir";

fn disk() -> Shared {
    let disk = MemoryDisk::new("/data");
    Shared(Rc::new(RefCell::new(disk)), Rc::default())
}

/// Starts a server on increments with these contents.
fn start_on(increments: &[&str]) -> Loopback {
    let disk = disk();
    let mut manifest = String::new();
    for (index, commands) in increments.iter().enumerate() {
        let seq = index + 1;
        let name = format!("appendonly.aof.{seq}.incr.aof");
        manifest += &format!("file {name} seq {seq} type i\n");
        let mut bytes = Vec::new();
        for command in commands.split(", ") {
            let words: Vec<&str> = command.split(' ').collect();
            bytes.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
            for word in words {
                bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
            }
        }
        let path = format!("{DIR}/{name}");
        disk.0.borrow_mut().put(&path, &bytes);
    }
    let path = format!("{DIR}/appendonly.aof.manifest");
    disk.0.borrow_mut().put(&path, manifest.as_bytes());
    start(disk, "appendonly yes")
}

#[test]
fn a_dump_with_a_wrong_checksum_is_loaded_when_checksums_are_off() {
    let file = b"REDIS0010\xfe\x00\x00\x01a\x0210\xff12345678";
    for (lines, exit) in [("", Some(1)), ("rdbchecksum no", None)] {
        let disk = disk();
        disk.0.borrow_mut().put("dump.rdb", file);
        let mut server = start(disk, lines);
        assert_eq!(server.exit(), exit);
        if exit.is_none() {
            assert_eq!(call(&mut server, "GET a"), "$2\r\n10\r\n");
        }
    }
}

#[test]
fn a_command_with_too_few_arguments_ends_the_start() {
    for commands in ["SET a 1, SET b", "SET a 1, XGROUP CREATE s"] {
        assert_eq!(start_on(&[commands]).exit(), Some(1), "{commands}");
    }
}

#[test]
fn each_increment_begins_in_database_0() {
    let mut server = start_on(&["SELECT 3, SET a 3", "SET a 0"]);
    assert_eq!(call(&mut server, "GET a"), "$1\r\n0\r\n");
}

#[test]
fn commands_that_need_a_connection_are_passed_over() {
    let commands = "SUBSCRIBE c, PSUBSCRIBE p*, SSUBSCRIBE s, SHUTDOWN NOSAVE, SAVE, SET a 1";
    let mut server = start_on(&[commands]);
    assert_eq!(server.exit(), None);
    assert_eq!(call(&mut server, "GET a"), "$1\r\n1\r\n");
    assert_eq!(call(&mut server, "PUBLISH c hello"), ":0\r\n");
    assert_eq!(call(&mut server, "PUBSUB NUMPAT"), ":0\r\n");
}

#[test]
fn a_rewrite_that_finds_the_directory_gone_makes_another_one() {
    let disk = disk();
    let mut server = start(disk.clone(), "appendonly yes");
    call(&mut server, "SET a 1");
    disk.1.set(true);
    call(&mut server, "BGREWRITEAOF");
    server.advance(3_000);
    assert_eq!(call(&mut server, "SET b 2"), "+OK\r\n");
    assert!(!disk.1.get(), "a directory was made");
    disk.0.borrow_mut().kill();
    let mut server = start(disk, "appendonly yes");
    assert_eq!(call(&mut server, "EXISTS a b"), ":2\r\n");
}
