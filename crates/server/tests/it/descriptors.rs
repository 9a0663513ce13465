//! Descriptors: what a server does when it has none left, and how many it may ask for.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::process::Server;

const TOO_MANY: &str = "-ERR max number of clients reached\r\n";

/// Lets a server open this number of files beyond those it has open.
fn leave(server: &Server, count: u64) {
    let id = server.process_id();
    let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap().count() as u64;
    let pid = Pid::from_raw(i32::try_from(id).unwrap());
    let limit = Rlimit {
        current: Some(open + count),
        maximum: None,
    };
    let before = prlimit(pid, Resource::Nofile, limit).unwrap_or_else(|_| {
        // The hard limit may only be lowered.
        let lower = Rlimit {
            maximum: limit.current,
            ..limit
        };
        prlimit(pid, Resource::Nofile, lower).unwrap()
    });
    assert!(before.current.is_none_or(|before| before > open + count));
}

/// A connection, and what is heard on it after a PING.
fn connect(server: &Server) -> (UnixStream, String) {
    let mut stream = UnixStream::connect(server.path("socket")).unwrap();
    // It may be closed already.
    let _ = stream.write_all(b"PING\r\n");
    let mut bytes = [0; 64];
    let count = stream.read(&mut bytes).unwrap_or(0);
    (
        stream,
        String::from_utf8_lossy(&bytes[..count]).into_owned(),
    )
}

#[test]
fn clients_beyond_the_last_descriptor_are_told_so_and_come_back_later() {
    let server = Server::start(&[]);
    leave(&server, 3);
    let clients: Vec<_> = (0..8).map(|_| connect(&server)).collect();
    let heard: Vec<&str> = clients.iter().map(|(_, heard)| heard.as_str()).collect();
    let served = heard.iter().filter(|heard| **heard == "+PONG\r\n").count();
    assert!((1..=5).contains(&served), "{heard:?}");
    assert!(
        heard[served..].iter().all(|heard| *heard == TOO_MANY),
        "{heard:?}"
    );
    drop(clients);
    let mut again = connect(&server);
    // The ends of the others are heard of at about the same time.
    while again.1 == TOO_MANY {
        again = connect(&server);
    }
    assert_eq!(again.1, "+PONG\r\n");
    assert_eq!(server.ask("SHUTDOWN NOSAVE"), "");
    let (_, lines, _) = server.wait();
    let told = "Accepting client connection: accept: Too many open files";
    let told = lines.iter().filter(|line| line.contains(told)).count();
    assert_eq!(told, 1, "{lines:#?}");
}

#[test]
fn more_clients_than_the_system_has_files_for_are_refused() {
    let server = Server::start(&["--maxclients", "100"]);
    assert_eq!(server.ask("CONFIG SET maxclients 200"), "+OK");
    let refusal = server.ask("CONFIG SET maxclients 4000000000");
    let expected = "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The \
                    operating system is not able to handle the specified number of clients, try \
                    with ";
    let rest = refusal.strip_prefix(expected).expect(&refusal);
    assert!(rest.parse::<u32>().unwrap() > 200);
    assert_eq!(server.ask("CONFIG SET maxclients 300"), "+OK");
}
