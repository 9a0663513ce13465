//! Rewrites of the append-only file: when they begin, what they wait for, and what is left of one
//! that fails.

use russet_io::FileOp;

use crate::limits::server;
use crate::on_disk::names;
use crate::syncs::{ALWAYS, Counted, EVERY_SECOND, call, field, receive, start, start_on};

const DIR: &str = "appendonlydir";

#[test]
fn files_have_the_name_and_the_form_that_the_configuration_asks_for() {
    let disk = Counted::new();
    let lines = "appendonly yes\nappendfilename other.aof\naof-use-rdb-preamble no";
    let mut server = start_on(&disk, lines);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "BGREWRITEAOF");
    let expected = [
        "other.aof.2.base.aof",
        "other.aof.2.incr.aof",
        "other.aof.manifest",
    ];
    assert_eq!(names(&disk, DIR), expected);
    let mut server = start_on(&disk, lines);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn a_rewrite_waits_for_what_still_changes_files_and_for_saves() {
    let (mut server, _) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "BGREWRITEAOF");
    while field(&mut server, "aof_current_rewrite_time_sec") != "-1" {
        assert!(server.carry_out_next());
    }
    // The history is being removed: for whoever waits the rewrite goes on.
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "1");
    assert_eq!(
        call(&mut server, client, "BGREWRITEAOF"),
        "+Background append only file rewriting started\r\n"
    );
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "1");
    assert_eq!(field(&mut server, "aof_rewrite_scheduled"), "0");
    assert_eq!(field(&mut server, "aof_rewrites"), "1");
    assert_eq!(
        call(&mut server, client, "BGREWRITEAOF"),
        "-ERR Background append only file rewriting already in progress\r\n"
    );
    server.release_jobs();
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrites"), "2");
    server.hold_jobs();
    call(&mut server, client, "BGSAVE");
    call(&mut server, client, "BGREWRITEAOF");
    server.advance(2_000);
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "0");
    assert_eq!(field(&mut server, "aof_rewrite_scheduled"), "1");
    server.release_jobs();
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrites"), "3");
    // While appending ends it waits, too.
    server.hold_jobs();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "CONFIG SET appendonly no");
    call(&mut server, client, "BGREWRITEAOF");
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrite_scheduled"), "1");
    server.release_jobs();
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrites"), "4");
}

#[test]
fn files_are_removed_by_one_task_at_a_time() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "BGREWRITEAOF");
    while field(&mut server, "aof_current_rewrite_time_sec") != "-1" {
        assert!(server.carry_out_next());
    }
    call(&mut server, client, "CONFIG SET aof-disable-auto-gc yes");
    call(&mut server, client, "CONFIG SET aof-disable-auto-gc no");
    while names(&disk, DIR).len() > 3 {
        assert!(server.carry_out_next());
    }
    disk.taken();
    while server.carry_out_next() {}
    assert_eq!(disk.taken(), (0, 0), "the manifest was written before");
}

#[test]
fn a_rewrite_goes_on_behind_the_sync_that_was_under_way() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    server.advance(900);
    // That sync is held from now on.
    call(&mut server, client, "BGREWRITEAOF");
    server.advance(3_000);
    let size = field(&mut server, "aof_current_size");
    assert_ne!(size, "0");
    server.carry_out_next();
    server.carry_out_next();
    call(&mut server, client, "BGREWRITEAOF");
    assert_eq!(
        field(&mut server, "aof_current_size"),
        size,
        "both increments count"
    );
    server.release_jobs();
    assert_eq!(field(&mut server, "aof_rewrites"), "1");
    assert_eq!(field(&mut server, "aof_last_rewrite_time_sec"), "3");
    disk.disk.borrow_mut().crash();
    let mut server = start_on(&disk, EVERY_SECOND);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn a_sync_of_the_old_increment_that_fails_is_a_failure_of_writing() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "BGREWRITEAOF");
    server.carry_out_next();
    disk.fails.set(true);
    assert!(server.carry_out_next_sync());
    assert_eq!(field(&mut server, "aof_last_write_status"), "err");
    let failures = field(&mut server, "aof_rewrites_consecutive_failures");
    assert_eq!(failures, "0", "the rewrite is not what failed");
    disk.fails.set(false);
    server.release_jobs();
    server.advance(3_000);
    assert_eq!(field(&mut server, "aof_last_write_status"), "ok");
    assert_eq!(call(&mut server, client, "SET k w"), "+OK\r\n");
}

#[test]
fn a_rewrite_waits_for_a_sync_that_began_before_the_increment_was_changed() {
    for fails in [false, true] {
        let (mut server, disk) = start(EVERY_SECOND);
        let client = server.connect();
        call(&mut server, client, "BGREWRITEAOF");
        call(&mut server, client, "SET k v");
        server.advance(900);
        assert!(server.carry_out_next(), "the new increment is created");
        disk.fails.set(fails);
        assert!(server.carry_out_next_sync(), "it began for the old one");
        let status = if fails { "err" } else { "ok" };
        assert_eq!(field(&mut server, "aof_last_write_status"), status);
        disk.fails.set(false);
        server.release_jobs();
        server.advance(3_000);
        assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "0");
        assert_eq!(field(&mut server, "aof_last_write_status"), "ok");
    }
}

#[test]
fn a_rewrite_ends_with_appending() {
    let (mut server, _) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "BGREWRITEAOF");
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "1");
    call(&mut server, client, "CONFIG SET appendonly no");
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "0");
    // A first increment, which no manifest lists yet, is given up with its base.
    let (mut server, _) = start("");
    let client = server.connect();
    call(&mut server, client, "CONFIG SET appendonly yes");
    server.carry_out_next();
    call(&mut server, client, "SET k v");
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "1");
    call(&mut server, client, "CONFIG SET appendonly no");
    assert_eq!(field(&mut server, "aof_rewrite_in_progress"), "0");
}

#[test]
fn an_end_waits_until_a_base_that_nobody_needs_is_given_up() {
    let (mut server, disk) = start(EVERY_SECOND);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    call(&mut server, client, "BGREWRITEAOF");
    // The new increment is created, the old one synced, and the new one listed beside the base.
    assert!(server.carry_out_next() && server.carry_out_next_sync() && server.carry_out_last());
    assert!(manifest(&disk).contains(".2.incr.aof seq 2 type i"));
    call(&mut server, client, "SET k w");
    call(&mut server, client, "SHUTDOWN NOSAVE");
    assert_eq!(server.exit(), None, "the file of the base may be there");
    server.release_jobs();
    assert_eq!(server.exit(), Some(0));
    assert!(!manifest(&disk).contains(".2.base."));
    let mut server = start_on(&disk, EVERY_SECOND);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nw\r\n");
}

fn manifest(disk: &Counted) -> String {
    let disk = disk.disk.borrow();
    let text = disk.live(&format!("{DIR}/appendonly.aof.manifest"));
    String::from_utf8_lossy(text.expect("it is there")).into_owned()
}

#[test]
fn a_start_that_takes_long_begins_no_rewrite() {
    let disk = Counted::new();
    for keys in 0..2 {
        let mut server = server(EVERY_SECOND);
        server.hold_jobs();
        server.start(Box::new(disk.clone()));
        server.advance(1_000);
        while server.carry_out_next() {
            server.advance(1_000);
        }
        assert_eq!(server.exit(), None);
        assert_eq!(field(&mut server, "aof_rewrites"), "0");
        let client = server.connect();
        assert_eq!(call(&mut server, client, "DBSIZE"), format!(":{keys}\r\n"));
        server.release_jobs();
        call(&mut server, client, "SET k v");
    }
}

#[test]
fn a_rewrite_that_fails_leaves_no_file_and_is_tried_again_a_second_later() {
    let disk = Counted::new();
    let lines = "appendfsync always\nauto-aof-rewrite-min-size 1\n\
                 auto-aof-rewrite-percentage 1";
    let mut server = start_on(&disk, &format!("appendonly yes\n{lines}"));
    let client = server.connect();
    server.advance(1_000);
    assert_eq!(call(&mut server, client, "SET k v"), "+OK\r\n");
    let is_temp = |op: &FileOp| match op {
        FileOp::Rename { from, .. } => from.contains("temp-") && !from.ends_with("manifest"),
        _ => false,
    };
    disk.refuses.set(Some(is_temp));
    for failures in 1..4 {
        server.advance(1_000);
        let shown = field(&mut server, "aof_rewrites_consecutive_failures");
        assert_eq!(shown, failures.to_string());
        assert_eq!(field(&mut server, "aof_last_bgrewrite_status"), "err");
        // Nobody is refused for that, and nothing is tried before its time.
        assert_eq!(call(&mut server, client, "SET k w"), "+OK\r\n");
        server.advance(900);
        let shown = field(&mut server, "aof_rewrites_consecutive_failures");
        assert_eq!(shown, failures.to_string());
    }
    disk.refuses.set(None);
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_last_bgrewrite_status"), "ok");
    assert_eq!(field(&mut server, "aof_rewrites_consecutive_failures"), "0");
    // Files whose contents cannot be written are removed.
    let is_sync = |op: &FileOp| matches!(op, FileOp::Sync(_));
    server.advance(1_000);
    call(
        &mut server,
        client,
        "CONFIG SET appendfsync no auto-aof-rewrite-percentage 0",
    );
    disk.refuses.set(Some(is_sync));
    assert!(call(&mut server, client, "SAVE").starts_with('-'));
    assert_eq!(names(&disk, "."), [DIR]);
}

#[test]
fn a_file_that_cannot_be_replaced_is_not_written() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "");
    let client = server.connect();
    let is_remove = |op: &FileOp| matches!(op, FileOp::Remove(_));
    disk.refuses.set(Some(is_remove));
    assert!(call(&mut server, client, "SAVE").starts_with('-'));
    assert_eq!(names(&disk, "."), [""; 0]);
    disk.refuses.set(None);
    assert_eq!(call(&mut server, client, "SAVE"), "+OK\r\n");
    assert_eq!(names(&disk, "."), ["dump.rdb"]);
}

#[test]
fn growth_begins_a_rewrite_once_it_is_what_the_configuration_says() {
    let lines = "appendonly yes\nauto-aof-rewrite-percentage 50";
    for (least, percentage, begins) in [(1, 50, true), (1, 0, false), (1 << 30, 50, false)] {
        let disk = Counted::new();
        let mut server = start_on(&disk, lines);
        let client = server.connect();
        for (name, value) in [
            ("auto-aof-rewrite-min-size", least),
            ("auto-aof-rewrite-percentage", percentage),
        ] {
            call(&mut server, client, &format!("CONFIG SET {name} {value}"));
        }
        call(&mut server, client, &format!("SET k {}", "x".repeat(900)));
        call(&mut server, client, "BGREWRITEAOF");
        let count = |server: &mut _| field(server, "aof_rewrites").parse::<u64>();
        let before = count(&mut server);
        let size = |server: &mut _, name| field(server, name).parse::<u64>().expect("a size");
        let base = size(&mut server, "aof_base_size");
        let file = format!("{DIR}/appendonly.aof.2.base.rdb");
        assert_eq!(
            Some(base),
            disk.disk
                .borrow()
                .live(&file)
                .map(|bytes| bytes.len() as u64)
        );
        while size(&mut server, "aof_current_size") < base + base.div_ceil(2) {
            server.advance(1_000);
            assert_eq!(count(&mut server), before);
            call(&mut server, client, "INCR a");
        }
        server.advance(1_000);
        let has_begun = count(&mut server) != before;
        assert_eq!(has_begun, begins, "{least} {percentage}");
    }
    // Without appending nothing grows.
    let disk = Counted::new();
    let mut server = start_on(&disk, "auto-aof-rewrite-min-size 1");
    let client = server.connect();
    call(&mut server, client, "SET k v");
    server.advance(5_000);
    assert_eq!(field(&mut server, "aof_rewrites"), "0");
}

#[test]
fn growth_begins_no_rewrite_while_appending_ends() {
    let (mut server, _) = start(&format!("{EVERY_SECOND}\nauto-aof-rewrite-percentage 0"));
    let client = server.connect();
    let before = field(&mut server, "aof_rewrites");
    call(&mut server, client, "SET k v");
    call(&mut server, client, "CONFIG SET appendonly no");
    let grown = "auto-aof-rewrite-percentage 1 auto-aof-rewrite-min-size 1";
    call(&mut server, client, &format!("CONFIG SET {grown}"));
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrite_scheduled"), "0");
    server.release_jobs();
    server.advance(1_000);
    assert_eq!(field(&mut server, "aof_rewrites"), before);
}

#[test]
fn appending_that_ends_in_a_rewrite_keeps_what_was_acknowledged() {
    for steps in 0..6 {
        let (mut server, disk) = start(ALWAYS);
        let client = server.connect();
        call(&mut server, client, "BGREWRITEAOF");
        for _ in 0..steps {
            server.carry_out_next();
        }
        call(&mut server, client, "SET k v");
        call(&mut server, client, "CONFIG SET appendonly no");
        while receive(&mut server, client).is_empty() {
            if !server.carry_out_next() {
                break;
            }
        }
        disk.disk.borrow_mut().crash();
        let mut server = start_on(&disk, ALWAYS);
        let client = server.connect();
        assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n", "{steps}");
    }
}

#[test]
fn directories_that_cannot_be_read_end_the_start() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "appendonly yes");
    assert_eq!(server.exit(), None);
    let client = server.connect();
    call(&mut server, client, "SET k v");
    let refuses: [fn(&FileOp) -> bool; 2] = [
        |op| matches!(op, FileOp::List(path) if path == "."),
        |op| matches!(op, FileOp::List(path) if path == DIR),
    ];
    for (refuses, exit) in refuses.into_iter().zip([None, Some(1)]) {
        disk.refuses.set(Some(refuses));
        assert_eq!(start_on(&disk, "appendonly yes").exit(), Some(1));
        assert_eq!(
            start_on(&disk, "").exit(),
            exit,
            "what is not loaded is not needed"
        );
    }
    disk.refuses.set(None);
    let mut server = start_on(&disk, "appendonly yes");
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
}

#[test]
fn a_directory_with_other_files_alone_takes_changes() {
    let disk = Counted::new();
    let other = format!("{DIR}/notes.txt");
    disk.disk.borrow_mut().put(&other, b"not ours");
    let mut server = start_on(&disk, "appendonly yes");
    assert_eq!(server.exit(), None);
    let client = server.connect();
    assert_eq!(call(&mut server, client, "SET k v"), "+OK\r\n");
    assert!(names(&disk, DIR).contains(&"notes.txt".to_owned()));
}

#[test]
fn a_file_of_an_old_server_is_taken_over_beside_other_files() {
    let disk = Counted::new();
    for name in ["a.txt", "zzz"] {
        disk.disk.borrow_mut().put(name, b"not ours");
    }
    let request = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    disk.disk.borrow_mut().put("appendonly.aof", request);
    let mut server = start_on(&disk, "appendonly yes");
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
    assert_eq!(names(&disk, "."), ["a.txt", DIR, "zzz"]);
}

#[test]
fn what_is_cut_off_a_torn_file_is_kept_aside() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "appendonly yes\naof-checksum no");
    let client = server.connect();
    call(&mut server, client, "SET k v");
    let name = format!("{DIR}/appendonly.aof.1.incr.aof");
    let mut bytes = disk
        .disk
        .borrow()
        .live(&name)
        .expect("it is there")
        .to_vec();
    let torn = b"*3\r\n$3\r\nSET\r\n$1\r\nk";
    bytes.extend_from_slice(torn);
    disk.disk.borrow_mut().put(&name, &bytes);
    let mut server = start_on(&disk, "appendonly yes\naof-checksum no");
    let client = server.connect();
    assert_eq!(call(&mut server, client, "GET k"), "$1\r\nv\r\n");
    let aside = names(&disk, DIR)
        .into_iter()
        .find(|name| name.contains(".cut-"));
    let aside = format!("{DIR}/{}", aside.expect("it is kept"));
    let kept = disk.disk.borrow().live(&aside).map(<[u8]>::to_vec);
    assert_eq!(kept.as_deref(), Some(&torn[..]));
}

#[test]
fn damage_at_the_end_is_cut_off_up_to_the_size_that_is_allowed() {
    let name = format!("{DIR}/appendonly.aof.1.incr.aof");
    for checksum in ["no", "yes"] {
        let lines = format!("{EVERY_SECOND}\naof-checksum {checksum}\naof-load-truncated no");
        let disk = Counted::new();
        let mut server = start_on(&disk, &lines);
        let client = server.connect();
        let size = |disk: &Counted| {
            let disk = disk.disk.borrow();
            disk.live(&name).expect("it is there").len()
        };
        call(&mut server, client, "SET a 1");
        let whole = size(&disk);
        for request in ["SET b 2", "SET c 3"] {
            server.advance(2_000);
            call(&mut server, client, request);
        }
        let mut bytes = disk
            .disk
            .borrow()
            .live(&name)
            .expect("it is there")
            .to_vec();
        // All of the second change is damaged, which had been on the disk when the third came.
        let end = whole + (bytes.len() - whole) / 2;
        bytes[whole..end].fill(b'x');
        let tail = bytes.len() - whole;
        for (size_max, exit) in [(0, Some(1)), (tail - 1, Some(1)), (tail, None)] {
            disk.disk.borrow_mut().put(&name, &bytes);
            let lines = format!("{lines}\naof-load-corrupt-tail-max-size {size_max}");
            let mut server = start_on(&disk, &lines);
            assert_eq!(server.exit(), exit, "{checksum} {size_max}");
            if exit.is_none() {
                let client = server.connect();
                assert_eq!(call(&mut server, client, "EXISTS a"), ":1\r\n");
                assert_eq!(call(&mut server, client, "EXISTS b c"), ":0\r\n");
                assert_eq!(size(&disk), whole);
                call(&mut server, client, "SET d 4");
            }
        }
        let mut server = start_on(&disk, &lines);
        let client = server.connect();
        assert_eq!(call(&mut server, client, "EXISTS a d"), ":2\r\n");
    }
}

#[test]
fn bytes_that_are_missing_are_no_damage() {
    let disk = Counted::new();
    let lines = format!("{EVERY_SECOND}\naof-checksum no\naof-load-truncated no");
    let mut server = start_on(&disk, &lines);
    let client = server.connect();
    call(&mut server, client, "SET a 1");
    let name = format!("{DIR}/appendonly.aof.1.incr.aof");
    let bytes = disk
        .disk
        .borrow()
        .live(&name)
        .expect("it is there")
        .to_vec();
    disk.disk.borrow_mut().put(&name, &bytes[..bytes.len() - 3]);
    let lines = format!("{lines}\naof-load-corrupt-tail-max-size 1mb");
    assert_eq!(start_on(&disk, &lines).exit(), Some(1));
}
