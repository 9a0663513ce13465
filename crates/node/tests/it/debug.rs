//! DEBUG through the node.

use russet_io::MemoryDisk;
use russet_node::Config;
use russet_node::config::Text;
use russet_node::loopback::Loopback;

fn server(lines: &str) -> Loopback {
    let sources = [Text {
        name: "test".into(),
        text: lines.into(),
    }];
    let config = Config::load(&sources, &mut |_| Err(String::new())).expect("the text is right");
    let mut server = Loopback::new(config);
    server.start(Box::new(MemoryDisk::new("/data")));
    server
}

fn check(server: &mut Loopback, cases: &[(&str, &str)]) {
    let client = server.connect();
    for (request, expect) in cases {
        let replies = server.call(client, format!("{request}\r\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&replies), *expect, "{request}");
    }
}

#[test]
fn nothing_runs_unless_it_is_allowed() {
    let refusal = "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \
                   \"local\", you can run it from a local connection, otherwise you need to set \
                   this option in the configuration file, and then restart the server.\r\n";
    check(
        &mut server(""),
        &[("DEBUG HELP", refusal), ("DEBUG SLEEP 0", refusal)],
    );
    check(
        &mut server("enable-debug-command local"),
        &[("DEBUG SLEEP 0", "+OK\r\n")],
    );
}

#[test]
fn examples_of_every_type_are_those_of_redis() {
    check(
        &mut server("enable-debug-command yes"),
        &[
            ("DEBUG PROTOCOL string", "$11\r\nHello World\r\n"),
            ("DEBUG PROTOCOL double", "$5\r\n3.141\r\n"),
            (
                "DEBUG PROTOCOL bignum",
                "$37\r\n1234567999999999999999999999999999999\r\n",
            ),
            ("DEBUG PROTOCOL null", "$-1\r\n"),
            (
                "DEBUG PROTOCOL map",
                "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
            ),
            (
                "DEBUG PROTOCOL attrib",
                "$39\r\nSome real reply following the attribute\r\n",
            ),
            (
                "DEBUG PROTOCOL push",
                "-ERR RESP2 is not supported by this command\r\n",
            ),
            ("DEBUG PROTOCOL true", ":1\r\n"),
            (
                "DEBUG PROTOCOL verbatim",
                "$25\r\nThis is a verbatim\nstring\r\n",
            ),
        ],
    );
    let mut server = server("enable-debug-command yes");
    let client = server.connect();
    server.call(client, b"HELLO 3\r\n");
    for (kind, expect) in [
        ("double", ",3.141\r\n"),
        ("bignum", "(1234567999999999999999999999999999999\r\n"),
        ("null", "_\r\n"),
        ("set", "~3\r\n:0\r\n:1\r\n:2\r\n"),
        ("map", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"),
        (
            "attrib",
            "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply \
             following the attribute\r\n",
        ),
        (
            "push",
            "$40\r\nSome real reply following the push reply\r\n>2\r\n$16\r\nserver-cpu-usage\r\n\
             :42\r\n",
        ),
        ("verbatim", "=29\r\ntxt:This is a verbatim\nstring\r\n"),
    ] {
        let replies = server.call(client, format!("DEBUG PROTOCOL {kind}\r\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&replies), expect, "{kind}");
    }
}

#[test]
fn subcommands_answer_as_redis_does() {
    check(
        &mut server("enable-debug-command yes"),
        &[
            (
                "DEBUG foo",
                "-ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG \
                       HELP.\r\n",
            ),
            (
                "DEBUG sleep",
                "-ERR unknown subcommand or wrong number of arguments for 'sleep'. Try \
                         DEBUG HELP.\r\n",
            ),
            ("DEBUG OBJECT nosuch", "-ERR no such key\r\n"),
            (
                "DEBUG POPULATE -1",
                "-ERR value is out of range, must be positive\r\n",
            ),
            ("DEBUG POPULATE 3", "+OK\r\n"),
            ("DEBUG POPULATE 2 k 10", "+OK\r\n"),
            (
                "MGET key:0 key:2 k:1",
                "*3\r\n$7\r\nvalue:0\r\n$7\r\nvalue:2\r\n$10\r\nvalue:1\0\0\0\r\n",
            ),
            ("DBSIZE", ":5\r\n"),
            ("SET a b", "+OK\r\n"),
            (
                "DEBUG OBJECT a",
                "+Value at:0x0 refcount:1 encoding:embstr serializedlength:2 \
                            lru:9568384 lru_seconds_idle:0\r\n",
            ),
            ("DEBUG ERROR \"MY own\"", "-MY own\r\n"),
            ("DEBUG QUICKLIST-PACKED-THRESHOLD 100B", "+OK\r\n"),
            (
                "DEBUG QUICKLIST-PACKED-THRESHOLD 5gb",
                "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n",
            ),
            ("DEBUG REPLYBUFFER PEAK-RESET-TIME never", "+OK\r\n"),
            (
                "DEBUG RELOAD FOO",
                "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n",
            ),
            ("DEBUG RELOAD", "+OK\r\n"),
            ("DEBUG RELOAD NOSAVE", "+OK\r\n"),
            ("DBSIZE", ":6\r\n"),
            ("DEBUG LOG hello", "+OK\r\n"),
        ],
    );
}

#[test]
fn keys_that_are_not_looked_at_stay_while_expiry_is_off() {
    let mut server = server("enable-debug-command yes");
    let client = server.connect();
    server.call(client, b"DEBUG SET-ACTIVE-EXPIRE 0\r\nSET a b PX 10\r\n");
    server.advance(1000);
    assert_eq!(server.call(client, b"DBSIZE\r\n"), b":1\r\n");
    server.call(client, b"DEBUG SET-ACTIVE-EXPIRE 1\r\n");
    server.advance(1000);
    assert_eq!(server.call(client, b"DBSIZE\r\n"), b":0\r\n");
}

#[test]
fn a_digest_depends_on_the_data_and_not_on_its_history() {
    let mut server = server("enable-debug-command yes");
    let client = server.connect();
    let empty = server.call(client, b"DEBUG DIGEST\r\n");
    assert_eq!(empty, format!("+{}\r\n", "0".repeat(40)).as_bytes());
    server.call(client, b"SET a 1\r\nSET b 2\r\n");
    let two = server.call(client, b"DEBUG DIGEST\r\n");
    server.call(client, b"DEL a b\r\nSET b 2\r\nSET c 3\r\nSET a 1\r\n");
    let three = server.call(client, b"DEBUG DIGEST\r\n");
    server.call(client, b"DEL c\r\n");
    assert_eq!(server.call(client, b"DEBUG DIGEST\r\n"), two);
    assert!(two != three && two != empty);
    let values = server.call(client, b"SET d 1\r\nDEBUG DIGEST-VALUE a d nosuch\r\n");
    let values = String::from_utf8(values).unwrap();
    let lines: Vec<&str> = values.split("\r\n").collect();
    assert_eq!(lines[2], lines[3]);
    assert_eq!(lines[4], format!("+{}", "0".repeat(40)));
}

#[test]
fn a_reload_changes_no_value_of_any_type() {
    let mut server = server("enable-debug-command yes");
    let client = server.connect();
    let big: Vec<String> = (0..700).map(|n| format!("m{n}")).collect();
    let pairs: Vec<String> = (0..700).map(|n| format!("{n} m{n}")).collect();
    let requests = [
        "SET s hello PX 100000".to_owned(),
        "SET n 12345".to_owned(),
        "RPUSH l a 1 b -70000".to_owned(),
        format!("RPUSH L {}", big.join(" ")),
        "SADD i 1 2 70000".to_owned(),
        format!("SADD S {}", big.join(" ")),
        "SADD p a 1 b".to_owned(),
        "ZADD z 1 a 2.5 b -inf c".to_owned(),
        format!("ZADD Z {}", pairs.join(" ")),
        "HSET h f v g 1".to_owned(),
        format!("HSET H {}", pairs.join(" ")),
        "HPEXPIRE h 100000 FIELDS 1 f".to_owned(),
        "HPEXPIRE H 100000 FIELDS 2 1 2".to_owned(),
        "XADD x 1-1 f v g 2".to_owned(),
        "XADD x 2-1 other v".to_owned(),
        "XGROUP CREATE x g 0".to_owned(),
        "XREADGROUP GROUP g al COUNT 1 STREAMS x >".to_owned(),
    ];
    for request in &requests {
        let reply = server.call(client, format!("{request}\r\n").as_bytes());
        assert!(
            !reply.starts_with(b"-"),
            "{request}: {}",
            reply.escape_ascii()
        );
    }
    let look = b"DEBUG DIGEST\r\nPTTL s\r\nHPTTL H FIELDS 1 2\r\nDBSIZE\r\n\
        OBJECT ENCODING L\r\nOBJECT ENCODING i\r\nOBJECT ENCODING S\r\n\
        OBJECT ENCODING p\r\nOBJECT ENCODING z\r\nOBJECT ENCODING h\r\n";
    let before = server.call(client, look);
    assert_eq!(server.call(client, b"DEBUG RELOAD\r\n"), b"+OK\r\n");
    let after = server.call(client, look);
    assert_eq!(
        after.escape_ascii().to_string(),
        before.escape_ascii().to_string()
    );
}
