//! Commands on keys and databases, request by request.

use russet_command::{Handler, Registry, views};
use russet_resp::{Output, Protocol, Reply};

use super::bench::{Bench, check, check_effects};

#[test]
fn keys_are_deleted_and_counted_one_by_one() {
    check(&[
        ("SET a 1", "+OK"),
        ("SET b 1", "+OK"),
        ("EXISTS a b c a", ":3"),
        ("TOUCH a b c", ":2"),
        ("DEL a a c", ":1"),
        ("UNLINK b b", ":1"),
        ("EXISTS a b", ":0"),
        ("DBSIZE", ":0"),
    ]);
}

#[test]
fn a_name_may_be_empty() {
    check(&[
        ("SET '' v", "+OK"),
        ("EXISTS ''", ":1"),
        ("KEYS *", "*1 $0"),
        ("RENAME '' b", "+OK"),
        ("RANDOMKEY", "$1 b"),
    ]);
}

#[test]
fn deadlines_are_told_in_every_unit() {
    check(&[
        ("TTL none", ":-2"),
        ("EXPIRETIME none", ":-2"),
        ("SET k v", "+OK"),
        ("PTTL k", ":-1"),
        ("PEXPIRETIME k", ":-1"),
        ("PEXPIRE k 1500", ":1"),
        ("PTTL k", ":1500"),
        ("TTL k", ":2"),
        ("PEXPIRE k 1499", ":1"),
        ("TTL k", ":1"),
        ("PEXPIRETIME k", ":1001499"),
        ("EXPIRETIME k", ":1001"),
        ("EXPIREAT k 2000", ":1"),
        ("PEXPIRETIME k", ":2000000"),
        ("PERSIST k", ":1"),
        ("PERSIST k", ":0"),
        ("PERSIST none", ":0"),
        ("TTL k", ":-1"),
    ]);
}

#[test]
fn amounts_are_refused_where_milliseconds_overflow() {
    let refused = |name: &str| format!("-ERR invalid expire time in '{name}' command");
    // The bench's clock stands at 1,000,000 ms.
    let cases: &[(&str, i64, bool)] = &[
        ("expire", i64::MAX, false),
        ("expire", i64::MAX / 1000, false),
        ("expire", i64::MAX / 1000 - 1000, true),
        ("expire", i64::MAX / 1000 - 999, false),
        ("expire", i64::MIN, false),
        ("expire", i64::MIN / 1000, true),
        ("expire", i64::MIN / 1000 - 1, false),
        ("pexpire", i64::MAX, false),
        ("pexpire", i64::MAX - 1_000_000, true),
        ("pexpire", i64::MAX - 999_999, false),
        ("pexpire", i64::MIN, true),
        ("expireat", i64::MAX / 1000, true),
        ("expireat", i64::MAX / 1000 + 1, false),
        ("expireat", i64::MIN / 1000, true),
        ("expireat", i64::MIN / 1000 - 1, false),
        ("pexpireat", i64::MAX, true),
        ("pexpireat", i64::MIN, true),
    ];
    for (name, amount, fits) in cases {
        let mut bench = Bench::new();
        bench.run("SET k v");
        let expected = if *fits {
            ":1".to_owned()
        } else {
            refused(name)
        };
        assert_eq!(
            bench.run(&format!("{name} k {amount}")),
            expected,
            "{name} {amount}"
        );
        let left = if *fits && *amount < 0 { ":0" } else { ":1" };
        assert_eq!(bench.run("EXISTS k"), left, "{name} {amount}");
    }
}

#[test]
fn bad_amounts_are_refused_even_for_keys_that_are_absent() {
    check(&[
        (
            "EXPIRE k 9223372036854775807",
            "-ERR invalid expire time in 'expire' command",
        ),
        ("EXPIRE k x", "-ERR value is not an integer or out of range"),
        ("EXPIRE k x what", "-ERR Unsupported option what"),
        ("EXPIRE k 10", ":0"),
    ]);
}

#[test]
fn deadlines_are_recorded_as_moments_and_past_ones_as_deletions() {
    check_effects(&[
        (
            &["SET k v"],
            "EXPIRE k 100",
            "1 | 0:expire:k | PEXPIREAT k 1100000",
        ),
        (
            &["SET k v"],
            "PEXPIRE k 100 LT",
            "1 | 0:expire:k | PEXPIREAT k 1000100 LT",
        ),
        (
            &["SET k v"],
            "EXPIREAT k 2000 NX",
            "1 | 0:expire:k | PEXPIREAT k 2000000 NX",
        ),
        (
            &["SET k v"],
            "PEXPIREAT k 2000000",
            "1 | 0:expire:k | verbatim",
        ),
        (&["SET k v"], "EXPIRE k 0", "1 | 0:del:k | DEL k"),
        (&["SET k v"], "EXPIREAT k 1000", "1 | 0:del:k | DEL k"),
        (&["SET k v"], "PEXPIREAT k -5 LT", "1 | 0:del:k | DEL k"),
        (&["SET k v"], "EXPIRE k 1 XX", "0 |  | verbatim"),
        (
            &["SET k v", "EXPIRE k 9"],
            "PERSIST k",
            "1 | 0:persist:k | verbatim",
        ),
        (&[], "EXPIRE k 1", "0 |  | verbatim"),
    ]);
}

#[test]
fn a_key_that_has_expired_is_absent_for_everybody() {
    for (line, expected) in [
        ("DEL k", ":0"),
        ("EXISTS k", ":0"),
        ("TTL k", ":-2"),
        ("TYPE k", "+none"),
        ("RENAME k l", "-ERR no such key"),
        ("COPY k l", ":0"),
        ("COPY l k", ":1"),
        ("RENAMENX l k", ":1"),
        ("MOVE k 1", ":0"),
        ("PERSIST k", ":0"),
        ("EXPIRE k 9", ":0"),
        ("KEYS *", "*1 $1 l"),
        ("SCAN 0 COUNT 100", "*2 $1 0 *1 $1 l"),
        ("RANDOMKEY", "$1 l"),
        ("OBJECT ENCODING k", "$-1"),
    ] {
        let mut bench = Bench::new();
        bench.run("SET k v PX 5");
        bench.run("SET l v");
        bench.now += 6;
        assert_eq!(bench.run(line), expected, "{line}");
    }
}

#[test]
fn randomkey_ends_when_every_key_has_expired() {
    let mut bench = Bench::new();
    for n in 0..100 {
        bench.run(&format!("SET k{n} v PX 5"));
    }
    bench.now += 6;
    assert_eq!(bench.run("RANDOMKEY"), "$-1");
    assert_eq!(bench.run("DBSIZE"), ":0");
}

#[test]
fn renaming_keeps_the_deadline_and_replaces_the_target() {
    check(&[
        ("RENAME a b", "-ERR no such key"),
        ("RENAME a a", "-ERR no such key"),
        ("RENAMENX a a", "-ERR no such key"),
        ("SET a 1 EX 10", "+OK"),
        ("SET b 2", "+OK"),
        ("RENAMENX a b", ":0"),
        ("RENAMENX a a", ":0"),
        ("RENAME a a", "+OK"),
        ("RENAME a b", "+OK"),
        ("TTL b", ":10"),
        ("EXISTS a", ":0"),
        ("RENAMENX b a", ":1"),
        ("DBSIZE", ":1"),
    ]);
    check_effects(&[
        (
            &["SET a 1", "SET b 1"],
            "RENAME a b",
            "1 | 0:new:b 0:rename_from:a 0:rename_to:b | verbatim",
        ),
        (&["SET a 1"], "RENAME a a", "0 |  | verbatim"),
        (&["SET a 1", "SET b 1"], "RENAMENX a b", "0 |  | verbatim"),
    ]);
}

#[test]
fn copies_go_to_other_keys_and_other_databases() {
    check(&[
        (
            "COPY a a",
            "-ERR source and destination objects are the same",
        ),
        ("COPY a b", ":0"),
        ("SET a 1 EX 10", "+OK"),
        ("COPY a b", ":1"),
        ("COPY a b", ":0"),
        ("COPY a b REPLACE", ":1"),
        ("TTL b", ":10"),
        ("COPY a a DB 1", ":1"),
        ("COPY a a DB 1", ":0"),
        ("COPY a a DB 1 REPLACE replace", ":1"),
        (
            "COPY a a DB 1 DB 0",
            "-ERR source and destination objects are the same",
        ),
        ("COPY a b DB 16", "-ERR DB index is out of range"),
        (
            "COPY a b DB x",
            "-ERR value is not an integer or out of range",
        ),
        ("COPY a b DB", "-ERR syntax error"),
        ("COPY a b what", "-ERR syntax error"),
        ("SELECT 1", "+OK"),
        ("TTL a", ":10"),
    ]);
    check_effects(&[
        (
            &["SET a 1"],
            "COPY a b DB 3",
            "1 | 3:new:b 3:copy_to:b | verbatim",
        ),
        (&[], "COPY a b", "0 | 0:keymiss:a | verbatim"),
    ]);
}

#[test]
fn moving_needs_another_database_without_the_key() {
    let range = "-ERR value is out of range, value must between -2147483648 and 2147483647";
    check(&[
        (
            "MOVE a 0",
            "-ERR source and destination objects are the same",
        ),
        ("MOVE a 16", "-ERR DB index is out of range"),
        ("MOVE a -1", "-ERR DB index is out of range"),
        ("MOVE a 99999999999", range),
        ("MOVE a x", "-ERR value is not an integer or out of range"),
        ("MOVE a 1", ":0"),
        ("SET a 1 EX 10", "+OK"),
        ("MOVE a 1", ":1"),
        ("EXISTS a", ":0"),
        ("SET a 2", "+OK"),
        ("MOVE a 1", ":0"),
        ("SELECT 1", "+OK"),
        ("TTL a", ":10"),
    ]);
    check_effects(&[(
        &["SET a 1"],
        "MOVE a 2",
        "1 | 2:new:a 0:move_from:a 2:move_to:a | verbatim",
    )]);
}

#[test]
fn databases_are_selected_swapped_and_emptied() {
    let range = "-ERR value is out of range, value must between -2147483648 and 2147483647";
    check(&[
        ("SELECT 16", "-ERR DB index is out of range"),
        ("SELECT -1", "-ERR DB index is out of range"),
        ("SELECT x", "-ERR value is not an integer or out of range"),
        ("SELECT 2147483648", range),
        ("SET a 1", "+OK"),
        ("SWAPDB 0 1", "+OK"),
        ("EXISTS a", ":0"),
        ("SELECT 1", "+OK"),
        ("EXISTS a", ":1"),
        ("SWAPDB x 1", "-ERR invalid first DB index"),
        ("SWAPDB 1 x", "-ERR invalid second DB index"),
        ("SWAPDB x x", "-ERR invalid first DB index"),
        ("SWAPDB 1 16", "-ERR DB index is out of range"),
        ("SWAPDB -1 0", "-ERR DB index is out of range"),
        ("SWAPDB 1 1", "+OK"),
        ("FLUSHDB what", "-ERR syntax error"),
        ("FLUSHDB SYNC ASYNC", "-ERR syntax error"),
        ("FLUSHDB sync", "+OK"),
        ("DBSIZE", ":0"),
        ("SET a 1", "+OK"),
        ("SELECT 0", "+OK"),
        ("FLUSHALL ASYNC", "+OK"),
        ("SELECT 1", "+OK"),
        ("DBSIZE", ":0"),
    ]);
    check_effects(&[
        (&["SET a 1", "SET b 1"], "FLUSHDB", "2 |  | verbatim"),
        (
            &["SET a 1", "SELECT 1", "SET a 1"],
            "FLUSHALL",
            "2 |  | verbatim",
        ),
        (&[], "FLUSHDB", "0 |  | verbatim"),
        (&[], "FLUSHALL", "0 |  | verbatim"),
        (&[], "SWAPDB 1 2", "1 |  | verbatim"),
    ]);
}

#[test]
fn walking_shows_what_pattern_and_type_let_through() {
    check(&[
        ("SCAN 0", "*2 $1 0 *0"),
        ("SET ka 1", "+OK"),
        ("SET kb 1", "+OK"),
        ("SET x 1", "+OK"),
        ("KEYS x*", "*1 $1 x"),
        ("KEYS nothing", "*0"),
        ("SCAN 0 MATCH x COUNT 100", "*2 $1 0 *1 $1 x"),
        ("SCAN 0 MATCH x MATCH y", "*2 $1 0 *0"),
        ("SCAN 0 TYPE string MATCH x", "*2 $1 0 *1 $1 x"),
        ("SCAN 0 TYPE zset", "*2 $1 0 *0"),
        ("SCAN 0 TYPE strange", "*2 $1 0 *0"),
        (
            "SCAN 0 COUNT 9223372036854775807 MATCH x",
            "*2 $1 0 *1 $1 x",
        ),
        ("SCAN -1", "-ERR invalid cursor"),
        ("SCAN ''", "-ERR invalid cursor"),
        ("SCAN x COUNT x", "-ERR invalid cursor"),
        ("SCAN 0 COUNT 0", "-ERR syntax error"),
        ("SCAN 0 COUNT -1", "-ERR syntax error"),
        (
            "SCAN 0 COUNT x",
            "-ERR value is not an integer or out of range",
        ),
        ("SCAN 0 COUNT", "-ERR syntax error"),
        ("SCAN 0 what x", "-ERR syntax error"),
        (
            "SCAN 0 NOVALUES",
            "-ERR NOVALUES option can only be used in HSCAN",
        ),
    ]);
}

#[test]
fn a_walk_meets_every_key() {
    let mut bench = Bench::new();
    for n in 0..500 {
        bench.run(&format!("SET key:{n} v"));
    }
    let (mut cursor, mut met) = ("0".to_owned(), std::collections::BTreeSet::new());
    loop {
        let reply = bench.run(&format!("SCAN {cursor} COUNT 7"));
        let mut words = reply.split(' ');
        cursor = words.nth(2).expect("a cursor").to_owned();
        met.extend(
            words
                .filter(|word| word.starts_with("key:"))
                .map(str::to_owned),
        );
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(met.len(), 500);
}

#[test]
fn values_are_looked_at_without_being_used() {
    let untracked = "-ERR An LFU maxmemory policy is not selected, access frequency not tracked.";
    let mut bench = Bench::new();
    bench.run("SET n 12");
    bench.run("SET s hello");
    bench.now += 3000;
    for line in [
        "TTL s",
        "TYPE s",
        "EXISTS s",
        "OBJECT ENCODING s",
        "OBJECT REFCOUNT s",
    ] {
        bench.run(line);
    }
    assert_eq!(bench.run("OBJECT IDLETIME s"), ":3");
    assert_eq!(bench.run("TOUCH s"), ":1");
    assert_eq!(bench.run("OBJECT IDLETIME s"), ":0");
    assert_eq!(bench.run("OBJECT ENCODING n"), "$3 int");
    assert_eq!(bench.run("OBJECT encoding s"), "$6 embstr");
    assert_eq!(bench.run("OBJECT REFCOUNT s"), ":1");
    assert_eq!(bench.run("OBJECT REFCOUNT n"), ":2147483647");
    assert_eq!(bench.run("TYPE s"), "+string");
    assert_eq!(bench.run("OBJECT FREQ none"), "$-1");
    assert!(bench.run("OBJECT FREQ s").starts_with(untracked));
    bench.settings.lfu = true;
    assert!(bench.run("OBJECT FREQ s").starts_with(':'));
    assert!(
        bench
            .run("OBJECT IDLETIME s")
            .starts_with("-ERR An LFU maxmemory policy is selected")
    );
    assert_eq!(bench.run("OBJECT IDLETIME none"), "$-1");
    assert!(
        bench
            .run("OBJECT HELP")
            .starts_with("*11 +OBJECT <subcommand> ")
    );
}

#[test]
fn what_is_absent_is_null_in_either_protocol() {
    let mut bench = Bench::new();
    bench.protocol = Protocol::Resp3;
    assert_eq!(bench.run("RANDOMKEY"), "_");
    assert_eq!(bench.run("OBJECT ENCODING k"), "_");
    assert_eq!(bench.run("TYPE k"), "+none");
    assert_eq!(bench.run("KEYS *"), "*0");
    assert_eq!(bench.run("SCAN 0"), "*2 $1 0 *0");
}

#[test]
fn misses_are_events_for_those_who_want_them() {
    check_effects(&[
        (&[], "EXISTS a b", "0 | 0:keymiss:a 0:keymiss:b | verbatim"),
        (&[], "TTL a", "0 | 0:keymiss:a | verbatim"),
        (&[], "TYPE a", "0 | 0:keymiss:a | verbatim"),
        (&[], "TOUCH a", "0 | 0:keymiss:a | verbatim"),
        (&[], "OBJECT ENCODING a", "0 |  | verbatim"),
        (&[], "DEL a", "0 |  | verbatim"),
        (&["SET a 1"], "DEL a a", "1 | 0:del:a | verbatim"),
        (&["SET a 1"], "UNLINK a b", "1 | 0:del:a | verbatim"),
    ]);
}

#[test]
fn entries_of_command_info_and_docs_have_the_shape_clients_know() {
    let bench = Bench::new();
    let show = |name: &str, protocol, write: fn(&Registry<Handler>, _, &mut Reply<'_>)| {
        let mut out = Output::new();
        let id = bench
            .registry
            .find_full(name.as_bytes())
            .expect("a known command");
        write(&bench.registry, id, &mut Reply::new(&mut out, protocol));
        String::from_utf8(out.to_vec())
            .unwrap()
            .trim_end()
            .replace("\r\n", " ")
    };
    assert_eq!(
        show("expire", Protocol::Resp3, views::info),
        "*10 $6 expire :-3 ~2 +write +fast :1 :1 :1 ~3 +@keyspace +@write +@fast ~0 ~1 %3 $5 flags \
         ~2 +RW +update $12 begin_search %2 $4 type $5 index $4 spec %1 $5 index :1 $9 find_keys \
         %2 $4 type $5 range $4 spec %3 $7 lastkey :0 $7 keystep :1 $5 limit :0 ~0"
    );
    assert_eq!(
        show("dbsize", Protocol::Resp2, views::info),
        "*10 $6 dbsize :1 *2 +readonly +fast :0 :0 :0 *3 +@keyspace +@read +@fast *2 $25 \
         request_policy:all_shards $23 response_policy:agg_sum *0 *0"
    );
    assert_eq!(
        show("copy", Protocol::Resp3, views::docs)
            .split_once("arguments")
            .expect("arguments")
            .1,
        " *4 %4 $4 name $6 source $4 type $3 key $12 display_text $6 source $14 key_spec_index :0 \
         %4 $4 name $11 destination $4 type $3 key $12 display_text $11 destination $14 \
         key_spec_index :1 %5 $4 name $14 destination-db $4 type $7 integer $12 display_text $14 \
         destination-db $5 token $2 DB $5 flags ~1 +optional %5 $4 name $7 replace $4 type $10 \
         pure-token $12 display_text $7 replace $5 token $7 REPLACE $5 flags ~1 +optional"
    );
}

#[test]
fn what_sort_stores_is_new_where_nothing_was() {
    let list = &["RPUSH l 2 1"][..];
    let both = &["RPUSH l 2 1", "SET k v"][..];
    check_effects(&[
        (
            list,
            "SORT l STORE k",
            "2 | 0:new:k 0:sortstore:k | verbatim",
        ),
        (both, "SORT l STORE k", "2 | 0:sortstore:k | verbatim"),
        (
            both,
            "SORT none STORE k",
            "1 | 0:keymiss:none 0:del:k | verbatim",
        ),
    ]);
}
