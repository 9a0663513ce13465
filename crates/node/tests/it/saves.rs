//! Saves in the background and loads: when they begin, what ends them, and what files hold.

use russet_io::FileOp;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

use crate::limits::server;
use crate::on_disk::{call, names, start_later};
use crate::syncs::{Counted, EVERY_SECOND, field, start, start_on};

fn ok(server: &mut Loopback, request: &str) {
    assert_eq!(call(server, request), "+OK\r\n", "{request}");
}

fn contents(disk: &Counted, path: &str) -> Vec<u8> {
    let disk = disk.disk.borrow();
    disk.live(path).expect("the file is there").to_vec()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_save_point_that_is_due_begins_one_save() {
    let (mut server, _) = start("save 1 1");
    ok(&mut server, "SET k v");
    server.advance(5_000);
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "1");
    ok(&mut server, "SET k w");
    server.advance(3_000);
    assert_eq!(field(&mut server, "rdb_current_bgsave_time_sec"), "3");
    server.release_jobs();
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "0");
    assert_eq!(field(&mut server, "rdb_changes_since_last_save"), "1");
}

#[test]
fn a_save_that_failed_is_tried_again_five_seconds_later() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "save 1 1");
    ok(&mut server, "SET k v");
    disk.refuses
        .set(Some(|op| matches!(op, FileOp::Write { .. })));
    server.advance(2_000);
    assert_eq!(field(&mut server, "rdb_last_bgsave_status"), "err");
    disk.refuses.set(None);
    server.advance(4_999);
    assert_eq!(field(&mut server, "rdb_last_bgsave_status"), "err");
    server.advance(1_000);
    assert_eq!(field(&mut server, "rdb_last_bgsave_status"), "ok");
}

#[test]
fn flushing_all_ends_a_save_and_the_next_writes_another_temporary_file() {
    let (mut server, disk) = start("save \"\"");
    ok(&mut server, "SET k v");
    call(&mut server, "BGSAVE");
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "1");
    ok(&mut server, "FLUSHALL");
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "0");
    server.release_jobs();
    // The one that was ended may still write its own.
    let is_second =
        |op: &FileOp| matches!(op, FileOp::Rename { from, .. } if from.ends_with("temp-0.1.rdb"));
    disk.refuses.set(Some(is_second));
    assert!(call(&mut server, "SAVE").starts_with('-'));
    disk.refuses.set(None);
    ok(&mut server, "SAVE");
}

#[test]
fn a_save_after_flushing_all_gives_way_and_what_it_would_have_saved_is_unsaved() {
    let (mut server, _) = start("save 3600 1000");
    ok(&mut server, "SET k v");
    ok(&mut server, "FLUSHALL");
    assert_eq!(field(&mut server, "rdb_changes_since_last_save"), "0");
    assert_eq!(
        call(&mut server, "BGSAVE"),
        "+Background saving started\r\n"
    );
    assert_ne!(field(&mut server, "rdb_changes_since_last_save"), "0");
    server.release_jobs();
    assert_eq!(field(&mut server, "rdb_changes_since_last_save"), "0");
}

#[test]
fn a_dump_tells_the_number_of_keys_of_each_database() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "");
    ok(&mut server, "MSET a 1 b 2 c 3");
    call(&mut server, "PEXPIRE a 100000");
    ok(&mut server, "SAVE");
    // The database 0, and three keys, one of which has a deadline.
    let sizes = [0xFE, 0, 0xFB, 3, 1];
    assert!(holds(&contents(&disk, "dump.rdb"), &sizes));
}

#[test]
fn a_dump_keeps_when_keys_were_used_and_how_they_are_held() {
    let disk = Counted::new();
    let lines = "maxmemory-policy allkeys-lru";
    let mut server = start_on(&disk, lines);
    ok(&mut server, "SET k v");
    call(&mut server, "SADD set a b");
    call(&mut server, "HSET hash f v g w");
    server.advance(100_000);
    ok(&mut server, "SAVE");
    let mut server = start_later(disk.clone(), lines, 100_000);
    assert_eq!(call(&mut server, "OBJECT IDLETIME k"), ":100\r\n");
    // The next server has limits of its own.
    let limits = "set-max-listpack-entries 1\nhash-max-listpack-entries 1";
    for (lines, encoding) in [("", "$8\r\nlistpack"), (limits, "$9\r\nhashtable")] {
        let mut server = start_on(&disk, lines);
        for key in ["set", "hash"] {
            let shown = call(&mut server, &format!("OBJECT ENCODING {key}"));
            assert_eq!(shown, format!("{encoding}\r\n"), "{key}");
        }
    }
}

#[test]
fn a_dump_of_a_database_that_is_not_there_ends_the_start() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "databases 3");
    let client = server.connect();
    server.call(client, b"SELECT 2\r\nSET k v\r\nSAVE\r\n");
    assert_eq!(start_on(&disk, "databases 3").exit(), None);
    assert_eq!(start_on(&disk, "databases 2").exit(), Some(1));
}

#[test]
fn a_dump_keeps_what_producers_of_a_stream_have_added() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "");
    call(&mut server, "XADD s 1-1 f v");
    call(&mut server, "XCFGSET s IDMP-DURATION 1000 IDMP-MAXSIZE 50");
    let mut add = |words: &str| call(&mut server, &format!("XADD s IDMP {words} * f v"));
    let added = ["p1 n1", "p1 n2", "p2 n1"].map(&mut add);
    let before = call(&mut server, "XINFO STREAM s");
    ok(&mut server, "SAVE");
    let mut server = start_on(&disk, "");
    assert_eq!(call(&mut server, "XINFO STREAM s"), before);
    let mut add = |words: &str| call(&mut server, &format!("XADD s IDMP {words} * f v"));
    assert_eq!(["p1 n1", "p1 n2", "p2 n1"].map(&mut add), added);
}

#[test]
fn a_base_of_commands_holds_every_type_in_pieces_of_sixty_four_elements() {
    let disk = Counted::new();
    let lines = "appendonly yes\naof-use-rdb-preamble no";
    let mut server = start_on(&disk, lines);
    let numbers: Vec<String> = (0..128).map(|n| n.to_string()).collect();
    call(&mut server, &format!("RPUSH list {}", numbers.join(" ")));
    call(&mut server, "XADD stream 1-1 f v g w");
    call(&mut server, "XADD stream 2-1 f v");
    call(&mut server, "XGROUP CREATE stream group 1-1");
    let stream = call(&mut server, "XINFO STREAM stream FULL");
    call(&mut server, "BGREWRITEAOF");
    let name = names(&disk, "appendonlydir")
        .into_iter()
        .find(|name| name.contains(".base."));
    let path = format!("appendonlydir/{}", name.expect("there is a base"));
    let base = String::from_utf8(contents(&disk, &path)).expect("the keys here are text");
    assert_eq!(base.matches("RPUSH").count(), 2);
    let mut server = start_on(&disk, lines);
    assert_eq!(call(&mut server, "LLEN list"), ":128\r\n");
    assert_eq!(call(&mut server, "XINFO STREAM stream FULL"), stream);
}

#[test]
fn units_of_the_append_only_file_stand_behind_check_lines_if_that_is_wanted() {
    for (option, is_checked) in [("yes", true), ("no", false)] {
        let disk = Counted::new();
        let mut server = start_on(&disk, &format!("{EVERY_SECOND}\naof-checksum {option}"));
        ok(&mut server, "SET k v");
        let file = contents(&disk, "appendonlydir/appendonly.aof.1.incr.aof");
        let unit: &[u8] =
            b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
        assert!(file.ends_with(unit));
        assert_eq!(file.starts_with(b"#"), is_checked, "{option}");
    }
}

#[test]
fn a_delay_of_each_key_makes_a_load_take_longer() {
    let disk = Counted::new();
    let mut saved = start_on(&disk, "");
    ok(&mut saved, "MSET a 1 b 2 c 3");
    ok(&mut saved, "SAVE");
    let took_us = |lines: &str| {
        let mut server = server(lines);
        let before_us = server.now().mono_us;
        server.start(Box::new(disk.clone()));
        server.now().mono_us - before_us
    };
    assert_eq!(took_us("key-load-delay 0"), 0);
    assert_eq!(took_us("key-load-delay 1000"), 3_000);
}

#[test]
fn a_restored_key_keeps_its_deadline_as_a_moment() {
    let disk = Counted::new();
    let mut server = start_on(&disk, EVERY_SECOND);
    let client = server.connect();
    ok(&mut server, "SET k v");
    let reply = server.call(client, b"DUMP k\r\n");
    let mut request = b"*4\r\n$7\r\nRESTORE\r\n$1\r\nc\r\n$5\r\n10000\r\n".to_vec();
    request.extend_from_slice(&reply);
    assert_eq!(server.call(client, &request), b"+OK\r\n");
    let mut server = start_later(disk, EVERY_SECOND, 4_000);
    assert_eq!(call(&mut server, "PTTL c"), ":6000\r\n");
}

#[test]
fn a_reload_takes_back_what_was_not_saved() {
    let disk = Counted::new();
    let mut server = start_on(&disk, "enable-debug-command yes\nappendonly yes");
    ok(&mut server, "SET a 1");
    ok(&mut server, "SAVE");
    ok(&mut server, "SET b 2");
    ok(&mut server, "DEBUG RELOAD NOSAVE NOFLUSH MERGE");
    assert_eq!(call(&mut server, "DBSIZE"), ":2\r\n");
    ok(&mut server, "DEBUG RELOAD NOSAVE");
    assert_eq!(call(&mut server, "DBSIZE"), ":1\r\n");
    let client = server.connect();
    let replies = server.call(client, b"MULTI\r\nDEBUG LOADAOF\r\nEXEC\r\n");
    assert!(replies.ends_with(b"*1\r\n+OK\r\n"), "nothing is rewritten");
}

#[test]
fn a_save_waits_for_a_rewrite_if_that_is_asked_for() {
    let (mut server, _) = start(EVERY_SECOND);
    call(&mut server, "BGREWRITEAOF");
    let refused = call(&mut server, "BGSAVE");
    assert!(
        refused.starts_with("-ERR Another child process"),
        "{refused}"
    );
    let reply = call(&mut server, "BGSAVE SCHEDULE");
    assert_eq!(reply, "+Background saving scheduled\r\n");
    server.release_jobs();
    server.hold_jobs();
    server.advance(1_000);
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "1");
}

#[test]
fn a_save_point_that_is_due_waits_for_the_end_of_a_transaction() {
    let text = Text {
        name: "settings".to_owned(),
        text: b"save 1 1\naclfile users.acl".to_vec(),
    };
    let mut config = Config::load(&[text], &mut |_| Err(String::new())).expect("it is right");
    config.set_users_file(Vec::new());
    let mut server = Loopback::new(config);
    server.start(Box::new(Counted::new()));
    server.hold_jobs();
    let client = server.connect();
    let replies = server.call(
        client,
        b"MULTI\r\nSET a 1\r\nACL SAVE\r\nSET b 2\r\nEXEC\r\n",
    );
    assert!(replies.ends_with(b"*3\r\n+OK\r\n"), "it waits for the file");
    server.advance(5_000);
    assert!(server.carry_out_next());
    assert!(!server.carry_out_next(), "nothing else had begun");
    server.advance(1_000);
    assert_eq!(field(&mut server, "rdb_bgsave_in_progress"), "1");
}

#[test]
fn a_load_tells_how_far_it_has_come() {
    let disk = Counted::new();
    let lines = "rdbcompression no";
    let mut saved = start_on(&disk, lines);
    for key in 0..40 {
        ok(&mut saved, &format!("SET {key} {}", "x".repeat(50_000)));
    }
    ok(&mut saved, "SAVE");
    let mut server = server(lines);
    server.hold_jobs();
    server.start(Box::new(disk));
    let number = |server: &mut Loopback, name| field(server, name).parse::<u64>().expect(name);
    let (mut seconds, mut halves) = (0, 0);
    while server.carry_out_next() && number(&mut server, "loading") == 1 {
        server.advance(1_000);
        seconds += 1;
        let [total, loaded, left_s] = [
            "loading_total_bytes",
            "loading_loaded_bytes",
            "loading_eta_seconds",
        ]
        .map(|name| number(&mut server, name));
        if loaded * 2 >= total && loaded < total {
            assert!(left_s <= seconds, "{left_s} after {seconds}");
            halves += 1;
        }
    }
    assert!(halves > 0, "the progress is told in between");
}
