//! The append-only file and the dump as the process writes and reads them.

use std::io::Write;

use rustix::process::Signal;

use crate::process::{Server, ask, run};

const APPENDS: [&str; 4] = ["--appendonly", "yes", "--enable-debug-command", "yes"];

fn server(options: &[&str]) -> Server {
    Server::start(&[&APPENDS, options].concat())
}

/// The only file of the append-only directory whose name ends so.
fn part(server: &Server, end: &str) -> std::path::PathBuf {
    let found = std::fs::read_dir(server.path("appendonlydir")).unwrap();
    let mut paths = found.map(|entry| entry.unwrap().path());
    let path = paths.find(|path| path.to_str().unwrap().ends_with(end));
    path.unwrap_or_else(|| panic!("no file ends with {end}"))
}

#[test]
fn a_base_of_commands_makes_the_same_data() {
    for checks in ["yes", "no"] {
        let mut server = server(&["--aof-use-rdb-preamble", "no", "--aof-checksum", checks]);
        assert_eq!(server.ask("SET s value PX 10000000"), "+OK");
        let many: String = (0..200).map(|n| format!(" 1{n} 2{n}")).collect();
        for request in ["RPUSH l", "SADD t", "ZADD z", "HSET h"] {
            let reply = server.ask(&format!("{request}{many}"));
            assert!(reply.starts_with(':'), "{request}: {reply}");
        }
        assert_eq!(server.ask("HPEXPIRE h 10000000 FIELDS 1 10"), "*1");
        assert_eq!(server.ask("XADD x 1-1 a b c 1"), "$3");
        assert_eq!(server.ask("XADD x 2-1 a b"), "$3");
        assert_eq!(server.ask("XGROUP CREATE x g 0"), "+OK");
        server.ask("XREADGROUP GROUP g c COUNT 1 STREAMS x >");
        assert_eq!(server.ask("XGROUP CREATECONSUMER x g idle"), ":1");
        assert_eq!(server.ask("XADD empty MAXLEN 0 5-1 a b"), "$3");
        let digest = server.ask("DEBUG DIGEST");
        let pending = server.ask("XPENDING x g - + 10");
        assert!(server.ask("BGREWRITEAOF").starts_with('+'));
        server.read_until("Background AOF rewrite finished successfully");
        let bytes = std::fs::read(part(&server, ".2.base.aof")).unwrap();
        assert_eq!(bytes[0], if checks == "yes" { b'#' } else { b'*' });
        assert_eq!(server.ask("DEBUG LOADAOF"), "+OK");
        assert_eq!(server.ask("DEBUG DIGEST"), digest);
        assert_eq!(server.ask("XPENDING x g - + 10"), pending);
        assert_eq!(server.ask("HLEN h"), ":200");
        assert_ne!(server.ask("PTTL s"), ":-1");
    }
}

#[test]
fn what_expired_while_a_file_lay_still_stays_expired() {
    let server = server(&["--aof-checksum", "no"]);
    assert_eq!(server.ask("SET k v"), "+OK");
    let path = part(&server, ".1.incr.aof");
    let mut file = std::fs::File::options().append(true).open(path).unwrap();
    for words in [
        &["RPUSH", "list", "foo"][..],
        &["PEXPIREAT", "list", "1000"],
        &["RPUSH", "list", "bar"],
        &["HSET", "hash", "a", "1", "b", "2"],
        &["HPEXPIREAT", "hash", "1000", "FIELDS", "1", "a"],
        &["HINCRBY", "hash", "b", "1"],
    ] {
        write!(file, "*{}\r\n", words.len()).unwrap();
        for word in words {
            write!(file, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
    }
    assert_eq!(server.ask("DEBUG LOADAOF"), "+OK");
    assert_eq!(server.ask("GET k"), "$1");
    assert_eq!(server.ask("EXISTS list"), ":0");
    assert_eq!(server.ask("HEXISTS hash a"), ":0");
    assert_eq!(server.ask("HINCRBY hash b 0"), ":3");
}

#[test]
fn what_expires_after_the_start_is_appended() {
    let server = server(&["--aof-checksum", "no"]);
    assert_eq!(server.ask("SET k v PXAT 1000"), "+OK");
    let path = part(&server, ".1.incr.aof");
    server.signal(Signal::KILL);
    let (_, _, folder) = server.wait();
    let mut file = std::fs::File::options().append(true).open(path).unwrap();
    file.write_all(b"*3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$3\r\nfoo\r\n")
        .unwrap();
    file.write_all(b"*3\r\n$9\r\nPEXPIREAT\r\n$1\r\nl\r\n$4\r\n1000\r\n")
        .unwrap();
    let dir = folder.path().to_str().unwrap();
    let mut again =
        Server::start(&[&APPENDS[..], &["--aof-checksum", "no", "--dir", dir]].concat());
    let socket = folder.path().join("socket");
    assert_eq!(ask(&socket, "RPUSH l bar"), ":1");
    assert_eq!(ask(&socket, "DEBUG LOADAOF"), "+OK");
    assert_eq!(ask(&socket, "LLEN l"), ":1");
    again.signal(Signal::TERM);
    again.read_until("bye bye");
}

#[test]
fn files_are_loaded_that_nothing_is_appended_to() {
    let mut server = server(&[]);
    assert_eq!(server.ask("SET k v"), "+OK");
    assert_eq!(server.ask("CONFIG SET appendonly no"), "+OK");
    assert_eq!(server.ask("SET k w"), "+OK");
    assert!(server.ask("BGREWRITEAOF").starts_with('+'));
    server.read_until("Background AOF rewrite finished successfully");
    assert_eq!(server.ask("DEL k"), ":1");
    assert_eq!(server.ask("DEBUG LOADAOF"), "+OK");
    assert_eq!(server.ask("EXISTS k"), ":1");
}

#[test]
fn flushall_empties_the_dump_and_gives_up_the_one_that_runs() {
    let options = ["--save", "3600 1", "--rdb-key-save-delay", "100000000"];
    let mut server = Server::start(&options);
    assert_eq!(server.ask("SET the-key v"), "+OK");
    assert_eq!(server.ask("BGSAVE"), "+Background saving started");
    assert_eq!(server.ask("FLUSHALL"), "+OK");
    server.read_until("DB saved on disk");
    let dump = std::fs::read(server.path("dump.rdb")).unwrap();
    assert!(!dump.windows(7).any(|bytes| bytes == b"the-key"));
}

#[test]
fn the_end_after_flushall_brings_nothing_back() {
    let server = Server::start(&["--save", "3600 1"]);
    assert_eq!(server.ask("SET the-key v"), "+OK");
    assert_eq!(server.ask("SAVE"), "+OK");
    assert_eq!(server.ask("FLUSHALL"), "+OK");
    server.ask("SHUTDOWN NOSAVE");
    let (status, lines, folder) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    let dump = std::fs::read(folder.path().join("dump.rdb")).unwrap();
    assert!(!dump.windows(7).any(|bytes| bytes == b"the-key"));
}

#[test]
fn the_reason_of_a_refused_file_is_the_last_line() {
    let server = server(&["--aof-checksum", "no"]);
    assert_eq!(server.ask("SET k v"), "+OK");
    let path = part(&server, ".1.incr.aof");
    let mut file = std::fs::File::options().append(true).open(path).unwrap();
    file.write_all(b"*1\r\n$3\r\nbla\r\n").unwrap();
    server.signal(Signal::KILL);
    let (_, _, folder) = server.wait();
    let dir = folder.path().to_str().unwrap();
    let options = [
        "--port",
        "0",
        "--unixsocket",
        "s",
        "--appendonly",
        "yes",
        "--dir",
        dir,
    ];
    let (code, output, _) = run(&options, "");
    assert_eq!(code, 1);
    let last = output.lines().last().unwrap();
    assert!(
        last.contains("Unknown command 'bla' reading the append only file"),
        "{output}"
    );
}

#[test]
fn too_few_databases_end_the_start_with_the_line_that_operators_know() {
    for appends in ["yes", "no"] {
        let server = server(&["--appendonly", appends, "--databases", "9"]);
        let mut stream = std::os::unix::net::UnixStream::connect(server.path("socket")).unwrap();
        stream
            .write_all(b"SELECT 8\r\nSET k v\r\nSAVE\r\nQUIT\r\n")
            .unwrap();
        std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
        server.signal(Signal::KILL);
        let (_, _, folder) = server.wait();
        let dir = folder.path().to_str().unwrap();
        let options = [
            "--port",
            "0",
            "--unixsocket",
            "s",
            "--appendonly",
            appends,
            "--databases",
            "8",
            "--dir",
            dir,
        ];
        let (code, output, _) = run(&options, "");
        assert_eq!(code, 1);
        let last = output.lines().last().unwrap();
        assert!(
            last.ends_with(
                "# FATAL: Data file was created with a Redis server configured to handle more than \
                 8 databases. Exiting"
            ),
            "{output}"
        );
    }
}
