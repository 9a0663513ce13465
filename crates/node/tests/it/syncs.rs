//! Syncs of the append-only file before a slow disk: when they begin, and what waits for them.
//!
//! Always true: the disk takes as long as a test lets it.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use russet_io::{ConnId, Disk, Failure, FileOp, FileReply, MemoryDisk};
use russet_node::loopback::Loopback;

use crate::on_disk;

/// A disk that counts what is written and synced, may fail to sync, and may refuse anything.
#[derive(Clone)]
pub(crate) struct Counted {
    pub(crate) disk: Rc<RefCell<MemoryDisk>>,
    writes: Rc<Cell<u32>>,
    syncs: Rc<Cell<u32>>,
    pub(crate) fails: Rc<Cell<bool>>,
    pub(crate) refuses: Rc<Cell<Option<Refuses>>>,
}

/// Whether the disk refuses an operation.
type Refuses = fn(&FileOp) -> bool;

impl Counted {
    pub(crate) fn new() -> Self {
        Self {
            disk: Rc::new(RefCell::new(MemoryDisk::new("/data"))),
            writes: Rc::default(),
            syncs: Rc::default(),
            fails: Rc::default(),
            refuses: Rc::default(),
        }
    }

    /// The writes and the syncs since the last call.
    pub(crate) fn taken(&self) -> (u32, u32) {
        (self.writes.take(), self.syncs.take())
    }
}

impl Disk for Counted {
    fn perform(&mut self, op: FileOp) -> Result<FileReply, Failure> {
        if self.refuses.get().is_some_and(|refuses| refuses(&op)) {
            return Err(Failure::new(ErrorKind::Other, "Input/output error"));
        }
        match op {
            FileOp::Write { .. } => self.writes.set(self.writes.get() + 1),
            FileOp::Sync(file) if self.fails.get() => {
                self.disk.borrow_mut().lose(file);
                return Err(Failure::new(ErrorKind::Other, "Input/output error"));
            }
            FileOp::Sync(_) => self.syncs.set(self.syncs.get() + 1),
            _ => {}
        }
        self.disk.borrow_mut().perform(op)
    }
}

/// A server whose append-only file is open, before a disk that is slow from now on.
pub(crate) fn start(lines: &str) -> (Loopback, Counted) {
    let disk = Counted::new();
    let mut server = start_on(&disk, lines);
    server.hold_jobs();
    (server, disk)
}

pub(crate) fn start_on(disk: &Counted, lines: &str) -> Loopback {
    let server = on_disk::start(disk.clone(), lines);
    disk.taken();
    server
}

pub(crate) fn call(server: &mut Loopback, client: ConnId, request: &str) -> String {
    let replies = server.call(client, format!("{request}\r\n").as_bytes());
    String::from_utf8_lossy(&replies).into_owned()
}

pub(crate) fn receive(server: &mut Loopback, client: ConnId) -> String {
    String::from_utf8_lossy(&server.call(client, b"")).into_owned()
}

pub(crate) fn field(server: &mut Loopback, name: &str) -> String {
    let client = server.connect();
    let text = call(server, client, "INFO persistence");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.strip_prefix(':'))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .to_owned()
}

/// Between two cycles of the node, in microseconds.
const CYCLE_US: u64 = 100_000;

pub(crate) const EVERY_SECOND: &str = "appendonly yes\nappendfsync everysec";
pub(crate) const ALWAYS: &str = "appendonly yes\nappendfsync always";

#[test]
fn a_sync_begins_nine_tenths_of_a_second_after_the_oldest_change() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "SET k v"), "+OK\r\n");
    server.advance(500);
    assert_eq!(call(&mut server, client, "SET k w"), "+OK\r\n");
    assert!(server.wakes_in_us() <= Some(400_000));
    server.advance_us(399_999);
    assert!(!server.carry_out_next());
    server.advance_us(1);
    assert!(server.carry_out_next());
    assert_eq!(disk.taken(), (2, 1));
    server.advance(3_000);
    assert!(!server.carry_out_next(), "nothing was changed since");
}

#[test]
fn the_node_wakes_for_the_sync_that_is_due_and_for_one_that_takes_too_long() {
    let at_cycle = |server: &mut Loopback| {
        let us = server.wakes_in_us().expect("the node has cycles");
        server.advance_us(us);
        assert_eq!(server.wakes_in_us(), Some(CYCLE_US));
    };
    let held = "no-appendfsync-on-rewrite yes";
    let (mut server, _) = start(&format!("{EVERY_SECOND}\n{held}"));
    let client = server.connect();
    at_cycle(&mut server);
    server.advance(30);
    call(&mut server, client, "SET k v");
    server.advance(870);
    assert_eq!(server.wakes_in_us(), Some(30_000));
    server.advance(30);
    assert_eq!(server.wakes_in_us(), Some(70_000), "the sync has begun");
    server.advance(970);
    assert_eq!(server.wakes_in_us(), Some(30_000));
    server.advance(30);
    assert_eq!(server.wakes_in_us(), Some(70_000), "it counts as stalled");
    server.release_jobs();
    server.hold_jobs();
    call(&mut server, client, "BGSAVE");
    at_cycle(&mut server);
    server.advance(30);
    call(&mut server, client, "SET k w");
    server.advance(870);
    assert_eq!(
        server.wakes_in_us(),
        Some(CYCLE_US),
        "it waits for the save"
    );
    let (mut server, _) = start(ALWAYS);
    let clients = [(); 3].map(|()| server.connect());
    for client in clients {
        call(&mut server, client, "INCR k");
    }
    server.advance(50);
    server.carry_out_next();
    assert_eq!(
        server.wakes_in_us(),
        Some(1_000),
        "more clients are waited for"
    );
    call(&mut server, clients[0], "INCR k");
    assert!(server.carry_out_next_sync(), "nobody else is");
    let (mut server, _) = start("appendonly yes\nappendfsync no");
    let client = server.connect();
    at_cycle(&mut server);
    server.advance(30);
    call(&mut server, client, "SET k v");
    server.advance(870);
    assert_eq!(server.wakes_in_us(), Some(CYCLE_US));
}

#[test]
fn replies_wait_for_a_sync_that_takes_a_second() {
    let (mut server, _) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    server.advance(900);
    server.advance_us(999_999);
    assert_eq!(call(&mut server, client, "SET k w"), "+OK\r\n");
    assert_eq!(field(&mut server, "aof_delayed_fsync"), "0");
    server.advance_us(1);
    assert_eq!(field(&mut server, "aof_delayed_fsync"), "1");
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nw\r\n");
    assert_eq!(call(&mut server, client, "SET k x"), "");
    server.advance(5_000);
    assert_eq!(receive(&mut server, client), "");
    server.release_jobs();
    assert_eq!(receive(&mut server, client), "+OK\r\n");
    let delayed = field(&mut server, "aof_delayed_fsync");
    assert_eq!(delayed, "1", "it is told once");
    assert_eq!(call(&mut server, client, "SET k y"), "+OK\r\n");
    // Under `always` replies wait anyway, and under `no` there is no sync.
    for lines in [ALWAYS, "appendonly yes\nappendfsync no"] {
        let (mut server, _) = start(lines);
        let client = server.connect();
        call(&mut server, client, "SET k v");
        server.advance(5_000);
        server.release_jobs();
        assert_eq!(field(&mut server, "aof_delayed_fsync"), "0");
    }
}

#[test]
fn syncs_wait_for_the_end_of_a_save_where_that_is_asked_for() {
    let held = "no-appendfsync-on-rewrite yes";
    for (policy, option, save, is_held) in [
        ("everysec", held, "BGSAVE", true),
        ("everysec", held, "BGREWRITEAOF", true),
        ("everysec", held, "PING", false),
        ("everysec", "", "BGSAVE", false),
        ("always", held, "BGSAVE", false),
    ] {
        let lines = format!("appendonly yes\nappendfsync {policy}\n{option}");
        let (mut server, disk) = start(&lines);
        let client = server.connect();
        call(&mut server, client, save);
        disk.taken();
        let reply = call(&mut server, client, "SET k v");
        assert_eq!(reply.is_empty(), policy == "always");
        for _ in 0..20 {
            server.advance(100);
        }
        let has_synced = server.carry_out_next_sync();
        assert_eq!(has_synced, !is_held, "{policy} {option} {save}");
        server.release_jobs();
        server.advance(2_000);
        assert!(disk.taken().1 > 0);
    }
}

#[test]
fn one_sync_serves_all_that_wrote_while_the_one_before_was_under_way() {
    let (mut server, disk) = start(ALWAYS);
    let clients = [(); 5].map(|()| server.connect());
    for client in clients {
        assert_eq!(call(&mut server, client, "INCR k"), "");
        server.advance_us(10);
    }
    // The changes of four wait in the memory.
    assert_eq!(disk.taken(), (1, 0));
    assert!(server.carry_out_next());
    assert_eq!(receive(&mut server, clients[0]), ":1\r\n");
    assert_eq!(receive(&mut server, clients[1]), "");
    server.advance_us(1_000);
    assert!(server.carry_out_next());
    assert_eq!(disk.taken(), (2 - 1, 2));
    for (client, reply) in clients[1..].iter().zip(2..) {
        assert_eq!(receive(&mut server, *client), format!(":{reply}\r\n"));
    }
    assert!(!server.carry_out_next());
}

#[test]
fn other_policies_append_at_once_and_so_does_a_large_change() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    server.advance(900);
    disk.taken();
    for _ in 0..3 {
        assert_eq!(call(&mut server, client, "SET k w"), "+OK\r\n");
        assert_eq!(disk.taken().0, 1);
    }
    let (mut server, disk) = start(ALWAYS);
    let clients = [(); 3].map(|()| server.connect());
    call(&mut server, clients[0], "SET k v");
    assert_eq!(disk.taken().0, 1);
    call(&mut server, clients[1], "SET k w");
    assert_eq!(disk.taken().0, 0);
    let large = format!(
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048576\r\n{}",
        "x".repeat(1 << 20)
    );
    call(&mut server, clients[2], &large);
    assert!(disk.taken().0 > 0);
    server.release_jobs();
    assert_eq!(receive(&mut server, clients[2]), "+OK\r\n");
    assert_eq!(call(&mut server, clients[2], "STRLEN k"), ":1048576\r\n");
    // Small changes behind it wait as those in front of it did.
    server.hold_jobs();
    call(&mut server, clients[0], "SET k v");
    server.advance_us(10_000);
    disk.taken();
    call(&mut server, clients[1], "SET k w");
    assert_eq!(disk.taken().0, 0);
}

#[test]
fn a_sync_waits_a_little_for_as_many_clients_as_the_last_one_served() {
    for (sync_us, gathers_us) in [(300, 300), (50_000, 1_000)] {
        let (mut server, disk) = start(ALWAYS);
        let clients = [(); 3].map(|()| server.connect());
        for client in clients {
            call(&mut server, client, "INCR k");
        }
        server.advance_us(sync_us);
        server.carry_out_next();
        // The sync that ended found three waiting, and two of them go on to.
        assert!(!server.carry_out_next(), "a third is waited for");
        assert_eq!(server.wakes_in_us(), Some(gathers_us));
        server.advance_us(gathers_us - 1);
        assert!(!server.carry_out_next());
        disk.taken();
        server.advance_us(1);
        assert!(server.carry_out_next());
        assert_eq!(disk.taken(), (1, 1));
        // This time as many come as are waited for.
        call(&mut server, clients[0], "INCR k");
        call(&mut server, clients[1], "INCR k");
        assert!(server.carry_out_next(), "nobody else is waited for");
    }
}

#[test]
fn a_new_increment_promises_what_the_old_one_has_until_it_is_listed() {
    let (mut server, disk) = start(ALWAYS);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    server.release_jobs();
    assert_eq!(receive(&mut server, client), "+OK\r\n");
    server.hold_jobs();
    call(&mut server, client, "BGREWRITEAOF");
    // The steps create the new increment; what is changed then goes there.
    server.carry_out_next();
    assert_eq!(call(&mut server, client, "SET k w"), "");
    let mut steps = 0;
    while receive(&mut server, client).is_empty() {
        let copy = Counted {
            disk: Rc::new(RefCell::new(disk.disk.borrow().clone())),
            ..Counted::new()
        };
        copy.disk.borrow_mut().crash();
        let mut other = start_on(&copy, ALWAYS);
        let other_client = other.connect();
        assert!(["$1\r\nv\r\n", "$1\r\nw\r\n"].contains(&&*call(
            &mut other,
            other_client,
            "GET k"
        )));
        assert!(server.carry_out_next(), "something is left to be done");
        steps += 1;
    }
    assert!(steps > 1, "{steps}");
    disk.disk.borrow_mut().crash();
    let mut server = start_on(&disk, ALWAYS);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nw\r\n");
}

#[test]
fn a_first_increment_promises_nothing_and_replies_wait_for_nothing_before_its_base() {
    let (mut server, _) = start("appendfsync always");
    let client = server.connect();
    call(&mut server, client, "CONFIG SET appendonly yes");
    server.carry_out_next();
    assert_eq!(call(&mut server, client, "SET k v"), "+OK\r\n");
    server.release_jobs();
    server.hold_jobs();
    assert_eq!(call(&mut server, client, "SET k w"), "");
    server.release_jobs();
    assert_eq!(receive(&mut server, client), "+OK\r\n");
}

#[test]
fn appending_ends_once_what_was_changed_is_synced() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "CONFIG SET appendonly no");
    assert_eq!(disk.taken(), (1, 0));
    assert!(
        server.carry_out_next(),
        "the sync does not wait for its second"
    );
    assert_eq!(disk.taken(), (0, 1));
    server.release_jobs();
    call(&mut server, client, "SET k w");
    assert_eq!(disk.taken(), (0, 0));
    disk.disk.borrow_mut().crash();
    let mut server = start_on(&disk, EVERY_SECOND);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn a_failed_sync_is_tried_again_a_second_later() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    disk.fails.set(true);
    server.advance(900);
    server.release_jobs();
    assert_eq!(field(&mut server, "aof_last_write_status"), "err");
    disk.fails.set(false);
    disk.taken();
    server.advance_us(999_999);
    assert_eq!(disk.taken(), (0, 0));
    server.advance(2_000);
    assert_eq!(field(&mut server, "aof_last_write_status"), "ok");
    assert!(disk.taken().1 > 0);
}

#[test]
fn the_node_does_not_wake_for_a_sync_that_nobody_waits_for() {
    let (mut server, _) = start(ALWAYS);
    let client = server.connect();
    let us = server.wakes_in_us().expect("the node has cycles");
    server.advance_us(us);
    call(&mut server, client, "SET k v");
    server.advance(50);
    assert!(server.carry_out_next());
    assert_eq!(server.wakes_in_us(), Some(50_000), "at the next cycle");
}

#[test]
fn a_mebibyte_of_changes_is_written_at_once_and_a_byte_less_waits_for_the_sync() {
    for (size, is_written) in [(1_048_543, false), (1_048_544, true)] {
        let (mut server, disk) = start(ALWAYS);
        let clients = [(); 2].map(|()| server.connect());
        call(&mut server, clients[0], "SET k v");
        disk.taken();
        let value = "x".repeat(size);
        let request = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${size}\r\n{value}");
        call(&mut server, clients[1], &request);
        assert_eq!(disk.taken().0 > 0, is_written, "{size}");
    }
}
