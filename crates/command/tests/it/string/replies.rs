//! Replies, command by command, in both protocols.

use crate::world::check;

const NOT_INTEGER: &str = "-ERR value is not an integer or out of range";
const NOT_FLOAT: &str = "-ERR value is not a valid float";
const SYNTAX: &str = "-ERR syntax error";
const TOO_LONG: &str = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

#[test]
fn get_and_set_agree_on_every_kind_of_value() {
    check(&[
        ("GET k", "(nil)"),
        ("SET k v", "+OK"),
        ("GET k", "$1 v"),
        ("SET k ''", "+OK"),
        ("GET k", "$0 "),
        ("SET k -12", "+OK"),
        ("GET k", "$3 -12"),
        ("SET k 007", "+OK"),
        ("GET k", "$3 007"),
        ("SET k \"\\x00\\xff\"", "+OK"),
        ("GET k", "$2 \\x00\\xff"),
        (
            "GET k k",
            "-ERR wrong number of arguments for 'get' command",
        ),
        ("SET k", "-ERR wrong number of arguments for 'set' command"),
    ]);
}

#[test]
fn set_obeys_its_conditions() {
    check(&[
        ("SET k a XX", "(nil)"),
        ("SET k a NX", "+OK"),
        ("SET k b NX", "(nil)"),
        ("SET k b XX", "+OK"),
        ("SET k c IFEQ a", "(nil)"),
        ("SET k c ifeq b", "+OK"),
        ("SET k d IFNE c", "(nil)"),
        ("SET k d IfNe x", "+OK"),
        ("SET absent d IFEQ x", "(nil)"),
        ("SET absent d IFDEQ 0123456789abcdef", "(nil)"),
        ("SET absent d IFNE x", "+OK"),
        ("SET k hello", "+OK"),
        ("DIGEST k", "$16 9555e8555c62dcfd"),
        ("SET k x IFDEQ 0000000000000000", "(nil)"),
        (
            "SET k x IFDEQ short",
            "-ERR must be exactly 16 hexadecimal characters",
        ),
        ("SET k x IFDNE 9555E8555C62DCFD", "(nil)"),
        ("SET k x IFDEQ 9555E8555C62DCFD", "+OK"),
        ("SET n 5", "+OK"),
        ("SET n 6 IFEQ 5", "+OK"),
        ("SET n 6 NX XX", SYNTAX),
        ("SET n 6 NX IFEQ 6", SYNTAX),
        ("SET n 6 IFEQ 6 IFEQ 6", SYNTAX),
        ("SET n 6 IFEQ", SYNTAX),
        ("SET n 6 NX NX", "(nil)"),
    ]);
}

#[test]
fn set_with_get_answers_what_was_there() {
    check(&[
        ("SET k a GET", "(nil)"),
        ("SET k b get GET", "$1 a"),
        ("SET k c NX GET", "$1 b"),
        ("SET k c XX GET", "$1 b"),
        ("SET k d IFEQ x GET", "$1 c"),
        ("SET k d IFEQ c GET", "$1 c"),
        ("SET other d XX GET", "(nil)"),
        ("GET other", "(nil)"),
        ("SET other 1 NX GET", "(nil)"),
        ("GET other", "$1 1"),
        ("GETSET k e", "$1 d"),
        ("GETSET new e", "(nil)"),
        ("GET new", "$1 e"),
    ]);
}

#[test]
fn deadlines_are_set_kept_and_cleared() {
    check(&[
        ("SET k v EX 10", "+OK"),
        ("PTTL k", ":10000"),
        ("SET k v KEEPTTL", "+OK"),
        ("PTTL k", ":10000"),
        ("SET k v", "+OK"),
        ("PTTL k", ":-1"),
        ("SET k v PX 7", "+OK"),
        ("PTTL k", ":7"),
        ("SET k v EXAT 1700000100", "+OK"),
        ("PTTL k", ":100000"),
        ("SET k v PXAT 1700000000001", "+OK"),
        ("PTTL k", ":1"),
        ("SET k v EX 10 EX 20", "+OK"),
        ("PTTL k", ":20000"),
        ("APPEND k w", ":2"),
        ("PTTL k", ":20000"),
        ("SETEX k 30 v", "+OK"),
        ("PTTL k", ":30000"),
        ("PSETEX k 30 5", "+OK"),
        ("PTTL k", ":30"),
        ("INCR k", ":6"),
        ("PTTL k", ":30"),
        ("MSET k v", "+OK"),
        ("PTTL k", ":-1"),
        ("SET k v EXAT 1", "+OK"),
        ("GET k", "(nil)"),
        ("SET k v PXAT 1699999999999", "+OK"),
        ("GET k", "(nil)"),
        ("SET k v PXAT 1700000000000", "+OK"),
        ("GET k", "$1 v"),
        ("PTTL k", ":0"),
        ("SET k v EX 10 PX 10", SYNTAX),
        ("SET k v KEEPTTL EX 10", SYNTAX),
        ("SET k v PERSIST", SYNTAX),
        ("SET k v EX", SYNTAX),
        ("SET k v EX x FOO", SYNTAX),
        ("SET k v EX x", NOT_INTEGER),
        ("SET k v EX 0", "-ERR invalid expire time in 'set' command"),
        ("SETEX k 0 v", "-ERR invalid expire time in 'setex' command"),
        (
            "PSETEX k -1 v",
            "-ERR invalid expire time in 'psetex' command",
        ),
        ("SETEX k v v", NOT_INTEGER),
    ]);
}

#[test]
fn getex_and_getdel_answer_the_value_and_change_the_key() {
    check(&[
        ("GETEX k EX x", "(nil)"),
        ("GETEX k KEEPTTL", SYNTAX),
        ("SET k v", "+OK"),
        ("GETEX k", "$1 v"),
        ("GETEX k EX 10", "$1 v"),
        ("PTTL k", ":10000"),
        ("GETEX k", "$1 v"),
        ("PTTL k", ":10000"),
        ("GETEX k persist", "$1 v"),
        ("PTTL k", ":-1"),
        (
            "GETEX k PX 0",
            "-ERR invalid expire time in 'getex' command",
        ),
        ("GETEX k EX x", NOT_INTEGER),
        ("GETEX k EX 10 PERSIST", SYNTAX),
        ("GETEX k EXAT 1", "$1 v"),
        ("GET k", "(nil)"),
        ("SET k w", "+OK"),
        ("GETDEL k", "$1 w"),
        ("GETDEL k", "(nil)"),
    ]);
}

#[test]
fn counters_count() {
    check(&[
        ("INCR n", ":1"),
        ("INCRBY n 41", ":42"),
        ("DECR n", ":41"),
        ("DECRBY n -1", ":42"),
        ("GET n", "$2 42"),
        ("OBJECT ENCODING n", "$3 int"),
        ("APPEND n 0", ":3"),
        ("OBJECT ENCODING n", "$3 raw"),
        ("INCR n", ":421"),
        ("OBJECT ENCODING n", "$3 int"),
        ("SET n 9223372036854775806", "+OK"),
        ("INCR n", ":9223372036854775807"),
        ("INCR n", "-ERR increment or decrement would overflow"),
        (
            "DECRBY n -9223372036854775808",
            "-ERR decrement would overflow",
        ),
        ("DECRBY n -1", "-ERR increment or decrement would overflow"),
        ("GET n", "$19 9223372036854775807"),
        ("SET n ' 1'", "+OK"),
        ("INCR n", NOT_INTEGER),
        ("INCRBY n x", NOT_INTEGER),
    ]);
}

#[test]
fn floats_add_up_as_long_doubles() {
    check(&[
        ("INCRBYFLOAT f 1", "$1 1"),
        ("INCRBYFLOAT f 0.25", "$4 1.25"),
        ("INCRBYFLOAT f -1.35", "$4 -0.1"),
        ("INCRBYFLOAT f 3.0e3", "$22 2999.89999999999999991"),
        ("INCRBYFLOAT f 0x10", "$22 3015.89999999999999991"),
        (
            "INCRBYFLOAT f inf",
            "-ERR increment would produce NaN or Infinity",
        ),
        ("INCRBYFLOAT f nan", NOT_FLOAT),
        ("INCRBYFLOAT f 1e5000", NOT_FLOAT),
        ("INCRBYFLOAT f ' 1'", NOT_FLOAT),
        ("GET f", "$22 3015.89999999999999991"),
        ("SET f x", "+OK"),
        ("INCRBYFLOAT f 1", NOT_FLOAT),
        ("SET f 17179869184", "+OK"),
        ("INCRBYFLOAT f 1.5", "$13 17179869185.5"),
    ]);
}

#[test]
fn parts_are_read_and_written() {
    check(&[
        ("GETRANGE k 0 -1", "$0 "),
        ("SETRANGE k 5 ''", ":0"),
        ("GET k", "(nil)"),
        ("SETRANGE k 2 foo", ":5"),
        ("GET k", "$5 \\x00\\x00foo"),
        ("SETRANGE k 0 ab", ":5"),
        ("SETRANGE k 4 xyz", ":7"),
        ("GET k", "$7 abfoxyz"),
        ("GETRANGE k 1 3", "$3 bfo"),
        ("SUBSTR k -3 -1", "$3 xyz"),
        ("GETRANGE k 0 -100", "$1 a"),
        ("GETRANGE k x 0", NOT_INTEGER),
        ("GETRANGE k 0 x", NOT_INTEGER),
        ("STRLEN k", ":7"),
        ("STRLEN absent", ":0"),
        ("SET n -555", "+OK"),
        ("STRLEN n", ":4"),
        ("GETRANGE n 1 2", "$2 55"),
        ("SETRANGE n 0 ''", ":4"),
        ("OBJECT ENCODING n", "$3 int"),
        ("SETRANGE n 1 4", ":4"),
        ("GET n", "$4 -455"),
        ("OBJECT ENCODING n", "$3 raw"),
        ("SETRANGE n -1 x", "-ERR offset is out of range"),
        ("SETRANGE n x x", NOT_INTEGER),
        ("APPEND new 12", ":2"),
        ("OBJECT ENCODING new", "$3 int"),
        ("APPEND new ''", ":2"),
        ("OBJECT ENCODING new", "$3 raw"),
    ]);
}

#[test]
fn strings_do_not_grow_beyond_the_limit() {
    use crate::world::World;
    let mut world = World::new(russet_resp::Protocol::Resp2);
    world.settings.string_len_max = 8;
    for (line, expected) in [
        ("SETRANGE k 8 x", TOO_LONG),
        ("SETRANGE k 9223372036854775807 x", TOO_LONG),
        ("SETRANGE k 9223372036854775807 ''", ":0"),
        ("SETRANGE k 7 x", ":8"),
        ("APPEND k x", TOO_LONG),
        ("APPEND k ''", ":8"),
        ("SETRANGE k 8 x", TOO_LONG),
        ("SETRANGE k 9223372036854775807 ''", ":8"),
        ("APPEND new 123456789", ":9"),
        (
            "LCS k k",
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ),
    ] {
        assert_eq!(world.run(line), expected, "{line}");
    }
}

#[test]
fn several_keys_go_together() {
    check(&[
        ("MSET a 1 b 2 a 3", "+OK"),
        ("MGET a b c a", "*4 $1 3 $1 2 (nil) $1 3"),
        (
            "MSET a",
            "-ERR wrong number of arguments for 'mset' command",
        ),
        (
            "MSET a 1 b",
            "-ERR wrong number of arguments for 'mset' command",
        ),
        ("MSETNX c 1 a 2", ":0"),
        ("MGET c", "*1 (nil)"),
        ("MSETNX c 1 d 2 c 3", ":1"),
        ("MGET c d", "*2 $1 3 $1 2"),
        (
            "MSETNX e 1 f",
            "-ERR wrong number of arguments for 'msetnx' command",
        ),
        ("SETNX e 1", ":1"),
        ("SETNX e 2", ":0"),
    ]);
}

#[test]
fn msetex_sets_all_or_nothing() {
    check(&[
        ("MSETEX 2 a 1 b 2 EX 10", ":1"),
        ("PTTL b", ":10000"),
        ("MSETEX 2 a 3 c 4 XX", ":0"),
        ("MSETEX 2 c 3 a 4 NX", ":0"),
        ("MSETEX 1 a 3 XX KEEPTTL", ":1"),
        ("PTTL a", ":10000"),
        ("MSETEX 1 a 3", ":1"),
        ("PTTL a", ":-1"),
        ("MSETEX 2 x 3 x 4 NX PX 10", ":1"),
        ("GET x", "$1 4"),
        (
            "MSETEX 1 a",
            "-ERR wrong number of arguments for 'msetex' command",
        ),
        ("MSETEX 0 a 1", "-ERR invalid numkeys value"),
        ("MSETEX x a 1", "-ERR invalid numkeys value"),
        ("MSETEX 2147483648 a 1 EX 10", "-ERR invalid numkeys value"),
        (
            "MSETEX 2147483647 a 1 EX 10",
            "-ERR wrong number of key-value pairs",
        ),
        ("MSETEX 2 a 1 b", "-ERR wrong number of key-value pairs"),
        ("MSETEX 1 a 1 b", SYNTAX),
        ("MSETEX 1 a 1 NX XX", SYNTAX),
        ("MSETEX 1 a 1 EX 10 PX 10", SYNTAX),
        ("MSETEX 1 a 1 KEEPTTL EX 10", SYNTAX),
        (
            "MSETEX 1 a 1 EX 0",
            "-ERR invalid expire time in 'msetex' command",
        ),
        ("MSETEX 1 a 1 EX x", NOT_INTEGER),
    ]);
}

#[test]
fn keys_are_removed_by_their_content() {
    check(&[
        ("DELIFEQ k v", ":0"),
        ("SET k v", "+OK"),
        ("DELIFEQ k w", ":0"),
        ("DELIFEQ k v", ":1"),
        ("DIGEST k", "(nil)"),
        ("SET k ''", "+OK"),
        ("DIGEST k", "$16 2d06800538d394c2"),
        ("DELEX k IFNE ''", ":0"),
        (
            "DELEX k IFEQ",
            "-ERR wrong number of arguments for 'delex' command",
        ),
        (
            "DELEX k IFEQ a b",
            "-ERR wrong number of arguments for 'delex' command",
        ),
        (
            "DELEX k LIKE a",
            "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE",
        ),
        ("DELEX absent LIKE a", ":0"),
        (
            "DELEX k IFDEQ 1",
            "-ERR must be exactly 16 hexadecimal characters",
        ),
        ("DELEX k IFDNE 2D06800538D394C2", ":0"),
        ("DELEX k IFDEQ 2D06800538D394C2", ":1"),
        ("DELEX k", ":0"),
        ("SET k 12", "+OK"),
        ("DELEX k ifeq 12", ":1"),
        ("SET k 12", "+OK"),
        ("DELEX k", ":1"),
    ]);
}

#[test]
fn lcs_finds_text_length_and_places() {
    check(&[
        ("MSET a ohmytext b mynewtext n 12", "+OK"),
        ("LCS a b", "$6 mytext"),
        ("LCS a b LEN", ":6"),
        (
            "LCS a b IDX",
            "(map 2) $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6",
        ),
        (
            "LCS a b idx MINMATCHLEN 4 WITHMATCHLEN",
            "(map 2) $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6",
        ),
        ("LCS a absent IDX", "(map 2) $7 matches *0 $3 len :0"),
        ("LCS a absent", "$0 "),
        ("LCS n n", "$2 12"),
        ("LCS a b MINMATCHLEN -4 WITHMATCHLEN", "$6 mytext"),
        (
            "LCS a b IDX LEN",
            "-ERR If you want both the length and indexes, please just use IDX.",
        ),
        ("LCS a b IDX LEN FOO", SYNTAX),
        ("LCS a b MINMATCHLEN", SYNTAX),
        ("LCS a b MINMATCHLEN x FOO", NOT_INTEGER),
    ]);
}

#[test]
fn bounded_increments_are_refused_or_cut() {
    check(&[
        ("INCREX n", "*2 :1 :1"),
        ("INCREX n BYINT -5 LBOUND 0", "*2 :1 :0"),
        ("INCREX n BYINT -5 LBOUND 0 SATURATE", "*2 :0 :-1"),
        ("INCREX n BYINT 10 UBOUND 10", "*2 :10 :10"),
        ("INCREX n BYINT 5 UBOUND 3 SATURATE", "*2 :3 :-7"),
        ("INCREX n NX", "*2 :3 :0"),
        ("INCREX absent XX", "*2 :0 :0"),
        ("INCREX absent XX BYFLOAT 1", "*2 (double 0) (double 0)"),
        ("INCREX absent LBOUND 5", "*2 :0 :0"),
        ("GET absent", "(nil)"),
        ("INCREX absent LBOUND 5 saturate", "*2 :5 :5"),
        ("SET n 9223372036854775800", "+OK"),
        ("INCREX n BYINT 100", "*2 :9223372036854775800 :0"),
        ("INCREX n BYINT 100 SATURATE", "*2 :9223372036854775807 :7"),
        (
            "INCREX n SATURATE UBOUND -9223372036854775808",
            "-ERR applied increment would overflow",
        ),
        ("SET f 1.5", "+OK"),
        ("INCREX f BYINT 1", NOT_INTEGER),
        ("INCREX f BYFLOAT 0.25", "*2 (double 1.75) (double 0.25)"),
        (
            "INCREX f BYFLOAT 10 UBOUND 2.5 SATURATE",
            "*2 (double 2.5) (double 0.75)",
        ),
        (
            "INCREX f BYFLOAT 1 UBOUND -inf",
            "-ERR LBOUND can't be greater than UBOUND",
        ),
        (
            "INCREX f BYFLOAT 1 LBOUND inf UBOUND inf SATURATE",
            "-ERR applied increment would be Infinity",
        ),
        ("SET i inf", "+OK"),
        ("INCREX i BYFLOAT 1", "-ERR value cannot be Infinity"),
    ]);
}

#[test]
fn increx_refuses_what_contradicts_itself() {
    check(&[
        ("INCREX n BYINT 1 BYFLOAT 1", SYNTAX),
        ("INCREX n BYINT 1 BYINT 1", SYNTAX),
        ("INCREX n SATURATE SATURATE", SYNTAX),
        ("INCREX n EX 10 EX 10", SYNTAX),
        ("INCREX n EX 10 PERSIST", SYNTAX),
        ("INCREX n ENX PERSIST", SYNTAX),
        ("INCREX n PERSIST ENX", SYNTAX),
        ("INCREX n NX XX", SYNTAX),
        ("INCREX n FOO", SYNTAX),
        ("INCREX n BYINT", SYNTAX),
        ("INCREX n ENX", "-ERR ENX flag requires an expiration"),
        (
            "INCREX n BYINT 1.5",
            "-ERR Increment is not an integer or out of range",
        ),
        ("INCREX n BYFLOAT x", "-ERR Increment is not a valid float"),
        (
            "INCREX n BYFLOAT -inf",
            "-ERR BYFLOAT increment cannot be Infinity",
        ),
        (
            "INCREX n LBOUND x",
            "-ERR LBOUND is not an integer or out of range",
        ),
        (
            "INCREX n BYFLOAT 1 UBOUND x",
            "-ERR UBOUND is not a valid float",
        ),
        (
            "INCREX n LBOUND 2 UBOUND 1",
            "-ERR LBOUND can't be greater than UBOUND",
        ),
        (
            "INCREX n EX 0",
            "-ERR invalid expire time in 'increx' command",
        ),
        ("INCREX n EX x", NOT_INTEGER),
        ("GET n", "(nil)"),
    ]);
}

#[test]
fn increx_sets_deadlines_only_with_the_value() {
    check(&[
        ("INCREX n EX 10", "*2 :1 :1"),
        ("PTTL n", ":10000"),
        ("INCREX n", "*2 :2 :1"),
        ("PTTL n", ":10000"),
        ("INCREX n EX 99 ENX", "*2 :3 :1"),
        ("PTTL n", ":10000"),
        ("INCREX n UBOUND 3 EX 99", "*2 :3 :0"),
        ("PTTL n", ":10000"),
        ("INCREX n EXAT 1 ENX", "*2 :4 :1"),
        ("PTTL n", ":10000"),
        ("INCREX n PERSIST", "*2 :5 :1"),
        ("PTTL n", ":-1"),
        ("INCREX n PX 5 ENX", "*2 :6 :1"),
        ("PTTL n", ":5"),
        ("INCREX n EXAT 1", "*2 :7 :1"),
        ("GET n", "(nil)"),
        ("INCREX n EXAT 1", "*2 :1 :1"),
        ("GET n", "(nil)"),
    ]);
}
