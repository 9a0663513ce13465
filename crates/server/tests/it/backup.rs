//! Backups of the process: on real files, beside saves and rewrites that take their time.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use rustix::process::Signal;

use crate::process::{Server, ask};

/// A key takes a second.
const SLOWLY: &str = "CONFIG SET rdb-key-save-delay 1000000";
const FAST: &str = "CONFIG SET rdb-key-save-delay 0";

/// All lines of a reply.
fn ask_all(server: &Server, request: &str) -> String {
    let mut stream = UnixStream::connect(server.path("socket")).unwrap();
    write!(stream, "{request}\r\nQUIT\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// The paths of BACKUP LIST.
fn files(server: &Server) -> Vec<String> {
    let reply = ask_all(server, "BACKUP LIST");
    let paths = reply.lines().filter(|line| line.starts_with('/'));
    paths.map(str::to_owned).collect()
}

fn state(server: &Server) -> String {
    let reply = ask_all(server, "BACKUP STATUS");
    reply.lines().nth(4).unwrap_or_default().to_owned()
}

/// The value of a key in a server on a copy of these files.
fn restored(paths: &[String], key: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("appendonlydir");
    std::fs::create_dir(&dir).unwrap();
    for path in paths {
        let path = std::path::Path::new(path);
        std::fs::copy(path, dir.join(path.file_name().unwrap())).unwrap();
    }
    let dir = folder.path().to_str().unwrap();
    let _server = Server::start(&["--appendonly", "yes", "--dir", dir]);
    ask(&folder.path().join("socket"), &format!("STRLEN {key}"))
}

#[test]
fn a_backup_waits_for_a_save_and_joins_a_rewrite() {
    for (appends, begins, waits) in [
        ("no", "BGSAVE", "pending"),
        ("yes", "BGSAVE", "pending"),
        ("yes", "BGREWRITEAOF", "snapshotting"),
    ] {
        let mut server = Server::start(&["--appendonly", appends]);
        assert_eq!(server.ask("MSET a 1 b 2"), "+OK");
        assert_eq!(server.ask(SLOWLY), "+OK");
        assert!(server.ask(begins).starts_with('+'));
        assert_eq!(server.ask("BACKUP START"), "+OK");
        assert_eq!(state(&server), waits, "{appends} {begins}");
        assert_eq!(files(&server), [""; 0]);
        assert!(
            server
                .ask("BACKUP SEAL")
                .starts_with("-ERR No backup ready")
        );
        assert_eq!(server.ask(FAST), "+OK");
        if begins == "BGSAVE" {
            assert!(server.ask("BGSAVE CANCEL").starts_with('+'));
        }
        server.read_until("BACKUP: snapshot pinned");
        assert_eq!(state(&server), "incrementing");
        assert_eq!(server.ask("SET c 345"), "+OK");
        assert_eq!(server.ask("BACKUP SEAL"), "+OK");
        assert_eq!(server.ask("SET c 34567"), "+OK");
        let paths = files(&server);
        assert_eq!(paths.len(), 3);
        assert_eq!(restored(&paths, "c"), ":3");
        assert_eq!(restored(&paths, "a"), ":1");
        assert_eq!(server.ask("BACKUP CLEANUP"), "+OK");
        assert!(
            paths
                .iter()
                .all(|path| !std::path::Path::new(path).exists())
        );
    }
}

#[test]
fn a_backup_is_given_up_while_its_base_is_written() {
    for appends in ["no", "yes"] {
        let mut server = Server::start(&["--appendonly", appends]);
        assert_eq!(server.ask("MSET a 1 b 2"), "+OK");
        assert_eq!(server.ask(SLOWLY), "+OK");
        assert_eq!(server.ask("BACKUP START"), "+OK");
        assert_eq!(state(&server), "snapshotting");
        assert_eq!(server.ask("BACKUP ABORT"), "+OK");
        assert_eq!(state(&server), "failed");
        assert_eq!(server.ask(FAST), "+OK");
        assert_eq!(server.ask("BACKUP START"), "+OK");
        server.read_until("BACKUP: snapshot pinned");
        assert_eq!(server.ask("BACKUP SEAL"), "+OK");
        assert_eq!(restored(&files(&server), "b"), ":1");
    }
}

#[test]
fn a_server_ends_in_the_middle_of_a_backup() {
    for signal in [Signal::TERM, Signal::KILL] {
        let server = Server::start(&["--appendonly", "no"]);
        assert_eq!(server.ask("MSET a 1 b 2"), "+OK");
        assert_eq!(server.ask(SLOWLY), "+OK");
        assert_eq!(server.ask("BACKUP START"), "+OK");
        server.signal(signal);
        let (_, _, folder) = server.wait();
        let dir = folder.path().to_str().unwrap();
        let _server = Server::start(&["--appendonly", "no", "--dir", dir]);
        let socket = folder.path().join("socket");
        assert_eq!(ask(&socket, "BACKUP CLEANUP"), "+OK");
        assert_eq!(ask(&socket, "BACKUP START"), "+OK");
    }
}
